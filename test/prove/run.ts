import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { harnessName, importPath, type Built } from './build.ts';
import type { Outcome } from './judge.ts';
import { readStack, type Survivor } from './stacks.ts';

export interface Pace {
  /** How often each function is run with all processors, and again with one. */
  readonly repeats: number;
  /** How long what is left must stay as it is. */
  readonly settleMilliseconds: number;
}

/** Runs at most as many tasks at once as there are places. */
export function places(count: number): <T>(task: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free--;
    else await new Promise<void>((wake) => waiting.push(wake));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** Most processes only wait for goroutines to settle, so there may be more of them than processors. */
const inPlace = places(Math.max(4, 4 * cpus().length));

const processLimitMilliseconds = 60_000;

interface Observation {
  readonly stacks: readonly string[];
  readonly leaked: readonly string[] | null;
}

async function observe(binary: string, name: string, pace: Pace, environment: Readonly<Record<string, string>>): Promise<{ observations: Observation[]; ended: Outcome['ended'] }> {
  const child = spawn(binary, [`-function=${name}`, `-repeats=${pace.repeats}`, `-settle=${pace.settleMilliseconds}ms`], {
    env: { ...process.env, GODEBUG: '', GOTRACEBACK: 'single', ...environment },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: processLimitMilliseconds,
  });
  const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [code, out, stderr] = await Promise.all([closed, text(child.stdio[3] as Readable), text(child.stderr as Readable)]);
  const observations = out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Observation);
  return { observations, ended: observations.length === 0 || code !== 0 ? { code, stderr } : null };
}

/** Runs one function of a built group, repeatedly, and reads what it leaves behind. */
export async function runFunction(built: Built & { readonly binary: string }, folder: string, fileFolder: string, name: string, pace: Pace): Promise<Outcome> {
  const environments = [{}, { GOMAXPROCS: '1' }];
  const results = await Promise.all(environments.map((environment) => inPlace(() => observe(built.binary, harnessName(folder, name), pace, environment))));
  const runs = results.flatMap((result) => result.observations.map((observation): Survivor[] =>
    observation.stacks.map((stack) => readStack(stack, importPath(folder), fileFolder, observation.leaked))));
  return { runs, ended: results.find((result) => result.ended !== null)?.ended ?? null };
}
