import { elementValue, isMake, isNil, walk, type CallExpr, type CompositeLit, type Expr } from '../../go/ast.ts';
import { constantOf } from '../../go/constant-of.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { VarObj } from '../../go/scope.ts';
import { deref } from '../../go/type.ts';
import type { Access, Accesses } from './access.ts';
import { returnsOf, type Callees } from './callees.ts';

/** Which channels, counters and condition variables of the package an expression may denote: by kind, and through what they are copied to. */
export class Channels {
  readonly #pkg: GoPackage;
  readonly #accesses: Accesses;
  readonly #callees: Callees;
  readonly #assigned = new Map<string, Expr[]>();
  readonly #literalArguments = new Map<VarObj, Expr>();
  /** Kinds that code which cannot be seen may use. */
  readonly #escaped = new Set<string>();
  readonly #sizes = new Map<string, Expr | null>();
  readonly #known = new Map<Expr, ReadonlySet<string>>();

  constructor(pkg: GoPackage, accesses: Accesses, callees: Callees) {
    this.#pkg = pkg;
    this.#accesses = accesses;
    this.#callees = callees;
    for (const { decl } of pkg.funcs()) {
      walk(decl, (node) => {
        if (node.kind === 'AssignStmt' && node.lhs.length === node.rhs.length) node.lhs.forEach((target, index) => this.#assign(target, node.rhs[index]));
        else if (node.kind === 'AssignStmt') node.lhs.forEach((target) => this.#assignUnseen(target));
        else if (node.kind === 'ValueSpec') node.names.forEach((target, index) => this.#assign(target, node.values[index]));
        else if (node.kind === 'CompositeLit') this.#readLiteral(node);
        else if (node.kind === 'CallExpr') this.#readCall(node);
        return undefined;
      });
    }
    for (const file of pkg.files) for (const spec of file.specs) if (spec.kind === 'ValueSpec') spec.names.forEach((target, index) => this.#assign(target, spec.values[index]));
    for (const { decl } of pkg.funcs()) this.#findEscapes(decl);
  }

  /** The kinds an expression may be of; null where it may be something that other packages use. */
  seenWhole(expr: Expr): ReadonlySet<string> | null {
    const keys = this.keysOf(expr);
    return keys.size > 0 && ![...keys].some((key) => this.#escaped.has(key) || isOpen(key)) ? keys : null;
  }

  /** The same where nobody but this package is known to have it, though other packages can see the field that it is in. */
  seenHere(expr: Expr): ReadonlySet<string> | null {
    const keys = this.keysOf(expr);
    return keys.size > 0 && ![...keys].some((key) => this.#escaped.has(key) || key === outside || (isOpen(key) && !key.includes('.'))) ? keys : null;
  }

  keysOf(expr: Expr): ReadonlySet<string> {
    const known = this.#known.get(expr);
    if (known) return known;
    const keys = new Set<string>();
    const seen = new Set([expr]);
    for (const one of seen) {
      const { own, from } = this.#find(one);
      for (const key of own) keys.add(key);
      for (const next of from) seen.add(next);
    }
    this.#known.set(expr, keys);
    return keys;
  }

  /** Whether a channel of these kinds is made without a buffer wherever it is made; undefined where no making is seen. */
  isUnbuffered(keys: ReadonlySet<string>): boolean | undefined {
    const rooms = this.#roomsOf(keys);
    return rooms.length === 0 ? undefined : rooms.every((room) => room === 0);
  }

  /** The room of a channel of these kinds, the most where it is made several times; undefined where no making is seen, or one whose size only a run tells. */
  roomOf(keys: ReadonlySet<string>): number | undefined {
    const rooms = this.#roomsOf(keys);
    return rooms.length === 0 || !rooms.every((room) => typeof room === 'number') ? undefined : Math.max(...rooms);
  }

  #roomsOf(keys: ReadonlySet<string>): readonly (number | null)[] {
    return [...keys].flatMap((key) => {
      const size = this.#sizes.get(key);
      return size === undefined ? [] : [size === null ? 0 : constantOf(this.#pkg, size)];
    });
  }

  #find(expr: Expr): Kinds {
    const access = this.#accesses.of(expr);
    const { root } = access ?? {};
    if (access && root && access.path.length === 0) return this.#ofVar(root, access.key);
    const last = access?.path.at(-1)?.name;
    if (access && (last?.startsWith('[') || this.#isForeign(access))) return { own: [access.key, outside], from: [] };
    if (access && !last?.startsWith('(')) return { own: [access.key], from: this.#stored(access.key) };
    if (isNil(expr)) return { own: [], from: [] };
    if (expr.kind !== 'CallExpr') return { own: [outside], from: [] };
    if (expr.args[0] && this.#pkg.infer.isType(expr.fun)) return { own: [], from: [expr.args[0]] };
    const targets = this.#callees.of(expr);
    if (targets.length === 0) return { own: [outside], from: [] };
    return { own: [], from: targets.flatMap(({ func }) => returnsOf(func).flatMap((stmt) => stmt.results[0] ?? [])) };
  }

  /** A field of a type of another package, such as a timer's channel. */
  #isForeign({ root, path }: Access): boolean {
    const before = path.at(-2)?.type ?? (root ? this.#pkg.infer.typeOfVar(root) : undefined);
    const owner = before && deref(before);
    return owner?.kind === 'named' && owner.path !== '';
  }

  #ofVar(obj: VarObj, key: string): Kinds {
    if (obj.role === 'param') {
      const given = this.#given(obj);
      return { own: given.length === 0 ? [key, outside] : [key], from: given };
    }
    const { origin } = obj;
    const isUnseen = origin.kind !== 'none' && origin.kind !== 'expr';
    const from = origin.kind === 'expr' && !makes(origin.expr) ? [origin.expr] : [];
    return { own: isUnseen ? [key, outside] : [key], from: [...from, ...this.#stored(key)] };
  }

  #given(param: VarObj): Expr[] {
    const literal = this.#literalArguments.get(param);
    if (literal) return [literal];
    if (param.func?.kind !== 'FuncDecl') return [];
    const index = param.func.type.params.flatMap((field) => field.names).indexOf(param.ident);
    return this.#callees.callSitesOf(param.func).flatMap(({ call }) => call.args[index] ?? []);
  }

  #stored(key: string): readonly Expr[] {
    return this.#assigned.get(key) ?? [];
  }

  #assign(target: Expr, value: Expr | undefined): void {
    const access = value ? this.#accesses.of(target) : undefined;
    if (access && value) this.#store(access.key, value);
  }

  /** One of several results of a call: who else has it is not known. */
  #assignUnseen(target: Expr): void {
    const access = this.#accesses.of(target);
    if (access && this.#isShared(target)) this.#escaped.add(access.key);
  }

  #store(key: string, value: Expr): void {
    if (isMake(value)) this.#sizes.set(key, value.args[1] ?? this.#sizes.get(key) ?? null);
    else if (!makes(value)) push(this.#assigned, key, value);
  }

  #readLiteral(literal: CompositeLit): void {
    const type = deref(this.#pkg.typeOf(literal));
    if (type.kind !== 'named' || type.path !== '') return;
    const under = this.#pkg.infer.underlying(type);
    for (const [index, element] of literal.elts.entries()) {
      const name = element.kind === 'KeyValueExpr' ? (element.key.kind === 'Ident' ? element.key.name : undefined) : under.kind === 'struct' ? under.fields[index]?.name : undefined;
      if (name !== undefined) this.#store(`${type.name}.${name}`, elementValue(element));
    }
  }

  #readCall(call: CallExpr): void {
    if (call.fun.kind !== 'FuncLit') return;
    for (const [index, name] of call.fun.type.params.flatMap((field) => field.names).entries()) {
      const obj = this.#pkg.objectOf(name);
      const given = call.args[index];
      if (obj?.kind === 'var' && given) this.#literalArguments.set(obj, given);
    }
  }

  /** A channel that is given to code of other packages, kept in a list or map, sent, or returned to where nobody of the package gets it. */
  #findEscapes(decl: Parameters<typeof returnsOf>[0]): void {
    const escape = (expr: Expr): void => {
      if (this.#isShared(expr)) for (const key of this.keysOf(expr)) this.#escaped.add(key);
    };
    const isCalled = decl.kind === 'FuncLit' || this.#callees.callSitesOf(decl).length > 0;
    if (!decl.body) return;
    const called = new Set<Expr>();
    walk(decl.body, (node) => {
      if (node.kind === 'CallExpr') called.add(node.fun);
      // `time.AfterFunc(d, cond.Broadcast)`: whoever gets the method may call it.
      if (node.kind === 'SelectorExpr' && !called.has(node) && /^(?:Signal|Broadcast|Done)$/u.test(node.sel.name)) escape(node.x);
      if (node.kind === 'CallExpr' && !this.#pkg.infer.isType(node.fun)) {
        const builtin = node.fun.kind === 'Ident' && this.#pkg.objectOf(node.fun)?.kind === 'builtin' ? node.fun.name : null;
        if (builtin === 'append') node.args.slice(1).forEach(escape);
        else if (builtin === null && node.fun.kind !== 'FuncLit' && this.#callees.of(node).length === 0) node.args.forEach(escape);
      } else if (node.kind === 'AssignStmt') node.lhs.forEach((target, index) => target.kind === 'IndexExpr' && node.rhs[index] && escape(node.rhs[index]));
      else if (node.kind === 'SendStmt') escape(node.value);
      else if (node.kind === 'ReturnStmt' && !isCalled) node.results.forEach(escape);
      else if (node.kind === 'CompositeLit' && deref(this.#pkg.typeOf(node)).kind !== 'named') node.elts.forEach((one) => escape(elementValue(one)));
      return undefined;
    });
  }

  #isShared(expr: Expr): boolean {
    const type = this.#pkg.infer.underlying(deref(this.#pkg.typeOf(expr)));
    return type.kind === 'chan' || (type.kind === 'named' && type.path === 'sync');
  }
}

/** The kinds an expression itself is of, and the expressions whose kinds it is of too. */
interface Kinds {
  readonly own: readonly string[];
  readonly from: readonly Expr[];
}

/** Stands for channels that other packages may have. */
const outside = '?';

/** Whether two channels may be one: of a kind that the package knows. */
export function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((key) => key !== outside && b.has(key));
}

/** Whether an expression makes a channel, or another object of package sync. */
function makes(expr: Expr): boolean {
  if (expr.kind === 'UnaryExpr') return expr.op === '&' && makes(expr.x);
  if (expr.kind !== 'CallExpr') return expr.kind === 'CompositeLit';
  return expr.fun.kind === 'Ident' ? expr.fun.name === 'make' || expr.fun.name === 'new' : expr.fun.kind === 'SelectorExpr' && expr.fun.sel.name === 'NewCond';
}

/** An exported field of an exported type, or an exported variable. */
function isOpen(key: string): boolean {
  if (key === outside) return true;
  if (key.startsWith('~')) return false;
  const parts = key.replace(/^#/u, '').split('.');
  return parts.every((part) => /^\p{Lu}/u.test(part));
}
