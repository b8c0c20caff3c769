import { contains, rootOf, textOf, walk, type CommClause, type Expr, type File, type FuncDecl, type FuncLit, type Ident, type Node } from '../../go/ast.ts';
import { reachableFrom, receivedFrom, successors } from '../../go/cfg.ts';
import { constantOf } from '../../go/constant-of.ts';
import { once } from '../../go/once.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { isNamed } from '../../go/type.ts';
import { isContextDone } from '../exits/owner.ts';
import { saysStop } from '../exits/says-stop.ts';
import { endsItself, isInLoop } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { overlaps } from '../locks/channels.ts';
import type { Locks } from '../locks/locks.ts';
import { makeOf } from '../make-of.ts';
import { isOfTests, isTestFile } from '../of-tests.ts';
import { runsOnce } from '../teardown.ts';
import { endsIn, endsOf, waysOut, type End } from './ends.ts';

/**
 * Why it is known that a goroutine should end, which its send keeps it from.
 * - `own`: elsewhere it listens to what ends it.
 * - `same`: another send on the channel gives up when that comes.
 * - `context`: the function that starts it and hands its channel out was given a context.
 */
interface Reason {
  readonly kind: 'own' | 'same' | 'context';
  readonly at: Home & { readonly node: Node };
  /** What ends the goroutine; the context itself, where that is only a parameter. */
  readonly signal: Expr;
}

/** A send of a goroutine on a channel whose receivers are not all seen, that watches for nothing else. */
export interface Uncancellable {
  readonly send: End;
  /** The function that runs in the goroutine, and has the send in it or calls what has it. */
  readonly goroutine: FuncNode;
  readonly reason: Reason;
}

/**
 * Plain sends of goroutines that should end with a context or a signal, on channels that others receive from: who has cancelled does not
 * receive any more. Where all who receive are seen, `unguardedSends` and the machine know better. Source: the context's documentation, which
 * shows a generator that watches for it at its send (pkg.go.dev/context#example-WithCancel).
 */
export function uncancellableSends(locks: Locks, isAsked: (home: Home) => boolean): readonly Uncancellable[] {
  const all = once(() => endsOf(locks.pkg));
  return [...locks.pkg.saying(/<-/u)].filter(isAsked).flatMap((home) => {
    if (isTestFile(home.file) || isOfTests(home.file, home.decl, locks.pkg) || runsOnce(locks.pkg, home.decl)) return [];
    const ends = endsIn(home);
    return ends.filter((end) => end.kind === 'send' && end.choice === null).flatMap((send) => new Question(locks, all, ends, send).answer());
  });
}

/** Whether there may be such a send in some functions: one of them sends plainly, and is given a context, or somebody has a choice of channels. */
export function mayBeUncancellable(pkg: GoPackage, isAsked: (home: Home) => boolean): boolean {
  const hasChoice = once(() => !pkg.saying(/\bcase\b[^\n]*<-/u).next().done);
  return Array.from(pkg.saying(/<-/u)).some((home) => isAsked(home) && (/\bContext\b/u.test(textOf(home.file, home.decl)) || hasChoice()) && endsIn(home).some((end) => end.kind === 'send' && end.choice === null));
}

class Question {
  readonly #locks: Locks;
  readonly #pkg: GoPackage;
  readonly #all: () => readonly End[];
  readonly #near: readonly End[];
  readonly #send: End;

  /** `near`: the ends of channels in the send's function. */
  constructor(locks: Locks, all: () => readonly End[], near: readonly End[], send: End) {
    this.#locks = locks;
    this.#pkg = locks.pkg;
    this.#all = all;
    this.#near = near;
    this.#send = send;
  }

  answer(): Uncancellable[] {
    const { func } = this.#send;
    const goroutine = this.#goroutine();
    if (!goroutine || this.#near.some((end) => end.func === func && end !== this.#send && end.kind !== 'send' && end.kind !== 'close' && this.#isSame(end))) return [];
    const reason = this.#own(goroutine) ?? this.#guarded() ?? this.#context();
    if (!reason || this.#hasRoom(goroutine) || this.#isOfOthers() || !this.#mayBeLeft()) return [];
    return [{ send: this.#send, goroutine, reason }];
  }

  /** Whether others may receive than the package shows, who do not read to the end as those do. */
  #mayBeLeft(): boolean {
    if (this.#locks.channels().seenWhole(this.#send.channel) !== null && !this.#isHandedOut()) return false;
    const receivers = this.#all().filter((end) => (end.kind === 'receive' || end.kind === 'range') && !isTestFile(end.file) && this.#isSame(end));
    return receivers.length === 0 || !receivers.every(isDrain);
  }

  /** Whether there may be room for all that is sent: for one value, into a buffer as far as the package shows; or in a buffer that is made as large as a run asks for. */
  #hasRoom(goroutine: FuncNode): boolean {
    const { channel, func, node } = this.#send;
    const size = makeOf(this.#pkg, channel)?.args[1];
    if (size && constantOf(this.#pkg, size) === null) return true;
    if (this.#locks.channels().isUnbuffered(this.#keysOf(channel)) === true) return false;
    return !comesRound(this.#pkg, func, node) && (func === goroutine || !isInLoop(goroutine, node));
  }

  /** Whether the channel came with a request, or is one of many: who asks waits for the answer, or has made room for it. */
  #isOfOthers(): boolean {
    const root = rootOf(this.#send.channel);
    const obj = root && this.#pkg.objectOf(root);
    if (obj?.kind !== 'var') return false;
    const { origin } = obj;
    return origin.kind === 'range' || ((origin.kind === 'expr' || origin.kind === 'tuple') && origin.expr.kind === 'UnaryExpr' && origin.expr.op === '<-');
  }

  /** The innermost function around the send that is started as a goroutine; the send's own function, where only goroutines call it. */
  #goroutine(): FuncNode | undefined {
    const { around, decl } = this.#send;
    const started = startedIn(decl);
    const literal = around.findLast((one) => one.kind === 'FuncLit' && started.has(one));
    if (literal) return literal;
    return around.every((one) => one === decl) && this.#isInGoroutine(decl, 2) ? decl : undefined;
  }

  #isInGoroutine(decl: FuncDecl, depth: number): boolean {
    const { callees } = this.#locks;
    if (callees.isStarted(decl)) return true;
    const sites = callees.callSitesOf(decl);
    return depth > 0 && sites.length > 0 && sites.every((site) => [...startedIn(site.decl)].some((one) => one.pos <= site.call.pos && site.call.end <= one.end) || this.#isInGoroutine(site.decl, depth - 1));
  }

  #own(goroutine: FuncNode): Reason | undefined {
    const { decl, file } = this.#send;
    for (const end of this.#near) {
      if (end.kind !== 'receive' || !end.choice || !end.around.includes(goroutine) || !this.#isSignal(end.channel, file)) continue;
      const { clause, select } = end.choice;
      const isHandled = clause.pos <= this.#send.node.pos && this.#send.node.end <= clause.end;
      if (isHandled || waysOut(this.#pkg, end.func, select).includes(clause)) return { kind: 'own', at: { decl, file, node: end.node }, signal: end.channel };
    }
    return undefined;
  }

  #guarded(): Reason | undefined {
    for (const end of this.#all()) {
      if (end.kind !== 'send' || !end.choice || isTestFile(end.file) || !this.#isSame(end)) continue;
      const signal = end.choice.select.clauses.flatMap((one) => this.#signalOf(one, end.file)).at(0);
      if (signal) return { kind: 'same', at: { decl: end.decl, file: end.file, node: end.node }, signal };
    }
    return undefined;
  }

  #context(): Reason | undefined {
    const { decl, file } = this.#send;
    const given = this.#givenContext(decl);
    return given && this.#isHandedOut() ? { kind: 'context', at: { decl, file, node: given }, signal: given } : undefined;
  }

  /** The context that a function is given: a parameter, or what it asks one for, such as `req.Context()`. */
  #givenContext(decl: FuncDecl): Expr | undefined {
    const names = decl.type.params.flatMap((field) => field.names).filter((one) => one.name !== '_');
    const given = names.find((one) => this.#isContext(one));
    if (given || !decl.body) return given;
    const params = new Set(names.map((one) => this.#pkg.objectOf(one)));
    let asked: Expr | undefined;
    walk(decl.body, (node) => {
      if (node.kind === 'CallExpr' && node.args.length === 0 && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Context' && node.fun.x.kind === 'Ident' && params.has(this.#pkg.objectOf(node.fun.x))) asked ??= node;
      return asked === undefined;
    });
    return asked;
  }

  #isContext(ident: Ident): boolean {
    const obj = this.#pkg.objectOf(ident);
    return obj?.kind === 'var' && isNamed(this.#pkg.infer.typeOfVar(obj), 'context', 'Context');
  }

  /** Whether its function, or one that calls it, hands the channel out: by a return to other packages, or to code that is not seen. */
  #isHandedOut(): boolean {
    const { decl } = this.#send;
    return this.#isReturned() || [decl, ...this.#locks.callees.callSitesOf(decl).map((site) => site.decl)].some((one) => this.#isPassedOut(one));
  }

  /** Whether a function gives the channel to code that is not seen. */
  #isPassedOut({ body }: FuncDecl): boolean {
    const keys = this.#keysOf(this.#send.channel);
    const isIt = (arg: Expr): boolean => (arg.kind === 'CallExpr' && arg.args[0] && this.#pkg.infer.isType(arg.fun) ? isIt(arg.args[0]) : (arg.kind === 'Ident' || arg.kind === 'CallExpr') && overlaps(this.#keysOf(arg), keys));
    const isPassing = (node: Node): boolean => node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && this.#locks.callees.of(node).length === 0 && node.args.some(isIt);
    return body !== null && contains(body, isPassing);
  }

  /** Whether its function returns the channel, and other packages can call that, or nobody of the package does. */
  #isReturned(): boolean {
    const { decl } = this.#send;
    if (!decl.body || (!/^\p{Lu}/u.test(decl.name.name) && this.#locks.callees.callSitesOf(decl).length > 0)) return false;
    const keys = this.#keysOf(this.#send.channel);
    const isIt = (node: Node): boolean => node.kind === 'Ident' && overlaps(this.#keysOf(node), keys);
    let isReturned = false;
    walk(decl.body, (node) => {
      isReturned ||= node.kind === 'ReturnStmt' && node.results.some((result) => contains(result, isIt));
      return node.kind !== 'FuncLit';
    });
    return isReturned;
  }

  #signalOf({ comm }: CommClause, file: File): Expr[] {
    const on = receivedFrom(comm);
    return on && this.#isSignal(on, file) ? [on] : [];
  }

  /** Whether a channel says that something is to end: that of a context, or one that is closed and says so by its name. */
  #isSignal(channel: Expr, file: File): boolean {
    if (isContextDone(this.#pkg, channel)) return true;
    const type = this.#pkg.infer.underlying(this.#pkg.typeOf(channel));
    return saysStop(textOf(file, channel)) && type.kind === 'chan' && this.#pkg.infer.underlying(type.elem).kind === 'struct';
  }

  #isSame({ channel }: End): boolean {
    return overlaps(this.#keysOf(channel), this.#keysOf(this.#send.channel));
  }

  #keysOf(channel: Expr): ReadonlySet<string> {
    return this.#locks.channels().keysOf(channel);
  }
}

/** Whether control may come back to a statement of a function. */
function comesRound(pkg: GoPackage, func: FuncNode, node: Node): boolean {
  const { blocks } = pkg.cfgOf(func);
  const home = blocks.find(({ nodes }) => nodes.some((one) => one === node));
  return home === undefined || successors(home).some((next) => reachableFrom(next).has(home));
}

/** Whether a receiver reads all that comes, until the channel is closed. */
function isDrain({ node }: End): boolean {
  return node.kind === 'RangeStmt' && !endsItself(node);
}

/** The literals of a function that it starts: by `go`, or by the `Go` of a group. */
function startedIn(decl: FuncDecl): ReadonlySet<FuncLit> {
  const found = new Set<FuncLit>();
  const add = (one: Expr | undefined): void => {
    if (one?.kind === 'FuncLit') found.add(one);
  };
  if (decl.body) {
    walk(decl.body, (node) => {
      if (node.kind === 'GoStmt' && node.call.kind === 'CallExpr') add(node.call.fun);
      if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Go') node.args.forEach(add);
      return undefined;
    });
  }
  return found;
}
