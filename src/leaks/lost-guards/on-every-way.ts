import { comparedWithNil, contains, isWithin, type CallExpr, type Expr, type Node } from '../../go/ast.ts';
import { successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { callsOf } from './own-calls.ts';

/**
 * Whether a function comes to one of some calls, or puts it off to its end, on whichever way it returns; what its literals do counts only where they are deferred.
 * `from`: where a thing is obtained. Only what comes after counts then, and not the way on which the question asked right there says that it was not.
 */
export function isOnEveryWay(pkg: GoPackage, func: FuncNode, calls: readonly CallExpr[], from?: Expr): boolean {
  const { entry, blocks } = pkg.cfgOf(func);
  const first = from ? blocks.find(({ nodes, exit }) => nodes.some((node) => isWithin(from, node)) || (exit.kind === 'branch' && isWithin(from, exit.cond))) : entry;
  if (!first) return false;
  const seen = new Set<Block>([first]);
  for (const block of seen) {
    const { nodes, exit } = block;
    const isFirst = from !== undefined && block === first;
    const ends: Node[] = exit.kind === 'branch' ? [exit.cond] : exit.kind === 'return' && exit.stmt ? exit.stmt.results.slice() : [];
    const obtained = isFirst ? nodes.findIndex((node) => isWithin(from, node)) : -1;
    // Where the condition obtains it, nothing of the block comes after.
    const after = isFirst && obtained < 0 ? [] : [...nodes.slice(obtained + 1), ...ends];
    if (after.some((node) => makes(node, calls))) continue;
    if (exit.kind === 'return') return false;
    for (const next of isFirst ? withIt(block, from) : successors(block)) seen.add(next);
  }
  return true;
}

/** Where control goes from a block that obtains a thing, but for the side on which its condition says that it was not: `err != nil`, `!mu.TryLock()`. */
function withIt(block: Block, from: Expr): readonly Block[] {
  const { exit } = block;
  if (exit.kind !== 'branch') return successors(block);
  const { cond } = exit;
  const nil = comparedWithNil(cond);
  if (nil) return [nil.op === '!=' ? exit.else : exit.then];
  if (cond === from) return [exit.then];
  return cond.kind === 'UnaryExpr' && cond.op === '!' && cond.x === from ? [exit.else] : successors(block);
}

function makes(node: Node, calls: readonly CallExpr[]): boolean {
  if (node.kind === 'DeferStmt') return contains(node, (one) => one.kind === 'CallExpr' && calls.includes(one));
  return callsOf(node).some((call) => calls.includes(call));
}
