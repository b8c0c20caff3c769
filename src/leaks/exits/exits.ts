import { childrenOf, textOf, walk, type CallExpr, type CommClause, type Expr, type File, type FuncDecl, type Node, type SelectorExpr } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isNamed, type Type } from '../../go/type.ts';
import type { ChannelField } from '../field-uses.ts';
import { isBackground } from '../is-background.ts';
import { isHidden } from '../is-hidden.ts';
import { isSingleton, runsOnce, teardownsOf, type Teardown } from '../teardown.ts';
import { paramsOf, type At, type Body, type Goroutines, type Start } from './goroutines.ts';
import { endlessLoops, isDeadCase, tailBreak, type Channels, type EndlessLoop, type Op } from './loops.ts';
import { endingsOf, isContextDone, listensTo, ownersOf, type Ending, type Signal } from './owner.ts';
import { saysStop } from './says-stop.ts';
import { isTimers, thingOf, thingsOf, tickerOf, type Thing } from './things.ts';

/** What shows that a loop which cannot end is meant to. */
export type Evidence =
  /** The loop itself receives the call to end, and goes on. `closed`: where the channel is closed. */
  | { readonly kind: 'told'; readonly clause: CommClause; readonly channel: Expr; readonly closed: At<CallExpr> | null; readonly isContext: boolean }
  /** A way out there is, but it waits for a channel that nobody sends on or closes. */
  | { readonly kind: 'mute'; readonly channel: Expr; readonly op: Op; /** Something shows besides that the goroutine should end. */ readonly isOwned: boolean }
  /** The loop receives from a channel that is closed elsewhere: it then goes round and round. */
  | { readonly kind: 'closed'; readonly channel: Expr; readonly op: Op; readonly clause: CommClause | null; readonly closed: At<CallExpr> }
  /** What the loop waits for is ended elsewhere: a ticker stopped, a listener closed. */
  | { readonly kind: 'ended'; readonly source: Expr; readonly op: Op; readonly by: At<SelectorExpr>; readonly isTicker: boolean }
  /** The owner's method gives a signal that another goroutine of it listens to, and this one does not. */
  | { readonly kind: 'deaf'; readonly ending: Ending; readonly signal: Signal; readonly sibling: { readonly file: File; readonly decl: FuncDecl; readonly expr: Expr } }
  /** The goroutine serves one HTTP request. */
  | { readonly kind: 'request'; readonly request: VarObj }
  /** The owner has a method that ends it, by whatever means: this loop it does not end. */
  | { readonly kind: 'owner'; readonly ending: Ending }
  /** The goroutine is given a context or a channel to be stopped by. */
  | { readonly kind: 'context'; readonly obj: VarObj; readonly isContext: boolean }
  /** The owner is dropped from a map. */
  | { readonly kind: 'dropped'; readonly teardown: Teardown };

/** A goroutine that can be started again and again, and in which a loop cannot end although something shows that it should. */
export interface EndlessGoroutine {
  readonly body: Body;
  /** A start that the process may come to more than once; null for a handler, which a server starts. */
  readonly start: Start | null;
  readonly loop: EndlessLoop;
  /** What shows that it should end, the strongest first; never empty. */
  readonly evidence: readonly [Evidence, ...Evidence[]];
}

/** Methods that end what a goroutine waits for. */
const enders = ['Stop', 'Close', 'Shutdown', 'CloseRead', 'Unsubscribe', 'Cancel'] as const;

/**
 * The goroutines of a package that cannot end, and should. A loop without a way out is no leak by itself: many live as long as the
 * process. So it is told only where the package starts it repeatedly, and shows that it means it to end.
 */
export function findEndless(pkg: GoPackage, goroutines: Goroutines, isRoot: (decl: FuncDecl, file: File) => boolean, fields: () => readonly ChannelField[]): readonly EndlessGoroutine[] {
  return [...new Exits(pkg, goroutines, isRoot, fields).find()];
}

class Exits {
  readonly #pkg: GoPackage;
  readonly #isRoot: (decl: FuncDecl, file: File) => boolean;
  readonly #goroutines: Goroutines;
  readonly #endings = new Map<string, readonly Ending[]>();
  readonly #fields: () => readonly ChannelField[];
  #silent: ReadonlyMap<string, { readonly isDead: boolean }> | undefined;
  readonly #channels: Channels = {
    isNeverClosed: (channel) => isTimers(this.#pkg, channel) || this.#silence(channel) !== undefined,
    isDead: (channel) => this.#silence(channel)?.isDead === true,
    isReassigned: (obj) => this.#goroutines.isReassigned(obj),
  };

  constructor(pkg: GoPackage, goroutines: Goroutines, isRoot: (decl: FuncDecl, file: File) => boolean, fields: () => readonly ChannelField[]) {
    this.#pkg = pkg;
    this.#fields = fields;
    this.#isRoot = isRoot;
    this.#goroutines = goroutines;
  }

  *find(): Generator<EndlessGoroutine> {
    for (const body of this.#goroutines.bodies()) {
      if (!this.#isAffected(body)) continue;
      const loops = endlessLoops(this.#pkg, body.func, this.#channels);
      if (loops.length === 0) continue;
      const start = body.starts.find((one) => !this.#isSingleton(one));
      if (start) yield* this.#judge(body, start, loops);
    }
    for (const body of this.#handlers()) yield* this.#judge(body, null, endlessLoops(this.#pkg, body.func, this.#channels));
  }

  *#judge(body: Body, start: Start | null, loops: readonly EndlessLoop[]): Generator<EndlessGoroutine> {
    for (const loop of loops) {
      // A range over a channel that nobody closes is another rule's business; and so is a break that was meant for the loop.
      if (loop.loop.kind === 'RangeStmt' && !isTimers(this.#pkg, loop.loop.x)) continue;
      const [first, ...rest] = this.#evidence(body, start, loop);
      if (first?.kind === 'told' && tailBreak(first.clause.body.at(-1)) && saysStop(textOf(body.file, first.channel))) continue;
      if (first) yield { body, start, loop, evidence: [first, ...rest] };
    }
  }

  /** What the package never does to a field that only it can reach: close it, and, where it is dead, send on it. */
  #silence(channel: Expr): { readonly isDead: boolean } | undefined {
    const thing = channel.kind === 'SelectorExpr' ? thingOf(this.#pkg, this.#goroutines, channel) : undefined;
    if (typeof thing !== 'string') return undefined;
    this.#silent ??= silentFields(this.#fields());
    return this.#silent.get(thing);
  }

  /** A change concerns a goroutine through its own code, through what starts it, and through the methods of what it belongs to. */
  #isAffected(body: Body): boolean {
    if (this.#isRoot(body.decl, body.file) || body.starts.some((start) => this.#isRoot(start.decl, start.file))) return true;
    return ownersOf(this.#pkg, body).some((name) => [...this.#pkg.infer.methodsOf(name).values()].some(({ decl, file }) => this.#isRoot(decl, file)));
  }

  /** Whether a start happens once in the life of the process. */
  #isSingleton(start: Start): boolean {
    const once = this.#goroutines.onceAround(start.funcs);
    const flag = once?.fun.kind === 'SelectorExpr' && once.fun.x.kind === 'Ident' ? this.#pkg.objectOf(once.fun.x) : undefined;
    if (flag?.kind === 'var' && flag.role === 'package') return true;
    const { owner } = start.decl;
    return runsOnce(this.#pkg, start.decl) || (owner !== null && isSingleton(this.#pkg, owner));
  }

  /** Functions that an HTTP server runs for each request. */
  *#handlers(): Generator<Body> {
    for (const [func, home] of this.#goroutines.functions(this.#isRoot)) {
      if (this.#goroutines.starts().has(func)) continue;
      if (requestOf(this.#pkg, func)) yield { func, ...home, starts: [], through: null };
    }
  }

  *#evidence(body: Body, start: Start | null, { loop, ops }: EndlessLoop): Generator<Evidence> {
    yield* this.#told(body, ops, loop);
    yield* this.#ended(body, ops);
    yield* this.#closed(body, ops, loop);
    yield* this.#mute(body, ops);
    const request = start === null ? requestOf(this.#pkg, body.func) : undefined;
    if (request) yield { kind: 'request', request };
    const endings = ownersOf(this.#pkg, body).flatMap((name) => this.#endingsOf(name));
    for (const ending of endings) yield* this.#deaf(body, ending, loop);
    for (const ending of endings) yield { kind: 'owner', ending };
    if (start) yield* this.#context(body, start);
    const { owner } = body.decl;
    const receiver = endings.length === 0 && start && !this.#goroutines.onceAround(start.funcs) ? owner : null;
    const dropped = receiver === null ? undefined : teardownsOf(this.#pkg, receiver).find((one) => one.kind === 'drops');
    if (dropped) yield { kind: 'dropped', teardown: dropped };
  }

  #endingsOf(typeName: string): readonly Ending[] {
    const known = this.#endings.get(typeName);
    if (known) return known;
    const endings = endingsOf(this.#pkg, this.#goroutines, typeName);
    this.#endings.set(typeName, endings);
    return endings;
  }

  /** Cases of the loop that receive the call to end. */
  *#told(body: Body, ops: readonly Op[], loop: Node): Generator<Evidence> {
    for (const op of ops) {
      if (op.kind !== 'select') continue;
      for (const clause of op.node.clauses) {
        const channel = receivedFrom(clause.comm);
        if (!channel || clause.comm?.kind !== 'ExprStmt' || isDeadCase(clause, this.#channels) || this.#changesIn(channel, loop)) continue;
        const isContext = isContextDone(this.#pkg, channel);
        const closed = isContext ? undefined : this.#closeOf(body, channel);
        if (isContext || closed || (saysStop(textOf(body.file, channel)) && isBare(this.#pkg.typeOf(channel)))) yield { kind: 'told', clause, channel, closed: closed ?? null, isContext };
      }
    }
  }

  /** Ways out that nobody opens. */
  *#mute(body: Body, ops: readonly Op[]): Generator<Evidence> {
    const isOwned = ownersOf(this.#pkg, body).some((name) => this.#endingsOf(name).length > 0);
    for (const op of ops) {
      if (op.kind === 'receive' && op.asksClosed && this.#silence(op.node.x)) yield { kind: 'mute', channel: op.node.x, op, isOwned };
      if (op.kind !== 'select') continue;
      for (const clause of op.node.clauses) {
        const channel = receivedFrom(clause.comm);
        if (channel && clause.body.length > 0 && isDeadCase(clause, this.#channels)) yield { kind: 'mute', channel, op, isOwned };
      }
    }
  }

  /** Sources that somebody else ends. */
  *#ended(body: Body, ops: readonly Op[]): Generator<Evidence> {
    for (const op of ops) {
      for (const { source, isTicker } of this.#sources(op)) {
        for (const thing of thingsOf(this.#pkg, this.#goroutines, source, body)) {
          if (this.#isReplaced(thing, body, isTicker)) continue;
          const by = this.#enderOf(thing, body, isTicker);
          if (by) yield { kind: 'ended', source, op, by, isTicker };
        }
      }
    }
  }

  *#sources(op: Op): Generator<{ readonly source: Expr; readonly isTicker: boolean }> {
    const channels = op.kind === 'range' || op.kind === 'receive' ? [op.node.x] : op.kind === 'select' ? op.node.clauses.flatMap((clause) => receivedFrom(clause.comm) ?? []) : [];
    for (const channel of channels) {
      const source = tickerOf(this.#pkg, channel);
      if (source) yield { source, isTicker: true };
    }
    if (op.kind === 'call' && op.node.fun.kind === 'SelectorExpr') yield { source: op.node.fun.x, isTicker: false };
  }

  /** Channels of the loop that somebody else closes. */
  *#closed(body: Body, ops: readonly Op[], loop: Node): Generator<Evidence> {
    for (const op of ops) {
      if (op.kind === 'receive') {
        const closed = this.#changesIn(op.node.x, loop) ? undefined : this.#closeOf(body, op.node.x);
        if (closed) yield { kind: 'closed', channel: op.node.x, op, clause: null, closed };
      } else if (op.kind === 'select') {
        for (const clause of op.node.clauses) {
          const channel = clause.comm?.kind === 'AssignStmt' ? receivedFrom(clause.comm) : null;
          const closed = channel && !this.#changesIn(channel, loop) ? this.#closeOf(body, channel) : undefined;
          if (channel && closed) yield { kind: 'closed', channel, op, clause, closed };
        }
      }
    }
  }

  /** The close of a channel by code that is not the goroutine's own. A channel that is replaced by a new one stays closed to nobody. */
  #closeOf(body: Body, channel: Expr): At<CallExpr> | undefined {
    for (const thing of thingsOf(this.#pkg, this.#goroutines, channel, body)) {
      if (this.#isReplaced(thing, body, false)) continue;
      const found = this.#goroutines.closes.find((at) => !at.funcs.includes(body.func) && at.node.args[0] && thingOf(this.#pkg, this.#goroutines, at.node.args[0]) === thing);
      if (found) return found;
    }
    return undefined;
  }

  /** Whether a channel, or what it is asked of, is another one at each turn. */
  #changesIn(channel: Expr, loop: Node): boolean {
    let changes = false;
    walk(channel, (node) => {
      const obj = node.kind === 'Ident' ? this.#pkg.objectOf(node) : undefined;
      if (obj?.kind === 'var' && ((obj.ident.pos >= loop.pos && obj.ident.end <= loop.end && obj.role !== 'receiver') || this.#goroutines.isReassigned(obj))) changes = true;
      return undefined;
    });
    return changes;
  }

  #enderOf(thing: Thing, body: Body, isTicker: boolean): At<SelectorExpr> | undefined {
    for (const name of isTicker ? (['Stop'] as const) : enders) {
      const found = this.#selectorsOn(thing, name).find((at) => !at.funcs.includes(body.func) && at.decl !== body.through?.decl);
      if (!found) continue;
      // A ticker that is set again elsewhere only pauses.
      if (isTicker && this.#selectorsOn(thing, 'Reset').some((at) => !at.funcs.includes(body.func))) return undefined;
      return found;
    }
    return undefined;
  }

  #selectorsOn(thing: Thing, name: string): At<SelectorExpr>[] {
    return this.#goroutines.selectors(name).filter((at) => thingOf(this.#pkg, this.#goroutines, at.node.x) === thing);
  }

  /** Whether a thing is given another value in its life, so that the end of one is not the end of the loop's. */
  #isReplaced(thing: Thing, body: Body, isTicker: boolean): boolean {
    if (typeof thing !== 'string') return this.#goroutines.isReassigned(thing);
    const [owner = '', field = ''] = thing.split('.');
    const decls = new Set<FuncDecl>();
    for (const at of this.#goroutines.assignments(field)) {
      const assigns = at.node.lhs.some((target) => target.kind === 'SelectorExpr' && target.sel.name === field && thingOf(this.#pkg, this.#goroutines, target) === thing);
      if (!assigns) continue;
      if (at.funcs.includes(body.func)) return true;
      // A constructor's is the first value.
      if (!makes(at.decl, owner)) decls.add(at.decl);
    }
    return decls.size > (isTicker || [...decls].every((decl) => body.starts.some((start) => start.decl === decl)) ? 1 : 0);
  }

  /** A signal of the owner's end that a sibling listens to and this goroutine does not. */
  *#deaf(body: Body, ending: Ending, loop: Node): Generator<Evidence> {
    for (const signal of ending.signals) {
      if (signal.how === 'send') continue;
      for (const other of this.#goroutines.bodies()) {
        if (other.func === body.func || other.funcs.includes(body.func) || body.funcs.includes(other.func)) continue;
        if (signal.how === 'cancel' && !ownersOf(this.#pkg, other).includes(ending.typeName)) continue;
        const expr = listensTo(this.#pkg, this.#goroutines, signal, other);
        if (!expr || (signal.how === 'close' && !isBare(this.#pkg.typeOf(expr)))) continue; // a channel of things to do has one who does them
        if (!mentions(this.#pkg, this.#goroutines, loop, signal)) {
          yield { kind: 'deaf', ending, signal, sibling: { file: other.file, decl: other.decl, expr } };
          return;
        }
      }
    }
  }

  /** Contexts and stop channels that the goroutine is given, or that stand around it. */
  *#context(body: Body, start: Start): Generator<Evidence> {
    const around = body.func === body.decl ? [body.func] : body.funcs.toReversed();
    for (const func of around) {
      for (const ident of paramsOf(func)) {
        const obj = this.#pkg.objectOf(ident);
        if (obj?.kind !== 'var') continue;
        const type = this.#pkg.infer.typeOfVar(obj);
        const isContext = isNamed(type, 'context', 'Context');
        if (!isContext && !(isBare(type) && saysStop(obj.name))) continue;
        const arg = func === body.func ? start.call?.args[paramsOf(func).indexOf(ident)] : undefined;
        if (arg && isBackground(this.#pkg, arg)) continue;
        yield { kind: 'context', obj, isContext };
      }
    }
  }
}

/** The channel fields that are made here, that other packages cannot reach, and that nothing closes. */
function silentFields(fields: readonly ChannelField[]): Map<string, { readonly isDead: boolean }> {
  const found = new Map<string, { readonly isDead: boolean }>();
  for (const { owner, name, uses } of fields) {
    if (isHidden(owner.name, name) && uses.some((use) => use.kind === 'make') && !uses.some((use) => use.kind === 'other' || use.kind === 'close')) {
      found.set(`${owner.name}.${name}`, { isDead: !uses.some((use) => use.kind === 'send') });
    }
  }
  return found;
}

/** A channel whose values say nothing: `chan struct{}` or `chan bool`. */
function isBare(type: Type): boolean {
  return type.kind === 'chan' && ((type.elem.kind === 'struct' && type.elem.fields.length === 0) || (type.elem.kind === 'basic' && type.elem.name === 'bool'));
}

/** Whether a loop has to do with a signal at all, be it only to ask and go on. */
function mentions(pkg: GoPackage, goroutines: Goroutines, loop: Node, signal: Signal): boolean {
  let found = false;
  walk(loop, (node) => {
    if ((node.kind === 'SelectorExpr' || node.kind === 'Ident') && (signal.how === 'cancel' ? node.kind === 'Ident' && isNamed(pkg.typeOf(node), 'context', 'Context') : thingOf(pkg, goroutines, node) === signal.thing)) found = true;
    return undefined;
  });
  return found;
}

/** Whether a function makes values of a type: it returns one, or writes a literal of it. */
function makes(decl: FuncDecl, typeName: string): boolean {
  let found = false;
  const visit = (node: Node): void => {
    if (node.kind === 'CompositeLit' && node.type?.kind === 'Ident' && node.type.name === typeName) found = true;
    if (node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'new' && node.args[0]?.kind === 'Ident' && node.args[0].name === typeName) found = true;
    for (const child of childrenOf(node)) visit(child);
  };
  if (decl.body) visit(decl.body);
  return found;
}

/** The request that a function serves: it has the parameters of an HTTP handler. */
function requestOf(pkg: GoPackage, func: FuncNode): VarObj | undefined {
  const params = func.type.params.map((field) => ({ field, type: pkg.infer.typeExpr(field.type) }));
  if (!params.some(({ type }) => isNamed(type, 'net/http', 'ResponseWriter'))) return undefined;
  const ident = params.find(({ type }) => isNamed(type, 'net/http', 'Request'))?.field.names[0];
  const obj = ident && pkg.objectOf(ident);
  return obj?.kind === 'var' ? obj : undefined;
}
