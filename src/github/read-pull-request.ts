import { configPath } from '../config.ts';
import { ownThreads, readThreads, threadsFields } from './threads.ts';
import type { Client, PullAddress } from './client.ts';
import type { Thread, ThreadsPage } from './threads.ts';

/** A pull request as it is now, not as some event said it was. */
export interface PullRequest {
  readonly open: boolean;
  readonly draft: boolean;
  readonly head: string;
  /** The text of the configuration on the base branch; null where there is none. */
  readonly config: string | null;
  readonly threads: readonly Thread[];
}

interface Answer {
  readonly repository: {
    readonly defaultBranchRef: { readonly name: string } | null;
    readonly config: Blob | null;
    readonly pullRequest: {
      readonly state: 'OPEN' | 'CLOSED' | 'MERGED';
      readonly isDraft: boolean;
      readonly headRefOid: string;
      readonly baseRefName: string;
      readonly reviewThreads: ThreadsPage;
    } | null;
  } | null;
}

interface Blob {
  readonly text?: string | null;
}

const pullRequestQuery = `query ($owner: String!, $repo: String!, $number: Int!, $config: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    defaultBranchRef { name }
    config: object(expression: $config) { ... on Blob { text } }
    pullRequest(number: $number) {
      state isDraft headRefOid baseRefName
      ${threadsFields}
    }
  }
}`;

const configQuery = `query ($owner: String!, $repo: String!, $config: String!) {
  repository(owner: $owner, name: $repo) { config: object(expression: $config) { ... on Blob { text } } }
}`;

const headQuery = `query ($owner: String!, $repo: String!, $number: Int!) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { headRefOid } }
}`;

/**
 * One request; one more for each further hundred of review threads, and one where `expectedBase` (null: the default branch)
 * is not the base branch, because the configuration was then read from the wrong one. Null where the pull request is not to be seen.
 * Rejects as the client does.
 */
export async function readPullRequest(client: Client, { owner, repo, number }: PullAddress, expectedBase: string | null): Promise<PullRequest | null> {
  const answer = await client.graphql<Answer>(pullRequestQuery, { owner, repo, number, config: `${expectedBase ?? 'HEAD'}:${configPath}`, after: null });
  const pull = answer.repository?.pullRequest ?? null;
  if (answer.repository === null || pull === null) return null;
  const { hasNextPage, endCursor } = pull.reviewThreads.pageInfo;
  const further = hasNextPage && endCursor !== null ? await readThreads(client, { owner, repo, number }, endCursor) : null;
  const wasRead = expectedBase ?? answer.repository.defaultBranchRef?.name;
  const config = wasRead === pull.baseRefName ? answer.repository.config : await readConfigOf(client, { owner, repo, number }, pull.baseRefName);
  return {
    open: pull.state === 'OPEN',
    draft: pull.isDraft,
    head: pull.headRefOid,
    config: config?.text ?? null,
    threads: [...ownThreads(pull.reviewThreads), ...(further?.threads ?? [])],
  };
}

async function readConfigOf(client: Client, { owner, repo }: PullAddress, base: string): Promise<Blob | null> {
  const answer = await client.graphql<{ readonly repository: { readonly config: Blob | null } | null }>(configQuery, { owner, repo, config: `refs/heads/${base}:${configPath}` });
  return answer.repository?.config ?? null;
}

/** The pull request's head now; null where the pull request is not to be seen any more. */
export async function readHead(client: Client, { owner, repo, number }: PullAddress): Promise<string | null> {
  const answer = await client.graphql<{ readonly repository: { readonly pullRequest: { readonly headRefOid: string } | null } | null }>(headQuery, { owner, repo, number });
  return answer.repository?.pullRequest?.headRefOid ?? null;
}
