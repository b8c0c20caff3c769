import type * as ast from './ast.ts';
import { buildsByDefault, buildTogether, constraintOf, type Constraint } from './build.ts';

/** Where a variable's value comes from at its declaration. */
export type Origin =
  | { readonly kind: 'none' }
  | { readonly kind: 'expr'; readonly expr: ast.Expr }
  /** Result number `index` of an expression with several: a call, `v, ok := <-ch`, `m[k]`, `x.(T)`. */
  | { readonly kind: 'tuple'; readonly expr: ast.Expr; readonly index: number }
  | { readonly kind: 'range'; readonly stmt: ast.RangeStmt; readonly part: 'key' | 'value' }
  | { readonly kind: 'typeSwitch'; readonly stmt: ast.TypeSwitchStmt; readonly clause: ast.CaseClause };

/** A function's code: a declaration or a literal. */
export type FuncNode = ast.FuncDecl | ast.FuncLit;

export interface VarObj {
  readonly kind: 'var';
  readonly name: string;
  readonly file: ast.File;
  readonly ident: ast.Ident;
  readonly role: 'local' | 'param' | 'result' | 'receiver' | 'package' | 'const';
  readonly type: ast.Expr | null;
  readonly origin: Origin;
  /** The function whose frame holds it; null at package level. */
  readonly func: FuncNode | null;
}
export interface FuncObj { readonly kind: 'func'; readonly name: string; readonly file: ast.File; readonly decl: ast.FuncDecl }
export interface TypeObj { readonly kind: 'type'; readonly name: string; readonly file: ast.File; readonly spec: ast.TypeSpec }
/** A type parameter. On a method's receiver it is only named, and the constraint is the type's. */
export interface TypeParamObj { readonly kind: 'typeParam'; readonly name: string; readonly file: ast.File; readonly ident: ast.Ident; readonly constraint: ast.Expr | null }
export interface PackageObj { readonly kind: 'package'; readonly name: string; readonly path: string }
export interface BuiltinObj { readonly kind: 'builtin'; readonly name: string }
/** A name of another package, known through a dot import. */
export interface ImportedObj { readonly kind: 'imported'; readonly path: string; readonly name: string }

/** What an identifier denotes, as go/types' Object. */
export type Obj = VarObj | FuncObj | TypeObj | TypeParamObj | PackageObj | BuiltinObj | ImportedObj;

const universe: ReadonlyMap<string, BuiltinObj> = new Map(
  [
    'true', 'false', 'nil', 'iota', 'any', 'error', 'comparable',
    'bool', 'string', 'byte', 'rune', 'uintptr', 'int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64',
    'float32', 'float64', 'complex64', 'complex128',
    'append', 'cap', 'clear', 'close', 'complex', 'copy', 'delete', 'imag', 'len', 'make', 'max', 'min', 'new', 'panic', 'print', 'println', 'real', 'recover',
  ].map((name) => [name, { kind: 'builtin', name }]),
);

class Scope {
  readonly parent: Scope | null;
  #names: Map<string, Obj> | null = null;

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  own(name: string): Obj | undefined {
    return this.#names?.get(name);
  }

  lookup(name: string): Obj | undefined {
    let found = this.#names?.get(name);
    for (let scope = this.parent; found === undefined && scope !== null; scope = scope.parent) found = scope.#names?.get(name);
    return found;
  }

  declare(obj: Obj): void {
    if (obj.name === '_') return;
    this.#names ??= new Map();
    this.#names.set(obj.name, obj);
  }
}

/** An object that a package's file declares at its top. */
type PackageLevelObj = VarObj | FuncObj | TypeObj;

/** The names before a dot in one file: those that nothing declares, and the paths of the imports that were named. */
interface Qualifiers { readonly unresolved: Map<string, ast.Ident[]>; readonly used: Set<string> }

/** The literal that a literal without a type is an element or a key of. */
export interface Outer { readonly lit: ast.CompositeLit; readonly part: 'key' | 'elem' }

/**
 * Resolves the identifiers of one package's files to what they denote.
 * Selectors (`x.f`) and the keys of struct literals are left to type inference.
 */
export class Scopes {
  readonly #package = new Map<string, PackageLevelObj[]>();
  readonly #files = new Map<ast.File, Scope>();
  readonly #constraints = new Map<ast.File, Constraint | null>();
  readonly #together = new Map<Constraint, Map<Constraint, boolean>>();
  readonly #objects = new Map<ast.Ident, Obj>();
  /** What is not told yet of the names before a dot, while it may be told. */
  readonly #qualifiers = new Map<ast.File, Qualifiers>();
  readonly #unresolved: { readonly decl: ast.FuncDecl; readonly file: ast.File }[] = [];
  #isUpToDate = false;
  readonly #dotImports = new Map<ast.File, readonly string[]>();
  readonly #outers = new Map<ast.CompositeLit, Outer>();
  readonly #keyedIn = new Map<ast.KeyValueExpr, ast.CompositeLit>();

  constructor(files: readonly ast.File[]) {
    for (const file of files) this.#constraints.set(file, constraintOf(file));
    for (const file of this.#defaultFirst(files)) {
      let previous: ast.ValueSpec | null = null;
      for (const spec of file.specs) {
        if (spec.kind === 'TypeSpec') this.#declarePackage({ kind: 'type', name: spec.name.name, file, spec }, spec.name);
        else {
          for (const obj of valueObjects(file, spec, previous, null)) this.#declarePackage(obj, obj.ident);
          previous = repeated(spec, previous);
        }
      }
      for (const decl of file.funcs) {
        if (decl.owner === null && !decl.isLiteral) this.#declarePackage({ kind: 'func', name: decl.name.name, file, decl }, decl.name);
      }
    }
    for (const file of files) this.#files.set(file, this.#importsOf(file));
    for (const file of files) {
      this.#qualifiers.set(file, { unresolved: new Map(), used: new Set() });
      for (const spec of file.specs) this.#resolveRoot(spec, file);
      file.onRead((decl) => this.#unresolved.push({ decl, file }));
    }
    this.#resolve();
  }

  /** Resolves the functions that were read since the last time. */
  #resolve(): void {
    if (this.#unresolved.length === 0 && this.#isUpToDate) return;
    this.#isUpToDate = true;
    const resolveRead = (): void => {
      for (let next = this.#unresolved.pop(); next; next = this.#unresolved.pop()) this.#resolveRoot(next.decl, next.file);
    };
    resolveRead();
    for (const [file, qualifiers] of this.#qualifiers) {
      if (qualifiers.unresolved.size === 0 || !file.imports.some((spec) => spec.name === null && !qualifiers.used.has(spec.path))) continue;
      // Which import a name belongs to is told by what all of the file's code uses.
      file.funcs.forEach(({ body }) => body);
      resolveRead();
      this.#nameImports(file, qualifiers);
      this.#qualifiers.delete(file);
    }
  }

  /** The object a package-level name denotes; in the usual build where there are several. */
  packageLevel(name: string): Obj | undefined {
    return this.#package.get(name)?.[0] ?? universe.get(name);
  }

  isPackageLevel(obj: TypeObj): boolean {
    return this.#package.get(obj.name)?.includes(obj) ?? false;
  }

  /** What an identifier denotes; undefined where it is the name of a field or method, or comes from nowhere. */
  objectOf(ident: ast.Ident): Obj | undefined {
    this.#resolve();
    return this.#objects.get(ident);
  }

  /** Like `objectOf` of an identifier that was come to already: what asks while functions are being resolved must not begin with the next one. */
  objectSoFar(ident: ast.Ident): Obj | undefined {
    return this.#objects.get(ident);
  }

  /** The literal an element or key without a type of its own belongs to: `{1}` in `[]T{{1}}`. */
  outerOf(lit: ast.CompositeLit): Outer | undefined {
    this.#resolve();
    return this.#outers.get(lit);
  }

  /** The literal of a struct whose field a key names; undefined where the key is a value of its own. */
  keyedIn(element: ast.KeyValueExpr): ast.CompositeLit | undefined {
    this.#resolve();
    return this.#keyedIn.get(element);
  }

  /** Of declarations that exclude one another by build tags, the one a file is built with. */
  choose<T extends { readonly file: ast.File }>(candidates: readonly T[], user: ast.File): T | undefined {
    if (candidates.length <= 1) return candidates[0];
    return candidates.find((one) => one.file === user) ?? candidates.find((one) => this.#builtTogether(one.file, user)) ?? candidates[0];
  }

  #builtTogether(a: ast.File, b: ast.File): boolean {
    const [x, y] = [this.#constraints.get(a), this.#constraints.get(b)];
    if (!x || !y) return true;
    const known = this.#together.get(x) ?? new Map<Constraint, boolean>();
    this.#together.set(x, known);
    const answer = known.get(y) ?? buildTogether(x, y);
    known.set(y, answer);
    return answer;
  }

  #defaultFirst(files: readonly ast.File[]): ast.File[] {
    const byDefault = files.filter((file) => buildsByDefault(this.#constraints.get(file) ?? null));
    const set = new Set(byDefault);
    return [...byDefault, ...files.filter((file) => !set.has(file))];
  }

  #declarePackage(obj: PackageLevelObj, ident: ast.Ident): void {
    this.#objects.set(ident, obj);
    if (obj.name === '_' || (obj.kind === 'func' && obj.name === 'init')) return;
    const known = this.#package.get(obj.name);
    if (known) known.push(obj);
    else this.#package.set(obj.name, [obj]);
  }

  #importsOf(file: ast.File): Scope {
    const scope = new Scope(null);
    const dots: string[] = [];
    for (const spec of file.imports) {
      const name = spec.name ?? importName(spec.path);
      if (name === '.') dots.push(packageMeant(spec.path));
      // No file may import a name its package declares, so that there the guess is wrong.
      else if (spec.name !== null || !this.#package.has(name)) scope.declare({ kind: 'package', name, path: packageMeant(spec.path) });
    }
    this.#dotImports.set(file, dots);
    return scope;
  }

  lookup(scope: Scope, name: string, file: ast.File): Obj | undefined {
    const inner = scope.lookup(name);
    if (inner !== undefined) return inner;
    const candidates = this.#package.get(name);
    if (candidates) return this.choose(candidates, file);
    const dots = this.#dotImports.get(file) ?? [];
    // A dot import may declare any exported name; the universe's are all lower case.
    if (dots.length > 0 && isExported(name)) return dots.length === 1 && dots[0] !== undefined ? { kind: 'imported', path: dots[0], name } : undefined;
    return universe.get(name);
  }

  #resolveRoot(root: ast.FuncDecl | ast.Spec, file: ast.File): void {
    const qualifiers = this.#qualifiers.get(file) ?? { unresolved: new Map(), used: new Set() };
    const scope = new Scope(this.#files.get(file) ?? null);
    const walker = new Walker(this, file, root.kind === 'FuncDecl' ? root : null, qualifiers);
    if (root.kind === 'FuncDecl') {
      for (const [index, ident] of (root.recv ? receiverTypeParams(root.recv.type) : []).entries()) {
        if (ident.kind === 'Ident') scope.declare({ kind: 'typeParam', name: ident.name, file, ident, constraint: this.#constraintAt(root, index) });
      }
      walker.signature(root, root.type, root.recv, scope);
      if (root.body) walker.stmts(root.body.list, scope);
    } else if (root.kind === 'TypeSpec') {
      walker.typeParams(root.typeParams, scope);
      walker.expr(root.type, scope);
    } else {
      if (root.type) walker.expr(root.type, scope);
      for (const value of root.values) walker.expr(value, scope);
    }
  }

  /** The constraint that the type of a method puts on its type parameter number `index`. */
  #constraintAt(method: ast.FuncDecl, index: number): ast.Expr | null {
    const owner = this.packageLevel(method.owner ?? '');
    if (owner?.kind !== 'type') return null;
    return owner.spec.typeParams.flatMap((field) => field.names.map(() => field.type))[index] ?? null;
  }

  /**
   * What an import without a name is called is a guess. Go wants every import used and every name resolved, so names
   * that nothing else explains belong to the imports that nothing else uses.
   */
  #nameImports(file: ast.File, { unresolved, used }: Qualifiers): void {
    if (unresolved.size === 0) return;
    const unused = file.imports.filter((spec) => spec.name === null && !used.has(packageMeant(spec.path)));
    for (const [name, idents] of unresolved) {
      const plain = name.toLowerCase().replaceAll('_', '');
      const alike = unused.filter((spec) => spec.path.toLowerCase().replaceAll(/[-_.]/gu, '').includes(plain));
      const spec = alike.length === 1 ? alike[0] : unused.length === 1 && unresolved.size === 1 ? unused[0] : undefined;
      if (spec) for (const ident of idents) this.#objects.set(ident, { kind: 'package', name, path: packageMeant(spec.path) });
    }
  }

  /** For the walker: notes what a use denotes. */
  use(ident: ast.Ident, scope: Scope, file: ast.File): Obj | undefined {
    const found = this.lookup(scope, ident.name, file);
    if (found !== undefined) this.#objects.set(ident, found);
    return found;
  }

  /** For the walker: notes a declaration. */
  define(ident: ast.Ident, obj: Obj): void {
    this.#objects.set(ident, obj);
  }

  /** For the walker: notes that an element has its type from the literal around it. */
  elide(lit: ast.CompositeLit, outer: Outer): void {
    this.#outers.set(lit, outer);
  }

  /** For the walker: notes that a key names a field. */
  keyField(element: ast.KeyValueExpr, lit: ast.CompositeLit): void {
    this.#keyedIn.set(element, lit);
  }
}

function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}

/** `previous` is the spec that a constant without a value repeats: `const (A T = iota; B)`. */
function valueObjects(file: ast.File, spec: ast.ValueSpec, previous: ast.ValueSpec | null, func: FuncNode | null): VarObj[] {
  const role = spec.token === 'const' ? 'const' : func === null ? 'package' : 'local';
  const { type, values } = isBare(spec) && previous ? previous : spec;
  return spec.names.map((ident, index) => ({ kind: 'var', name: ident.name, file, ident, role, type, origin: originOf(values, spec.names.length, index), func }));
}

function isBare(spec: ast.ValueSpec): boolean {
  return spec.token === 'const' && spec.type === null && spec.values.length === 0;
}

function repeated(spec: ast.ValueSpec, previous: ast.ValueSpec | null): ast.ValueSpec | null {
  return isBare(spec) ? previous : spec;
}

/** Where name `index` of `names` names gets its value from in a list of right-hand sides. */
function originOf(values: readonly ast.Expr[], names: number, index: number): Origin {
  const only = values[0];
  if (only === undefined) return { kind: 'none' };
  if (values.length === 1 && names > 1) return { kind: 'tuple', expr: only, index };
  const expr = values[index];
  return expr === undefined ? { kind: 'none' } : { kind: 'expr', expr };
}

/**
 * The package that an import path means: of a copy that a repository keeps, the original; and `context` for golang.org/x/net/context,
 * which is that since Go 1.9 and does the same before. Sources: godep's README (`Godeps/_workspace`), `go help gopath` (vendor).
 */
function packageMeant(path: string): string {
  const own = path.replace(/^.*\/(?:Godeps\/_workspace\/src|vendor)\//u, '');
  return own === 'golang.org/x/net/context' ? 'context' : own;
}

/**
 * The name an import without one is known under: the last element, less a major version and a `go-` or `.go` that by custom
 * is not part of the name. A guess, as every tool without the imported source must make.
 */
export function importName(path: string): string {
  const parts = path.split('/');
  let last = parts.at(-1) ?? path;
  if (/^v\d+$/u.test(last) && parts.length > 1) last = parts.at(-2) ?? last;
  return last.replace(/\.v\d+$/u, '').replace(/^go-|[.-]go$/gu, '').replaceAll('-', '_');
}

function receiverTypeParams(type: ast.Expr): readonly ast.Expr[] {
  if (type.kind === 'StarExpr') return receiverTypeParams(type.x);
  return type.kind === 'IndexExpr' ? type.indices : [];
}

/** Walks one declaration, scope by scope. */
class Walker {
  readonly #scopes: Scopes;
  readonly #file: ast.File;
  #func: FuncNode | null;
  readonly #qualifiers: Qualifiers;

  constructor(scopes: Scopes, file: ast.File, func: FuncNode | null, qualifiers: Qualifiers) {
    this.#scopes = scopes;
    this.#file = file;
    this.#func = func;
    this.#qualifiers = qualifiers;
  }

  typeParams(fields: readonly ast.Field[], scope: Scope): void {
    for (const field of fields) {
      for (const name of field.names) {
        const obj: Obj = { kind: 'typeParam', name: name.name, file: this.#file, ident: name, constraint: field.type };
        scope.declare(obj);
        this.#scopes.define(name, obj);
      }
    }
    for (const field of fields) this.expr(field.type, scope);
  }

  signature(func: FuncNode, type: ast.FuncType, recv: ast.Field | null, scope: Scope): void {
    this.typeParams(type.typeParams, scope);
    const lists: (readonly [readonly ast.Field[], VarObj['role']])[] = [[recv ? [recv] : [], 'receiver'], [type.params, 'param'], [type.results, 'result']];
    // Names are declared after all types: in `func(table string) *table` the result is the type.
    for (const [fields] of lists) for (const field of fields) this.expr(field.type, scope);
    for (const [fields, role] of lists) {
      for (const field of fields) {
        for (const ident of field.names) {
          this.#declare({ kind: 'var', name: ident.name, file: this.#file, ident, role, type: field.type, origin: { kind: 'none' }, func }, scope);
        }
      }
    }
  }

  #declare(obj: VarObj, scope: Scope): void {
    scope.declare(obj);
    this.#scopes.define(obj.ident, obj);
  }

  stmts(list: readonly ast.Stmt[], scope: Scope): void {
    for (const stmt of list) this.stmt(stmt, scope);
  }

  exprs(list: readonly ast.Expr[], scope: Scope): void {
    for (const expr of list) this.expr(expr, scope);
  }

  #define(lhs: readonly ast.Expr[], origin: (index: number) => Origin, scope: Scope): void {
    for (const [index, target] of lhs.entries()) {
      if (target.kind !== 'Ident') this.expr(target, scope);
      else if (scope.own(target.name)?.kind === 'var') this.#scopes.use(target, scope, this.#file);
      else this.#declare({ kind: 'var', name: target.name, file: this.#file, ident: target, role: 'local', type: null, origin: origin(index), func: this.#func }, scope);
    }
  }

  stmt(stmt: ast.Stmt, scope: Scope): void {
    switch (stmt.kind) {
      case 'BadStmt':
      case 'EmptyStmt':
      case 'BranchStmt':
        return;
      case 'DeclStmt': {
        let previous: ast.ValueSpec | null = null;
        for (const spec of stmt.specs) {
          if (spec.kind === 'ValueSpec') {
            if (spec.type) this.expr(spec.type, scope);
            this.exprs(spec.values, scope);
            for (const obj of valueObjects(this.#file, spec, previous, this.#func)) this.#declare(obj, scope);
            previous = repeated(spec, previous);
          } else {
            const obj: TypeObj = { kind: 'type', name: spec.name.name, file: this.#file, spec };
            scope.declare(obj);
            this.#scopes.define(spec.name, obj);
            const inner = new Scope(scope);
            this.typeParams(spec.typeParams, inner);
            this.expr(spec.type, inner);
          }
        }
        return;
      }
      case 'LabeledStmt':
        this.stmt(stmt.stmt, scope);
        return;
      case 'ExprStmt':
      case 'IncDecStmt':
        this.expr(stmt.x, scope);
        return;
      case 'SendStmt':
        this.expr(stmt.chan, scope);
        this.expr(stmt.value, scope);
        return;
      case 'AssignStmt':
        this.exprs(stmt.rhs, scope);
        if (stmt.op === ':=') this.#define(stmt.lhs, (index) => originOf(stmt.rhs, stmt.lhs.length, index), scope);
        else this.exprs(stmt.lhs, scope);
        return;
      case 'GoStmt':
      case 'DeferStmt':
        this.expr(stmt.call, scope);
        return;
      case 'ReturnStmt':
        this.exprs(stmt.results, scope);
        return;
      case 'BlockStmt':
        this.stmts(stmt.list, new Scope(scope));
        return;
      case 'IfStmt': {
        const inner = new Scope(scope);
        if (stmt.init) this.stmt(stmt.init, inner);
        this.expr(stmt.cond, inner);
        this.stmt(stmt.body, inner);
        if (stmt.else) this.stmt(stmt.else, inner);
        return;
      }
      case 'SwitchStmt': {
        const inner = new Scope(scope);
        if (stmt.init) this.stmt(stmt.init, inner);
        if (stmt.tag) this.expr(stmt.tag, inner);
        for (const clause of stmt.clauses) {
          this.exprs(clause.list ?? [], inner);
          this.stmts(clause.body, new Scope(inner));
        }
        return;
      }
      case 'TypeSwitchStmt': {
        const inner = new Scope(scope);
        if (stmt.init) this.stmt(stmt.init, inner);
        this.expr(stmt.x, inner);
        for (const clause of stmt.clauses) {
          this.exprs(clause.list ?? [], inner);
          const body = new Scope(inner);
          if (stmt.bind) {
            this.#declare({ kind: 'var', name: stmt.bind.name, file: this.#file, ident: stmt.bind, role: 'local', type: null, origin: { kind: 'typeSwitch', stmt, clause }, func: this.#func }, body);
          }
          this.stmts(clause.body, body);
        }
        return;
      }
      case 'SelectStmt':
        for (const clause of stmt.clauses) {
          const inner = new Scope(scope);
          if (clause.comm) this.stmt(clause.comm, inner);
          this.stmts(clause.body, inner);
        }
        return;
      case 'ForStmt': {
        const inner = new Scope(scope);
        if (stmt.init) this.stmt(stmt.init, inner);
        if (stmt.cond) this.expr(stmt.cond, inner);
        if (stmt.post) this.stmt(stmt.post, inner);
        this.stmt(stmt.body, inner);
        return;
      }
      case 'RangeStmt': {
        this.expr(stmt.x, scope);
        const inner = new Scope(scope);
        const targets = [stmt.key, stmt.value].filter((one) => one !== null);
        if (stmt.define) this.#define(targets, (index) => ({ kind: 'range', stmt, part: index === 0 ? 'key' : 'value' }), inner);
        else this.exprs(targets, inner);
        this.stmt(stmt.body, inner);
        return;
      }
    }
  }

  expr(expr: ast.Expr, scope: Scope): void {
    switch (expr.kind) {
      case 'Ident':
        this.#scopes.use(expr, scope, this.#file);
        return;
      case 'BasicLit':
      case 'BadExpr':
        return;
      case 'FuncLit': {
        const inner = new Scope(scope);
        const outer = this.#func;
        this.#func = expr;
        this.signature(expr, expr.type, null, inner);
        this.stmts(expr.body.list, inner);
        this.#func = outer;
        return;
      }
      case 'CompositeLit':
        this.#literal(expr, expr.type, scope);
        return;
      case 'SelectorExpr':
        if (expr.x.kind !== 'Ident') this.expr(expr.x, scope);
        else this.#qualifier(expr.x, scope);
        return;
      case 'IndexExpr':
        this.expr(expr.x, scope);
        this.exprs(expr.indices, scope);
        return;
      case 'SliceExpr':
        this.expr(expr.x, scope);
        for (const one of [expr.low, expr.high, expr.max]) if (one) this.expr(one, scope);
        return;
      case 'TypeAssertExpr':
        this.expr(expr.x, scope);
        if (expr.type) this.expr(expr.type, scope);
        return;
      case 'CallExpr':
        this.expr(expr.fun, scope);
        this.exprs(expr.args, scope);
        return;
      case 'StarExpr':
      case 'UnaryExpr':
        this.expr(expr.x, scope);
        return;
      case 'BinaryExpr':
        this.expr(expr.x, scope);
        this.expr(expr.y, scope);
        return;
      case 'KeyValueExpr':
        this.expr(expr.key, scope);
        this.expr(expr.value, scope);
        return;
      case 'ArrayType':
        if (expr.len) this.expr(expr.len, scope);
        this.expr(expr.elt, scope);
        return;
      case 'StructType':
        for (const field of expr.fields) this.expr(field.type, scope);
        return;
      case 'FuncType': {
        const inner = new Scope(scope);
        this.typeParams(expr.typeParams, inner);
        for (const field of [...expr.params, ...expr.results]) this.expr(field.type, inner);
        return;
      }
      case 'InterfaceType':
        for (const method of expr.methods) this.expr(method.type, scope);
        this.exprs(expr.embeddeds, scope);
        return;
      case 'MapType':
        this.expr(expr.key, scope);
        this.expr(expr.value, scope);
        return;
      case 'ChanType':
        this.expr(expr.value, scope);
        return;
      case 'Ellipsis':
        if (expr.elt) this.expr(expr.elt, scope);
        return;
    }
  }

  #qualifier(ident: ast.Ident, scope: Scope): void {
    const obj = this.#scopes.use(ident, scope, this.#file);
    const { unresolved, used } = this.#qualifiers;
    if (obj?.kind === 'package') used.add(obj.path);
    if (obj !== undefined) return;
    const known = unresolved.get(ident.name);
    if (known) known.push(ident);
    else unresolved.set(ident.name, [ident]);
  }

  /** A composite literal; `type` is the one that is written, or the one it has from the literal around it; null where that is not seen. */
  #literal(lit: ast.CompositeLit, type: ast.Expr | null, scope: Scope): void {
    if (lit.type) this.expr(lit.type, scope);
    const shape = type && this.#shape(type);
    for (const elt of lit.elts) {
      if (elt.kind !== 'KeyValueExpr') {
        this.#element(elt, lit, 'elem', shape, scope);
        continue;
      }
      if (elt.key.kind === 'Ident' && this.#namesField(elt.key, shape, scope)) this.#scopes.keyField(elt, lit);
      else this.#element(elt.key, lit, 'key', shape, scope);
      this.#element(elt.value, lit, 'elem', shape, scope);
    }
  }

  #element(elt: ast.Expr, lit: ast.CompositeLit, part: Outer['part'], shape: ast.Expr | null, scope: Scope): void {
    if (elt.kind !== 'CompositeLit' || elt.type !== null) {
      this.expr(elt, scope);
      return;
    }
    this.#scopes.elide(elt, { lit, part });
    const type = shape?.kind === 'ArrayType' ? shape.elt : shape?.kind === 'MapType' ? shape[part === 'key' ? 'key' : 'value'] : null;
    this.#literal(elt, type?.kind === 'StarExpr' ? type.x : type, scope);
  }

  /** Whether the key of a literal is a field's name and no variable. Where the type is another package's, only an exported name can be a field. */
  #namesField(key: ast.Ident, shape: ast.Expr | null, scope: Scope): boolean {
    if (shape !== null) return shape.kind === 'StructType';
    return isExported(key.name) || this.#scopes.lookup(scope, key.name, this.#file) === undefined;
  }

  /** The type literal that a type expression stands for in this package; null where it is another package's. */
  #shape(type: ast.Expr, depth = 0): ast.Expr | null {
    if (depth > 8) return null;
    switch (type.kind) {
      case 'ArrayType':
      case 'MapType':
      case 'StructType':
        return type;
      case 'IndexExpr':
        return this.#shape(type.x, depth + 1);
      case 'Ident': {
        const obj = this.#scopes.objectSoFar(type) ?? this.#scopes.packageLevel(type.name);
        return obj?.kind === 'type' ? this.#shape(obj.spec.type, depth + 1) : null;
      }
      default:
        return null;
    }
  }
}
