import type * as ast from './ast.ts';

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
export interface TypeParamObj { readonly kind: 'typeParam'; readonly name: string; readonly file: ast.File; readonly constraint: ast.Expr }
export interface PackageObj { readonly kind: 'package'; readonly name: string; readonly path: string }
export interface BuiltinObj { readonly kind: 'builtin'; readonly name: string }

/** What an identifier denotes, as go/types' Object. */
export type Obj = VarObj | FuncObj | TypeObj | TypeParamObj | PackageObj | BuiltinObj;

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
  readonly #names = new Map<string, Obj>();

  constructor(parent: Scope | null) {
    this.parent = parent;
  }

  own(name: string): Obj | undefined {
    return this.#names.get(name);
  }

  lookup(name: string): Obj | undefined {
    return this.#names.get(name) ?? this.parent?.lookup(name);
  }

  declare(obj: Obj): void {
    if (obj.name !== '_') this.#names.set(obj.name, obj);
  }
}

/**
 * Resolves the identifiers of one package's files to what they denote.
 * Selectors (`x.f`) are left to type inference; keys of composite literals are resolved only where they are variables in scope.
 */
export class Scopes {
  readonly #package = new Scope(null);
  readonly #files = new Map<ast.File, Scope>();
  readonly #objects = new Map<ast.Ident, Obj>();
  readonly #dotImports = new Set<ast.File>();

  constructor(files: readonly ast.File[]) {
    for (const file of files) {
      for (const spec of file.specs) {
        if (spec.kind === 'TypeSpec') this.#declarePackage({ kind: 'type', name: spec.name.name, file, spec }, spec.name);
        else this.#declareValues(file, spec, null, (obj) => this.#declarePackage(obj, obj.ident));
      }
      for (const decl of file.funcs) {
        if (decl.recv === null) this.#declarePackage({ kind: 'func', name: decl.name.name, file, decl }, decl.name);
      }
    }
    for (const file of files) {
      const scope = new Scope(this.#package);
      for (const spec of file.imports) {
        if (spec.name === '.') this.#dotImports.add(file);
        else if (spec.name !== '_') scope.declare({ kind: 'package', name: spec.name ?? importName(spec.path), path: spec.path });
      }
      this.#files.set(file, scope);
    }
    for (const file of files) for (const root of [...file.specs, ...file.funcs]) this.#resolveRoot(root, file);
  }

  /** The object a package-level name denotes. */
  packageLevel(name: string): Obj | undefined {
    return this.#package.lookup(name);
  }

  /** What an identifier denotes; undefined where it is a field or method name, or comes from a dot import or nowhere. */
  objectOf(ident: ast.Ident): Obj | undefined {
    return this.#objects.get(ident);
  }

  #declarePackage(obj: Obj, ident: ast.Ident): void {
    if (this.#package.own(obj.name) === undefined && !(obj.kind === 'func' && obj.name === 'init')) this.#package.declare(obj);
    this.#objects.set(ident, obj);
  }

  #fileScope(file: ast.File): Scope {
    return this.#files.get(file) ?? this.#package;
  }

  #lookup(scope: Scope, ident: ast.Ident, file: ast.File): Obj | undefined {
    const found = scope.lookup(ident.name);
    if (found !== undefined) return found;
    // A dot import may declare any exported name; the universe's are all lower case.
    return this.#dotImports.has(file) && /^\p{Lu}/u.test(ident.name) ? undefined : universe.get(ident.name);
  }

  #resolveRoot(root: ast.FuncDecl | ast.Spec, file: ast.File): void {
    const scope = new Scope(this.#fileScope(file));
    if (root.kind === 'FuncDecl') {
      const walker = new Walker(this, file, root);
      if (root.recv) for (const name of receiverTypeParams(root.recv.type)) scope.declare({ kind: 'typeParam', name: name.name, file, constraint: name });
      walker.signature(root, root.type, root.recv, scope);
      if (root.body) walker.stmts(root.body.list, scope);
    } else {
      const walker = new Walker(this, file, null);
      if (root.kind === 'TypeSpec') {
        walker.typeParams(root.typeParams, scope);
        walker.expr(root.type, scope);
      } else {
        if (root.type) walker.expr(root.type, scope);
        for (const value of root.values) walker.expr(value, scope);
      }
    }
  }

  /** For the walker: notes what a use denotes. */
  use(ident: ast.Ident, scope: Scope, file: ast.File): void {
    const found = this.#lookup(scope, ident, file);
    if (found !== undefined) this.#objects.set(ident, found);
  }

  /** For the walker: notes a declaration. */
  define(ident: ast.Ident, obj: Obj): void {
    this.#objects.set(ident, obj);
  }

  #declareValues(file: ast.File, spec: ast.ValueSpec, func: FuncNode | null, declare: (obj: VarObj) => void): void {
    for (const obj of valueObjects(file, spec, func)) declare(obj);
  }
}

function valueObjects(file: ast.File, spec: ast.ValueSpec, func: FuncNode | null): VarObj[] {
  const role = spec.token === 'const' ? 'const' : func === null ? 'package' : 'local';
  return spec.names.map((ident, index) => ({ kind: 'var', name: ident.name, file, ident, role, type: spec.type, origin: originOf(spec.values, spec.names.length, index), func }));
}

/** Where name `index` of `names` names gets its value from in a list of right-hand sides. */
export function originOf(values: readonly ast.Expr[], names: number, index: number): Origin {
  const only = values[0];
  if (only === undefined) return { kind: 'none' };
  if (values.length === 1 && names > 1) return { kind: 'tuple', expr: only, index };
  const expr = values[index];
  return expr === undefined ? { kind: 'none' } : { kind: 'expr', expr };
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

function receiverTypeParams(type: ast.Expr): ast.Ident[] {
  if (type.kind === 'StarExpr') return receiverTypeParams(type.x);
  return type.kind === 'IndexExpr' ? type.indices.filter((one) => one.kind === 'Ident') : [];
}

/** Walks one declaration, scope by scope. */
class Walker {
  readonly #scopes: Scopes;
  readonly #file: ast.File;
  #func: FuncNode | null;

  constructor(scopes: Scopes, file: ast.File, func: FuncNode | null) {
    this.#scopes = scopes;
    this.#file = file;
    this.#func = func;
  }

  typeParams(fields: readonly ast.Field[], scope: Scope): void {
    for (const field of fields) {
      for (const name of field.names) {
        const obj: Obj = { kind: 'typeParam', name: name.name, file: this.#file, constraint: field.type };
        scope.declare(obj);
        this.#scopes.define(name, obj);
      }
    }
    for (const field of fields) this.expr(field.type, scope);
  }

  signature(func: FuncNode, type: ast.FuncType, recv: ast.Field | null, scope: Scope): void {
    this.typeParams(type.typeParams, scope);
    const declareAll = (fields: readonly ast.Field[], role: VarObj['role']): void => {
      for (const field of fields) {
        this.expr(field.type, scope);
        for (const ident of field.names) {
          this.#declare({ kind: 'var', name: ident.name, file: this.#file, ident, role, type: field.type, origin: { kind: 'none' }, func }, scope);
        }
      }
    };
    if (recv) declareAll([recv], 'receiver');
    declareAll(type.params, 'param');
    declareAll(type.results, 'result');
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
      case 'DeclStmt':
        for (const spec of stmt.specs) {
          if (spec.kind === 'ValueSpec') {
            if (spec.type) this.expr(spec.type, scope);
            this.exprs(spec.values, scope);
            for (const obj of valueObjects(this.#file, spec, this.#func)) this.#declare(obj, scope);
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
        if (expr.type) this.expr(expr.type, scope);
        this.exprs(expr.elts, scope);
        return;
      case 'SelectorExpr':
        this.expr(expr.x, scope);
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
}
