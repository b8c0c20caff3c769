import type { Expr, Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { deref } from '../../go/type.ts';
import { calleeOf } from './callee.ts';
import { localOf } from './local-of.ts';

/** Writers with somebody at their other end, who may go away, whereupon what is copied to them is not read to its end. */
const peers: ReadonlySet<string> = new Set(['net/http.ResponseWriter', 'net.Conn', 'net.TCPConn', 'io.PipeWriter', 'github.com/gin-gonic/gin.ResponseWriter']);

/** The error of `_, err := io.Copy(w, r)`, where `w` may fail. */
export function failureOfCopy(pkg: GoPackage, node: Node): VarObj | undefined {
  const [call] = node.kind === 'AssignStmt' ? node.rhs : [];
  if (node.kind !== 'AssignStmt' || call?.kind !== 'CallExpr') return undefined;
  const callee = calleeOf(pkg, call);
  const [to] = call.args;
  const error = node.lhs.at(-1);
  if (callee?.kind !== 'imported' || !/^io\.Copy(?:Buffer)?$/u.test(callee.key) || !to || !error || !isPeer(pkg, to)) return undefined;
  return localOf(pkg, error);
}

function isPeer(pkg: GoPackage, expr: Expr): boolean {
  const type = deref(pkg.typeOf(expr));
  if (type.kind === 'named') return peers.has(`${type.path}.${type.name}`);
  // What gin keeps its response in.
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  const value = obj?.kind === 'var' && obj.origin.kind === 'expr' ? obj.origin.expr : expr;
  const owner = value.kind === 'SelectorExpr' && value.sel.name === 'Writer' ? deref(pkg.typeOf(value.x)) : undefined;
  return owner?.kind === 'named' && owner.path === 'github.com/gin-gonic/gin' && owner.name === 'Context';
}
