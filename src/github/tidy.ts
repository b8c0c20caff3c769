import { placesOf } from '../one-cause.ts';
import { commentBody, retiredBody } from './comment.ts';
import { classify } from './failure.ts';
import { deleteComment, editComment, resolveThread } from './publish.ts';
import { readThreads, toldIn } from './threads.ts';
import { nothingTidied } from './tidied.ts';
import type { Log } from '../log.ts';
import type { Client, PullAddress } from './client.ts';
import type { CommentContext } from './comment.ts';
import type { Plan, Remaining } from './plan.ts';
import type { Thread } from './threads.ts';
import type { Tidied } from './tidied.ts';

/** What is to be done about one of our threads so that it says what is so. */
export type Chore =
  /** Its leak is gone, and nobody wrote in it. */
  | { readonly kind: 'resolve' | 'delete'; readonly thread: Thread }
  /** Its leak is gone, and people wrote in it: the comment says so, and is folded away. */
  | { readonly kind: 'retire'; readonly thread: Thread }
  /** The comment says that its leak is gone, and it is not; or it tells of several places, of which some are fixed. */
  | { readonly kind: 'revive' | 'shorten'; readonly thread: Thread; readonly finding: Remaining };

/**
 * What is to be done after a review. A thread that a person resolved is left alone for good, one that a person wrote in is neither
 * resolved nor deleted, and where the code could not be judged nothing is said of its leaks.
 */
function chores(threads: readonly Thread[], remaining: readonly Remaining[], isReported: (fingerprint: string) => boolean, wasJudged: (path: string) => boolean): readonly Chore[] {
  return threads.filter(({ resolved }) => !resolved).flatMap((thread): readonly Chore[] => {
    const told = toldIn(thread);
    if (told.some(isReported)) {
      const finding = remaining.find(({ leak }) => placesOf(leak).some(({ fingerprint }) => told.includes(fingerprint)));
      if (finding === undefined) return [];
      if (thread.gone !== null) return [{ kind: 'revive', thread, finding }];
      return !thread.answered && wasJudged(thread.path) && isRestOf(finding, told, isReported) ? [{ kind: 'shorten', thread, finding }] : [];
    }
    if (!wasJudged(thread.path)) return [];
    if (thread.answered) return thread.gone === null ? [{ kind: 'retire', thread }] : [];
    return [{ kind: thread.viewerCanResolve ? 'resolve' : 'delete', thread }];
  });
}

/**
 * Whether a finding is all that is left of what a comment told, and less than that. Not where another comment told of the same cause too:
 * fingerprints count the places of a function, so that it is not known which of them is whose once one is gone.
 */
function isRestOf({ leak }: Remaining, told: readonly string[], isReported: (fingerprint: string) => boolean): boolean {
  const left = placesOf(leak).map(({ fingerprint }) => fingerprint);
  return left.length < told.length && left.every((fingerprint) => told.includes(fingerprint)) && told.every((fingerprint) => left.includes(fingerprint) || !isReported(fingerprint));
}

export interface TidyInput {
  readonly client: Client;
  readonly address: PullAddress;
  /** The head that was reviewed, in `context` too. */
  readonly head: string;
  /** Our threads as they were when the review began. */
  readonly threads: readonly Thread[];
  readonly plan: Plan;
  readonly wasJudged: (path: string) => boolean;
  readonly context: CommentContext;
  /** Whether the job is done again where GitHub or the network fails. */
  readonly isRetried: boolean;
  readonly log: Log;
}

export type Tidying = { readonly kind: 'done'; readonly tidied: Tidied } | { readonly kind: 'moved'; readonly head: string | null };

/**
 * Brings our threads up to what was found. Asks nothing where there is nothing to do; else it looks first at how the threads are now,
 * because a person may have written in them since. What GitHub refuses is left, and counted. Rejects as the client does where trying again can help.
 */
export async function tidy({ client, address, head, threads, plan, wasJudged, context, isRetried, log }: TidyInput): Promise<Tidying> {
  const reported = new Set([...plan.comments, ...plan.remaining].flatMap(({ leak }) => placesOf(leak)).map(({ fingerprint }) => fingerprint));
  const due = (of: readonly Thread[]): readonly Chore[] => chores(of, plan.remaining, (fingerprint) => reported.has(fingerprint), wasJudged);
  if (due(threads).length === 0) return { kind: 'done', tidied: nothingTidied };
  const now = await readThreads(client, address);
  if (now?.head !== head) return { kind: 'moved', head: now?.head ?? null };
  let tidied = nothingTidied;
  for (const chore of due(now.threads)) {
    try {
      const done = await carryOut(chore, client, address, context);
      tidied = { ...tidied, ...(done === null ? {} : { [done]: tidied[done] + 1 }) };
    } catch (error) {
      const { kind } = classify(error, Date.now());
      const isLeft = kind === 'permission' || kind === 'refused' || kind === 'not-found' || (kind === 'github' && !isRetried);
      if (!isLeft) throw error;
      log.warn({ pull: address, thread: chore.thread.id, chore: chore.kind, err: error }, 'A comment could not be tidied up.');
      tidied = { ...tidied, left: tidied.left + 1 };
    }
  }
  return { kind: 'done', tidied };
}

/** Under which word it counts; null where nothing became of it, or nothing is to be said. */
async function carryOut(chore: Chore, client: Client, address: PullAddress, context: CommentContext): Promise<keyof Tidied | null> {
  switch (chore.kind) {
    case 'resolve':
      return (await resolveThread(client, chore.thread)) ? 'resolved' : 'left';
    case 'delete':
      await deleteComment(client, address, chore.thread);
      return 'deleted';
    case 'retire':
      await editComment(client, address, chore.thread, retiredBody(chore.thread, context), true);
      return 'retired';
    case 'revive':
    case 'shorten':
      await editComment(client, address, chore.thread, commentBody(chore.finding, context), false);
      return null;
  }
}
