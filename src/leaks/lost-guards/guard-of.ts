import type { CommClause } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { waysOut, type End } from '../unguarded/ends.ts';

/** The first other case of an end's select by which its goroutine goes on without it for good: one that leads away, or `default`. */
export function guardOf(pkg: GoPackage, { choice, func }: End): CommClause | undefined {
  if (!choice) return undefined;
  const { select, clause } = choice;
  const ways = waysOut(pkg, func, select);
  return select.clauses.find((one) => one !== clause && (one.comm === null || ways.includes(one)));
}
