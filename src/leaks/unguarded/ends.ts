import type { CommClause, Expr, File, FuncDecl, Node, SelectStmt } from '../../go/ast.ts';
import { receivedFrom, reachableFrom, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { walkWithParents } from '../field-uses.ts';

/** One end of a channel in the code: a place that sends, receives or closes. */
export interface End {
  readonly kind: 'send' | 'receive' | 'range' | 'close';
  readonly channel: Expr;
  readonly file: File;
  readonly decl: FuncDecl;
  /** The innermost function the place stands in. */
  readonly func: FuncNode;
  /** All functions the place stands in, the outermost first. */
  readonly around: readonly FuncNode[];
  readonly node: Node;
  /** Where it is a case of a select. */
  readonly choice: Choice | null;
}

/** A case of a select. */
export interface Choice {
  readonly select: SelectStmt;
  readonly clause: CommClause;
}

/** All ends of channels in a package. */
export function endsOf(pkg: GoPackage): readonly End[] {
  return Array.from(pkg.funcs(), endsIn).flat();
}

/** The ends of channels in one function. */
export function endsIn({ decl, file }: { readonly decl: FuncDecl; readonly file: File }): readonly End[] {
  const ends: End[] = [];
  if (!decl.body) return ends;
  walkWithParents(decl, (node, parents) => {
    const found = endOf(node);
    if (!found) return;
    const around = parents.filter((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl');
    ends.push({ ...found, file, decl, func: around.at(-1) ?? decl, around, node, choice: choiceOf(node, parents) });
  });
  return ends;
}

function endOf(node: Node): Pick<End, 'kind' | 'channel'> | undefined {
  switch (node.kind) {
    case 'SendStmt':
      return { kind: 'send', channel: node.chan };
    case 'UnaryExpr':
      return node.op === '<-' ? { kind: 'receive', channel: node.x } : undefined;
    case 'RangeStmt':
      return { kind: 'range', channel: node.x };
    case 'CallExpr': {
      const [arg] = node.args;
      return node.fun.kind === 'Ident' && node.fun.name === 'close' && arg ? { kind: 'close', channel: arg } : undefined;
    }
    default:
      return undefined;
  }
}

/** The case whose communication a node is. */
function choiceOf(node: Node, parents: readonly Node[]): Choice | null {
  const at = parents.findLastIndex((one) => one.kind === 'CommClause');
  const clause = parents[at];
  const select = parents[at - 1];
  if (clause?.kind !== 'CommClause' || select?.kind !== 'SelectStmt' || clause.comm === null) return null;
  const isComm = clause.comm === node || (clause.comm.kind !== 'SendStmt' && receivedFrom(clause.comm) !== null && node.kind === 'UnaryExpr' && receivedFrom(clause.comm) === node.x);
  return isComm ? { select, clause } : null;
}

/** A block that ends in a select. */
type SelectBlock = Block & { readonly exit: { readonly kind: 'select' } };

/** The block of a function that ends in a select; undefined where control cannot come to it. */
export function selectBlock(pkg: GoPackage, func: FuncNode, select: SelectStmt): SelectBlock | undefined {
  return [...reachableFrom(pkg.cfgOf(func).entry)].find((one): one is SelectBlock => one.exit.kind === 'select' && one.exit.stmt === select);
}

/** The cases of a select that lead away from it for good: from none of them does control come back to the select. */
export function waysOut(pkg: GoPackage, func: FuncNode, select: SelectStmt): readonly CommClause[] {
  const block = selectBlock(pkg, func, select);
  return block ? block.exit.cases.filter(({ to }) => !reachableFrom(to).has(block)).map(({ clause }) => clause) : [];
}
