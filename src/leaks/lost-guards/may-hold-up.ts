import type { CallExpr } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import { isTimers } from '../exits/things.ts';
import type { Blocked } from '../locks/blocked.ts';
import type { Locks } from '../locks/locks.ts';
import type { Event } from '../locks/summary.ts';
import { leadsOut } from './leads-out.ts';

/** Whether who makes a call may be held up by it: it leads out of the package, or what it runs waits for another goroutine, or takes a lock. */
export function mayHoldUp(pkg: GoPackage, locks: () => Locks, call: CallExpr): boolean {
  const waits = (event: Event): boolean => event.what.kind === 'acquire' || isWait(pkg, event);
  return leadsOut(pkg, call) || locks().callees.of(call).some(({ func }) => locks().summaryOf(func).events.some(waits));
}

/** Whether an event is a wait for another goroutine. A select waits where none of its cases is a timer's. */
export function isWait(pkg: GoPackage, event: Event): event is Blocked['event'] {
  const { what, isDynamic } = event;
  if (what.kind !== 'sync' || !what.blocking || isDynamic) return false;
  const { op } = what;
  if (op.kind !== 'select') return op.kind === 'send' || op.kind === 'receive' || op.kind === 'groupWait';
  return op.stmt.clauses.every(({ comm }) => {
    const channel = receivedFrom(comm);
    return channel === null || !isTimers(pkg, channel);
  });
}
