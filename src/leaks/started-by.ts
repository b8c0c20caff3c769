import type { CallExpr, FuncLit } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';

/** What other packages call what runs a function in a goroutine. Sources: gopkg.in/tomb, github.com/sourcegraph/conc, github.com/zeromicro/go-zero, pools of many names. */
export const starters: ReadonlySet<string> = new Set(['Go', 'GoSafe', 'SafeGo', 'GoFunc']);

/** The literal that a call of another package's `Go` runs in a goroutine. */
export function startedBy(pkg: GoPackage, call: CallExpr): FuncLit | undefined {
  const { fun, args } = call;
  if (fun.kind !== 'SelectorExpr' || !starters.has(fun.sel.name) || pkg.declOf(fun) !== undefined) return undefined;
  const literals = args.filter((arg) => arg.kind === 'FuncLit');
  const [only, ...more] = literals;
  return more.length === 0 ? only : undefined;
}
