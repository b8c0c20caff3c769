import { childrenOf, type Node } from '../../src/go/ast.ts';
import { reachableFrom, type Cfg } from '../../src/go/cfg.ts';
import type { GoPackage } from '../../src/go/package.ts';
import type { FuncNode } from '../../src/go/scope.ts';

const simple = new Set<Node['kind']>(['BadStmt', 'DeclStmt', 'ExprStmt', 'SendStmt', 'IncDecStmt', 'AssignStmt', 'GoStmt', 'DeferStmt', 'ReturnStmt', 'BranchStmt']);
const choosing = new Set<Node['kind']>(['SelectStmt', 'TypeSwitchStmt', 'RangeStmt']);

/** The statements of a function, those of function literals inside apart. */
function statementsOf(func: FuncNode): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (simple.has(node.kind) || choosing.has(node.kind)) found.push(node);
    if (node.kind !== 'FuncLit') for (const child of childrenOf(node)) visit(child);
  };
  if (func.body) visit(func.body);
  return found;
}

/** What is wrong with a function's graph: each statement must stand in exactly one block (or choose at the end of one), and nothing else may. */
export function blockFaults(func: FuncNode, cfg: Cfg): string[] {
  const seen = new Map<Node, number>();
  const count = (node: Node): void => {
    seen.set(node, (seen.get(node) ?? 0) + 1);
  };
  for (const block of cfg.blocks) {
    for (const node of block.nodes) if (simple.has(node.kind)) count(node);
    if ('stmt' in block.exit && block.exit.stmt && choosing.has(block.exit.stmt.kind)) count(block.exit.stmt);
  }
  const faults: string[] = [];
  for (const stmt of statementsOf(func)) {
    const times = seen.get(stmt) ?? 0;
    if (times !== 1) faults.push(`${stmt.kind} at ${stmt.pos} is in ${times} blocks`);
    seen.delete(stmt);
  }
  for (const stray of seen.keys()) faults.push(`${stray.kind} at ${stray.pos} is in a block, but not in the function`);
  return faults;
}

/** Ways that lead nowhere: a block that can be reached must go on in blocks of the graph, return, or end in a call that does not. */
export function pathFaults(cfg: Cfg, pkg: GoPackage): string[] {
  const faults: string[] = [];
  for (const block of reachableFrom(cfg.entry)) {
    if (cfg.blocks[block.index] !== block) faults.push(`block ${block.index} is not in the graph`);
    if (block.exit.kind !== 'never') continue;
    const last = block.nodes.at(-1);
    const stops = last?.kind === 'ExprStmt' && last.x.kind === 'CallExpr' && pkg.endingOf(last.x) !== null;
    if (!stops && last?.kind !== 'BranchStmt') faults.push(`block ${block.index} ends nowhere`);
  }
  return faults;
}
