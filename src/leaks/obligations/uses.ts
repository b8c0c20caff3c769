import { childrenOf, type CallExpr, type Expr, type FuncDecl, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { isInert } from '../machine/intrinsics.ts';
import { calleeOf } from './callee.ts';
import type { Obligation } from './obligation.ts';

/** What code does with a thing that must be given back. `escaped`: others may give it back now. */
export type Effect = 'none' | 'released' | 'escaped';

/** What holds the thing: a variable, or, where `path` is set, that field of it; or a field of all objects of a type of the package. */
export type Holder = { readonly variable: VarObj; readonly path: string | null } | Field;

/** A field of a struct of the package. */
export interface Field {
  readonly owner: string;
  readonly name: string;
}

/** Whether an expression names a field. */
export function isField(pkg: GoPackage, expr: Expr, { owner, name }: Field): boolean {
  if (expr.kind !== 'SelectorExpr' || expr.sel.name !== name) return false;
  const selection = pkg.infer.select(expr);
  return selection?.kind === 'field' && selection.owner?.path === '' && selection.owner.name === owner;
}

/** How deep a thing is followed into functions of the package that it is handed to. */
const deepest = 4;

/** Answers what code does with things, through helpers of the package; each helper is asked once. */
export class Uses {
  readonly #pkg: GoPackage;
  readonly #summaries = new Map<string, Effect>();

  constructor(pkg: GoPackage) {
    this.#pkg = pkg;
  }

  /** What a node does with the thing a variable holds. Assigning to the variable is not a use of the thing. */
  effectOf(node: Node, holder: Holder, obligation: Obligation, depth = 0): Effect {
    return new Look(this.#pkg, this, holder, obligation, depth).at(node);
  }

  /** What a function of the package does with its parameter number `index`, on any path; -1 is the receiver. */
  ofParameter(decl: FuncDecl, index: number, path: string | null, obligation: Obligation, depth: number): Effect {
    const variable = parameterOf(this.#pkg, decl, index);
    if (variable === 'unnamed') return 'none';
    if (!variable || !decl.body || depth > deepest) return 'escaped';
    const key = `${variable.file.path}:${decl.pos}:${index}:${path ?? ''}:${obligation.obtained[0] ?? ''}:${obligation.result}:${JSON.stringify(obligation.released)}`;
    const known = this.#summaries.get(key);
    if (known) return known;
    this.#summaries.set(key, 'none'); // recursion: what the first turn does counts
    const effect = this.effectOf(decl.body, { variable, path }, obligation, depth + 1);
    this.#summaries.set(key, effect);
    return effect;
  }
}

function parameterOf(pkg: GoPackage, decl: FuncDecl, index: number): VarObj | 'unnamed' | undefined {
  const fields = index < 0 ? (decl.recv ? [decl.recv] : []) : decl.type.params;
  let at = index < 0 ? -1 : 0;
  for (const field of fields) {
    if (field.type.kind === 'Ellipsis' && at <= index) return undefined;
    const count = Math.max(1, field.names.length);
    if (index < at + count) {
      const ident = field.names[index - at];
      if (!ident || ident.name === '_') return 'unnamed';
      const obj = pkg.objectOf(ident);
      return obj?.kind === 'var' ? obj : undefined;
    }
    at += count;
  }
  return undefined;
}

function strongest(effects: Iterable<Effect>): Effect {
  let found: Effect = 'none';
  for (const effect of effects) {
    if (effect === 'released') return effect;
    if (effect === 'escaped') found = effect;
  }
  return found;
}

/** One look at some code for one thing. */
class Look {
  readonly #pkg: GoPackage;
  readonly #uses: Uses;
  readonly #holder: Holder;
  readonly #obligation: Obligation;
  readonly #depth: number;

  constructor(pkg: GoPackage, uses: Uses, holder: Holder, obligation: Obligation, depth: number) {
    this.#pkg = pkg;
    this.#uses = uses;
    this.#holder = holder;
    this.#obligation = obligation;
    this.#depth = depth;
  }

  #isVariable(expr: Expr): boolean {
    if ('owner' in this.#holder) return isField(this.#pkg, expr, this.#holder);
    return expr.kind === 'Ident' && this.#pkg.objectOf(expr) === this.#holder.variable;
  }

  /** The field of the variable that holds the thing; null where it holds it itself. */
  get #path(): string | null {
    return 'owner' in this.#holder ? null : this.#holder.path;
  }

  /** The thing itself: the variable, or the field of it that holds the thing. */
  #isThing(expr: Expr): boolean {
    const path = this.#path;
    return path === null ? this.#isVariable(expr) : expr.kind === 'SelectorExpr' && expr.sel.name === path && this.#isVariable(expr.x);
  }

  at(node: Node): Effect {
    switch (node.kind) {
      case 'Ident':
        return this.#isVariable(node) ? 'escaped' : 'none';
      case 'SelectorExpr':
        return this.#selector(node);
      case 'CallExpr':
        return this.#call(node);
      case 'FuncLit':
        // Who calls it, and when, is not followed: a literal that gives the thing back is as good as a place to keep it.
        return this.#inside(node) === 'none' ? 'none' : 'escaped';
      case 'DeferStmt':
        return node.call.kind === 'CallExpr' ? this.#call(node.call) : this.at(node.call);
      case 'GoStmt':
        return node.call.kind === 'CallExpr' && node.call.fun.kind === 'FuncLit' && this.#inside(node.call.fun) !== 'none' ? 'escaped' : this.at(node.call);
      case 'UnaryExpr':
        return node.op === '<-' && this.#isItsEnd(node.x) ? 'released' : this.#children(node);
      case 'BinaryExpr':
        return node.op === '==' || node.op === '!=' ? strongest([node.x, node.y].filter((one) => !this.#isVariable(one) && !this.#isThing(one)).map((one) => this.at(one))) : this.#children(node);
      case 'AssignStmt':
        return strongest([...node.lhs.filter((one) => !this.#isVariable(one) && !this.#isThing(one)), ...node.rhs].map((one) => this.at(one)));
      case 'ValueSpec':
        return strongest(node.values.map((one) => this.at(one)));
      case 'KeyValueExpr':
        return strongest([...(node.key.kind === 'Ident' ? [] : [node.key]), node.value].map((one) => this.at(one)));
      default:
        return this.#children(node);
    }
  }

  /** `session.Done()`: what is received from it says that the thing has ended already. */
  #isItsEnd(channel: Expr): boolean {
    return channel.kind === 'CallExpr' && channel.fun.kind === 'SelectorExpr' && /^(?:Done|Closed|Dead|Dying)$/u.test(channel.fun.sel.name) && this.#isThing(channel.fun.x);
  }

  #children(node: Node): Effect {
    return strongest(childrenOf(node).map((child) => this.at(child)));
  }

  #inside(lit: Extract<Expr, { kind: 'FuncLit' }>): Effect {
    return this.at(lit.body);
  }

  #selector(node: Extract<Expr, { kind: 'SelectorExpr' }>): Effect {
    if (this.#isThing(node)) return 'escaped';
    if (!this.#isVariable(node.x) && !this.#isThing(node.x)) return this.at(node.x);
    // A method as a value may be called later, and of the package's own things goes on working with them; a field is only looked at.
    return this.#isThing(node.x) && (this.#givesBack(node.sel.name) || (this.#obligation.behind !== undefined && this.#pkg.declOf(node) !== undefined)) ? 'escaped' : 'none';
  }

  #givesBack(method: string): boolean {
    const { released } = this.#obligation;
    return released.kind === 'method' && released.names.includes(method);
  }

  #call(call: CallExpr): Effect {
    const { fun } = call;
    const args = call.args.map((arg, index) => this.#argument(call, arg, index));
    if (fun.kind === 'FuncLit') return strongest([this.#inside(fun), ...args]);
    if (this.#drains(call)) return 'released';
    if (this.#obligation.released.kind === 'call' && this.#isThing(fun)) return 'released';
    if (fun.kind === 'SelectorExpr' && this.#isThing(fun.x)) {
      if (this.#givesBack(fun.sel.name)) return 'released';
      const callee = calleeOf(this.#pkg, call);
      return strongest([...(callee?.kind === 'package' ? [this.#uses.ofParameter(callee.decl, -1, this.#path, this.#obligation, this.#depth)] : []), ...args]);
    }
    if (fun.kind === 'SelectorExpr' && this.#isVariable(fun.x)) {
      // resp.Write(w) reads the body to its end and closes it.
      return fun.sel.name === 'Write' ? 'released' : strongest(args);
    }
    return strongest([this.at(fun), ...args]);
  }

  /** `io.ReadAll(resp.Body)`, also through a reader that is put around it. */
  #drains(call: CallExpr): boolean {
    const { drained, borrowed } = this.#obligation;
    if (drained.calls.length === 0) return false;
    const callee = calleeOf(this.#pkg, call);
    if (callee?.kind !== 'imported' || !drained.calls.includes(callee.key)) return false;
    const reads = (expr: Expr): boolean => {
      if (this.#isThing(expr)) return true;
      const inner = expr.kind === 'CallExpr' ? calleeOf(this.#pkg, expr) : undefined;
      return expr.kind === 'CallExpr' && inner?.kind === 'imported' && borrowed.calls.includes(inner.key) && expr.args.some(reads);
    };
    return call.args.some((arg) => reads(arg) || (this.#path !== null && this.#isVariable(arg)));
  }

  #argument(call: CallExpr, arg: Expr, index: number): Effect {
    const isThing = this.#isThing(arg);
    if (!isThing && !this.#isVariable(arg)) return this.at(arg);
    const callee = calleeOf(this.#pkg, call);
    if (callee === undefined) return 'escaped';
    switch (callee.kind) {
      case 'builtin':
        return callee.name === 'append' || callee.name === 'panic' ? 'escaped' : 'none';
      case 'package':
        // A client that is generated keeps its connection, and does not close it.
        if (callee.file.path.endsWith('.pb.go') && this.#obligation.borrowed.names?.test(callee.decl.name.name)) return 'none';
        return this.#uses.ofParameter(callee.decl, index, isThing ? null : this.#path, this.#obligation, this.#depth);
      case 'imported': {
        const { borrowed } = this.#obligation;
        if (borrowed.calls.includes(callee.key) || borrowed.names?.test(callee.name)) return 'none';
        return isInert(callee.path, callee.name) ? 'none' : 'escaped';
      }
    }
  }
}
