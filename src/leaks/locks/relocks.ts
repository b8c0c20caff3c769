import { contains, type Node } from '../../go/ast.ts';
import type { Locks } from './locks.ts';
import { outermost, type Event, type Held, type Site } from './summary.ts';
import { unreleasedOf } from './unreleased.ts';

/** A lock that is taken while the same goroutine holds it. */
export interface Relock {
  readonly held: Held;
  readonly event: Event & { readonly what: { readonly kind: 'acquire' } };
  /** Both are known to be one lock, on a way that was seen whole and that every call takes. */
  readonly isSure: boolean;
}

/** Every lock taken again under itself; each pair of places once, by the shortest chain of calls. */
export function relocksOf(locks: Locks): readonly Relock[] {
  const found = new Map<string, Relock>();
  // What comes of a forgotten unlock is found as that.
  const forgotten = new Set(unreleasedOf(locks).map((one) => one.held.origin.span));
  for (const { summary } of locks.functions()) {
    const ofFunction: (Relock & { readonly key: string })[] = [];
    for (const event of summary.events) {
      if (!isAcquire(event) || event.what.lock.root === null) continue;
      const { lock } = event.what;
      // Where a callee both takes and retakes it, it is found there.
      const held = event.held.find((one) => one.lock.id === lock.id && one.calls.length === 0);
      if (!held) continue;
      // A lock that a callee left held may be let go of where it is not seen, unless this function shows how.
      if (held.origin !== held.site && !summary.unlocked.has(held.site.span.pos)) continue;
      if (forgotten.has(held.origin.span) && (held.origin !== held.site || held.origin.span.pos === event.site.span.pos)) continue;
      const key = `${held.site.file.path}:${held.site.span.pos}-${event.site.file.path}:${event.site.span.pos}`;
      ofFunction.push({
        key,
        held,
        event,
        isSure: held.lock.exact && lock.exact && !event.isDynamic && !summary.isPartial && (event.calls.length === 0 || [...event.calls.slice(1), event.site].every((site) => isOnEveryWay(locks, site))) && !isTakenInSomeTurns(held.site, event.site),
      });
    }
    for (const { key, ...relock } of ofFunction) {
      const known = found.get(key);
      if (ofFunction.some((other) => isBehind(locks, relock, other))) continue;
      if (!known || (relock.isSure && !known.isSure) || (relock.isSure === known.isSure && relock.event.calls.length < known.event.calls.length)) found.set(key, relock);
    }
  }
  return [...found.values()];
}

/** Whether a function comes to one relock only behind another of the same lock, from which it never comes back. */
function isBehind(locks: Locks, { held, event }: Relock, other: Relock): boolean {
  const at = outermost(event);
  const ahead = outermost(other.event);
  const neverComesBack = other.isSure && (other.held.mode === 'write' || other.event.what.mode === 'write');
  return neverComesBack && other.held.lock.id === held.lock.id && other.held.site.func === held.site.func && ahead.func === at.func && ahead.span.pos < at.span.pos && isOnEveryWay(locks, ahead);
}

/**
 * Whether a function comes to a place whenever it is called and does not fail. Where it may be done before, as a look-up is that locks only for
 * what it does not find, only a run tells whether it comes there with the lock held.
 */
function isOnEveryWay(locks: Locks, { func, span }: Site): boolean {
  const around = func.body?.list.findLast((stmt) => stmt.pos <= span.pos);
  if (!around || /^(?:If|For|Range|Switch|TypeSwitch|Select)Stmt$/u.test(around.kind)) return false;
  return locks.summaryOf(func).exits.every(({ at, results }) => at.end > span.pos || results.at(-1)?.kind === 'notNil');
}

/** Whether it is a loop that takes the lock again, in turns that it picks: `if n == 1 { mu.Lock() }`. */
function isTakenInSomeTurns(held: Site, { file, func, span }: Site): boolean {
  if (held.file !== file || held.span.pos !== span.pos || !func.body) return false;
  const isAround = (node: Node): boolean => node.pos <= span.pos && span.pos < node.end;
  const picks = (node: Node): boolean => isAround(node) && (node.kind === 'IfStmt' || node.kind === 'SwitchStmt');
  return contains(func.body, (node) => (node.kind === 'ForStmt' || node.kind === 'RangeStmt') && isAround(node) && contains(node.body, picks));
}

export function isAcquire(event: Event): event is Event & { readonly what: { readonly kind: 'acquire' } } {
  return event.what.kind === 'acquire';
}

/** The keys of locks that some code of the package takes for writing. */
export function writtenKeys(locks: Locks): ReadonlySet<string> {
  return new Set(locks.functions().flatMap(({ summary }) => summary.events.flatMap(({ what }) => (what.kind === 'acquire' && what.mode === 'write' ? [what.lock.key] : []))));
}
