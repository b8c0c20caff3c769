import type { Locks, Summarized } from './locks.ts';
import type { Event, SyncOp } from './summary.ts';

/** One end of a meeting, as seen from a root. */
export interface Meeting {
  readonly kind: 'give' | 'take';
  readonly event: Event;
  readonly root: Summarized;
  readonly keys: ReadonlySet<string>;
}

/** All ends of meetings that the roots of a package come to. */
export function meetingsOf(locks: Locks): Meeting[] {
  return locks.roots().flatMap((root) =>
    root.summary.events.flatMap((event): Meeting[] => {
      if (event.what.kind !== 'sync' || event.what.op.kind === 'select') return [];
      const { op } = event.what;
      const kind = meetingKinds.get(op.kind);
      return kind && op.kind !== 'groupAdd' ? [{ kind, event, root, keys: locks.channels().keysOf(op.on) }] : [];
    }),
  );
}

/** Which operations give something to who waits, and which take it. */
export const meetingKinds: ReadonlyMap<SyncOp['kind'], 'give' | 'take'> = new Map([
  ['send', 'give'],
  ['close', 'give'],
  ['groupDone', 'give'],
  ['condWake', 'give'],
  ['receive', 'take'],
  ['range', 'take'],
] as const);

