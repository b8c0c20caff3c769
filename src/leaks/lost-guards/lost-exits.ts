import { contains, textOf, type CommClause, type File, type SelectStmt } from '../../go/ast.ts';
import { reachableFrom, receivedFrom, type Block } from '../../go/cfg.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { isContextDone } from '../exits/owner.ts';
import { fieldKey, innermost, walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { selectBlock, waysOut, type End } from '../unguarded/ends.ts';
import type { Asked } from './asked.ts';
import { caseText } from './case-text.ts';
import type { LostGuard } from './lost-guard.ts';
import { stillAsks } from './still-asks.ts';

/** A select in a loop. */
interface Looped {
  readonly func: FuncNode;
  readonly select: SelectStmt;
  /** What its cases wait for, as it is written. */
  readonly comms: readonly string[];
}

/** Loops that a case of their select led away from, and that nothing leads away from any more, or that go round without a pause once that case is there. */
export function lostExits({ pkg, home, old, ends }: Asked): LostGuard[] {
  if (home.decl.name.name === 'main') return [];
  const earlier = loopedIn(old);
  return loopedIn(home).flatMap(({ func, select, comms }): LostGuard[] => {
    const was = likest(earlier, comms);
    if (!was) return [];
    const led = waysOut(old.pkg, was.func, was.select);
    const ways = led.map((clause) => caseText(old.file, clause));
    if (!mayEnd(pkg, func, select)) return ways[0] === undefined ? [] : [{ kind: 'exit', home, func, select, guard: ways[0] }];
    const gone = led.find((one) => !comms.includes(commText(old.file, one)) && isOver(old.pkg, one, ends()) && !stillAsks(home, one, old.file));
    if (gone) return [{ kind: 'way', home, func, select, guard: caseText(old.file, gone) }];
    const now = waysOut(pkg, func, select);
    const clause = select.clauses.find((one) => !now.includes(one) && ways.includes(caseText(home.file, one)) && !contains(one, (node) => node.kind === 'AssignStmt' && node !== one.comm) && isOver(pkg, one, ends()));
    return clause ? [{ kind: 'spin', home, func, clause, guard: caseText(home.file, clause) }] : [];
  });
}

/** The one of some selects that waits for most of what another one waits for. */
function likest(earlier: readonly Looped[], comms: readonly string[]): Looped | undefined {
  const alike = ({ comms: others }: Looped): number => others.filter((comm) => comms.includes(comm)).length - others.filter((comm) => !comms.includes(comm)).length / others.length;
  return earlier.filter((one) => one.comms.some((comm) => comm !== '' && comms.includes(comm))).toSorted((a, b) => alike(b) - alike(a))[0];
}

/** Whether a case stays ready once it is: its channel is a context's, or closed by somebody. */
function isOver(pkg: GoPackage, { comm }: CommClause, ends: readonly End[]): boolean {
  const channel = receivedFrom(comm);
  if (channel === null) return false;
  const key = fieldKey(pkg, channel);
  const obj = channel.kind === 'Ident' ? pkg.objectOf(channel) : undefined;
  return isContextDone(pkg, channel) || ends.some((end) => end.kind === 'close' && (key !== undefined ? fieldKey(pkg, end.channel) === key : obj !== undefined && end.channel.kind === 'Ident' && pkg.objectOf(end.channel) === obj));
}

/** What a case waits for, as it is written; empty for `default`. */
function commText(file: File, { comm }: CommClause): string {
  return comm === null ? '' : normalised(textOf(file, comm));
}

function loopedIn({ decl, file }: Home): Looped[] {
  const found: Looped[] = [];
  if (!decl.body) return found;
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'SelectStmt') return;
    const func = innermost(decl, parents);
    const isLooped = parents.slice(parents.indexOf(func)).some((one) => one.kind === 'ForStmt');
    if (isLooped) found.push({ func, select: node, comms: node.clauses.map((clause) => commText(file, clause)) });
  });
  return found;
}

/** Whether control can come from a select to the end of its function, or to a call that does not return. */
function mayEnd(pkg: GoPackage, func: FuncNode, select: SelectStmt): boolean {
  const block = selectBlock(pkg, func, select);
  const isEnd = ({ exit, nodes }: Block): boolean => exit.kind === 'return' || exit.kind === 'never' || nodes.some((node) => contains(node, (one) => one.kind === 'BadStmt' || one.kind === 'BadExpr'));
  return block === undefined || [...reachableFrom(block)].some(isEnd);
}
