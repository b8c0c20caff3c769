import { readMarker, readReplyMarker } from './marker.ts';
import type { Client, PullAddress } from './client.ts';
import type { Dismissal, Marker, ReplyMarker } from './marker.ts';

/** A review thread that our App began. */
export interface Thread extends Marker {
  /** Its node id. */
  readonly id: string;
  /** The first comment, which is ours. */
  readonly comment: { readonly id: number; readonly nodeId: string; readonly body: string; readonly minimized: boolean };
  readonly path: string;
  readonly resolved: boolean;
  readonly viewerCanResolve: boolean;
  /** Whether anyone but our App wrote in it. */
  readonly answered: boolean;
  /** Our own replies to commands. */
  readonly replies: readonly ReplyMarker[];
}

/** How GitHub tells a page of threads. */
export interface ThreadsPage {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly nodes: readonly (ThreadNode | null)[] | null;
}

interface ThreadNode {
  readonly id: string;
  readonly path: string;
  readonly isResolved: boolean;
  readonly viewerCanResolve: boolean;
  readonly comments: { readonly totalCount: number; readonly nodes: readonly (CommentNode | null)[] | null };
}

interface CommentNode {
  readonly id: string;
  readonly fullDatabaseId: string | null;
  readonly body: string;
  readonly viewerDidAuthor: boolean;
  readonly isMinimized: boolean;
}

/** `viewerDidAuthor` holds for the App's bot alone, so that nobody else's marker counts. */
export const threadsFields = `reviewThreads(first: 100, after: $after) {
  pageInfo { hasNextPage endCursor }
  nodes {
    id path isResolved viewerCanResolve
    comments(first: 50) { totalCount nodes { id fullDatabaseId body viewerDidAuthor isMinimized } }
  }
}`;

const threadsQuery = `query ($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) { pullRequest(number: $number) { headRefOid ${threadsFields} } }
}`;

interface ThreadsAnswer {
  readonly repository: { readonly pullRequest: { readonly headRefOid: string; readonly reviewThreads: ThreadsPage } | null } | null;
}

/** Our threads as they are now, and the head with them; null where the pull request is not to be seen. A request for each hundred threads. Rejects as the client does. */
export async function readThreads(client: Client, { owner, repo, number }: PullAddress, from: string | null = null): Promise<{ readonly head: string; readonly threads: readonly Thread[] } | null> {
  const found: Thread[] = [];
  let after = from;
  for (;;) {
    const answer: ThreadsAnswer = await client.graphql<ThreadsAnswer>(threadsQuery, { owner, repo, number, after });
    const pull = answer.repository?.pullRequest ?? null;
    if (pull === null) return null;
    found.push(...ownThreads(pull.reviewThreads));
    const { hasNextPage, endCursor } = pull.reviewThreads.pageInfo;
    if (!hasNextPage || endCursor === null) return { head: pull.headRefOid, threads: found };
    after = endCursor;
  }
}

/** Those of a page that our App began, and whose marker says what about. */
export function ownThreads(page: ThreadsPage): readonly Thread[] {
  return (page.nodes ?? []).flatMap((thread) => {
    const [first, ...others] = (thread?.comments.nodes ?? []).filter((comment) => comment !== null);
    const about = first?.viewerDidAuthor === true ? readMarker(first.body) : null;
    if (thread === null || first === undefined || about === null) return [];
    const { id, path, isResolved, viewerCanResolve, comments } = thread;
    return [
      {
        ...about,
        id,
        comment: { id: Number(first.fullDatabaseId), nodeId: first.id, body: first.body, minimized: first.isMinimized },
        path,
        resolved: isResolved,
        viewerCanResolve,
        // Whoever wrote what is too far down to be read may be a person.
        answered: others.some(({ viewerDidAuthor }) => !viewerDidAuthor) || comments.totalCount > 1 + others.length,
        replies: others.flatMap(({ viewerDidAuthor, body }) => (viewerDidAuthor ? (readReplyMarker(body) ?? []) : [])),
      },
    ];
  });
}

/** The fingerprints of all that a thread's comment tells of. */
export function toldIn({ fingerprint, also }: Marker): readonly string[] {
  return [fingerprint, ...also];
}

/** Findings that people dismissed in their threads. What was said last counts. */
export function dismissals(threads: readonly Thread[]): ReadonlyMap<string, Dismissal> {
  return new Map(
    threads.flatMap((thread) => {
      const dismissal = thread.replies.findLast((reply) => reply.dismissal !== null)?.dismissal ?? null;
      return dismissal === null ? [] : toldIn(thread).map((fingerprint) => [fingerprint, dismissal] as const);
    }),
  );
}
