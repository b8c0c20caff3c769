import { childrenOf, type AssignStmt, type CallExpr, type Expr, type File, type FuncDecl, type GoStmt, type Ident, type Node, type SelectorExpr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { deref } from '../../go/type.ts';
import { startedBy, starters } from '../started-by.ts';

/** Code in its place: the declaration it stands in, and the innermost function. */
export interface At<N> {
  readonly node: N;
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  /** All functions around it, the declaration first. */
  readonly funcs: readonly FuncNode[];
}

/** Where a function stands: its file, the declaration it is or is in, and the functions from that one down to itself. */
export interface Home {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly funcs: readonly FuncNode[];
}

/** How a function comes to run in a goroutine of its own. */
export interface Start extends At<GoStmt | CallExpr> {
  /** The call whose arguments the function is given; null where something else calls it. */
  readonly call: CallExpr | null;
}

/** A function that runs in a goroutine: the one that is started, or one that a started function calls. */
export interface Body extends Home {
  readonly func: FuncNode;
  readonly starts: readonly Start[];
  /** The call that leads from the started function to this one; null where it is itself started. */
  readonly through: At<CallExpr> | null;
}

/** Types whose method `Go` runs a function in a goroutine. Sources: pkg.go.dev/sync, golang.org/x/sync/errgroup, github.com/sourcegraph/conc. */
const groups: ReadonlySet<string> = new Set(['sync.WaitGroup', 'golang.org/x/sync/errgroup.Group', 'github.com/sourcegraph/conc.WaitGroup']);

/** Text of what starts goroutines: `go`, a group's `Go`. */
const starting = new RegExp(`\\b(?:${['go', ...starters].join('|')})\\b`, 'u');

/** What walks over a package's functions find of its goroutines, and of what is done to the things they wait for. A function is walked when what is asked for may be in it. */
export class Goroutines {
  readonly #pkg: GoPackage;
  readonly #gos: At<GoStmt>[] = [];
  readonly #handed: At<CallExpr>[] = [];
  /** Selectors by their name: calls of `x.Stop`, and fields. */
  readonly #selectors = new Map<string, At<SelectorExpr>[]>();
  readonly #assigned = new Map<string, At<AssignStmt>[]>();
  readonly #closes: At<CallExpr>[] = [];
  readonly #homes = new Map<FuncNode, Home>();
  readonly #order: ReadonlyMap<FuncDecl, number>;
  #starts: ReadonlyMap<FuncNode, readonly Start[]> | undefined;

  constructor(pkg: GoPackage) {
    this.#pkg = pkg;
    this.#order = new Map(Array.from(pkg.funcs(), ({ decl }, index) => [decl, index]));
  }

  /** Walks those of some functions that were not yet walked. */
  #read(funcs: Iterable<{ readonly decl: FuncDecl; readonly file: File }>): void {
    for (const { decl, file } of funcs) {
      if (this.#homes.has(decl)) continue;
      this.#homes.set(decl, { file, decl, funcs: [decl] });
      if (decl.body) this.#walk(decl.body, { file, decl, func: decl, funcs: [decl] });
    }
  }

  /** In the order of the package's functions, whichever was walked first. */
  #inOrder<N extends Node>(found: readonly At<N>[]): readonly At<N>[] {
    return found.toSorted((a, b) => (this.#order.get(a.decl) ?? 0) - (this.#order.get(b.decl) ?? 0));
  }

  get closes(): readonly At<CallExpr>[] {
    this.#read(this.#pkg.mentioning('close'));
    return this.#inOrder(this.#closes);
  }

  #walk(node: Node, around: Omit<At<Node>, 'node'>): void {
    let inside = around;
    switch (node.kind) {
      case 'FuncLit':
        inside = { ...around, func: node, funcs: [...around.funcs, node] };
        this.#homes.set(node, inside);
        break;
      case 'GoStmt':
        this.#gos.push({ node, ...around });
        break;
      case 'CallExpr':
        if (node.fun.kind === 'Ident' && node.fun.name === 'close' && node.args.length === 1) this.#closes.push({ node, ...around });
        else if (node.args.some((arg) => arg.kind === 'FuncLit' || arg.kind === 'SelectorExpr' || arg.kind === 'Ident')) this.#handed.push({ node, ...around });
        break;
      case 'SelectorExpr':
        push(this.#selectors, node.sel.name, { node, ...around });
        break;
      case 'AssignStmt':
        for (const target of node.lhs) {
          if (target.kind === 'Ident') push(this.#assigned, target.name, { node, ...around });
          else if (target.kind === 'SelectorExpr') push(this.#assigned, target.sel.name, { node, ...around });
        }
        break;
      default:
    }
    for (const child of childrenOf(node)) this.#walk(child, inside);
  }

  /** The selectors `x.name` of the package. */
  selectors(name: string): readonly At<SelectorExpr>[] {
    this.#read(this.#pkg.mentioning(name));
    return this.#inOrder(this.#selectors.get(name) ?? []);
  }

  /** The assignments to something called `name`: a variable or a field. */
  assignments(name: string): readonly At<AssignStmt>[] {
    this.#read(this.#pkg.mentioning(name));
    return this.#inOrder(this.#assigned.get(name) ?? []);
  }

  /** Some functions, and the literals in them, with where they stand. */
  functions(isAsked: (decl: FuncDecl, file: File) => boolean): (readonly [FuncNode, Home])[] {
    const asked = Array.from(this.#pkg.funcs()).filter(({ decl, file }) => isAsked(decl, file));
    this.#read(asked);
    const decls = new Set(asked.map(({ decl }) => decl));
    return [...this.#homes].filter(([, home]) => decls.has(home.decl)).sort(([, a], [, b]) => (this.#order.get(a.decl) ?? 0) - (this.#order.get(b.decl) ?? 0));
  }

  /** Every function that runs in a goroutine that the package starts, and what those call by name, one level deep. */
  *bodies(): Generator<Body> {
    for (const [func, starts] of this.starts()) {
      const home = this.home(func);
      if (!home) continue;
      yield { func, file: home.file, decl: home.decl, funcs: home.funcs, starts, through: null };
      for (const [callee, through] of this.#callees(func, home)) {
        const its = this.home(callee);
        if (its && !this.starts().has(callee)) yield { func: callee, file: its.file, decl: its.decl, funcs: its.funcs, starts, through };
      }
    }
  }

  /** The call `once.Do(func() { … })` around code, if there is one. */
  onceAround(funcs: readonly FuncNode[]): CallExpr | undefined {
    this.#read(this.#pkg.mentioning('Do'));
    return this.#inOrder(this.#handed).find(({ node }) => node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Do' && node.args[0]?.kind === 'FuncLit' && funcs.includes(node.args[0]))?.node;
  }

  home(func: FuncNode): Home | undefined {
    if (func.kind === 'FuncDecl' && !this.#homes.has(func)) this.#read(this.#pkg.mentioning(func.name.name));
    return this.#homes.get(func);
  }

  /** What starts each function. */
  starts(): ReadonlyMap<FuncNode, readonly Start[]> {
    this.#starts ??= this.#findStarts();
    return this.#starts;
  }

  #findStarts(): ReadonlyMap<FuncNode, readonly Start[]> {
    const found = new Map<FuncNode, Start[]>();
    const runners = new Map<FuncDecl, Set<number>>();
    this.#read(this.#pkg.saying(starting));
    for (const go of this.#inOrder(this.#gos)) {
      if (go.node.call.kind !== 'CallExpr') continue;
      const { call } = go.node;
      const func = this.functionOf(call.fun);
      if (func) push(found, func, { ...go, call });
      this.#noteRunner(go, call, runners);
    }
    for (const runner of runners.keys()) this.#read(this.#pkg.mentioning(runner.name.name));
    for (const at of this.#inOrder(this.#handed)) {
      const runs = this.#runs(at.node, runners);
      for (const index of runs) {
        const arg = at.node.args[index];
        const func = arg && this.functionOf(arg);
        if (func) push(found, func, { ...at, call: null });
      }
    }
    return found;
  }

  /** Notes that a declaration runs one of its parameters in a goroutine: `go f()`, or a literal that calls `f`. */
  #noteRunner(go: At<GoStmt>, call: CallExpr, runners: Map<FuncDecl, Set<number>>): void {
    const params = paramsOf(go.decl);
    const note = (fun: Expr): void => {
      const obj = fun.kind === 'Ident' ? this.#pkg.objectOf(fun) : undefined;
      if (obj?.kind !== 'var' || obj.role !== 'param') return;
      const index = params.indexOf(obj.ident);
      if (index >= 0) runners.set(go.decl, (runners.get(go.decl) ?? new Set()).add(index));
    };
    note(call.fun);
    if (call.fun.kind !== 'FuncLit') return;
    const visit = (node: Node): void => {
      if (node.kind === 'CallExpr') note(node.fun);
      if (node.kind !== 'FuncLit') for (const child of childrenOf(node)) visit(child);
    };
    visit(call.fun.body);
  }

  /** The arguments of a call that it runs in a goroutine. */
  #runs(call: CallExpr, runners: ReadonlyMap<FuncDecl, ReadonlySet<number>>): Iterable<number> {
    if (this.isOfGroup(call)) return [0];
    const started = startedBy(this.#pkg, call);
    if (started) return [call.args.indexOf(started)];
    if (runners.size === 0) return [];
    const callee = this.functionOf(call.fun);
    return (callee?.kind === 'FuncDecl' ? runners.get(callee) : undefined) ?? [];
  }

  /** Whether a call is one of `Go` of a group, which runs its argument in a goroutine. */
  isOfGroup({ fun }: CallExpr): boolean {
    if (fun.kind !== 'SelectorExpr' || fun.sel.name !== 'Go') return false;
    const type = deref(this.#pkg.typeOf(fun.x));
    return type.kind === 'named' && groups.has(`${type.path}.${type.name}`);
  }

  /** The code of the package that an expression names: a literal, a function, a method. */
  functionOf(fun: Expr): FuncNode | undefined {
    if (fun.kind === 'FuncLit') return fun;
    const decl = this.#pkg.declOf(fun);
    if (decl || fun.kind !== 'Ident') return decl;
    // A literal in a variable that is set once.
    const obj = this.#pkg.objectOf(fun);
    return obj?.kind === 'var' && obj.role === 'local' && obj.origin.kind === 'expr' && obj.origin.expr.kind === 'FuncLit' && !this.isReassigned(obj) ? obj.origin.expr : undefined;
  }

  /** Whether a variable is given another value than the one it is declared with. */
  isReassigned(obj: VarObj): boolean {
    // Those to a variable of a function stand in that function.
    const around = obj.func && obj.file.funcs.find(({ pos, end }) => pos <= obj.ident.pos && obj.ident.end <= end);
    if (around) this.#read([{ decl: around, file: obj.file }]);
    return (around ? (this.#assigned.get(obj.name) ?? []) : this.assignments(obj.name)).some(({ node }) => node.lhs.some((target) => target.kind === 'Ident' && target !== obj.ident && this.#pkg.objectOf(target) === obj));
  }

  #callees(func: FuncNode, { file, decl, funcs }: Home): Map<FuncDecl, At<CallExpr>> {
    const found = new Map<FuncDecl, At<CallExpr>>();
    const visit = (node: Node): void => {
      if (node.kind === 'FuncLit' || node.kind === 'GoStmt') return;
      if (node.kind === 'CallExpr') {
        const callee = node.fun.kind === 'FuncLit' ? undefined : this.functionOf(node.fun);
        if (callee?.kind === 'FuncDecl' && callee !== func && !found.has(callee)) found.set(callee, { node, file, decl, func, funcs });
      }
      for (const child of childrenOf(node)) visit(child);
    };
    if (func.body) visit(func.body);
    return found;
  }
}

/** The identifiers a function declares as parameters, in their order. */
export function paramsOf(func: FuncNode): readonly Ident[] {
  return func.type.params.flatMap((field) => field.names);
}
