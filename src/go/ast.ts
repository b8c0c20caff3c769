/**
 * A Go syntax tree as plain readonly data, under go/ast's names.
 * Positions are UTF-16 offsets into the file's text; `end` is exclusive. Parentheses around expressions are dropped.
 * Syntax errors never leave a half node behind: a function with an error in it has `body: null` and `broken: true`.
 */
export interface Span {
  readonly pos: number;
  readonly end: number;
}

export interface Ident extends Span { readonly kind: 'Ident'; readonly name: string }
export interface BasicLit extends Span { readonly kind: 'BasicLit'; readonly token: 'INT' | 'FLOAT' | 'IMAG' | 'CHAR' | 'STRING'; readonly value: string }
export interface CompositeLit extends Span { readonly kind: 'CompositeLit'; readonly type: Expr | null; readonly elts: readonly Expr[] }
export interface FuncLit extends Span { readonly kind: 'FuncLit'; readonly type: FuncType; readonly body: BlockStmt }
export interface SelectorExpr extends Span { readonly kind: 'SelectorExpr'; readonly x: Expr; readonly sel: Ident }
/** `x[i]`, and the instantiation `f[A, B]`, which reads the same without types. */
export interface IndexExpr extends Span { readonly kind: 'IndexExpr'; readonly x: Expr; readonly indices: readonly Expr[] }
export interface SliceExpr extends Span { readonly kind: 'SliceExpr'; readonly x: Expr; readonly low: Expr | null; readonly high: Expr | null; readonly max: Expr | null }
/** `x.(T)`; the type is null in a type switch's `x.(type)`. */
export interface TypeAssertExpr extends Span { readonly kind: 'TypeAssertExpr'; readonly x: Expr; readonly type: Expr | null }
export interface CallExpr extends Span { readonly kind: 'CallExpr'; readonly fun: Expr; readonly args: readonly Expr[]; readonly hasEllipsis: boolean }
export interface StarExpr extends Span { readonly kind: 'StarExpr'; readonly x: Expr }
export interface UnaryExpr extends Span { readonly kind: 'UnaryExpr'; readonly op: string; readonly x: Expr }
export interface BinaryExpr extends Span { readonly kind: 'BinaryExpr'; readonly op: string; readonly x: Expr; readonly y: Expr }
export interface KeyValueExpr extends Span { readonly kind: 'KeyValueExpr'; readonly key: Expr; readonly value: Expr }
/** A slice type when `len` is null. */
export interface ArrayType extends Span { readonly kind: 'ArrayType'; readonly len: Expr | null; readonly elt: Expr }
export interface StructType extends Span { readonly kind: 'StructType'; readonly fields: readonly Field[] }
export interface FuncType extends Span { readonly kind: 'FuncType'; readonly typeParams: readonly Field[]; readonly params: readonly Field[]; readonly results: readonly Field[] }
export interface InterfaceType extends Span { readonly kind: 'InterfaceType'; readonly methods: readonly Field[]; readonly embeddeds: readonly Expr[] }
export interface MapType extends Span { readonly kind: 'MapType'; readonly key: Expr; readonly value: Expr }
export type ChanDir = 'both' | 'send' | 'recv';
export interface ChanType extends Span { readonly kind: 'ChanType'; readonly dir: ChanDir; readonly value: Expr }
export interface Ellipsis extends Span { readonly kind: 'Ellipsis'; readonly elt: Expr | null }
export interface BadExpr extends Span { readonly kind: 'BadExpr' }

export type Expr =
  | Ident | BasicLit | CompositeLit | FuncLit | SelectorExpr | IndexExpr | SliceExpr | TypeAssertExpr | CallExpr | StarExpr | UnaryExpr
  | BinaryExpr | KeyValueExpr | ArrayType | StructType | FuncType | InterfaceType | MapType | ChanType | Ellipsis | BadExpr;

/** A parameter, result or struct field. No names: an unnamed parameter or an embedded field. */
export interface Field extends Span { readonly kind: 'Field'; readonly names: readonly Ident[]; readonly type: Expr }

export interface BadStmt extends Span { readonly kind: 'BadStmt' }
export interface EmptyStmt extends Span { readonly kind: 'EmptyStmt' }
export interface DeclStmt extends Span { readonly kind: 'DeclStmt'; readonly specs: readonly Spec[] }
export interface LabeledStmt extends Span { readonly kind: 'LabeledStmt'; readonly label: Ident; readonly stmt: Stmt }
export interface ExprStmt extends Span { readonly kind: 'ExprStmt'; readonly x: Expr }
export interface SendStmt extends Span { readonly kind: 'SendStmt'; readonly chan: Expr; readonly value: Expr }
export interface IncDecStmt extends Span { readonly kind: 'IncDecStmt'; readonly x: Expr; readonly op: '++' | '--' }
/** `=`, `:=` and the assignment operators. */
export interface AssignStmt extends Span { readonly kind: 'AssignStmt'; readonly lhs: readonly Expr[]; readonly op: string; readonly rhs: readonly Expr[] }
export interface GoStmt extends Span { readonly kind: 'GoStmt'; readonly call: Expr }
export interface DeferStmt extends Span { readonly kind: 'DeferStmt'; readonly call: Expr }
export interface ReturnStmt extends Span { readonly kind: 'ReturnStmt'; readonly results: readonly Expr[] }
export interface BranchStmt extends Span { readonly kind: 'BranchStmt'; readonly token: 'break' | 'continue' | 'goto' | 'fallthrough'; readonly label: Ident | null }
export interface BlockStmt extends Span { readonly kind: 'BlockStmt'; readonly list: readonly Stmt[] }
export interface IfStmt extends Span { readonly kind: 'IfStmt'; readonly init: Stmt | null; readonly cond: Expr; readonly body: BlockStmt; readonly else: BlockStmt | IfStmt | null }
/** A case of a switch; `list` is null for `default`. In a type switch the list holds types. */
export interface CaseClause extends Span { readonly kind: 'CaseClause'; readonly list: readonly Expr[] | null; readonly body: readonly Stmt[] }
export interface SwitchStmt extends Span { readonly kind: 'SwitchStmt'; readonly init: Stmt | null; readonly tag: Expr | null; readonly clauses: readonly CaseClause[] }
/** `switch bind := x.(type)`. */
export interface TypeSwitchStmt extends Span { readonly kind: 'TypeSwitchStmt'; readonly init: Stmt | null; readonly bind: Ident | null; readonly x: Expr; readonly clauses: readonly CaseClause[] }
/** A case of a select; `comm` is null for `default`, else a SendStmt, an ExprStmt of a receive, or an AssignStmt from a receive. */
export interface CommClause extends Span { readonly kind: 'CommClause'; readonly comm: SendStmt | ExprStmt | AssignStmt | null; readonly body: readonly Stmt[] }
export interface SelectStmt extends Span { readonly kind: 'SelectStmt'; readonly clauses: readonly CommClause[] }
export interface ForStmt extends Span { readonly kind: 'ForStmt'; readonly init: Stmt | null; readonly cond: Expr | null; readonly post: Stmt | null; readonly body: BlockStmt }
export interface RangeStmt extends Span { readonly kind: 'RangeStmt'; readonly key: Expr | null; readonly value: Expr | null; readonly define: boolean; readonly x: Expr; readonly body: BlockStmt }

export type Stmt =
  | BadStmt | EmptyStmt | DeclStmt | LabeledStmt | ExprStmt | SendStmt | IncDecStmt | AssignStmt | GoStmt | DeferStmt | ReturnStmt | BranchStmt
  | BlockStmt | IfStmt | SwitchStmt | TypeSwitchStmt | SelectStmt | ForStmt | RangeStmt;

export interface ImportSpec extends Span { readonly kind: 'ImportSpec'; readonly name: string | null; readonly path: string }
export interface ValueSpec extends Span { readonly kind: 'ValueSpec'; readonly token: 'var' | 'const'; readonly names: readonly Ident[]; readonly type: Expr | null; readonly values: readonly Expr[] }
export interface TypeSpec extends Span { readonly kind: 'TypeSpec'; readonly name: Ident; readonly typeParams: readonly Field[]; readonly isAlias: boolean; readonly type: Expr }
export type Spec = ValueSpec | TypeSpec;

/**
 * A function at the top of a file. Beside those of go/ast, each outermost function literal in the value of a package's variable is one, under the
 * variable's name and with nodes of its own: it has no function around it, and what the variable leads to may be called by anybody.
 */
export interface FuncDecl extends Span {
  readonly kind: 'FuncDecl';
  readonly name: Ident;
  /** The name of the type a method is declared on; null for a function, empty where the receiver names none. */
  readonly owner: string | null;
  readonly recv: Field | null;
  readonly type: FuncType;
  readonly body: BlockStmt | null;
  /** It is a literal of a package's variable: its name denotes the variable. */
  readonly isLiteral: boolean;
  /** The text of the function has a syntax error; its body is not analysed. */
  readonly broken: boolean;
}

export interface File {
  readonly kind: 'File';
  readonly path: string;
  readonly text: string;
  /** The package clause's name; empty where the clause is missing. */
  readonly packageName: string;
  readonly imports: readonly ImportSpec[];
  readonly specs: readonly Spec[];
  readonly funcs: readonly FuncDecl[];
  /** A syntax error outside of any function. */
  readonly broken: boolean;
  /** Offsets of the first character of each line. */
  readonly lineStarts: readonly number[];
  /** Tells of every function whose inside is there to be walked: of each that has been asked for it, and of others once they are. */
  readonly onRead: (listener: (decl: FuncDecl) => void) => void;
}

export type Node = Expr | Stmt | Field | CaseClause | CommClause | Spec | FuncDecl;

/** The 1-based line of an offset. */
export function lineAt(file: File, pos: number): number {
  let low = 0;
  let high = file.lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= pos) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** The variable that a place begins with: `s` of `s.all[i].next`. */
export function rootOf(expr: Expr): Ident | undefined {
  if (expr.kind === 'SelectorExpr' || expr.kind === 'StarExpr' || expr.kind === 'IndexExpr') return rootOf(expr.x);
  return expr.kind === 'Ident' ? expr : undefined;
}

/** The text a node was read from. */
export function textOf(file: File, span: Span): string {
  return file.text.slice(span.pos, span.end);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'kind' in value && 'pos' in value;
}

/** A node's direct children in the order of their fields. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  eachChild(node, (child) => children.push(child));
  return children;
}

function eachChild(node: Node, visit: (child: Node) => void): void {
  const fields = node as unknown as Readonly<Record<string, unknown>>;
  for (const name in fields) {
    const value = fields[name];
    if (typeof value !== 'object' || value === null) continue;
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) visit(item);
    } else if (isNode(value)) visit(value);
  }
}

/** Visits a node and all below it, parents first; where `visit` returns false the children are passed over. */
export function walk(node: Node, visit: (node: Node) => boolean | undefined): void {
  const down = (child: Node): void => {
    if (visit(child) !== false) eachChild(child, down);
  };
  down(node);
}

/** Whether a piece of text lies within another. */
export function isWithin(span: Span, around: Span): boolean {
  return around.pos <= span.pos && span.end <= around.end;
}

/** What an element of a composite literal is given, its key apart. */
export function elementValue(element: Expr): Expr {
  return element.kind === 'KeyValueExpr' ? element.value : element;
}

/** The literal `nil`; not where the package calls something else so. */
export function isNil(expr: Expr | undefined): boolean {
  return expr?.kind === 'Ident' && expr.name === 'nil';
}

/** What a comparison with nil compares, and how. */
export function comparedWithNil(cond: Expr): { readonly x: Expr; readonly op: '==' | '!=' } | undefined {
  if (cond.kind !== 'BinaryExpr' || (cond.op !== '==' && cond.op !== '!=')) return undefined;
  if (isNil(cond.y)) return { x: cond.x, op: cond.op };
  return isNil(cond.x) ? { x: cond.y, op: cond.op } : undefined;
}

/** The variable or field that an expression names. */
export function nameOf(expr: Expr): string | undefined {
  return expr.kind === 'Ident' ? expr.name : expr.kind === 'SelectorExpr' ? expr.sel.name : undefined;
}

/** A call of `make`; not where the package calls something else so. */
export function isMake(expr: Expr | undefined): expr is CallExpr {
  return expr?.kind === 'CallExpr' && expr.fun.kind === 'Ident' && expr.fun.name === 'make';
}

/** Whether a node, or one below it, is of a kind. */
export function contains(node: Node, is: (node: Node) => boolean): boolean {
  return is(node) || childrenOf(node).some((child) => contains(child, is));
}
