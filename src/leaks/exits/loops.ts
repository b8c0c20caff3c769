import { childrenOf, isWithin, type BranchStmt, type CallExpr, type CommClause, type Expr, type ForStmt, type Node, type RangeStmt, type SelectStmt, type SendStmt, type Stmt, type UnaryExpr } from '../../go/ast.ts';
import { receivedFrom, successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';

export type Loop = ForStmt | RangeStmt;

/** What a loop waits for in each of its turns. */
export type Op =
  | { readonly kind: 'select'; readonly node: SelectStmt }
  | { readonly kind: 'receive'; readonly node: UnaryExpr; /** The second value of the receive is used. */ readonly asksClosed: boolean }
  | { readonly kind: 'range'; readonly node: RangeStmt }
  | { readonly kind: 'send'; readonly node: SendStmt }
  | { readonly kind: 'sleep'; readonly node: CallExpr }
  | { readonly kind: 'call'; readonly node: CallExpr };

/** A loop that no run of its function leaves. */
export interface EndlessLoop {
  readonly loop: Loop;
  /** In the order of the text; the first is where the loop waits, as a rule. */
  readonly ops: readonly Op[];
}

/** What is known of the channels a loop waits on. */
export interface Channels {
  /** Nobody can close it, so that a range over it never ends. */
  readonly isNeverClosed: (channel: Expr) => boolean;
  /** Nobody sends on it either: a case that receives from it is never taken. */
  readonly isDead: (channel: Expr) => boolean;
  /** A variable is given another value than the one it is declared with. */
  readonly isReassigned: (obj: VarObj) => boolean;
}

/**
 * The loops of a function that cannot end: from inside of them neither a return, nor code behind the loop, nor a call that ends
 * the goroutine can be reached. A `break` that leaves only a select, or a `continue` ahead of the only return, are then no ways out.
 * Of nested loops the innermost. Loops that cannot be reached, or whose function has a part that was not understood, are left out.
 */
export function endlessLoops(pkg: GoPackage, func: FuncNode, channels: Channels): readonly EndlessLoop[] {
  const candidates = func.body ? loopsOf(func.body).filter((loop) => (loop.kind === 'RangeStmt' ? channels.isNeverClosed(loop.x) : loop.cond === null || isTrue(pkg, loop.cond))) : [];
  if (candidates.length === 0) return [];
  const graph = pkg.cfgOf(func);
  const next = (block: Block): readonly Block[] => ways(pkg, block, channels);
  const alive = closure([graph.entry], next);
  const found: EndlessLoop[] = [];
  for (const loop of candidates) {
    if (found.some((inner) => isWithin(inner.loop, loop.body))) continue;
    const inside = [...alive].filter((block) => stands(block, loop));
    if (inside.length === 0) continue;
    const reached = closure(inside, next);
    const leaves = [...reached].some((block) => next(block).length === 0 || !block.nodes.every((node) => isWithin(node, loop)) || block.nodes.some((node) => node.kind === 'BadStmt' || node.kind === 'BadExpr'));
    if (!leaves) found.push({ loop, ops: opsOf(loop) });
  }
  return found;
}

/** The loops of a function's own body, the innermost first. */
function loopsOf(body: Node): Loop[] {
  const found: Loop[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'FuncLit') return;
    for (const child of childrenOf(node)) visit(child);
    if (node.kind === 'ForStmt' || node.kind === 'RangeStmt') found.push(node);
  };
  visit(body);
  return found;
}

/** The edges that some run can take. */
function ways(pkg: GoPackage, block: Block, channels: Channels): readonly Block[] {
  const { exit } = block;
  switch (exit.kind) {
    case 'range':
      return channels.isNeverClosed(exit.stmt.x) ? [exit.body] : [exit.body, exit.done];
    case 'branch':
      return isTrue(pkg, exit.cond) || isNeverFalse(pkg, exit.cond, channels) ? [exit.then] : [exit.then, exit.else];
    case 'select':
      return exit.cases.filter(({ clause }) => !isDeadCase(clause, channels)).map(({ to }) => to);
    default:
      return successors(block);
  }
}

function isTrue(pkg: GoPackage, cond: Expr): boolean {
  return cond.kind === 'Ident' && cond.name === 'true' && pkg.objectOf(cond)?.kind === 'builtin';
}

/** `ok` of `v, ok := <-ch`, where nobody closes the channel. */
function isNeverFalse(pkg: GoPackage, cond: Expr, channels: Channels): boolean {
  const obj = cond.kind === 'Ident' ? pkg.objectOf(cond) : undefined;
  if (obj?.kind !== 'var' || obj.origin.kind !== 'tuple' || obj.origin.index !== 1 || channels.isReassigned(obj)) return false;
  const { expr } = obj.origin;
  return expr.kind === 'UnaryExpr' && expr.op === '<-' && channels.isNeverClosed(expr.x);
}

/** Whether a case receives from a channel that nobody sends on or closes. */
export function isDeadCase(clause: CommClause, channels: Channels): boolean {
  const channel = receivedFrom(clause.comm);
  return channel !== null && channels.isDead(channel);
}

function closure(start: readonly Block[], next: (block: Block) => readonly Block[]): Set<Block> {
  const seen = new Set(start);
  for (const block of seen) for (const one of next(block)) seen.add(one);
  return seen;
}

/** Whether a block is part of a loop's turns: its range, or something in its body. */
function stands(block: Block, loop: Loop): boolean {
  if (block.exit.kind === 'range' && block.exit.stmt === loop) return true;
  return block.nodes.some((node) => isWithin(node, loop.body)) || (block.exit.kind === 'select' && isWithin(block.exit.stmt, loop.body));
}

/** Methods that wait for what comes in, and fail once their source is closed. */
const fallible = /^(?:Accept\w*|Read\w*|Recv\w*|Receive\w*|Next\w*|Wait|Scan|Poll|Fetch\w*|Subscribe)$/u;

function opsOf(loop: Loop): Op[] {
  const ops: Op[] = loop.kind === 'RangeStmt' ? [{ kind: 'range', node: loop }] : [];
  const visit = (node: Node): void => {
    switch (node.kind) {
      case 'FuncLit':
      case 'GoStmt':
      case 'DeferStmt':
        return;
      case 'SelectStmt':
        if (node.clauses.every((clause) => clause.comm !== null)) ops.push({ kind: 'select', node });
        for (const clause of node.clauses) for (const stmt of clause.body) visit(stmt);
        return;
      case 'SendStmt':
        ops.push({ kind: 'send', node });
        break;
      case 'AssignStmt': {
        const [value] = node.rhs;
        if (value?.kind === 'UnaryExpr' && value.op === '<-') {
          const ok = node.lhs[1];
          ops.push({ kind: 'receive', node: value, asksClosed: ok !== undefined && !(ok.kind === 'Ident' && ok.name === '_') });
          return;
        }
        break;
      }
      case 'UnaryExpr':
        if (node.op === '<-') ops.push({ kind: 'receive', node, asksClosed: false });
        break;
      case 'CallExpr':
        if (node.fun.kind === 'SelectorExpr') {
          if (node.fun.x.kind === 'Ident' && node.fun.x.name === 'time' && node.fun.sel.name === 'Sleep') ops.push({ kind: 'sleep', node });
          else if (fallible.test(node.fun.sel.name)) ops.push({ kind: 'call', node });
        }
        break;
      default:
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(loop.body);
  return ops;
}

/** An unlabelled break as the last thing a case does, on one of its ways through ifs. */
export function tailBreak(stmt: Stmt | undefined): BranchStmt | undefined {
  switch (stmt?.kind) {
    case 'BranchStmt':
      return stmt.token === 'break' && stmt.label === null ? stmt : undefined;
    case 'BlockStmt':
      return tailBreak(stmt.list.at(-1));
    case 'IfStmt':
      // `if !ok { break }`: only what asks whether the channel is closed is a call to end.
      return asksClosed(stmt.cond) ? tailBreak(stmt.body) : undefined;
    default:
      return undefined;
  }
}

function asksClosed(cond: Node): boolean {
  return cond.kind === 'UnaryExpr' && cond.op === '!' && cond.x.kind === 'Ident' && /ok|open|more|alive/iu.test(cond.x.name);
}
