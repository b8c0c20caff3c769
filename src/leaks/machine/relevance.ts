import { childrenOf, elementValue, rootOf, walk, type BlockStmt, type CallExpr, type Expr, type FuncDecl, type FuncLit, type Node, type SelectorExpr, type Span, type Stmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import { deref, isNamed, type Type } from '../../go/type.ts';
import { spread } from '../spread.ts';
import { intrinsicOf, isInert, locking } from './intrinsics.ts';

/** Types of other packages whose values goroutines wait on or hold each other up with. */
const locks: ReadonlySet<string> = new Set(['sync.Mutex', 'sync.RWMutex', 'sync.Locker']);
const trackedImports: ReadonlySet<string> = new Set([
  'sync.WaitGroup', 'sync.Once', 'sync.Cond', 'time.Timer', 'time.Ticker',
  'context.Context', 'context.CancelFunc', 'context.CancelCauseFunc', 'golang.org/x/sync/errgroup.Group',
]);

/** What makes a context out of another: of no matter where nobody waits. */
const pure: ReadonlySet<string> = new Set(['Background', 'WithoutCancel', 'WithValue', 'WithCancel', 'WithTimeout', 'Context.Done', 'Context.Err', 'NewCond', 'After', 'Tick', 'testing.Context']);

/**
 * Says which code can matter to a goroutine that waits, and cuts away the rest, so that the machine walks few branches.
 * What is cut away is replaced by assignments of unknown values to whatever it may have assigned.
 */
export class Relevance {
  readonly #pkg: GoPackage;
  readonly #withLocks: boolean;
  readonly #tracked = new Map<string, boolean>();
  readonly #methods = new Map<string, FuncDecl[]>();
  readonly #relevant = new Set<FuncDecl>();
  readonly #locking = new Set<FuncDecl>();

  /** `withLocks`: mutexes matter. Where they do not, code that only locks is cut away. */
  constructor(pkg: GoPackage, { withLocks }: { readonly withLocks: boolean }) {
    this.#pkg = pkg;
    this.#withLocks = withLocks;
    const callers = new Map<FuncDecl, FuncDecl[]>();
    for (const { decl } of pkg.funcs()) if (decl.recv && decl.body) push(this.#methods, decl.name.name, decl);
    for (const { decl } of pkg.funcs()) {
      if (this.#matters(decl, callers)) this.#relevant.add(decl);
    }
    spread(this.#relevant, callers);
    if (withLocks) {
      for (const { decl } of pkg.funcs()) if (decl.body && this.#takesLock(decl.body)) this.#locking.add(decl);
      spread(this.#locking, callers);
    }
  }

  #takesLock(body: BlockStmt): boolean {
    let takes = false;
    walk(body, (node) => {
      const intrinsic = node.kind === 'CallExpr' ? intrinsicOf(this.#pkg, node) : undefined;
      takes ||= intrinsic === 'Mutex.Lock' || intrinsic === 'RWMutex.RLock';
      return !takes;
    });
    return takes;
  }

  /** Whether running a function can matter to a goroutine that waits. */
  ofFunc(decl: FuncDecl): boolean {
    return this.#relevant.has(decl);
  }

  /** The package's methods of a name: what a call through an interface may come to. */
  methodsNamed(name: string): readonly FuncDecl[] {
    return this.#methods.get(name) ?? [];
  }

  /** Whether any code of the package takes a lock. */
  locks(): boolean {
    return this.#locking.size > 0;
  }

  /** Whether a function takes a lock, itself or through what it calls. */
  locksIn(decl: FuncDecl): boolean {
    return this.#locking.has(decl);
  }

  /**
   * Whether values of a type can be waited on, or lead to such. Contexts and functions count by themselves but do not make a
   * struct count that has one among its fields: most structs of a program have.
   */
  tracks(type: Type, inStruct = false): boolean {
    switch (type.kind) {
      case 'chan':
        return true;
      case 'func':
        return !inStruct;
      case 'pointer':
      case 'slice':
      case 'array':
      case 'map':
        return this.tracks(type.elem, inStruct);
      case 'struct':
        return type.fields.some((field) => this.tracks(field.type, true));
      case 'tuple':
        return type.elems.some((elem) => this.tracks(elem, inStruct));
      case 'named': {
        if (type.path !== '') {
          const name = `${type.path}.${type.name}`;
          return (trackedImports.has(name) && !(inStruct && name.startsWith('context.'))) || (this.#withLocks && locks.has(name));
        }
        const key = `${type.name}${type.obj?.spec.pos ?? ''}${inStruct ? '*' : ''}`;
        const known = this.#tracked.get(key);
        if (known !== undefined) return known;
        this.#tracked.set(key, false); // a recursive type adds nothing by its recursion
        const tracks = this.tracks(this.#pkg.infer.underlying(type), inStruct);
        this.#tracked.set(key, tracks);
        return tracks;
      }
      default:
        return false;
    }
  }

  /** The body of a function without what cannot matter. */
  slice(body: BlockStmt): BlockStmt {
    return { ...body, list: this.#sliceList(body.list) };
  }

  #sliceList(list: readonly Stmt[]): Stmt[] {
    return list.map((stmt) => this.#sliceStmt(stmt));
  }

  #sliceStmt(stmt: Stmt): Stmt {
    switch (stmt.kind) {
      case 'LabeledStmt':
        return { ...stmt, stmt: this.#sliceStmt(stmt.stmt) };
      case 'BlockStmt':
        return this.slice(stmt);
      case 'IfStmt': {
        if (!this.#stmtMatters(stmt)) return this.#havoc(stmt);
        const otherwise = stmt.else ? this.#sliceStmt(stmt.else) : null;
        return { ...stmt, body: this.slice(stmt.body), else: otherwise?.kind === 'IfStmt' || otherwise?.kind === 'BlockStmt' ? otherwise : otherwise ? { kind: 'BlockStmt', pos: otherwise.pos, end: otherwise.end, list: [otherwise] } : null };
      }
      case 'ForStmt':
      case 'RangeStmt':
        return this.#stmtMatters(stmt) ? { ...stmt, body: this.slice(stmt.body) } : this.#havoc(stmt);
      case 'SwitchStmt':
        return this.#stmtMatters(stmt) ? { ...stmt, clauses: stmt.clauses.map((clause) => ({ ...clause, body: this.#sliceList(clause.body) })) } : this.#havoc(stmt);
      case 'TypeSwitchStmt':
        return this.#stmtMatters(stmt) ? { ...stmt, clauses: stmt.clauses.map((clause) => ({ ...clause, body: this.#sliceList(clause.body) })) } : this.#havoc(stmt);
      case 'SelectStmt':
        return { ...stmt, clauses: stmt.clauses.map((clause) => ({ ...clause, body: this.#sliceList(clause.body) })) };
      default:
        return stmt;
    }
  }

  /** An assignment of unknown values to what a statement may assign of the outside. */
  #havoc(stmt: Stmt): Stmt {
    const targets = new Map<string, Expr>();
    const add = (target: Expr): void => {
      const root = rootOf(target);
      const obj = root ? this.#pkg.objectOf(root) : undefined;
      if (obj?.kind !== 'var' || obj.role === 'package' || inside(obj.ident, stmt)) return;
      if (target.kind === 'Ident' || target.kind === 'SelectorExpr') targets.set(path(target), target);
    };
    walk(stmt, (node) => {
      if (node.kind === 'AssignStmt') for (const target of node.lhs) add(target);
      if (node.kind === 'IncDecStmt') add(node.x);
      if (node.kind === 'RangeStmt' && !node.define) for (const target of [node.key, node.value]) if (target) add(target);
      return undefined;
    });
    if (targets.size === 0) return { kind: 'EmptyStmt', pos: stmt.pos, end: stmt.end };
    return { kind: 'AssignStmt', pos: stmt.pos, end: stmt.end, lhs: [...targets.values()], op: '=', rhs: [{ kind: 'BadExpr', pos: stmt.pos, end: stmt.end }] };
  }

  #stmtMatters(stmt: Stmt): boolean {
    return this.#any(stmt, { loops: 0, switches: 0 });
  }

  /** Whether anything below a node matters, or leaves the statement that was first asked about. */
  #any(node: Node, depth: { readonly loops: number; readonly switches: number }): boolean {
    switch (node.kind) {
      case 'ReturnStmt':
        return true;
      case 'BranchStmt':
        if (node.label !== null || node.token === 'goto') return true;
        return node.token === 'continue' ? depth.loops === 0 : node.token === 'break' ? depth.loops + depth.switches === 0 : false;
      case 'FuncLit':
        return this.#bodyMatters(node);
      default:
    }
    if (this.#nodeMatters(node)) return true;
    const inner =
      node.kind === 'ForStmt' || node.kind === 'RangeStmt' ? { loops: depth.loops + 1, switches: 0 }
      : node.kind === 'SwitchStmt' || node.kind === 'TypeSwitchStmt' ? { ...depth, switches: depth.switches + 1 }
      : depth;
    return childrenOf(node).some((child) => this.#any(child, inner));
  }

  #bodyMatters(lit: FuncLit): boolean {
    let matters = false;
    walk(lit.body, (node) => {
      matters ||= this.#nodeMatters(node);
      return !matters;
    });
    return matters;
  }

  #matters(decl: FuncDecl, callers: Map<FuncDecl, FuncDecl[]>): boolean {
    let matters = this.#resultsTracked(decl) || this.#answersByFlag(decl) || this.#keepsHandle(decl);
    if (decl.body) {
      walk(decl.body, (node) => {
        if (node.kind === 'CallExpr') {
          for (const callee of this.#callees(node)) push(callers, callee, decl);
        }
        matters ||= this.#nodeMatters(node);
        return undefined;
      });
    }
    return matters;
  }

  /** A function that hands out something to wait on is looked into, so that it is known what. */
  #resultsTracked(decl: FuncDecl): boolean {
    return decl.type.results.some((field) => this.#isHandle(this.#pkg.infer.typeExpr(field.type)));
  }

  /** A function that stores or hands on what it is given: whoever gets it may act on it later, so the way of it is followed. */
  #keepsHandle(decl: FuncDecl): boolean {
    const kept = new Set<unknown>();
    for (const field of decl.type.params) {
      const type = this.#pkg.infer.typeExpr(field.type);
      if (type.kind === 'typeParam' || this.#isHandle(type)) for (const name of field.names) kept.add(this.#pkg.objectOf(name));
    }
    const isKept = (expr: Expr): boolean => expr.kind === 'Ident' && kept.has(this.#pkg.objectOf(expr));
    let keeps = false;
    if (decl.body && kept.size > 0) {
      walk(decl.body, (node) => {
        keeps ||= valuesGiven(node).some(isKept);
        return !keeps;
      });
    }
    return keeps;
  }

  /** A function that answers with a flag of something that can be waited on: it must answer alike as long as the flag is the same. */
  #answersByFlag(decl: FuncDecl): boolean {
    let flag = false;
    if (decl.body && decl.type.results.length > 0) {
      walk(decl.body, (node) => {
        flag ||= node.kind === 'SelectorExpr' && this.#isFlag(node);
        return !flag;
      });
    }
    return flag;
  }

  #isFlag(expr: SelectorExpr): boolean {
    const type = this.#pkg.typeOf(expr);
    return type.kind === 'basic' && type.name === 'bool' && this.tracks(deref(this.#pkg.typeOf(expr.x)), true);
  }

  /** Something that unseen code could act on, an interface of the package among it: contexts are not, since who has one cannot cancel it. */
  #isHandle(type: Type): boolean {
    if (type.kind === 'named' && type.path === '' && this.#pkg.infer.underlying(type).kind === 'interface') return true;
    return this.tracks(type) && !isNamed(type, 'context', 'Context');
  }

  #staticCallee(call: CallExpr): FuncDecl | undefined {
    return this.#pkg.declOf(call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun);
  }

  /** The functions of the package a call may come to: the one it names, or the methods of that name where it goes through an interface. */
  #callees(call: CallExpr): readonly FuncDecl[] {
    const callee = this.#staticCallee(call);
    if (callee) return [callee];
    const fun = call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun;
    if (fun.kind !== 'SelectorExpr') return [];
    const selection = this.#pkg.infer.select(fun);
    const isDynamic = selection === undefined || (selection.kind === 'importedMethod' && selection.recv.path === '');
    return isDynamic ? (this.#methods.get(fun.sel.name) ?? []) : [];
  }

  #nodeMatters(node: Node): boolean {
    switch (node.kind) {
      case 'SendStmt':
      case 'GoStmt':
      case 'SelectStmt':
        return true;
      case 'UnaryExpr':
        return node.op === '<-';
      case 'RangeStmt':
        return this.#pkg.infer.underlying(this.#pkg.typeOf(node.x)).kind === 'chan';
      case 'AssignStmt':
        return node.lhs.some((target) => this.#targetMatters(target));
      case 'IncDecStmt':
        return this.#targetMatters(node.x);
      case 'CompositeLit':
        return this.tracks(this.#pkg.typeOf(node));
      case 'CallExpr':
        return this.#callMatters(node);
      default:
        return false;
    }
  }

  /** Anything assigned that can be waited on, and flags of structs that hold such: conditions read them. */
  #targetMatters(target: Expr): boolean {
    if (target.kind === 'SelectorExpr') {
      return this.#isFlag(target) || this.tracks(this.#pkg.typeOf(target), true);
    }
    if (target.kind === 'Ident' && target.name === '_') return false;
    const type = this.#pkg.typeOf(target);
    return type.kind !== 'func' && this.tracks(type);
  }

  #callMatters(call: CallExpr): boolean {
    if (this.#callees(call).some((callee) => this.#relevant.has(callee))) return true;
    if (this.#staticCallee(call)) return false;
    const fun = call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun;
    if (fun.kind === 'Ident') {
      const obj = this.#pkg.objectOf(fun);
      if (obj?.kind === 'builtin') return obj.name === 'close' || obj.name === 'panic' || (obj.name === 'make' && this.tracks(this.#pkg.typeOf(call)));
    }
    if (this.#pkg.endingOf(call) !== null) return true;
    const intrinsic = intrinsicOf(this.#pkg, call);
    if (intrinsic !== undefined) return !pure.has(intrinsic) && (this.#withLocks || !locking.has(intrinsic));
    if (this.#pkg.infer.isType(fun)) return false;
    if (fun.kind === 'SelectorExpr') {
      const selection = this.#pkg.infer.select(fun);
      if (selection?.kind === 'imported' && isInert(selection.path, selection.name)) return false;
      if (selection?.kind === 'importedMethod' && isInert(selection.recv.path, selection.name)) return false;
    }
    return call.args.some((arg) => (arg.kind === 'FuncLit' ? this.#bodyMatters(arg) : this.#isHandle(this.#pkg.typeOf(arg)))) || this.#isFuncValue(fun);
  }

  #isFuncValue(fun: Expr): boolean {
    if (fun.kind === 'FuncLit') return this.#bodyMatters(fun);
    if (fun.kind === 'Ident') {
      const obj = this.#pkg.objectOf(fun);
      if (obj?.kind !== 'var') return false;
      // Of the parameters only those that may be a cancel or a Done: what takes or answers something compares, formats, counts.
      if (obj.role !== 'param') return true;
      const type = this.#pkg.infer.typeOfVar(obj);
      const signature = this.#pkg.infer.underlying(type);
      return (type.kind === 'named' && type.path === 'context') || (signature.kind === 'func' && signature.params.length + signature.results.length === 0);
    }
    return fun.kind === 'SelectorExpr' && this.#pkg.infer.select(fun)?.kind === 'field';
  }
}

/** The values that a node stores, hands on or answers with. */
function valuesGiven(node: Node): readonly Expr[] {
  switch (node.kind) {
    case 'AssignStmt':
      return node.rhs;
    case 'CallExpr':
      return node.args;
    case 'CompositeLit':
      return node.elts.map(elementValue);
    case 'ReturnStmt':
      return node.results;
    case 'SendStmt':
      return [node.value];
    default:
      return [];
  }
}

function inside(inner: Span, outer: Span): boolean {
  return inner.pos >= outer.pos && inner.end <= outer.end;
}

function path(expr: Expr): string {
  return expr.kind === 'SelectorExpr' ? `${path(expr.x)}.${expr.sel.name}` : expr.kind === 'Ident' ? expr.name : '?';
}
