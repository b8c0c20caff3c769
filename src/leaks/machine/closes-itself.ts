import { walk, type BlockStmt, type CallExpr, type Expr, type FuncDecl, type Stmt } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Obj } from '../../go/scope.ts';

const known = new WeakMap<FuncDecl, ReadonlySet<CallExpr>>();

/**
 * The channels that a function makes and closes itself whenever it comes to its end: code of other packages which it gives them to does not close
 * them too, for closing twice panics. Where it closes only in some case, as where that code has failed, nothing is known.
 */
export function closesItself(pkg: GoPackage, decl: FuncDecl): ReadonlySet<CallExpr> {
  let found = known.get(decl);
  if (found === undefined) {
    found = decl.body ? madeAndClosed(pkg, decl.body) : new Set();
    known.set(decl, found);
  }
  return found;
}

function madeAndClosed(pkg: GoPackage, body: BlockStmt): ReadonlySet<CallExpr> {
  const closed = new Set<Obj>();
  for (const call of unconditional(body)) {
    const [channel] = call.args;
    const isClose = call.fun.kind === 'Ident' && call.fun.name === 'close' && pkg.objectOf(call.fun)?.kind === 'builtin';
    const obj = isClose && channel?.kind === 'Ident' ? pkg.objectOf(channel) : undefined;
    if (obj) closed.add(obj);
  }
  const made = new Set<CallExpr>();
  const add = (target: Expr | undefined, value: Expr | undefined): void => {
    const obj = target?.kind === 'Ident' ? pkg.objectOf(target) : undefined;
    if (value?.kind === 'CallExpr' && obj && closed.has(obj)) made.add(value);
  };
  if (closed.size > 0) {
    walk(body, (node) => {
      if (node.kind === 'AssignStmt') for (const [at, target] of node.lhs.entries()) add(target, node.rhs[at]);
      if (node.kind === 'ValueSpec') for (const [at, target] of node.names.entries()) add(target, node.values[at]);
      return undefined;
    });
  }
  return made;
}

/** The calls that a function, or a literal in it, makes in any case, unless it leaves before. */
function unconditional(body: BlockStmt): CallExpr[] {
  return body.list.flatMap((stmt) => [...callsOf(stmt), ...literalsIn(stmt).flatMap(unconditional)]);
}

const simple: ReadonlySet<Stmt['kind']> = new Set(['AssignStmt', 'DeclStmt', 'DeferStmt', 'ExprStmt', 'GoStmt', 'ReturnStmt']);

function callsOf(stmt: Stmt): CallExpr[] {
  if (stmt.kind === 'ExprStmt') return stmt.x.kind === 'CallExpr' ? [stmt.x] : [];
  return stmt.kind === 'DeferStmt' && stmt.call.kind === 'CallExpr' ? [stmt.call] : [];
}

/** The bodies of the outermost literals in a simple statement. */
function literalsIn(stmt: Stmt): BlockStmt[] {
  const found: BlockStmt[] = [];
  if (!simple.has(stmt.kind)) return found;
  walk(stmt, (node) => {
    if (node.kind === 'FuncLit') found.push(node.body);
    return node.kind !== 'FuncLit';
  });
  return found;
}
