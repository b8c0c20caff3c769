import { contains, elementValue, type Expr, type FuncDecl, type Node } from '../../go/ast.ts';
import type { FuncNode } from '../../go/scope.ts';
import { isEndingName } from '../teardown.ts';
import type { Access } from './access.ts';
import type { Locks, Summarized } from './locks.ts';
import type { Event, Exit, Held } from './summary.ts';

/** A lock that a function leaves behind. */
export interface Unreleased {
  readonly func: FuncNode;
  readonly held: Held;
  /** The ways out on which it is still held. */
  readonly exits: readonly Exit[];
  /** Where ways with and without the lock meet. */
  readonly shared: ReadonlySet<number>;
  /** Other ways of the function let go of it. */
  readonly isMixed: boolean;
  /** No code of the package can let go of it for the function. */
  readonly isSure: boolean;
}

/** Locks that are still held where a function ends, and that nobody takes over. */
export function unreleasedOf(locks: Locks): readonly Unreleased[] {
  const takers = takersOf(locks);
  return locks.functions().flatMap((one) => {
    if (one.summary.isPartial || locks.isInlined(one.func)) return [];
    return sitesOf(one).flatMap((held) => judge(locks, one, held, takers));
  });
}

function judge(locks: Locks, { func, summary }: Summarized, held: Held, takers: ReadonlySet<string>): Unreleased[] {
  const { lock } = held;
  const { root } = lock;
  const isShared = root !== null && root.func !== func; // a literal's, which may run again, or beside others
  if (!root || (locks.accesses.isFresh(root) && !isShared)) return []; // nobody else has it yet
  const exits = summary.exits.filter((exit) => exit.held.some((one) => one.site === held.site || sameSite(one, held)) && !returnsObject(locks, exit, lock));
  if (exits.length === 0) return [];
  const isMixed = summary.unlocked.has(held.site.span.pos);
  if (!isMixed && held.origin !== held.site) return []; // its callee is what forgets
  // It lets go of its caller's lock, and takes it again before it returns.
  if (!isMixed && summary.events.some((event) => event.released.some((one) => one.id === lock.id))) return [];
  if (!isMixed && isOnlyTried(locks, held)) return [];
  const isTaken = takers.has(lock.key);
  const rest = summary.exits.filter((exit) => !exit.held.some((one) => sameSite(one, held)));
  const shared = new Set(rest.map((exit) => exit.at.pos));
  const callers = func.kind === 'FuncDecl' ? callersTake(locks, func) : 'unknown';
  if (callers === 'take' || isHandedOn(locks, func, lock)) return [];
  if (isTaken) {
    // Held after success, free after failure: that is what a function promises that locks for its caller.
    if (!isMixed || (callers === 'unknown' && !exits.every((exit) => isFailure(exit)) && rest.every((exit) => exit.results.length > 0))) return [];
    if (!exits.some((exit) => isFailure(exit)) && rest.every((exit) => isFailure(exit))) return [];
    return [{ func, held, exits: distinct(exits), shared, isMixed, isSure: false }];
  }
  const isReachable = isExported(lock);
  const isLasting = root.role === 'receiver' || root.role === 'package';
  const isMeant = !isLasting || isOneOfMany(lock) || saysThatItHolds(func) || isItsLast(func, held);
  // Whom a literal is given to may call another to unlock; a goroutine is nobody's.
  if (!isMixed && ((isReachable && isMeant) || (func.kind === 'FuncLit' && !locks.callees.isStarted(func)))) return [];
  const isSure = isMixed ? (rest.length > 0 || !isReachable) && !(isShared && root.role === 'local') : !isMeant && !isReachable;
  return [{ func, held, exits: distinct(exits), shared, isMixed, isSure }];
}

/** A lock out of a map or list, or one that a function picks: other code may reach the same one another way, and unlock it. */
function isOneOfMany({ exact, path }: Access): boolean {
  return !exact || path.some(({ name }) => name.startsWith('['));
}

/** `WaitAndBlock`, `beginTx`, `Freeze`, and `Shutdown`, after which nobody should come: what never lets go of its lock may well mean to. */
function saysThatItHolds(func: FuncNode): boolean {
  return func.kind === 'FuncDecl' && (isEndingName(func.name.name) || /lock|acquire|begin|enter|freeze|hold|pause|suspend/iu.test(func.name.name));
}

/** A function that locks as the last thing it does, as one that disables its object for good: what would it lock for, but to keep the lock? */
function isItsLast({ body }: FuncNode, { site }: Held): boolean {
  const last = body?.list.at(-1);
  return last?.kind === 'ExprStmt' && last.x.kind === 'CallExpr' && last.x.pos <= site.span.pos && site.span.end <= last.x.end;
}

/** `if !mu.TryLock() { return }`, to do something once, of a lock that nobody waits for anywhere. */
function isOnlyTried(locks: Locks, { lock }: Held): boolean {
  const isTry = ({ site }: Event): boolean => /\.Try(?:R)?Lock\b/u.test(site.file.text.slice(site.span.pos, site.span.end));
  const takes = locks.functions().flatMap(({ summary }) => summary.events.filter(({ what }) => what.kind === 'acquire' && what.lock.key === lock.key));
  return takes.every(isTry);
}

/** Whether a lock is what is named, or embedded in it. */
function isPartOf({ key }: Access, whole: Access | undefined): boolean {
  return whole !== undefined && (key === whole.key || key.startsWith(`${whole.key}.`));
}

/** The places in a function where locks are taken that are held at some exit. */
function sitesOf({ summary }: Summarized): Held[] {
  const found = new Map<number, Held>();
  for (const exit of summary.exits) for (const held of exit.held) found.set(held.site.span.pos, held);
  return [...found.values()];
}

/** One way out for each place: several ways may end in one return. */
function distinct(exits: readonly Exit[]): Exit[] {
  return [...new Map(exits.map((exit) => [exit.at.pos, exit])).values()];
}

function sameSite(a: Held, b: Held): boolean {
  return a.site.span.pos === b.site.span.pos && a.site.file === b.site.file;
}

/** The keys of locks that some function lets go of without having taken them, nor its starter. */
function takersOf(locks: Locks): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { func, summary } of locks.functions()) {
    if (locks.isInlined(func) || locks.isSuccessor(func)) continue;
    for (const exit of summary.exits) for (const lock of exit.released) found.add(lock.key);
  }
  return found;
}

/** Whether code of the package that calls a function lets go of what it left held. */
function callersTake(locks: Locks, decl: FuncDecl): 'take' | 'leave' | 'unknown' {
  const callers = locks.callees.callersOf(decl);
  if (callers.length === 0 || locks.callees.isValue(decl)) return 'unknown';
  const positions = new Set(callers.map(({ call }) => call.pos));
  return locks.functions().some(({ summary }) => [...summary.unlocked].some((pos) => positions.has(pos))) ? 'take' : 'leave';
}

function isFailure(exit: Exit): boolean {
  const last = exit.results.at(-1);
  return exit.results.length === 0 || last?.kind === 'notNil' || (last?.kind === 'bool' && !last.is);
}

/** The object is returned with its lock held: for whoever gets it to unlock. */
function returnsObject(locks: Locks, exit: Exit, lock: Access): boolean {
  const { root } = lock;
  if (root?.role !== 'local') return false;
  return (exit.stmt?.results ?? []).some((result) => contains(result, (node) => node.kind === 'Ident' && locks.pkg.objectOf(node) === root));
}

/** Whether a function gives the lock itself away, as a value: to an object that unlocks it later, or to a function. */
function isHandedOn({ accesses, pkg }: Locks, { body }: FuncNode, lock: Access): boolean {
  // `&rows{unlocks: &s.mu}`, where a function that is called makes it.
  const isPutInto = (node: Node): boolean => node.kind === 'CompositeLit' && node.elts.some((elt) => isPartOf(lock, accesses.of(elementValue(elt))));
  const isLock = (expr: Expr | null): boolean => expr !== null && accesses.of(expr)?.id === lock.id;
  return body !== null && contains(body, (node) => {
    switch (node.kind) {
      case 'CallExpr':
        return node.args.some(isLock) || contains(pkg.declOf(node.fun)?.body ?? node.fun, isPutInto) || (node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'RLocker' && isLock(node.fun.x));
      case 'CompositeLit':
        return node.elts.some((elt) => isLock(elementValue(elt)));
      case 'AssignStmt':
        return node.op === '=' && node.rhs.some(isLock);
      case 'ReturnStmt':
        return node.results.some(isLock);
      default:
        return false;
    }
  });
}

/** Whether other packages can name the lock. */
function isExported(lock: Access): boolean {
  const last = lock.path.at(-1);
  if (!last) return lock.root?.role === 'package' && /^\p{Lu}/u.test(lock.root.name);
  return /^\p{Lu}/u.test(last.name) && (last.owner === null || /^\p{Lu}/u.test(last.owner));
}
