import * as ast from './ast.ts';
import { importedMember, isKnownMember, importedType, importedValue, underlyingOf } from './imported.ts';
import type { Obj, Origin, Scopes, VarObj } from './scope.ts';
import { basic, deref, pointerTo, unknown, type InterfaceMethods, type Member, type NamedType, type Param, type SignatureType, type Type } from './type.ts';
import type { Method, Selection } from './selection.ts';
import { substitute } from './substitute.ts';
import { defaultType, mentionsTypeParam, unify } from './unify.ts';

type Bindings = ReadonlyMap<string, Type>;
const noBindings: Bindings = new Map();

/** Embedding goes no deeper than this in code that people read. */
const maxEmbedding = 8;

export { receiverName } from './lower.ts';
export type { Selection };

/** Infers types of expressions without building the code: what the files of one package say, and `knowledge`. */
export class Inference {
  readonly #scopes: Scopes;
  readonly #files: readonly ast.File[];
  readonly #channels = new Map<ast.FuncDecl, ReadonlySet<VarObj>>();
  readonly #methods = new Map<string, Map<string, Method>>();
  /** Methods that several files declare for several platforms. */
  readonly #variants = new Map<Method, Method[]>();
  readonly #types = new Map<ast.Expr, Type>();
  readonly #vars = new Map<VarObj, Type>();
  readonly #underlying = new Map<ast.TypeSpec, Type>();
  readonly #signatures = new Map<ast.FuncDecl, SignatureType>();
  readonly #busy = new Set<object>();
  #fileOfSelector: Map<ast.SelectorExpr, ast.File> | null = null;
  /** Code that was read since the last look into it. */
  readonly #unindexed: { readonly root: ast.FuncDecl | ast.Spec; readonly file: ast.File }[] = [];

  constructor(scopes: Scopes, files: readonly ast.File[]) {
    this.#scopes = scopes;
    this.#files = files;
    for (const file of files) {
      for (const decl of file.funcs) {
        const { owner } = decl;
        if (owner === null || owner === '') continue;
        const methods = this.#methods.get(owner) ?? new Map<string, Method>();
        const known = methods.get(decl.name.name);
        if (known) this.#variants.set(known, [...(this.#variants.get(known) ?? [known]), { decl, file }]);
        else methods.set(decl.name.name, { decl, file });
        this.#methods.set(owner, methods);
      }
    }
  }

  /** The type of an expression; `unknown` where the package's files do not say. */
  typeOf(expr: ast.Expr): Type {
    // Most expressions are names, whose types are kept with what they denote.
    if (expr.kind === 'Ident') return this.#typeOfObject(this.#scopes.objectOf(expr));
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
    const declared = obj.type ? this.typeExpr(obj.type) : this.#typeOfOrigin(obj.origin);
    const type = declared.kind === 'unknown' && this.#isUsedAsChannel(obj) ? anyChannel : declared;
    this.#busy.delete(obj);
    this.#vars.set(obj, type);
    return type;
  }

  /** Whether code sends on a variable, receives from it or closes it: then it is a channel, whatever unseen code made it. */
  #isUsedAsChannel(obj: VarObj): boolean {
    // Functions that cannot mention it are not parsed for this.
    const users = obj.func === null ? this.#files.flatMap((file) => file.funcs.filter((decl) => ast.textOf(file, decl).includes(obj.name))) : obj.file.funcs.filter(({ pos, end }) => pos <= obj.ident.pos && obj.ident.end <= end);
    return users.some((decl) => this.#channelsIn(decl).has(obj));
  }

  /** The variables that a function sends on, receives from or closes. */
  #channelsIn(decl: ast.FuncDecl): ReadonlySet<VarObj> {
    const known = this.#channels.get(decl);
    if (known) return known;
    const found = new Set<VarObj>();
    const note = (expr: ast.Expr | undefined): void => {
      const obj = expr?.kind === 'Ident' ? this.#scopes.objectOf(expr) : undefined;
      if (obj?.kind === 'var') found.add(obj);
    };
    ast.walk(decl, (node) => {
      if (node.kind === 'SendStmt') note(node.chan);
      else if (node.kind === 'UnaryExpr' && node.op === '<-') note(node.x);
      else if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'close') note(node.args[0]);
      return undefined;
    });
    this.#channels.set(decl, found);
    return found;
  }

  /** The methods declared in the package on a type, by name. */
  methodsOf(typeName: string): ReadonlyMap<string, Method> {
    return this.#methods.get(typeName) ?? new Map();
  }

  /** What a selector expression denotes; undefined where unknown. */
  select(expr: ast.SelectorExpr): Selection | undefined {
    if (expr.x.kind === 'Ident') {
      const obj = this.#scopes.objectOf(expr.x);
      if (obj?.kind === 'package') return { kind: 'imported', path: obj.path, name: expr.sel.name };
    }
    const selection = this.selectIn(this.isType(expr.x) ? this.typeExpr(expr.x) : this.typeOf(expr.x), expr.sel.name);
    return selection?.kind === 'method' ? this.#variantFor(selection, expr) : selection;
  }

  /** What the key of a struct literal's element denotes; undefined where it is no field's name, or of an unknown type. */
  keyOf(element: ast.KeyValueExpr): Selection | undefined {
    const lit = this.#scopes.keyedIn(element);
    return lit && element.key.kind === 'Ident' ? this.selectIn(deref(this.typeOf(lit)), element.key.name) : undefined;
  }

  /** The field or method `name` of a type, looked for through embedded fields, the shallowest first. */
  selectIn(type: Type, name: string): Selection | undefined {
    let level: { type: Type; path: readonly string[] }[] = [{ type, path: [] }];
    /** Of a type that cannot be seen, an embedded one may have any exported member: it is believed only where nothing that is seen has it. */
    let unseen: Selection | undefined;
    for (let depth = 0; depth < maxEmbedding && level.length > 0; depth += 1) {
      const next: { type: Type; path: readonly string[] }[] = [];
      const unseenHere: Selection[] = [];
      for (const { type: candidate, path } of level) {
        const target = deref(candidate);
        if (target.kind === 'named' && target.path !== '') {
          const found = importedMember(target, name, path);
          if (found && (found.type.kind !== 'unknown' || depth === 0 || isKnownMember(target, name))) return found;
          if (found) unseenHere.push(found);
          continue;
        }
        if (target.kind === 'unknown') continue;
        const owner = target.kind === 'named' ? target : null;
        const method = owner && this.#methods.get(owner.name)?.get(name);
        if (method && isPackageLevel(owner, this.#scopes)) return { kind: 'method', ...method, type: this.#signatureOfDecl(method.decl, owner), path };
        const under = deref(this.underlying(target));
        if (under.kind === 'interface') {
          const found = this.#interfaceMethod(under, name, 0);
          if (found && 'kind' in found && found.type.kind === 'unknown') unseenHere.push({ ...found, path });
          else if (found) return 'kind' in found ? { ...found, path } : { kind: 'importedMethod', recv: owner ?? nameless, name, type: found.type, path, ident: found.ident };
        }
        if (under.kind !== 'struct') continue;
        for (const field of under.fields) {
          if (field.name === name) return { kind: 'field', type: field.type, owner: owner && this.#written(owner), path: [...path, name], ident: field.ident };
          if (field.embedded) next.push({ type: field.type, path: [...path, field.name] });
        }
      }
      unseen ??= unseenHere.length === 1 ? unseenHere[0] : undefined;
      level = next;
    }
    return unseen;
  }

  /** The type whose declaration writes the fields out: of `type B A` that is A. */
  #written(type: NamedType): NamedType {
    let current = type;
    for (let depth = 0; depth < 8 && current.obj !== null && current.obj.spec.type.kind === 'Ident'; depth += 1) {
      const next = this.typeExpr(current.obj.spec.type);
      if (next.kind !== 'named' || next.path !== '' || next.obj === null) break;
      current = next;
    }
    return current;
  }

  /** A method of an interface, or of one that it embeds. */
  #interfaceMethod(type: InterfaceMethods, name: string, depth: number): Member | (Selection & { kind: 'importedMethod' }) | undefined {
    const own = type.methods.find((one) => one.name === name);
    if (own || depth > maxEmbedding) return own;
    let unseen: (Selection & { kind: 'importedMethod' }) | undefined;
    for (const embedded of type.embeddeds) {
      if (embedded.kind === 'named' && embedded.path !== '') {
        const found = importedMember(embedded, name, []);
        if (found?.kind === 'importedMethod') {
          if (found.type.kind !== 'unknown') return found;
          unseen = found;
        }
        continue;
      }
      const under = this.underlying(embedded);
      const found = under.kind === 'interface' ? this.#interfaceMethod(under, name, depth + 1) : undefined;
      if (found && !('kind' in found && found.type.kind === 'unknown')) return found;
      if (found && 'kind' in found) unseen ??= found;
    }
    return unseen;
  }

  /** Of a method that several platforms declare, the one the selector's file is built with. */
  #variantFor(selection: Selection & { kind: 'method' }, expr: ast.SelectorExpr): Selection {
    const first = this.#methods.get(selection.decl.owner ?? '')?.get(selection.decl.name.name);
    const variants = first && this.#variants.get(first);
    if (!variants) return selection;
    const user = this.#fileOf(expr);
    const chosen = user && this.#scopes.choose(variants, user);
    return chosen && chosen.decl !== selection.decl ? { ...selection, ...chosen, type: this.#signatureOfDecl(chosen.decl, null) } : selection;
  }

  #fileOf(expr: ast.SelectorExpr): ast.File | undefined {
    if (this.#fileOfSelector === null) {
      this.#fileOfSelector = new Map();
      for (const file of this.#files) {
        for (const spec of file.specs) this.#unindexed.push({ root: spec, file });
        file.onRead((decl) => this.#unindexed.push({ root: decl, file }));
      }
    }
    const files = this.#fileOfSelector;
    for (let next = this.#unindexed.pop(); next; next = this.#unindexed.pop()) {
      const { root, file } = next;
      ast.walk(root, (node) => {
        if (node.kind === 'SelectorExpr') files.set(node, file);
        return undefined;
      });
    }
    return files.get(expr);
  }

  /** A named type's underlying type, type parameters replaced; a type parameter's core type; any other type itself. */
  underlying(type: Type): Type {
    let current = type;
    for (let depth = 0; depth < 8; depth += 1) {
      if (current.kind === 'typeParam') return this.#coreOf(current.obj?.constraint ?? null) ?? current;
      if (current.kind !== 'named') return current;
      if (current.obj === null) return underlyingOf(current);
      const { spec } = current.obj;
      const names = spec.typeParams.flatMap((field) => field.names);
      if (names.length === 0) {
        const known: Type = this.#underlying.get(spec) ?? this.typeExpr(spec.type);
        this.#underlying.set(spec, known);
        current = known;
      } else {
        const { args } = current;
        current = this.typeExpr(spec.type, new Map(names.map((name, index) => [name.name, args[index] ?? unknown])));
      }
    }
    return unknown;
  }

  /** The type all types of a constraint share, such as `[]E` of `~[]E`; for a constraint of methods, the interface. */
  #coreOf(constraint: ast.Expr | null): Type | undefined {
    if (constraint === null || this.#busy.has(constraint)) return undefined;
    if (constraint.kind === 'UnaryExpr' && constraint.op === '~') return this.underlying(this.typeExpr(constraint.x));
    if (constraint.kind === 'BinaryExpr') return undefined;
    this.#busy.add(constraint);
    const type = this.underlying(this.typeExpr(constraint));
    this.#busy.delete(constraint);
    return type.kind === 'unknown' ? undefined : type;
  }

  /** The type a type expression denotes. */
  typeExpr(expr: ast.Expr, bindings: Bindings = noBindings): Type {
    switch (expr.kind) {
      case 'Ident':
        return this.#namedType(expr, bindings);
      case 'SelectorExpr': {
        const obj = expr.x.kind === 'Ident' ? this.#scopes.objectOf(expr.x) : undefined;
        return obj?.kind === 'package' ? importedType(obj.path, expr.sel.name) : unknown;
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
          fields: expr.fields.flatMap((field): Member[] => {
            const type = this.typeExpr(field.type, bindings);
            if (field.names.length === 0) {
              const ident = embeddedIdent(field.type);
              return [{ name: ident?.name ?? '', type, embedded: true, ident }];
            }
            return field.names.map((ident) => ({ name: ident.name, type, embedded: false, ident }));
          }),
        };
      case 'InterfaceType':
        return {
          kind: 'interface',
          methods: expr.methods.map((method) => ({ name: method.names[0]?.name ?? '', type: this.typeExpr(method.type, bindings), embedded: false, ident: method.names[0] ?? null })),
          embeddeds: expr.embeddeds.map((one) => this.typeExpr(one, bindings)),
        };
      case 'IndexExpr': {
        const args = expr.indices.map((one) => this.typeExpr(one, bindings));
        const alias = expr.x.kind === 'Ident' ? this.#scopes.objectOf(expr.x) : undefined;
        if (alias?.kind === 'type' && alias.spec.isAlias) return this.#aliased(alias.spec, args);
        const generic = this.typeExpr(expr.x, bindings);
        return generic.kind === 'named' ? { ...generic, args } : unknown;
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
        return obj.name === 'any' ? emptyInterface : basic(obj.name);
      case 'imported':
        return importedType(obj.path, obj.name);
      case 'type':
        if (obj.spec.isAlias) return this.#aliased(obj.spec, []);
        return { kind: 'named', path: '', name: obj.name, args: [], obj };
      case 'typeParam':
        return { kind: 'typeParam', name: obj.name, obj };
      default:
        return unknown;
    }
  }

  #aliased(spec: ast.TypeSpec, args: readonly Type[]): Type {
    if (this.#busy.has(spec)) return unknown;
    this.#busy.add(spec);
    const names = spec.typeParams.flatMap((field) => field.names);
    const type = this.typeExpr(spec.type, names.length === 0 ? noBindings : new Map(names.map((name, index) => [name.name, args[index] ?? unknown])));
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
    if (names.length > 0) return this.#signature(decl.type, new Map(names.map((name, index) => [name, recv?.args[index] ?? unknown])));
    const known = this.#signatures.get(decl) ?? this.#signature(decl.type, noBindings);
    this.#signatures.set(decl, known);
    return known;
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
    if (expr.kind === 'CallExpr' || index > 1) return unknown;
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
      case 'BasicLit':
        return basic({ INT: 'untyped int', FLOAT: 'untyped float', IMAG: 'untyped complex', CHAR: 'untyped rune', STRING: 'untyped string' }[expr.token]);
      case 'CompositeLit':
        return expr.type ? this.typeExpr(expr.type) : this.#elided(expr);
      case 'FuncLit':
        return this.#signature(expr.type, noBindings);
      case 'SelectorExpr': {
        const selection = this.select(expr);
        if (!selection) return unknown;
        return selection.kind === 'imported' ? importedValue(selection.path, selection.name) : selection.type;
      }
      case 'IndexExpr': {
        const under = this.underlying(deref(this.typeOf(expr.x)));
        if (under.kind === 'slice' || under.kind === 'array' || under.kind === 'map') return under.elem;
        if (under.kind === 'func') return this.#explicit(expr, under);
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

  /** The type of a literal without one: the element's or key's of the literal around it. */
  #elided(lit: ast.CompositeLit): Type {
    const outer = this.#scopes.outerOf(lit);
    if (!outer) return unknown;
    const around = this.underlying(deref(this.underlying(this.typeOf(outer.lit))));
    if (around.kind === 'map') return outer.part === 'key' ? around.key : around.elem;
    return around.kind === 'slice' || around.kind === 'array' ? around.elem : unknown;
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
      case 'imported':
        return importedValue(obj.path, obj.name);
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
    const results = this.#results(expr, type);
    return results.length === 1 ? (results[0]?.type ?? unknown) : { kind: 'tuple', elems: results.map((one) => one.type) };
  }

  /** The generic function of the package that is called or instantiated. */
  #generic(fun: ast.Expr): ast.FuncDecl | undefined {
    const name = fun.kind === 'IndexExpr' ? fun.x : fun;
    const obj = name.kind === 'Ident' ? this.#scopes.objectOf(name) : undefined;
    return obj?.kind === 'func' && obj.decl.type.typeParams.length > 0 ? obj.decl : undefined;
  }

  /** `f[A, B]`, not called. */
  #explicit(expr: ast.IndexExpr, signature: SignatureType): Type {
    const decl = this.#generic(expr);
    return decl || signature.typeParams ? substitute(signature, this.#explicitBindings(decl ? typeParamNames(decl) : (signature.typeParams ?? []), expr)) : signature;
  }

  #explicitBindings(names: readonly string[], fun: ast.Expr): Map<string, Type> {
    const bindings = new Map<string, Type>();
    if (fun.kind !== 'IndexExpr') return bindings;
    for (const [index, argument] of fun.indices.entries()) {
      const name = names[index];
      if (name !== undefined) bindings.set(name, this.typeExpr(argument));
    }
    return bindings;
  }

  /** A call's results, with the type parameters of a generic function bound from explicit arguments, else from the call's. */
  #results(call: ast.CallExpr, signature: SignatureType): readonly Param[] {
    const decl = this.#generic(call.fun);
    const names = decl ? typeParamNames(decl) : (signature.typeParams ?? []);
    if (names.length === 0) return signature.results;
    const bindings = this.#explicitBindings(names, call.fun);
    const last = signature.params.length - 1;
    for (const [index, argument] of call.args.entries()) {
      const param = signature.params[Math.min(index, last)];
      if (!param || (index > last && !signature.variadic)) continue;
      const pattern = signature.variadic && index >= last && !call.hasEllipsis && param.type.kind === 'slice' ? param.type.elem : param.type;
      if (mentionsTypeParam(pattern)) unify(pattern, defaultType(this.typeOf(argument)), bindings, this);
    }
    for (const field of decl?.type.typeParams ?? []) {
      const core = field.type.kind === 'Ident' ? undefined : this.#coreOf(field.type);
      for (const name of core ? field.names : []) {
        const bound = bindings.get(name.name);
        if (core && bound) unify(core, this.underlying(bound), bindings, this);
      }
    }
    const all = new Map(names.map((name) => [name, bindings.get(name) ?? unknown]));
    return signature.results.map((one) => ({ ...one, type: substitute(one.type, all) }));
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
        return emptyInterface;
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

const emptyInterface: InterfaceMethods = { kind: 'interface', methods: [], embeddeds: [] };

/** The receiver of a method of an interface literal. */
const nameless: NamedType = { kind: 'named', path: '', name: '', args: [], obj: null };

/** Methods are found by the name of their type, which a type declared inside a function may have as well. */
function isPackageLevel(type: NamedType, scopes: Scopes): boolean {
  return type.obj === null || scopes.isPackageLevel(type.obj);
}

function receiverParams(type: ast.Expr): string[] {
  if (type.kind === 'StarExpr') return receiverParams(type.x);
  return type.kind === 'IndexExpr' ? type.indices.map((one) => (one.kind === 'Ident' ? one.name : '_')) : [];
}

function typeParamNames(decl: ast.FuncDecl): string[] {
  return decl.type.typeParams.flatMap((field) => field.names.map((name) => name.name));
}

function embeddedIdent(type: ast.Expr): ast.Ident | null {
  if (type.kind === 'StarExpr' || type.kind === 'IndexExpr') return embeddedIdent(type.x);
  if (type.kind === 'SelectorExpr') return type.sel;
  return type.kind === 'Ident' ? type : null;
}

const anyChannel: Type = { kind: 'chan', dir: 'both', elem: unknown };
