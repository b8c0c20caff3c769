import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aReview } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { FileText, Revision, Source } from '../src/source/source.ts';
import type { Scene } from './support/scene.ts';

/** What the source says, read while a review runs; `requests` are those that this reading took. */
async function reading<T>(read: (source: Source) => Promise<T>): Promise<{ readonly value: T; readonly requests: readonly string[] }> {
  let value: { readonly it: T; readonly requests: readonly string[] } | undefined;
  scene = await setScene({
    base,
    feature,
    review: async (source) => {
      const before = scene.requests().length;
      const it = await read(source);
      value = { it, requests: scene.requests().slice(before) };
      return aReview();
    },
  });
  symlinkSync('kept.go', path.join(scene.repository.gitDir, '../pkg/link.go'));
  scene.repository.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},pkg/sub.go`);
  scene.repository.git('add', 'pkg/link.go');
  scene.repository.git('commit', '-q', '-m', 'A link and a submodule');
  await scene.github.openPullRequest({ title: 'Everything', base: 'main', head: 'feature' });
  await scene.app.idle();
  expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
  if (value === undefined) throw new Error('The review did not run.');
  return { value: value.it, requests: value.requests };
}

let scene: Scene;
let base: Record<string, string>;
let feature: Record<string, string | Buffer | null>;

const numbered = (count: number): string => Array.from({ length: count }, (_, index) => `line ${index}\n`).join('');

beforeEach(() => {
  base = {
    'pkg/kept.go': 'package pkg\n',
    'pkg/crlf.go': 'package pkg\r\n\r\nvar A = 1\r\n',
    'pkg/unterminated.go': 'package pkg\n\nvar B = 1',
    'pkg/removed.go': 'package pkg\n\nvar C = 1',
    'pkg/old name.go': `package pkg\n\n${numbered(40)}`,
    'pkg/pure.go': `package pkg\n\n// pure\n${numbered(30)}`,
    'pkg/"quoted" é\\.go': 'package pkg\n',
    'pkg/binary.go': 'package pkg\n',
    'pkg/empty.go': '',
    'pkg/sub/inner.go': 'package sub\n',
    'big.go': `package main\n\n${numbered(60_000)}`,
  };
  feature = {
    'pkg/crlf.go': 'package pkg\r\n\r\nvar A = 2\r\nvar D = "世界"',
    'pkg/unterminated.go': 'package pkg\n\nvar B = 2\n',
    'pkg/removed.go': null,
    'pkg/old name.go': null,
    'pkg/new name.go': `package pkg\n\n${numbered(40).replace('line 20\n', '')}`,
    'pkg/pure.go': null,
    'other/pure.go': `package pkg\n\n// pure\n${numbered(30)}`,
    'pkg/"quoted" é\\.go': 'package pkg\n\nvar E = 1\n',
    'pkg/added.go': 'package pkg\n',
    'pkg/binary.go': Buffer.from([1, 0, 2]),
    'pkg/latin.go': Buffer.from([0x2f, 0x2f, 0xe9, 0x0a]),
    'big.go': `package main\n\n${numbered(60_000)}var F = 1\n`,
  };
});

afterEach(async () => {
  await scene.close();
  expect([...scene.github.violations, ...scene.github.unplanned]).toEqual([]);
});

function inGit(revision: string, file: string): string | null {
  try {
    return execFileSync('git', ['-C', scene.repository.gitDir, 'cat-file', 'blob', `${revision}:${file}`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 2 ** 26 });
  } catch {
    return null;
  }
}

test('texts of both sides are those of git, the base side without a request', async () => {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(feature), 'go.mod', 'nowhere/at.go'])].filter((name) => !/binary|latin/.test(name));
  const { value, requests } = await reading(async (source) => {
    const texts = async (revision: Revision): Promise<ReadonlyMap<string, FileText>> => source.texts(revision, paths);
    const head = await texts('head');
    const before = scene.requests().length;
    const atBase = await texts('base');
    return { head, base: atBase, requestsOfBase: scene.requests().length - before };
  });
  for (const [revision, texts] of [['feature', value.head], ['main', value.base]] as const) {
    const expected = paths.map((name) => {
      const text = inGit(revision, name);
      return [name, text === null ? { kind: 'unreadable', why: 'absent' } : { kind: 'text', text }];
    });
    expect([...texts]).toEqual(expected);
  }
  expect(value.requestsOfBase).toBe(0);
  // One query, and one blob for the text that GraphQL cuts.
  expect(requests.map((request) => request.replace(/[0-9a-f]{40}/, 'SHA'))).toEqual(['POST /graphql', 'GET /git/blobs/SHA']);
});

test('what is no text says why', async () => {
  const { value } = await reading(async (source) => ({
    head: await source.texts('head', ['pkg/binary.go', 'pkg/link.go', 'pkg/sub.go', 'pkg', 'gone.go']),
    base: await source.texts('base', ['pkg/added.go', 'pkg/new name.go', 'pkg/binary.go']),
  }));
  expect(Object.fromEntries([...value.head].map(([name, text]) => [name, text.kind === 'unreadable' ? text.why : text]))).toEqual({
    'pkg/binary.go': 'binary', 'pkg/link.go': 'symlink', 'pkg/sub.go': 'submodule', pkg: 'absent', 'gone.go': 'absent',
  });
  expect(Object.fromEntries([...value.base].map(([name, text]) => [name, text.kind === 'unreadable' ? text.why : text]))).toEqual({ 'pkg/added.go': 'absent', 'pkg/new name.go': 'absent', 'pkg/binary.go': 'binary' });
});

test('directories hold regular files, of both sides', async () => {
  const { value } = await reading(async (source) => ({ head: await source.directories('head', ['pkg', '', 'nowhere']), base: await source.directories('base', ['pkg', '', 'other']) }));
  const names = (entries: readonly { readonly name: string }[] | undefined): readonly string[] => (entries ?? []).map(({ name }) => name).sort();
  const tree = (revision: string): readonly string[] => scene.repository.git('ls-tree', '-z', `${revision}:pkg`).split('\0').filter((line) => /^100/.test(line)).map((line) => line.slice(line.indexOf('\t') + 1)).sort();
  expect(names(value.head.get('pkg'))).toEqual(tree('feature'));
  expect(names(value.base.get('pkg'))).toEqual(tree('main'));
  expect(value.head.get('pkg')?.find(({ name }) => name === 'kept.go')).toEqual({ name: 'kept.go', bytes: 12 });
  expect(value.head.get('nowhere')).toEqual([]);
  expect(value.base.get('other')).toEqual([]);
  expect(names(value.head.get(''))).toEqual(['README.md', 'big.go', 'go.mod']);
});

test('what is asked in turn is answered by one query, if it is what a review asks', async () => {
  const { requests } = await reading(async (source) => {
    await source.texts('head', ['pkg/crlf.go']);
    await source.directories('head', ['pkg', 'other']);
    await source.texts('head', ['pkg/added.go', 'go.mod', 'pkg/go.mod']);
    await source.texts('base', ['pkg/removed.go']);
    await source.texts('head', ['pkg/crlf.go']);
  });
  expect(requests.filter((request) => request === 'POST /graphql')).toHaveLength(1);
});
