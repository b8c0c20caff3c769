import { walk, type CommClause, type Expr } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { FuncNode } from '../../go/scope.ts';
import { isInLoop } from '../field-uses.ts';
import { overlaps } from './channels.ts';
import type { Locks, Summarized } from './locks.ts';
import { meetingKinds, meetingsOf, type Meeting } from './meetings.ts';
import type { Mode } from './operations.ts';
import { takenKey, type Event, type Held, type Summary, type SyncOp } from './summary.ts';
import { wantedLocks } from './wanted-locks.ts';

/** Code that would end a wait. */
export interface Counterpart {
  readonly event: Event;
  /** The function that runs it: a goroutine, or one that others call. */
  readonly root: FuncNode;
  /** What it must have first. */
  readonly needs: Held;
}

/** A goroutine that waits with a lock which those that could end the wait need. */
export interface Blocked {
  readonly event: Event & { readonly what: { readonly kind: 'sync' } };
  readonly held: Held;
  /** What it waits for; in a select, one of its cases. */
  readonly on: Expr;
  /** None: no code of the package would end the wait. */
  readonly counterparts: readonly Counterpart[];
  /** It waits once a buffer is full. */
  readonly hasRoom: boolean;
  /** Whoever could end the wait does so under that very lock. */
  readonly isSure: boolean;
}

/** What waits for what. */
type Want = { readonly kind: 'give' | 'take'; readonly on: Expr };

export function blockedOf(locks: Locks): readonly Blocked[] {
  const found = new Map<string, Blocked>();
  const waits = locks.functions().flatMap(({ summary }) => summary.events.filter(isWait).map((event) => ({ event, summary })));
  if (waits.length === 0) return [];
  const meetings = meetingsOf(locks);
  for (const { event, summary } of waits) {
    const wants = wantsOf(event.what.op);
    // `sem <- token … <-sem`: what the function itself has given it can take back.
    if (wants.some((want) => isOwn(locks, summary, want))) continue;
    const parts = wants.map((want) => judge(locks, event, want, meetings));
    const whole = parts.filter((part) => part !== null);
    const best = whole.find((part) => part.counterparts.length > 0) ?? whole[0];
    if (!best || whole.length < parts.length) continue;
    const key = `${event.site.file.path}:${event.site.span.pos}`;
    const blocked: Blocked = { ...best, isSure: whole.every((part) => part.isSure) };
    const known = found.get(key);
    if (!known || event.calls.length < known.event.calls.length) found.set(key, blocked);
  }
  return [...found.values()];
}

function isWait(event: Event): event is Blocked['event'] {
  return event.what.kind === 'sync' && event.what.blocking && event.held.some((held) => held.calls.length === 0);
}

function isOwn(locks: Locks, summary: Summary, want: Want): boolean {
  const keys = locks.channels().keysOf(want.on);
  return summary.events.some(({ what }) => what.kind === 'sync' && what.op.kind !== 'select' && meetingKinds.get(what.op.kind) === want.kind && overlaps(locks.channels().keysOf(what.op.on), keys));
}

/** What would have to happen for an operation to go on: for a select, any of these. */
function wantsOf(op: SyncOp): Want[] {
  switch (op.kind) {
    case 'send':
      return [{ kind: 'take', on: op.on }];
    case 'receive':
    case 'range':
    case 'groupWait':
    case 'condWait':
      return [{ kind: 'give', on: op.on }];
    case 'select':
      return op.stmt.clauses.flatMap(({ comm }): Want[] => {
        if (comm === null) return [];
        if (comm.kind === 'SendStmt') return [{ kind: 'take', on: comm.chan }];
        const on = receivedFrom(comm);
        return on ? [{ kind: 'give', on }] : [];
      });
    default:
      return [];
  }
}

function judge(locks: Locks, event: Blocked['event'], want: Want, meetings: readonly Meeting[]): Blocked | null {
  const { op } = event.what;
  const whole = locks.channels().seenWhole(want.on);
  const keys = whole ?? locks.channels().seenHere(want.on);
  if (!keys) return null;
  const room = want.kind === 'take' ? locks.channels().roomOf(keys) : 0;
  if (room === undefined) return null;
  const hasRoom = room > 0;
  const held = wantedLocks(locks, event);
  const [first] = held;
  if (!first) return null;
  const others = meetings.filter((one) => one.kind === want.kind && one.event.site.span.pos !== event.site.span.pos && overlaps(one.keys, keys));
  // A buffer gets full of what comes again and again, while who takes it out again and again is held up.
  if (hasRoom && (event.isDynamic || others.length === 0 || first.lock.root?.role !== 'receiver' || !others.every((one) => isRepeated(one.event)))) return null;
  if (others.length === 0) return !whole || op.kind === 'condWait' || (op.kind === 'groupWait' && !isCounted(locks, keys)) ? null : { event, held: first, on: want.on, counterparts: [], hasRoom, isSure: false };
  const counterparts: Counterpart[] = [];
  for (const other of others) {
    if (op.kind === 'groupWait' && isCountedWithin(locks, other, keys, held)) continue; // never seen to be counted
    const needs = held.find((one) => (op.kind === 'groupWait' && countsUnder(locks, other.root, keys, one) ? meetsUnder(other.event, one) : needsLock(other, one)));
    if (needs) counterparts.push({ event: other.event, root: other.root.func, needs });
    // Somebody can end the wait; but a counter waits for all.
    else if (op.kind !== 'groupWait') return null;
  }
  const [best] = counterparts;
  if (!best) return null;
  const isSure = !hasRoom && whole !== null && counterparts.length === others.length && !event.isDynamic && !takesPlace(locks, op, keys) && counterparts.every((one) => isUnder(locks, event, want.on, one));
  return { event, held: best.needs, on: want.on, counterparts: unique(counterparts), hasRoom, isSure };
}

/** `<-sem` of a channel with room: that may well be the place that this goroutine was given, which is there. */
function takesPlace(locks: Locks, op: SyncOp, keys: ReadonlySet<string>): boolean {
  if (op.kind !== 'receive' || locks.channels().isUnbuffered(keys) !== false) return false;
  const type = locks.pkg.infer.underlying(locks.pkg.typeOf(op.on));
  if (type.kind !== 'chan') return false;
  const elem = locks.pkg.infer.underlying(type.elem);
  return elem.kind === 'struct' && elem.fields.length === 0;
}

/**
 * Whether a counterpart meets under the lock, comes to it only past the lock, or may be held up by the lock when it should come round again, or by
 * another case of its select.
 */
function needsLock({ event, root }: Meeting, held: Held): boolean {
  const { lock, mode } = held;
  if (meetsUnder(event, held)) return true;
  if (event.before.has(lock.key) || (mode === 'write' && event.before.has(takenKey(lock, 'read')))) return true;
  const others = isRepeated(event) ? null : otherCasesOf(event);
  return root.summary.events.some(({ what, site, calls }) => what.kind === 'acquire' && what.lock.key === lock.key && excludes(what.mode, mode)
    && (others === null || [...calls, site].some((one) => one.file === event.site.file && others.some((clause) => clause.pos <= one.span.pos && one.span.end <= clause.end))));
}

/** The other cases of the select that an operation is a case of. */
function otherCasesOf({ site: { func, span } }: Event): readonly CommClause[] {
  let others: readonly CommClause[] = [];
  if (func.body) {
    walk(func.body, (node) => {
      if (node.kind === 'SelectStmt' && node.clauses.some(({ comm }) => comm !== null && comm.pos <= span.pos && span.end <= comm.end)) others = node.clauses.filter(({ comm }) => comm === null || span.pos < comm.pos || comm.end < span.end);
      return others.length === 0;
    });
  }
  return others;
}

function meetsUnder(event: Event, { lock, mode }: Held): boolean {
  return event.held.some((one) => one.lock.key === lock.key && excludes(one.mode, mode));
}

/** Whether who counts down has counted itself up under a lock: it has passed it. */
function countsUnder(locks: Locks, { summary }: Summarized, keys: ReadonlySet<string>, held: Held): boolean {
  const adds = summary.events.filter((event) => isAdd(locks, event, keys));
  return adds.length > 0 && adds.every((event) => meetsUnder(event, held));
}

/** Whether a counter is counted up and down again without letting go of a lock in between: whoever has the lock never sees it counted. */
function isCountedWithin(locks: Locks, { event, root }: Meeting, keys: ReadonlySet<string>, held: readonly Held[]): boolean {
  const within = event.held.filter((one) => held.some(({ lock, mode }) => one.lock.key === lock.key && excludes(one.mode, mode)));
  return root.summary.events.some((add) => isAdd(locks, add, keys) && add.held.some((one) => within.some(({ origin }) => origin.file === one.origin.file && origin.span.pos === one.origin.span.pos)));
}

function excludes(a: Mode, b: Mode): boolean {
  return a === 'write' || b === 'write';
}

/** Both sides reach channel and lock from one object, by the same names. */
function isUnder(locks: Locks, event: Event, on: Expr, { event: other, needs }: Counterpart): boolean {
  if (other.isDynamic || other.what.kind !== 'sync' || !needs.lock.exact) return false;
  const theirs = other.held.find((one) => one.lock.key === needs.lock.key && excludes(one.mode, needs.mode));
  const channel = locks.accesses.of(on);
  const { op } = other.what;
  const otherChannel = op.kind === 'select' ? undefined : locks.accesses.of(op.on);
  if (!theirs?.lock.exact || !channel?.exact || !otherChannel?.exact || event.calls.length > 0 || other.calls.length > 0) return false;
  return needs.lock.root === channel.root && theirs.lock.root === otherChannel.root && channel.key === otherChannel.key;
}

/** Whether an operation, or a call on the way to it, stands in a loop. */
function isRepeated(event: Event): boolean {
  if (event.what.kind === 'sync' && event.what.op.kind === 'range') return true;
  return [...event.calls, event.site].some(({ func, span }) => isInLoop(func, span));
}

/** Whether anything is ever added to a counter. */
function isCounted(locks: Locks, keys: ReadonlySet<string>): boolean {
  return locks.functions().some(({ summary }) => summary.events.some((event) => isAdd(locks, event, keys)));
}

function isAdd(locks: Locks, { what }: Event, keys: ReadonlySet<string>): boolean {
  return what.kind === 'sync' && what.op.kind === 'groupAdd' && overlaps(locks.channels().keysOf(what.op.on), keys);
}

/** One for each place, the shortest way there. */
function unique(counterparts: readonly Counterpart[]): Counterpart[] {
  const found = new Map<string, Counterpart>();
  for (const one of counterparts) {
    const key = `${one.event.site.file.path}:${one.event.site.span.pos}`;
    const known = found.get(key);
    if (!known || one.event.calls.length < known.event.calls.length) found.set(key, one);
  }
  return [...found.values()];
}

