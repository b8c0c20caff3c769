import { contains, isWithin, textOf, walk, type CallExpr, type Expr, type File, type ForStmt, type FuncDecl, type Node, type RangeStmt, type SelectorExpr } from '../go/ast.ts';
import { reachableFrom, successors, type Block } from '../go/cfg.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode } from '../go/scope.ts';
import { isNamed } from '../go/type.ts';

/** A WaitGroup that is counted up by the length of a list before a loop over it, some of whose turns count nothing down. */
export interface SkippedTurn {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly add: CallExpr;
  readonly wait: SelectorExpr;
  readonly loop: RangeStmt | ForStmt;
  /** Where such a turn ends: a `continue`, or the loop's head where it falls off its end. */
  readonly skips: Node;
}

/** Turns of loops that start nobody who counts down, and do not count down themselves, although the WaitGroup was counted up for all: `wg.Add(len(list))`. */
export function skippedTurns(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): readonly SkippedTurn[] {
  return [...pkg.saying(/\.Add\((?:len\(|\w+\))/u)].filter(isAsked).flatMap(({ decl, file }) => functionsIn(decl).flatMap((func) => skippedIn(pkg, file, decl, func)));
}

function functionsIn(decl: FuncDecl): readonly FuncNode[] {
  const found: FuncNode[] = [decl];
  walk(decl, (node) => {
    if (node.kind === 'FuncLit') found.push(node);
    return undefined;
  });
  return found;
}

function skippedIn(pkg: GoPackage, file: File, decl: FuncDecl, func: FuncNode): SkippedTurn[] {
  const calls = methodCalls(pkg, func);
  return calls.filter(({ fun }) => fun.sel.name === 'Add').flatMap(({ call: add, fun }): SkippedTurn[] => {
    const isGroup = (node: Node): boolean => node.kind === fun.x.kind && textOf(file, node) === textOf(file, fun.x);
    const wait = calls.find((one) => one.fun.sel.name === 'Wait' && one.call.pos > add.end && isGroup(one.fun.x))?.fun;
    const loop = wait && loopsIn(func).find((one) => one.pos > add.end && one.end < wait.pos && goesRound(file, one, add.args[0]));
    if (!wait || !loop) return [];
    // Who has it in another way may count it down for such a turn; where no turn speaks of it, somebody else does.
    const isElse = (node: Node): boolean => isGroup(node) && node !== fun.x && node !== wait.x && !isWithin(node, loop) && !isDeclaration(pkg, node);
    if (!contains(loop.body, isGroup) || (func.body && contains(func.body, isElse))) return [];
    const skips = skipped(pkg, func, loop, isGroup);
    return skips ? [{ file, decl, func, add, wait, loop, skips }] : [];
  });
}

/** `wg` of `var wg sync.WaitGroup`. */
function isDeclaration(pkg: GoPackage, node: Node): boolean {
  const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
  return obj?.kind === 'var' && obj.ident === node;
}

/** The calls of methods of WaitGroups that a function makes itself. */
function methodCalls(pkg: GoPackage, func: FuncNode): readonly { readonly call: CallExpr; readonly fun: SelectorExpr }[] {
  const found: { call: CallExpr; fun: SelectorExpr }[] = [];
  if (func.body) {
    walk(func.body, (node) => {
      if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && isNamed(pkg.typeOf(node.fun.x), 'sync', 'WaitGroup')) found.push({ call: node, fun: node.fun });
      return node.kind !== 'FuncLit';
    });
  }
  return found;
}

function loopsIn({ body }: FuncNode): readonly (RangeStmt | ForStmt)[] {
  const found: (RangeStmt | ForStmt)[] = [];
  if (body) {
    walk(body, (node) => {
      if (node.kind === 'RangeStmt' || node.kind === 'ForStmt') found.push(node);
      return node.kind !== 'FuncLit';
    });
  }
  return found;
}

/** Whether a loop has as many turns as was counted: `len(list)` and `range list`; `n` and `range n`, or `i < n`. */
function goesRound(file: File, loop: RangeStmt | ForStmt, count: Expr | undefined): boolean {
  if (!count || count.kind === 'BasicLit') return false;
  const of = count.kind === 'CallExpr' && count.fun.kind === 'Ident' && count.fun.name === 'len' ? count.args[0] : undefined;
  if (loop.kind === 'RangeStmt') return textOf(file, loop.x) === textOf(file, of ?? count);
  return loop.cond?.kind === 'BinaryExpr' && loop.cond.op === '<' && textOf(file, loop.cond.y) === textOf(file, count);
}

/** The end of a turn that comes by nothing which speaks of the group. */
function skipped(pkg: GoPackage, func: FuncNode, loop: RangeStmt | ForStmt, isGroup: (node: Node) => boolean): Node | undefined {
  const inside = (node: Node): boolean => isWithin(node, loop.body);
  const all = [...reachableFrom(pkg.cfgOf(func).entry)];
  const head = all.find(({ exit }) => (loop.kind === 'RangeStmt' ? exit.kind === 'range' && exit.stmt === loop : exit.kind === 'branch' && exit.cond === loop.cond));
  if (!head) return undefined;
  const start = head.exit.kind === 'range' ? head.exit.body : head.exit.kind === 'branch' ? head.exit.then : undefined;
  const seen = new Set<Block>();
  const work = start ? [start] : [];
  for (let block = work.pop(); block; block = work.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    if (block === head) return continueOf(loop, seen) ?? loop;
    const speaks = [...block.nodes, ...(block.exit.kind === 'branch' ? [block.exit.cond] : [])].some((node) => contains(node, isGroup));
    // Only what stays in the loop is a turn of it; its post statement is no part of the body.
    if (!speaks && (block === start || block.nodes.length === 0 || block.nodes.some(inside) || loop.kind === 'ForStmt')) work.push(...successors(block));
  }
  return undefined;
}

/** A `continue` of the loop which such a turn may come by. */
function continueOf(loop: RangeStmt | ForStmt, seen: ReadonlySet<Block>): Node | undefined {
  let found: Node | undefined;
  walk(loop.body, (node) => {
    if (node.kind === 'IfStmt') {
      const last = node.body.list.at(-1);
      const before = node.body.list.at(-2);
      if (last?.kind === 'BranchStmt' && last.token === 'continue' && last.label === null && (before === undefined || [...seen].some(({ nodes }) => nodes.some((one) => one === before || contains(before, (inner) => inner === one))))) found ??= last;
    }
    return node.kind !== 'FuncLit' && node.kind !== 'ForStmt' && node.kind !== 'RangeStmt';
  });
  return found;
}
