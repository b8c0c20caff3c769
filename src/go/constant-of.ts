import type { Expr } from './ast.ts';
import type { GoPackage } from './package.ts';

/** How deep constants are looked through: deeper ones are not written by people. */
const deepest = 6;

/** The number that a constant expression of integers stands for; null where it is none, or the package does not show it. */
export function constantOf(pkg: GoPackage, expr: Expr, depth = 0): number | null {
  if (depth > deepest) return null;
  switch (expr.kind) {
    case 'BasicLit':
      return expr.token === 'INT' ? Number(expr.value.replaceAll('_', '')) : null;
    case 'Ident': {
      const obj = pkg.objectOf(expr);
      return obj?.kind === 'var' && obj.role === 'const' && obj.origin.kind === 'expr' ? constantOf(pkg, obj.origin.expr, depth + 1) : null;
    }
    case 'BinaryExpr': {
      const x = constantOf(pkg, expr.x, depth + 1);
      const y = constantOf(pkg, expr.y, depth + 1);
      return x === null || y === null ? null : (operators[expr.op]?.(x, y) ?? null);
    }
    default:
      return null;
  }
}

const operators: Readonly<Record<string, (x: number, y: number) => number>> = {
  '+': (x, y) => x + y,
  '-': (x, y) => x - y,
  '*': (x, y) => x * y,
  '/': (x, y) => Math.trunc(x / y),
  '<<': (x, y) => x * 2 ** y,
};
