import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run, type Analyses, type Outcome } from '../src/cli/run.ts';
import { UsageError } from '../src/cli/usage-error.ts';
import type { Leak } from '../src/finding.ts';
import { catalogue, named } from '../src/leaks/catalogue.ts';
import { GitRepository } from './support/git-repository.ts';
import { certainLeak, likelyLeak, sampleReview } from './support/sample-review.ts';

const root = dirname(import.meta.dirname);
const temporary = mkdtempSync(join(tmpdir(), 'goleash-'));
const repository = new GitRepository();
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true });
  repository[Symbol.dispose]();
});
const innocent = 'package pkg\n\nfunc add(a, b int) int {\n\treturn a + b\n}\n';
repository.commit('base', { 'go.mod': 'module example.org/pkg\n\ngo 1.22\n', 'pkg/add.go': innocent, 'pool.go': 'package main\n' });
repository.commit('head', { 'go.mod': 'module example.org/pkg\n\ngo 1.22\n', 'pkg/add.go': `${innocent}\n// Changed.\n`, 'pool.go': 'package main\n' }, 'base');
const change = ['review', '--repo', repository.directory, '--base', 'base', '--head', 'head'];

/** The CLI within this process, with these leaks found whatever is asked. */
async function runFinding(leaks: readonly Leak[], ...args: readonly string[]): Promise<Outcome> {
  const analyses: Analyses = {
    review: () => Promise.resolve({ ...sampleReview, leaks }),
    scan: async (tree) => {
      let goFiles = 0;
      for await (const { files } of tree.packages()) goFiles += files.length;
      return { ...sampleReview, goFiles, leaks, skipped: [], problems: [] };
    },
  };
  return run(args, { environment: process.env, language: 'en', version: '0.0.0', colors: false }, analyses);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The CLI as a process of its own. */
function goleash(args: readonly string[], options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, 'src/cli.ts'), ...args], {
    cwd: options.cwd ?? temporary,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

describe('the exit code', () => {
  test.each<[readonly Leak[], readonly string[], number]>([
    [[], [], 0],
    [[certainLeak], [], 1],
    [[likelyLeak], [], 0],
    [[likelyLeak, certainLeak], ['--fail-on', 'certain'], 1],
    [[likelyLeak], ['--fail-on', 'certain'], 0],
    [[likelyLeak], ['--fail-on=likely'], 1],
    [[], ['--fail-on=likely'], 0],
    [[certainLeak, likelyLeak], ['--fail-on', 'never'], 0],
  ])('of %# follows --fail-on', async (leaks, options, expected) => {
    expect((await runFinding(leaks, ...change, ...options)).exitCode).toBe(expected);
  });

  test('is 2 with what is wrong and what to do, and nothing on standard output', () => {
    const ended = goleash(['review', '--repo', repository.directory, '--base', 'nowhere', '--head', 'head']);
    expect(ended).toEqual({ code: 2, stdout: '', stderr: 'goleash: "nowhere" is no commit of this repository. Check its spelling, or fetch it first.\n' });
    expect(goleash(['scan', 'nowhere', '--lang', 'zh-CN'])).toEqual({ code: 2, stdout: '', stderr: 'goleash: 无法扫描 “nowhere”：路径不存在。\n' });
    expect(goleash(['review', '--base', 'a', '--head', 'b'])).toMatchObject({ code: 2, stderr: 'goleash: "." is not a git repository. Name one with --repo.\n' });
    expect(goleash([])).toMatchObject({ code: 2, stdout: '', stderr: 'goleash: Say first what to do: review, scan or rules.\nSee goleash --help.\n' });
  });
});

describe('arguments', () => {
  test.each([
    [['toast'], /"toast" is no command/],
    [['--lang', 'en', 'review'], /Say first what to do/],
    [['review', '--base', 'a'], /--head is missing/],
    [['review', '--head', 'a'], /--base is missing/],
    [[...change, 'extra'], /"extra" is one argument too many/],
    [[...change, '--format', 'xml'], /--format cannot be "xml"\. It takes pretty, json, sarif, rdjsonl, github\./],
    [[...change, '--fail-on', 'maybe'], /--fail-on cannot be "maybe"/],
    [[...change, '--lang', 'fr'], /--lang cannot be "fr"\. It takes en, zh-CN\./],
    [[...change, '--unknown'], /--unknown/],
    [['review', '--base'], /--base/],
    [['scan'], /which files or directories/],
    [['scan', '.', '--base', 'x'], /--base/],
    [['rules', 'a', 'b'], /one argument too many/],
    [['rules', 'no-such-rule'], /There is no rule "no-such-rule"/],
  ])('%j are refused', async (args, message) => {
    const outcome = runFinding([], ...args);
    await expect(outcome).rejects.toThrow(UsageError);
    await expect(outcome).rejects.toThrow(message);
  });
});

describe('review', () => {
  test('prints what is promised as JSON, of a bare repository', () => {
    const ended = goleash([...change, '--format', 'json']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const printed = JSON.parse(ended.stdout) as Record<string, unknown>;
    expect(Object.keys(printed)).toEqual(['version', 'findings', 'stats', 'problems']);
    expect(printed['findings']).toEqual([]);
  });

  test('hands the change to the review, from the merge base or as given', async () => {
    const seen: string[] = [];
    const analyses: Analyses = {
      review: async (source) => {
        seen.push((await source.diff()).map((it) => it.path).join());
        return sampleReview;
      },
      scan: () => Promise.reject(new Error('not asked')),
    };
    repository.commit('ahead', { 'pkg/add.go': innocent, 'new.go': innocent.replace('add', 'new') }, 'base');
    const surroundings = { environment: process.env, language: 'en', version: '', colors: false } as const;
    const between = ['review', '--repo', repository.directory, '--base', 'ahead', '--head', 'head'];
    await run(between, surroundings, analyses);
    await run([...between, '--two-dot'], surroundings, analyses);
    expect(seen).toEqual(['pkg/add.go', 'go.mod,new.go,pkg/add.go,pool.go']);
  });

  test('shows the lines of both sides', async () => {
    const right: Leak = { ...certainLeak, path: 'pkg/add.go', steps: [{ path: 'pkg/add.go', line: 7, says: 'here' }], fix: null };
    const left: Leak = { ...likelyLeak, path: 'pool.go', line: 1, steps: [{ path: 'pool.go', line: 1, says: 'there' }] };
    const { output } = await runFinding([right, left], ...change);
    expect(output).toContain('  pkg/add.go:7 here\n      // Changed.\n');
    expect(output).toContain('  pool.go:1 there\n      package main\n');
  });
});

describe('scan', () => {
  mkdirSync(join(temporary, 'pkg/testdata'), { recursive: true });
  writeFileSync(join(temporary, 'pkg/a.go'), innocent);
  writeFileSync(join(temporary, 'pkg/b.go'), innocent.replace('add', 'sub'));

  test('names paths as they were given', async () => {
    const leak: Leak = { ...certainLeak, path: join(temporary, 'pkg/a.go'), steps: [{ path: join(temporary, 'pkg/b.go'), line: 3, says: 'there' }], fix: null };
    const { output, exitCode } = await runFinding([leak], 'scan', join(temporary, 'pkg'));
    expect(exitCode).toBe(1);
    expect(output).toContain(`${temporary}/pkg/b.go:3 there\n      func sub(a, b int) int {\n`);
  });

  test('reports of a named file alone, though it reads its package', async () => {
    const leak: Leak = { ...certainLeak, path: join(temporary, 'pkg/a.go') };
    expect((await runFinding([leak], 'scan', join(temporary, 'pkg/b.go'), '--format', 'rdjsonl'))).toEqual({ output: '', exitCode: 0 });
  });

  test('works from the directory it is started in', () => {
    expect(goleash(['scan', 'pkg', '--format=rdjsonl'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('rules', () => {
  test('lists every rule', () => {
    const { stdout, code } = goleash(['rules']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').map((line) => line.split(/\s+/)[0])).toEqual(named.map((meta) => meta.id));
  });

  test.each(catalogue.map((meta) => [meta.id, meta] as const))('describes %s', async (id, meta) => {
    const { output } = await runFinding([], 'rules', id);
    for (const said of [meta.title.en, meta.why.en, meta.cannotSee.en, `/fixtures/${id}/`]) expect(output).toContain(said);
  });
});

describe('the process', () => {
  test('tells its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(goleash(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('helps, before and after a command, in both languages', () => {
    const { stdout, code } = goleash(['--help']);
    expect(code).toBe(0);
    for (const word of ['review', 'scan', 'rules', '--repo', '--base', '--head', '--two-dot', '--format', '--fail-on', '--lang', 'sarif', 'rdjsonl']) expect(stdout).toContain(word);
    expect(goleash(['review', '-h']).stdout).toBe(stdout);
    expect(goleash(['--help', '--lang', 'zh-CN']).stdout).toContain('用法');
  });

  test('does not mind a reader that leaves early', async () => {
    const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, 'src/cli.ts'), 'rules'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });

  test('leaves no git behind, whether it works or not', async () => {
    const processes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length;
    await runFinding([], ...change);
    await expect(runFinding([], ...change, '--base', 'nowhere')).rejects.toThrow();
    // Processes of the tests before may take a moment to be gone, too.
    await expect.poll(processes).toBe(0);
  });
});
