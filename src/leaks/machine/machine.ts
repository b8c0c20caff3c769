import type { CallExpr } from '../../go/ast.ts';
import { constantOf } from '../../go/constant-of.ts';
import { atLeast } from '../../go/module.ts';
import { deref, isNamed, unknown, type Type } from '../../go/type.ts';
import type { Call, Code, Instr, Intrinsic, Reg, SelectArm } from './code.ts';
import type { Compiler } from './compile.ts';
import { canEnd, isDone, mayBeDone } from './contexts.ts';
import { encode } from './encode.ts';
import { isTestFile } from '../of-tests.ts';
import { locking } from './intrinsics.ts';
import { assume, decide, losesCount, exactly, sizesOf } from './decide.ts';
import { Repetition } from './turns.ts';
import { carries, escape, mostTurns, nil, State, type After, type Chan, type Deferred, type Event, type Frame, type Obj, type Proc, type Site, type Value } from './value.ts';

/** Limits within which a program is walked; beyond them the machine gives a thing into unseen hands instead of guessing. */
const mostProcsOfOneSpawn = 5;
const mostProcs = 9;
/** Counters past this are no longer told apart. */
const largestCounter = 5;
/** A loop that goes on until something ends it fills this much as well as more; who meets others at each turn ends before. */
const largestBuffer = 8;
/** Steps of one goroutine without an operation that others see: past this it is taken to spin. */
const longestRun = 1000;

/** What a goroutine is about to do: an instruction, or a deferred call as its function leaves. */
export type Step =
  | { readonly kind: 'instr'; readonly instr: Instr; readonly frame: Frame }
  | { readonly kind: 'deferred'; readonly deferred: Deferred; readonly frame: Frame };

/** What a goroutine does next; undefined once it has ended. */
export function nextStep(proc: Proc): Step | undefined {
  const frame = proc.frames.at(-1);
  if (!frame) return undefined;
  if (frame.returned !== null) {
    const deferred = frame.defers.at(-1);
    return deferred ? { kind: 'deferred', deferred, frame } : undefined;
  }
  const instr = frame.code.instrs[frame.pc];
  return instr ? { kind: 'instr', instr, frame } : undefined;
}

/** The call a step is about to make, if it is one. */
export function callOf(step: Step): Call | undefined {
  return step.kind === 'deferred' ? step.deferred.call : step.instr.op === 'call' ? step.instr.call : undefined;
}

/** How far calls are followed. What is not followed is taken as unseen code, which makes for silence, not for guesses. */
export interface Reach {
  /** How many calls may be nested. */
  readonly deepest: number;
  /** Whether calls are followed that are given nothing to wait on. */
  readonly only: 'any' | 'carrying';
  /** What a condition was taken to be is forgotten at once, so that ways that part meet again: the same may then be answered in two ways, and what is found rests on guesses. */
  readonly forgets?: true;
}

/** A call ready to be made: its code found, its arguments at hand. */
interface Ready {
  readonly call: Call;
  readonly fn: Value | null;
  readonly args: readonly Value[];
  readonly dsts: readonly Reg[];
  readonly pos: number;
}

/** One thing that can happen: the state after it, and which goroutines moved. */
export interface Transition {
  readonly state: State;
  readonly moved: readonly number[];
}

/** One of several ways on, carried out only if it is taken. */
type Fork = () => State;

/** The package's variables, as one object that unseen code knows too. */
const globals = { t: 'ref', id: 0 } as const;

/** Operations other goroutines can see or wait for; between two of them a goroutine runs on undisturbed. */
const visible: ReadonlySet<Intrinsic> = new Set([
  'WaitGroup.Add', 'WaitGroup.Done', 'WaitGroup.Wait', 'Once.Do', 'Cond.Wait', 'Cond.Signal', 'Cond.Broadcast',
  'errgroup.Wait', 'Timer.Stop', 'Timer.Reset', 'Ticker.Stop', 'Ticker.Reset', 'close',
]);

/**
 * An abstract machine for the compiled functions of one package. What is known (channels made here, closures, small counters)
 * it carries out; what is not known it takes to be anything: a condition goes both ways, a channel in unseen hands is always ready.
 */
export class Machine {
  readonly #compiler: Compiler;
  readonly #synchronousTimers: boolean;
  readonly withLocks: boolean;
  readonly reach: Reach;
  readonly #repetition: Repetition;
  #nested = 0;

  constructor(compiler: Compiler, reach: Reach) {
    this.#compiler = compiler;
    this.reach = reach;
    this.#repetition = new Repetition(compiler.pkg);
    this.withLocks = compiler.withLocks;
    this.#synchronousTimers = atLeast(compiler.pkg.module.goVersion, 1, 23);
  }

  /** The state in which a function is about to run, called with anything. */
  start(code: Code): State {
    this.#nested = 0;
    const state = new State([], new Map([[globals.id, { o: 'struct', type: unknown, opaque: true, escaped: true, fields: new Map() }]]), [], 1);
    // A literal studied by itself: what it captures is known to unseen code too.
    const captures = code.captures.map((obj) => state.alloc({ o: 'cell', v: this.opaque(state, this.#compiler.pkg.infer.typeOfVar(obj)), escaped: true }));
    const frame = this.#frame(code, captures, []);
    for (const { reg, type } of code.params) frame.regs[reg] = this.opaque(state, type);
    state.procs.push({ uid: 0, frames: [frame], spawn: null, done: [], unwinding: null, timer: null, dormant: false, waiting: null });
    return state;
  }

  /** How many calls were nested, at most, since the last start. */
  get nested(): number {
    return this.#nested;
  }

  /** Whether the process ends when a function under study returns. */
  endsWithRoot(code: Code): boolean {
    return isMain(code, this.#compiler.pkg.name);
  }

  /** Whether a goroutine stands before an operation that others can see. */
  #isVisible(state: State, proc: Proc): boolean {
    if (proc.dormant) return true;
    const step = nextStep(proc);
    if (!step) return false;
    if (step.kind === 'deferred') return this.#callIsVisible(state, this.#readyDeferred(step.deferred));
    const { instr, frame } = step;
    if (instr.op === 'send' || instr.op === 'recv' || instr.op === 'select' || instr.op === 'close') return true;
    if (instr.op !== 'call') return false;
    const { callee } = instr.call;
    if (callee.kind === 'static' || callee.kind === 'unknown') return false;
    return callee.kind === 'intrinsic' ? this.#isVisibleOp(callee.op) : this.#callIsVisible(state, this.#ready(frame, instr.call, instr.pos));
  }

  #callIsVisible(state: State, ready: Ready): boolean {
    const op = this.#resolve(state, ready);
    return op.kind === 'cancel' || (op.kind === 'intrinsic' && this.#isVisibleOp(op.op));
  }

  #isVisibleOp(op: Intrinsic): boolean {
    return visible.has(op) || (this.withLocks && locking.has(op));
  }

  /** Runs all goroutines up to their next visible operation; answers with every way that can go. */
  settle(start: State, budget: Budget): State[] {
    const work = [start];
    const settled: State[] = [];
    const seen = new Set<string>();
    for (let state = work.pop(); state; state = work.pop()) {
      if (!budget.spend(1)) return [];
      if (state.exited) {
        settled.push(state);
        continue;
      }
      const index = this.#unsettled(state);
      if (index === -1) settled.push(state);
      else {
        const ways = this.#run(state, index, seen, budget);
        // A way that cannot be followed may lead anywhere: nobody is said to wait on its account.
        if (ways === 'nowhere') settled.push(end(state));
        else work.push(...ways);
      }
    }
    // A goroutine that only spins is not walked in turns with the others; nobody is said to wait on its account either.
    return settled.length > 0 || budget.exhausted ? settled : [end(start)];
  }

  /** The first goroutine that does not stand before a visible operation. */
  #unsettled(state: State): number {
    return state.procs.findIndex((proc) => proc.frames.length > 0 && !this.#isVisible(state, proc));
  }

  /**
   * Runs one goroutine until it stands before a visible operation, ends, or the way forks. Ways that part and meet again are one way:
   * what was `seen` is not gone on with. Without this, every irrelevant condition would double the work.
   */
  #run(state: State, index: number, seen: Set<string>, budget: Budget): State[] | 'nowhere' {
    const proc = state.procs[index];
    if (!proc) return [state];
    for (let steps = 0; proc.frames.length > 0 && !state.exited && !this.#isVisible(state, proc); steps += 1) {
      if (steps > longestRun) {
        // That it only spins is an answer too.
        budget.earn(steps);
        return [];
      }
      if (!budget.spend(1)) return [];
      const step = nextStep(proc);
      if (step === undefined) {
        this.#leave(state, index);
        continue;
      }
      const { frame } = step;
      const before = frame.pc;
      const forks = step.kind === 'deferred' ? this.#runDeferred(state, index, step.deferred) : this.#instr(state, index, frame, step.instr);
      if (forks === undefined) continue;
      if (forks.length === 0) return 'nowhere';
      const after = frame.pc;
      frame.pc = before;
      const isKnown = !isNew(seen, encode(state));
      frame.pc = after;
      return isKnown ? [] : forks.map((fork) => fork());
    }
    return seen.size === 0 || this.#unsettled(state) === -1 || isNew(seen, encode(state)) ? [state] : [];
  }

  #frame(code: Code, captures: readonly Value[], dsts: readonly Reg[], after: After | null = null): Frame {
    const regs: (Value | undefined)[] = Array.from({ length: code.regs });
    for (const [index, value] of captures.entries()) regs[index] = value;
    return { code, pc: 0, regs, defers: [], dsts, after, returned: null };
  }

  /** A value of a type that comes from unseen code. */
  opaque(state: State, type: Type): Value {
    const target = deref(type);
    if (target.kind === 'chan') return state.alloc({ o: 'chan', site: null, cap: Infinity, buf: [], closed: false, escaped: true, closedHere: false, elem: target.elem, of: { kind: 'plain' } });
    if (target.kind === 'named') {
      if (isNamed(target, 'context', 'Context')) return state.alloc({ o: 'ctx', parent: null, open: true, cancelled: false, cancellable: true });
      const primitive = this.#primitive(target, true);
      if (primitive) return state.alloc(primitive);
      if (target.path === '' && this.#compiler.pkg.infer.underlying(target).kind === 'struct') return state.alloc({ o: 'struct', type: target, opaque: true, escaped: true, fields: new Map() });
    }
    if (target.kind === 'struct') return state.alloc({ o: 'struct', type: target, opaque: true, escaped: true, fields: new Map() });
    return state.symbol();
  }

  #primitive(type: Type, escaped: boolean): Obj | undefined {
    if (type.kind !== 'named') return undefined;
    switch (`${type.path}.${type.name}`) {
      case 'sync.Mutex':
      case 'sync.RWMutex':
        return { o: 'mutex', writer: false, readers: 0, escaped: false, site: null };
      case 'sync.WaitGroup':
        return { o: 'waitGroup', n: 0, escaped, site: null };
      case 'sync.Once':
        return { o: 'once', state: 'new', escaped };
      case 'sync.Cond':
        return { o: 'cond', locker: nil, escaped };
      case 'golang.org/x/sync/errgroup.Group':
        return { o: 'group', n: 0, ctx: null, escaped };
      default:
        return undefined;
    }
  }

  /** The zero value of a type. */
  #zero(state: State, type: Type): Value {
    switch (type.kind) {
      case 'chan':
      case 'pointer':
      case 'func':
      case 'interface':
        return nil;
      case 'slice':
        return state.alloc({ o: 'list', elems: [], escaped: false });
      case 'struct':
        return state.alloc({ o: 'struct', type, opaque: false, escaped: false, fields: new Map() });
      case 'basic':
        if (type.name === 'bool') return { t: 'bool', v: false };
        if (type.name === 'error') return nil;
        if (type.name === 'string') return { t: 'const', v: '""' };
        return /int/u.test(type.name) ? { t: 'int', v: 0 } : state.lossySymbol();
      case 'named': {
        const primitive = this.#primitive(type, false);
        if (primitive) return state.alloc(primitive);
        if (type.path === 'context') return nil;
        if (type.path !== '') return state.lossySymbol();
        const under = this.#compiler.pkg.infer.underlying(type);
        if (under.kind === 'struct') return state.alloc({ o: 'struct', type, opaque: false, escaped: false, fields: new Map() });
        return under.kind === 'named' ? state.lossySymbol() : this.#zero(state, under);
      }
      default:
        return state.lossySymbol();
    }
  }

  /** One instruction that others cannot see; answers with the ways it can go where there are several. */
  #instr(state: State, index: number, frame: Frame, instr: Instr): Fork[] | undefined {
    const { regs } = frame;
    const proc = state.procs[index];
    frame.pc += 1;
    switch (instr.op) {
      case 'nil':
        regs[instr.dst] = nil;
        return undefined;
      case 'int':
        regs[instr.dst] = { t: 'int', v: instr.value };
        return undefined;
      case 'bool':
        regs[instr.dst] = { t: 'bool', v: instr.value };
        return undefined;
      case 'const':
        regs[instr.dst] = { t: 'const', v: instr.value };
        return undefined;
      case 'unknown': {
        const value = this.opaque(state, instr.type);
        regs[instr.dst] = value.t === 'sym' && instr.lossy ? state.lossySymbol() : value;
        return undefined;
      }
      case 'recover':
        regs[instr.dst] = proc?.unwinding && proc.unwinding.to !== null ? state.alloc({ o: 'cell', v: state.symbol(), escaped: true }) : nil;
        return undefined;
      case 'zero':
        regs[instr.dst] = this.#zero(state, instr.type);
        return undefined;
      case 'move':
        regs[instr.dst] = read(state, regs, instr.src);
        return undefined;
      case 'newCell':
        regs[instr.dst] = state.alloc({ o: 'cell', v: read(state, regs, instr.src), escaped: false });
        return undefined;
      case 'loadCell': {
        const cell = state.get(read(state, regs, instr.cell));
        regs[instr.dst] = cell?.o === 'cell' ? cell.v : state.lossySymbol();
        return undefined;
      }
      case 'storeCell': {
        const ref = read(state, regs, instr.cell);
        const cell = state.get(ref);
        const value = read(state, regs, instr.src);
        if (cell?.o === 'cell') {
          state.set(ref, { ...cell, v: value });
          if (cell.escaped) escape(state, value);
        } else if (regs[instr.cell] === undefined) regs[instr.cell] = state.alloc({ o: 'cell', v: value, escaped: false });
        else escape(state, value);
        return undefined;
      }
      case 'closure':
        regs[instr.dst] = {
          t: 'func',
          func: instr.func,
          captures: instr.captures.map((at) => {
            // A variable captured before its declaration ran (a label, a loop): its cell is made now.
            regs[at] ??= state.alloc({ o: 'cell', v: state.symbol(), escaped: false });
            return read(state, regs, at);
          }),
          recv: null,
          feeds: instr.feeds,
        };
        return undefined;
      case 'methodValue':
        regs[instr.dst] = { t: 'func', func: instr.func, captures: [], recv: read(state, regs, instr.recv) };
        return undefined;
      case 'funcValue':
        regs[instr.dst] = { t: 'func', func: instr.func, captures: [], recv: null };
        return undefined;
      case 'makeChan': {
        const size = instr.size === null ? null : read(state, regs, instr.size);
        const make = (at: State, cap: number): void => {
          const top = at.procs[index]?.frames.at(-1);
          if (top) top.regs[instr.dst] = at.alloc({ o: 'chan', site: { code: frame.code, pos: instr.pos, expr: instr.expr }, cap, buf: [], closed: false, escaped: false, closedHere: instr.closedHere, elem: instr.elem, of: { kind: 'plain' } });
        };
        if (size === null) make(state, 0);
        else if (size.t === 'int') {
          if (this.#isFilledByData(size.v, frame.code, instr.expr)) state.mostTurns = mostTurns + 1;
          make(state, size.v);
        } else if (size.t === 'sym' || size.t === 'ref') {
          const length = this.#length(state, size);
          if (length.t === 'int') {
            make(state, length.v);
            return undefined;
          }
          if (length.t !== 'sym' || length.lossy) {
            make(state, Infinity);
            return undefined;
          }
          // A size of zero by computation is nobody's intention; it is not tried.
          const sizes = sizesOf(state, length.id).filter((n) => n > 0);
          if (sizes.length === 0) {
            make(state, Infinity);
            return undefined;
          }
          return sizes.map((n) => () => {
            const copy = state.copy();
            assume(copy, '==', length, { t: 'int', v: n }, true);
            make(copy, n);
            return copy;
          });
        } else make(state, Infinity);
        return undefined;
      }
      case 'struct': {
        const primitive = this.#primitive(instr.type, false);
        if (primitive) {
          regs[instr.dst] = state.alloc(primitive.o === 'cond' ? { ...primitive, locker: read(state, regs, instr.fields[0]?.[1] ?? 0) } : primitive);
          return undefined;
        }
        if (instr.type.kind === 'named' && instr.type.path !== '') {
          for (const [, at] of instr.fields) escape(state, read(state, regs, at));
          regs[instr.dst] = state.symbol();
          return undefined;
        }
        regs[instr.dst] = state.alloc({ o: 'struct', type: instr.type, opaque: false, escaped: false, fields: new Map(instr.fields.map(([name, at]) => [name, read(state, regs, at)])) });
        return undefined;
      }
      case 'list':
        regs[instr.dst] = state.alloc({ o: 'list', elems: instr.elems.map((at) => read(state, regs, at)), escaped: false });
        return undefined;
      case 'makeList': {
        const size = read(state, regs, instr.size);
        regs[instr.dst] = size.t === 'int' && size.v <= largestCounter ? state.alloc({ o: 'list', elems: Array.from({ length: size.v }, () => this.#zero(state, instr.elem)), escaped: false }) : size.t === 'sym' ? size : state.lossySymbol();
        return undefined;
      }
      case 'append': {
        const list = state.get(read(state, regs, instr.list));
        const elems = instr.elems.map((at) => read(state, regs, at));
        if (list?.o === 'list' && list.elems.length + elems.length <= mostProcs) {
          regs[instr.dst] = state.alloc({ ...list, elems: [...list.elems, ...elems] });
          if (list.escaped) for (const elem of elems) escape(state, elem);
        } else if (read(state, regs, instr.list).t === 'nil') regs[instr.dst] = state.alloc({ o: 'list', elems, escaped: false });
        else {
          for (const elem of elems) escape(state, elem);
          regs[instr.dst] = state.lossySymbol();
        }
        return undefined;
      }
      case 'slice': {
        const value = read(state, regs, instr.list);
        const list = state.get(value);
        const [low, high] = [instr.low, instr.high].map((reg) => (reg === null ? undefined : read(state, regs, reg)));
        const isKnown = (at: Value | undefined): boolean => at === undefined || at.t === 'int';
        if (list?.o === 'list' && !list.escaped && isKnown(low) && isKnown(high)) {
          regs[instr.dst] = state.alloc({ ...list, elems: list.elems.slice(low?.t === 'int' ? low.v : 0, high?.t === 'int' ? high.v : undefined) });
        } else regs[instr.dst] = list?.o === 'list' ? value : state.lossySymbol(); // which part of a list is not known: it is taken for the whole
        return undefined;
      }
      case 'len':
        regs[instr.dst] = this.#length(state, read(state, regs, instr.x));
        return undefined;
      case 'cap': {
        const room = state.get(read(state, regs, instr.x));
        regs[instr.dst] = room?.o === 'chan' && Number.isFinite(room.cap) ? { t: 'int', v: room.cap } : this.#length(state, read(state, regs, instr.x));
        return undefined;
      }
      case 'field':
        regs[instr.dst] = this.#field(state, read(state, regs, instr.x), instr.name, instr.type);
        return undefined;
      case 'global':
        regs[instr.dst] = this.#field(state, globals, instr.name, instr.type);
        return undefined;
      case 'setGlobal':
        this.#setField(state, globals, instr.name, read(state, regs, instr.src));
        return undefined;
      case 'setField':
        this.#setField(state, read(state, regs, instr.x), instr.name, read(state, regs, instr.src));
        return undefined;
      case 'index': {
        const list = state.get(read(state, regs, instr.x));
        const at = read(state, regs, instr.i);
        const elem = list?.o === 'list' && at.t === 'int' ? list.elems[at.v] : undefined;
        if (elem === undefined && list?.o === 'list') escape(state, read(state, regs, instr.x)); // any of them
        const value = elem ?? this.opaque(state, instr.type);
        // Asked again, an element that is not known here is the same as before.
        regs[instr.dst] = value.t === 'sym' && elem === undefined ? state.lossySymbol() : value;
        return undefined;
      }
      case 'setIndex': {
        const ref = read(state, regs, instr.x);
        const list = state.get(ref);
        const at = read(state, regs, instr.i);
        if (list?.o === 'list' && at.t === 'int' && at.v < list.elems.length && !list.escaped) state.set(ref, { ...list, elems: list.elems.with(at.v, read(state, regs, instr.src)) });
        else escape(state, read(state, regs, instr.src));
        return undefined;
      }
      case 'compare': {
        const x = read(state, regs, instr.x);
        const y = read(state, regs, instr.y);
        const known = decide(state, instr.cmp, x, y);
        if (losesCount(state, instr.cmp, x, y)) state.exited = true; // nothing is claimed of such a run
        if (known !== undefined && (x.t === 'sym' || y.t === 'sym')) assume(state, instr.cmp, x, y, known);
        regs[instr.dst] = known === undefined ? { t: 'cmp', cmp: instr.cmp, x, y, negated: false } : { t: 'bool', v: known };
        return undefined;
      }
      case 'add': {
        const x = exactly(state, read(state, regs, instr.x));
        const y = exactly(state, read(state, regs, instr.y));
        const sum = x === undefined || y === undefined ? null : x + instr.sign * y;
        regs[instr.dst] = sum !== null && Math.abs(sum) <= largestCounter ? { t: 'int', v: sum } : state.lossySymbol();
        return undefined;
      }
      case 'not': {
        const x = read(state, regs, instr.x);
        regs[instr.dst] = x.t === 'bool' ? { t: 'bool', v: !x.v } : x.t === 'cmp' ? { ...x, negated: !x.negated } : { t: 'cmp', cmp: '==', x, y: { t: 'bool', v: false }, negated: false };
        return undefined;
      }
      case 'escape':
        escape(state, read(state, regs, instr.x));
        return undefined;
      case 'rangeStart':
        regs[instr.iter] = { t: 'int', v: 0 };
        return undefined;
      case 'rangeNext':
        return this.#rangeNext(state, index, frame, instr);
      case 'jump':
        frame.pc = instr.to;
        return undefined;
      case 'fork':
        return instr.to.map((to) => () => this.#fork(state, index, (top, copy) => {
          top.pc = to;
          copy.trace.push({ kind: 'branch', proc: uidOf(state, index), code: frame.code, pos: instr.pos, guessed: 'lossy' });
        }));
      case 'branch':
        return this.#branch(state, index, frame, instr);
      case 'return':
        frame.returned = instr.values.map((at) => read(state, regs, at));
        state.trace.push({ kind: 'return', proc: uidOf(state, index), code: frame.code, pos: instr.pos });
        return undefined;
      case 'defer':
        frame.defers = [...frame.defers.slice(-8), { call: instr.call, args: instr.call.args.map((at) => read(state, regs, at)), fn: instr.call.callee.kind === 'value' ? read(state, regs, instr.call.callee.fn) : null, pos: instr.pos }];
        return undefined;
      case 'go':
        this.#spawn(state, this.#ready(frame, instr.call, instr.pos), frame.code, []);
        return undefined;
      case 'call':
        return proc ? this.#call(state, index, this.#ready(frame, instr.call, instr.pos)) : undefined;
      case 'send':
      case 'recv':
      case 'close':
      case 'select':
        throw new Error(`${instr.op} is visible and is carried out by transitions`);
    }
  }

  #fork(state: State, index: number, change: (top: Frame, copy: State) => void): State {
    const copy = state.copy();
    const top = copy.procs[index]?.frames.at(-1);
    if (top) change(top, copy);
    return copy;
  }

  /** How many elements a value has; of an unknown collection, the symbol that stands for its size too. */
  #length(state: State, value: Value): Value {
    if (value.t === 'int') return value;
    const obj = state.get(value);
    if (obj?.o === 'list') return obj.escaped ? state.lossySymbol() : { t: 'int', v: obj.elems.length };
    // Without a buffer there is nothing in it; how much is in one changes from moment to moment.
    if (obj?.o === 'chan') return obj.cap === 0 && obj.of.kind === 'plain' ? { t: 'int', v: 0 } : state.lossySymbol();
    if (value.t === 'nil') return { t: 'int', v: 0 };
    return value.t === 'sym' ? value : state.lossySymbol();
  }

  #field(state: State, x: Value, name: string, type: Type): Value {
    const obj = state.get(x);
    if (obj?.o === 'timer' && name === 'C') {
      if (obj.kind === 'func') return nil; // source: time.AfterFunc's documentation
      // One channel per timer: made on first sight and kept nowhere else, so found again by its timer.
      if (x.t === 'ref') {
        for (const [id, one] of state.heap) if (one.o === 'chan' && one.of.kind === 'timer' && one.of.timer === x.id) return { t: 'ref', id };
        return state.alloc({ o: 'chan', site: obj.site, cap: 0, buf: [], closed: false, escaped: obj.escaped, closedHere: false, elem: unknown, of: { kind: 'timer', timer: x.id } });
      }
    }
    if (obj?.o === 'cond' && name === 'L') return obj.locker;
    if (x.t === 'sym' && obj === undefined) return this.#fieldOfSymbol(state, x.id, name, type);
    if (obj?.o !== 'struct') return this.opaque(state, type);
    const known = obj.fields.get(name);
    if (known) return known;
    // What has been handed out may have been filled in by whoever got it.
    const value = obj.opaque || obj.escaped ? this.opaque(state, type) : this.#zero(state, type);
    state.set(x, { ...obj, fields: new Map(obj.fields).set(name, value), read: new Set(obj.read).add(name) });
    if (obj.escaped) escape(state, value);
    return value;
  }

  /** A field of something of another package: it is not known, but asked again it is the same. Kept under the symbol's own number. */
  #fieldOfSymbol(state: State, id: number, name: string, type: Type): Value {
    const seen = state.heap.get(id);
    const { fields, read } = seen?.o === 'struct' ? seen : { fields: new Map<string, Value>(), read: undefined };
    const known = fields.get(name);
    if (known) return known;
    const value = this.opaque(state, type);
    state.heap.set(id, { o: 'struct', type: unknown, opaque: true, escaped: true, fields: new Map(fields).set(name, value), read: new Set(read).add(name), ofSymbol: true });
    return value;
  }

  #setField(state: State, ref: Value, name: string, value: Value): void {
    const target = ref.t === 'sym' ? state.heap.get(ref.id) : state.get(ref);
    if (target?.o === 'struct' && (ref.t === 'sym' || ref.t === 'ref')) {
      const read = new Set(target.read);
      read.delete(name);
      state.heap.set(ref.id, { ...target, fields: new Map(target.fields).set(name, value), read });
      if (target.escaped) escape(state, value);
    } else if (target?.o === 'cond' && name === 'L') state.set(ref, { ...target, locker: value });
    else escape(state, value);
  }

  #branch(state: State, index: number, frame: Frame, instr: Extract<Instr, { op: 'branch' }>): Fork[] | undefined {
    const cond = frame.regs[instr.cond] ?? state.lossySymbol();
    const known = this.#truth(state, cond) ?? (instr.loop ? firstTurn(cond) : undefined);
    const note = (holds: boolean): Event => ({ kind: 'branch', proc: uidOf(state, index), code: frame.code, pos: instr.pos, taken: holds });
    if (known !== undefined) {
      if (cond.t === 'cmp' && !this.reach.forgets) assume(state, cond.cmp, cond.x, cond.y, known !== cond.negated);
      frame.pc = known ? instr.then : instr.else;
      state.trace.push(note(known));
      return undefined;
    }
    return [true, false].map((holds) => () => this.#fork(state, index, (top, copy) => {
      if (cond.t === 'cmp' && !this.reach.forgets) assume(copy, cond.cmp, cond.x, cond.y, holds !== cond.negated);
      else if (!this.reach.forgets) assume(copy, '==', cond, { t: 'bool', v: true }, holds);
      top.pc = holds ? instr.then : instr.else;
      copy.trace.push({ ...note(holds), guessed: isLossy(cond) || this.reach.forgets ? 'lossy' : 'free' });
    }));
  }

  #truth(state: State, cond: Value): boolean | undefined {
    if (cond.t === 'bool') return cond.v;
    if (cond.t === 'cmp') {
      const known = decide(state, cond.cmp, cond.x, cond.y);
      return known === undefined ? undefined : known !== cond.negated;
    }
    return decide(state, '==', cond, { t: 'bool', v: true });
  }

  #rangeNext(state: State, index: number, frame: Frame, instr: Extract<Instr, { op: 'rangeNext' }>): Fork[] | undefined {
    const at = frame.regs[instr.iter];
    const x = frame.regs[instr.x] ?? state.lossySymbol();
    if (x.t === 'func') escape(state, x); // an iterator: its code is not followed through its yield
    const turn = at?.t === 'int' ? at.v : 0;
    const size = x.t === 'int' ? x : this.#length(state, x);
    const known = size.t === 'sym' || size.t === 'int' ? decide(state, '<', { t: 'int', v: turn }, size) : undefined;
    if (losesCount(state, '<', { t: 'int', v: turn }, size)) state.exited = true; // nothing is claimed of such a run
    const more = known ?? (turn === 0 ? true : undefined); // see firstTurn
    if (more !== undefined && size.t === 'sym') assume(state, '<', { t: 'int', v: turn }, size, more);
    const enter = (top: Frame, copy: State): void => {
      const list = copy.get(x);
      top.regs[instr.key] = list?.o === 'list' || x.t === 'int' ? { t: 'int', v: turn } : this.opaque(copy, instr.types[0]);
      top.regs[instr.value] = list?.o === 'list' ? (list.elems[turn] ?? this.opaque(copy, instr.types[1])) : this.opaque(copy, instr.types[1]);
      top.regs[instr.iter] = { t: 'int', v: turn + 1 };
    };
    const note = (holds: boolean): Event => ({ kind: 'branch', proc: uidOf(state, index), code: frame.code, pos: instr.pos, taken: holds });
    if (more !== undefined) {
      state.trace.push(note(more));
      if (more) enter(frame, state);
      else frame.pc = instr.done;
      return undefined;
    }
    return [true, false].map((holds) => () => this.#fork(state, index, (top, copy) => {
      assume(copy, '<', { t: 'int', v: turn }, size, holds);
      copy.trace.push({ ...note(holds), guessed: isLossy(size) || isLossy(x) ? 'lossy' : 'free' });
      if (holds) enter(top, copy);
      else top.pc = instr.done;
    }));
  }

  #ready(frame: Frame, call: Call, pos: number): Ready {
    return { call, fn: call.callee.kind === 'value' ? (frame.regs[call.callee.fn] ?? nil) : null, args: call.args.map((at) => frame.regs[at] ?? nil), dsts: call.dsts, pos };
  }

  #readyDeferred(deferred: Deferred): Ready {
    return { call: deferred.call, fn: deferred.fn, args: deferred.args, dsts: [], pos: deferred.pos };
  }

  /** What a call comes down to once its values are known. */
  #resolve(state: State, ready: Ready):
    | { readonly kind: 'code'; readonly code: Code; readonly captures: readonly Value[]; readonly args: readonly Value[] }
    | { readonly kind: 'intrinsic'; readonly op: Intrinsic }
    | { readonly kind: 'cancel'; readonly ctx: number }
    | { readonly kind: 'unknown'; readonly inert: boolean } {
    const { callee } = ready.call;
    switch (callee.kind) {
      case 'static':
        return { kind: 'code', code: this.#compiler.codeOf(callee.func), captures: [], args: ready.args };
      case 'intrinsic':
        return { kind: 'intrinsic', op: callee.op };
      case 'unknown':
        return { kind: 'unknown', inert: callee.inert };
      case 'value': {
        const { fn } = ready;
        if (fn?.t === 'cancel') return { kind: 'cancel', ctx: fn.ctx };
        if (fn?.t !== 'func' || (fn.func.kind === 'FuncDecl' && !fn.func.body)) return { kind: 'unknown', inert: false };
        return { kind: 'code', code: this.#compiler.codeOf(fn.func), captures: fn.captures, args: fn.recv ? [fn.recv, ...ready.args] : ready.args };
      }
      case 'method': {
        const recv = state.get(ready.args[0]);
        if (recv?.o === 'mutex' && callee.name === 'Lock') return { kind: 'intrinsic', op: 'Mutex.Lock' };
        if (recv?.o === 'mutex' && callee.name === 'Unlock') return { kind: 'intrinsic', op: 'Mutex.Unlock' };
        if (recv?.o === 'ctx' && (callee.name === 'Done' || callee.name === 'Err')) return { kind: 'intrinsic', op: `Context.${callee.name}` };
        if (recv?.o === 'struct' && !recv.opaque) {
          const method = this.#compiler.pkg.methodOf(recv.type, callee.name);
          if (method?.decl.body && method.path.length === 0) return { kind: 'code', code: this.#compiler.codeOf(method.decl), captures: [], args: ready.args };
        }
        return { kind: 'unknown', inert: false };
      }
    }
  }

  #setResults(frame: Frame | undefined, dsts: readonly Reg[], values: readonly Value[]): void {
    if (!frame) return;
    for (const [index, dst] of dsts.entries()) {
      const value = values[index];
      if (value) frame.regs[dst] = value;
    }
  }

  #call(state: State, index: number, ready: Ready): Fork[] | undefined {
    const proc = state.procs[index];
    const frame = proc?.frames.at(-1);
    if (!proc || !frame) return undefined;
    const target = this.#resolve(state, ready);
    switch (target.kind) {
      case 'code':
        this.#enter(state, proc, target.code, target.captures, target.args, ready);
        return undefined;
      case 'unknown':
        this.#unseen(state, frame, ready, target.inert);
        return undefined;
      case 'cancel':
        throw new Error('cancel is visible and is carried out by transitions');
      case 'intrinsic':
        return this.#intrinsic(state, index, frame, ready, target.op);
    }
  }

  #unseen(state: State, frame: Frame, ready: Ready, inert: boolean): void {
    if (!inert) {
      for (const arg of ready.args) escape(state, arg);
      if (ready.fn) escape(state, ready.fn);
    }
    this.#setResults(frame, ready.dsts, ready.dsts.map((_, at) => this.opaque(state, ready.call.results[at] ?? unknown)));
  }

  /** Runs code as a new frame of a goroutine; code nested too deep is taken as unseen. */
  #enter(state: State, proc: Proc, code: Code, captures: readonly Value[], args: readonly Value[], ready: Ready, after: After | null = null): void {
    const top = proc.frames.at(-1);
    const depth = proc.frames.filter((one) => one.code === code).length;
    this.#nested = Math.max(this.#nested, proc.frames.length);
    const isInReach = proc.frames.length < this.reach.deepest && (this.reach.only === 'any' || [...args, ...captures].some((value) => carries(state, value)));
    if (!isInReach || depth >= 2) {
      // Code of the package that is not followed: whatever locks it can come to, it may release.
      for (const value of [globals, ...args, ...captures]) escape(state, value, true);
      if (top) this.#unseen(state, top, ready, true);
      finish(state, after);
      return;
    }
    const frame = this.#frame(code, captures, ready.dsts, after);
    this.#pass(state, frame, args, ready.call.node.hasEllipsis);
    proc.frames.push(frame);
  }

  #pass(state: State, frame: Frame, args: readonly Value[], hasEllipsis: boolean): void {
    const { params, variadic } = frame.code;
    for (const [at, { reg, type }] of params.entries()) {
      if (variadic && at === params.length - 1 && !hasEllipsis) frame.regs[reg] = state.alloc({ o: 'list', elems: args.slice(at), escaped: false });
      else frame.regs[reg] = args[at] ?? this.opaque(state, type);
    }
  }

  /** Starts a goroutine, unless there are so many already that one more tells nothing new. */
  #spawn(state: State, ready: Ready, code: Code, done: readonly number[], timer: number | null = null): void {
    const target = this.#resolve(state, ready);
    const alike = state.procs.filter((proc) => proc.frames.length > 0 && proc.spawn?.code === code && proc.spawn.pos === ready.pos).length;
    const alive = state.procs.filter((proc) => proc.frames.length > 0).length;
    if (target.kind !== 'code' || alike >= mostProcsOfOneSpawn || alive >= mostProcs || !this.#isSpawnInReach(state, target.code, [...target.args, ...target.captures])) {
      if (target.kind === 'unknown' && target.inert) return;
      for (const arg of [...ready.args, ...(target.kind === 'code' ? [globals, ...target.captures] : [])]) escape(state, arg, target.kind === 'code');
      if (ready.fn) escape(state, ready.fn);
      for (const id of done) escape(state, { t: 'ref', id });
      return;
    }
    const frame = this.#frame(target.code, target.captures, []);
    this.#pass(state, frame, target.args, ready.call.node.hasEllipsis);
    const uid = state.nextId;
    state.nextId += 1;
    state.procs.push({ uid, frames: [frame], spawn: { code, pos: ready.pos }, done, unwinding: null, timer, dormant: timer !== null, waiting: null });
    state.trace.push({ kind: 'spawn', proc: uid, code, pos: ready.pos });
  }

  /** Whether a goroutine is followed. One that was given nothing to wait on meets nobody in what it was started from; as a function of its own it is studied by itself. */
  #isSpawnInReach(state: State, code: Code, given: readonly Value[]): boolean {
    return this.reach.only === 'any' || code.func.kind === 'FuncLit' || given.some((value) => value.t === 'func' || carries(state, value));
  }

  #runDeferred(state: State, index: number, deferred: Deferred): Fork[] | undefined {
    const frame = state.procs[index]?.frames.at(-1);
    if (!frame) return undefined;
    frame.defers = frame.defers.slice(0, -1);
    return this.#call(state, index, this.#readyDeferred(deferred));
  }

  /** A frame whose deferred calls are done goes back to its caller; the last one ends the goroutine. */
  #leave(state: State, index: number): void {
    const proc = state.procs[index];
    const frame = proc?.frames.pop();
    if (!proc || !frame) return;
    finish(state, frame.after);
    const values = frame.returned ?? [];
    const caller = proc.frames.at(-1);
    if (proc.unwinding) {
      if (proc.unwinding.to === proc.frames.length) proc.unwinding = null; // this frame's deferred call recovered
      else if (caller) caller.returned ??= [];
    }
    if (caller) {
      const types = frame.code.resultTypes;
      this.#setResults(caller, frame.dsts, frame.dsts.map((_, at) => values[at] ?? this.opaque(state, types[at] ?? unknown)));
      return;
    }
    state.trace.push({ kind: 'end', proc: uidOf(state, index), code: frame.code, pos: frame.code.func.end - 1 });
    if (proc.spawn === null) {
      for (const value of values) escape(state, value);
      if (isMain(frame.code, this.#compiler.pkg.name)) state.exited = true;
    }
    for (const id of proc.done) {
      const counter = state.heap.get(id);
      if (counter?.o === 'waitGroup' || counter?.o === 'group') state.heap.set(id, { ...counter, n: Math.max(0, counter.n - 1) });
    }
  }

  /** Ends a goroutine by Goexit or a panic: its frames leave, running their deferred calls. */
  #unwind(proc: Proc, to: number | null): void {
    proc.unwinding = { to };
    const top = proc.frames.at(-1);
    if (top) top.returned ??= [];
  }

  /** Intrinsics that others cannot see. */
  #intrinsic(state: State, index: number, frame: Frame, ready: Ready, op: Intrinsic): Fork[] | undefined {
    const proc = state.procs[index];
    const [recv, first] = ready.args;
    const results = (...values: Value[]): undefined => {
      this.#setResults(frame, ready.dsts, values);
      return undefined;
    };
    const child = (parent: Value | undefined, cancellable: boolean, open: boolean): number => {
      const ref = state.alloc({ o: 'ctx', parent: state.get(parent)?.o === 'ctx' && parent?.t === 'ref' ? parent.id : null, open: open || (state.get(parent)?.o !== 'ctx' && op !== 'WithoutCancel' && op !== 'Background'), cancelled: false, cancellable });
      return ref.t === 'ref' ? ref.id : 0;
    };
    const timer = (kind: 'timer' | 'ticker' | 'func'): Value => state.alloc({ o: 'timer', state: 'armed', escaped: false, kind, site: { code: frame.code, pos: ready.pos, expr: ready.call.node } });
    switch (op) {
      case 'Background':
      case 'WithoutCancel':
        { results({ t: 'ref', id: child(undefined, false, false) }); return; }
      case 'WithValue':
        { results({ t: 'ref', id: child(recv, false, false) }); return; }
      case 'WithCancel':
      case 'WithTimeout': {
        const id = child(recv, true, op === 'WithTimeout');
        results({ t: 'ref', id }, { t: 'cancel', ctx: id }); return;
      }
      case 'testing.Context': {
        // Cancelled just before the test's cleanups: while the test runs, whoever asks for it, it is not done.
        const [outermost] = state.procs.find((proc) => proc.spawn === null)?.frames ?? [];
        const ctx = state.alloc({ o: 'ctx', parent: null, open: outermost === undefined, cancelled: false, cancellable: true });
        const end = { ...ready.call, callee: { kind: 'value' as const, fn: 0 }, args: [], dsts: [] };
        if (outermost && ctx.t === 'ref') outermost.defers = [{ call: end, args: [], fn: { t: 'cancel', ctx: ctx.id }, pos: ready.pos }, ...outermost.defers];
        results(ctx); return;
      }
      case 'Context.Done': {
        const ctx = state.get(recv);
        if (ctx?.o !== 'ctx' || recv?.t !== 'ref') { results(this.opaque(state, { kind: 'chan', dir: 'recv', elem: unknown })); return; }
        if (!canEnd(state, recv.id)) { results({ t: 'nil', of: 'done' }); return; }
        results(state.alloc({ o: 'chan', site: null, cap: 0, buf: [], closed: false, escaped: false, closedHere: false, elem: unknown, of: { kind: 'done', ctx: recv.id } })); return;
      }
      case 'Context.Err': {
        // While it is open it may be done at any time, and is asked anew.
        const isKnown = state.get(recv)?.o === 'ctx' && recv?.t === 'ref';
        if (isKnown && isDone(state, recv.id)) results({ t: 'const', v: 'context.Canceled' });
        else if (isKnown && !canEnd(state, recv.id)) results(nil);
        else this.#unseen(state, frame, ready, true);
        return undefined;
      }
      case 'NewTimer':
        { results(timer('timer')); return; }
      case 'NewTicker':
        { results(timer('ticker')); return; }
      case 'AfterFunc': {
        const ref = timer('func');
        if (ref.t === 'ref') this.#spawn(state, { ...ready, call: { ...ready.call, callee: { kind: 'value', fn: 0 } }, fn: first ?? null, args: [] }, frame.code, [], ref.id);
        results(ref); return;
      }
      case 'After':
      case 'Tick':
        { results(state.alloc({ o: 'chan', site: null, cap: 1, buf: [], closed: false, escaped: false, closedHere: false, elem: unknown, of: { kind: 'time' } })); return; }
      case 'NewCond':
        { results(state.alloc({ o: 'cond', locker: recv ?? nil, escaped: false })); return; }
      case 'errgroup.WithContext': {
        const ctx = child(recv, true, true);
        results(state.alloc({ o: 'group', n: 0, ctx, escaped: false }), { t: 'ref', id: ctx }); return;
      }
      case 'errgroup.Go':
      case 'WaitGroup.Go': {
        const counter = state.get(recv);
        if ((counter?.o === 'waitGroup' || counter?.o === 'group') && recv?.t === 'ref' && first?.t === 'func') {
          state.set(recv, { ...counter, n: counter.n + 1 });
          this.#spawn(state, { ...ready, call: { ...ready.call, callee: { kind: 'value', fn: 0 } }, fn: first, args: [] }, frame.code, [recv.id]);
        } else for (const arg of ready.args) escape(state, arg);
        return undefined;
      }
      case 'testing.Run': {
        const body = ready.args[2];
        if (proc && body?.t === 'func') this.#enter(state, proc, this.#compiler.codeOf(body.func), body.captures, [...(body.recv ? [body.recv] : []), state.symbol()], { ...ready, dsts: [] });
        else for (const arg of ready.args) escape(state, arg);
        results(state.symbol()); return;
      }
      case 'Mutex.Lock':
      case 'Mutex.Unlock':
      case 'RWMutex.RLock':
      case 'RWMutex.RUnlock':
        return undefined;
      case 'Mutex.TryLock':
        { results(state.symbol()); return; }
      case 'Goexit':
        if (proc) this.#unwind(proc, null);
        state.trace.push({ kind: 'goexit', proc: uidOf(state, index), code: frame.code, pos: ready.pos });
        return undefined;
      case 'exit':
        state.exited = true;
        return undefined;
      case 'panic': {
        if (!proc) return undefined;
        const recoverer = proc.frames.findLastIndex((one) => one.code.recovers && one.defers.length > 0);
        if (recoverer === -1) state.exited = true;
        else this.#unwind(proc, recoverer);
        return undefined;
      }
      default:
        // Whatever has no rule of its own: code that is not followed.
        this.#unseen(state, frame, ready, false);
        return undefined;
    }
  }

  /** Everything the visible operation of goroutine `index` can lead to; nothing while it blocks. */
  transitions(state: State, index: number): Transition[] {
    const proc = state.procs[index];
    const step = proc ? nextStep(proc) : undefined;
    if (!proc || !step) return [];
    if (proc.dormant) return [this.#wakeDormant(state, index)];
    if (step.kind === 'deferred') return this.#visibleCall(state, index, this.#readyDeferred(step.deferred), true);
    const { instr, frame } = step;
    switch (instr.op) {
      case 'send':
        return this.#send(state, index, frame.regs[instr.chan], frame.regs[instr.src] ?? nil, instr.pos, null);
      case 'recv':
        return this.#receive(state, index, frame.regs[instr.chan], null, instr.range);
      case 'close':
        return this.#close(state, index, frame.regs[instr.chan], instr.pos);
      case 'select':
        return this.#select(state, index, frame, instr);
      case 'call':
        return this.#visibleCall(state, index, this.#ready(frame, instr.call, instr.pos), false);
      default:
        return [];
    }
  }

  /** The state after goroutine `index` got past its operation. */
  #after(state: State, index: number, arm: SelectArm | null, change: (copy: State, top: Frame, proc: Proc) => void, note?: Omit<Event, 'proc' | 'code'>): State {
    const copy = state.copy();
    const proc = copy.procs[index];
    const top = proc?.frames.at(-1);
    if (!proc || !top) return copy;
    top.pc = arm ? arm.to : top.pc + 1;
    change(copy, top, proc);
    if (note) copy.trace.push({ ...note, proc: uidOf(state, index), code: top.code });
    if (arm) copy.trace.push({ kind: 'select', proc: uidOf(state, index), code: top.code, pos: arm.clause.pos, taken: arm.clause });
    return copy;
  }

  #chan(state: State, value: Value | undefined): Chan | 'nil' | 'any' {
    if (value?.t === 'nil') return 'nil';
    const obj = state.get(value);
    return obj?.o === 'chan' ? obj : 'any';
  }

  #send(state: State, index: number, ref: Value | undefined, value: Value, pos: number, arm: SelectArm | null): Transition[] {
    const chan = this.#chan(state, ref);
    if (chan === 'nil') return [];
    const note = { kind: 'send', pos } as const;
    if (chan === 'any' || chan.escaped || chan.of.kind !== 'plain') {
      return [{ state: this.#after(state, index, arm, (copy) => escape(copy, value), note), moved: [index] }];
    }
    if (chan.closed) return [crash(state, index)]; // a send on a closed channel panics: another bug than a leak
    const found: Transition[] = [];
    if (chan.buf.length < this.#roomFor(state, index, chan, arm)) {
      found.push({ state: this.#after(state, index, arm, (copy) => copy.set(ref, { ...chan, buf: Number.isFinite(chan.cap) ? [...chan.buf, value] : chan.buf }), note), moved: [index] });
    }
    if (chan.cap === 0) {
      for (const partner of this.#receivers(state, index, ref)) {
        const after = this.#after(state, index, arm, () => undefined, note);
        this.#deliver(after, partner.index, partner.arm, value, true);
        found.push({ state: after, moved: [index, partner.index] });
      }
    }
    return found;
  }

  /**
   * How many values a buffer takes of a send. Loops over data are walked for few turns, so that what they send would never fill a larger buffer:
   * for them it is one that they can fill. Not in tests, whose author knows how much there is.
   */
  #roomFor(state: State, index: number, { cap, site }: Chan, arm: SelectArm | null): number {
    if (site?.expr?.kind !== 'CallExpr' || !this.#isFilledByData(cap, site.code, site.expr)) return cap;
    const { frames, spawn } = state.procs[index] ?? {};
    const turns = (frames ?? []).map(({ code, pc }, depth) => (depth + 1 === frames?.length ? this.#repetition.of(code, pc, arm ? [arm.to] : [pc + 1], cap) : this.#repetition.of(code, pc - 1, [pc], cap)));
    if (spawn) {
      const pc = spawn.code.instrs.findIndex((instr) => instr.op === 'go' && instr.pos === spawn.pos);
      turns.push(this.#repetition.of(spawn.code, pc, [pc + 1], cap));
    }
    return turns.includes('data') ? 1 : turns.includes('stream') ? Math.min(cap, largestBuffer) : cap;
  }

  /** Whether a buffer is so large, by what is written, that loops over data are walked for too few turns to fill it. */
  #isFilledByData(cap: number, code: Code, { args: [, size] }: CallExpr): boolean {
    return cap >= 2 && Number.isFinite(cap) && size !== undefined && !isTestFile(code.file) && constantOf(this.#compiler.pkg, size) !== null;
  }

  /** Goroutines that stand at a receive from a channel, by a statement or by an arm of a select. */
  #receivers(state: State, except: number, ref: Value | undefined): { readonly index: number; readonly arm: SelectArm | null }[] {
    const found: { index: number; arm: SelectArm | null }[] = [];
    for (const [index, proc] of state.procs.entries()) {
      if (index === except) continue;
      const step = nextStep(proc);
      if (step?.kind !== 'instr') continue;
      const { instr, frame } = step;
      const isIt = (at: Reg): boolean => {
        const value = frame.regs[at];
        return value?.t === 'ref' && ref?.t === 'ref' && value.id === ref.id;
      };
      if (instr.op === 'recv' && isIt(instr.chan)) found.push({ index, arm: null });
      if (instr.op === 'select') for (const arm of instr.arms) if (arm.dir === 'recv' && isIt(arm.chan)) found.push({ index, arm });
    }
    return found;
  }

  /** Gives a value to a goroutine that stands at a receive. */
  #deliver(state: State, index: number, arm: SelectArm | null, value: Value, ok: boolean | null, lapsed = false): void {
    const top = state.procs[index]?.frames.at(-1);
    const instr = top?.code.instrs[top.pc];
    if (!top || !instr) return;
    // Whoever closes a channel in unseen hands may be known to the code, as one that closes it only when it is told to.
    const okValue: Value = ok === null ? state.lossySymbol() : { t: 'bool', v: ok };
    if (arm) {
      top.regs[arm.value] = value;
      top.regs[arm.ok] = okValue;
      top.pc = arm.to;
      state.trace.push({ kind: 'select', proc: uidOf(state, index), code: top.code, pos: arm.clause.pos, taken: arm.clause, ...(lapsed && { lapsed }) });
    } else if (instr.op === 'recv') {
      top.regs[instr.dst] = value;
      top.regs[instr.ok] = okValue;
      top.pc += 1;
      state.trace.push({ kind: 'recv', proc: uidOf(state, index), code: top.code, pos: instr.pos, ...(lapsed && { lapsed }) });
    }
  }

  #receive(state: State, index: number, ref: Value | undefined, arm: SelectArm | null, range = false): Transition[] {
    const chan = this.#chan(state, ref);
    if (chan === 'nil') return [];
    const receive = (change: (copy: State) => Value, ok: boolean | null, lapsed = false): Transition => {
      const copy = state.copy();
      const value = change(copy);
      this.#deliver(copy, index, arm, value, ok, lapsed);
      return { state: copy, moved: [index] };
    };
    if (chan === 'any') return [receive((copy) => copy.symbol(), null, true)];
    switch (chan.of.kind) {
      case 'time':
        return [receive((copy) => copy.symbol(), true)];
      case 'done': {
        const { ctx: id } = chan.of;
        if (!mayBeDone(state, id)) return [];
        return [receive((copy) => {
          // What is done stays so.
          const ctx = copy.heap.get(id);
          if (ctx?.o === 'ctx') copy.heap.set(id, { ...ctx, cancelled: true });
          return nil;
        }, false, !isDone(state, id))];
      }
      case 'timer': {
        const { timer } = chan.of;
        const obj = state.heap.get(timer);
        if (obj?.o !== 'timer' || obj.escaped) return [receive((copy) => copy.symbol(), true)];
        if (obj.state === 'idle') return [];
        return [receive((copy) => {
          copy.heap.set(timer, { ...obj, state: obj.kind === 'ticker' ? 'armed' : 'idle' });
          return copy.symbol();
        }, true)];
      }
      case 'plain':
    }
    if (chan.escaped && chan.closedHere && chan.closed) return [receive((copy) => this.#zero(copy, chan.elem), false)];
    // Whatever is still sent, a loop until it is closed goes on once nobody is left who closes it.
    if (chan.escaped && chan.closedHere && range && state.procs.every((proc, at) => at === index || proc.frames.length === 0)) return [];
    if (chan.escaped) return [receive((copy) => this.opaque(copy, chan.elem), null, true)];
    const [head, ...rest] = chan.buf;
    if (head) {
      return [receive((copy) => {
        copy.set(ref, { ...chan, buf: rest });
        return head;
      }, true)];
    }
    if ((chan.cap === Infinity || chan.fed === true) && !chan.closed) return [receive((copy) => this.opaque(copy, chan.elem), null)];
    if (chan.closed) return [receive((copy) => this.#zero(copy, chan.elem), false)];
    return []; // a sender that stands ready moves both
  }

  #close(state: State, index: number, ref: Value | undefined, pos: number): Transition[] {
    const chan = this.#chan(state, ref);
    if (chan === 'nil' || (chan !== 'any' && chan.closed && (!chan.escaped || chan.closedHere))) return [crash(state, index)];
    return [{
      state: this.#after(state, index, null, (copy) => {
        if (chan !== 'any') copy.set(ref, { ...chan, closed: true });
      }, { kind: 'close', pos }),
      moved: [index],
    }];
  }

  #select(state: State, index: number, frame: Frame, instr: Extract<Instr, { op: 'select' }>): Transition[] {
    const found: Transition[] = [];
    let certain = false;
    for (const arm of instr.arms) {
      const ref = frame.regs[arm.chan];
      const ways = arm.dir === 'send' ? this.#send(state, index, ref, frame.regs[arm.value] ?? nil, arm.clause.pos, arm) : this.#receive(state, index, ref, arm);
      const chan = this.#chan(state, ref);
      // Ready by what lies in the channel, not by a goroutine or by unseen code that may or may not be there yet.
      if (ways.length > 0 && chan !== 'nil' && chan !== 'any' && !chan.escaped && chan.of.kind === 'plain') certain ||= arm.dir === 'send' ? chan.buf.length < this.#roomFor(state, index, chan, arm) : chan.buf.length > 0 || chan.closed;
      if (ways.length > 0 && chan !== 'nil' && chan !== 'any' && chan.of.kind === 'done') certain ||= isDone(state, chan.of.ctx);
      found.push(...ways);
    }
    if (instr.otherwise !== null && !certain) {
      const to = instr.otherwise;
      found.push({
        state: this.#fork(state, index, (top, copy) => {
          top.pc = to;
          copy.trace.push({ kind: 'select', proc: uidOf(state, index), code: top.code, pos: instr.pos, taken: null });
        }),
        moved: [index],
      });
    }
    return found;
  }

  /** A visible call: locks, counters, timers, cancels. */
  #visibleCall(state: State, index: number, ready: Ready, deferred: boolean): Transition[] {
    const target = this.#resolve(state, ready);
    const past = (change: (copy: State, top: Frame, proc: Proc) => void): Transition => {
      const copy = state.copy();
      const proc = copy.procs[index];
      const top = proc?.frames.at(-1);
      if (proc && top) {
        if (deferred) top.defers = top.defers.slice(0, -1);
        else top.pc += 1;
        change(copy, top, proc);
      }
      return { state: copy, moved: [index] };
    };
    if (target.kind === 'cancel') {
      return [past((copy) => {
        const ctx = copy.heap.get(target.ctx);
        if (ctx?.o === 'ctx') copy.heap.set(target.ctx, { ...ctx, cancelled: true });
      })];
    }
    if (target.kind !== 'intrinsic') return [];
    const [recv, first] = ready.args;
    const obj = state.get(recv);
    const result = (top: Frame, value: Value): void => this.#setResults(top, ready.dsts, [value]);
    const held = (copy: State, top: Frame, kind: 'lock' | 'unlock'): void => {
      if (recv?.t === 'ref') copy.trace.push({ kind, proc: uidOf(state, index), code: top.code, pos: ready.pos, on: recv.id });
    };
    switch (target.op) {
      case 'close':
        return deferred ? this.#closeDeferred(state, index, recv, ready.pos, past) : this.#close(state, index, recv, ready.pos);
      case 'Mutex.Lock':
        if (obj?.o !== 'mutex' || obj.escaped) return [past(() => undefined)];
        if (obj.writer || obj.readers > 0) return [];
        return [past((copy, top) => {
          copy.set(recv, { ...obj, writer: true });
          held(copy, top, 'lock');
        })];
      case 'Mutex.Unlock':
        return [past((copy, top) => {
          if (obj?.o === 'mutex') copy.set(recv, { ...obj, writer: false });
          held(copy, top, 'unlock');
        })];
      case 'Mutex.TryLock': {
        if (obj?.o !== 'mutex') return [past((copy, top) => result(top, copy.symbol()))];
        const free = !obj.writer && obj.readers === 0;
        return [past((copy, top) => {
          if (free) {
            copy.set(recv, { ...obj, writer: true });
            held(copy, top, 'lock');
          }
          result(top, { t: 'bool', v: free });
        })];
      }
      case 'RWMutex.RLock':
        if (obj?.o !== 'mutex' || obj.escaped) return [past(() => undefined)];
        if (obj.writer || (obj.readers > 0 && this.#writerWaits(state, index, recv))) return [];
        return [past((copy, top) => {
          copy.set(recv, { ...obj, readers: Math.min(obj.readers + 1, largestCounter) });
          held(copy, top, 'lock');
        })];
      case 'RWMutex.RUnlock':
        return [past((copy, top) => {
          if (obj?.o === 'mutex') copy.set(recv, { ...obj, readers: Math.max(0, obj.readers - 1) });
          held(copy, top, 'unlock');
        })];
      case 'WaitGroup.Add': {
        if (obj?.o !== 'waitGroup') return [past(() => undefined)];
        const n = first ? this.#length(state, first) : nil;
        const sizes = n.t === 'int' ? [n.v] : n.t === 'sym' && !n.lossy ? sizesOf(state, n.id) : [];
        if (sizes.length === 0) return [past((copy) => copy.set(recv, { ...obj, escaped: true }))];
        return sizes.map((size) => past((copy) => {
          if (n.t === 'sym') assume(copy, '==', n, { t: 'int', v: size }, true);
          copy.set(recv, { ...obj, n: Math.max(0, obj.n + Math.min(size, 3)) });
        }));
      }
      case 'WaitGroup.Done':
        return [past((copy) => {
          if (obj?.o === 'waitGroup') copy.set(recv, { ...obj, n: Math.max(0, obj.n - 1) });
        })];
      case 'WaitGroup.Wait':
        return obj?.o === 'waitGroup' && obj.n > 0 && !obj.escaped ? [] : [past(() => undefined)];
      case 'errgroup.Wait':
        if (obj?.o === 'group' && obj.n > 0 && !obj.escaped) return [];
        return [past((copy, top) => {
          result(top, copy.symbol());
          const ctx = obj?.o === 'group' && obj.ctx !== null ? copy.heap.get(obj.ctx) : undefined;
          if (obj?.o === 'group' && obj.ctx !== null && ctx?.o === 'ctx') copy.heap.set(obj.ctx, { ...ctx, cancelled: true });
        })];
      case 'Once.Do':
        return this.#once(obj, recv, first, ready, past);
      case 'Timer.Stop':
      case 'Ticker.Stop':
        return this.#stopTimer(obj, recv, ready.dsts.length > 0, past, result, (copy, top) => copy.trace.push({ kind: 'stop', proc: uidOf(state, index), code: top.code, pos: ready.pos }));
      case 'Timer.Reset':
      case 'Ticker.Reset':
        return [past((copy, top) => {
          if (obj?.o === 'timer') copy.set(recv, { ...obj, state: 'armed' });
          copy.trace.push({ kind: 'reset', proc: uidOf(state, index), code: top.code, pos: ready.pos });
          result(top, copy.symbol());
        })];
      case 'Cond.Wait':
        return this.#condWait(state, index, obj, recv, past);
      case 'Cond.Signal':
      case 'Cond.Broadcast':
        return this.#wake(state, recv, target.op === 'Cond.Broadcast', past);
      default:
        return [past(() => undefined)];
    }
  }

  #closeDeferred(state: State, index: number, ref: Value | undefined, pos: number, past: Past): Transition[] {
    const chan = this.#chan(state, ref);
    if (chan === 'nil' || (chan !== 'any' && chan.closed && (!chan.escaped || chan.closedHere))) return [crash(state, index)];
    return [past((copy, top) => {
      if (chan !== 'any') copy.set(ref, { ...chan, closed: true });
      copy.trace.push({ kind: 'close', proc: uidOf(state, index), code: top.code, pos });
    })];
  }

  #writerWaits(state: State, except: number, mutex: Value | undefined): boolean {
    return state.procs.some((proc, index) => {
      if (index === except) return false;
      const step = nextStep(proc);
      if (!step) return false;
      const ready = step.kind === 'deferred' ? this.#readyDeferred(step.deferred) : step.instr.op === 'call' ? this.#ready(step.frame, step.instr.call, step.instr.pos) : undefined;
      if (!ready) return false;
      const target = this.#resolve(state, ready);
      const recv = ready.args[0];
      return target.kind === 'intrinsic' && target.op === 'Mutex.Lock' && recv?.t === 'ref' && mutex?.t === 'ref' && recv.id === mutex.id;
    });
  }

  #once(obj: Obj | undefined, recv: Value | undefined, body: Value | undefined, ready: Ready, past: Past): Transition[] {
    const run = (copy: State, proc: Proc, after: After | null): void => {
      if (body?.t === 'func') this.#enter(copy, proc, this.#compiler.codeOf(body.func), body.captures, body.recv ? [body.recv] : [], { ...ready, dsts: [] }, after);
      else if (body?.t === 'cancel') {
        const ctx = copy.heap.get(body.ctx);
        if (ctx?.o === 'ctx') copy.heap.set(body.ctx, { ...ctx, cancelled: true });
      }
    };
    if (obj?.o !== 'once' || recv?.t !== 'ref') return [past((copy, _, proc) => run(copy, proc, null))];
    // One in unseen hands may have been done already.
    const skip = obj.escaped || obj.state === 'done' ? [past(() => undefined)] : [];
    if (obj.state !== 'new') return skip;
    return [...skip, past((copy, _, proc) => {
      const runs = body?.t === 'func';
      copy.set(recv, { ...obj, state: runs ? 'running' : 'done' });
      run(copy, proc, runs ? { kind: 'once', id: recv.id } : null);
    })];
  }

  /** Source: time.Timer.Stop's documentation; go1.23 release notes for the synchronous channels. */
  #stopTimer(obj: Obj | undefined, recv: Value | undefined, asked: boolean, past: Past, result: (top: Frame, value: Value) => void, note: (copy: State, top: Frame) => void): Transition[] {
    if (obj?.o !== 'timer' || obj.escaped || recv?.t !== 'ref') return [past((copy, top) => result(top, copy.symbol()))];
    if (obj.kind === 'func') {
      // Made to be reset later: in 292 years it will fire.
      if (isForAgesAway(obj.site)) return [past((copy, top) => { result(top, { t: 'bool', v: true }); note(copy, top); })];
      // Its function is taken not to have been started yet: that it fires in the very moment of the Stop is a race few ask about.
      return [past((copy, top) => {
        const kept = copy.procs.filter((proc) => proc.timer !== recv.id);
        result(top, { t: 'bool', v: kept.length < copy.procs.length });
        for (const proc of copy.procs) if (proc.timer === recv.id) proc.frames = [];
        note(copy, top);
      })];
    }
    if (obj.state === 'either') {
      return (['idle', 'pending'] as const).map((state) => past((copy, top) => {
        copy.set(recv, { ...obj, state });
        result(top, { t: 'bool', v: false });
        note(copy, top);
      }));
    }
    if (obj.state === 'armed' && !this.#synchronousTimers && !asked) {
      return [past((copy, top) => {
        copy.set(recv, { ...obj, state: 'either' });
        note(copy, top);
      })];
    }
    const stopped = past((copy, top) => {
      note(copy, top);
      copy.set(recv, { ...obj, state: obj.state === 'pending' && !this.#synchronousTimers ? 'pending' : 'idle' });
      result(top, { t: 'bool', v: obj.state === 'armed' || (obj.state === 'pending' && this.#synchronousTimers) });
    });
    if (obj.state !== 'armed' || this.#synchronousTimers || obj.kind === 'ticker') return [stopped];
    // Before Go 1.23 it may have fired by now: the value then lies in the channel.
    return [stopped, past((copy, top) => {
      copy.set(recv, { ...obj, state: 'pending' });
      result(top, { t: 'bool', v: false });
    })];
  }

  /** Time passes, and a timer starts its function. */
  #wakeDormant(state: State, index: number): Transition {
    const copy = state.copy();
    const proc = copy.procs[index];
    if (proc) proc.dormant = false;
    return { state: copy, moved: [index] };
  }

  #condWait(state: State, index: number, cond: Obj | undefined, recv: Value | undefined, past: Past): Transition[] {
    if (cond?.o !== 'cond' || recv?.t !== 'ref') return [past(() => undefined)];
    const locker = state.get(cond.locker);
    const waiting = state.procs[index]?.waiting ?? null;
    const stay = (change: (copy: State, proc: Proc) => void): Transition => {
      const copy = state.copy();
      const proc = copy.procs[index];
      if (proc) change(copy, proc);
      return { state: copy, moved: [] };
    };
    if (waiting === null && cond.escaped && locker === undefined) {
      // It releases a lock, nobody knows which: none that is held counts as held from here on.
      return [past((copy) => {
        for (const [id, one] of copy.heap) if (one.o === 'mutex' && (one.writer || one.readers > 0)) copy.heap.set(id, { ...one, escaped: true });
      })];
    }
    if (waiting === null) {
      return [stay((copy, proc) => {
        proc.waiting = recv.id;
        if (locker?.o === 'mutex') copy.set(cond.locker, { ...locker, writer: false });
      })];
    }
    if (waiting === recv.id && !cond.escaped) return [];
    if (locker?.o === 'mutex' && (locker.writer || locker.readers > 0)) return [];
    return [past((copy, _, proc) => {
      proc.waiting = null;
      if (locker?.o === 'mutex') copy.set(cond.locker, { ...locker, writer: true });
    })];
  }

  #wake(state: State, recv: Value | undefined, all: boolean, past: Past): Transition[] {
    const sleepers = state.procs.flatMap((proc, at) => (recv?.t === 'ref' && proc.waiting === recv.id ? [at] : []));
    const wake = (which: readonly number[]): Transition => past((copy) => {
      for (const at of which) {
        const proc = copy.procs[at];
        if (proc) proc.waiting = -1;
      }
    });
    return all || sleepers.length === 0 ? [wake(sleepers)] : sleepers.map((at) => wake([at]));
  }
}

/**
 * A loop over unknown many things is taken to have at least one: whether none is possible is the caller's secret, and a report
 * that rests on an empty list is one nobody believes.
 */
function firstTurn(cond: Value): boolean | undefined {
  if (cond.t !== 'cmp') return undefined;
  const counts = (value: Value): boolean => value.t === 'int' && value.v === 0;
  return (counts(cond.x) && cond.y.t === 'sym') || (counts(cond.y) && cond.x.t === 'sym') ? !cond.negated : undefined;
}

/** What a register holds; something unknown where nothing was put there. */
function read(state: State, regs: readonly (Value | undefined)[], at: Reg): Value {
  return regs[at] ?? state.lossySymbol();
}

/** Whether a guess about a value may be one that cannot come true. */
function isLossy(value: Value): boolean {
  return value.t === 'cmp' ? isLossy(value.x) || isLossy(value.y) : value.t === 'sym' && value.lossy === true;
}

/** Does what is due when the code that an intrinsic ran has been left, or was not followed. */
function finish(state: State, after: After | null): void {
  const once = after === null ? undefined : state.heap.get(after.id);
  if (after !== null && once?.o === 'once') state.heap.set(after.id, { ...once, state: 'done' });
}

/** The process ends with main, and with it every goroutine. */
function isMain(code: Code, packageName: string): boolean {
  return packageName === 'main' && code.func === code.decl && code.decl.recv === null && code.decl.name.name === 'main';
}

function uidOf(state: State, index: number): number {
  return state.procs[index]?.uid ?? -1;
}

/** A panic that nobody recovers ends the process. */
function crash(state: State, index: number): Transition {
  const ended = end(state);
  const frame = ended.procs[index]?.frames.at(-1);
  if (frame) ended.trace.push({ kind: 'crash', proc: uidOf(state, index), code: frame.code, pos: frame.code.instrs[frame.pc]?.pos ?? frame.code.func.pos });
  return { state: ended, moved: [index] };
}

function end(state: State): State {
  const copy = state.copy();
  copy.exited = true;
  return copy;
}

function isNew(seen: Set<string>, key: string): boolean {
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

type Past = (change: (copy: State, top: Frame, proc: Proc) => void) => Transition;

/** Counts the work done for one question; what runs over is given up, and said so. */
export class Budget {
  #left: number;
  #unearned: number;

  /** `credit`: how many of the steps need not be earned. */
  constructor(steps: number, credit: number) {
    this.#left = Math.min(credit, steps);
    this.#unearned = steps - this.#left;
  }

  /** Something has come of the steps so far: more may be taken. */
  earn(steps: number): void {
    const earned = Math.min(steps, this.#unearned);
    this.#left += earned;
    this.#unearned -= earned;
  }

  /** Takes steps off; false when they are used up. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get exhausted(): boolean {
    return this.#left < 0;
  }
}

/** `time.AfterFunc(math.MaxInt64, f)`. */
function isForAgesAway({ expr }: Site): boolean {
  const duration = expr?.kind === 'CallExpr' ? expr.args[0] : undefined;
  return duration?.kind === 'SelectorExpr' && duration.sel.name === 'MaxInt64' && duration.x.kind === 'Ident' && duration.x.name === 'math';
}
