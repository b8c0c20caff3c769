import { configPath } from '../config.ts';
import { checkName, externalId } from './external-id.ts';
import { ownThreads, readThreads, threadsFields } from './threads.ts';
import type { ConfigFile } from '../config.ts';
import type { FileText } from '../source/source.ts';
import type { Client, PullAddress } from './client.ts';
import type { Thread, ThreadsPage } from './threads.ts';

/** Where an owner keeps what holds for all of their repositories. */
const organizationRepository = '.github';

/** A pull request as it is now, not as some event said it was. */
export interface PullRequest {
  readonly open: boolean;
  readonly draft: boolean;
  /** Whether a bot opened it. */
  readonly byBot: boolean;
  readonly labels: readonly string[];
  readonly head: string;
  /** The login of who opened it; a bot's without `[bot]`. */
  readonly author: string | null;
  /** The name of the base branch. */
  readonly base: string;
  /** The name of the head branch, which is in another repository where the pull request comes from a fork. */
  readonly branch: string;
  readonly fork: boolean;
  /** The configuration on the base branch, and below it the organisation's. */
  readonly config: readonly ConfigFile[];
  readonly threads: readonly Thread[];
  /** The newest commits that have a check run of ours for this pull request in progress. */
  readonly unfinished: readonly string[];
}

interface Answer {
  readonly repository: {
    readonly defaultBranchRef: { readonly name: string } | null;
    readonly config: Blob | null;
    readonly pullRequest: {
      readonly state: 'OPEN' | 'CLOSED' | 'MERGED';
      readonly isDraft: boolean;
      readonly author: { readonly __typename: string; readonly login: string } | null;
      readonly labels: { readonly nodes: readonly ({ readonly name: string } | null)[] | null } | null;
      readonly headRefOid: string;
      readonly baseRefName: string;
      readonly headRefName: string;
      readonly isCrossRepository: boolean;
      readonly reviewThreads: ThreadsPage;
      readonly commits: { readonly nodes: readonly (CommitNode | null)[] | null } | null;
    } | null;
  } | null;
  /** Absent or null where the owner has no such repository, or the App may not read it. */
  readonly organization?: { readonly config: Blob | null } | null;
}

interface CommitNode {
  readonly commit: {
    readonly oid: string;
    /** Null where the App may not see check runs. */
    readonly checkSuites: { readonly nodes: readonly ({ readonly checkRuns: { readonly nodes: readonly ({ readonly externalId: string | null } | null)[] | null } | null } | null)[] | null } | null;
  };
}

interface Blob {
  readonly __typename?: string;
  readonly text?: string | null;
  readonly isBinary?: boolean | null;
  readonly isTruncated?: boolean;
}

const blob = '{ __typename ... on Blob { text isBinary isTruncated } }';

/** A hundred labels are as many as a pull request can have. */
const pullRequestQuery = `query ($owner: String!, $repo: String!, $number: Int!, $config: String!, $defaults: String!, $after: String) {
  repository(owner: $owner, name: $repo) {
    defaultBranchRef { name }
    config: object(expression: $config) ${blob}
    pullRequest(number: $number) {
      state isDraft headRefOid headRefName isCrossRepository baseRefName author { __typename login } labels(first: 100) { nodes { name } }
      ${threadsFields}
      commits(last: 5) { nodes { commit { oid checkSuites(first: 5, filterBy: { checkName: "${checkName}" }) { nodes {
        checkRuns(first: 20, filterBy: { checkName: "${checkName}", checkType: ALL, status: IN_PROGRESS }) { nodes { externalId } }
      } } } } }
    }
  }
  organization: repository(owner: $owner, name: "${organizationRepository}") { config: object(expression: $defaults) ${blob} }
}`;

const configQuery = `query ($owner: String!, $repo: String!, $config: String!) {
  repository(owner: $owner, name: $repo) { config: object(expression: $config) ${blob} }
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
  const answer = await client.graphql<Answer>(pullRequestQuery, { owner, repo, number, config: `${expectedBase ?? 'HEAD'}:${configPath}`, defaults: `HEAD:${configPath}`, after: null }).catch(withoutExtras);
  const pull = answer.repository?.pullRequest ?? null;
  if (answer.repository === null || pull === null) return null;
  const { hasNextPage, endCursor } = pull.reviewThreads.pageInfo;
  const further = hasNextPage && endCursor !== null ? await readThreads(client, { owner, repo, number }, endCursor) : null;
  const wasRead = expectedBase ?? answer.repository.defaultBranchRef?.name;
  const config = wasRead === pull.baseRefName ? answer.repository.config : await readConfigOf(client, { owner, repo, number }, pull.baseRefName);
  const defaults: ConfigFile = { name: `${owner}/${organizationRepository}:${configPath}`, text: toText(answer.organization?.config ?? null) };
  return {
    open: pull.state === 'OPEN',
    draft: pull.isDraft,
    byBot: pull.author?.__typename === 'Bot',
    labels: (pull.labels?.nodes ?? []).flatMap((label) => label?.name ?? []),
    head: pull.headRefOid,
    author: pull.author?.login ?? null,
    base: pull.baseRefName,
    branch: pull.headRefName,
    fork: pull.isCrossRepository,
    config: [{ name: configPath, text: toText(config) }, ...(repo === organizationRepository ? [] : [defaults])],
    threads: [...ownThreads(pull.reviewThreads), ...(further?.threads ?? [])],
    unfinished: (pull.commits?.nodes ?? []).flatMap((node) => (node !== null && isUnfinished(node, externalId({ number })) ? node.commit.oid : [])),
  };
}

function isUnfinished({ commit }: CommitNode, id: string): boolean {
  return (commit.checkSuites?.nodes ?? []).some((suite) => (suite?.checkRuns?.nodes ?? []).some((run) => run?.externalId === id));
}

/** What GitHub answered, where all that it did not is about the organisation's own repository, which need not exist, or check runs, and neither need be for the App to see. */
function withoutExtras(error: unknown): Answer {
  if (!(error instanceof Error && error.name === 'GraphqlResponseError' && 'errors' in error && Array.isArray(error.errors) && 'data' in error)) throw error;
  const others = error.errors.filter((one: { readonly path?: readonly unknown[] }) => one.path?.[0] !== 'organization' && one.path?.includes('checkSuites') !== true);
  if (others.length === 0 && isAnswer(error.data)) return error.data;
  // What else went wrong is to be sorted by itself.
  error.errors = others;
  throw error;
}

function isAnswer(data: unknown): data is Answer {
  return typeof data === 'object' && data !== null && 'repository' in data;
}

function toText(found: Blob | null): FileText {
  if (found?.__typename !== 'Blob') return { kind: 'unreadable', why: 'absent' };
  if (found.isTruncated === true) return { kind: 'unreadable', why: 'too-large' };
  return typeof found.text === 'string' ? { kind: 'text', text: found.text } : { kind: 'unreadable', why: 'binary' };
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
