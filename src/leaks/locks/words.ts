import type { Parked } from '../../finding.ts';
import { lineAt, textOf } from '../../go/ast.ts';
import { displayName } from '../../go/package.ts';
import { deref } from '../../go/type.ts';
import type { Analysis } from '../analysis.ts';
import { deadlocksOf, placeOf as stepPlace } from '../deadlocks.ts';
import { isOfDoubles, isTestFile } from '../of-tests.ts';
import type { Place } from '../place.ts';
import type { Explained } from '../rule.ts';
import { confidenceOf, name, quoted } from '../witness.ts';
import type { Access } from './access.ts';
import { isMutex, type Mode } from './operations.ts';
import type { Site, SyncOp } from './summary.ts';

export function placeOf(site: Site): Place {
  return { file: site.file, span: site.span };
}

/** The lock as the code at a place writes it: `s.mu` of `s.mu.Lock()`. */
export function lockText(site: Site): string {
  return textOf(site.file, site.span).replaceAll(/\s+/gu, ' ').replace(/\.(?:(?:Try)?R?Lock\(\)|(?:WithR?Lock|Update|View)\(.*)$/u, '');
}

/** A lock as the function under study reaches it: `c.mu`. */
export function accessText({ root, path, key }: Access): string {
  return root === null ? key : [root.name, ...path.map((segment) => segment.name)].join('.');
}

export function functionName(site: Site): string {
  return name(displayName(site.decl));
}

/** One step for each call on the way from one place to another. */
export function callSteps(calls: readonly Site[]): Explained[] {
  return calls.map((site) => {
    const call = quoted(site.file, site.span);
    return { at: placeOf(site), says: { en: `${functionName(site)} calls ${call}`, 'zh-CN': `${functionName(site)} 调用 ${call}` } };
  });
}

export function locksHere(site: Site, mode: Mode): Explained {
  const lock = name(lockText(site));
  return {
    at: placeOf(site),
    says: mode === 'read' ? { en: `${functionName(site)} read-locks ${lock} here`, 'zh-CN': `${functionName(site)} 在这里对 ${lock} 加读锁` } : { en: `${functionName(site)} locks ${lock} here`, 'zh-CN': `${functionName(site)} 在这里锁住 ${lock}` },
  };
}

/** How a goroutine that waits for a lock shows in a profile. */
export function parkedAt(analysis: Analysis, site: Site, lock: Access, mode: Mode): Parked {
  const target = deref(lock.type);
  const isRw = target.kind === 'named' && target.name === 'RWMutex';
  return { function: analysis.runtimeName(site.decl, site.func), waitReason: isRw ? `sync.RWMutex.${mode === 'read' ? 'RLock' : 'Lock'}` : 'sync.Mutex.Lock' };
}

/** How a goroutine that waits at an operation shows in a profile. */
export function parkedAtOp(analysis: Analysis, site: Site, op: SyncOp): Parked {
  return { function: analysis.runtimeName(site.decl, site.func), waitReason: waitReasons[op.kind] };
}

const waitReasons: Readonly<Record<SyncOp['kind'], string>> = {
  send: 'chan send',
  receive: 'chan receive',
  range: 'chan receive',
  select: 'select',
  close: 'chan receive',
  groupWait: 'sync.WaitGroup.Wait',
  groupDone: 'sync.WaitGroup.Wait',
  groupAdd: 'sync.WaitGroup.Wait',
  condWait: 'sync.Cond.Wait',
  condWake: 'sync.Cond.Wait',
  onceDo: 'sync.Mutex.Lock',
};

/** Whether the machine has found a run in which goroutines wait for one another at one of these places, and is sure of it. */
export function isProven(analysis: Analysis, ...sites: readonly Site[]): boolean {
  const lineOf = ({ file, span }: Place): string => `${file.path}:${lineAt(file, span.pos)}`;
  const lines = new Set(sites.map(lineOf));
  return [...deadlocksOf(analysis)].some(({ wait, by }) => confidenceOf(analysis, wait) === 'certain' && (lines.has(lineOf(stepPlace(by))) || lines.has(lineOf(stepPlace(wait.stuck.step)))));
}

export function isTest(...sites: readonly Site[]): boolean {
  return sites.some(({ file }) => isTestFile(file) || isOfDoubles(file));
}

/** Whether some of these locks are only taken for such, by the methods that they have. */
export function isGuessedLock(...locks: readonly Access[]): boolean {
  return locks.some(({ type }) => !isMutex(type));
}

/** Steps, but no more than are read: the last ones of a long chain of calls give way. */
export function shortened(steps: readonly Explained[], most: number): Explained[] {
  return steps.length <= most ? [...steps] : [...steps.slice(0, most - 1), ...steps.slice(-1)];
}

