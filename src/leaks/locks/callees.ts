import { walk, type CallExpr, type Expr, type File, type FuncDecl, type ReturnStmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { deref, typeString, type InterfaceMethods, type NamedType, type Type } from '../../go/type.ts';
import { startedBy } from '../started-by.ts';
import type { Access, Accesses } from './access.ts';

/** Where a function's code stands. */
export interface Home {
  readonly file: File;
  readonly decl: FuncDecl;
}

/** Code that a call may run. */
export interface Target {
  readonly func: FuncNode;
  readonly recv: Access | undefined;
  /** Found by what is assigned to a variable or field, or by what implements an interface: it may be another. */
  readonly isDynamic: boolean;
  /** A variable that the code captures, and the object it is known to be at the call. */
  readonly same: { readonly captured: VarObj; readonly is: Access } | null;
}

/** A function as a value, with the object it was stored in. */
interface FuncValue {
  readonly func: FuncNode;
  readonly recv: Access | undefined;
  readonly owner: Access | undefined;
}

interface CallSite extends Home {
  readonly call: CallExpr;
}

/** How many values, or implementations, a call is followed to. */
const most = 4;

/** How many functions that return what another returns are followed. */
const farthest = 2;

/** Which code of the package calls run, and where functions as values go. */
export class Callees {
  readonly #pkg: GoPackage;
  readonly #accesses: Accesses;
  readonly #homes = new Map<FuncNode, Home>();
  readonly #sites = new Map<FuncDecl, CallSite[]>();
  /** Calls of methods of interfaces, by the method's name. */
  readonly #interfaceSites = new Map<string, { readonly site: CallSite; readonly type: NamedType }[]>();
  readonly #stored = new Map<string, { readonly value: Expr; readonly owner: Access | undefined }[]>();
  readonly #started = new Set<FuncNode>();
  readonly #usedAsValue = new Set<FuncDecl>();
  readonly #implementers = new Map<string, readonly NamedType[]>();
  readonly #busy = new Set<Expr>();

  constructor(pkg: GoPackage, accesses: Accesses) {
    this.#pkg = pkg;
    this.#accesses = accesses;
    for (const { decl, file } of pkg.funcs()) this.#read({ decl, file });
  }

  homeOf(func: FuncNode): Home | undefined {
    return this.#homes.get(func);
  }

  /** All functions and function literals. */
  all(): Iterable<readonly [FuncNode, Home]> {
    return this.#homes;
  }

  callersOf(decl: FuncDecl): readonly CallSite[] {
    return this.#sites.get(decl) ?? [];
  }

  /** Its calls, through interfaces too. */
  callSitesOf(decl: FuncDecl): readonly CallSite[] {
    const { owner } = decl;
    const through = owner === null ? [] : (this.#interfaceSites.get(decl.name.name) ?? []).filter(({ type }) => this.implementers(type).some((one) => one.name === owner));
    return [...this.callersOf(decl), ...through.map((one) => one.site)];
  }

  /** Whether a `go` statement starts it. */
  isStarted(func: FuncNode): boolean {
    return this.#started.has(func);
  }

  isValue(decl: FuncDecl): boolean {
    return this.#usedAsValue.has(decl);
  }

  /** The code that an expression is or names, and no other: a literal, a function or method of the package. */
  named(fun: Expr): Target | undefined {
    if (fun.kind === 'FuncLit') return targetOf(fun);
    if (fun.kind === 'Ident') {
      const obj = this.#pkg.objectOf(fun);
      return obj?.kind === 'func' ? targetOf(obj.decl) : undefined;
    }
    const selection = fun.kind === 'SelectorExpr' ? this.#pkg.infer.select(fun) : undefined;
    return fun.kind === 'SelectorExpr' && selection?.kind === 'method' ? targetOf(selection.decl, this.#accesses.receiver(fun, selection)) : undefined;
  }

  /** The code a call runs; empty where it cannot be seen. */
  of(call: CallExpr): readonly Target[] {
    const { fun } = call;
    const named = this.named(fun.kind === 'IndexExpr' && fun.x.kind === 'Ident' ? fun.x : fun);
    if (named) return [named];
    if (fun.kind === 'SelectorExpr') {
      const selection = this.#pkg.infer.select(fun);
      if (selection?.kind === 'importedMethod') return selection.recv.path === '' ? this.#implementations(fun.x, selection.recv, selection.name) : this.#behind(fun.x, selection.name);
    }
    const base = fun.kind === 'SelectorExpr' ? this.#accesses.of(fun.x) : undefined;
    return this.valuesOf(fun).map(({ func, recv, owner }) => ({
      func,
      recv,
      isDynamic: true,
      same: base && owner?.root && owner.path.length === 0 ? { captured: owner.root, is: base } : null,
    }));
  }

  /** The functions an expression may denote; none where it cannot be seen, or where it may be too many. */
  valuesOf(expr: Expr): readonly FuncValue[] {
    if (this.#busy.has(expr) || this.#busy.size > 8) return [];
    this.#busy.add(expr);
    const found = this.#values(expr);
    this.#busy.delete(expr);
    return found.length > most ? [] : found;
  }

  /** The types of the package that have all methods of an interface. */
  implementers(type: Type): readonly NamedType[] {
    const key = typeString(deref(type));
    const known = this.#implementers.get(key);
    if (known) return known;
    const found = this.#findImplementers(type);
    if (key !== 'interface') this.#implementers.set(key, found);
    return found;
  }

  #findImplementers(type: Type): readonly NamedType[] {
    const under = this.#pkg.infer.underlying(deref(type));
    if (under.kind !== 'interface') return [];
    const methods = this.#methodNames(under);
    if (methods === undefined || methods.size === 0) return [];
    const found: NamedType[] = [];
    for (const file of this.#pkg.files) {
      for (const spec of file.specs) {
        if (spec.kind !== 'TypeSpec' || spec.isAlias) continue;
        const obj = this.#pkg.scopes.packageLevel(spec.name.name);
        if (obj?.kind !== 'type') continue;
        const named: NamedType = { kind: 'named', path: '', name: spec.name.name, args: [], obj };
        if (this.#pkg.infer.underlying(named).kind !== 'struct') continue;
        if ([...methods].every((method) => this.#pkg.infer.selectIn(named, method)?.kind === 'method')) found.push(named);
      }
    }
    return found;
  }

  /** Whether a struct has a value of a type in it, directly, or through other structs of the package; what those keep many of, they only know. */
  #holds(type: NamedType, name: string, seen: Set<string>): boolean {
    const under = this.#pkg.infer.underlying(type);
    if (under.kind !== 'struct' || seen.has(type.name)) return false;
    const isFirst = seen.size === 0;
    seen.add(type.name);
    return under.fields.some((field) => {
      const inner = isFirst ? elementOf(field.type) : deref(field.type);
      return inner.kind === 'named' && inner.path === '' && (inner.name === name || this.#holds(inner, name, seen));
    });
  }

  /** The names of an interface's methods; undefined where it embeds one that cannot be seen. */
  #methodNames(type: InterfaceMethods): Set<string> | undefined {
    const names = new Set(type.methods.map((method) => method.name));
    for (const embedded of type.embeddeds) {
      const under = this.#pkg.infer.underlying(embedded);
      const inner = under.kind === 'interface' ? this.#methodNames(under) : undefined;
      if (!inner) return undefined;
      for (const name of inner) names.add(name);
    }
    return names;
  }

  #implementations(on: Expr, type: NamedType, name: string): Target[] {
    const recv = this.#accesses.of(on);
    const targets = this.implementers(type).flatMap((one): Target[] => {
      if (this.#holds(one, type.name, new Set())) return []; // it passes calls on, to another than itself
      const method = this.#pkg.methodOf(one, name);
      return method ? [{ func: method.decl, recv: recv && this.#accesses.follow(recv, this.#accesses.segments(one, method.path)), isDynamic: true, same: null }] : [];
    });
    return targets.length > most ? [] : targets;
  }

  /** The method of what a function of the package returns as an interface of another package: where all that it returns is of one type. */
  #behind(on: Expr, name: string): Target[] {
    const decl = on.kind === 'CallExpr' ? this.#pkg.declOf(on.fun) : undefined;
    const type = decl && this.#returnedBy(decl, farthest);
    const method = type && this.#pkg.methodOf(type, name);
    return method ? [{ func: method.decl, recv: this.#accesses.of(on), isDynamic: true, same: null }] : [];
  }

  /** The type of the package that all first results of a function are of. */
  #returnedBy(decl: FuncDecl, depth: number): NamedType | undefined {
    const types = returnsOf(decl).map(({ results: [first] }): NamedType | undefined => {
      const type = first && deref(this.#pkg.typeOf(first));
      if (type?.kind === 'named' && type.path === '' && this.#pkg.infer.underlying(type).kind === 'struct') return type;
      const callee = first?.kind === 'CallExpr' && depth > 0 ? this.#pkg.declOf(first.fun) : undefined;
      return callee && this.#returnedBy(callee, depth - 1);
    });
    const [only] = types;
    return only && types.every((one) => one?.name === only.name) ? only : undefined;
  }

  #values(expr: Expr): FuncValue[] {
    switch (expr.kind) {
      case 'FuncLit':
        return [{ func: expr, recv: undefined, owner: undefined }];
      case 'Ident': {
        const obj = this.#pkg.objectOf(expr);
        if (obj?.kind === 'func') return [{ func: obj.decl, recv: undefined, owner: undefined }];
        if (obj?.kind !== 'var') return [];
        if (obj.role === 'param') return this.#arguments(obj);
        return obj.origin.kind === 'expr' ? [...this.valuesOf(obj.origin.expr)] : [];
      }
      case 'SelectorExpr': {
        const selection = this.#pkg.infer.select(expr);
        if (selection?.kind === 'method') return [{ func: selection.decl, recv: this.#accesses.receiver(expr, selection), owner: undefined }];
        const key = this.#accesses.of(expr)?.key ?? (selection?.kind === 'field' && selection.owner ? `${selection.owner.name}.${expr.sel.name}` : undefined);
        return key === undefined ? [] : (this.#stored.get(key) ?? []).flatMap(({ value, owner }) => this.valuesOf(value).map((one) => ({ ...one, owner: one.owner ?? owner })));
      }
      case 'CallExpr':
        if (expr.args[0] && this.#pkg.infer.isType(expr.fun)) return [...this.valuesOf(expr.args[0])];
        return this.#results(expr);
      default:
        return [];
    }
  }

  /** What is given for a parameter; where the function keeps it in its receiver, together with that receiver at the call. */
  #arguments(param: VarObj): FuncValue[] {
    const decl = param.func;
    if (decl?.kind !== 'FuncDecl') return [];
    const index = decl.type.params.flatMap((field) => field.names).indexOf(param.ident);
    return this.callSitesOf(decl).flatMap(({ call }) => {
      const given = call.args[index];
      if (!given || index < 0) return [];
      const owner = call.fun.kind === 'SelectorExpr' && decl.recv ? this.#accesses.of(call.fun.x) : undefined;
      return this.valuesOf(given).map((one) => ({ ...one, owner: one.owner ?? owner }));
    });
  }

  #results(call: CallExpr): FuncValue[] {
    const [target] = this.#pkg.infer.underlying(this.#pkg.typeOf(call)).kind === 'func' ? this.of(call) : [];
    return target?.func.body ? returnsOf(target.func).flatMap((stmt) => (stmt.results[0] ? [...this.valuesOf(stmt.results[0])] : [])) : [];
  }

  #read(home: Home): void {
    const { decl } = home;
    this.#homes.set(decl, home);
    const called = new Set<Expr>();
    walk(decl, (node) => {
      switch (node.kind) {
        case 'FuncLit':
          this.#homes.set(node, home);
          break;
        case 'GoStmt':
          if (node.call.kind === 'CallExpr') this.#start(node.call);
          break;
        case 'CallExpr': {
          called.add(node.fun);
          const started = startedBy(this.#pkg, node);
          if (started) this.#started.add(started);
          const target = this.#pkg.declOf(node.fun);
          if (target) push(this.#sites, target, { ...home, call: node });
          else this.#readInterfaceCall({ ...home, call: node });
          break;
        }
        case 'AssignStmt':
          if (node.lhs.length === node.rhs.length) node.lhs.forEach((target, index) => this.#store(target, node.rhs[index]));
          break;
        case 'CompositeLit':
          this.#storeLiteral(node);
          break;
        case 'Ident':
        case 'SelectorExpr': {
          const target = called.has(node) ? undefined : this.#pkg.declOf(node);
          if (target && target.name !== node) this.#usedAsValue.add(target);
          break;
        }
        default:
      }
      return undefined;
    });
  }

  #readInterfaceCall(site: CallSite): void {
    const { fun } = site.call;
    const selection = fun.kind === 'SelectorExpr' ? this.#pkg.infer.select(fun) : undefined;
    if (selection?.kind !== 'importedMethod' || selection.recv.path !== '') return;
    push(this.#interfaceSites, selection.name, { site, type: selection.recv });
  }

  #start(call: CallExpr): void {
    if (call.fun.kind === 'FuncLit') this.#started.add(call.fun);
    const target = this.#pkg.declOf(call.fun);
    if (target) this.#started.add(target);
  }

  #store(target: Expr, value: Expr | undefined): void {
    if (!value || target.kind !== 'SelectorExpr') return;
    const access = this.#accesses.of(target);
    if (!access || this.#pkg.infer.underlying(access.type).kind !== 'func') return;
    const owner = access.root ? this.#accesses.follow(this.#accesses.ofVar(access.root), access.path.slice(0, -1)) : undefined;
    push(this.#stored, access.key, { value, owner: owner?.root?.role === 'receiver' ? undefined : owner });
  }

  #storeLiteral(literal: Extract<Expr, { kind: 'CompositeLit' }>): void {
    const type = deref(this.#pkg.typeOf(literal));
    if (type.kind !== 'named' || type.path !== '') return;
    for (const pair of literal.elts) {
      if (pair.kind !== 'KeyValueExpr' || pair.key.kind !== 'Ident') continue;
      const field = this.#pkg.infer.selectIn(type, pair.key.name);
      if (field?.kind !== 'field' || this.#pkg.infer.underlying(field.type).kind !== 'func') continue;
      const key = `${type.name}.${pair.key.name}`;
      push(this.#stored, key, { value: pair.value, owner: undefined });
    }
  }
}

/** Code that is known to be run. */
export function targetOf(func: FuncNode, recv?: Access): Target {
  return { func, recv, isDynamic: false, same: null };
}

/** What pointers, slices and maps lead to. */
function elementOf(type: Type): Type {
  return type.kind === 'pointer' || type.kind === 'slice' || type.kind === 'array' || type.kind === 'map' ? elementOf(type.elem) : type;
}

/** The return statements of a function, without those of literals in it. */
export function returnsOf(func: FuncNode): ReturnStmt[] {
  const found: ReturnStmt[] = [];
  if (func.body) {
    walk(func.body, (node) => {
      if (node.kind === 'ReturnStmt') found.push(node);
      return node.kind !== 'FuncLit';
    });
  }
  return found;
}

