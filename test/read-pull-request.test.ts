import { expect, test } from 'vitest';
import { marker } from '../src/github/marker.ts';
import { readPullRequest } from '../src/github/read-pull-request.ts';
import type { Client } from '../src/github/client.ts';

interface Thread {
  readonly comments: { readonly totalCount: number; readonly nodes: readonly { readonly body: string; readonly viewerDidAuthor: boolean }[] };
}

function thread(fingerprint: string, viewerDidAuthor: boolean): Thread {
  return { comments: { totalCount: 1, nodes: [{ body: `text\n\n${marker({ fingerprint, also: [], sha: 'abc', rule: 'r', gone: null })}`, viewerDidAuthor }] } };
}

/** A client that answers queries in this order, and counts them. */
function clientWith(pages: readonly (readonly Thread[])[]): Client & { readonly asked: object[] } {
  const asked: object[] = [];
  const graphql = (_query: string, variables: object): Promise<object> => {
    asked.push(variables);
    const nodes = pages[asked.length - 1] ?? [];
    const reviewThreads = { nodes, pageInfo: { hasNextPage: asked.length < pages.length, endCursor: `cursor ${asked.length}` } };
    return Promise.resolve({ repository: { defaultBranchRef: { name: 'main' }, config: null, pullRequest: { state: 'OPEN', isDraft: false, headRefOid: 'abc', baseRefName: 'main', author: { login: 'octocat' }, reviewThreads } } });
  };
  return { asked, graphql: graphql as unknown as Client['graphql'], request: undefined as unknown as Client['request'], requests: () => asked.length, permissions: () => Promise.resolve({}) };
}

const address = { owner: 'acme', repo: 'service', number: 1 };

test("a stranger's marker does not count as posted", async () => {
  const pull = await readPullRequest(clientWith([[thread('ours', true), thread('forged', false)]]), address, null);
  expect(pull?.threads.map(({ fingerprint }) => fingerprint)).toEqual(['ours']);
});

test('all pages of threads are read', async () => {
  const client = clientWith([[thread('a', true)], [thread('b', true)], [thread('c', true)]]);
  const pull = await readPullRequest(client, address, 'main');
  expect(pull?.threads.map(({ fingerprint }) => fingerprint)).toEqual(['a', 'b', 'c']);
  expect(client.asked).toMatchObject([{ after: null }, { after: 'cursor 1' }, { after: 'cursor 2' }]);
});
