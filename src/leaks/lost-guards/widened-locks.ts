import { textOf } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import type { Blocked } from '../locks/blocked.ts';
import type { Home } from '../locks/callees.ts';
import type { Locks } from '../locks/locks.ts';
import type { Event, Held, Site } from '../locks/summary.ts';
import { wantedLocks } from '../locks/wanted-locks.ts';
import type { Asked } from './asked.ts';
import type { LostGuard } from './lost-guard.ts';

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

/** The waits of a function, and of what it calls. */
function waitsIn(locks: Locks, { decl }: Home): Waiting[] {
  const funcs = Array.from(locks.callees.all()).filter(([, home]) => home.decl === decl).map(([func]) => func);
  return funcs.flatMap((func) => locks.summaryOf(func).events).filter(isWait).map((event) => ({ event, text: [...event.calls.map(calleeText), textAt(event.site)].join(' '), held: wantedLocks(locks, event) }));
}

function isWait(event: Event): event is Blocked['event'] {
  const { what, isDynamic } = event;
  return what.kind === 'sync' && what.blocking && !isDynamic && (what.op.kind === 'send' || what.op.kind === 'receive' || what.op.kind === 'groupWait');
}

/** What a call calls, without what it is given. */
function calleeText(call: Site): string {
  return textAt(call).replace(/\(.*/u, '');
}

function textAt({ file, span }: Site): string {
  return normalised(textOf(file, span));
}
