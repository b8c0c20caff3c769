import type * as ast from '../../go/ast.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import type { Type } from '../../go/type.ts';

/** A register of a frame. */
export type Reg = number;

/** A binary comparison the machine can decide or fork on. */
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** How a call finds its code. */
export type Callee =
  | { readonly kind: 'static'; readonly func: FuncNode }
  | { readonly kind: 'value'; readonly fn: Reg }
  /** Dispatched on what the receiver is at run time; the receiver is the first argument. */
  | { readonly kind: 'method'; readonly name: string }
  | { readonly kind: 'intrinsic'; readonly op: Intrinsic }
  /** Code that cannot be seen. `inert`: known neither to keep its arguments nor to act on channels. */
  | { readonly kind: 'unknown'; readonly inert: boolean };

export interface Call {
  readonly callee: Callee;
  readonly args: readonly Reg[];
  readonly results: readonly Type[];
  /** Where results go; empty when they are dropped. */
  readonly dsts: readonly Reg[];
  readonly node: ast.CallExpr;
}

export type Intrinsic =
  | 'Mutex.Lock' | 'Mutex.Unlock' | 'Mutex.TryLock' | 'RWMutex.RLock' | 'RWMutex.RUnlock'
  | 'WaitGroup.Add' | 'WaitGroup.Done' | 'WaitGroup.Wait' | 'WaitGroup.Go'
  | 'Once.Do' | 'NewCond' | 'Cond.Wait' | 'Cond.Signal' | 'Cond.Broadcast'
  | 'Background' | 'WithoutCancel' | 'WithValue' | 'WithCancel' | 'WithTimeout' | 'Context.Done' | 'Context.Err'
  | 'NewTimer' | 'After' | 'AfterFunc' | 'NewTicker' | 'Tick' | 'Timer.Stop' | 'Timer.Reset' | 'Ticker.Stop' | 'Ticker.Reset'
  | 'errgroup.WithContext' | 'errgroup.Go' | 'errgroup.Wait'
  | 'testing.Run' | 'testing.Context' | 'close' | 'Goexit' | 'exit' | 'panic';

export interface SelectArm {
  readonly dir: 'send' | 'recv';
  readonly chan: Reg;
  readonly expr: ast.Expr;
  readonly value: Reg;
  readonly ok: Reg;
  readonly to: number;
  readonly clause: ast.CommClause;
}

/** One instruction; `pos` is where in its function's file a reader finds it, `expr` the channel as it is written there. Jumps are indices into the code. */
export type Instr = { readonly pos: number } & (
  | { readonly op: 'nil'; readonly dst: Reg }
  | { readonly op: 'int'; readonly dst: Reg; readonly value: number }
  | { readonly op: 'bool'; readonly dst: Reg; readonly value: boolean }
  | { readonly op: 'const'; readonly dst: Reg; readonly value: string }
  /** A value nothing is known of but its type. `lossy`: the code computes it, in a way that is not followed. */
  | { readonly op: 'unknown'; readonly dst: Reg; readonly type: Type; readonly lossy: boolean }
  /** What recover answers: nil, but for a panic that is being recovered. */
  | { readonly op: 'recover'; readonly dst: Reg }
  | { readonly op: 'zero'; readonly dst: Reg; readonly type: Type }
  | { readonly op: 'move'; readonly dst: Reg; readonly src: Reg }
  | { readonly op: 'newCell'; readonly dst: Reg; readonly src: Reg }
  | { readonly op: 'loadCell'; readonly dst: Reg; readonly cell: Reg }
  | { readonly op: 'storeCell'; readonly cell: Reg; readonly src: Reg }
  | { readonly op: 'closure'; readonly dst: Reg; readonly func: ast.FuncLit; readonly captures: readonly Reg[]; readonly feeds: readonly boolean[] }
  | { readonly op: 'methodValue'; readonly dst: Reg; readonly func: FuncNode; readonly recv: Reg }
  | { readonly op: 'funcValue'; readonly dst: Reg; readonly func: FuncNode }
  /** `closedHere`: the function closes it itself, so that nobody else does. */
  | { readonly op: 'makeChan'; readonly dst: Reg; readonly size: Reg | null; readonly elem: Type; readonly closedHere: boolean; readonly expr: ast.CallExpr }
  | { readonly op: 'struct'; readonly dst: Reg; readonly type: Type; readonly fields: readonly (readonly [string, Reg])[] }
  | { readonly op: 'list'; readonly dst: Reg; readonly elems: readonly Reg[] }
  | { readonly op: 'makeList'; readonly dst: Reg; readonly size: Reg; readonly elem: Type }
  | { readonly op: 'append'; readonly dst: Reg; readonly list: Reg; readonly elems: readonly Reg[] }
  | { readonly op: 'slice'; readonly dst: Reg; readonly list: Reg; readonly low: Reg | null; readonly high: Reg | null }
  | { readonly op: 'len' | 'cap'; readonly dst: Reg; readonly x: Reg }
  | { readonly op: 'field'; readonly dst: Reg; readonly x: Reg; readonly name: string; readonly type: Type }
  | { readonly op: 'setField'; readonly x: Reg; readonly name: string; readonly src: Reg }
  /** A variable of the package. */
  | { readonly op: 'global'; readonly dst: Reg; readonly name: string; readonly type: Type }
  | { readonly op: 'setGlobal'; readonly name: string; readonly src: Reg }
  | { readonly op: 'index'; readonly dst: Reg; readonly x: Reg; readonly i: Reg; readonly type: Type }
  | { readonly op: 'setIndex'; readonly x: Reg; readonly i: Reg; readonly src: Reg }
  | { readonly op: 'compare'; readonly dst: Reg; readonly cmp: Comparison; readonly x: Reg; readonly y: Reg }
  | { readonly op: 'add'; readonly dst: Reg; readonly x: Reg; readonly y: Reg; readonly sign: 1 | -1 }
  | { readonly op: 'not'; readonly dst: Reg; readonly x: Reg }
  | { readonly op: 'escape'; readonly x: Reg }
  | { readonly op: 'call'; readonly call: Call }
  | { readonly op: 'go'; readonly call: Call; readonly stmt: ast.Node }
  | { readonly op: 'defer'; readonly call: Call }
  | { readonly op: 'send'; readonly chan: Reg; readonly src: Reg; readonly expr: ast.Expr }
  | { readonly op: 'recv'; readonly chan: Reg; readonly dst: Reg; readonly ok: Reg; readonly range: boolean; readonly expr: ast.Expr }
  | { readonly op: 'close'; readonly chan: Reg; readonly expr: ast.Expr }
  | { readonly op: 'select'; readonly arms: readonly SelectArm[]; readonly otherwise: number | null; readonly stmt: ast.SelectStmt }
  /** Starts a range over anything but a channel; `iter` holds the number of turns taken. */
  | { readonly op: 'rangeStart'; readonly iter: Reg }
  | { readonly op: 'rangeNext'; readonly iter: Reg; readonly x: Reg; readonly key: Reg; readonly value: Reg; readonly types: readonly [Type, Type]; readonly done: number }
  | { readonly op: 'jump'; readonly to: number }
  /** `loop`: the condition of a `for`. */
  | { readonly op: 'branch'; readonly loop: boolean; readonly cond: Reg; readonly then: number; readonly else: number; readonly expr: ast.Expr }
  | { readonly op: 'fork'; readonly to: readonly number[] }
  | { readonly op: 'return'; readonly values: readonly Reg[]; readonly stmt: ast.ReturnStmt | null }
);

/** A compiled function. Registers: captured cells, then receiver and parameters, then the rest. */
export interface Code {
  readonly id: number;
  readonly func: FuncNode;
  readonly file: ast.File;
  /** As the runtime names it in a stack dump, package included: `pkg.(*T).Run`, `pkg.fetch.func1`. */
  readonly name: string;
  /** The declared function this code is part of. */
  readonly decl: ast.FuncDecl;
  readonly instrs: readonly Instr[];
  readonly regs: number;
  readonly captures: readonly VarObj[];
  readonly params: readonly { readonly reg: Reg; readonly type: Type }[];
  readonly variadic: boolean;
  /** Result registers, named ones first set by the code itself. */
  readonly namedResults: readonly Reg[] | null;
  readonly resultTypes: readonly Type[];
  readonly recovers: boolean;
  /** For each instruction the registers whose value may be read from there on. */
  readonly live: readonly Uint32Array[];
}

/** The registers an instruction reads. */
export function uses(instr: Instr): readonly Reg[] {
  switch (instr.op) {
    case 'nil': case 'int': case 'bool': case 'const': case 'recover': case 'unknown': case 'zero': case 'funcValue': case 'jump': case 'fork': case 'global':
      return [];
    case 'move': case 'newCell': case 'setGlobal':
      return [instr.src];
    case 'loadCell':
      return [instr.cell];
    case 'storeCell':
      return [instr.cell, instr.src];
    case 'closure':
      return instr.captures;
    case 'methodValue':
      return [instr.recv];
    case 'makeChan':
      return instr.size === null ? [] : [instr.size];
    case 'struct':
      return instr.fields.map(([, reg]) => reg);
    case 'list':
      return instr.elems;
    case 'makeList':
      return [instr.size];
    case 'slice':
      return [instr.list, ...[instr.low, instr.high].filter((reg) => reg !== null)];
    case 'append':
      return [instr.list, ...instr.elems];
    case 'len': case 'cap': case 'field': case 'not': case 'escape':
      return [instr.x];
    case 'setField':
      return [instr.x, instr.src];
    case 'index':
      return [instr.x, instr.i];
    case 'setIndex':
      return [instr.x, instr.i, instr.src];
    case 'compare': case 'add':
      return [instr.x, instr.y];
    case 'call': case 'go': case 'defer':
      return instr.call.callee.kind === 'value' ? [instr.call.callee.fn, ...instr.call.args] : instr.call.args;
    case 'send':
      return [instr.chan, instr.src];
    case 'recv': case 'close':
      return [instr.chan];
    case 'select':
      return instr.arms.flatMap((arm) => (arm.dir === 'send' ? [arm.chan, arm.value] : [arm.chan]));
    case 'rangeStart':
      return [];
    case 'rangeNext':
      return [instr.iter, instr.x];
    case 'branch':
      return [instr.cond];
    case 'return':
      return instr.values;
  }
}

/** The registers an instruction writes. */
export function defines(instr: Instr): readonly Reg[] {
  switch (instr.op) {
    case 'recv':
      return [instr.dst, instr.ok];
    case 'select':
      return []; // written on one arm only
    case 'call':
      return instr.call.dsts;
    case 'rangeStart':
      return [instr.iter];
    case 'rangeNext':
      return [instr.key, instr.value, instr.iter];
    default:
      return 'dst' in instr ? [instr.dst] : [];
  }
}

/** Where control may go after an instruction at `pc`. */
export function targets(instr: Instr, pc: number): readonly number[] {
  switch (instr.op) {
    case 'jump':
      return [instr.to];
    case 'branch':
      return [instr.then, instr.else];
    case 'fork':
      return instr.to;
    case 'select':
      return [...instr.arms.map((arm) => arm.to), ...(instr.otherwise === null ? [] : [instr.otherwise])];
    case 'rangeNext':
      return [pc + 1, instr.done];
    case 'return':
      return [];
    default:
      return [pc + 1];
  }
}
