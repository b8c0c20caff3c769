import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { DirectoryChange, Introduced } from '../introduced.ts';
import type { AnalysisFailure, Analyze } from '../review.ts';
import type { Answer } from './analysis-process.ts';

export interface AnalysisPoolOptions {
  readonly processes: number;
  /** What one review may take, and one directory of it. What runs over is stopped and named; a verdict never depends on these. */
  readonly reviewMs: number;
  readonly directoryMs: number;
  /** The heap of one process. */
  readonly memoryMb: number;
  /** Told of what failed but for time. */
  readonly failed: (directory: string, error: unknown) => void;
}

export interface AnalysisPool {
  /** The analysis for one review; its time begins now. */
  readonly forReview: () => Analyze;
  /** Stops the processes and what runs in them. */
  readonly close: () => void;
}

/** As many of a review's directories at once: the others of the queue are not to wait for a large one. */
const atOnce = 2;

/** A process without work is kept for so long, unless it has grown so large: the parser's memory never shrinks. */
const idleMs = 30_000;
const mostIdleBytes = 400 * 1024 * 1024;

/** From sources the program is TypeScript, which tsx, a tool of development, loads. */
const isCompiled = !import.meta.url.endsWith('.ts');
const program = fileURLToPath(new URL(isCompiled ? './analysis-process.js' : './analysis-process.ts', import.meta.url));
const loader = isCompiled ? [] : ['--import', import.meta.resolve('tsx')];

/** How V8 ends a process whose heap is full, by the version of Node; the system's own killer sends SIGKILL. */
const outOfMemory: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGTRAP', 'SIGKILL', 133, 134]);

type Ending = { readonly kind: 'answer'; readonly answer: Answer } | { readonly kind: 'time' } | { readonly kind: 'exit'; readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly kind: 'error'; readonly error: unknown };

/**
 * Runs analyses in processes of their own: code that is built to take for ever, or all memory, takes one of them, which is then
 * replaced, and neither the server nor other reviews. Threads would not do: a thread whose heap is full can end the whole process.
 */
export function createAnalysisPool(options: AnalysisPoolOptions): AnalysisPool {
  const idle = new Map<ChildProcess, NodeJS.Timeout>();
  const all = new Set<ChildProcess>();
  const enter = pLimit(options.processes);

  function take(): ChildProcess {
    const [waiting] = idle.keys();
    if (waiting === undefined) {
      // Of the environment the analysis needs nothing, and it holds the App's key.
      const child = fork(program, { execArgv: [`--max-old-space-size=${options.memoryMb}`, ...loader], env: {}, serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      all.add(child);
      // Who waits for an answer listens too; a process that is being stopped may still fail to take what it was sent.
      child.on('error', () => undefined);
      child.once('exit', () => {
        all.delete(child);
        clearTimeout(idle.get(child));
        idle.delete(child);
      });
      return child;
    }
    clearTimeout(idle.get(waiting));
    idle.delete(waiting);
    waiting.ref();
    waiting.channel?.ref();
    return waiting;
  }

  /** Nothing that is idle keeps the program running. */
  function giveBack(child: ChildProcess): void {
    const timer = setTimeout(() => child.kill('SIGKILL'), idleMs);
    timer.unref();
    child.unref();
    child.channel?.unref();
    idle.set(child, timer);
  }

  async function run(change: DirectoryChange, deadline: number): Promise<Introduced | AnalysisFailure> {
    const left = Math.min(deadline - performance.now(), options.directoryMs);
    if (left <= 0) return 'time';
    const child = take();
    const ending = await endingOf(child, change, left);
    if (ending.kind === 'answer' && ending.answer.kind === 'done') {
      if (ending.answer.residentBytes > mostIdleBytes) child.kill('SIGKILL');
      else giveBack(child);
      return ending.answer.introduced;
    }
    child.kill('SIGKILL');
    if (ending.kind === 'time') return 'time';
    options.failed(change.directory, ending);
    return ending.kind === 'exit' && (outOfMemory.has(ending.signal) || outOfMemory.has(ending.code)) ? 'memory' : 'crash';
  }

  return {
    forReview() {
      const deadline = performance.now() + options.reviewMs;
      const limit = pLimit(atOnce);
      return (change) => limit(() => enter(() => run(change, deadline)));
    },
    close() {
      for (const child of all) child.kill('SIGKILL');
    },
  };
}

/** Whatever comes first: the answer, the end of its time, or the end of the process. */
function endingOf(child: ChildProcess, change: DirectoryChange, milliseconds: number): Promise<Ending> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end({ kind: 'time' }), milliseconds);
    const onMessage = (answer: unknown): void => end({ kind: 'answer', answer: answer as Answer });
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void => end({ kind: 'exit', code, signal });
    const onError = (error: unknown): void => end({ kind: 'error', error });
    function end(ending: Ending): void {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      resolve(ending);
    }
    child.once('message', onMessage).once('exit', onExit).once('error', onError);
    child.send(change, (error) => {
      if (error !== null) end({ kind: 'error', error });
    });
  });
}
