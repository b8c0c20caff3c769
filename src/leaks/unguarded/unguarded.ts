import { contains, elementValue, isMake, isWithin, rootOf, walk, type CallExpr, type CommClause, type Expr, type FuncDecl, type Span } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import { once } from '../../go/once.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Obj } from '../../go/scope.ts';
import { deref } from '../../go/type.ts';
import { isContextDone } from '../exits/owner.ts';
import { isTimers } from '../exits/things.ts';
import { isInLoop, startsOf } from '../field-uses.ts';
import { isOfOneFunction, literalOf } from '../locks/access.ts';
import { overlaps } from '../locks/channels.ts';
import type { Locks } from '../locks/locks.ts';
import { isOfCommands } from '../of-commands.ts';
import { isTestFile } from '../of-tests.ts';
import { isSingleton, runsOnce } from '../teardown.ts';
import { endsOf, waysOut, type End } from './ends.ts';
import { membersOf, type Member } from './groups.ts';

/**
 * Why it is known that the receivers may be gone while the send is still to come.
 * - `same`: another send on the channel gives up when they are gone.
 * - `sibling`: so does a send on another channel that they receive from in the same select.
 * - `own`: the sender itself listens, elsewhere, to what makes them go.
 * - `end`: the sender listens, elsewhere, to what ends it: then it may be the last one left.
 * - `starter`: they stand in the function that started the sender, and go without waiting for it.
 * - `group`: they are goroutines of one group, and go with its context, for which the sender's loop does not watch.
 * - `timer`: the sender is what a timer runs, whenever its time has come.
 * - `reply`: the channel is made for one answer, and who asks gives up waiting for it after a time, or with its own context.
 * - `stop`: they go when they receive, and also for another reason.
 * - `late`: each of them receives once, and gives up waiting after a time, or with a context.
 */
export interface Evidence {
  readonly kind: 'same' | 'sibling' | 'own' | 'end' | 'starter' | 'group' | 'timer' | 'reply' | 'stop' | 'late';
  /** Where the other send, or the sender, listens; for `stop` and `late`, where they receive; for `starter`, `group` and `timer`, what starts the sender; for `reply`, where the channel is made. */
  readonly at: Pick<End, 'file' | 'decl' | 'node'>;
  /** What it listens to there. */
  readonly signal: Expr;
}

/** A send that waits for good once those who receive are gone. */
export interface Unguarded {
  readonly send: End;
  /** The receive that is gone, and the case by which it goes. */
  readonly receive: End;
  readonly leaves: CommClause;
  readonly evidence: Evidence;
  /** It may do no harm: a loop takes what comes late and throws it away, so that somebody has thought of the senders; the channel belongs to what ends with the process; or two contexts may not be one. */
  readonly isDoubtful: boolean;
}

type Found = Pick<Unguarded, 'receive' | 'leaves' | 'evidence'>;

/** A receive of a select, with the cases that lead away from there. */
interface Receiver {
  readonly end: End;
  readonly leaves: readonly CommClause[];
}

/**
 * Plain sends on channels that the whole package shares, all of whose receivers stand in selects that they leave for another reason.
 * That alone proves nothing, for the senders may be known to be gone first; so something must show that they are not (`Evidence`).
 */
export function unguardedSends(locks: Locks): readonly Unguarded[] {
  const { pkg } = locks;
  const ends = endsOf(pkg);
  const plain = ends.filter((end) => end.kind === 'send' && end.choice === null);
  const members = once(() => membersOf(pkg));
  return plain.flatMap((send) => new Question(locks, ends, members, send).answer());
}

/** `case <-c:` in a loop, without a word about what was received. */
function throwsAway({ func, choice }: End): boolean {
  return choice?.clause.comm?.kind === 'ExprStmt' && choice.clause.body.length === 0 && isInLoop(func, choice.select);
}

/** The types whose fields channels are. */
function ownersOf(keys: ReadonlySet<string>): readonly string[] {
  return [...keys].map((key) => key.slice(0, Math.max(0, key.indexOf('.')))).filter((owner) => owner !== '');
}

class Question {
  readonly #locks: Locks;
  readonly #pkg: GoPackage;
  readonly #ends: readonly End[];
  readonly #members: () => readonly Member[];
  readonly #send: End;

  constructor(locks: Locks, ends: readonly End[], members: () => readonly Member[], send: End) {
    this.#locks = locks;
    this.#pkg = locks.pkg;
    this.#ends = ends;
    this.#members = members;
    this.#send = send;
  }

  answer(): Unguarded[] {
    const send = this.#send;
    const keys = this.#locks.channels().seenWhole(send.channel);
    // What one function and its literals share is the machine's to follow.
    if (!keys || ![...keys].some((key) => !key.startsWith('~'))) return [];
    const others = this.#ends.filter((end) => end !== send && overlaps(this.#keysOf(end.channel), keys));
    // Who closes at its own end is there until then.
    if (others.some((end) => end.kind === 'range' || (end.kind === 'close' && end.decl !== send.decl))) return [];
    const receivers = this.#receivers(others.filter((end) => end.kind === 'receive'));
    const found = this.#shared(keys, others, receivers) ?? this.#reply(keys, receivers);
    return found ? [{ ...found, send, isDoubtful: receivers.some(({ end }) => throwsAway(end)) || this.#endsWithProcess(keys) || this.#isOfTwoContexts(found) }] : [];
  }

  /** Where all receivers may be gone from one channel. */
  #shared(keys: ReadonlySet<string>, others: readonly End[], receivers: readonly Receiver[]): Found | undefined {
    if (this.#locks.channels().isUnbuffered(keys) !== true || receivers.length === 0 || receivers.some(({ leaves }) => leaves.length === 0) || this.#isKnownToMeet(keys, receivers)) return undefined;
    return this.#evidence(others, receivers);
  }

  /** Those who receive, with how they go; where none of the package's own code does, those of the tests. */
  #receivers(ends: readonly End[]): Receiver[] {
    const own = ends.filter((end) => !isTestFile(end.file));
    return (own.length === 0 || isTestFile(this.#send.file) ? ends : own).map((end) => {
      const { choice } = end;
      const canWait = choice !== null && choice.select.clauses.every((one) => one.comm !== null);
      return { end, leaves: canWait ? waysOut(this.#pkg, end.func, choice.select).filter((one) => one !== choice.clause && !this.#isSendersOwn(one)) : [] };
    });
  }

  /** Whether a case waits for a channel that the sender alone closes or sends on, as it goes itself: then it is not the receiver that goes first. */
  #isSendersOwn({ comm }: CommClause): boolean {
    const on = receivedFrom(comm);
    if (!on || isContextDone(this.#pkg, on)) return false;
    const keys = this.#keysOf(on);
    const told = this.#ends.filter((end) => (end.kind === 'close' || end.kind === 'send') && overlaps(this.#keysOf(end.channel), keys));
    return told.length > 0 && told.every((end) => end.decl === this.#send.decl);
  }

  /** Whether the sender runs only while the receivers do, as far as the code shows: then it is silent. */
  #isKnownToMeet(keys: ReadonlySet<string>, receivers: readonly Receiver[]): boolean {
    const { func, decl } = this.#send;
    if (runsOnce(this.#pkg, decl) || this.#isScript() || this.#isUnderLock() || this.#makesOwner(keys)) return true;
    const isStarted = this.#locks.callees.isStarted(func) || this.#runBy() !== undefined;
    return receivers.some(({ end }) => {
      if (end.func === func) return true;
      if (!isStarted && (end.decl === decl ? end.func === decl : this.#calls(end.decl, decl, new Set()))) return true;
      // What is sent right after the receiver was started comes before anybody can tell it to go.
      return func === decl && startsOf(this.#pkg, end.func).some((start) => start.decl === decl) && !isInLoop(decl, this.#send.node);
    });
  }

  /** Whether a test itself sends: it knows what it has set up. */
  #isScript(): boolean {
    const { func, decl } = this.#send;
    return func === decl && isTestFile(this.#send.file) && /^(?:Test|Benchmark|Fuzz|Example)/u.test(decl.name.name);
  }

  #isUnderLock(): boolean {
    const { pos } = this.#send.node;
    return this.#locks.functions().some(({ summary }) => summary.events.some(({ site, held }) => site.file === this.#send.file && site.span.pos === pos && held.some(({ lock }) => !isOfOneFunction(lock))));
  }

  #endsWithProcess(keys: ReadonlySet<string>): boolean {
    const owners = ownersOf(keys);
    return isOfCommands(this.#send.file, this.#pkg) || (owners.length > 0 && owners.every((owner) => isSingleton(this.#pkg, owner)));
  }

  /** Whether the function makes the object that holds the channel: nobody else has it yet. */
  #makesOwner(keys: ReadonlySet<string>): boolean {
    const owners = ownersOf(keys);
    const { func, decl } = this.#send;
    let makes = false;
    if (func !== decl || !decl.body) return false;
    walk(decl.body, (node) => {
      const type = node.kind === 'CompositeLit' ? deref(this.#pkg.typeOf(node)) : undefined;
      makes ||= type?.kind === 'named' && type.path === '' && owners.includes(type.name);
      return undefined;
    });
    return makes;
  }

  #calls(from: FuncDecl, to: FuncDecl, seen: Set<FuncDecl>): boolean {
    if (seen.has(to) || this.#locks.callees.isStarted(to)) return false;
    seen.add(to);
    return this.#locks.callees.callSitesOf(to).some(({ decl, call }) => !this.#isOfGoroutine(decl, call) && (decl === from || this.#calls(from, decl, seen)));
  }

  /** Whether a place stands in a literal that a `go` statement starts. */
  #isOfGoroutine(decl: FuncDecl, place: Span): boolean {
    return contains(decl, (node) => node.kind === 'GoStmt' && node.call.kind === 'CallExpr' && node.call.fun.kind === 'FuncLit' && isWithin(place, node.call.fun));
  }

  #evidence(others: readonly End[], receivers: readonly Receiver[]): Found | undefined {
    for (const { end: receive, leaves } of receivers) {
      for (const clause of leaves) {
        const gone = this.#gone(receive, clause);
        const guarded = (kind: Evidence['kind'], sends: readonly End[]): Found | undefined => {
          for (const at of sends) {
            const watched = this.#watched(at, gone);
            if (watched) return { receive, leaves: clause, evidence: { kind, at, signal: watched } };
          }
          return undefined;
        };
        const own = this.#ends.filter((end) => end.decl === this.#send.decl && end.kind === 'receive' && end.choice !== null);
        const heard = own.find((end) => this.#isOne(end.channel, gone));
        const found =
          (heard && { receive, leaves: clause, evidence: { kind: 'own' as const, at: heard, signal: heard.channel } }) ??
          guarded('same', others.filter((end) => end.kind === 'send')) ??
          guarded('sibling', this.#siblings(receive));
        if (found) return found;
        const end = own.find(({ channel }) => this.#isEnd(channel));
        if (end) return { receive, leaves: clause, evidence: { kind: 'end', at: end, signal: end.channel } };
      }
    }
    return this.#starter(receivers) ?? this.#group(receivers) ?? this.#timer(receivers) ?? this.#stop(receivers) ?? this.#late(receivers);
  }

  /** The function that starts the sender receives from it turn by turn, and returns for another reason. */
  #starter(receivers: readonly Receiver[]): Found | undefined {
    const [first] = receivers;
    const [leaves] = first?.leaves ?? [];
    if (!first || !leaves || !isInLoop(this.#send.func, this.#send.node)) return undefined;
    const start = startsOf(this.#pkg, this.#send.func).find(({ decl, stmt }) => receivers.every(({ end }) => end.func === decl && end.choice !== null && isInLoop(decl, end.choice.select) && !isInLoop(decl, stmt)));
    return start && { receive: first.end, leaves, evidence: { kind: 'starter', at: { file: start.file, decl: start.decl, node: start.stmt }, signal: first.end.channel } };
  }

  /** Sender and receivers are started as one group, whose context the receivers go by: whoever waits for the group waits for the sender. */
  #group(receivers: readonly Receiver[]): Found | undefined {
    const members = this.#members();
    const sender = members.find(({ decl }) => decl === this.#send.func);
    const [first] = receivers;
    if (!sender || !first || !isInLoop(this.#send.func, this.#send.node)) return undefined;
    const isMate = ({ end }: Receiver): boolean => members.some(({ decl, group }) => decl === end.func && group === sender.group);
    const leaves = first.leaves.find(({ comm }) => {
      const on = receivedFrom(comm);
      return on !== null && isContextDone(this.#pkg, on);
    });
    return leaves && receivers.every(isMate) ? { receive: first.end, leaves, evidence: { kind: 'group', at: { file: sender.file, decl: sender.around, node: sender.call }, signal: first.end.channel } } : undefined;
  }

  /** `time.AfterFunc(d, func() { c <- v })`: that the timer is stopped as the receivers go comes too late for one that has just fired. */
  #timer(receivers: readonly Receiver[]): Found | undefined {
    const [first] = receivers;
    const [leaves] = first?.leaves ?? [];
    const node = this.#runBy();
    const { file, decl } = this.#send;
    return first && leaves && node && { receive: first.end, leaves, evidence: { kind: 'timer', at: { file, decl, node }, signal: first.end.channel } };
  }

  /** The call that gives the sender to a timer to run. */
  #runBy(): CallExpr | undefined {
    const { decl, func } = this.#send;
    let call: CallExpr | undefined;
    if (func.kind === 'FuncLit') {
      walk(decl, (node) => {
        if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'AfterFunc' && node.args.includes(func)) call = node;
        return call === undefined;
      });
    }
    return call;
  }

  /** Who receives has made the channel itself, and given it away with its question: whoever answers does so whether it is still there or not. */
  #reply(keys: ReadonlySet<string>, receivers: readonly Receiver[]): Found | undefined {
    for (const { end, leaves } of receivers) {
      const made = this.#madeBy(end);
      const gives = leaves.find((clause) => this.#givesUp(clause));
      // A test that gives up fails, and knows who answers it.
      if (!made || !gives || isTestFile(end.file) || end.decl === this.#send.decl || !this.#isGivenAway(end)) continue;
      const mates = receivers.filter((one) => this.#rootOf(one.end) === this.#rootOf(end));
      // One that waits for the answer alone, or only for others of the same kind, is there for what comes late.
      if (mates.some((one) => !one.leaves.some((clause) => this.#isSignal(clause))) || this.#isKnownToMeet(keys, mates)) continue;
      return { receive: end, leaves: gives, evidence: { kind: 'reply', at: { file: end.file, decl: end.decl, node: made }, signal: end.channel } };
    }
    return undefined;
  }

  /** Whether what a receive's channel is of is passed on, and not only shared with literals of the function. */
  #isGivenAway(end: End): boolean {
    const { channel, decl } = end;
    const obj = this.#rootOf(end);
    // Another field of it is not it.
    const gives = (expr: Expr): boolean => {
      switch (expr.kind) {
        case 'Ident':
          return this.#pkg.objectOf(expr) === obj;
        case 'SelectorExpr':
          return channel.kind === 'SelectorExpr' && expr.sel.name === channel.sel.name && gives(expr.x);
        case 'UnaryExpr':
          return gives(expr.x);
        case 'CompositeLit':
          return expr.elts.some((elt) => gives(elementValue(elt)));
        case 'CallExpr':
          return expr.args.some(gives);
        default:
          return false;
      }
    };
    return decl.body !== null && contains(decl.body, (node) =>
      (node.kind === 'CallExpr' && !(node.fun.kind === 'Ident' && node.fun.name === 'close') && gives(node))
      || (node.kind === 'SendStmt' && gives(node.value))
      || (node.kind === 'AssignStmt' && node.lhs.some((one) => one.kind !== 'Ident') && node.rhs.some(gives)));
  }

  /** Where the function of a receive has made the channel, without a buffer: in a variable, or in a field of what it made with it. */
  #madeBy(end: End): Expr | undefined {
    const { channel, func } = end;
    const root = rootOf(channel);
    const obj = this.#rootOf(end);
    if (obj?.kind !== 'var' || obj.func !== func || obj.origin.kind !== 'expr') return undefined;
    const { expr } = obj.origin;
    const made =
      channel.kind === 'Ident' ? expr
      : channel.kind === 'SelectorExpr' && channel.x === root ? literalOf(expr)?.elts.flatMap((elt) => (elt.kind === 'KeyValueExpr' && elt.key.kind === 'Ident' && elt.key.name === channel.sel.name ? [elt.value] : [])).at(0)
      : undefined;
    return isMake(made) && made.args.length === 1 ? made : undefined;
  }

  /** What the way to an end's channel begins with. */
  #rootOf({ channel }: End): Obj | undefined {
    const root = rootOf(channel);
    return root && this.#pkg.objectOf(root);
  }

  /** Receives that wait once each, and not for ever: what is sent before one is called, or after it gave up, nobody takes. */
  #late(receivers: readonly Receiver[]): Found | undefined {
    const [first] = receivers;
    const gives = first?.leaves.find((clause) => this.#givesUp(clause));
    if (!first || !gives) return undefined;
    const isBrief = ({ end, leaves }: Receiver): boolean => end.choice !== null && !isTestFile(end.file) && !isInLoop(end.func, end.choice.select) && leaves.some((clause) => this.#givesUp(clause));
    return receivers.every(isBrief) ? { receive: first.end, leaves: gives, evidence: { kind: 'late', at: first.end, signal: first.end.channel } } : undefined;
  }

  /** A case by which code gives up waiting: that of a timer, or of a context. */
  #givesUp({ comm }: CommClause): boolean {
    const on = receivedFrom(comm);
    return on !== null && (isTimers(this.#pkg, on) || isContextDone(this.#pkg, on));
  }

  /** A loop that a received value ends, and that something else ends too: told so a second time, or too late, nobody listens. */
  #stop(receivers: readonly Receiver[]): Found | undefined {
    const [only, ...more] = receivers;
    const choice = only?.end.choice;
    const [leaves] = only?.leaves ?? [];
    if (!only || !choice || !leaves || more.length > 0 || !isInLoop(only.end.func, choice.select)) return undefined;
    const ends = waysOut(this.#pkg, only.end.func, choice.select);
    if (!ends.includes(choice.clause) || ends.length === choice.select.clauses.length) return undefined;
    return { receive: only.end, leaves, evidence: { kind: 'stop', at: only.end, signal: only.end.channel } };
  }

  /** Whether a case waits for a time, for a context, or for a channel that is closed once and stays so. */
  #isSignal(clause: CommClause): boolean {
    return this.#givesUp(clause) || this.#signalOf(clause).size > 0;
  }

  /** What a case waits for, where it is a context, or a channel that is closed once and stays so. */
  #signalOf({ comm }: CommClause): ReadonlySet<string> {
    const on = receivedFrom(comm);
    return on && this.#isEnd(on) ? this.#keysOf(on) : new Set();
  }

  /** Whether a channel ends who listens to it: that of a context, or one that is closed. */
  #isEnd(channel: Expr): boolean {
    return isContextDone(this.#pkg, channel) || this.#ends.some((end) => end.kind === 'close' && overlaps(this.#keysOf(end.channel), this.#keysOf(channel)));
  }

  /** All that says that a receiver is gone: what it goes by, and what its function closes. */
  #gone(receive: End, leaves: CommClause): ReadonlySet<string> {
    const closed = this.#ends.filter((end) => end.kind === 'close' && end.decl === receive.decl).flatMap((end) => [...this.#keysOf(end.channel)]);
    return new Set([...this.#signalOf(leaves), ...closed]);
  }

  /** The sends on other channels that the receiver's select receives from. */
  #siblings(receive: End): End[] {
    const channels = (receive.choice?.select.clauses ?? []).flatMap(({ comm }) => (comm && comm.kind !== 'SendStmt' && comm !== receive.choice?.clause.comm ? (receivedFrom(comm) ?? []) : []));
    const keys = new Set(channels.flatMap((one) => [...this.#keysOf(one)]));
    return this.#ends.filter((end) => end.kind === 'send' && overlaps(this.#keysOf(end.channel), keys));
  }

  /** What a send in a select watches beside, where that says that the receiver is gone. */
  #watched({ choice }: End, gone: ReadonlySet<string>): Expr | undefined {
    for (const clause of choice?.select.clauses ?? []) {
      const on = receivedFrom(clause.comm);
      if (on && this.#isOne(on, gone)) return on;
    }
    return undefined;
  }

  #isOne(channel: Expr, keys: ReadonlySet<string>): boolean {
    return overlaps(this.#keysOf(channel), keys);
  }

  /** The kinds of a channel; of `ctx.Done()`, the kinds of the context: of a parameter also those of what it is given. */
  #keysOf(channel: Expr): ReadonlySet<string> {
    if (!isContextDone(this.#pkg, channel)) return this.#locks.channels().keysOf(channel);
    return new Set(Array.from(this.#contextsOf(channel.fun.x), (key) => `${key}.Done()`));
  }

  /** Whether the evidence listens to one context and the receivers to another, which are one only as far as calls show. */
  #isOfTwoContexts({ leaves, evidence: { signal } }: Found): boolean {
    const on = receivedFrom(leaves.comm);
    if (!on || !isContextDone(this.#pkg, on) || !isContextDone(this.#pkg, signal)) return false;
    return this.#locks.accesses.of(on.fun.x)?.key !== this.#locks.accesses.of(signal.fun.x)?.key;
  }

  #contextsOf(context: Expr): ReadonlySet<string> {
    const { accesses, callees } = this.#locks;
    const keys = new Set<string>();
    const seen = new Set([context]);
    for (const one of seen) {
      const access = accesses.of(one);
      if (!access || keys.has(access.key)) continue;
      keys.add(access.key);
      const { root } = access;
      if (root?.role !== 'param' || root.func?.kind !== 'FuncDecl' || access.path.length > 0) continue;
      const at = root.func.type.params.flatMap((field) => field.names).indexOf(root.ident);
      for (const { call } of callees.callSitesOf(root.func)) if (call.args[at]) seen.add(call.args[at]);
    }
    return keys;
  }
}
