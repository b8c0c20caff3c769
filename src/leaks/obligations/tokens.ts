import { childrenOf, contains, nameOf, textOf, type Expr, type File, type FuncDecl, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { once } from '../../go/once.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { runsOnce } from '../teardown.ts';
import { calleeOf } from './callee.ts';
import type { Effect } from './uses.ts';
import { findLoss, type Lost } from './walk.ts';

/** A token of a semaphore that is taken and, on some path, not put back. */
export interface LostToken {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  /** The statement that takes it. */
  readonly stmt: Node;
  /** The semaphore, as the code writes it. */
  readonly semaphore: Expr;
  /** `channel`: a buffered channel, filled by taking; `weighted`: golang.org/x/sync/semaphore. */
  readonly kind: 'channel' | 'weighted';
  /** The code that puts a token back. */
  readonly release: string;
  readonly lost: Lost;
  /** Other code puts tokens back that it has not taken: it may have been handed this one. */
  readonly isHandedOn: boolean;
}

interface Taking {
  readonly stmt: Node;
  readonly semaphore: Expr;
  readonly kind: LostToken['kind'];
  readonly error: Expr | null;
}

/** The tokens that functions take and put back themselves, but not on every path. Who never puts back hands the token on. */
export function findLostTokens(pkg: GoPackage, isRoot: (decl: FuncDecl, file: File) => boolean): LostToken[] {
  const found: LostToken[] = [];
  const buffered = once(() => bufferedChannels(pkg));
  for (const { decl, file } of pkg.funcs()) {
    if (!isRoot(decl, file) || !decl.body) continue;
    const visit = (node: Node, func: FuncNode): void => {
      const inner = node.kind === 'FuncLit' ? node : func;
      const taking = takingOf(pkg, node, file, buffered);
      const lost = taking && inner.body && judge(pkg, file, inner, taking);
      if (lost && !runsOnce(pkg, decl)) found.push({ ...taking, file, decl, func: inner, ...lost, isHandedOn: isPutBackElsewhere(pkg, inner, taking) });
      for (const child of childrenOf(node)) visit(child, inner);
    };
    visit(decl.body, decl);
  }
  return found;
}

function takingOf(pkg: GoPackage, node: Node, file: File, buffered: () => ReadonlySet<string>): Taking | undefined {
  if (node.kind === 'SendStmt') return isToken(node.value) && buffered().has(lastName(textOf(file, node.chan))) ? { stmt: node, semaphore: node.chan, kind: 'channel', error: null } : undefined;
  if (node.kind !== 'AssignStmt' && node.kind !== 'ExprStmt') return undefined;
  const call = node.kind === 'ExprStmt' ? node.x : node.rhs[0];
  if (call?.kind !== 'CallExpr' || call.fun.kind !== 'SelectorExpr') return undefined;
  const callee = calleeOf(pkg, call);
  if (callee?.kind !== 'imported' || callee.key !== 'golang.org/x/sync/semaphore.Weighted.Acquire') return undefined;
  return { stmt: node, semaphore: call.fun.x, kind: 'weighted', error: node.kind === 'AssignStmt' ? (node.lhs[0] ?? null) : null };
}

function judge(pkg: GoPackage, file: File, func: FuncNode, { stmt, semaphore, kind, error }: Taking): { lost: Lost; release: string } | undefined {
  const name = textOf(file, semaphore);
  const putsBack = givingBack(kind, (expr) => textOf(file, expr) === name);
  // What waits for a channel of this very function is in sight of the machine.
  const owner = semaphore.kind === 'Ident' ? pkg.objectOf(semaphore) : undefined;
  if (owner?.kind === 'var' && owner.func === func && owner.role !== 'param') return undefined;
  const places: Node[] = [];
  const handed: Node[] = [];
  if (!func.body) return undefined;
  const visit = (node: Node, inside: boolean): void => {
    // A receive in a select may take another's token to make room, and who is handed the semaphore may put it back.
    if (node.kind === 'CommClause' && node.comm && contains(node.comm, putsBack)) handed.push(node);
    if ((node.kind === 'FuncLit' || node.kind === 'GoStmt') && contains(node, putsBack)) inside = true;
    // Where taking comes by receiving, the send gives back: the channel was filled when it was made.
    if (node.pos < stmt.pos && putsBack(node)) handed.push(node);
    if (node.kind === 'CallExpr' && node.args.some((arg) => textOf(file, arg) === name)) handed.push(node);
    if (!inside && node.kind === 'ExprStmt' && putsBack(node.x)) places.push(node);
    for (const child of childrenOf(node)) visit(child, inside);
  };
  visit(func.body, false);
  const [first] = places;
  if (handed.length > 0 || first?.kind !== 'ExprStmt') return undefined;
  const variable = error?.kind === 'Ident' ? pkg.objectOf(error) : undefined;
  const lost = findLoss({
    pkg,
    file,
    cfg: pkg.cfgOf(func),
    obtains: stmt,
    arms: null,
    variable: null,
    path: null,
    error: variable?.kind === 'var' ? (variable satisfies VarObj) : null,
    effect: (node): Effect => (contains(node, putsBack) ? 'released' : 'none'),
    isPutOff: () => false,
    endsWhenFalse: () => false,
  });
  // A next turn may take the next token while the first is out: that is what a semaphore is for.
  return lost?.kind === 'returned' ? { lost, release: textOf(file, first.x) } : undefined;
}

/** Whether another function puts a token of a semaphore of this name back without taking one. */
function isPutBackElsewhere(pkg: GoPackage, func: FuncNode, { semaphore, kind }: Taking): boolean {
  const name = nameOf(semaphore);
  if (name === undefined) return false;
  const isIt = (expr: Expr): boolean => nameOf(expr) === name;
  const takes = (node: Node): boolean => (kind === 'channel' ? node.kind === 'SendStmt' && isIt(node.chan) : isMethodOf(node, 'Acquire', isIt));
  return Array.from(pkg.funcs()).some(({ decl, file }) => decl !== func && pkg.mentions.isIn(name, decl, file) && contains(decl, givingBack(kind, isIt)) && !contains(decl, takes));
}

/** What puts a token of a semaphore back. */
function givingBack(kind: LostToken['kind'], isIt: (expr: Expr) => boolean): (node: Node) => boolean {
  return (node) => (kind === 'channel' ? node.kind === 'UnaryExpr' && node.op === '<-' && isIt(node.x) : isMethodOf(node, 'Release', isIt));
}

function isMethodOf(node: Node, method: string, isIt: (expr: Expr) => boolean): boolean {
  return node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === method && isIt(node.fun.x);
}

/** A value that means nothing: `struct{}{}`, `true`, `1`. */
function isToken(value: Expr): boolean {
  if (value.kind === 'CompositeLit') return value.elts.length === 0 && value.type?.kind === 'StructType' && value.type.fields.length === 0;
  return (value.kind === 'Ident' && value.name === 'true') || (value.kind === 'BasicLit' && value.value === '1');
}

/** The names of variables and fields of the package that are given a channel with a buffer. */
function bufferedChannels(pkg: GoPackage): Set<string> {
  const names = new Set<string>();
  const note = (target: Expr | undefined, value: Expr | undefined): void => {
    if (value?.kind !== 'CallExpr' || value.fun.kind !== 'Ident' || value.fun.name !== 'make' || value.args[0]?.kind !== 'ChanType' || value.args.length < 2) return;
    if (target?.kind === 'Ident') names.add(target.name);
    if (target?.kind === 'SelectorExpr') names.add(target.sel.name);
  };
  const visit = (node: Node): void => {
    if (node.kind === 'AssignStmt') for (const [index, target] of node.lhs.entries()) note(target, node.rhs[index]);
    if (node.kind === 'ValueSpec') for (const [index, target] of node.names.entries()) note(target, node.values[index]);
    if (node.kind === 'KeyValueExpr') note(node.key, node.value);
    for (const child of childrenOf(node)) visit(child);
  };
  for (const file of pkg.files) for (const spec of file.specs) visit(spec);
  for (const { decl } of pkg.saying(/\bmake\b[^]*\bchan\b/u)) visit(decl);
  return names;
}

function lastName(text: string): string {
  return text.slice(text.lastIndexOf('.') + 1);
}
