import { isMake, type CallExpr, type Expr } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';

/** The `make` that a variable is declared with. */
export function makeOf(pkg: GoPackage, expr: Expr): CallExpr | undefined {
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  return obj?.kind === 'var' && obj.origin.kind === 'expr' && isMake(obj.origin.expr) ? obj.origin.expr : undefined;
}
