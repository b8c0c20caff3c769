import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { parseDemoArguments } from './demo/arguments.ts';
import { readAloud } from './demo/read-aloud.ts';
import { wrap } from './demo/wrap.ts';
import { paint } from '../src/format/paint.ts';
import { leakingProgram } from './support/leak.ts';
import { createRepository } from './support/repository.ts';

const root = path.dirname(import.meta.dirname);
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the demo left behind in its folder for temporary files. */
  readonly left: readonly string[];
}

/** Runs the demo as its own process; `until` sees its output grow and may end it. */
async function demo(args: readonly string[], until: (stdout: string, interrupt: () => void) => void = () => undefined): Promise<Ran> {
  const temporary = mkdtempSync(path.join(tmpdir(), 'goleash-demo-test-'));
  ends.push(() => rmSync(temporary, { recursive: true, force: true }));
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), path.join(root, 'test/demo/demo.ts'), ...args], { cwd: root, env: { ...process.env, TMPDIR: temporary }, stdio: ['ignore', 'pipe', 'pipe'] });
  ends.push(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    until(stdout, () => child.kill('SIGINT'));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const left = readdirSync(temporary).filter((name) => name.startsWith('goleash-'));
  return { code, stdout, stderr, left };
}

describe('the demo', () => {
  test('shows the three cases with their fixes and a completed check', { timeout: 180_000 }, async () => {
    const { code, stdout, stderr, left } = await demo(['--once']);
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    expect(stdout.match(/Case \d · .*/g)).toEqual(['Case 3 · blocked on a timer', 'Case 3 · break leaves only the select', 'Case 1 · abandoned send', 'Case 2 · channel never closed']);
    expect(stdout.match(/^\S+\.go:.*$/gm)).toEqual(['depot/lock.go:53', 'depot/lock.go:55', 'quote/handler.go:49', 'usage/meter.go:26']);
    for (const line of ['-    answers := make(chan answer)', '+    answers := make(chan answer, 1)', '+                default:', '+            return']) expect(stdout).toContain(line);
    expect(stdout).toContain('registry.go:39 Registry.Remove drops its owner without closing m.updates');
    expect(stdout).toMatch(/^Check {5}goleash: neutral\n +4 goroutine leaks introduced by this change$/m);
    expect(stdout).toMatch(/^Time {6}\d+\.\d s/m);
    expect(stdout).toMatch(/^ +1 × POST \/repos\/\{owner\}\/\{repo\}\/pulls\/\{pull_number\}\/reviews$/m);
    expect(stdout).not.toMatch(/\u001b/);
  });

  test("shows a change of anyone's bare repository, serves its page until it is interrupted, and writes nothing there", { timeout: 180_000 }, async () => {
    const repository = createRepository();
    ends.push(() => repository.remove());
    repository.commit('main', { 'go.mod': 'module example.com/service\n\ngo 1.26\n' });
    repository.commit('feature', { 'fetch/fetch.go': leakingProgram });
    const before = listing(repository.gitDir);
    const pages: Promise<string>[] = [];
    const { code, stdout, stderr, left } = await demo(['--repo', repository.gitDir, '--base', 'main', '--head', 'feature'], (text, interrupt) => {
      const url = /^Look at it: (\S+)/m.exec(text)?.[1];
      if (url === undefined || pages.length > 0) return;
      const page = fetch(url).then((response) => response.text());
      pages.push(page);
      void page.finally(interrupt);
    });
    expect({ code, stderr, left }).toEqual({ code: 0, stderr: '', left: [] });
    expect(stdout).toContain('main ← feature');
    expect(stdout).toContain('Case 1 · abandoned send');
    expect(await pages[0]).toContain('abandoned send');
    expect(listing(repository.gitDir)).toEqual(before);
  });

  test('compares revisions as given where that is asked for, in a repository without any leak', { timeout: 180_000 }, async () => {
    const repository = createRepository();
    ends.push(() => repository.remove());
    const base = repository.commit('main', { 'go.mod': 'module example.com/service\n\ngo 1.26\n', 'a.go': 'package service\n\nfunc A() {}\n' });
    repository.commit('main', { 'a.go': 'package service\n\nfunc A() { println() }\n' });
    const { code, stdout, stderr } = await demo(['--once', '--two-dot', '--repo', repository.gitDir, '--base', 'main', '--head', base]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('goleash: success');
  });

  test.each([
    [['--repo', 'DIR'], '--repo DIR, --base REV and --head REV are needed together.'],
    [['--repo', 'DIR', '--base', 'main', '--head', 'nowhere'], '"nowhere" is no commit of this repository.'],
    [['--repo', 'DIR', '--base', 'main', '--head', 'main'], '"main" changes nothing that "main" does not have'],
    [['--repo', 'DIR/none', '--base', 'main', '--head', 'main'], 'is not a git repository.'],
    [['--wrong'], "Unknown option '--wrong'"],
  ])('%j ends with one sentence', { timeout: 180_000 }, async (args, says) => {
    const repository = createRepository();
    ends.push(() => repository.remove());
    repository.commit('main', { 'go.mod': 'module example.com/service\n' });
    const { code, stdout, stderr, left } = await demo(['--once', ...args.map((arg) => arg.replace('DIR', repository.gitDir))]);
    expect({ code, stdout, left }).toEqual({ code: 1, stdout: '', left: [] });
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('what the demo prints', () => {
  const terminal = { paint: paint(false), width: 30 };

  test('is what a reader of the page sees', () => {
    const text = '**Case** of `a b` in [`x.go:1`](http://x)\n\n1. one two three four five six seven\n2. two\n\n[About](http://y)\n\n<!-- hidden -->';
    expect(readAloud(text, terminal)).toEqual(['Case of a b in x.go:1', '', '1. one two three four five six', '   seven', '2. two', '', 'About: http://y']);
  });

  test('shows a suggestion as a change of the lines that it replaces', () => {
    expect(readAloud('```suggestion\n\tb\n```', terminal, ['\ta'])).toEqual(['    -    a', '    +    b']);
    expect(readAloud('```suggestion\n```', terminal, ['a'])).toEqual(['    -a']);
  });

  test('cannot steer the terminal', () => {
    expect(readAloud('`\u001b[2J` \u001b]0;x\u0007', terminal).join('')).not.toMatch(/[\u001b\u0007]/);
  });

  test('is broken at spaces, whatever its colours', () => {
    expect(wrap('\u001b[1maaa\u001b[0m bbb ccc', 7, ' ')).toEqual(['\u001b[1maaa\u001b[0m bbb', ' ccc']);
  });
});

describe('the arguments of the demo', () => {
  test('ask for its own pull request, or for a change of a repository', () => {
    expect(parseDemoArguments([])).toEqual({ once: false, help: false, life: null, change: null });
    expect(parseDemoArguments(['--once', '--repo', 'r', '--base', 'b', '--head', 'h'])).toEqual({ once: true, help: false, life: null, change: { directory: 'r', base: 'b', head: 'h', twoDot: false } });
    expect(parseDemoArguments(['--life', '--lang', 'zh-CN'])).toMatchObject({ life: 'zh-CN', change: null });
    expect(() => parseDemoArguments(['--two-dot'])).toThrow('needed together');
    expect(() => parseDemoArguments(['--life', '--lang', 'fr'])).toThrow('--lang cannot be "fr". It takes en, zh-CN.');
  });
});

/** The paths of all files below a directory. */
function listing(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
}
