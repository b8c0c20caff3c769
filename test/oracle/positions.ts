import { childrenOf, type Expr, type File, type Ident, type KeyValueExpr, type Node, type SelectorExpr, type Stmt } from '../../src/go/ast.ts';

/** An identifier and what it stands in, where that decides what it denotes. */
export interface Placed {
  readonly ident: Ident;
  readonly selector: SelectorExpr | null;
  readonly key: KeyValueExpr | null;
  /** The name of a field or method where it is declared. */
  readonly declares: boolean;
}

/** The nodes of a file by where they are. */
export interface Positions {
  readonly idents: ReadonlyMap<number, Placed>;
  /** By `key(pos, end)`. */
  readonly exprs: ReadonlyMap<number, Expr>;
  /** Statements that stand in blocks, by where Go has them begin. Of a type switch it is the node in the block. */
  readonly stmts: ReadonlyMap<number, Stmt | Expr>;
  readonly calls: ReadonlyMap<number, Ident>;
}

export function key(pos: number, end: number): number {
  return pos * 2 ** 26 + end;
}

const statements = new Set(['BadStmt', 'EmptyStmt', 'DeclStmt', 'LabeledStmt', 'ExprStmt', 'SendStmt', 'IncDecStmt', 'AssignStmt', 'GoStmt', 'DeferStmt', 'ReturnStmt', 'BranchStmt', 'BlockStmt', 'IfStmt', 'SwitchStmt', 'TypeSwitchStmt', 'SelectStmt', 'ForStmt', 'RangeStmt']);
const simple = new Set(['ExprStmt', 'SendStmt', 'IncDecStmt', 'AssignStmt', 'GoStmt', 'DeferStmt', 'ReturnStmt', 'BadStmt']);
const others = new Set(['Field', 'CaseClause', 'CommClause', 'ValueSpec', 'TypeSpec', 'FuncDecl']);

function isExpr(node: Node): node is Expr {
  return !statements.has(node.kind) && !others.has(node.kind);
}

export function isSimple(node: Node): node is Stmt {
  return simple.has(node.kind);
}

export function positionsOf(file: File): Positions {
  const idents = new Map<number, Placed>();
  const exprs = new Map<number, Expr>();
  const stmts = new Map<number, Stmt | Expr>();
  const calls = new Map<number, Ident>();
  const place = (ident: Ident, parts: Partial<Placed> = {}): void => {
    idents.set(ident.pos, { ident, selector: null, key: null, declares: false, ...parts });
  };
  const visit = (node: Node): void => {
    if (isExpr(node)) exprs.set(key(node.pos, node.end), node);
    if (isSimple(node)) stmts.set(node.pos, node);
    switch (node.kind) {
      case 'Ident':
        if (!idents.has(node.pos)) place(node);
        return;
      case 'SelectorExpr':
        place(node.sel, { selector: node });
        break;
      case 'KeyValueExpr':
        if (node.key.kind === 'Ident') place(node.key, { key: node });
        break;
      case 'StructType':
        for (const field of node.fields) for (const name of field.names) place(name, { declares: true });
        break;
      case 'InterfaceType':
        for (const field of node.methods) for (const name of field.names) place(name, { declares: true });
        break;
      case 'FuncType':
        for (const field of [...node.params, ...node.results]) for (const name of field.names) place(name, { declares: true });
        break;
      case 'FuncDecl':
        if (node.recv) place(node.name, { declares: true });
        break;
      case 'TypeSwitchStmt':
        stmts.set(node.bind?.pos ?? node.x.pos, node.x);
        break;
      case 'CallExpr': {
        const fun = node.fun.kind === 'IndexExpr' ? node.fun.x : node.fun;
        if (fun.kind === 'SelectorExpr') calls.set(fun.sel.pos, fun.sel);
        if (fun.kind === 'Ident') calls.set(fun.pos, fun);
        break;
      }
      default:
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const root of [...file.specs, ...file.funcs]) visit(root);
  return { idents, exprs, stmts, calls };
}
