import type { Expr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';

/** The local variable an expression is; of one function only, where that is given: what others share they may give back. */
export function localOf(pkg: GoPackage, expr: Expr, func: FuncNode | null = null): VarObj | undefined {
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  if (obj?.kind !== 'var' || obj.role === 'package') return undefined;
  return func === null || obj.func === func ? obj : undefined;
}
