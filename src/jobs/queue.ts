/** A check run that a job left in progress, or with words about the next attempt: to be continued or closed by the job that follows it. */
export interface OpenCheck {
  readonly id: number;
  readonly head: string;
}

/** The commit that a merge queue is about to merge, to be looked at in a pull request's place. */
export interface MergeGroup {
  readonly head: string;
  /** The commit that it is built on. */
  readonly base: string;
}

/** A comment that begins with a command, in answer to the thread's first comment. */
export interface CommandAsk {
  readonly kind: 'command';
  readonly comment: number;
  readonly thread: number;
  readonly by: string;
  readonly says: string;
}

/** The press of a check run's button, which is about the head that the check run is on. */
export interface ApplyFixesAsk {
  readonly kind: 'apply-fixes';
  readonly check: number;
  readonly head: string;
  readonly by: string;
}

/** What a person asked for beyond a review. */
export type Ask = CommandAsk | ApplyFixesAsk;

/** One pull request to be reviewed: plain JSON, so that any queue can store it. A hint that something changed; the truth is asked of GitHub when the job runs. */
export interface Job {
  readonly installationId: number;
  /** Stays the same when the repository is renamed. */
  readonly repositoryId: number;
  readonly owner: string;
  readonly repo: string;
  readonly pull: number;
  /** Null for the pull request itself. */
  readonly group: MergeGroup | null;
  /** The head that the event spoke of, if it named one. */
  readonly head: string | null;
  /** The base branch that the event spoke of, if it named one. */
  readonly base: string | null;
  /** The event and action that asked for it, such as `pull_request.opened`. */
  readonly reason: string;
  /** The delivery that asked for it: what the log and a failure's check run are searched by. */
  readonly delivery: string;
  readonly openChecks: readonly OpenCheck[];
  /** The labels whose coming or going is all that asked for it; absent where anything else did. */
  readonly labels?: readonly string[];
  /** Whether a review is to be made whatever becomes of the asks. */
  readonly review: boolean;
  readonly asks: readonly Ask[];
}

/** What running work may ask of the queue. */
export interface JobRun {
  /** Aborted when the queue stops waiting for this job; the reason is an `InterruptedError` or a `TimedOutError`. */
  readonly signal: AbortSignal;
  /** 1 for the first. */
  readonly attempt: number;
  /** Whether a wish for another attempt would not be granted. */
  readonly isLast: boolean;
  /** When the next attempt would start if this one asked for backoff, in epoch milliseconds; null where this was the last. */
  nextAttempt(): number | null;
  /** The head that a newer job for the same pull request waits with; null where none waits or it names none. */
  newerHead(): string | null;
}

/** Does a job. Rejecting with RetryJob runs it again; any other rejection ends it. */
export type Work = (job: Job, run: JobRun) => Promise<void>;

/** Thrown by work that is to be done again, as `job` then says: not before `notBefore` (epoch milliseconds), or after the queue's own backoff where that is null. */
export class RetryJob extends Error {
  override readonly name: string = 'RetryJob';
  readonly job: Job;
  readonly notBefore: number | null;

  constructor(job: Job, notBefore: number | null, options?: ErrorOptions) {
    super('The job is to be done again.', options);
    this.job = job;
    this.notBefore = notBefore;
  }
}

/** Like RetryJob, where GitHub has limited the installation: no job of it starts before `until` (epoch milliseconds). */
export class LimitedJob extends RetryJob {
  override readonly name = 'LimitedJob';
  readonly until: number;

  constructor(job: Job, until: number, options?: ErrorOptions) {
    super(job, until, options);
    this.until = until;
  }
}

/** The process is stopping. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** The job ran for longer than the queue allows. */
export class TimedOutError extends Error {
  override readonly name = 'TimedOutError';
  readonly seconds: number;

  constructor(seconds: number) {
    super(`The job ran for longer than ${seconds} seconds.`);
    this.seconds = seconds;
  }
}

export interface Depth {
  readonly running: number;
  /** Ready to run. */
  readonly waiting: number;
  /** Waiting for a time: backoff, or GitHub's wish. */
  readonly delayed: number;
}

/** Accepts jobs and runs each pull request's newest one, never two of one pull request at a time. */
export interface Queue {
  /** Resolves when the job is stored; only then may its webhook be answered. Rejects while draining. */
  add(job: Job): Promise<void>;
  depth(): Depth;
  /** Takes no more jobs, lets the ready and the running ones finish, and aborts after `graceMs` what still runs. Resolves when nothing runs. */
  drain(graceMs: number): Promise<void>;
}

/** The pull request that a job is about, or the merge group, as a key. */
export function jobKey(job: Job): string {
  return `${job.installationId}/${job.repositoryId}#${job.pull}${job.group === null ? '' : `@${job.group.head}`}`;
}

/** Two waiting jobs of one pull request become the newer one; what the older left open, and what people asked for, is kept. */
export function collapse(older: Job, newer: Job): Job {
  const ids = new Set(newer.openChecks.map((check) => check.id));
  const { labels, ...job } = newer;
  const onlyLabels = older.labels !== undefined && labels !== undefined ? { labels: [...older.labels, ...labels] } : {};
  return {
    ...job,
    ...onlyLabels,
    // Not every event names them.
    head: newer.head ?? older.head,
    base: newer.base ?? older.base,
    openChecks: [...newer.openChecks, ...older.openChecks.filter((check) => !ids.has(check.id))],
    review: older.review || newer.review,
    // A redelivery asks for the same again.
    asks: [...older.asks, ...newer.asks.filter((ask) => !older.asks.some((other) => isSame(ask, other)))],
  };
}

function isSame(ask: Ask, other: Ask): boolean {
  if (ask.kind === 'command') return other.kind === 'command' && ask.comment === other.comment;
  return other.kind === 'apply-fixes' && ask.head === other.head;
}
