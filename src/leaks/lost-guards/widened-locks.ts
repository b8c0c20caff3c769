import { textOf, walk, type CallExpr, type FuncDecl, type Node } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import type { Blocked } from '../locks/blocked.ts';
import type { Home } from '../locks/callees.ts';
import type { Locks } from '../locks/locks.ts';
import type { Held, Site, Summary } from '../locks/summary.ts';
import { wantedLocks } from '../locks/wanted-locks.ts';
import type { Asked } from './asked.ts';
import { leadsOut } from './leads-out.ts';
import type { LostGuard } from './lost-guard.ts';
import { isWait, mayHoldUp } from './may-hold-up.ts';
import { calledText, callsOf } from './own-calls.ts';

/** A wait for another goroutine, and the locks that the function under study holds there. */
interface Waiting {
  readonly event: Blocked['event'];
  readonly text: string;
  readonly held: readonly Held[];
}

const takes = /\bR?Lock\(\)/u;

/** Waits for other goroutines that a function did without a lock, and does with one now. */
export function widenedLocks({ home, old, locks }: Asked): LostGuard[] {
  if (!takes.test(textOf(home.file, home.decl))) return [];
  const now = waitsIn(locks(), home).filter(({ held }) => held.length > 0);
  if (now.length === 0) return [];
  const earlier = waitsIn(old.locks(), old);
  return now.flatMap(({ event, text, held }): LostGuard[] => {
    const was = earlier.filter((one) => one.text === text);
    const added = held.find(({ lock }) => was.every((one) => !one.held.some((other) => other.lock.key === lock.key)));
    return was.length > 0 && added ? [{ kind: 'lock', home, event, held: added }] : [];
  });
}

/** Calls of code that may wait, or come back for the lock, which a function made without a lock, and makes with one now. */
export function exposedCalls({ pkg, home, old, locks }: Asked): LostGuard[] {
  if (!takes.test(textOf(home.file, home.decl))) return [];
  const now = callsIn(locks(), home).filter(({ held }) => held.length > 0);
  if (now.length === 0) return [];
  const earlier = callsIn(old.locks(), old);
  const told = new Set<string>();
  return now.flatMap(({ call, text, held }): LostGuard[] => {
    const was = earlier.filter((one) => one.text === text);
    const added = wantedLocks(locks(), { held }).find(({ lock }) => was.every((one) => !one.held.some((other) => other.lock.key === lock.key)));
    if (was.length === 0 || !added || told.has(text) || !leadsOut(pkg, call)) return [];
    told.add(text);
    return [{ kind: 'call', home, call, under: added }];
  });
}

/** Calls of code that may wait, or come back for the lock, which a function let go of its caller's lock for, and does not any more. */
export function coveredCalls({ pkg, home, old, locks }: Asked): LostGuard[] {
  const freed = freedIn(old);
  if (freed.size === 0) return [];
  const left = freedIn(home);
  const own = new Set(callsOf(home.decl));
  const found = new Map<string, LostGuard>();
  for (const { call, text, held } of callsIn(locks(), home)) {
    const lock = freed.get(text);
    if (lock !== undefined && held.length === 0 && own.has(call) && !left.has(text) && !found.has(text) && mayHoldUp(pkg, locks, call)) found.set(text, { kind: 'call', home, call, under: lock });
  }
  return [...found.values()];
}

/** What is called between `mu.Unlock()` and `mu.Lock()`, with the lock as it is written there. */
function freedIn({ decl, file }: Home): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  walk(decl, (node) => {
    if (node.kind !== 'BlockStmt') return undefined;
    let free: string | undefined;
    for (const stmt of node.list) {
      const text = normalised(textOf(file, stmt));
      if (/\.Lock\(\)$/u.test(text)) free = undefined;
      else if (free !== undefined && node.list.some((one) => one.pos > stmt.pos && normalised(textOf(file, one)) === `${free}.Lock()`)) {
        for (const call of callsOf(stmt)) found.set(calledText(file, call), free);
      }
      if (/\.Unlock\(\)$/u.test(text) && stmt.kind === 'ExprStmt') free = text.replace(/\.Unlock\(\)$/u, '');
    }
    return undefined;
  });
  return found;
}

/** The calls of a function, with the locks that it holds there. */
function callsIn(locks: Locks, { decl, file }: Home): readonly { readonly call: CallExpr; readonly text: string; readonly held: readonly Held[] }[] {
  const found = new Map<CallExpr, Held[]>();
  const note = (node: Node, held: readonly Held[]): void => {
    walk(node, (inner) => {
      if (inner.kind === 'CallExpr') found.set(inner, [...(found.get(inner) ?? []), ...held]);
      return inner.kind !== 'FuncLit' && inner.kind !== 'GoStmt' && inner.kind !== 'DeferStmt';
    });
  };
  walk(decl, (node) => {
    if (node.kind === 'CallExpr') found.set(node, []);
    return undefined;
  });
  for (const { heldAt } of summariesIn(locks, decl)) for (const [node, held] of heldAt) note(node, [...held.values()]);
  return Array.from(found, ([call, held]) => ({ call, text: calledText(file, call), held }));
}

/** What a function does, and the literals in it. */
function summariesIn(locks: Locks, decl: FuncDecl): readonly Summary[] {
  return Array.from(locks.callees.all()).flatMap(([func, home]) => (home.decl === decl ? [locks.summaryOf(func)] : []));
}

/** The waits of a function, and of what it calls. */
function waitsIn(locks: Locks, { decl }: Home): Waiting[] {
  return summariesIn(locks, decl).flatMap(({ events }) => events).filter((event) => isWait(locks.pkg, event)).map((event) => ({ event, text: [...event.calls.map(calleeText), textAt(event.site)].join(' '), held: wantedLocks(locks, event) }));
}

/** What a call calls, without what it is given. */
function calleeText(call: Site): string {
  return textAt(call).replace(/\(.*/u, '');
}

function textAt({ file, span }: Site): string {
  return normalised(textOf(file, span));
}
