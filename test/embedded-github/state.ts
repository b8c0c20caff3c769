import type { ChangedFile } from './diff.ts';
import type { Git } from './git.ts';

export type Side = 'LEFT' | 'RIGHT';
/** What GitHub's `permission` says of a user of a repository. */
export type Role = 'admin' | 'write' | 'read' | 'none';

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

/** A request in the order of its arrival. */
export interface RecordedRequest {
  readonly method: string;
  /** Without the API's prefix and without the query. */
  readonly path: string;
  /** The raw query with its `?`, or ''. */
  readonly query: string;
  /** The path as GitHub's description writes it, `/graphql`, or null where the server does not know it. */
  readonly route: string | null;
  /** 0 while unanswered, and where the connection was cut. */
  status: number;
  /** Parsed where it is JSON. */
  readonly body: unknown;
  readonly at: number;
}

/** One attempt to deliver a webhook. */
export interface Delivery {
  readonly id: number;
  /** The same for all attempts of one event. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly redelivery: boolean;
  readonly deliveredAt: string;
  /** Seconds. */
  readonly duration: number;
  /** `OK`, or what went wrong. */
  readonly status: string;
  readonly statusCode: number;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly payload: object;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  readonly responseBody: string | null;
}

export interface ReviewState {
  readonly id: number;
  readonly author: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'PENDING';
  readonly body: string;
  /** A force push moves it to the new head. */
  commitId: string;
  readonly submittedAt: string;
}

export interface CommentState {
  readonly id: number;
  readonly reviewId: number;
  readonly author: string;
  body: string;
  readonly path: string;
  readonly side: Side;
  readonly startSide: Side | null;
  /** Null once the line is gone: the comment is outdated. */
  line: number | null;
  startLine: number | null;
  readonly originalLine: number;
  readonly originalStartLine: number | null;
  readonly originalCommitId: string;
  /** What the LEFT side was when the comment was made. */
  readonly originalMergeBase: string;
  commitId: string;
  readonly position: number;
  readonly diffHunk: string;
  /** The first comment of the thread, or null where this is it. */
  readonly inReplyTo: number | null;
  /** Of the thread; told of its first comment. */
  resolved: boolean;
  minimized: string | null;
  readonly createdAt: string;
  updatedAt: string;
}

export interface PullRequestState {
  readonly number: number;
  readonly id: number;
  readonly title: string;
  readonly body: string | null;
  readonly author: string;
  /** The owner of the fork that the head is in, or null. */
  readonly fork: string | null;
  readonly headRef: string;
  baseRef: string;
  labels: string[];
  headSha: string;
  baseSha: string;
  state: 'open' | 'closed';
  draft: boolean;
  locked: boolean;
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  readonly reviews: ReviewState[];
  readonly comments: CommentState[];
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckAction {
  readonly label: string;
  readonly description: string;
  readonly identifier: string;
}

export interface CheckRunState {
  readonly id: number;
  readonly suiteId: number;
  readonly headSha: string;
  name: string;
  status: string;
  conclusion: string | null;
  startedAt: string | null;
  completedAt: string | null;
  externalId: string;
  detailsUrl: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: Annotation[];
  actions: readonly CheckAction[];
}

/** An installation's token: what it may do, and until when. */
export interface Token {
  readonly permissions: Permissions;
  expiresAt: number;
}

/** Everything the embedded GitHub knows. */
export interface World {
  readonly git: Git;
  readonly url: string;
  readonly owner: string;
  repo: string;
  /** The name that the repository was made with; its id depends on it. */
  readonly firstName: string;
  readonly defaultBranch: string;
  readonly appId: number;
  readonly slug: string;
  readonly publicKey: string;
  readonly webhookSecret: string;
  readonly installationId: number;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  /** The files of the owner's repository `.github`; null: there is none, or the App may not see it. */
  readonly defaults: Readonly<Record<string, string>> | null;
  /** Whether the App hears of what it did itself. */
  readonly echo: boolean;
  webhookUrl: string | null;
  suspendedAt: string | null;
  archived: boolean;
  readonly roles: ReadonlyMap<string, Role>;
  /** A branch was moved through the API. */
  readonly branchMoved: (branch: string) => Promise<void>;
  readonly startedAt: string;
  readonly tokens: Map<string, Token>;
  readonly pulls: Map<number, PullRequestState>;
  readonly checkRuns: Map<number, CheckRunState>;
  /** By head sha. */
  readonly checkSuites: Map<string, number>;
  readonly deliveries: Delivery[];
  readonly requests: RecordedRequest[];
  readonly violations: string[];
  readonly unplanned: string[];
  /** The diffs of two commits never change. */
  readonly diffs: Map<string, Promise<readonly ChangedFile[]>>;
  readonly nextId: () => number;
}

export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

export function botLogin(world: World): string {
  return `${world.slug}[bot]`;
}

export function findComment(world: World, id: number): { pull: PullRequestState; comment: CommentState } | null {
  for (const pull of world.pulls.values()) {
    const comment = pull.comments.find((candidate) => candidate.id === id);
    if (comment !== undefined) return { pull, comment };
  }
  return null;
}
