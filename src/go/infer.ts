import type * as ast from './ast.ts';
import { fieldTypes, functionResults, methodResults } from './knowledge.ts';
import type { Obj, Origin, Scopes, VarObj } from './scope.ts';
import { basic, deref, imported, pointerTo, unknown, type NamedType, type Param, type SignatureType, type StructFields, type Type } from './type.ts';

type Bindings = ReadonlyMap<string, Type>;
const noBindings: Bindings = new Map();

/** What `x.sel` denotes once the type of `x` is known. */
export type Selection =
  | { readonly kind: 'field'; readonly type: Type; readonly owner: NamedType | null; readonly path: readonly string[] }
  | { readonly kind: 'method'; readonly decl: ast.FuncDecl; readonly file: ast.File; readonly type: Type; readonly path: readonly string[] }
  | { readonly kind: 'imported'; readonly path: string; readonly name: string }
  /** A method of a type of another package: `path.Type` and the method's name. */
  | { readonly kind: 'importedMethod'; readonly recv: NamedType; readonly name: string; readonly type: Type; readonly path: readonly string[] };

/** Infers types of expressions without building the code: what the files of one package say, and `knowledge`. */
export class Inference {
  readonly #scopes: Scopes;
  readonly #methods = new Map<string, Map<string, { readonly decl: ast.FuncDecl; readonly file: ast.File }>>();
  readonly #types = new Map<ast.Expr, Type>();
  readonly #vars = new Map<VarObj, Type>();
  readonly #busy = new Set<object>();

  constructor(scopes: Scopes, files: readonly ast.File[]) {
    this.#scopes = scopes;
    for (const file of files) {
      for (const decl of file.funcs) {
        const owner = decl.recv ? receiverName(decl.recv.type) : undefined;
        if (owner === undefined) continue;
        const methods = this.#methods.get(owner) ?? new Map<string, { decl: ast.FuncDecl; file: ast.File }>();
        if (!methods.has(decl.name.name)) methods.set(decl.name.name, { decl, file });
        this.#methods.set(owner, methods);
      }
    }
  }

  /** The type of an expression; `unknown` where the package's files do not say. */
  typeOf(expr: ast.Expr): Type {
    const known = this.#types.get(expr);
    if (known) return known;
    if (this.#busy.has(expr)) return unknown;
    this.#busy.add(expr);
    const type = this.#infer(expr);
    this.#busy.delete(expr);
    this.#types.set(expr, type);
    return type;
  }

  typeOfVar(obj: VarObj): Type {
    const known = this.#vars.get(obj);
    if (known) return known;
    if (this.#busy.has(obj)) return unknown;
    this.#busy.add(obj);
    const type = obj.type ? this.typeExpr(obj.type) : this.#typeOfOrigin(obj.origin);
    this.#busy.delete(obj);
    this.#vars.set(obj, type);
    return type;
  }

  /** The methods declared in the package on a type, by name. */
  methodsOf(typeName: string): ReadonlyMap<string, { readonly decl: ast.FuncDecl; readonly file: ast.File }> {
    return this.#methods.get(typeName) ?? new Map();
  }

  /** What a selector expression denotes; undefined where unknown. */
  select(expr: ast.SelectorExpr): Selection | undefined {
    if (expr.x.kind === 'Ident') {
      const obj = this.#scopes.objectOf(expr.x);
      if (obj?.kind === 'package') return { kind: 'imported', path: obj.path, name: expr.sel.name };
    }
    return this.selectIn(this.typeOf(expr.x), expr.sel.name);
  }

  /** The field or method `name` of a type, looked for through embedded fields, the shallowest first. */
  selectIn(type: Type, name: string): Selection | undefined {
    let level: { type: Type; path: readonly string[] }[] = [{ type, path: [] }];
    for (let depth = 0; depth < 5 && level.length > 0; depth += 1) {
      const next: { type: Type; path: readonly string[] }[] = [];
      for (const candidate of level) {
        const target = deref(candidate.type);
        if (target.kind === 'named') {
          if (target.path !== '') {
            const found = this.#importedMember(target, name, candidate.path);
            if (found) return found;
            continue;
          }
          const method = this.#methods.get(target.name)?.get(name);
          if (method) return { kind: 'method', ...method, type: this.#signatureOfDecl(method.decl, target), path: candidate.path };
        }
        const under = this.underlying(target);
        if (under.kind === 'interface') {
          const method = under.methods.find((one) => one.name === name);
          if (method && target.kind === 'named') return { kind: 'importedMethod', recv: target, name, type: method.type, path: candidate.path };
        }
        if (under.kind !== 'struct') continue;
        for (const field of under.fields) {
          if (field.name === name) return { kind: 'field', type: field.type, owner: target.kind === 'named' ? target : null, path: [...candidate.path, name] };
          if (field.embedded) next.push({ type: field.type, path: [...candidate.path, field.name] });
        }
      }
      level = next;
    }
    return undefined;
  }

  #importedMember(target: NamedType, name: string, path: readonly string[]): Selection | undefined {
    const key = `${target.path}.${target.name}.${name}`;
    const field = fieldTypes.get(key);
    if (field) return { kind: 'field', type: field, owner: target, path: [...path, name] };
    const result = methodResults.get(key);
    const results: Param[] = result === undefined ? [] : result.kind === 'tuple' ? result.elems.map((type) => ({ name: '', type })) : [{ name: '', type: result }];
    const signature: Type = result === undefined ? unknown : { kind: 'func', params: [], results, variadic: false };
    return { kind: 'importedMethod', recv: target, name, type: signature, path };
  }

  /** A named type's underlying type, type parameters replaced; any other type itself. */
  underlying(type: Type): Type {
    let current = type;
    for (let depth = 0; depth < 8; depth += 1) {
      if (current.kind !== 'named' || current.obj === null) return current.kind === 'named' && importedUnderlying.has(`${current.path}.${current.name}`) ? emptySignature : current;
      const { spec } = current.obj;
      const names = spec.typeParams.flatMap((field) => field.names);
      const args = current.args;
      const bindings = names.length === 0 ? noBindings : new Map(names.map((name, index) => [name.name, args[index] ?? unknown]));
      current = this.typeExpr(spec.type, bindings);
    }
    return unknown;
  }

  /** The type a type expression denotes. */
  typeExpr(expr: ast.Expr, bindings: Bindings = noBindings): Type {
    switch (expr.kind) {
      case 'Ident':
        return this.#namedType(expr, bindings);
      case 'SelectorExpr': {
        const obj = expr.x.kind === 'Ident' ? this.#scopes.objectOf(expr.x) : undefined;
        return obj?.kind === 'package' ? imported(obj.path, expr.sel.name) : unknown;
      }
      case 'StarExpr':
        return pointerTo(this.typeExpr(expr.x, bindings));
      case 'ChanType':
        return { kind: 'chan', dir: expr.dir, elem: this.typeExpr(expr.value, bindings) };
      case 'ArrayType':
        return { kind: expr.len === null ? 'slice' : 'array', elem: this.typeExpr(expr.elt, bindings) };
      case 'Ellipsis':
        return { kind: 'slice', elem: expr.elt ? this.typeExpr(expr.elt, bindings) : unknown };
      case 'MapType':
        return { kind: 'map', key: this.typeExpr(expr.key, bindings), elem: this.typeExpr(expr.value, bindings) };
      case 'FuncType':
        return this.#signature(expr, bindings);
      case 'StructType':
        return {
          kind: 'struct',
          fields: expr.fields.flatMap((field): StructFields['fields'][number][] => {
            const type = this.typeExpr(field.type, bindings);
            if (field.names.length === 0) return [{ name: embeddedName(field.type), type, embedded: true }];
            return field.names.map((name) => ({ name: name.name, type, embedded: false }));
          }),
        };
      case 'InterfaceType':
        return { kind: 'interface', methods: expr.methods.map((method) => ({ name: method.names[0]?.name ?? '', type: this.typeExpr(method.type, bindings) })) };
      case 'IndexExpr': {
        const generic = this.typeExpr(expr.x, bindings);
        return generic.kind === 'named' ? { ...generic, args: expr.indices.map((one) => this.typeExpr(one, bindings)) } : unknown;
      }
      default:
        return unknown;
    }
  }

  #namedType(ident: ast.Ident, bindings: Bindings): Type {
    const bound = bindings.get(ident.name);
    if (bound) return bound;
    const obj = this.#scopes.objectOf(ident);
    switch (obj?.kind) {
      case 'builtin':
        return obj.name === 'any' ? { kind: 'interface', methods: [] } : basic(obj.name);
      case 'type':
        if (obj.spec.isAlias) return this.#aliased(obj.spec, bindings);
        return { kind: 'named', path: '', name: obj.name, args: [], obj };
      case 'typeParam':
        return { kind: 'typeParam', name: obj.name };
      default:
        return unknown;
    }
  }

  #aliased(spec: ast.TypeSpec, bindings: Bindings): Type {
    if (this.#busy.has(spec)) return unknown;
    this.#busy.add(spec);
    const type = this.typeExpr(spec.type, bindings);
    this.#busy.delete(spec);
    return type;
  }

  #signature(type: ast.FuncType, bindings: Bindings): SignatureType {
    const params = (fields: readonly ast.Field[]): Param[] =>
      fields.flatMap((field) => {
        const one = this.typeExpr(field.type, bindings);
        return field.names.length === 0 ? [{ name: '', type: one }] : field.names.map((name) => ({ name: name.name, type: one }));
      });
    return { kind: 'func', params: params(type.params), results: params(type.results), variadic: type.params.at(-1)?.type.kind === 'Ellipsis' };
  }

  #signatureOfDecl(decl: ast.FuncDecl, recv: NamedType | null): SignatureType {
    const names = decl.recv && recv && recv.args.length > 0 ? receiverParams(decl.recv.type) : [];
    return this.#signature(decl.type, names.length === 0 ? noBindings : new Map(names.map((name, index) => [name, recv?.args[index] ?? unknown])));
  }

  #typeOfOrigin(origin: Origin): Type {
    switch (origin.kind) {
      case 'none':
        return unknown;
      case 'expr':
        return defaultType(this.typeOf(origin.expr));
      case 'tuple':
        return this.#tupleElement(origin.expr, origin.index);
      case 'range':
        return this.#rangeElement(this.typeOf(origin.stmt.x), origin.part);
      case 'typeSwitch': {
        const only = origin.clause.list?.length === 1 ? origin.clause.list[0] : undefined;
        if (!only || (only.kind === 'Ident' && only.name === 'nil')) return this.typeOf(origin.stmt.x);
        return this.typeExpr(only);
      }
    }
  }

  #tupleElement(expr: ast.Expr, index: number): Type {
    const type = this.typeOf(expr);
    if (type.kind === 'tuple') return type.elems[index] ?? unknown;
    return index === 0 ? type : basic('bool'); // v, ok := <-ch, m[k], x.(T)
  }

  #rangeElement(type: Type, part: 'key' | 'value'): Type {
    const under = this.underlying(type.kind === 'pointer' ? type.elem : type);
    switch (under.kind) {
      case 'slice':
      case 'array':
        return part === 'key' ? basic('int') : under.elem;
      case 'map':
        return part === 'key' ? under.key : under.elem;
      case 'chan':
        return part === 'key' ? under.elem : unknown;
      case 'basic':
        return under.name.includes('string') && part === 'value' ? basic('rune') : part === 'key' ? defaultType(under.name.includes('string') ? basic('int') : under) : unknown;
      case 'func': {
        const yields = under.params[0]?.type;
        return yields?.kind === 'func' ? (yields.params[part === 'key' ? 0 : 1]?.type ?? unknown) : unknown;
      }
      default:
        return unknown;
    }
  }

  #infer(expr: ast.Expr): Type {
    switch (expr.kind) {
      case 'Ident':
        return this.#typeOfObject(this.#scopes.objectOf(expr));
      case 'BasicLit':
        return basic({ INT: 'untyped int', FLOAT: 'untyped float', IMAG: 'untyped complex', CHAR: 'untyped rune', STRING: 'untyped string' }[expr.token]);
      case 'CompositeLit':
        return expr.type ? this.typeExpr(expr.type) : unknown;
      case 'FuncLit':
        return this.#signature(expr.type, noBindings);
      case 'SelectorExpr': {
        const selection = this.select(expr);
        if (!selection) return unknown;
        if (selection.kind !== 'imported') return selection.type;
        const result = functionResults.get(`${selection.path}.${selection.name}`);
        return result ? { kind: 'func', params: [], results: result.kind === 'tuple' ? result.elems.map((type) => ({ name: '', type })) : [{ name: '', type: result }], variadic: false } : unknown;
      }
      case 'IndexExpr': {
        const under = this.underlying(deref(this.typeOf(expr.x)));
        if (under.kind === 'slice' || under.kind === 'array' || under.kind === 'map') return under.elem;
        if (under.kind === 'func') return under;
        return under.kind === 'basic' && under.name.includes('string') ? basic('byte') : unknown;
      }
      case 'SliceExpr': {
        const type = this.typeOf(expr.x);
        const under = this.underlying(deref(type));
        return under.kind === 'array' ? { kind: 'slice', elem: under.elem } : type;
      }
      case 'TypeAssertExpr':
        return expr.type ? this.typeExpr(expr.type) : this.typeOf(expr.x);
      case 'CallExpr':
        return this.#call(expr);
      case 'StarExpr': {
        const type = this.typeOf(expr.x);
        if (type.kind === 'pointer') return type.elem;
        const under = this.underlying(type);
        return under.kind === 'pointer' ? under.elem : unknown;
      }
      case 'UnaryExpr':
        if (expr.op === '&') return pointerTo(this.typeOf(expr.x));
        if (expr.op === '<-') {
          const under = this.underlying(this.typeOf(expr.x));
          return under.kind === 'chan' ? under.elem : unknown;
        }
        return this.typeOf(expr.x);
      case 'BinaryExpr':
        if (['==', '!=', '<', '<=', '>', '>=', '&&', '||'].includes(expr.op)) return basic('bool');
        return this.#operand(this.typeOf(expr.x), this.typeOf(expr.y));
      default:
        return unknown;
    }
  }

  #operand(x: Type, y: Type): Type {
    return x.kind === 'basic' && x.name.startsWith('untyped') ? y : x;
  }

  #typeOfObject(obj: Obj | undefined): Type {
    switch (obj?.kind) {
      case 'var':
        return this.typeOfVar(obj);
      case 'func':
        return this.#signatureOfDecl(obj.decl, null);
      case 'builtin':
        if (obj.name === 'nil') return { kind: 'nil' };
        return obj.name === 'true' || obj.name === 'false' ? basic('bool') : unknown;
      default:
        return unknown;
    }
  }

  /** Whether an expression in the place of a function names a type, so that the call is a conversion. */
  isType(expr: ast.Expr): boolean {
    switch (expr.kind) {
      case 'ArrayType':
      case 'MapType':
      case 'ChanType':
      case 'FuncType':
      case 'InterfaceType':
      case 'StructType':
        return true;
      case 'StarExpr':
      case 'IndexExpr':
        return this.isType(expr.x);
      case 'Ident': {
        const obj = this.#scopes.objectOf(expr);
        return obj?.kind === 'type' || obj?.kind === 'typeParam' || (obj?.kind === 'builtin' && /^(bool|string|byte|rune|uintptr|error|any|u?int\d*|float\d+|complex\d+)$/u.test(obj.name));
      }
      default:
        return false;
    }
  }

  #call(expr: ast.CallExpr): Type {
    const fun = expr.fun;
    if (fun.kind === 'Ident') {
      const obj = this.#scopes.objectOf(fun);
      if (obj?.kind === 'builtin' && !this.isType(fun)) return this.#builtin(obj.name, expr);
    }
    if (this.isType(fun)) return this.typeExpr(fun);
    const type = this.underlying(this.typeOf(fun));
    if (type.kind !== 'func') return unknown;
    const results = this.#instantiate(expr, type).results;
    return results.length === 1 ? (results[0]?.type ?? unknown) : { kind: 'tuple', elems: results.map((one) => one.type) };
  }

  /** Binds the type parameters of a generic function of the package from explicit arguments, else from the call's. */
  #instantiate(call: ast.CallExpr, signature: SignatureType): SignatureType {
    const name = call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun;
    const obj = name.kind === 'Ident' ? this.#scopes.objectOf(name) : undefined;
    if (obj?.kind !== 'func' || obj.decl.type.typeParams.length === 0) return signature;
    const names = obj.decl.type.typeParams.flatMap((field) => field.names.map((one) => one.name));
    const bindings = new Map<string, Type>();
    if (call.fun.kind === 'IndexExpr') {
      for (const [index, argument] of call.fun.indices.entries()) {
        const bound = names[index];
        if (bound !== undefined) bindings.set(bound, this.typeExpr(argument));
      }
    }
    for (const [index, param] of signature.params.entries()) {
      const argument = call.args[index];
      if (argument) unify(param.type, defaultType(this.typeOf(argument)), bindings);
    }
    return this.#signature(obj.decl.type, bindings);
  }

  #builtin(name: string, call: ast.CallExpr): Type {
    const [first, second] = call.args;
    switch (name) {
      case 'make':
        return first ? this.typeExpr(first) : unknown;
      case 'new':
        return first ? pointerTo(this.isTypeLike(first) ? this.typeExpr(first) : this.typeOf(first)) : unknown;
      case 'append':
        return first ? this.typeOf(first) : unknown;
      case 'len':
      case 'cap':
      case 'copy':
        return basic('int');
      case 'min':
      case 'max':
        return first && second ? this.#operand(this.typeOf(first), this.typeOf(second)) : first ? this.typeOf(first) : unknown;
      case 'recover':
        return { kind: 'interface', methods: [] };
      default:
        return unknown;
    }
  }

  /** A type, or a selector that may be one: `new(sync.Mutex)`. */
  isTypeLike(expr: ast.Expr): boolean {
    if (this.isType(expr)) return true;
    if (expr.kind === 'IndexExpr' || expr.kind === 'StarExpr') return this.isTypeLike(expr.x);
    return expr.kind === 'SelectorExpr' && expr.x.kind === 'Ident' && this.#scopes.objectOf(expr.x)?.kind === 'package' && /^\p{Lu}/u.test(expr.sel.name);
  }
}

const emptySignature: SignatureType = { kind: 'func', params: [], results: [], variadic: false };
const importedUnderlying: ReadonlySet<string> = new Set(['context.CancelFunc', 'net/http.HandlerFunc']);

function unify(pattern: Type, actual: Type, bindings: Map<string, Type>): void {
  if (pattern.kind === 'typeParam') {
    if (!bindings.has(pattern.name) && actual.kind !== 'unknown') bindings.set(pattern.name, actual);
    return;
  }
  if (pattern.kind !== actual.kind) return;
  if ((pattern.kind === 'pointer' || pattern.kind === 'slice' || pattern.kind === 'array' || pattern.kind === 'chan' || pattern.kind === 'map') && 'elem' in actual) unify(pattern.elem, actual.elem, bindings);
  if (pattern.kind === 'func' && actual.kind === 'func') {
    for (const [index, param] of pattern.params.entries()) unify(param.type, actual.params[index]?.type ?? unknown, bindings);
    for (const [index, result] of pattern.results.entries()) unify(result.type, actual.results[index]?.type ?? unknown, bindings);
  }
}

function defaultType(type: Type): Type {
  if (type.kind !== 'basic') return type;
  switch (type.name) {
    case 'untyped int':
      return basic('int');
    case 'untyped float':
      return basic('float64');
    case 'untyped rune':
      return basic('rune');
    case 'untyped string':
      return basic('string');
    default:
      return type;
  }
}

/** The name of the type a method is declared on. */
export function receiverName(type: ast.Expr): string | undefined {
  if (type.kind === 'StarExpr' || type.kind === 'IndexExpr') return receiverName(type.x);
  return type.kind === 'Ident' ? type.name : undefined;
}

function receiverParams(type: ast.Expr): string[] {
  if (type.kind === 'StarExpr') return receiverParams(type.x);
  return type.kind === 'IndexExpr' ? type.indices.map((one) => (one.kind === 'Ident' ? one.name : '_')) : [];
}

function embeddedName(type: ast.Expr): string {
  if (type.kind === 'StarExpr' || type.kind === 'IndexExpr') return embeddedName(type.x);
  if (type.kind === 'SelectorExpr') return type.sel.name;
  return type.kind === 'Ident' ? type.name : '';
}
