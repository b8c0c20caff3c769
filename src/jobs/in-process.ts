import { collapse, InterruptedError, jobKey, LimitedJob, RetryJob, TimedOutError } from './queue.ts';
import type { Depth, Job, Queue, Work } from './queue.ts';

export interface InProcessOptions {
  readonly work: Work;
  /** How many pull requests are worked on at a time. */
  readonly concurrency: number;
  /** A job that runs for longer is aborted. */
  readonly timeoutMs: number;
  /** Waits before the second, third … attempt; there are no more attempts than these and the first. Waits that GitHub asks for are not among them. */
  readonly backoffMs: readonly number[];
  /** Told of jobs that the queue gives up without running them, because it is drained. */
  readonly abandon: (job: Job) => Promise<void>;
  /** Told of rejections that end a job. */
  readonly failed: (job: Job, error: unknown) => void;
}

/** What is known of one pull request; forgotten when it neither runs nor waits. */
interface Entry {
  waiting: { readonly job: Job; readonly attempt: number } | null;
  timer: NodeJS.Timeout | null;
  running: AbortController | null;
}

/** Waits that GitHub asks for can be repeated; a job that is put off this often is not going to be done. */
const mostAttempts = 20;

/**
 * A queue in memory: jobs are lost with the process, which the drain makes rare.
 * Libraries for this bound the concurrency; the rest (one job a pull request, newest wins, installations in turn) would still be ours, and is most of it.
 */
export function createInProcessQueue(options: InProcessOptions): Queue {
  const entries = new Map<string, Entry>();
  /** Keys that are ready, by installation; installations take turns, in the map's order. */
  const ready = new Map<number, string[]>();
  /** Until when GitHub wants no request of an installation. */
  const limits = new Map<number, number>();
  let running = 0;
  let draining = false;
  let idle: (() => void) | null = null;

  function entryOf(key: string): Entry {
    const entry = entries.get(key) ?? { waiting: null, timer: null, running: null };
    entries.set(key, entry);
    return entry;
  }

  function isReady(key: string, installationId: number): boolean {
    return ready.get(installationId)?.includes(key) ?? false;
  }

  /** Puts a job in line: at once, or at a time. */
  function schedule(key: string, job: Job, attempt: number, notBefore: number | null): void {
    const entry = entryOf(key);
    entry.waiting = { job: entry.waiting === null ? job : collapse(entry.waiting.job, job), attempt };
    const delay = Math.max(notBefore ?? 0, limits.get(job.installationId) ?? 0) - Date.now();
    if (entry.timer !== null) clearTimeout(entry.timer);
    entry.timer = null;
    if (delay > 0) {
      // A longer delay than a timer can hold (25 days) would fire at once.
      entry.timer = setTimeout(() => { entry.timer = null; makeReady(key, job.installationId); }, Math.min(delay, 2 ** 31 - 1));
    } else {
      makeReady(key, job.installationId);
    }
  }

  /** Puts off what was in line already. */
  function limit(installationId: number, until: number): void {
    limits.set(installationId, Math.max(until, limits.get(installationId) ?? 0));
    const keys = ready.get(installationId) ?? [];
    ready.delete(installationId);
    for (const key of keys) {
      const waiting = entries.get(key)?.waiting;
      if (waiting) schedule(key, waiting.job, waiting.attempt, until);
    }
  }

  function makeReady(key: string, installationId: number): void {
    if (entries.get(key)?.running === null && !isReady(key, installationId)) {
      ready.set(installationId, [...(ready.get(installationId) ?? []), key]);
    }
    startMore();
  }

  function startMore(): void {
    while (running < options.concurrency) {
      const [installationId, keys] = ready.entries().next().value ?? [];
      if (installationId === undefined || keys === undefined) break;
      // To the end of the round: another installation is next.
      ready.delete(installationId);
      const [key, ...others] = keys;
      if (others.length > 0) ready.set(installationId, others);
      const entry = key === undefined ? undefined : entries.get(key);
      if (key !== undefined && entry?.waiting) void runJob(key, entry, entry.waiting.job, entry.waiting.attempt);
    }
    if (running === 0 && ready.size === 0) idle?.();
  }

  async function runJob(key: string, entry: Entry, job: Job, attempt: number): Promise<void> {
    const controller = new AbortController();
    entry.waiting = null;
    entry.running = controller;
    running += 1;
    const timeout = setTimeout(() => controller.abort(new TimedOutError(options.timeoutMs / 1000)), options.timeoutMs);
    const nextAttempt = (): number | null => {
      const wait = options.backoffMs[attempt - 1];
      return wait === undefined || draining ? null : Date.now() + wait;
    };
    let again: { readonly job: Job; readonly notBefore: number } | null = null;
    try {
      await options.work(job, { signal: controller.signal, attempt, isLast: attempt >= mostAttempts, nextAttempt, newerHead: () => entry.waiting?.job.head ?? null });
    } catch (error) {
      const notBefore = error instanceof RetryJob && attempt < mostAttempts ? (error.notBefore ?? nextAttempt()) : null;
      if (error instanceof LimitedJob) limit(job.installationId, error.until);
      if (error instanceof RetryJob && notBefore !== null) again = { job: error.job, notBefore };
      else options.failed(job, error);
    } finally {
      clearTimeout(timeout);
      entry.running = null;
    }
    await settle(key, entry, again, attempt);
  }

  /** After a run: what waits for this pull request comes next, and takes over what the run left open; else the run's wish for another attempt. */
  async function settle(key: string, entry: Entry, again: { readonly job: Job; readonly notBefore: number } | null, attempt: number): Promise<void> {
    const newer = entry.waiting?.job ?? null;
    entry.waiting = null;
    if (again === null) {
      if (newer !== null) schedule(key, newer, 1, null);
    } else {
      // GitHub's wish to wait holds for the newer job too.
      const next = newer === null ? again.job : collapse(again.job, newer);
      if (draining && again.notBefore > Date.now()) await abandonQuietly(next);
      else schedule(key, next, newer === null ? attempt + 1 : 1, again.notBefore);
    }
    running -= 1;
    forget(key);
    startMore();
  }

  function forget(key: string): void {
    const entry = entries.get(key);
    if (entry?.waiting === null && entry.timer === null && entry.running === null) entries.delete(key);
  }

  /** Gives up what waits: for a time, or, when the grace is over, for its turn. */
  async function abandonWaiting(which: (entry: Entry) => boolean): Promise<void> {
    const jobs: Job[] = [];
    for (const [key, entry] of [...entries].filter(([, candidate]) => which(candidate))) {
      if (entry.timer !== null) clearTimeout(entry.timer);
      entry.timer = null;
      if (entry.waiting !== null) jobs.push(entry.waiting.job);
      entry.waiting = null;
      forget(key);
    }
    await Promise.all(jobs.map(abandonQuietly));
  }

  async function abandonQuietly(job: Job): Promise<void> {
    try {
      await options.abandon(job);
    } catch (error) {
      options.failed(job, error);
    }
  }

  function depth(): Depth {
    const waiting = [...ready.values()].reduce((sum, keys) => sum + keys.length, 0);
    const delayed = [...entries.values()].filter((entry) => entry.timer !== null).length;
    return { running, waiting, delayed };
  }

  return {
    add(job) {
      if (draining) return Promise.reject(new InterruptedError('The queue is being drained.'));
      const key = jobKey(job);
      const entry = entryOf(key);
      if (entry.timer !== null && entry.waiting !== null) {
        // Delayed: GitHub asked to wait, so the newer job waits in its place.
        entry.waiting = { job: collapse(entry.waiting.job, job), attempt: 1 };
      } else {
        schedule(key, job, 1, null);
      }
      return Promise.resolve();
    },
    depth,
    async drain(graceMs) {
      draining = true;
      const abandoned = [abandonWaiting((entry) => entry.timer !== null)];
      const grace = setTimeout(() => {
        ready.clear();
        abandoned.push(abandonWaiting(() => true));
        for (const entry of entries.values()) entry.running?.abort(new InterruptedError('The process is stopping.'));
        startMore();
      }, graceMs);
      await new Promise<void>((resolve) => {
        idle = resolve;
        if (running === 0 && ready.size === 0) resolve();
      });
      clearTimeout(grace);
      await Promise.all(abandoned);
    },
  };
}
