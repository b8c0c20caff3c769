import { configPath } from '../config.ts';
import { readMarker } from './comment.ts';
import type { Client, PullAddress } from './client.ts';

/** A pull request as it is now, not as some event said it was. */
export interface PullRequest {
  readonly open: boolean;
  readonly draft: boolean;
  readonly head: string;
  /** The text of the configuration on the base branch; null where there is none. */
  readonly config: string | null;
  /** Fingerprints of the comments that our App wrote in this pull request. */
  readonly posted: ReadonlySet<string>;
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
      readonly reviewThreads: ReviewThreads;
    } | null;
  } | null;
}

interface Blob {
  readonly text?: string | null;
}

interface ThreadsAnswer {
  readonly repository: { readonly pullRequest: { readonly reviewThreads: ReviewThreads } | null } | null;
}

interface ReviewThreads {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly ({ readonly comments: { readonly nodes: readonly ({ readonly body: string; readonly viewerDidAuthor: boolean } | null)[] | null } } | null)[] | null;
}

/** `viewerDidAuthor` holds for the App's bot alone, so that nobody else's marker counts. */
const threads = `reviewThreads(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes { comments(first: 1) { nodes { body viewerDidAuthor } } }
}`;

const pullRequestQuery = `query ($owner: String!, $repo: String!, $number: Int!, $config: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    defaultBranchRef { name }
    config: object(expression: $config) { ... on Blob { text } }
    pullRequest(number: $number) {
      state isDraft headRefOid baseRefName
      ${threads}
    }
  }
}`;

const configQuery = `query ($owner: String!, $repo: String!, $config: String!) {
  repository(owner: $owner, name: $repo) { config: object(expression: $config) { ... on Blob { text } } }
}`;

const threadsQuery = `query ($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { ${threads} } }
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
  const further = hasNextPage && endCursor !== null ? await readPosted(client, { owner, repo, number }, endCursor) : [];
  const wasRead = expectedBase ?? answer.repository.defaultBranchRef?.name;
  const config = wasRead === pull.baseRefName ? answer.repository.config : await readConfigOf(client, { owner, repo, number }, pull.baseRefName);
  return {
    open: pull.state === 'OPEN',
    draft: pull.isDraft,
    head: pull.headRefOid,
    config: config?.text ?? null,
    posted: new Set([...fingerprintsOf(pull.reviewThreads), ...further]),
  };
}

async function readConfigOf(client: Client, { owner, repo }: PullAddress, base: string): Promise<Blob | null> {
  const answer = await client.graphql<{ readonly repository: { readonly config: Blob | null } | null }>(configQuery, { owner, repo, config: `refs/heads/${base}:${configPath}` });
  return answer.repository?.config ?? null;
}

/** The fingerprints of our own comments, from a page of the review threads on. */
export async function readPosted(client: Client, { owner, repo, number }: PullAddress, from: string | null = null): Promise<ReadonlySet<string>> {
  const posted = new Set<string>();
  let after = from;
  for (;;) {
    const answer: ThreadsAnswer = await client.graphql<ThreadsAnswer>(threadsQuery, { owner, repo, number, after });
    const page = answer.repository?.pullRequest?.reviewThreads;
    if (page === undefined) return posted;
    for (const fingerprint of fingerprintsOf(page)) posted.add(fingerprint);
    if (!page.pageInfo.hasNextPage || page.pageInfo.endCursor === null) return posted;
    after = page.pageInfo.endCursor;
  }
}

/** The pull request's head now; null where the pull request is not to be seen any more. */
export async function readHead(client: Client, { owner, repo, number }: PullAddress): Promise<string | null> {
  const answer = await client.graphql<{ readonly repository: { readonly pullRequest: { readonly headRefOid: string } | null } | null }>(headQuery, { owner, repo, number });
  return answer.repository?.pullRequest?.headRefOid ?? null;
}

function fingerprintsOf(page: ReviewThreads): readonly string[] {
  return (page.nodes ?? []).flatMap((thread) =>
    (thread?.comments.nodes ?? []).flatMap((comment) => {
      const found = comment?.viewerDidAuthor === true ? readMarker(comment.body) : null;
      return found === null ? [] : [found.fingerprint];
    }),
  );
}
