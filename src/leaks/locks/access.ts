import { walk, type CallExpr, type CompositeLit, type Expr, type File, type FuncDecl, type Node, type SelectorExpr } from '../../go/ast.ts';
import type { Selection } from '../../go/infer.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { deref, type Type } from '../../go/type.ts';

/** One step of an access path: a field, an element, or the result of a call. */
export interface Segment {
  readonly name: string;
  readonly type: Type;
  /** The type of the package that declares the field; null for other steps. */
  readonly owner: string | null;
}

/** An object as code reaches it: a variable and the way from there. */
export interface Access {
  /** Null where only the kind of object is known, not which one. */
  readonly root: VarObj | null;
  readonly path: readonly Segment[];
  readonly type: Type;
  /** The kind by type and field, alike for all instances, such as `Server.mu`. */
  readonly key: string;
  /** Equal for two accesses of one object, as long as none of `deps` is assigned. */
  readonly id: string;
  readonly deps: readonly VarObj[];
  /** Whether equal ids are known to mean one object: no step is the result of a call. */
  readonly exact: boolean;
}

/** Names the objects that expressions denote. */
export class Accesses {
  readonly #pkg: GoPackage;
  readonly #ids = new Map<VarObj, number>();
  readonly #known = new Map<Expr, Access | undefined>();
  readonly #aliases = new Map<VarObj, Access | undefined>();
  readonly #assigned: Assignments;

  constructor(pkg: GoPackage) {
    this.#pkg = pkg;
    this.#assigned = new Assignments(pkg);
  }

  /** A number that stands for a variable in keys. */
  idOf(obj: VarObj): number {
    const known = this.#ids.get(obj);
    if (known !== undefined) return known;
    this.#ids.set(obj, this.#ids.size);
    return this.#ids.size - 1;
  }

  /** The object an expression denotes; undefined where no variable leads to it. */
  of(expr: Expr): Access | undefined {
    if (this.#known.has(expr)) return this.#known.get(expr);
    this.#known.set(expr, undefined); // a variable may be defined by itself
    const access = this.#find(expr);
    this.#known.set(expr, access);
    return access;
  }

  ofVar(obj: VarObj): Access {
    if (this.#aliases.has(obj)) return this.#aliases.get(obj) ?? this.#plain(obj);
    this.#aliases.set(obj, undefined);
    const alias = this.#alias(obj);
    this.#aliases.set(obj, alias);
    return alias ?? this.#plain(obj);
  }

  /** Goes on from an access. */
  follow(from: Access, path: readonly Segment[]): Access {
    let { key, id, type, exact } = from;
    for (const segment of path) {
      key = segment.owner === null ? `${key}${kindOf(segment)}` : `${segment.owner}.${segment.name}`;
      id = `${id}.${segment.name}`;
      type = segment.type;
      exact &&= !segment.name.startsWith('(');
    }
    const whole = { root: from.root, path: [...from.path, ...path], type, key, id: from.root === null ? `?${key}` : id, deps: from.deps, exact };
    return this.#backPointer(this.#constructed(whole));
  }

  /** The same kind of object, with the instance forgotten. */
  anyOf(access: Access): Access {
    return { ...access, root: null, deps: [], id: `?${access.key}`, exact: false };
  }

  /** The fields on the way that embedding spares the writer, and the selected one. */
  segments(type: Type, names: readonly string[]): Segment[] {
    const found: Segment[] = [];
    let current = type;
    for (const name of names) {
      const selection: Selection | undefined = this.#pkg.infer.selectIn(current, name);
      if (selection?.kind !== 'field') return found;
      found.push({ name, type: selection.type, owner: selection.owner?.path === '' ? selection.owner.name : null });
      current = selection.type;
    }
    return found;
  }

  /** The receiver of a method as the call reaches it, embedded fields written out. */
  receiver(fun: SelectorExpr, selection: Selection): Access | undefined {
    const base = this.of(fun.x);
    if (!base || selection.kind === 'imported' || selection.kind === 'field') return base;
    return this.follow(base, this.segments(this.#pkg.typeOf(fun.x), selection.path));
  }

  /** Whether a variable gets another value after its declaration, or may get one through a pointer. */
  isReassigned(obj: VarObj): boolean {
    return this.#assigned.isReassigned(obj);
  }

  /** A variable that was made where it is declared: nobody else knows the object yet. */
  isFresh(obj: VarObj): boolean {
    return obj.role === 'local' && (obj.origin.kind === 'none' || ((obj.origin.kind === 'expr' || obj.origin.kind === 'tuple') && makes(obj.origin.expr)));
  }

  /** An expression as text in which variables of one name are told apart. */
  canonical(expr: Expr): string {
    switch (expr.kind) {
      case 'Ident': {
        const obj = this.#pkg.objectOf(expr);
        return obj?.kind === 'var' ? `${expr.name}#${this.idOf(obj)};` : expr.name;
      }
      case 'BasicLit':
        return expr.value;
      case 'SelectorExpr':
        return `${this.canonical(expr.x)}.${expr.sel.name}`;
      case 'CallExpr':
        return `${this.canonical(expr.fun)}(${expr.args.map((one) => this.canonical(one)).join(',')})`;
      case 'IndexExpr':
        return `${this.canonical(expr.x)}[${expr.indices.map((one) => this.canonical(one)).join(',')}]`;
      case 'StarExpr':
        return `*${this.canonical(expr.x)}`;
      case 'UnaryExpr':
        return `${expr.op}${this.canonical(expr.x)}`;
      case 'BinaryExpr':
        return `(${this.canonical(expr.x)}${expr.op}${this.canonical(expr.y)})`;
      default:
        return `@${expr.pos}`;
    }
  }

  #plain(obj: VarObj): Access {
    const key = obj.role === 'package' ? `#${obj.name}` : this.#elementKey(obj);
    return { root: obj, path: [], type: this.#pkg.infer.typeOfVar(obj), key, id: `${this.idOf(obj)}`, deps: [obj], exact: true };
  }

  /** A type of the package is a kind; so is what a variable is an element of; else the variable is a kind of its own. */
  #elementKey(obj: VarObj): string {
    const type = deref(this.#pkg.infer.typeOfVar(obj));
    if (type.kind === 'named' && type.path === '') return type.name;
    const container = this.containerOf(obj);
    return container ? `${container.key}[]` : `~${obj.name}${this.idOf(obj)}`;
  }

  /** What a variable is an element of. */
  containerOf(obj: VarObj): Access | undefined {
    const { origin } = obj;
    if (origin.kind === 'range' && origin.part === 'value') return this.of(origin.stmt.x);
    if ((origin.kind === 'expr' || (origin.kind === 'tuple' && origin.index === 0)) && origin.expr.kind === 'IndexExpr') return this.of(origin.expr.x);
    return undefined;
  }

  #find(expr: Expr): Access | undefined {
    switch (expr.kind) {
      case 'Ident': {
        const obj = this.#pkg.objectOf(expr);
        return obj?.kind === 'var' && obj.role !== 'const' ? this.ofVar(obj) : undefined;
      }
      case 'SelectorExpr': {
        const selection = this.#pkg.infer.select(expr);
        if (selection?.kind !== 'field') return undefined;
        const base = this.of(expr.x);
        const path = this.segments(this.#pkg.typeOf(expr.x), selection.path);
        if (path.length < selection.path.length) path.push({ name: expr.sel.name, type: selection.type, owner: null });
        return base ? this.follow(base, path) : undefined;
      }
      case 'StarExpr':
        return this.of(expr.x);
      case 'UnaryExpr':
        return expr.op === '&' ? this.of(expr.x) : undefined;
      case 'TypeAssertExpr':
        return this.of(expr.x);
      case 'IndexExpr': {
        const base = this.of(expr.x);
        const index = expr.indices[0];
        if (!base || !index) return undefined;
        const element = this.follow(base, [{ name: `[${this.canonical(index)}]`, type: this.#pkg.typeOf(expr), owner: null }]);
        return { ...element, deps: [...element.deps, ...this.#varsIn(index)], exact: element.exact && (index.kind === 'Ident' || index.kind === 'BasicLit') };
      }
      case 'CallExpr':
        return this.#ofCall(expr);
      default:
        return undefined;
    }
  }

  #ofCall(call: CallExpr): Access | undefined {
    if (this.#pkg.infer.isType(call.fun)) return call.args[0] ? this.of(call.args[0]) : undefined;
    if (call.fun.kind !== 'SelectorExpr') return undefined;
    const selection = this.#pkg.infer.select(call.fun);
    if (selection?.kind !== 'method') return undefined;
    const base = this.receiver(call.fun, selection);
    if (!base) return undefined;
    const got = call.args.length === 0 ? this.#getter(selection.decl) : undefined;
    if (got) return this.follow(base, got.path);
    const given = call.args.map((one) => this.canonical(one)).join(',');
    const step = this.follow(base, [{ name: `(${call.fun.sel.name} ${given})`, type: this.#pkg.typeOf(call), owner: null }]);
    return { ...step, deps: [...step.deps, ...call.args.flatMap((one) => this.#varsIn(one))] };
  }

  /** What a method that only returns a part of its receiver returns. */
  #getter(decl: FuncDecl): Access | undefined {
    const only = decl.body?.list.length === 1 ? decl.body.list[0] : undefined;
    const result = only?.kind === 'ReturnStmt' && only.results.length === 1 ? only.results[0] : undefined;
    const access = result ? this.of(result) : undefined;
    return access?.root?.role === 'receiver' && access.root.func === decl && access.exact ? access : undefined;
  }

  #alias(obj: VarObj): Access | undefined {
    if (obj.role !== 'local' || this.#assigned.isReassigned(obj)) return undefined;
    const { origin } = obj;
    if (origin.kind === 'typeSwitch') return this.of(origin.stmt.x);
    if (origin.kind !== 'expr' || origin.expr.kind === 'IndexExpr') return undefined;
    const pointsTo = this.#pkg.infer.underlying(this.#pkg.infer.typeOfVar(obj));
    if (pointsTo.kind === 'struct' && origin.expr.kind !== 'UnaryExpr') return undefined; // a copy
    const access = this.of(origin.expr);
    // `old := s.current; s.current = next`: the field then leads elsewhere.
    return access && !access.path.some((segment) => this.#assigned.isFieldAssigned(obj, segment.name)) ? access : undefined;
  }

  /** `x := newT(y)` or `x := &T{f: y}`: `x.f` is `y`. */
  #constructed(access: Access): Access {
    const { root, path } = access;
    const [first] = path;
    if (root?.role !== 'local' || !first || root.origin.kind !== 'expr' || this.#assigned.isReassigned(root)) return access;
    const { expr } = root.origin;
    const literal = literalOf(expr);
    const given = literal ? this.#given(literal, first.name) : this.#givenByCall(expr, first.name);
    const start = given ? this.of(given) : undefined;
    return start && start.root !== root ? this.follow(start, path.slice(1)) : access;
  }

  #given(literal: Expr, field: string): Expr | undefined {
    if (literal.kind !== 'CompositeLit') return undefined;
    const pair = literal.elts.find((one) => one.kind === 'KeyValueExpr' && one.key.kind === 'Ident' && one.key.name === field);
    return pair?.kind === 'KeyValueExpr' ? pair.value : undefined;
  }

  #givenByCall(call: Expr, field: string): Expr | undefined {
    if (call.kind !== 'CallExpr' || call.fun.kind !== 'Ident') return undefined;
    const obj = this.#pkg.objectOf(call.fun);
    const last = obj?.kind === 'func' ? obj.decl.body?.list.at(-1) : undefined;
    const literal = last?.kind === 'ReturnStmt' && last.results[0] ? literalOf(last.results[0]) : undefined;
    const given = literal ? this.#given(literal, field) : undefined;
    if (obj?.kind !== 'func' || given?.kind !== 'Ident') return undefined;
    const names = obj.decl.type.params.flatMap((param) => param.names.map((one) => one.name));
    return call.args[names.indexOf(given.name)];
  }

  /** An element that points back to the type of its container points to its container, and a part that points back to the type of its whole to that. */
  #backPointer(access: Access): Access {
    const { root, path } = access;
    const [first] = path;
    const part = root ? this.#backFromPart(root, path) : undefined;
    if (part) return part;
    const container = root && first ? this.containerOf(root) : undefined;
    const owner = container && container.path.length > 0 ? container.root : null;
    if (!first || !owner) return access;
    const target = deref(first.type);
    const type = deref(this.#pkg.infer.typeOfVar(owner));
    if (first.type.kind !== 'pointer' || target.kind !== 'named' || type.kind !== 'named' || target.name !== type.name || target.path !== '' || type.path !== '') return access;
    return { ...this.follow(this.ofVar(owner), path.slice(1)), exact: false };
  }

  /** `v.snapshot().view` is `v`: a part, of another type than its whole, with a pointer to one of that type, unless it is called the other end of something. */
  #backFromPart(root: VarObj, path: readonly Segment[]): Access | undefined {
    const name = (type: Type): string | undefined => {
      const target = deref(type);
      return target.kind === 'named' ? `${target.path}.${target.name}` : undefined;
    };
    const [part, back] = path;
    const whole = name(this.#pkg.infer.typeOfVar(root));
    if (!part || back?.type.kind !== 'pointer' || back.owner === null || whole?.startsWith('.') !== true || name(back.type) !== whole || farEnd.test(back.name)) return undefined;
    const between = name(part.type);
    return between === undefined || between === whole ? undefined : { ...this.follow(this.ofVar(root), path.slice(2)), exact: false };
  }

  #varsIn(node: Node): VarObj[] {
    const found: VarObj[] = [];
    walk(node, (one) => {
      const obj = one.kind === 'Ident' ? this.#pkg.objectOf(one) : undefined;
      if (obj?.kind === 'var') found.push(obj);
      return undefined;
    });
    return found;
  }
}

/** What fields are called that lead on, and not back. */
const farEnd = /next|prev|other|peer|remote|target|dest|dst|^to$|link|sibling|(?:parent|root)\p{Lu}/iu;

/** A step without what tells instances apart: index, arguments. */
function kindOf({ name }: Segment): string {
  if (name.startsWith('[')) return '[]';
  return name.startsWith('(') ? `.${name.slice(1, name.indexOf(' '))}()` : `.${name}`;
}

/** The type that a lock belongs to, as far as embedding goes: for the promoted lock of a struct, the outermost struct on the way. */
export function holderOf({ root, path }: Access, typeOfRoot: (root: VarObj) => Type): string | undefined {
  let at = path.length - 1;
  const typeName = (index: number): string | undefined => {
    const type = index < 0 ? (root ? deref(typeOfRoot(root)) : undefined) : deref(path[index]?.type ?? { kind: 'unknown' });
    return type?.kind === 'named' ? type.name : undefined;
  };
  while (at >= 0 && path[at]?.name === typeName(at)) at -= 1;
  return typeName(at === path.length - 1 ? at - 1 : at);
}

/** A lock that is a local variable: what one function and its literals do with it is the machine's to follow. */
export function isOfOneFunction({ key }: Access): boolean {
  return key.startsWith('~');
}

/** The composite literal that an expression is, or is the address of. */
export function literalOf(expr: Expr): CompositeLit | undefined {
  const inner = expr.kind === 'UnaryExpr' && expr.op === '&' ? expr.x : expr;
  return inner.kind === 'CompositeLit' ? inner : undefined;
}

function makes(expr: Expr): boolean {
  if (literalOf(expr)) return true;
  if (expr.kind !== 'CallExpr') return false;
  const name = expr.fun.kind === 'Ident' ? expr.fun.name : expr.fun.kind === 'SelectorExpr' ? expr.fun.sel.name : '';
  return /^(?:new|make|open|create|clone|copy)/iu.test(name);
}

/** Which variables and fields are assigned after their declaration. */
class Assignments {
  readonly #vars = new Set<VarObj>();
  readonly #fields = new Map<File, Map<FuncDecl, Set<string>>>();

  constructor(pkg: GoPackage) {
    for (const { decl, file } of pkg.funcs()) {
      const fields = new Set<string>();
      const assign = (target: Expr): void => {
        if (target.kind === 'Ident') {
          const obj = pkg.objectOf(target);
          if (obj?.kind === 'var' && obj.ident !== target) this.#vars.add(obj);
        } else if (target.kind === 'SelectorExpr') fields.add(target.sel.name);
      };
      walk(decl, (node) => {
        if (node.kind === 'AssignStmt') node.lhs.forEach(assign);
        else if (node.kind === 'IncDecStmt') assign(node.x);
        else if (node.kind === 'RangeStmt' && !node.define) [node.key, node.value].forEach((one) => one && assign(one));
        else if (node.kind === 'UnaryExpr' && node.op === '&' && node.x.kind === 'Ident') {
          const obj = pkg.objectOf(node.x);
          const type = obj?.kind === 'var' ? pkg.infer.underlying(pkg.infer.typeOfVar(obj)).kind : undefined;
          if (obj?.kind === 'var' && type !== 'struct' && type !== 'named') this.#vars.add(obj);
        }
        return undefined;
      });
      const ofFile = this.#fields.get(file) ?? new Map<FuncDecl, Set<string>>();
      ofFile.set(decl, fields);
      this.#fields.set(file, ofFile);
    }
  }

  isReassigned(obj: VarObj): boolean {
    return this.#vars.has(obj);
  }

  /** Whether the function that declares a variable assigns a field of that name. */
  isFieldAssigned(obj: VarObj, field: string): boolean {
    for (const [decl, fields] of this.#fields.get(obj.file) ?? []) {
      if (decl.pos <= obj.ident.pos && obj.ident.end <= decl.end) return fields.has(field);
    }
    return true;
  }
}
