import type { CallExpr, CommClause, FuncLit } from '../../go/ast.ts';
import type { FuncNode } from '../../go/scope.ts';
import type { Type } from '../../go/type.ts';
import type { Call, Code, Comparison, Reg } from './code.ts';

/** What a register holds. A symbol is a value nothing is known of but that it equals itself. */
export type Value =
  /** `of`: the channel of a context that nobody can cancel. */
  | { readonly t: 'nil'; readonly of?: 'done' }
  | { readonly t: 'bool'; readonly v: boolean }
  | { readonly t: 'int'; readonly v: number }
  /** `lossy`: the code knows more of it than the machine kept, so a guess about it may be one that cannot come true. */
  | { readonly t: 'sym'; readonly id: number; readonly lossy?: true }
  /** A literal or a named constant that is no small number, as it is written. */
  | { readonly t: 'const'; readonly v: string }
  | { readonly t: 'ref'; readonly id: number }
  /** `feeds`: which of the captures are channels that the code does nothing with but send. */
  | { readonly t: 'func'; readonly func: FuncNode; readonly captures: readonly Value[]; readonly recv: Value | null; readonly feeds?: readonly boolean[] }
  /** The function that cancels a context. */
  | { readonly t: 'cancel'; readonly ctx: number }
  /** A comparison nobody has decided yet. */
  | { readonly t: 'cmp'; readonly cmp: Comparison; readonly x: Value; readonly y: Value; readonly negated: boolean };

export const nil: Value = { t: 'nil' };

/** Where a channel comes from and how it behaves. `ready` channels can always be received from in the end, as time goes on. */
export interface Chan {
  readonly o: 'chan';
  /** The expression that made it; null for one that came from outside. */
  readonly site: Site | null;
  /** Infinity where the size is not known: a send is then never said to block. */
  readonly cap: number;
  readonly buf: readonly Value[];
  readonly closed: boolean;
  /** Code that is not seen may send, receive or close at any time. */
  readonly escaped: boolean;
  /** Code that is not seen may send at any time, and does nothing else with it. */
  readonly fed?: true;
  /** Code that is not seen may send and receive, but does not close it: the function that made it does. */
  readonly closedHere: boolean;
  readonly elem: Type;
  readonly of: { readonly kind: 'plain' } | { readonly kind: 'done'; readonly ctx: number } | { readonly kind: 'timer'; readonly timer: number } | { readonly kind: 'time' };
}

/** A place in the code where a thing a goroutine may wait on came into being. */
export interface Site {
  readonly code: Code;
  readonly pos: number;
  readonly expr: CallExpr | FuncLit | null;
}

export type Obj =
  | Chan
  | { readonly o: 'cell'; readonly v: Value; readonly escaped: boolean }
  /** `read`: the fields whose value was made up when they were read, and not set since. `ofSymbol`: kept under the number of a symbol, for its fields. */
  | { readonly o: 'struct'; readonly type: Type; readonly opaque: boolean; readonly escaped: boolean; readonly fields: ReadonlyMap<string, Value>; readonly read?: ReadonlySet<string>; readonly ofSymbol?: true }
  | { readonly o: 'list'; readonly elems: readonly Value[]; readonly escaped: boolean }
  /** `escaped`: code in unseen hands may unlock it. */
  | { readonly o: 'mutex'; readonly writer: boolean; readonly readers: number; readonly escaped: boolean; readonly site: Site | null }
  | { readonly o: 'waitGroup'; readonly n: number; readonly escaped: boolean; readonly site: Site | null }
  | { readonly o: 'once'; readonly state: 'new' | 'running' | 'done'; readonly escaped: boolean }
  | { readonly o: 'cond'; readonly locker: Value; readonly escaped: boolean }
  /** `open`: may be cancelled from outside, or by time. */
  | { readonly o: 'ctx'; readonly parent: number | null; readonly open: boolean; readonly cancelled: boolean; readonly cancellable: boolean }
  /**
   * `pending`: fired and not yet received. `either`: stopped without a look at the answer, under the semantics before Go 1.23:
   * whether a value is there depends on how long things take.
   */
  | { readonly o: 'timer'; readonly state: 'armed' | 'pending' | 'either' | 'idle'; readonly escaped: boolean; readonly kind: 'timer' | 'ticker' | 'func'; readonly site: Site }
  | { readonly o: 'group'; readonly n: number; readonly ctx: number | null; readonly escaped: boolean };

export interface Frame {
  readonly code: Code;
  pc: number;
  readonly regs: (Value | undefined)[];
  defers: readonly Deferred[];
  /** The caller's registers for the results. */
  readonly dsts: readonly Reg[];
  /** What is to be done when the frame is left besides going back: marks of intrinsics that ran this frame's code. */
  readonly after: After | null;
  /** Set once the frame has run its last statement and is running its deferred calls. */
  returned: readonly Value[] | null;
}

export interface Deferred {
  readonly call: Call;
  readonly args: readonly Value[];
  readonly fn: Value | null;
  readonly pos: number;
}

export type After = { readonly kind: 'once'; readonly id: number };

/** A goroutine. */
export interface Proc {
  /** Tells it from others along one run; 0 is the function under study. */
  readonly uid: number;
  frames: Frame[];
  /** The `go` statement that started it; null for the function under study. */
  readonly spawn: Spawn | null;
  /** WaitGroups and groups to tell when it ends. */
  readonly done: readonly number[];
  /** Unwinding by Goexit (to null) or by a panic that the frame of this depth recovers. */
  unwinding: { readonly to: number | null } | null;
  /** The timer that starts it, of time.AfterFunc. */
  readonly timer: number | null;
  /** The timer has not fired yet. */
  dormant: boolean;
  /** Set while it waits in Cond.Wait; cleared by Signal and Broadcast. */
  waiting: number | null;
}

export interface Spawn {
  readonly code: Code;
  readonly pos: number;
}

/** A fact assumed on the way: a comparison's outcome. */
export interface Fact {
  readonly cmp: Comparison;
  readonly x: Value;
  readonly y: Value;
  readonly holds: boolean;
}

/** Something a reader of the witness may want to see. `proc` is the goroutine's uid; of a spawn, that of the new one. */
export interface Event {
  readonly kind: 'spawn' | 'branch' | 'select' | 'return' | 'send' | 'recv' | 'close' | 'stop' | 'reset' | 'goexit' | 'end' | 'crash' | 'lock' | 'unlock';
  readonly proc: number;
  readonly code: Code;
  readonly pos: number;
  /** For a branch, which way it went; for a select, the clause taken. */
  readonly taken?: boolean | CommClause | null;
  /** The condition was not known and the other way was walked too; `lossy` where the code may well know it. */
  readonly guessed?: 'free' | 'lossy';
  /** A receive came to its end by nothing that is seen: a context's deadline has passed, or unseen code has the other side of the channel. */
  readonly lapsed?: true;
  /** The lock that is taken or released. */
  readonly on?: number;
}

/** Loops over unknown many things are walked for 0, 1 and 2 of them: enough to tell one from several. */
export const mostTurns = 2;

/** One state of the program under study. Copied before each change that others must not see. */
export class State {
  procs: Proc[];
  heap: Map<number, Obj>;
  facts: Fact[];
  nextId: number;
  /** The process has ended, and all goroutines with it. */
  exited = false;
  /** As many turns are tried of loops over unknown many things: one more where there is a buffer, so that there is something in it, on its way, and left over. */
  mostTurns = mostTurns;
  /** What happened since the last state that was kept. */
  trace: Event[] = [];

  constructor(procs: Proc[], heap: Map<number, Obj>, facts: Fact[], nextId: number) {
    this.procs = procs;
    this.heap = heap;
    this.facts = facts;
    this.nextId = nextId;
  }

  copy(): State {
    const procs = this.procs.map((proc) => ({ ...proc, frames: proc.frames.map((frame) => ({ ...frame, regs: [...frame.regs] })) }));
    const state = new State(procs, new Map(this.heap), [...this.facts], this.nextId);
    state.exited = this.exited;
    state.mostTurns = this.mostTurns;
    state.trace = [...this.trace];
    return state;
  }

  alloc(obj: Obj): Value {
    const id = this.nextId;
    this.nextId += 1;
    this.heap.set(id, obj);
    return { t: 'ref', id };
  }

  symbol(): Value {
    const id = this.nextId;
    this.nextId += 1;
    return { t: 'sym', id };
  }

  lossySymbol(): Value {
    const id = this.nextId;
    this.nextId += 1;
    return { t: 'sym', id, lossy: true };
  }

  get(value: Value | undefined): Obj | undefined {
    return value?.t === 'ref' ? this.heap.get(value.id) : undefined;
  }

  set(value: Value | undefined, obj: Obj): void {
    if (value?.t === 'ref') this.heap.set(value.id, obj);
  }
}

/** Whether a value leads to something a goroutine may wait for that no unseen code knows of yet: whoever gets it may act on it. */
export function carries(state: State, value: Value): boolean {
  const work: Value[] = [value];
  const seen = new Set<number>();
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (at.t === 'cancel') return true;
    if (at.t === 'func') work.push(...at.captures, ...(at.recv ? [at.recv] : []));
    if (at.t !== 'ref' || seen.has(at.id)) continue;
    seen.add(at.id);
    const obj = state.heap.get(at.id);
    switch (obj?.o) {
      case 'chan':
        if (!obj.escaped || obj.closedHere) return true;
        break;
      case 'cell':
        work.push(obj.v);
        break;
      case 'struct':
        work.push(...obj.fields.values());
        break;
      case 'list':
        work.push(...obj.elems);
        break;
      case 'mutex':
      case 'waitGroup':
      case 'once':
      case 'cond':
      case 'timer':
      case 'group':
        if (!obj.escaped) return true;
        break;
      default:
    }
  }
  return false;
}

/** Marks all that a value leads to as known to code that is not seen; `ours`: to code of the package, which may unlock what it is given. */
export function escape(state: State, value: Value | undefined, ours = false): void {
  // What a closure holds is in more danger than what is merely handed over: when the closure runs, it assigns and unlocks.
  const work: { readonly value: Value | undefined; readonly byCode: boolean }[] = [{ value, byCode: ours }];
  const seen = new Set<number>();
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { value: at, byCode } = next;
    if (at === undefined) continue;
    const add = (...values: (Value | null | undefined)[]): void => {
      for (const one of values) if (one) work.push({ value: one, byCode: byCode || at.t === 'func' });
    };
    if (at.t === 'func') {
      add(...at.captures.filter((_, place) => at.feeds?.[place] !== true), at.recv);
      for (const [place, capture] of at.captures.entries()) if (at.feeds?.[place] === true) feed(state, capture);
    }
    if (at.t === 'cancel') openContext(state, at.ctx);
    if (at.t !== 'ref' || seen.has(at.id)) continue;
    seen.add(at.id);
    const obj = state.heap.get(at.id);
    switch (obj?.o) {
      case 'chan':
        // What is run by code that is not seen may be what closes it.
        if (obj.of.kind === 'plain' && (!obj.escaped || (byCode && obj.closedHere))) state.heap.set(at.id, { ...obj, escaped: true, closedHere: obj.closedHere && !byCode });
        add(...obj.buf);
        break;
      case 'cell': {
        const isFlag = obj.v.t === 'bool' || obj.v.t === 'int' || obj.v.t === 'nil' || obj.v.t === 'cmp';
        if (!obj.escaped) state.heap.set(at.id, { ...obj, v: byCode && isFlag ? state.symbol() : obj.v, escaped: true });
        add(obj.v);
        break;
      }
      case 'struct':
        if (!obj.escaped) state.heap.set(at.id, { ...obj, escaped: true });
        add(...obj.fields.values());
        break;
      case 'list':
        if (!obj.escaped) state.heap.set(at.id, { ...obj, escaped: true });
        add(...obj.elems);
        break;
      case 'cond':
        if (!obj.escaped) state.heap.set(at.id, { ...obj, escaped: true });
        add(obj.locker);
        break;
      case 'mutex':
        if (byCode && !obj.escaped) state.heap.set(at.id, { ...obj, escaped: true });
        break;
      case 'waitGroup':
      case 'once':
      case 'timer':
      case 'group':
        if (!obj.escaped) state.heap.set(at.id, { ...obj, escaped: true });
        break;
      default:
    }
  }
}

/** Marks a channel, or the one in a variable, as one that code which is not seen may send on. */
function feed(state: State, value: Value): void {
  const obj = state.get(value);
  if (obj?.o === 'cell') feed(state, obj.v);
  else if (obj?.o === 'chan' && !obj.escaped && obj.fed !== true) state.set(value, { ...obj, fed: true });
}

/** A context whose cancel function is in unseen hands may be cancelled at any time. */
function openContext(state: State, id: number): void {
  const obj = state.heap.get(id);
  if (obj?.o === 'ctx' && !obj.open) state.heap.set(id, { ...obj, open: true });
}
