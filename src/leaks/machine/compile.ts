import { childrenOf, contains, elementValue, textOf, walk, type CallExpr, type Expr, type File, type FuncDecl, type FuncLit, type Ident, type Node, type RangeStmt, type SelectorExpr, type Stmt } from '../../go/ast.ts';
import { buildCfg, receivedFrom, type Block } from '../../go/cfg.ts';
import { constantOf } from '../../go/constant-of.ts';
import { receiverName, type Selection } from '../../go/infer.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, Obj, VarObj } from '../../go/scope.ts';
import { basic, deref, unknown, type Type } from '../../go/type.ts';
import { errorMadeBy, errorValue, neverFails } from '../error-values.ts';
import { calleeOf } from '../obligations/callee.ts';
import { startedBy } from '../started-by.ts';
import { closesItself } from './closes-itself.ts';
import type { Call, Callee, Code, Comparison, Instr, Intrinsic, Reg, SelectArm } from './code.ts';
import { withoutDeadCode } from './dead-code.ts';
import { intrinsicOf, isInert, locking } from './intrinsics.ts';
import { Relevance } from './relevance.ts';

/** Compiles the functions of a package for the machine, each once. */
export class Compiler {
  readonly pkg: GoPackage;
  readonly relevance: Relevance;
  readonly #codes = new Map<FuncNode, Code>();
  readonly #frames = new Map<FuncDecl, Frames>();
  readonly #declOf = new Map<FuncNode, { readonly decl: FuncDecl; readonly file: File }>();

  /** Whether it is followed who holds which mutex; without, locking is taken never to block. */
  readonly withLocks: boolean;

  constructor(pkg: GoPackage, options: { readonly withLocks: boolean }) {
    this.pkg = pkg;
    this.withLocks = options.withLocks;
    this.relevance = new Relevance(pkg, options);
    for (const { decl, file } of pkg.funcs()) {
      this.#declOf.set(decl, { decl, file });
    }
  }

  /** The code of a declared function, or of a literal inside a declared function that was compiled before. */
  codeOf(func: FuncNode): Code {
    const known = this.#codes.get(func);
    if (known) return known;
    const home = this.#declOf.get(func);
    if (home === undefined) throw new Error(`function literal at ${func.pos} was met before the function around it`);
    const frames = this.#framesOf(home.decl);
    const name = runtimeName(this.pkg, home.decl, func, frames);
    const code = new FunctionCompiler(this, home.file, home.decl, func, frames).compile(this.#codes.size, name);
    this.#codes.set(func, code);
    return code;
  }

  /** The literals of a declared function, outer ones first. */
  literalsOf(decl: FuncDecl): readonly FuncLit[] {
    return [...this.#framesOf(decl).literals.keys()];
  }

  #framesOf(decl: FuncDecl): Frames {
    const known = this.#frames.get(decl);
    if (known) return known;
    const home = this.#declOf.get(decl);
    const frames = findFrames(this.pkg, decl);
    for (const lit of frames.literals.keys()) if (home) this.#declOf.set(lit, home);
    this.#frames.set(decl, frames);
    return frames;
  }
}

/** Which variables of a declared function are shared between it and its literals, and the literals' names. */
interface Frames {
  /** Variables used by a function other than the one that holds them, and those whose address is taken. */
  readonly shared: ReadonlySet<VarObj>;
  /** For each literal the variables of outer frames that it, or a literal in it, uses. */
  readonly captures: ReadonlyMap<FuncNode, readonly VarObj[]>;
  /** Literals with the suffix the runtime gives them: `.func1`, `.func1.2`. */
  readonly literals: ReadonlyMap<FuncLit, string>;
}

function findFrames(pkg: GoPackage, decl: FuncDecl): Frames {
  const shared = new Set<VarObj>();
  const captures = new Map<FuncNode, Set<VarObj>>();
  const literals = new Map<FuncLit, string>();
  const counters = new Map<string, number>();
  const visit = (node: Node, stack: readonly FuncNode[], suffix: string): void => {
    walk(node, (inner) => {
      if (inner.kind === 'FuncLit' && inner !== node) {
        const count = (counters.get(suffix) ?? 0) + 1;
        counters.set(suffix, count);
        const name = suffix === '' ? `.func${count}` : `${suffix}.${count}`;
        literals.set(inner, name);
        captures.set(inner, new Set());
        visit(inner, [...stack, inner], name);
        return false;
      }
      if (inner.kind === 'UnaryExpr' && inner.op === '&' && inner.x.kind === 'Ident') {
        const obj = pkg.objectOf(inner.x);
        if (obj?.kind === 'var' && obj.func !== null) shared.add(obj);
      }
      if (inner.kind === 'Ident') {
        const obj = pkg.objectOf(inner);
        if (obj?.kind !== 'var' || obj.func === null || obj.role === 'const') return undefined;
        const home = stack.indexOf(obj.func);
        if (home === -1 || home === stack.length - 1) return undefined;
        shared.add(obj);
        for (const func of stack.slice(home + 1)) captures.get(func)?.add(obj);
      }
      return undefined;
    });
  };
  visit(decl, [decl], '');
  return { shared, captures: new Map([...captures].map(([func, objs]) => [func, [...objs]])), literals };
}

function runtimeName(pkg: GoPackage, decl: FuncDecl, func: FuncNode, frames: Frames): string {
  const owner = decl.recv ? receiverName(decl.recv.type) : undefined;
  const pointer = decl.recv?.type.kind === 'StarExpr';
  // The runtime writes `[...]` for the type arguments of a generic function or receiver.
  const recv = decl.recv?.type.kind === 'StarExpr' ? decl.recv.type.x : decl.recv?.type;
  const type = recv?.kind === 'IndexExpr' ? `${owner ?? ''}[...]` : owner;
  const method = `${decl.name.name}${decl.type.typeParams.length > 0 ? '[...]' : ''}`;
  const base = type === undefined ? method : pointer ? `(*${type}).${method}` : `${type}.${method}`;
  return `${pkg.name}.${base}${func.kind === 'FuncLit' ? (frames.literals.get(func) ?? '.func') : ''}`;
}

const comparisons: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function isComparison(op: string): op is Comparison {
  return comparisons.has(op);
}

/** Values of these types are objects of their own wherever they stand: taking their address changes nothing. */
function isObject(type: Type, pkg: GoPackage): boolean {
  if (type.kind === 'named' && type.path !== '') return ['sync.Mutex', 'sync.RWMutex', 'sync.WaitGroup', 'sync.Once', 'sync.Cond', 'golang.org/x/sync/errgroup.Group'].includes(`${type.path}.${type.name}`);
  return pkg.infer.underlying(type).kind === 'struct';
}

/** Where locks are left out, taking and releasing them is nothing; who only tries to is answered. */
const idleWithoutLocks: ReadonlySet<Intrinsic> = new Set([...locking].filter((op) => op !== 'Mutex.TryLock'));
const noIntrinsics: ReadonlySet<Intrinsic> = new Set();

class FunctionCompiler {
  readonly #compiler: Compiler;
  readonly #pkg: GoPackage;
  readonly #file: File;
  readonly #decl: FuncDecl;
  readonly #func: FuncNode;
  readonly #frames: Frames;
  readonly #instrs: Instr[] = [];
  readonly #vars = new Map<VarObj, Reg>();
  readonly #evaluated = new Map<Expr, Reg>();
  readonly #received = new Map<Stmt, { readonly value: Reg; readonly ok: Reg }>();
  readonly #rangeIters = new Map<RangeStmt, { readonly iter: Reg; readonly x: Reg; readonly isChan: boolean }>();
  #regs = 0;
  #recovers = false;

  constructor(compiler: Compiler, file: File, decl: FuncDecl, func: FuncNode, frames: Frames) {
    this.#compiler = compiler;
    this.#pkg = compiler.pkg;
    this.#file = file;
    this.#decl = decl;
    this.#func = func;
    this.#frames = frames;
  }

  compile(id: number, name: string): Code {
    const { type } = this.#func;
    const captures = this.#frames.captures.get(this.#func) ?? [];
    for (const obj of captures) this.#vars.set(obj, this.#reg());
    const params: { reg: Reg; type: Type }[] = [];
    const fields = [...(this.#func.kind === 'FuncDecl' && this.#func.recv ? [this.#func.recv] : []), ...type.params];
    const incoming: { obj: VarObj; reg: Reg }[] = [];
    for (const field of fields) {
      const fieldType = this.#pkg.infer.typeExpr(field.type);
      for (const ident of field.names.length > 0 ? field.names : [null]) {
        const reg = this.#reg();
        params.push({ reg, type: fieldType });
        const obj = ident ? this.#pkg.objectOf(ident) : undefined;
        if (obj?.kind === 'var') incoming.push({ obj, reg });
      }
    }
    for (const { obj, reg } of incoming) this.#bind(obj, reg, this.#func.pos);
    const named: VarObj[] = [];
    const resultTypes: Type[] = [];
    for (const field of type.results) {
      const fieldType = this.#pkg.infer.typeExpr(field.type);
      for (const ident of field.names.length > 0 ? field.names : [null]) {
        resultTypes.push(fieldType);
        const obj = ident ? this.#pkg.objectOf(ident) : undefined;
        if (ident === null || obj?.kind !== 'var') continue;
        named.push(obj);
        const zero = this.#reg();
        this.#emit({ op: 'zero', pos: ident.pos, dst: zero, type: fieldType });
        this.#bind(obj, zero, ident.pos);
      }
    }
    const isNamed = type.results.length > 0 && type.results.every((field) => field.names.length > 0);
    this.#body(isNamed ? named : null);
    const namedResults = isNamed ? named.map((obj) => this.#vars.get(obj) ?? 0) : null;
    const { instrs, live } = withoutDeadCode(this.#instrs, this.#regs, this.#compiler.withLocks ? noIntrinsics : idleWithoutLocks);
    return {
      id,
      func: this.#func,
      file: this.#file,
      name,
      decl: this.#decl,
      instrs,
      regs: this.#regs,
      captures,
      params,
      variadic: type.params.at(-1)?.type.kind === 'Ellipsis',
      namedResults,
      resultTypes,
      recovers: this.#recovers,
      live,
    };
  }

  #reg(): Reg {
    this.#regs += 1;
    return this.#regs - 1;
  }

  #emit(instr: Instr): void {
    this.#instrs.push(instr);
  }

  /** Gives a variable its register, or its cell where it is shared. */
  #bind(obj: VarObj, value: Reg, pos: number): void {
    const reg = this.#reg();
    this.#emit(this.#isShared(obj) ? { op: 'newCell', pos, dst: reg, src: value } : { op: 'move', pos, dst: reg, src: value });
    this.#vars.set(obj, reg);
  }

  #isShared(obj: VarObj): boolean {
    return this.#frames.shared.has(obj) && !(obj.role !== 'param' && isObject(this.#pkg.infer.typeOfVar(obj), this.#pkg) && !this.#isCaptured(obj));
  }

  #isCaptured(obj: VarObj): boolean {
    return [...this.#frames.captures.values()].some((objs) => objs.includes(obj));
  }

  #load(obj: VarObj, pos: number): Reg {
    const reg = this.#vars.get(obj);
    if (reg === undefined) {
      if (obj.func !== null) return this.#unknown(pos, this.#pkg.infer.typeOfVar(obj));
      const dst = this.#reg();
      this.#emit({ op: 'global', pos, dst, name: obj.name, type: this.#pkg.infer.typeOfVar(obj) });
      return dst;
    }
    if (!this.#isShared(obj)) return reg;
    const dst = this.#reg();
    this.#emit({ op: 'loadCell', pos, dst, cell: reg });
    return dst;
  }

  #store(obj: VarObj, src: Reg, pos: number): void {
    const reg = this.#vars.get(obj);
    if (reg === undefined) {
      if (obj.func === null) this.#emit({ op: 'setGlobal', pos, name: obj.name, src });
      else this.#bind(obj, src, pos);
    } else if (this.#isShared(obj)) this.#emit({ op: 'storeCell', pos, cell: reg, src });
    else this.#emit({ op: 'move', pos, dst: reg, src });
  }

  #unknown(pos: number, type: Type, lossy = false): Reg {
    const dst = this.#reg();
    this.#emit({ op: 'unknown', pos, dst, type, lossy });
    return dst;
  }

  #body(named: readonly VarObj[] | null): void {
    const { body } = this.#func;
    if (!body) return;
    const sliced = this.#compiler.relevance.slice(body);
    const loopConds = new Set<Expr>();
    walk(sliced, (node) => {
      if (node.kind === 'ForStmt' && node.cond) loopConds.add(node.cond);
      return node.kind !== 'FuncLit';
    });
    const cfg = buildCfg(sliced, (call) => this.#pkg.endingOf(call) !== null);
    // Registers of variables exist before any block is emitted, since blocks are emitted in no order of execution.
    for (const block of cfg.blocks) {
      this.#declareVars(block);
      if (block.exit.kind === 'range') this.#ranges.set(block.exit.stmt.x, block.exit.stmt);
    }
    const starts = new Map<Block, number>();
    const fixups: { at: number; patch: (start: (block: Block) => number) => Instr }[] = [];
    const later = (patch: (start: (block: Block) => number) => Instr): void => {
      fixups.push({ at: this.#instrs.length, patch });
      this.#emit({ op: 'jump', pos: body.pos, to: 0 });
    };
    for (const block of cfg.blocks) {
      starts.set(block, this.#instrs.length);
      for (const node of block.nodes) this.#node(node);
      this.#exit(block, loopConds, named, later, body.end - 1);
    }
    const start = (block: Block): number => starts.get(block) ?? 0;
    for (const { at, patch } of fixups) this.#instrs[at] = patch(start);
  }

  #declareVars(block: Block): void {
    const declare = (target: Expr | null): void => {
      if (target?.kind !== 'Ident') return;
      const obj = this.#pkg.objectOf(target);
      if (obj?.kind === 'var' && obj.ident === target && !this.#vars.has(obj)) this.#vars.set(obj, this.#reg());
    };
    for (const node of block.nodes) {
      if (node.kind === 'AssignStmt') for (const target of node.lhs) declare(target);
      if (node.kind === 'DeclStmt') for (const spec of node.specs) if (spec.kind === 'ValueSpec') for (const name of spec.names) declare(name);
    }
    if (block.exit.kind === 'range' && block.exit.stmt.define) {
      declare(block.exit.stmt.key);
      declare(block.exit.stmt.value);
    }
    if (block.exit.kind === 'typeSwitch' && block.exit.stmt.bind) declare(block.exit.stmt.bind);
  }

  #exit(block: Block, loopConds: ReadonlySet<Expr>, named: readonly VarObj[] | null, later: (patch: (start: (block: Block) => number) => Instr) => void, end: number): void {
    const { exit } = block;
    switch (exit.kind) {
      case 'jump':
        later((start) => ({ op: 'jump', pos: end, to: start(exit.to) }));
        return;
      case 'branch': {
        const cond = this.#expr(exit.cond);
        later((start) => ({ op: 'branch', pos: exit.cond.pos, cond, then: start(exit.then), else: start(exit.else), expr: exit.cond, loop: loopConds.has(exit.cond) && !this.#asksChannel(exit.cond) }));
        return;
      }
      case 'case': {
        const tag = this.#evaluated.get(exit.tag) ?? this.#expr(exit.tag);
        const dst = this.#reg();
        this.#emit({ op: 'compare', pos: exit.value.pos, dst, cmp: '==', x: tag, y: this.#expr(exit.value) });
        later((start) => ({ op: 'branch', pos: exit.value.pos, cond: dst, then: start(exit.then), else: start(exit.else), expr: exit.value, loop: false }));
        return;
      }
      case 'typeSwitch':
        later((start) => ({ op: 'fork', pos: exit.stmt.pos, to: [...exit.cases.map((one) => start(one.to)), ...(exit.otherwise ? [start(exit.otherwise)] : [])] }));
        return;
      case 'select': {
        let otherwise: Block | null = null;
        const arms: { arm: Omit<SelectArm, 'to'>; to: Block }[] = [];
        for (const { clause, to } of exit.cases) {
          const { comm } = clause;
          if (comm !== null) this.#selected.add(comm);
          if (comm === null) otherwise = to;
          else if (comm.kind === 'SendStmt') {
            arms.push({ arm: { dir: 'send', chan: this.#at(comm.chan), expr: comm.chan, value: this.#at(comm.value), ok: 0, clause }, to });
          } else {
            const channel = receivedFrom(comm);
            const received = { value: this.#reg(), ok: this.#reg() };
            this.#received.set(comm, received);
            arms.push({ arm: { dir: 'recv', chan: channel ? this.#at(channel) : this.#unknown(comm.pos, unknown), expr: channel ?? { kind: 'BadExpr', pos: comm.pos, end: comm.end }, ...received, clause }, to });
          }
        }
        later((start) => ({ op: 'select', pos: exit.stmt.pos, arms: arms.map(({ arm, to }) => ({ ...arm, to: start(to) })), otherwise: otherwise ? start(otherwise) : null, stmt: exit.stmt }));
        return;
      }
      case 'range':
        this.#rangeHead(exit.stmt, exit.body, exit.done, later);
        return;
      case 'return':
        // A named result that a deferred function may still change is read when the frame ends.
        if (exit.stmt === null || exit.stmt.results.length === 0) this.#emit({ op: 'return', pos: exit.stmt?.pos ?? end, values: (named ?? []).map((obj) => this.#load(obj, end)), stmt: exit.stmt });
        return;
      case 'never':
        this.#emit({ op: 'fork', pos: end, to: [] });
    }
  }

  /** The register an operand of a select was evaluated into, before the choice. */
  #at(expr: Expr): Reg {
    return this.#evaluated.get(expr) ?? this.#expr(expr);
  }

  #rangeHead(stmt: RangeStmt, body: Block, done: Block, later: (patch: (start: (block: Block) => number) => Instr) => void): void {
    const state = this.#rangeIters.get(stmt) ?? this.#rangeStart(stmt);
    const key = this.#reg();
    const value = this.#reg();
    if (state.isChan) {
      const ok = this.#reg();
      this.#emit({ op: 'recv', pos: stmt.pos, chan: state.x, dst: key, ok, range: true, expr: stmt.x });
      const at = this.#instrs.length;
      later((start) => ({ op: 'branch', pos: stmt.pos, cond: ok, then: at + 1, else: start(done), expr: stmt.x, loop: false }));
    } else {
      const type = this.#pkg.typeOf(stmt.x);
      later((start) => ({ op: 'rangeNext', pos: stmt.pos, iter: state.iter, x: state.x, key, value, types: this.#rangeTypes(type), done: start(done) }));
    }
    for (const [target, reg] of [[stmt.key, key], [stmt.value, value]] as const) {
      if (target) this.#assign(target, reg, stmt.define);
    }
    later((start) => ({ op: 'jump', pos: stmt.pos, to: start(body) }));
  }

  /** `for len(ch) > 0`: whether there is a first turn is the channel's to say. */
  #asksChannel(cond: Expr): boolean {
    return contains(cond, (node) => node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'len' && node.args[0] !== undefined && this.#pkg.infer.underlying(this.#pkg.typeOf(node.args[0])).kind === 'chan');
  }

  #rangeTypes(type: Type): readonly [Type, Type] {
    const under = this.#pkg.infer.underlying(deref(type));
    if (under.kind === 'slice' || under.kind === 'array') return [basic('int'), under.elem];
    if (under.kind === 'map') return [under.key, under.elem];
    return [unknown, unknown];
  }

  #rangeStart(stmt: RangeStmt): { readonly iter: Reg; readonly x: Reg; readonly isChan: boolean } {
    const x = this.#evaluated.get(stmt.x) ?? this.#expr(stmt.x);
    const isChan = this.#pkg.infer.underlying(this.#pkg.typeOf(stmt.x)).kind === 'chan';
    const state = { iter: this.#reg(), x, isChan };
    if (!isChan) this.#emit({ op: 'rangeStart', pos: stmt.pos, iter: state.iter });
    this.#rangeIters.set(stmt, state);
    return state;
  }

  #node(node: Stmt | Expr): void {
    switch (node.kind) {
      case 'AssignStmt': {
        const received = this.#received.get(node);
        if (received) {
          for (const [index, target] of node.lhs.entries()) this.#assign(target, index === 0 ? received.value : received.ok, node.op === ':=');
        } else {
          // What unseen code hands out has at least the type of what it is assigned to.
          const [value] = node.rhs;
          if (node.op === '=' && node.rhs.length === 1 && value?.kind === 'CallExpr') this.#assignedTo.set(value, node.lhs);
          this.#assignment(node);
        }
        return;
      }
      case 'ExprStmt':
        if (this.#received.has(node)) return;
        if (node.x.kind === 'CallExpr') {
          // What is counted besides is carried out for itself.
          const started = intrinsicOf(this.#pkg, node.x) === undefined ? startedBy(this.#pkg, node.x) : undefined;
          if (started) this.#emit({ op: 'go', pos: node.pos, call: this.#describe({ ...node.x, fun: started, args: [] }, 0), stmt: node });
          else this.#call(node.x, 0);
        } else this.#expr(node.x);
        return;
      case 'SendStmt': {
        if (this.#selected.has(node)) return;
        const chan = this.#expr(node.chan);
        this.#emit({ op: 'send', pos: node.pos, chan, src: this.#expr(node.value), expr: node.chan });
        return;
      }
      case 'IncDecStmt': {
        const one = this.#reg();
        this.#emit({ op: 'int', pos: node.pos, dst: one, value: 1 });
        const dst = this.#reg();
        this.#emit({ op: 'add', pos: node.pos, dst, x: this.#expr(node.x), y: one, sign: node.op === '++' ? 1 : -1 });
        this.#assign(node.x, dst, false);
        return;
      }
      case 'DeclStmt':
        for (const spec of node.specs) {
          if (spec.kind !== 'ValueSpec') continue;
          if (spec.values.length > 0) this.#assignValues(spec.names, spec.values, true, node.pos);
          else {
            for (const name of spec.names) {
              const dst = this.#reg();
              this.#emit({ op: 'zero', pos: name.pos, dst, type: spec.type ? this.#pkg.infer.typeExpr(spec.type) : unknown });
              this.#assign(name, dst, true);
            }
          }
        }
        return;
      case 'GoStmt':
        if (node.call.kind === 'CallExpr') this.#emit({ op: 'go', pos: node.pos, call: this.#describe(node.call, 0), stmt: node });
        return;
      case 'DeferStmt':
        if (node.call.kind === 'CallExpr') this.#defer(node.call, node.pos);
        return;
      case 'ReturnStmt':
        this.#return(node);
        return;
      case 'BranchStmt':
      case 'EmptyStmt':
      case 'BadStmt':
        return;
      default:
        // An operand that is evaluated ahead of a choice: a switch's tag, a select's channels, what a range walks over.
        if (isExpr(node)) {
          this.#evaluated.set(node, this.#expr(node));
          const range = this.#ranges.get(node);
          if (range) this.#rangeStart(range);
        }
    }
  }

  /** Range loops by what they walk over, which is evaluated once, ahead of the loop. */
  readonly #ranges = new Map<Expr, RangeStmt>();
  /** What the results of a call are assigned to that is declared before. */
  readonly #assignedTo = new Map<CallExpr, readonly Expr[]>();
  /** Sends that a select already carried out. */
  readonly #selected = new Set<Stmt>();

  #return(node: Extract<Stmt, { kind: 'ReturnStmt' }>): void {
    if (node.results.length === 0) return;
    const only = node.results[0];
    const count = this.#func.type.results.reduce((sum, field) => sum + Math.max(1, field.names.length), 0);
    const values = node.results.length === 1 && count > 1 && only ? this.#multi(only, count) : node.results.map((one) => this.#expr(one));
    const names = this.#func.type.results.flatMap((field) => field.names);
    if (names.length === values.length) {
      for (const [index, name] of names.entries()) {
        const obj = this.#pkg.objectOf(name);
        const value = values[index];
        if (obj?.kind === 'var' && value !== undefined) this.#store(obj, value, node.pos);
      }
    }
    this.#emit({ op: 'return', pos: node.pos, values, stmt: node });
  }

  #defer(call: CallExpr, pos: number): void {
    if (call.fun.kind === 'FuncLit') {
      walk(call.fun.body, (node) => {
        if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'recover') this.#recovers = true;
        return undefined;
      });
    } else if (call.fun.kind === 'Ident' || call.fun.kind === 'SelectorExpr') {
      const decl = this.#pkg.declOf(call.fun);
      if (decl?.body && /\brecover\(\)/u.test(textOf(this.#file, decl.body))) this.#recovers = true;
    }
    this.#emit({ op: 'defer', pos, call: this.#describe(call, 0) });
  }

  #assignment(node: Extract<Stmt, { kind: 'AssignStmt' }>): void {
    const only = node.rhs[0];
    if (node.rhs.length === 1 && only?.kind === 'BadExpr') {
      for (const target of node.lhs) this.#assign(target, this.#unknown(node.pos, this.#pkg.typeOf(target), true), false);
      return;
    }
    if (node.op !== '=' && node.op !== ':=') {
      const [target] = node.lhs;
      if (!target || !only) return;
      const dst = this.#reg();
      const x = this.#expr(target);
      const y = this.#expr(only);
      if (node.op === '+=' || node.op === '-=') this.#emit({ op: 'add', pos: node.pos, dst, x, y, sign: node.op === '+=' ? 1 : -1 });
      else this.#emit({ op: 'unknown', pos: node.pos, dst, type: this.#pkg.typeOf(target), lossy: true });
      this.#assign(target, dst, false);
      return;
    }
    this.#assignValues(node.lhs, node.rhs, node.op === ':=', node.pos);
  }

  #assignValues(lhs: readonly Expr[], rhs: readonly Expr[], define: boolean, pos: number): void {
    const only = rhs[0];
    if (rhs.length === 1 && lhs.length > 1 && only) {
      const values = this.#multi(only, lhs.length);
      for (const [index, target] of lhs.entries()) this.#assign(target, values[index] ?? this.#unknown(pos, unknown), define);
      return;
    }
    // All right-hand sides are read before anything is written: `a, b = b, a`.
    const values = rhs.map((one) => {
      const reg = this.#expr(one);
      if (rhs.length === 1) return reg;
      const copy = this.#reg();
      this.#emit({ op: 'move', pos, dst: copy, src: reg });
      return copy;
    });
    for (const [index, target] of lhs.entries()) {
      const value = values[index];
      if (value !== undefined) this.#assign(target, value, define);
    }
  }

  /** The several results of one expression. */
  #multi(expr: Expr, count: number): readonly Reg[] {
    if (expr.kind === 'CallExpr') return this.#call(expr, count);
    if (expr.kind === 'UnaryExpr' && expr.op === '<-') {
      const dst = this.#reg();
      const ok = this.#reg();
      this.#emit({ op: 'recv', pos: expr.pos, chan: this.#expr(expr.x), dst, ok, range: false, expr: expr.x });
      return [dst, ok];
    }
    return [this.#expr(expr), this.#unknown(expr.pos, basic('bool'))];
  }

  #assign(target: Expr, value: Reg, define: boolean): void {
    switch (target.kind) {
      case 'Ident': {
        if (target.name === '_') return;
        const obj = this.#pkg.objectOf(target);
        if (obj?.kind !== 'var') return;
        const isNew = define && obj.ident === target;
        if (isNew && this.#isShared(obj)) {
          const reg = this.#vars.get(obj) ?? this.#reg();
          this.#vars.set(obj, reg);
          this.#emit({ op: 'newCell', pos: target.pos, dst: reg, src: value });
        } else this.#store(obj, value, target.pos);
        return;
      }
      case 'SelectorExpr': {
        const place = this.#selector(target);
        if (place) this.#emit({ op: 'setField', pos: target.pos, x: place.x, name: place.name, src: value });
        else this.#emit({ op: 'escape', pos: target.pos, x: value });
        return;
      }
      case 'IndexExpr': {
        const x = this.#expr(target.x);
        const [index] = target.indices;
        const i = index ? this.#expr(index) : x;
        this.#emit({ op: 'setIndex', pos: target.pos, x, i, src: value });
        // Who walks over a map gets its keys, such as the channels of those who want to hear.
        if (this.#pkg.infer.underlying(this.#pkg.typeOf(target.x)).kind === 'map') this.#emit({ op: 'escape', pos: target.pos, x: i });
        return;
      }
      default:
        this.#emit({ op: 'escape', pos: target.pos, x: value });
    }
  }

  /** The struct a field selector reaches into, embedded fields walked through, and the field's name. */
  #selector(expr: SelectorExpr): { readonly x: Reg; readonly name: string; readonly type: Type } | undefined {
    const selection = this.#pkg.infer.select(expr);
    if (selection?.kind !== 'field') return undefined;
    const path = selection.path;
    const x = this.#embedded(this.#expr(expr.x), this.#pkg.typeOf(expr.x), path.slice(0, -1), expr.pos);
    return { x: x.reg, name: path.at(-1) ?? '', type: selection.type };
  }

  /** Walks embedded fields. */
  #embedded(start: Reg, type: Type, path: readonly string[], pos: number): { readonly reg: Reg; readonly type: Type } {
    let reg = start;
    let current = type;
    for (const name of path) {
      const selection = this.#pkg.infer.selectIn(current, name);
      const fieldType = selection?.kind === 'field' ? selection.type : unknown;
      const dst = this.#reg();
      this.#emit({ op: 'field', pos, dst, x: reg, name, type: fieldType });
      reg = dst;
      current = fieldType;
    }
    return { reg, type: current };
  }

  /** For each variable that a literal captures, whether all that it does with it is to send on it. */
  #onlySends(literal: FuncLit, captured: readonly VarObj[]): boolean[] {
    const used = new Set<Obj | undefined>();
    const visit = (node: Node): void => {
      if (node.kind === 'Ident') used.add(this.#pkg.objectOf(node));
      for (const child of childrenOf(node)) if (!(node.kind === 'SendStmt' && child === node.chan && child.kind === 'Ident')) visit(child);
    };
    if (captured.length > 0) visit(literal);
    return captured.map((obj) => !used.has(obj));
  }

  #expr(expr: Expr): Reg {
    const { pos } = expr;
    switch (expr.kind) {
      case 'Ident':
        return this.#ident(expr);
      case 'BasicLit': {
        const dst = this.#reg();
        if (expr.token !== 'INT') this.#emit({ op: 'const', pos, dst, value: expr.value });
        else this.#emit({ op: 'int', pos, dst, value: Number(expr.value.replaceAll('_', '')) });
        return dst;
      }
      case 'FuncLit': {
        const dst = this.#reg();
        const captured = this.#frames.captures.get(expr) ?? [];
        const captures = captured.map((obj) => {
          const known = this.#vars.get(obj);
          if (known !== undefined) return known;
          const reg = this.#reg();
          this.#vars.set(obj, reg);
          return reg;
        });
        this.#emit({ op: 'closure', pos, dst, func: expr, captures, feeds: this.#onlySends(expr, captured) });
        return dst;
      }
      case 'CompositeLit':
        return this.#composite(expr);
      case 'SelectorExpr': {
        const place = this.#selector(expr);
        if (place) {
          const dst = this.#reg();
          this.#emit({ op: 'field', pos, dst, x: place.x, name: place.name, type: place.type });
          return dst;
        }
        const selection = this.#pkg.infer.select(expr);
        if (selection?.kind === 'method') {
          const recv = this.#embedded(this.#expr(expr.x), this.#pkg.typeOf(expr.x), selection.path, pos);
          const dst = this.#reg();
          this.#emit({ op: 'methodValue', pos, dst, func: selection.decl, recv: recv.reg });
          return dst;
        }
        if (selection?.kind === 'imported') {
          const dst = this.#reg();
          const error = errorValue(this.#pkg, expr);
          if (error !== null) this.#emit({ op: 'const', pos, dst, value: error });
          else this.#emit({ op: 'global', pos, dst, name: `${selection.path}.${selection.name}`, type: this.#pkg.typeOf(expr) });
          return dst;
        }
        if (this.#pkg.infer.isType(expr.x)) return this.#unknown(pos, this.#pkg.typeOf(expr));
        // Of a type that is not seen, and not called, so most likely a field: whatever it is, asked again it is the same.
        const x = selection ? this.#receiver(expr, selection) : this.#expr(expr.x);
        if (selection) this.#emit({ op: 'escape', pos, x });
        const dst = this.#reg();
        this.#emit({ op: 'field', pos, dst, x, name: expr.sel.name, type: this.#pkg.typeOf(expr) });
        return dst;
      }
      case 'IndexExpr': {
        const [index] = expr.indices;
        if (!index || this.#pkg.infer.underlying(this.#pkg.typeOf(expr.x)).kind === 'func') return this.#expr(expr.x);
        const x = this.#expr(expr.x);
        const dst = this.#reg();
        this.#emit({ op: 'index', pos, dst, x, i: this.#expr(index), type: this.#pkg.typeOf(expr) });
        return dst;
      }
      case 'SliceExpr': {
        const list = this.#expr(expr.x);
        if (!expr.low && !expr.high) return list;
        const dst = this.#reg();
        this.#emit({ op: 'slice', pos, dst, list, low: expr.low ? this.#expr(expr.low) : null, high: expr.high ? this.#expr(expr.high) : null });
        return dst;
      }
      case 'TypeAssertExpr':
        return this.#expr(expr.x);
      case 'CallExpr':
        return this.#call(expr, 1)[0] ?? this.#unknown(pos, unknown);
      case 'StarExpr':
        return this.#expr(expr.x);
      case 'UnaryExpr':
        return this.#unary(expr);
      case 'BinaryExpr':
        return this.#binary(expr);
      case 'KeyValueExpr':
        return this.#expr(expr.value);
      default:
        return this.#unknown(pos, unknown);
    }
  }

  #ident(expr: Ident): Reg {
    const obj = this.#pkg.objectOf(expr);
    const dst = (): Reg => this.#reg();
    if (obj?.kind === 'builtin') {
      const reg = dst();
      if (obj.name === 'nil') this.#emit({ op: 'nil', pos: expr.pos, dst: reg });
      else if (obj.name === 'true' || obj.name === 'false') this.#emit({ op: 'bool', pos: expr.pos, dst: reg, value: obj.name === 'true' });
      else this.#emit({ op: 'unknown', pos: expr.pos, dst: reg, type: unknown, lossy: true });
      return reg;
    }
    if (obj?.kind === 'func') {
      const reg = dst();
      this.#emit({ op: 'funcValue', pos: expr.pos, dst: reg, func: obj.decl });
      return reg;
    }
    if (obj?.kind !== 'var') return this.#unknown(expr.pos, unknown);
    if (obj.role === 'const') {
      const value = constantOf(this.#pkg, expr);
      if (value !== null) {
        const reg = dst();
        this.#emit({ op: 'int', pos: expr.pos, dst: reg, value });
        return reg;
      }
      if (this.#vars.get(obj) === undefined) {
        const reg = dst();
        this.#emit({ op: 'const', pos: expr.pos, dst: reg, value: obj.name });
        return reg;
      }
    }
    const error = errorValue(this.#pkg, expr);
    if (error !== null) {
      const reg = dst();
      this.#emit({ op: 'const', pos: expr.pos, dst: reg, value: error });
      return reg;
    }
    return this.#load(obj, expr.pos);
  }

  #composite(expr: Extract<Expr, { kind: 'CompositeLit' }>): Reg {
    return this.#compositeOf(expr, this.#pkg.typeOf(expr));
  }

  /** Elements of a composite literal may leave out their own type. */
  #compositeOf(expr: Extract<Expr, { kind: 'CompositeLit' }>, type: Type): Reg {
    const dst = this.#reg();
    const under = this.#pkg.infer.underlying(deref(type));
    const element = (elt: Expr, elem: Type): Reg => (elt.kind === 'CompositeLit' && elt.type === null ? this.#compositeOf(elt, elem) : this.#expr(elt));
    if (under.kind === 'struct') {
      const fields = expr.elts.map((elt, index): readonly [string, Reg] => {
        const name = elt.kind === 'KeyValueExpr' ? (elt.key.kind === 'Ident' ? elt.key.name : '') : (under.fields[index]?.name ?? '');
        const fieldType = under.fields.find((field) => field.name === name)?.type ?? unknown;
        return [name, element(elementValue(elt), fieldType)];
      });
      this.#emit({ op: 'struct', pos: expr.pos, dst, type: deref(type), fields });
    } else if (under.kind === 'slice' || under.kind === 'array') {
      this.#emit({ op: 'list', pos: expr.pos, dst, elems: expr.elts.map((elt) => element(elementValue(elt), under.elem)) });
    } else if (under.kind === 'named') {
      // A struct of another package: its fields are not known, but a lock or a counter is what it is.
      this.#emit({ op: 'struct', pos: expr.pos, dst, type: under, fields: expr.elts.map((elt) => (elt.kind === 'KeyValueExpr' ? [elt.key.kind === 'Ident' ? elt.key.name : '', this.#expr(elt.value)] : ['', this.#expr(elt)])) });
    } else {
      const elem = under.kind === 'map' ? under.elem : unknown;
      for (const elt of expr.elts) {
        this.#emit({ op: 'escape', pos: elt.pos, x: element(elementValue(elt), elem) });
        if (under.kind === 'map' && elt.kind === 'KeyValueExpr') this.#emit({ op: 'escape', pos: elt.pos, x: element(elt.key, under.key) });
      }
      this.#emit({ op: 'unknown', pos: expr.pos, dst, type, lossy: true });
    }
    return dst;
  }

  #unary(expr: Extract<Expr, { kind: 'UnaryExpr' }>): Reg {
    const dst = this.#reg();
    switch (expr.op) {
      case '<-': {
        const ok = this.#reg();
        this.#emit({ op: 'recv', pos: expr.pos, chan: this.#expr(expr.x), dst, ok, range: false, expr: expr.x });
        return dst;
      }
      case '!':
        this.#emit({ op: 'not', pos: expr.pos, dst, x: this.#expr(expr.x) });
        return dst;
      case '&': {
        if (expr.x.kind === 'CompositeLit') return this.#composite(expr.x);
        const type = this.#pkg.typeOf(expr.x);
        const x = this.#expr(expr.x);
        if (isObject(type, this.#pkg)) return x;
        // A pointer to a variable of another kind: whoever has it may change the variable, which is not followed.
        this.#emit({ op: 'escape', pos: expr.pos, x });
        this.#assign(expr.x, this.#unknown(expr.pos, type), false);
        this.#emit({ op: 'unknown', pos: expr.pos, dst, type: this.#pkg.typeOf(expr), lossy: true });
        return dst;
      }
      case '-':
        if (expr.x.kind === 'BasicLit' && expr.x.token === 'INT') {
          this.#emit({ op: 'int', pos: expr.pos, dst, value: -Number(expr.x.value.replaceAll('_', '')) });
          return dst;
        }
        this.#expr(expr.x);
        this.#emit({ op: 'unknown', pos: expr.pos, dst, type: this.#pkg.typeOf(expr), lossy: true });
        return dst;
      default:
        return this.#expr(expr.x);
    }
  }

  #binary(expr: Extract<Expr, { kind: 'BinaryExpr' }>): Reg {
    const x = this.#expr(expr.x);
    const y = this.#expr(expr.y);
    const dst = this.#reg();
    if (isComparison(expr.op)) this.#emit({ op: 'compare', pos: expr.pos, dst, cmp: expr.op, x, y });
    else if (expr.op === '+' || expr.op === '-') this.#emit({ op: 'add', pos: expr.pos, dst, x, y, sign: expr.op === '+' ? 1 : -1 });
    else this.#emit({ op: 'unknown', pos: expr.pos, dst, type: this.#pkg.typeOf(expr), lossy: true });
    return dst;
  }

  /** Emits a call; answers with `count` result registers. */
  #call(expr: CallExpr, count: number): readonly Reg[] {
    const special = this.#builtin(expr);
    if (special !== undefined) return special;
    if (this.#isConversion(expr)) {
      const [arg] = expr.args;
      return [arg ? this.#expr(arg) : this.#unknown(expr.pos, unknown)];
    }
    const call = this.#describe(expr, count);
    // What is given to unseen code that keeps nothing makes no difference.
    this.#emit({ op: 'call', pos: expr.pos, call: call.callee.kind === 'unknown' && call.callee.inert ? { ...call, args: [] } : call });
    const [dst] = call.dsts;
    const [first] = call.args;
    const error = dst === undefined ? null : errorMadeBy(this.#pkg, expr);
    if (dst !== undefined && error === 'new') this.#emit({ op: 'const', pos: expr.pos, dst, value: `error@${expr.pos}` });
    if (dst !== undefined && error === 'wrapped' && first !== undefined) this.#emit({ op: 'move', pos: expr.pos, dst, src: first });
    // What unseen code makes of a panic it makes of nothing else.
    const recovered = call.callee.kind === 'unknown' ? call.args[expr.args.findIndex((arg) => this.#isRecover(arg))] : undefined;
    if (dst !== undefined && recovered !== undefined) this.#emit({ op: 'move', pos: expr.pos, dst, src: recovered });
    const last = call.dsts.at(-1);
    if (last !== undefined && neverFails(this.#pkg, expr)) this.#emit({ op: 'nil', pos: expr.pos, dst: last });
    return call.dsts;
  }

  #isRecover(expr: Expr): boolean {
    const callee = expr.kind === 'CallExpr' ? calleeOf(this.#pkg, expr) : undefined;
    return callee?.kind === 'builtin' && callee.name === 'recover';
  }

  #isConversion(expr: CallExpr): boolean {
    return this.#pkg.infer.isType(expr.fun);
  }

  #builtin(expr: CallExpr): readonly Reg[] | undefined {
    if (expr.fun.kind !== 'Ident') return undefined;
    const obj = this.#pkg.objectOf(expr.fun);
    if (obj?.kind !== 'builtin') return undefined;
    const [first, second] = expr.args;
    const { pos } = expr;
    const dst = this.#reg();
    switch (obj.name) {
      case 'make': {
        const type = this.#pkg.typeOf(expr);
        const under = this.#pkg.infer.underlying(type);
        const size = second ? this.#expr(second) : null;
        if (under.kind === 'chan') this.#emit({ op: 'makeChan', pos, dst, size, elem: under.elem, closedHere: closesItself(this.#pkg, this.#decl).has(expr), expr });
        else if (under.kind === 'slice' && size !== null) this.#emit({ op: 'makeList', pos, dst, size, elem: under.elem });
        else this.#emit({ op: 'unknown', pos, dst, type, lossy: true });
        return [dst];
      }
      case 'new':
        this.#emit({ op: 'zero', pos, dst, type: deref(this.#pkg.typeOf(expr)) });
        return [dst];
      case 'close':
        if (first) this.#emit({ op: 'close', pos, chan: this.#expr(first), expr: first });
        return [];
      case 'append':
        if (!first) return [];
        if (expr.hasEllipsis) {
          for (const arg of expr.args) this.#emit({ op: 'escape', pos, x: this.#expr(arg) });
          this.#emit({ op: 'unknown', pos, dst, type: this.#pkg.typeOf(expr), lossy: true });
        } else this.#emit({ op: 'append', pos, dst, list: this.#expr(first), elems: expr.args.slice(1).map((one) => this.#expr(one)) });
        return [dst];
      case 'len':
      case 'cap':
        if (first) this.#emit({ op: obj.name, pos, dst, x: this.#expr(first) });
        return [dst];
      case 'panic':
        if (first) this.#expr(first);
        this.#emit({ op: 'call', pos, call: { callee: { kind: 'intrinsic', op: 'panic' }, args: [], results: [], dsts: [], node: expr } });
        return [];
      case 'recover':
        this.#emit({ op: 'recover', pos, dst });
        return [dst];
      default:
        if (this.#pkg.infer.isType(expr.fun)) return undefined;
        for (const arg of expr.args) this.#expr(arg);
        this.#emit({ op: 'unknown', pos, dst, type: this.#pkg.typeOf(expr), lossy: true });
        return [dst];
    }
  }

  /** How a call finds its code, with its arguments evaluated. */
  #describe(expr: CallExpr, count: number): Call {
    const { callee, recv } = this.#callee(expr);
    const args = [...recv, ...expr.args.map((one) => this.#expr(one))];
    const dsts = Array.from({ length: count }, () => this.#reg());
    const type = this.#pkg.typeOf(expr);
    const results = type.kind === 'tuple' ? type.elems : type.kind === 'unknown' ? (this.#assignedTo.get(expr) ?? []).map((target) => this.#pkg.typeOf(target)) : [type];
    return { callee, args, results, dsts, node: expr };
  }

  #callee(expr: CallExpr): { readonly callee: Callee; readonly recv: readonly Reg[] } {
    const fun = expr.fun.kind === 'IndexExpr' && this.#pkg.infer.underlying(this.#pkg.typeOf(expr.fun)).kind === 'func' && this.#pkg.infer.underlying(this.#pkg.typeOf(expr.fun.x)).kind === 'func' ? expr.fun.x : expr.fun;
    const ending = this.#pkg.endingOf(expr);
    if (ending !== null) return { callee: { kind: 'intrinsic', op: ending === 'goroutine' ? 'Goexit' : ending === 'panic' ? 'panic' : 'exit' }, recv: [] };
    if (fun.kind === 'Ident') {
      const obj = this.#pkg.objectOf(fun);
      if (obj?.kind === 'builtin') return { callee: obj.name === 'close' ? { kind: 'intrinsic', op: 'close' } : { kind: 'unknown', inert: true }, recv: [] };
      if (obj?.kind === 'func') return { callee: this.#staticCallee(obj.decl, expr), recv: [] };
      if (obj?.kind === 'var') return { callee: { kind: 'value', fn: this.#load(obj, fun.pos) }, recv: [] };
      return { callee: { kind: 'unknown', inert: false }, recv: [] };
    }
    if (fun.kind !== 'SelectorExpr') return { callee: { kind: 'value', fn: this.#expr(fun) }, recv: [] };
    const selection = this.#pkg.infer.select(fun);
    const intrinsic = intrinsicOf(this.#pkg, expr);
    switch (selection?.kind) {
      case 'imported':
        if (intrinsic) return { callee: { kind: 'intrinsic', op: intrinsic }, recv: [] };
        return { callee: { kind: 'unknown', inert: isInert(selection.path, selection.name) && !this.#passesCode(expr) }, recv: [] };
      case 'method':
        return { callee: this.#staticCallee(selection.decl, expr), recv: [this.#receiver(fun, selection)] };
      case 'importedMethod': {
        const recv = [this.#receiver(fun, selection)];
        if (intrinsic) return { callee: { kind: 'intrinsic', op: intrinsic }, recv };
        if (selection.recv.path === '') return { callee: { kind: 'method', name: selection.name }, recv };
        return { callee: { kind: 'unknown', inert: isInert(selection.recv.path, selection.name) && !this.#passesCode(expr) }, recv };
      }
      case 'field':
        return { callee: { kind: 'value', fn: this.#expr(fun) }, recv: [] };
      case undefined:
        return { callee: { kind: 'method', name: fun.sel.name }, recv: [this.#expr(fun.x)] };
    }
  }

  /** Code handed over may be run by whoever gets it, however inert the package is otherwise. */
  #passesCode(expr: CallExpr): boolean {
    return expr.args.some((arg) => arg.kind === 'FuncLit' || this.#pkg.infer.underlying(this.#pkg.typeOf(arg)).kind === 'func');
  }

  #receiver(fun: SelectorExpr, selection: Extract<Selection, { path: readonly string[] }>): Reg {
    return this.#embedded(this.#expr(fun.x), this.#pkg.typeOf(fun.x), selection.path, fun.pos).reg;
  }

  #staticCallee(decl: FuncDecl, call: CallExpr): Callee {
    if (!decl.body) return { kind: 'unknown', inert: false };
    return this.#compiler.relevance.ofFunc(decl) ? { kind: 'static', func: decl } : { kind: 'unknown', inert: !this.#hidesHandle(decl, call) };
  }

  /** Whether something that can be waited on is given to a parameter that does not show it, such as an interface of another package: whoever gets it may act on it. */
  #hidesHandle({ type }: FuncDecl, { args }: CallExpr): boolean {
    const params = type.params.flatMap((field) => (field.names.length === 0 ? [field] : field.names.map(() => field))).map((field) => this.#pkg.infer.typeExpr(field.type));
    return args.some((arg, index) => {
      const param = params[index] ?? params.at(-1);
      const isOpaque = param !== undefined && (param.kind === 'interface' || param.kind === 'unknown' || (param.kind === 'named' && param.path !== ''));
      return isOpaque && this.#compiler.relevance.tracks(this.#pkg.typeOf(arg), true);
    });
  }
}

const exprKinds: ReadonlySet<string> = new Set([
  'Ident', 'BasicLit', 'CompositeLit', 'FuncLit', 'SelectorExpr', 'IndexExpr', 'SliceExpr', 'TypeAssertExpr', 'CallExpr', 'StarExpr', 'UnaryExpr', 'BinaryExpr', 'KeyValueExpr', 'BadExpr',
]);

function isExpr(node: Stmt | Expr): node is Expr {
  return exprKinds.has(node.kind);
}
