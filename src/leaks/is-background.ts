import type { Expr } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { calleeOf } from './obligations/callee.ts';

/** A context that nobody cancels: `context.Background()`. */
export function isBackground(pkg: GoPackage, expr: Expr | undefined): boolean {
  const callee = expr?.kind === 'CallExpr' ? calleeOf(pkg, expr) : undefined;
  return callee?.kind === 'imported' && ['context.Background', 'context.TODO', 'context.WithoutCancel'].includes(callee.key);
}
