import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createInProcessQueue } from '../src/jobs/in-process.ts';
import { collapse, InterruptedError, LimitedJob, RetryJob, TimedOutError } from '../src/jobs/queue.ts';
import type { InProcessOptions } from '../src/jobs/in-process.ts';
import type { Job, JobRun, Queue } from '../src/jobs/queue.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function job(pull: number, told: Partial<Job> = {}): Job {
  return { installationId: 1, repositoryId: 7, owner: 'acme', repo: 'service', pull, group: null, head: `head${pull}`, base: 'main', reason: 'test', delivery: 'd', openChecks: [], review: true, asks: [], ...told };
}

interface Run {
  readonly job: Job;
  readonly run: JobRun;
  readonly at: number;
  readonly end: () => void;
  readonly fail: (error: unknown) => void;
}

/** A queue whose work ends when the test says so. */
function start(told: Partial<InProcessOptions> = {}): { queue: Queue; runs: Run[]; failed: unknown[]; abandoned: Job[] } {
  const runs: Run[] = [];
  const failed: unknown[] = [];
  const abandoned: Job[] = [];
  const queue = createInProcessQueue({
    work: (work, run) => new Promise((resolve, reject) => {
      run.signal.addEventListener('abort', () => reject(run.signal.reason as Error));
      runs.push({ job: work, run, at: Date.now(), end: resolve, fail: reject });
    }),
    concurrency: 2,
    timeoutMs: 60_000,
    backoffMs: [1_000, 5_000],
    abandon: (one) => Promise.resolve(void abandoned.push(one)),
    failed: (_, error) => void failed.push(error),
    ...told,
  });
  return { queue, runs, failed, abandoned };
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const shown = (runs: readonly Run[]): readonly string[] => runs.map(({ job: { installationId, pull, head } }) => `${installationId}#${pull}@${head ?? ''}`);

test('runs no more than its concurrency', async () => {
  const { queue, runs } = start();
  for (const pull of [1, 2, 3]) await queue.add(job(pull));
  expect(shown(runs)).toEqual(['1#1@head1', '1#2@head2']);
  expect(queue.depth()).toEqual({ running: 2, waiting: 1, delayed: 0 });
  runs[0]?.end();
  await settle();
  expect(runs).toHaveLength(3);
});

test('runs one job of a pull request at a time, and of those that wait only the newest', async () => {
  const { queue, runs } = start();
  await queue.add(job(1, { head: 'a' }));
  await queue.add(job(1, { head: 'b' }));
  await queue.add(job(1, { head: 'c', owner: 'Acme' }));
  expect(runs).toHaveLength(1);
  expect(runs[0]?.run.newerHead()).toBe('c');
  runs[0]?.end();
  await settle();
  expect(shown(runs)).toEqual(['1#1@a', '1#1@c']);
  runs[1]?.end();
  await settle();
  expect(queue.depth()).toEqual({ running: 0, waiting: 0, delayed: 0 });
});

test('serves installations in turn', async () => {
  const { queue, runs } = start({ concurrency: 1 });
  for (const pull of [1, 2, 3]) await queue.add(job(pull));
  await queue.add(job(9, { installationId: 2 }));
  for (let index = 0; index < 3; index += 1) {
    runs[index]?.end();
    await settle();
  }
  expect(shown(runs)).toEqual(['1#1@head1', '1#2@head2', '2#9@head9', '1#3@head3']);
});

describe('retries', () => {
  test('wait longer each time, and end', async () => {
    const { queue, runs, failed } = start();
    await queue.add(job(1));
    for (const wait of [1_000, 5_000]) {
      runs.at(-1)?.fail(new RetryJob(job(1), null));
      await settle();
      expect(queue.depth()).toMatchObject({ running: 0, delayed: 1 });
      await vi.advanceTimersByTimeAsync(wait);
    }
    expect(runs.map(({ at, run }) => [at, run.attempt])).toEqual([[1_000_000, 1], [1_001_000, 2], [1_006_000, 3]]);
    expect(runs[2]?.run.nextAttempt()).toBeNull();
    runs[2]?.fail(new RetryJob(job(1), null));
    await settle();
    expect(failed).toHaveLength(1);
    expect(queue.depth()).toEqual({ running: 0, waiting: 0, delayed: 0 });
  });

  test('that GitHub asks for come at its time, also for a newer job', async () => {
    const { queue, runs } = start();
    await queue.add(job(1, { head: 'a' }));
    runs[0]?.fail(new RetryJob(job(1, { head: 'a', openChecks: [{ id: 7, head: 'a' }] }), 1_000_000 + 60_000));
    await settle();
    await queue.add(job(1, { head: 'b' }));
    await vi.advanceTimersByTimeAsync(59_999);
    expect(runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs[1]?.job).toMatchObject({ head: 'b', openChecks: [{ id: 7, head: 'a' }] });
  });

  test('that GitHub asks for hold back the whole installation, and no other', async () => {
    const { queue, runs } = start({ concurrency: 1 });
    await queue.add(job(1));
    await queue.add(job(2));
    await queue.add(job(9, { installationId: 2 }));
    runs[0]?.fail(new LimitedJob(job(1), 1_000_000 + 60_000));
    await settle();
    await queue.add(job(3));
    expect(shown(runs)).toEqual(['1#1@head1', '2#9@head9']);
    runs[1]?.end();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(runs).toHaveLength(2);
    expect(queue.depth()).toEqual({ running: 0, waiting: 0, delayed: 3 });
    await vi.advanceTimersByTimeAsync(1);
    for (let index = 2; index < 5; index += 1) {
      runs[index]?.end();
      await settle();
    }
    expect(runs.slice(2).map(({ job: { pull } }) => pull).sort()).toEqual([1, 2, 3]);
  });

  test('do not follow other errors', async () => {
    const { queue, runs, failed } = start();
    await queue.add(job(1));
    runs[0]?.fail(new Error('no'));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(runs).toHaveLength(1);
    expect(failed).toEqual([new Error('no')]);
  });

  test('end at last even where GitHub goes on asking for them', async () => {
    const { queue, runs, failed } = start();
    await queue.add(job(1));
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      expect(runs[attempt - 1]?.run.isLast).toBe(attempt === 20);
      runs[attempt - 1]?.fail(new RetryJob(job(1), Date.now() + 60_000));
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect(runs).toHaveLength(20);
    expect(failed).toHaveLength(1);
  });
});

test('a job that runs too long is aborted with a reason that says so', async () => {
  const { queue, runs, failed } = start();
  await queue.add(job(1));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(runs[0]?.run.signal.reason).toEqual(new TimedOutError(60));
  expect(failed).toEqual([new TimedOutError(60)]);
  expect(queue.depth().running).toBe(0);
});

describe('the drain', () => {
  test('refuses new work, runs what waits, and resolves when all is done', async () => {
    const { queue, runs } = start({ concurrency: 1 });
    await queue.add(job(1));
    await queue.add(job(2));
    const drained = vi.fn();
    const drain = queue.drain(10_000).then(drained);
    await expect(queue.add(job(3))).rejects.toThrow(InterruptedError);
    runs[0]?.end();
    await settle();
    expect(shown(runs)).toEqual(['1#1@head1', '1#2@head2']);
    expect(drained).not.toHaveBeenCalled();
    runs[1]?.end();
    await drain;
    expect(drained).toHaveBeenCalledOnce();
  });

  test('aborts after the grace what still runs, and gives up what still waits', async () => {
    const { queue, runs, failed, abandoned } = start({ concurrency: 1 });
    await queue.add(job(1));
    await queue.add(job(2));
    const drain = queue.drain(10_000);
    await vi.advanceTimersByTimeAsync(10_000);
    await drain;
    expect(runs[0]?.run.signal.reason).toBeInstanceOf(InterruptedError);
    expect(failed).toHaveLength(1);
    expect(runs).toHaveLength(1);
    expect(abandoned.map(({ pull }) => pull)).toEqual([2]);
  });

  test('gives up what is put off, and what asks to be put off', async () => {
    const { queue, runs, abandoned } = start();
    await queue.add(job(1));
    await queue.add(job(2));
    runs[0]?.fail(new RetryJob(job(1), Date.now() + 60_000));
    await settle();
    const drain = queue.drain(10_000);
    runs[1]?.fail(new RetryJob(job(2), Date.now() + 60_000));
    await drain;
    expect(abandoned.map(({ pull }) => pull)).toEqual([1, 2]);
    expect(queue.depth()).toEqual({ running: 0, waiting: 0, delayed: 0 });
  });

  test('of an idle queue resolves at once', async () => {
    await expect(start().queue.drain(10_000)).resolves.toBeUndefined();
  });
});

test('collapsing keeps what the older job left open, once', () => {
  const open = { id: 1, head: 'a' };
  expect(collapse(job(1, { openChecks: [open] }), job(1, { head: 'b', openChecks: [open, { id: 2, head: 'b' }] }))).toMatchObject({ head: 'b', openChecks: [open, { id: 2, head: 'b' }] });
});
