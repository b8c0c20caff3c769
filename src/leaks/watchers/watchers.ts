import { childrenOf, contains, textOf, type AssignStmt, type BlockStmt, type CallExpr, type Expr, type File, type FuncDecl, type GoStmt, type Node, type Stmt } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { deref, isNamed } from '../../go/type.ts';
import type { Goroutines } from '../exits/goroutines.ts';
import { isContextDone } from '../exits/owner.ts';
import { walkWithParents } from '../field-uses.ts';

/** What a goroutine waits for: a channel, or that a context is done. */
export interface Signal {
  readonly of: Expr;
  readonly isContext: boolean;
}

/** Code that ends what a variable holds, or tells its function something. */
export type Ending =
  /** `conn.Close()`; `cancel()` where there is no method. */
  | { readonly kind: 'call'; readonly node: CallExpr; readonly obj: VarObj; readonly method: string | null }
  /** `isDone = true`. */
  | { readonly kind: 'tells'; readonly node: AssignStmt; readonly obj: VarObj }
  /** `q.cond.Broadcast()`. */
  | { readonly kind: 'wakes'; readonly node: CallExpr; readonly cond: Expr };

/** A goroutine that waits once, for signals, and then ends things. */
export interface Watcher {
  readonly file: File;
  readonly decl: FuncDecl;
  /** The function that starts it, and those around that, the innermost last. */
  readonly func: FuncNode;
  readonly funcs: readonly FuncNode[];
  readonly start: GoStmt;
  /** What runs in the goroutine: a literal, or a function of the package. */
  readonly body: FuncNode;
  readonly home: { readonly file: File; readonly decl: FuncDecl };
  /** The receive, or the select all of whose cases are receives. */
  readonly wait: Stmt;
  /** What it waits for, as it writes that itself, and as whoever starts it would. */
  readonly channels: readonly Expr[];
  readonly signals: readonly Signal[];
  readonly ends: readonly Ending[];
}

/** Methods that end their object, and may be called though it has ended already. */
const enders = /^(?:Close(?:WithError|Now|Read|Write)?|Stop|GracefulStop|Shutdown|Kill|Cancel|Unsubscribe|Terminate|Abort|Destroy|Disconnect|SetDeadline|SetReadDeadline)$/u;

/** The text of a block that begins with a wait, deferred calls and remarks apart. */
const waits = /\{\s*(?:(?:defer\b|\/\/)[^\n]*\n\s*)*(?:_\s*=\s*)?(?:<-|select\b)/u;

/** The goroutines of a package that only wait, once, to end something. */
export function watchersOf(pkg: GoPackage, goroutines: Goroutines): readonly Watcher[] {
  const found: Watcher[] = [];
  const waiting = [...pkg.saying(waits)];
  const starts = new Set(waiting.filter(says(/\bgo\b/u)));
  // A function that does no more is short.
  const shorts = waiting.filter(({ decl: { body } }) => body !== null && body.list.length <= mostSteps && channelsOf(firstOf(body)) !== undefined);
  for (const { decl } of shorts) for (const one of pkg.mentioning(decl.name.name)) if (says(/\bgo\b/u)(one)) starts.add(one);
  const seen = new Set<GoStmt>();
  const homeOf = (body: FuncNode): Watcher['home'] | undefined => waiting.find(({ decl }) => decl === body);
  for (const { decl, file } of starts) {
    walkWithParents(decl, (node, parents) => {
      if (node.kind !== 'GoStmt' || node.call.kind !== 'CallExpr' || seen.has(node)) return;
      seen.add(node);
      const body = goroutines.functionOf(node.call.fun);
      if (!body?.body || body.body.list.length > mostSteps) return;
      const funcs = parents.filter((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl');
      const watcher = new Reader(pkg, body, node.call).read(body.body);
      if (watcher) found.push({ ...watcher, file, decl, func: funcs.at(-1) ?? decl, funcs, start: node, body, home: homeOf(body) ?? { file, decl } });
    });
  }
  return found;
}

/** What only waits, and ends something, has no more statements. */
const mostSteps = 8;

function says(what: RegExp): (one: { readonly decl: FuncDecl; readonly file: File }) => boolean {
  return ({ decl, file }) => what.test(textOf(file, decl));
}

/** What a channel is as a signal. */
export function signalOf(pkg: GoPackage, channel: Expr): Signal | undefined {
  if (isContextDone(pkg, channel)) return { of: channel.fun.x, isContext: true };
  return channel.kind === 'Ident' || channel.kind === 'SelectorExpr' ? { of: channel, isContext: false } : undefined;
}

/** The variable that an expression begins with; one that only renames a field is that field. */
export function rootVariableOf(pkg: GoPackage, expr: Expr): VarObj | undefined {
  if (expr.kind === 'SelectorExpr' || expr.kind === 'StarExpr' || (expr.kind === 'UnaryExpr' && expr.op === '&')) return rootVariableOf(pkg, expr.x);
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  if (obj?.kind !== 'var') return undefined;
  const { origin } = obj;
  return obj.role === 'local' && origin.kind === 'expr' && origin.expr.kind === 'SelectorExpr' ? rootVariableOf(pkg, origin.expr) : obj;
}

/** The endings in some code, but in functions that it only makes. */
function endingsIn(pkg: GoPackage, node: Node): Ending[] {
  const ending = endingOf(pkg, node);
  if (ending) return [ending];
  if (node.kind === 'FuncLit') return [];
  const called = node.kind === 'CallExpr' && node.fun.kind === 'FuncLit' ? childrenOf(node.fun) : [];
  return [...called, ...childrenOf(node)].flatMap((child) => endingsIn(pkg, child));
}

/** What a call or an assignment ends. */
export function endingOf(pkg: GoPackage, node: Node): Ending | undefined {
  if (node.kind === 'AssignStmt' && node.op === '=' && node.lhs.length === 1) {
    const [target] = node.lhs;
    const obj = target?.kind === 'Ident' ? pkg.objectOf(target) : undefined;
    return obj?.kind === 'var' ? { kind: 'tells', node, obj } : undefined;
  }
  if (node.kind !== 'CallExpr') return undefined;
  const { fun } = node;
  if (fun.kind === 'SelectorExpr' && fun.sel.name === 'Broadcast' && isNamed(deref(pkg.typeOf(fun.x)), 'sync', 'Cond')) return { kind: 'wakes', node, cond: fun.x };
  const method = fun.kind === 'SelectorExpr' && enders.test(fun.sel.name) ? fun.sel.name : null;
  const on = fun.kind === 'SelectorExpr' && method !== null ? fun.x : fun;
  const obj = on.kind === 'Ident' ? pkg.objectOf(on) : undefined;
  return obj?.kind === 'var' ? { kind: 'call', node, obj, method } : undefined;
}

/** Reads what one function does that is started by one call. */
class Reader {
  readonly #pkg: GoPackage;
  readonly #body: FuncNode;
  readonly #call: CallExpr;

  constructor(pkg: GoPackage, body: FuncNode, call: CallExpr) {
    this.#pkg = pkg;
    this.#body = body;
    this.#call = call;
  }

  read({ list }: BlockStmt): Pick<Watcher, 'wait' | 'channels' | 'signals' | 'ends'> | undefined {
    const wait = firstOf({ list });
    const channels = channelsOf(wait);
    if (!wait || !channels) return undefined;
    const at = list.indexOf(wait);
    const after: readonly Node[] = [...list.slice(0, at), ...(wait.kind === 'SelectStmt' ? wait.clauses.flatMap((clause) => clause.body) : []), ...list.slice(at + 1)];
    if (after.some((node) => contains(node, goesOn))) return undefined;
    const signals = channels.map((channel) => this.#signal(channel));
    const found = after.flatMap((node) => endingsIn(this.#pkg, node));
    // What does more than to tell is there for more than to tell.
    const ends = (after.every(onlyTells) ? found : found.filter(({ kind }) => kind !== 'tells')).flatMap((ending) => this.#ending(ending));
    return ends.length === 0 || signals.includes(undefined) ? undefined : { wait, channels, signals: signals.filter((one) => one !== undefined), ends };
  }

  /** What is given for a parameter. */
  #given(obj: VarObj): Expr | undefined {
    if (obj.role === 'receiver') return this.#call.fun.kind === 'SelectorExpr' ? this.#call.fun.x : undefined;
    const at = this.#body.type.params.flatMap((field) => field.names).findIndex((ident) => this.#pkg.objectOf(ident) === obj);
    return at < 0 ? undefined : this.#call.args[at];
  }

  #signal(channel: Expr): Signal | undefined {
    const signal = signalOf(this.#pkg, channel);
    const root = signal && rootVariableOf(this.#pkg, signal.of);
    if (!signal || root?.func !== this.#body) return signal;
    const given = this.#given(root);
    if (!given) return undefined;
    if (signal.of.kind === 'SelectorExpr') return signal.of.x.kind === 'Ident' ? { ...signal, of: { ...signal.of, x: given } } : undefined;
    return signal.isContext ? { of: given, isContext: true } : signalOf(this.#pkg, given);
  }

  #ending(ending: Ending): Ending[] {
    // The condition of another function's receiver is not followed.
    if (ending.kind === 'wakes') return rootVariableOf(this.#pkg, ending.cond)?.func === this.#body ? [] : [ending];
    const given = ending.kind === 'tells' ? undefined : this.#given(ending.obj);
    if (!given) return ending.obj.func === this.#body ? [] : [ending];
    const obj = given.kind === 'Ident' ? this.#pkg.objectOf(given) : undefined;
    return obj?.kind === 'var' ? [{ ...ending, obj }] : [];
  }
}

/** What a function does first, deferred calls apart. */
function firstOf({ list }: Pick<BlockStmt, 'list'>): Stmt | undefined {
  return list.find((stmt) => stmt.kind !== 'DeferStmt');
}

/** What a statement that waits receives from: one channel, or one of several. */
function channelsOf(stmt: Stmt | undefined): readonly Expr[] | undefined {
  if (stmt?.kind === 'SelectStmt') {
    const channels = stmt.clauses.map(({ comm }) => receivedFrom(comm));
    return channels.length === 0 || channels.includes(null) ? undefined : channels.filter((one) => one !== null);
  }
  const channel = stmt?.kind === 'ExprStmt' || stmt?.kind === 'AssignStmt' ? receivedFrom(stmt) : null;
  return channel ? [channel] : undefined;
}

/** Whether a statement sets variables to what is known, or takes a lock for that. */
function onlyTells(node: Node): boolean {
  return !contains(node, (one) => one.kind === 'CallExpr' && !(one.fun.kind === 'SelectorExpr' && /^(?:Lock|Unlock|Err)$/u.test(one.fun.sel.name)));
}

/** Whether code does more than to end things: it waits again, loops, sends, or starts others. */
function goesOn(node: Node): boolean {
  return node.kind === 'ForStmt' || node.kind === 'GoStmt' || node.kind === 'SendStmt' || (node.kind === 'UnaryExpr' && node.op === '<-') || (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Wait');
}
