import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run } from '../src/cli/run.ts';
import { GitRepository } from './support/git-repository.ts';
import { leakingProgram } from './support/leak.ts';

const temporary = mkdtempSync(join(tmpdir(), 'goleash-'));
const repository = new GitRepository();
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true });
  repository[Symbol.dispose]();
});

interface Printed {
  readonly findings: readonly { readonly path: string; readonly confidence: string }[];
  readonly problems: readonly { readonly path: string; readonly says: string }[];
}

async function goleash(...args: readonly string[]): Promise<Printed> {
  const { output } = await run([...args, '--format', 'json'], { environment: process.env, language: 'en', version: '0.0.0', colors: false });
  return JSON.parse(output) as Printed;
}

describe('review', () => {
  const start = repository.commit('start', { 'a.go': 'package a\n' });
  repository.commit('base', { 'a.go': 'package a\n', '.github/goleash.yml': 'rules: {abandoned-send: likely}\nnone: 1\n' }, start);
  // Began before the configuration was changed, and has one of its own.
  repository.commit('head', { 'a.go': 'package a\n', 'fetch/fetch.go': leakingProgram, '.github/goleash.yml': 'rules: {abandoned-send: off}\n' }, start);
  const change = ['review', '--repo', repository.directory, '--base', 'base', '--head', 'head'];

  test('obeys the configuration of the base as it is given, not of the merge base, and names what is wrong in it', async () => {
    const { findings, problems } = await goleash(...change);
    expect(findings).toMatchObject([{ path: 'fetch/fetch.go', confidence: 'likely' }]);
    expect(problems).toEqual([{ path: '.github/goleash.yml:2', says: '`none` is not a known key; it is ignored.' }]);
  });

  test('obeys a file that is named in its place', async () => {
    const named = join(temporary, 'own.yml');
    writeFileSync(named, 'paths: {exclude: [fetch]}\n');
    const { findings, problems } = await goleash(...change, '--config', named);
    expect(findings).toEqual([]);
    expect(problems).toEqual([{ path: 'fetch/fetch.go', says: 'left out by `paths` of the configuration' }]);
    await expect(goleash(...change, '--config', join(temporary, 'none.yml'))).rejects.toThrow('There is no configuration');
  });
});

describe('scan', () => {
  const root = join(temporary, 'service');
  for (const directory of ['.github', 'fetch', 'internal/gen']) mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, '.github/goleash.yml'), 'paths: {exclude: [/internal/gen]}\nrules: {abandoned-send: likely}\n');
  writeFileSync(join(root, 'fetch/fetch.go'), leakingProgram);
  writeFileSync(join(root, 'internal/gen/fetch.go'), leakingProgram);

  test.each(['', 'fetch', 'fetch/fetch.go', 'internal'])('of %j obeys the configuration of the repository that it is in', async (path) => {
    const { findings, problems } = await goleash('scan', join(root, path));
    expect(findings.map((one) => [one.path, one.confidence])).toEqual(path === 'internal' ? [] : [[join(root, 'fetch/fetch.go'), 'likely']]);
    expect(problems.map((one) => one.path)).toEqual(path === '' || path === 'internal' ? [join(root, 'internal/gen/fetch.go')] : []);
  });

  test('still reads what is left out, where the rest of its package needs it', async () => {
    const split = join(temporary, 'split');
    mkdirSync(join(split, '.github'), { recursive: true });
    writeFileSync(join(split, '.github/goleash.yml'), 'paths: {exclude: [drain.go]}\n');
    writeFileSync(join(split, 'start.go'), 'package p\n\nfunc Start() {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tdrain(ch)\n}\n');
    writeFileSync(join(split, 'drain.go'), 'package p\n\nfunc drain(ch chan int) {\n\t<-ch\n}\n');
    expect((await goleash('scan', split)).findings).toEqual([]);
    writeFileSync(join(split, 'drain.go'), 'package p\n\nfunc drain(ch chan int) {}\n');
    expect((await goleash('scan', split)).findings).toHaveLength(1);
  });
});
