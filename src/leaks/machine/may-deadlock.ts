import type { CallExpr, Expr } from '../../go/ast.ts';
import type { Closures } from './closures.ts';
import { targets, type Call, type Code, type Instr, type Intrinsic } from './code.ts';

const taking: ReadonlySet<string> = new Set<Intrinsic>(['Mutex.Lock', 'Mutex.TryLock', 'RWMutex.RLock']);
const releasing: ReadonlySet<string> = new Set<Intrinsic>(['Mutex.Unlock', 'RWMutex.RUnlock']);
/** Calls that may hold up who makes them, that run other code, or that leave the function. */
const staying: ReadonlySet<string> = new Set<Intrinsic>(['WaitGroup.Wait', 'Cond.Wait', 'errgroup.Wait', 'Once.Do', 'testing.Run', 'panic', 'Goexit']);

/** The locks that may be held at a place, and those that a deferred call surely releases, each as it is written. */
interface Held {
  readonly locks: ReadonlySet<string>;
  readonly deferred: ReadonlySet<string>;
}

/**
 * Says of code, without walking it, that no run of it can come to wait for a lock for good, whatever it calls: nowhere is another lock
 * taken or anything waited for while one is held, and none is left held. Then whoever holds a lock always comes to release it.
 */
export class MayDeadlock {
  readonly #closures: Closures;
  readonly #nests = new Map<Code, boolean>();
  readonly #stays = new Map<Code, boolean>();

  constructor(closures: Closures) {
    this.#closures = closures;
  }

  of(code: Code): boolean {
    return [...this.#closures.of(code)].some((one) => this.#nestsIn(one));
  }

  #nestsIn(code: Code): boolean {
    let nests = this.#nests.get(code);
    if (nests === undefined) {
      const taken = code.instrs.filter((instr) => takenBy(instr) !== null);
      nests = taken.some(({ op }) => op === 'defer') || (taken.length > 0 && this.#follow(code));
      this.#nests.set(code, nests);
    }
    return nests;
  }

  /** Follows the locks through one function; true where something happens under one that may keep it. */
  #follow(code: Code): boolean {
    const at = new Map<number, Held>();
    const work: { readonly pc: number; readonly held: Held }[] = [{ pc: 0, held: { locks: new Set(), deferred: new Set() } }];
    // A deferred call that may stay runs before the unlocks that were deferred ahead of it.
    const mayStayLate = code.instrs.some((instr) => instr.op === 'defer' && releasedBy(instr) === null && this.#callStays(instr.call));
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const { pc } = next;
      const instr = code.instrs[pc];
      if (instr === undefined) continue;
      const known = at.get(pc);
      const held = known === undefined ? next.held : join(known, next.held);
      if (known !== undefined && held.locks.size === known.locks.size && held.deferred.size === known.deferred.size) continue;
      at.set(pc, held);
      if (held.locks.size > 0 && this.#isKept(instr, held, mayStayLate)) return true;
      const after = step(instr, held);
      for (const to of targets(instr, pc)) work.push({ pc: to, held: after });
    }
    return false;
  }

  #isKept(instr: Instr, { locks, deferred }: Held, mayStayLate: boolean): boolean {
    switch (instr.op) {
      case 'send':
      case 'recv':
        return true;
      case 'select':
        return instr.otherwise === null;
      case 'return':
        return mayStayLate || [...locks].some((lock) => !deferred.has(lock));
      case 'call':
        return this.#callStays(instr.call);
      default:
        return false;
    }
  }

  /** Whether a call may not come back, or takes a lock. */
  #callStays(call: Call): boolean {
    return staysItself(call) || this.#closures.calledBy(call).some((code) => this.#codeStays(code));
  }

  #codeStays(code: Code): boolean {
    let stays = this.#stays.get(code);
    if (stays === undefined) {
      stays = [...this.#closures.of(code)].some(({ instrs }) => instrs.some((instr) => {
        if (instr.op === 'send' || instr.op === 'recv' || instr.op === 'select') return true;
        return (instr.op === 'call' || instr.op === 'defer') && staysItself(instr.call);
      }));
      this.#stays.set(code, stays);
    }
    return stays;
  }
}

/** Whether a call may hold up who makes it, whatever it leads to in the package: it runs a value, waits, or takes a lock. */
function staysItself({ callee }: Call): boolean {
  switch (callee.kind) {
    case 'value':
      return true;
    case 'method':
      return callee.name === 'Lock';
    case 'intrinsic':
      return taking.has(callee.op) || staying.has(callee.op);
    default:
      return false;
  }
}

function join(one: Held, other: Held): Held {
  return { locks: new Set([...one.locks, ...other.locks]), deferred: new Set([...one.deferred].filter((lock) => other.deferred.has(lock))) };
}

function step(instr: Instr, held: Held): Held {
  const taken = instr.op === 'call' ? takenBy(instr) : null;
  if (taken !== null) return { ...held, locks: new Set(held.locks).add(taken) };
  const released = releasedBy(instr);
  if (released === null) return held;
  if (instr.op === 'defer') return { ...held, deferred: new Set(held.deferred).add(released) };
  const locks = new Set(held.locks);
  locks.delete(released);
  return { ...held, locks };
}

function takenBy(instr: Instr): string | null {
  return lockOf(instr, taking, 'Lock');
}

function releasedBy(instr: Instr): string | null {
  return lockOf(instr, releasing, 'Unlock');
}

/** The lock of a call of some kind, as it is written; null: the instruction is none. */
function lockOf(instr: Instr, ops: ReadonlySet<string>, method: string): string | null {
  if (instr.op !== 'call' && instr.op !== 'defer') return null;
  const { callee, node } = instr.call;
  if (callee.kind === 'method') return callee.name === method ? written(node, false) : null;
  return callee.kind === 'intrinsic' && ops.has(callee.op) ? written(node, callee.op.startsWith('RWMutex.R')) : null;
}

function written({ fun }: CallExpr, isRead: boolean): string {
  return `${isRead ? 'read ' : ''}${fun.kind === 'SelectorExpr' ? path(fun.x) : `@${fun.pos}`}`;
}

/** Two that are written alike are taken to be one lock; where that is not plain, they differ. */
function path(expr: Expr): string {
  switch (expr.kind) {
    case 'Ident':
      return expr.name;
    case 'SelectorExpr':
      return `${path(expr.x)}.${expr.sel.name}`;
    case 'StarExpr':
      return path(expr.x);
    case 'UnaryExpr':
      return path(expr.x);
    default:
      return `@${expr.pos}`;
  }
}
