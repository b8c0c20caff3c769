import { textOf, walk, type CallExpr, type Expr, type File, type FuncDecl, type Node } from '../../go/ast.ts';
import { successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';

const taking: ReadonlySet<string> = new Set(['Lock', 'RLock', 'TryLock', 'TryRLock']);

/** The locks that may be held at a place, and those that a deferred call surely lets go of, each as it is written. */
interface Held {
  readonly locks: ReadonlySet<string>;
  readonly deferred: ReadonlySet<string>;
}

/**
 * Says of a function, by its own code alone, that it lets go of each lock that it takes, on all ways out. What is not plain to see
 * counts as handed on: locks that are tried, taken as a value, or taken through a name that means something else later.
 */
export function handsOnLock(pkg: GoPackage, { decl, file }: { readonly decl: FuncDecl; readonly file: File }): boolean {
  const assigned = new Set<string>();
  const assign = (target: Expr | null): void => {
    if (target?.kind === 'SelectorExpr') assigned.add(target.sel.name);
    const obj = target?.kind === 'Ident' ? pkg.objectOf(target) : undefined;
    if (target?.kind === 'Ident' && !(obj?.kind === 'var' && obj.ident === target)) assigned.add(target.name);
  };
  const funcs: FuncNode[] = [];
  const called = new Set<Node>();
  const plain = new Set<Node>();
  let mentioned = 0;
  walk(decl, (node) => {
    if (node.kind === 'FuncDecl' || node.kind === 'FuncLit') funcs.push(node);
    if (node.kind === 'AssignStmt') node.lhs.forEach(assign);
    if (node.kind === 'IncDecStmt') assign(node.x);
    if (node.kind === 'RangeStmt' && !node.define) [node.key, node.value].forEach(assign);
    if (node.kind === 'ExprStmt' && node.x.kind === 'CallExpr') called.add(node.x.fun);
    if (node.kind === 'SelectorExpr' && taking.has(node.sel.name)) {
      mentioned += 1;
      if (called.has(node) && !node.sel.name.startsWith('Try')) plain.add(node);
    }
    return undefined;
  });
  if (mentioned > plain.size) return true;
  const isSteady = (lock: Expr): boolean => {
    let steady = true;
    walk(lock, (node) => {
      if ((node.kind === 'Ident' && assigned.has(node.name)) || node.kind === 'CallExpr') steady = false;
      return steady;
    });
    return steady;
  };
  return funcs.some((func) => leavesHeld(pkg, file, func, isSteady));
}

function leavesHeld(pkg: GoPackage, file: File, func: FuncNode, isSteady: (lock: Expr) => boolean): boolean {
  const at = new Map<Block, Held>();
  const work: { readonly block: Block; readonly held: Held }[] = [{ block: pkg.cfgOf(func).entry, held: { locks: new Set(), deferred: new Set() } }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { block } = next;
    const known = at.get(block);
    const held = known === undefined ? next.held : join(known, next.held);
    if (known !== undefined && held.locks.size === known.locks.size && held.deferred.size === known.deferred.size) continue;
    at.set(block, held);
    const locks = new Set(held.locks);
    const deferred = new Set(held.deferred);
    for (const node of block.nodes) {
      const isDeferred = node.kind === 'DeferStmt';
      const call = isDeferred ? node.call : node.kind === 'ExprStmt' ? node.x : node;
      if (call.kind !== 'CallExpr' || call.fun.kind !== 'SelectorExpr') continue;
      const { x, sel: { name } } = call.fun;
      if (!isDeferred && taking.has(name)) {
        if (!isSteady(x)) return true;
        locks.add(keyOf(pkg, file, call.fun));
      } else if (name === 'Unlock' || name === 'RUnlock') {
        if (isDeferred) deferred.add(keyOf(pkg, file, call.fun));
        else locks.delete(keyOf(pkg, file, call.fun));
      }
    }
    if (block.exit.kind === 'return' && [...locks].some((lock) => !deferred.has(lock))) return true;
    for (const to of successors(block)) work.push({ block: to, held: { locks, deferred } });
  }
  return false;
}

function join(one: Held, other: Held): Held {
  return { locks: new Set([...one.locks, ...other.locks]), deferred: new Set([...one.deferred].filter((lock) => other.deferred.has(lock))) };
}

/** A lock as it is written, with the variable it is reached from, and how it is taken. */
function keyOf(pkg: GoPackage, file: File, fun: Extract<CallExpr['fun'], { kind: 'SelectorExpr' }>): string {
  let root: Expr = fun.x;
  while (root.kind === 'SelectorExpr' || root.kind === 'IndexExpr' || root.kind === 'StarExpr' || root.kind === 'UnaryExpr') root = root.x;
  const obj = root.kind === 'Ident' ? pkg.objectOf(root) : undefined;
  return `${fun.sel.name.startsWith('R') ? 'R' : ''}${obj?.kind === 'var' ? `${obj.file.path}:${obj.ident.pos}` : ''} ${textOf(file, fun.x)}`;
}
