import { contains, textOf, type SelectStmt } from '../../go/ast.ts';
import { reachableFrom, type Block } from '../../go/cfg.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { selectBlock, waysOut } from '../unguarded/ends.ts';
import type { Asked } from './asked.ts';
import { caseText } from './case-text.ts';
import type { LostGuard } from './lost-guard.ts';

/** A select in a loop. */
interface Looped {
  readonly func: FuncNode;
  readonly select: SelectStmt;
  /** What its cases wait for, as it is written. */
  readonly comms: readonly string[];
}

/** Loops that a case of their select led away from, and that nothing leads away from any more. */
export function lostExits({ pkg, home, old }: Asked): LostGuard[] {
  if (home.decl.name.name === 'main') return [];
  const earlier = loopedIn(old);
  return loopedIn(home).flatMap(({ func, select, comms }): LostGuard[] => {
    if (mayEnd(pkg, func, select)) return [];
    const was = earlier.find((one) => one.comms.some((comm) => comms.includes(comm)));
    const [guard] = was ? waysOut(old.pkg, was.func, was.select) : [];
    return guard ? [{ kind: 'exit', home, func, select, guard: caseText(old.file, guard) }] : [];
  });
}

function loopedIn({ decl, file }: Home): Looped[] {
  const found: Looped[] = [];
  if (!decl.body) return found;
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'SelectStmt') return;
    const func = parents.findLast((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl') ?? decl;
    const isLooped = parents.slice(parents.indexOf(func)).some((one) => one.kind === 'ForStmt');
    if (isLooped) found.push({ func, select: node, comms: node.clauses.flatMap(({ comm }) => (comm ? [normalised(textOf(file, comm))] : [])) });
  });
  return found;
}

/** Whether control can come from a select to the end of its function, or to a call that does not return. */
function mayEnd(pkg: GoPackage, func: FuncNode, select: SelectStmt): boolean {
  const block = selectBlock(pkg, func, select);
  const isEnd = ({ exit, nodes }: Block): boolean => exit.kind === 'return' || exit.kind === 'never' || nodes.some((node) => contains(node, (one) => one.kind === 'BadStmt' || one.kind === 'BadExpr'));
  return block === undefined || [...reachableFrom(block)].some(isEnd);
}
