import { textOf, type CommClause } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import { isContextDone } from '../exits/owner.ts';
import { saysStop } from '../exits/says-stop.ts';
import { waysOut, type End } from '../unguarded/ends.ts';

/** The first other case of an end's select by which its goroutine goes on without it for good: one that leads away, or `default`. */
export function guardOf(pkg: GoPackage, end: End): CommClause | undefined {
  return casesBeside(pkg, end, () => false)[0];
}

/** All cases beside an end by which its goroutine gives it up: those that lead away, `default`, and what says by its name that something is over. */
export function guardsOf(pkg: GoPackage, end: End): readonly CommClause[] {
  return casesBeside(pkg, end, ({ comm }) => {
    const channel = receivedFrom(comm);
    return channel !== null && (isContextDone(pkg, channel) || saysStop(textOf(end.file, channel)));
  });
}

/** The other cases of an end's select that lead away, `default`, and what else is meant. */
function casesBeside(pkg: GoPackage, { choice, func }: End, isMeantToo: (clause: CommClause) => boolean): readonly CommClause[] {
  if (!choice) return [];
  const { select, clause } = choice;
  const ways = waysOut(pkg, func, select);
  return select.clauses.filter((one) => one !== clause && (one.comm === null || ways.includes(one) || isMeantToo(one)));
}
