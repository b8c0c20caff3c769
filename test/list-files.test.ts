import { expect, test } from 'vitest';
import { listFiles, mostListedFiles } from '../src/github/list-files.ts';
import type { Client } from '../src/github/client.ts';
import type { FilesPage } from '../src/github/list-files.ts';

const sha = 'a'.repeat(40);

function file(told: object = {}): object {
  return { filename: 'a.go', status: 'modified', changes: 1, patch: '@@ -1 +1 @@\n-a\n+b', contents_url: `https://api.github.com/repos/o/r/contents/a.go?ref=${sha}`, ...told };
}

/** A client whose pages these are; `asked` counts. */
async function pagesOf(page: (number: number) => readonly object[]): Promise<{ readonly pages: readonly FilesPage[]; readonly asked: number }> {
  let asked = 0;
  const request = (_route: string, { page: number }: { readonly page: number }): Promise<object> => {
    asked += 1;
    return Promise.resolve({ data: page(number) });
  };
  const client: Client = { request: request as unknown as Client['request'], graphql: undefined as unknown as Client['graphql'], requests: () => asked, permissions: () => Promise.resolve({}) };
  const pages: FilesPage[] = [];
  for await (const one of listFiles(client, { owner: 'o', repo: 'r', number: 1 })) pages.push(one);
  return { pages, asked };
}

test.each([
  ['added', file({ status: 'added', patch: '@@ -0,0 +1 @@\n+a' }), { status: 'added', previousPath: null, hunks: [{ newStart: 1, newLines: 1 }] }],
  ['removed', file({ status: 'removed' }), { status: 'removed' }],
  ['renamed with changes', file({ status: 'renamed', previous_filename: 'b.go' }), { status: 'renamed', previousPath: 'b.go' }],
  ['renamed only', file({ status: 'renamed', previous_filename: 'b.go', changes: 0, patch: undefined }), { status: 'renamed', previousPath: 'b.go', hunks: [] }],
  ['copied', file({ status: 'copied', previous_filename: 'b.go' }), { status: 'added', previousPath: 'b.go' }],
  ['changed in mode', file({ status: 'changed', changes: 0, patch: undefined }), { status: 'modified', hunks: [] }],
  ['too large for a patch', file({ changes: 30_000, patch: undefined }), { status: 'modified', hunks: null }],
  ['with a patch that is cut', file({ patch: '@@ -1,9 +1,9 @@\n-a' }), { status: 'modified', hunks: null }],
])('a file %s', async (_, listed, change) => {
  const { pages } = await pagesOf(() => [listed]);
  expect(pages).toMatchObject([{ changes: [{ path: 'a.go', ...change }], head: sha, more: false }]);
});

test('an unchanged file is no change', async () => {
  expect((await pagesOf(() => [file({ status: 'unchanged' })])).pages).toMatchObject([{ changes: [] }]);
});

test('pages end with the first that is not full', async () => {
  const { pages, asked } = await pagesOf((number) => Array.from({ length: number < 3 ? 100 : 0 }, () => file()));
  expect(asked).toBe(3);
  expect(pages.map(({ more, changes, head }) => [more, changes.length, head])).toEqual([[true, 100, sha], [true, 100, sha], [false, 0, null]]);
});

test('no more is asked than GitHub lists', async () => {
  const { pages, asked } = await pagesOf(() => Array.from({ length: 100 }, () => file()));
  expect(asked).toBe(30);
  expect(pages.flatMap(({ changes }) => changes)).toHaveLength(mostListedFiles);
  expect(pages.at(-1)?.more).toBe(false);
});
