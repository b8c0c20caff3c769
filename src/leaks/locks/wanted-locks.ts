import { isOfOneFunction } from './access.ts';
import type { Locks } from './locks.ts';
import type { Event, Held } from './summary.ts';

/** The locks that a function has taken itself and holds at one of its places, and that others can want. That a call keeps a lock on some of its ways is mostly a defect of its own, or a way on which its caller does not go on. */
export function wantedLocks(locks: Locks, { held }: Pick<Event, 'held'>): readonly Held[] {
  return held.filter((one) => one.calls.length === 0 && !one.isSometimes && !isOfOneFunction(one.lock) && !locks.isLonely(one));
}
