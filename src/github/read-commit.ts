import type { Client, PullAddress } from './client.ts';

/** A file of a commit. */
export interface CommittedFile {
  /** The blob's id. */
  readonly oid: string;
  /** As git writes it, such as `100644`. */
  readonly mode: string;
}

export interface CommitFiles {
  /** The id of the commit's tree. */
  readonly tree: string;
  /** By path; those that the commit has. */
  readonly files: ReadonlyMap<string, CommittedFile>;
}

interface Answer {
  readonly repository: { readonly object: ({ readonly tree?: { readonly oid: string } } & Readonly<Record<`f${number}`, { readonly oid: string; readonly mode: number } | null>>) | null } | null;
}

/** A commit's tree and some of its files, in one request; null where there is no such commit. Rejects as the client does. */
export async function readCommitFiles(client: Client, { owner, repo }: PullAddress, commit: string, paths: readonly string[]): Promise<CommitFiles | null> {
  const variables = paths.map((_, index) => `$p${index}: String!`).join(', ');
  const fields = paths.map((_, index) => `f${index}: file(path: $p${index}) { oid mode }`).join(' ');
  const query = `query ($owner: String!, $repo: String!, $commit: String!, ${variables}) {
    repository(owner: $owner, name: $repo) { object(expression: $commit) { ... on Commit { tree { oid } ${fields} } } }
  }`;
  const answer = await client.graphql<Answer>(query, { owner, repo, commit, ...Object.fromEntries(paths.map((path, index) => [`p${index}`, path])) });
  const object = answer.repository?.object;
  if (object?.tree === undefined) return null;
  const files = paths.flatMap((path, index) => {
    const file = object[`f${index}`];
    return file ? [[path, { oid: file.oid, mode: file.mode.toString(8) }] as const] : [];
  });
  return { tree: object.tree.oid, files: new Map(files) };
}

/** The commit that a branch is at now; null where there is none. The branch itself is asked: a pull request's head follows it a little later. Rejects as the client does. */
export async function readTip(client: Client, { owner, repo }: PullAddress, branch: string): Promise<string | null> {
  const query = 'query ($owner: String!, $repo: String!, $ref: String!) { repository(owner: $owner, name: $repo) { object(expression: $ref) { oid } } }';
  const answer = await client.graphql<{ readonly repository: { readonly object: { readonly oid: string } | null } | null }>(query, { owner, repo, ref: `refs/heads/${branch}` });
  return answer.repository?.object?.oid ?? null;
}
