import { comparedWithNil, contains, isNil, isWithin, rootOf, walk, type AssignStmt, type CallExpr, type Expr, type File, type ForStmt, type FuncDecl, type Node } from '../../go/ast.ts';
import { successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, Obj } from '../../go/scope.ts';
import { deref, type Type } from '../../go/type.ts';
import { errorValue } from '../error-values.ts';
import type { Goroutines } from './goroutines.ts';

/** A loop over a stream that goes on for ever once the stream has failed. */
export interface FailingLoop {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly loop: ForStmt;
  /** What asks the stream for more. */
  readonly call: CallExpr;
}

/**
 * What fails again each time once it has failed: gRPC ends a stream with its first error (pkg.go.dev/google.golang.org/grpc#ClientStream), and
 * buffered readers and web sockets answer with it from then on.
 */
const asks = /^(?:Recv|RecvMsg|ReadMessage|ReadJSON|NextReader|ReadString|ReadBytes|ReadByte|ReadRune|ReadLine)$/u;

/** What ends with `io.EOF` and with nothing else. */
const endsOnly: ReadonlySet<string> = new Set(['bytes.Buffer', 'bytes.Reader', 'strings.Reader']);

/** A turn of a loop: the stream is asked, and whether that failed is kept in a variable. */
interface Turn {
  readonly call: CallExpr;
  readonly stmt: AssignStmt;
  readonly error: Obj;
}

/**
 * The loops that know their stream's end, `io.EOF`, but of any other error nothing that leaves them: they ask again what has failed, which fails at
 * once, round and round.
 */
export function failingLoops(pkg: GoPackage, goroutines: Goroutines, isRoot: (decl: FuncDecl, file: File) => boolean): readonly FailingLoop[] {
  const found: FailingLoop[] = [];
  const mention = new Set(Array.from(pkg.mentioning('EOF'), ({ decl }) => decl));
  for (const [func, { file, decl }] of goroutines.functions((one, at) => mention.has(one) && isRoot(one, at))) {
    for (const loop of endlessIn(func)) {
      if (!contains(loop.body, (node) => isEndOfStream(pkg, node))) continue;
      const turn = turnsIn(pkg, loop).find((one) => !isReplaced(pkg, loop, one) && !leaves(pkg, func, loop, one));
      if (turn) found.push({ file, decl, func, loop, call: turn.call });
    }
  }
  return found;
}

/** The loops of a function's own body that have no condition. */
function endlessIn({ body }: FuncNode): ForStmt[] {
  const found: ForStmt[] = [];
  if (body) {
    walk(body, (node) => {
      if (node.kind === 'ForStmt' && node.cond === null) found.push(node);
      return node.kind !== 'FuncLit';
    });
  }
  return found;
}

function turnsIn(pkg: GoPackage, loop: ForStmt): Turn[] {
  const found: Turn[] = [];
  walk(loop.body, (node) => {
    const [call] = node.kind === 'AssignStmt' && node.rhs.length === 1 ? node.rhs : [];
    if (node.kind === 'AssignStmt' && call?.kind === 'CallExpr' && call.fun.kind === 'SelectorExpr' && asks.test(call.fun.sel.name) && !isEndsOnly(deref(pkg.typeOf(call.fun.x)))) {
      const last = node.lhs.at(-1);
      const error = last?.kind === 'Ident' ? pkg.objectOf(last) : undefined;
      if (error) found.push({ call, stmt: node, error });
    }
    return node.kind !== 'FuncLit';
  });
  return found;
}

function isEndsOnly(type: Type): boolean {
  return type.kind === 'named' && endsOnly.has(`${type.path}.${type.name}`);
}

/** Whether the stream may be another one in the next turn: it is set in the loop, or something of the loop acts on what has it. */
function isReplaced(pkg: GoPackage, loop: ForStmt, { call }: Turn): boolean {
  const stream = call.fun.kind === 'SelectorExpr' ? call.fun.x : call.fun;
  const root = rootOf(stream);
  const owner = root ? pkg.objectOf(root) : undefined;
  if (!root || owner?.kind !== 'var' || isWithin(owner.ident, loop)) return true;
  const isOwner = (expr: Expr): boolean => {
    const one = rootOf(expr);
    return one !== undefined && pkg.objectOf(one) === owner;
  };
  return contains(loop.body, (node) => {
    if (node.kind === 'AssignStmt') return node.lhs.some(isOwner);
    // Of a stream in a variable its methods do not make another; of one in a field those of its owner may.
    return stream.kind !== 'Ident' && node.kind === 'CallExpr' && node !== call && ((node.fun.kind === 'SelectorExpr' && isOwner(node.fun)) || node.args.some(isOwner));
  });
}

/** Whether code behind a call that has failed, and not with the end of the stream, comes out of the loop, or to where it is not known any more whether it failed. */
function leaves(pkg: GoPackage, func: FuncNode, loop: ForStmt, turn: Turn): boolean {
  const first = pkg.cfgOf(func).blocks.find((block) => block.nodes.includes(turn.stmt));
  if (!first) return true;
  const seen = new Set([first]);
  for (const block of seen) {
    const next = waysOfFailure(pkg, block, turn.error);
    if (next.length === 0 || block.nodes.some((node) => !isWithin(node, loop) || (node !== turn.stmt && (node.kind === 'BadStmt' || node.kind === 'BadExpr' || assigns(pkg, node, turn.error))))) return true;
    for (const one of next) seen.add(one);
  }
  return false;
}

function assigns(pkg: GoPackage, node: Node, obj: Obj): boolean {
  return contains(node, (one) => one.kind === 'AssignStmt' && one.lhs.some((target) => target.kind === 'Ident' && pkg.objectOf(target) === obj));
}

/** Where control may go, the error being neither nil nor the end of the stream. */
function waysOfFailure(pkg: GoPackage, block: Block, error: Obj): readonly Block[] {
  const { exit } = block;
  const isIt = (expr: Expr): boolean => expr.kind === 'Ident' && pkg.objectOf(expr) === error;
  switch (exit.kind) {
    case 'branch': {
      const nil = comparedWithNil(exit.cond);
      if (nil && isIt(nil.x)) return nil.op === '!=' ? [exit.then] : [exit.else];
      const end = comparedWithEnd(pkg, exit.cond);
      if (end && isIt(end.x)) return end.op === '!=' ? [exit.then] : [exit.else];
      return [exit.then, exit.else];
    }
    case 'case':
      return isIt(exit.tag) && (isEndOfStream(pkg, exit.value) || isNil(exit.value)) ? [exit.else] : [exit.then, exit.else];
    default:
      return successors(block);
  }
}

/** `err == io.EOF`, `errors.Is(err, io.EOF)`. */
function comparedWithEnd(pkg: GoPackage, cond: Expr): { readonly x: Expr; readonly op: '==' | '!=' } | undefined {
  if (cond.kind === 'BinaryExpr' && (cond.op === '==' || cond.op === '!=') && isEndOfStream(pkg, cond.y)) return { x: cond.x, op: cond.op };
  const [x, target] = cond.kind === 'CallExpr' && cond.fun.kind === 'SelectorExpr' && cond.fun.sel.name === 'Is' ? cond.args : [];
  return x && target && isEndOfStream(pkg, target) ? { x, op: '==' } : undefined;
}

function isEndOfStream(pkg: GoPackage, node: Node): boolean {
  return node.kind === 'SelectorExpr' && errorValue(pkg, node) === 'io.EOF';
}
