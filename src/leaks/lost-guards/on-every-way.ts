import { comparedWithNil, contains, isWithin, walk, type CallExpr, type Node } from '../../go/ast.ts';
import { successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';

/**
 * Whether a function comes to one of some calls, or puts it off to its end, on whichever way it returns; what its literals do counts only where they are deferred.
 * `from`: where a thing is obtained. Only what comes after counts then, and not the way on which the question asked right there says that it was not.
 */
export function isOnEveryWay(pkg: GoPackage, func: FuncNode, isMeant: (call: CallExpr) => boolean, from?: Node): boolean {
  const { entry, blocks } = pkg.cfgOf(func);
  const first = from ? blocks.find(({ nodes }) => nodes.some((node) => isWithin(from, node))) : entry;
  if (!first) return false;
  const seen = new Set<Block>([first]);
  for (const block of seen) {
    const { exit } = block;
    const ends: Node[] = exit.kind === 'branch' ? [exit.cond] : exit.kind === 'return' && exit.stmt ? exit.stmt.results.slice() : [];
    const after = from && block === first ? block.nodes.slice(block.nodes.findIndex((node) => isWithin(from, node)) + 1) : block.nodes;
    if ([...after, ...ends].some((node) => makes(node, isMeant))) continue;
    if (exit.kind === 'return') return false;
    const nil = from && block === first && exit.kind === 'branch' ? comparedWithNil(exit.cond) : undefined;
    for (const next of nil && exit.kind === 'branch' ? [nil.op === '!=' ? exit.else : exit.then] : successors(block)) seen.add(next);
  }
  return true;
}

function makes(node: Node, isMeant: (call: CallExpr) => boolean): boolean {
  if (node.kind === 'GoStmt') return false;
  if (node.kind === 'DeferStmt') return contains(node, (one) => one.kind === 'CallExpr' && isMeant(one));
  let found = false;
  walk(node, (one) => {
    if (one.kind === 'CallExpr' && isMeant(one)) found = true;
    return !found && one.kind !== 'FuncLit';
  });
  return found;
}
