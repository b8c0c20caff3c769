import { isNil, type FuncDecl, type Node } from '../go/ast.ts';

/** Whether a function means to go on after a loop or a wait of its own: what is the last thing it does may last for as long as the process lives. */
export function goesOn({ type, body }: FuncDecl, node: Node): boolean {
  const index = body?.list.findIndex((stmt) => stmt === node || (stmt.kind === 'ExprStmt' && stmt.x === node)) ?? -1;
  const [next, ...more] = index < 0 ? [] : (body?.list.slice(index + 1) ?? []);
  if (next?.kind !== 'ReturnStmt' || more.length > 0) return next !== undefined;
  return next.results.length === 0 ? type.results.length > 0 : !next.results.every(isNil);
}

/** Whether a wait is the last thing that a function does: then it may be meant to last for as long as the process lives. */
export function endsWith(decl: FuncDecl, node: Node): boolean {
  return decl.body?.list.some((stmt) => stmt === node || (stmt.kind === 'ExprStmt' && stmt.x === node)) === true && !goesOn(decl, node);
}
