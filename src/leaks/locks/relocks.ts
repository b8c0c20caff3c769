import type { Locks } from './locks.ts';
import type { Event, Held } from './summary.ts';
import { unreleasedOf } from './unreleased.ts';

/** A lock that is taken while the same goroutine holds it. */
export interface Relock {
  readonly held: Held;
  readonly event: Event & { readonly what: { readonly kind: 'acquire' } };
  /** Both are known to be one lock, on a way that was seen whole. */
  readonly isSure: boolean;
}

/** Every lock taken again under itself; each pair of places once, by the shortest chain of calls. */
export function relocksOf(locks: Locks): readonly Relock[] {
  const found = new Map<string, Relock>();
  // What comes of a forgotten unlock is found as that.
  const forgotten = new Set(unreleasedOf(locks).map((one) => one.held.origin.span));
  for (const { summary } of locks.functions()) {
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
      const known = found.get(key);
      const relock: Relock = { held, event, isSure: held.lock.exact && lock.exact && !event.isDynamic && !summary.isPartial };
      if (!known || (relock.isSure && !known.isSure) || (relock.isSure === known.isSure && event.calls.length < known.event.calls.length)) found.set(key, relock);
    }
  }
  return [...found.values()];
}

export function isAcquire(event: Event): event is Event & { readonly what: { readonly kind: 'acquire' } } {
  return event.what.kind === 'acquire';
}

/** The keys of locks that some code of the package takes for writing. */
export function writtenKeys(locks: Locks): ReadonlySet<string> {
  return new Set(locks.functions().flatMap(({ summary }) => summary.events.flatMap(({ what }) => (what.kind === 'acquire' && what.mode === 'write' ? [what.lock.key] : []))));
}
