import { isWithin, walk, type BlockStmt, type CallExpr, type Span } from '../../go/ast.ts';
import { isInLoop, startsOf } from '../field-uses.ts';
import { isTestFile } from '../of-tests.ts';
import { isOfOneFunction, type Access } from './access.ts';
import { overlaps } from './channels.ts';
import type { Locks, Summarized } from './locks.ts';
import { meetingsOf, type Meeting } from './meetings.ts';
import { outermost, type Event, type Site } from './summary.ts';

/** A goroutine that waits for what only it could do. */
export interface SelfWait {
  /**
   * - `group`: for a counter in which it is counted itself, until it ends.
   * - `close`: for a channel that it closes itself, as it ends.
   * - `send`: for somebody to receive from a channel that only it receives from; `isBuffered`, once others have filled its buffer.
   * - `once`: for a `sync.Once` to have run what it is running.
   */
  readonly kind: 'group' | 'close' | 'send' | 'once';
  readonly isBuffered: boolean;
  /** The wait, as seen from the goroutine. */
  readonly event: Event;
  readonly root: Summarized;
  /** Where it is counted down, closes or receives. */
  readonly own: Site;
}

/** What a goroutine does to an object, whichever way it ends. */
interface Deferred {
  readonly kind: 'group' | 'close';
  readonly on: Access;
  readonly span: Span;
}

/** The goroutines of a package that wait for themselves, by objects that are known to be one. */
export function selfWaitsOf(locks: Locks): readonly SelfWait[] {
  const found = new Map<string, SelfWait>();
  const roots = locks.roots().filter(({ home }) => !isTestFile(home.file));
  const waits = roots.filter(({ summary }) => summary.events.some(isWait));
  if (waits.length === 0) return [];
  const meetings = meetingsOf(locks).filter(({ event }) => !isTestFile(event.site.file));
  for (const root of waits) {
    for (const one of [...untilItEnds(locks, root, meetings), ...sendsToItself(locks, root, meetings), ...runsItself(locks, root)]) {
      const key = `${one.event.site.file.path}:${one.event.site.span.pos}`;
      const known = found.get(key);
      if (!known || one.event.calls.length < known.event.calls.length) found.set(key, one);
    }
  }
  return [...found.values()];
}

function isWait({ what }: Event): boolean {
  return what.kind === 'sync' && what.blocking && what.op.kind !== 'select';
}

/** Waits for what a goroutine does only as it ends. */
function untilItEnds(locks: Locks, root: Summarized, meetings: readonly Meeting[]): SelfWait[] {
  return deferredIn(locks, root).flatMap(({ kind, on, span }) => {
    const own = { file: root.home.file, decl: root.home.decl, func: root.func, span };
    return root.summary.events.flatMap((event): SelfWait[] => {
      if (event.what.kind !== 'sync' || event.what.op.kind === 'select' || !isWait(event)) return [];
      const { op } = event.what;
      if (!(kind === 'group' ? op.kind === 'groupWait' : op.kind === 'receive' || op.kind === 'range') || !isOne(op.access, on) || isAfter(root, event, span)) return [];
      const keys = locks.channels().seenWhole(op.on);
      const isElsewhere = (one: Meeting): boolean => one.kind === 'give' && overlaps(one.keys, keys ?? new Set()) && one.event.site.span.pos !== span.pos;
      return kind === 'group' || (keys && !meetings.some(isElsewhere)) ? [{ kind, isBuffered: false, event, root, own }] : [];
    });
  });
}

/** Whether a wait is deferred too, and comes after what is done at a place: deferred calls run in the opposite order. */
function isAfter({ func }: Summarized, event: Event, done: Span): boolean {
  const deferAt = (span: Span): Span | undefined => func.body?.list.find((stmt) => stmt.kind === 'DeferStmt' && isWithin(span, stmt));
  const at = outermost(event).span;
  const wait = deferAt(at);
  const own = deferAt(done);
  return wait !== undefined && own !== undefined && (wait === own ? at.pos > done.pos : wait.pos < own.pos);
}

/** `defer wg.Done()` and `defer close(done)`, as statements of a function's body or of a literal that it defers. */
function deferredIn(locks: Locks, { func }: Summarized): Deferred[] {
  const of = (call: CallExpr): Deferred[] => {
    const operation = locks.operations.of(call);
    if (operation?.kind === 'groupDone') return [{ kind: 'group', on: operation.on, span: call }];
    const [channel] = call.fun.kind === 'Ident' && call.fun.name === 'close' ? call.args : [];
    const on = channel && locks.accesses.of(channel);
    return on ? [{ kind: 'close', on, span: call }] : [];
  };
  const inBody = (body: BlockStmt): Deferred[] => body.list.flatMap((stmt) => (stmt.kind === 'ExprStmt' && stmt.x.kind === 'CallExpr' ? of(stmt.x) : []));
  return (func.body?.list ?? []).flatMap((stmt) => {
    if (stmt.kind !== 'DeferStmt' || stmt.call.kind !== 'CallExpr') return [];
    return stmt.call.fun.kind === 'FuncLit' ? inBody(stmt.call.fun.body) : of(stmt.call);
  });
}

/** Whether two accesses are known to be of one object. */
function isOne(a: Access | undefined, b: Access): boolean {
  return a !== undefined && a.root !== null && a.id === b.id && a.exact && b.exact;
}

/** Sends on a channel of the package that only this goroutine receives from, in its loop, and of which there is one. */
function sendsToItself(locks: Locks, root: Summarized, meetings: readonly Meeting[]): SelfWait[] {
  if (!isStartedOnce(locks, root)) return [];
  return root.summary.events.flatMap((event): SelfWait[] => {
    if (event.what.kind !== 'sync' || event.what.op.kind !== 'send' || !isWait(event)) return [];
    const { on, access } = event.what.op;
    const keys = locks.channels().seenWhole(on);
    const isUnbuffered = keys ? locks.channels().isUnbuffered(keys) : undefined;
    if (!keys || !access || isOfOneFunction(access) || isUnbuffered === undefined) return [];
    // A buffer that only it fills has room for what it has just taken out.
    if (!isUnbuffered && !meetings.some((one) => one.kind === 'give' && one.root.func !== root.func && overlaps(one.keys, keys))) return [];
    const takes = meetings.filter((one) => one.kind === 'take' && overlaps(one.keys, keys));
    const [first] = takes;
    const isOwn = ({ root: taker, event: { what, calls, site } }: Meeting): boolean => taker.func === root.func && what.kind === 'sync' && what.op.kind !== 'select' && isOne(what.op.access, access) && [...calls, site].some(({ func, span }) => isInLoop(func, span));
    return first && takes.every(isOwn) ? [{ kind: 'send', isBuffered: !isUnbuffered, event, root, own: first.event.site }] : [];
  });
}

/** Calls of `Do` by what the same `sync.Once` runs. */
function runsItself(locks: Locks, root: Summarized): SelfWait[] {
  const { func, home, summary } = root;
  const inner = summary.events.filter(({ what }) => what.kind === 'sync' && what.op.kind === 'onceDo');
  const found: SelfWait[] = [];
  if (inner.length > 0 && func.body) {
    walk(func.body, (node) => {
      if (node.kind !== 'CallExpr') return undefined;
      const operation = locks.operations.of(node);
      const [runs] = node.args;
      if (operation?.kind !== 'once' || !runs) return undefined;
      for (const event of inner) {
        const { span, file } = outermost(event);
        const isInside = file === home.file && (runs.kind === 'FuncLit' ? isWithin(span, runs.body) : event.calls.length > 0 && isWithin(span, node));
        if (isInside && event.what.kind === 'sync' && event.what.op.kind === 'onceDo' && isOne(event.what.op.access, operation.on)) found.push({ kind: 'once', isBuffered: false, event, root, own: { file: home.file, decl: home.decl, func, span: node.fun } });
      }
      return undefined;
    });
  }
  return found;
}

/** Whether there is one goroutine of a kind for each object: more of them would receive from one another. */
function isStartedOnce(locks: Locks, { func, home }: Summarized): boolean {
  if (func.kind === 'FuncLit') return !isInLoop(home.decl, func);
  const starts = startsOf(locks.pkg, func);
  return starts.length === 1 && starts.every(({ decl, stmt }) => !isInLoop(decl, stmt)) && locks.callees.callersOf(func).length <= 1;
}
