import type { File, FuncDecl } from '../go/ast.ts';
import { once } from '../go/once.ts';
import type { FuncNode } from '../go/scope.ts';
import type { GoPackage } from '../go/package.ts';
import { findEndless, type EndlessGoroutine } from './exits/exits.ts';
import { failingLoops, type FailingLoop } from './exits/failing.ts';
import { Goroutines } from './exits/goroutines.ts';
import { channelFields, type ChannelField } from './field-uses.ts';
import { blockedOf, type Blocked } from './locks/blocked.ts';
import { Locks } from './locks/locks.ts';
import { mayLock, mayMeet } from './locks/may-lock.ts';
import { inversionsOf, type Inversion } from './locks/order.ts';
import { selfWaitsOf, type SelfWait } from './locks/self-waits.ts';
import type { LostGuard } from './lost-guards/lost-guard.ts';
import { lostGuards } from './lost-guards/lost-guards.ts';
import { Closures } from './machine/closures.ts';
import { Compiler } from './machine/compile.ts';
import { explore, type Exploration, type Limits, type Stuck } from './machine/explore.ts';
import { callOf, Machine, nextStep, type Reach, type Step } from './machine/machine.ts';
import { MayDeadlock } from './machine/may-deadlock.ts';
import { mayMake, mayTakeLock } from './machine/may-make.ts';
import { MayWait } from './machine/may-wait.ts';
import { runsOnce } from './teardown.ts';
import type { Chan, Obj, Value } from './machine/value.ts';
import { isTestFile } from './of-tests.ts';
import { Constructors } from './obligations/constructors.ts';
import type { Loss } from './obligations/loss.ts';
import { findLosses } from './obligations/losses.ts';
import { unansweredRequests, type Unanswered } from './obligations/requests.ts';
import { findLostTokens, type LostToken } from './obligations/tokens.ts';
import { openChannels, silentChannels, unclosedChannels, type OpenChannel, type SilentChannel } from './open-channels.ts';
import { skippedTurns, type SkippedTurn } from './skipped-turns.ts';
import { uncountedGroups, type Uncounted } from './uncounted.ts';
import { uncountedLocals } from './uncounted-locals.ts';
import { mayBeUncancellable, uncancellableSends, type Uncancellable } from './unguarded/uncancellable.ts';
import { mayBeUnguarded } from './unguarded/may-be-unguarded.ts';
import { unguardedSends, type Unguarded } from './unguarded/unguarded.ts';
import { outlivingWatchers, type Outliving } from './watchers/outliving.ts';

/** What one function may cost. Most stay far below; what runs over is tried with less around it, and then named among the problems. */
const limits: Limits = { states: 1000, steps: 10_000, credit: 1500, perState: 40 };

/** What the last try may cost: there are few that come to it, and what it gives up is not analysed. */
const lastLimits: Limits = { ...limits, states: 4000, steps: 80_000, credit: 30_000 };

/**
 * How far calls are followed: as far as programs go; for functions that are too much that way, hardly beyond themselves; where that
 * is too much still, only into what is given something that can be waited on; and at last without keeping in mind what conditions were taken to be.
 */
const reaches: readonly [Reach, ...Reach[]] = [{ deepest: 14, only: 'any' }, { deepest: 3, only: 'any' }, { deepest: 5, only: 'carrying' }, { deepest: 5, only: 'carrying', forgets: true }];

/** A goroutine that waits for good, as found from one function under study. */
export interface Wait {
  /** The function the exploration started from, the first of `roots`. */
  readonly root: FuncDecl;
  /** All functions under study in which the same wait was found. */
  readonly roots: readonly FuncDecl[];
  readonly stuck: Stuck;
  /** Where it waits. */
  readonly pos: number;
  /** What it waits on, where that is one object. */
  readonly on: Obj | undefined;
}

/** What one walk over a package's functions did not reach. */
class Unwalked {
  /** Functions that were too much for the machine. */
  readonly exhausted: { readonly file: File; readonly decl: FuncDecl }[] = [];
  /** Functions that were not followed as far as programs go. */
  readonly limited = new Set<FuncDecl>();
}

/** What the walk found that follows locks. */
interface LockWalk {
  readonly waits: readonly Wait[];
  /** Whether a function was walked: it takes locks. */
  readonly isAsked: (decl: FuncDecl) => boolean;
  readonly places: ReadonlySet<string>;
}

/** Which functions are under study. */
interface Narrowed {
  readonly isRoot?: ((decl: FuncDecl, file: File) => boolean) | undefined;
  readonly isWalked?: ((decl: FuncDecl) => boolean) | undefined;
  /** The package as it was before the change under review, where there is one. */
  readonly before?: (() => GoPackage | undefined) | undefined;
}

/** One package under analysis: what the engines found, computed on first demand and shared by the rules. */
export class Analysis {
  readonly pkg: GoPackage;
  /** What the walks did not reach: where locks are left out, and where they are followed too. */
  readonly unwalked = { waits: new Unwalked(), locks: new Unwalked() };
  /** Where some run panics on a channel that is closed already, or nil: as `path:offset`. */
  readonly crashes = new Set<string>();
  /** What the code under study can come to. */
  readonly #reached: () => GoPackage;
  /** What the code that is walked can come to: the machine looks no further. */
  readonly #run: () => GoPackage;
  #compiler: Compiler | undefined;
  readonly #goroutines = once(() => new Goroutines(this.pkg));
  readonly #constructors = once(() => new Constructors({ pkg: this.pkg, goroutines: this.#goroutines(), fields: () => this.channelFields(), runtimeName: (decl, func) => this.runtimeName(decl, func) }));
  readonly #wholeLocks = once(() => new Locks(this.pkg));
  readonly #before: (() => GoPackage | undefined) | undefined;
  readonly #isRoot: (decl: FuncDecl, file: File) => boolean;
  readonly #isWalked: (decl: FuncDecl, file: File) => boolean;
  #waits: readonly Wait[] | undefined;
  #lockless: readonly Wait[] | undefined;
  #endless: readonly EndlessGoroutine[] | undefined;
  #channelFields: readonly ChannelField[] | undefined;
  #locks: Locks | undefined;
  #inversions: readonly Inversion[] | undefined;
  #unclosed: ReturnType<typeof unclosedChannels> | undefined;
  #openChannels: readonly OpenChannel[] | undefined;
  #blocked: readonly Blocked[] | undefined;
  #lockWalk: LockWalk | undefined;
  #unguarded: readonly Unguarded[] | undefined;
  #uncancellable: readonly Uncancellable[] | undefined;
  #outliving: readonly Outliving[] | undefined;
  #losses: readonly Loss[] | undefined;
  #tokens: readonly LostToken[] | undefined;

  /** `isRoot` narrows what is explored: a change concerns only some functions. `isWalked` narrows what the machine walks even more. */
  constructor(pkg: GoPackage, { isRoot, isWalked, before }: Narrowed = {}) {
    this.pkg = pkg;
    this.#before = before;
    this.#isRoot = isRoot ?? ((): boolean => true);
    this.#isWalked = (decl, file): boolean => this.#isRoot(decl, file) && isWalked?.(decl) !== false;
    this.#reached = once(() => (isRoot ? pkg.around(isRoot) : pkg));
    this.#run = once(() => (isWalked ? pkg.around(this.#isWalked) : this.#reached()));
  }

  get compiler(): Compiler {
    this.#compiler ??= new Compiler(this.#run(), { withLocks: false });
    return this.#compiler;
  }

  /** The name by which the runtime knows a function, or a literal in it. */
  runtimeName(decl: FuncDecl, func: FuncNode): string {
    const isReached = Array.from(this.#run().funcs(), (one) => one.decl).includes(decl);
    const compiler = isReached ? this.compiler : new Compiler(this.pkg.around((one) => one === decl), { withLocks: false });
    compiler.codeOf(decl); // makes its literals known
    return compiler.codeOf(func).name;
  }

  /** Every goroutine that some run leaves waiting for good, locks apart; each place of waiting once per place it was started from. */
  waits(): readonly Wait[] {
    this.#waits ??= this.#withoutLocks().filter((wait) => this.#isLeftByLocks(wait));
    return this.#waits;
  }

  /** The walk that leaves locks out. */
  #withoutLocks(): readonly Wait[] {
    this.#lockless ??= !mayMake(this.#run()) ? [] : this.#findWaits(new Closures(this.compiler), this.unwalked.waits, new Unwalked(), () => true);
    return this.#lockless;
  }

  /** Goroutines that cannot end although something shows that they should. */
  endless(): readonly EndlessGoroutine[] {
    this.#endless ??= findEndless(this.pkg, this.#goroutines(), this.#isRoot, () => this.channelFields());
    return this.#endless;
  }

  /** Loops over a stream that go on for ever once it has failed. */
  failing(): readonly FailingLoop[] {
    return failingLoops(this.pkg, this.#goroutines(), this.#isRoot);
  }

  /** The channel fields of the package's structs, with all that is done to them. */
  channelFields(): readonly ChannelField[] {
    this.#channelFields ??= channelFields(this.pkg);
    return this.#channelFields;
  }

  /** What the package's functions do to its locks. What is found of functions that are not under study is `concerns`' to leave out. */
  locks(): Locks {
    this.#locks ??= mayLock(this.pkg, this.#reached(), (one) => this.concerns(one)) ? this.#wholeLocks() : new Locks(this.pkg.around(() => false));
    return this.#locks;
  }

  /** Locks that are taken in two orders, and one of whose places is under study. */
  inversions(): readonly Inversion[] {
    this.#inversions ??= inversionsOf(this.locks()).filter(({ one, other }) => this.concerns(one.first.site, one.second.site, other.first.site, other.second.site));
    return this.#inversions;
  }

  /** Waits with a lock that the other side needs, and one of whose places is under study. */
  blocked(): readonly Blocked[] {
    this.#blocked ??= blockedOf(this.locks()).filter((one) => this.concerns(one.held.site, one.event.site, ...one.counterparts.map(({ event }) => event.site)));
    return this.#blocked;
  }

  /** Goroutines that wait for what only they could do; the wait, or the goroutine, is under study. */
  selfWaits(): readonly SelfWait[] {
    return !mayMeet(this.pkg, (one) => this.concerns(one)) ? [] : selfWaitsOf(this.#wholeLocks()).filter(({ event, root, own }) => this.concerns(event.site, root.home, own));
  }

  /** Sends that watch for nothing else, although those who receive may be gone; the send, the receive or what shows it is under study. */
  unguarded(): readonly Unguarded[] {
    this.#unguarded ??= !mayBeUnguarded(this.pkg, (one) => this.concerns(one)) ? [] : unguardedSends(this.#wholeLocks()).filter(({ send, receive, evidence }) => this.concerns(send, receive, evidence.at));
    return this.#unguarded;
  }

  /** Sends of goroutines that should end with a context or a signal, and do not watch for it there, although not all who receive are seen. */
  uncancellable(): readonly Uncancellable[] {
    const isAsked = (one: { readonly decl: FuncDecl; readonly file: File }): boolean => this.concerns(one);
    this.#uncancellable ??= mayBeUncancellable(this.pkg, isAsked) ? uncancellableSends(this.#wholeLocks(), isAsked) : [];
    return this.#uncancellable;
  }

  /** What the change under review takes away from functions under study that kept a goroutine from waiting for good. */
  lostGuards(): readonly LostGuard[] {
    return this.#before ? lostGuards(this.pkg, this.#wholeLocks, this.#before, (one) => this.concerns(one)) : [];
  }

  /** Goroutines that are there to end something of a job, and wait for what outlives it; the job, or what makes it come again, is under study. */
  outliving(): readonly Outliving[] {
    this.#outliving ??= outlivingWatchers(this.pkg, this.#goroutines(), this.#reached()).filter(({ watcher, repeat }) => this.concerns(watcher, repeat.at));
    return this.#outliving;
  }

  /** WaitGroups that are added to and waited for, and never counted down; one of the places is under study. */
  uncounted(): readonly Uncounted[] {
    return [...uncountedGroups(this.pkg, this.#goroutines()).filter(({ add, wait }) => this.concerns(add, wait)), ...uncountedLocals(this.pkg, (one) => this.concerns(one))];
  }

  /** Turns of loops that count nothing down for a WaitGroup that was counted up for all of them. */
  skippedTurns(): readonly SkippedTurn[] {
    return skippedTurns(this.pkg, (one) => this.concerns(one));
  }

  /** Requests that are answered on some ways only; the answer, or the wait for it, is under study. */
  unanswered(): readonly Unanswered[] {
    return unansweredRequests(this.pkg, this.channelFields()).filter((one) => this.concerns(one, one.waits));
  }

  /** Loops over local channels that no code can close. */
  openChannels(): readonly OpenChannel[] {
    this.#openChannels ??= openChannels(this.#unclosedChannels());
    return this.#openChannels;
  }

  /** Local channels that somebody waits for, and that nobody sends on or closes. */
  silentChannels(): readonly SilentChannel[] {
    return silentChannels(this.#unclosedChannels());
  }

  #unclosedChannels(): ReturnType<typeof unclosedChannels> {
    this.#unclosed ??= unclosedChannels(this.pkg, (one) => this.concerns(one));
    return this.#unclosed;
  }

  /** Everything that is obtained and on some path not given back. */
  obligations(): readonly Loss[] {
    this.#losses ??= findLosses(this.pkg, this.#constructors(), this.#isRoot);
    return this.#losses;
  }

  /** Every token of a semaphore that is taken and on some path not put back. */
  lostTokens(): readonly LostToken[] {
    this.#tokens ??= findLostTokens(this.pkg, this.#isRoot);
    return this.#tokens;
  }

  /** Whether a finding that these functions make together is of any interest. */
  concerns(...homes: readonly { readonly decl: FuncDecl; readonly file: File }[]): boolean {
    return homes.some(({ decl, file }) => this.#isRoot(decl, file));
  }

  /** Goroutines that wait for good for a lock. */
  lockWaits(): readonly Wait[] {
    return this.#withLocks().waits.filter(isLockWait);
  }

  /** The walk that follows locks, over the functions where one may be waited for, and those where other waits were found that locks may prevent. */
  #withLocks(): LockWalk {
    if (this.#lockWalk) return this.#lockWalk;
    if (!mayTakeLock(this.#run())) return (this.#lockWalk = { waits: [], isAsked: () => false, places: new Set() });
    const compiler = new Compiler(this.#run(), { withLocks: true });
    const isAsked = (decl: FuncDecl): boolean => compiler.relevance.locksIn(decl);
    const closures = new Closures(compiler);
    const mayDeadlock = new MayDeadlock(closures);
    const waiting = new Set(this.#withoutLocks().flatMap(({ roots }) => roots));
    const waits = compiler.relevance.locks() ? this.#findWaits(closures, this.unwalked.locks, this.unwalked.waits, (decl) => isAsked(decl) && (waiting.has(decl) || mayDeadlock.of(compiler.codeOf(decl)))) : [];
    this.#lockWalk = { waits, isAsked, places: new Set(waits.map(placeKey)) };
    return this.#lockWalk;
  }

  /** Whether a wait is still there where locks keep others out: to be found again by the walk that follows them, unless that was too much. */
  #isLeftByLocks(wait: Wait): boolean {
    const { isAsked, places } = this.#withLocks();
    const { limited, exhausted } = this.unwalked.locks;
    return places.has(placeKey(wait)) || wait.roots.some((root) => !isAsked(root) || limited.has(root) || exhausted.some(({ decl }) => decl === root));
  }

  /** `tooMuch`: what another walk did not reach, and this one, which tells more states apart, would not either. */
  #findWaits(closures: Closures, unwalked: Unwalked, tooMuch: Unwalked, isAsked: (decl: FuncDecl) => boolean): Wait[] {
    const { compiler } = closures;
    const far = new Machine(compiler, reaches[0]);
    const nearer = reaches.slice(1).map((reach) => new Machine(compiler, reach));
    const nearest = nearer.at(-1) ?? far;
    const mayWait = new MayWait(closures);
    const found = new Map<string, Wait & { readonly roots: FuncDecl[] }>();
    for (const { decl, file } of this.#run().funcs()) {
      if (!this.#isWalked(decl, file) || !decl.body || !compiler.relevance.ofFunc(decl) || !isAsked(decl)) continue;
      const code = compiler.codeOf(decl);
      if (!mayWait.of(code)) continue;
      if (tooMuch.exhausted.some((one) => one.decl === decl)) {
        unwalked.exhausted.push({ file, decl });
        continue;
      }
      let explorations: Exploration[] = [];
      for (const machine of tooMuch.limited.has(decl) ? nearer : [far, ...nearer]) {
        if (machine !== far) unwalked.limited.add(decl);
        // Where no call was nested that deep, the same walk would run over once more.
        if (machine.reach.only === 'any' && explorations.some(({ nested }) => nested < machine.reach.deepest)) continue;
        explorations = [explore(machine, code, machine.reach.only === 'carrying' ? lastLimits : limits)];
        if (!isExhausted(explorations)) break;
      }
      const literals = isExhausted(explorations) ? compiler.literalsOf(decl).map((lit) => compiler.codeOf(lit)) : [];
      if (literals.length > 0) explorations = literals.filter((lit) => mayWait.of(lit)).map((lit) => explore(nearest, lit, limits));
      if (isExhausted(explorations)) unwalked.exhausted.push({ file, decl });
      for (const { crashes } of explorations) for (const crash of crashes) this.crashes.add(`${crash.code.file.path}:${crash.pos}`);
      for (const stuck of explorations.flatMap((one) => one.stuck)) {
        // Where main itself waits for good the whole process hangs, and the others are not what is wrong.
        if (stuck.withRoot && (far.endsWithRoot(code) || runsOnce(this.pkg, decl))) continue;
        if (stuck.withRoot && (isDoubtful(stuck, file) || hasRoomLeft(stuck))) continue;
        const pos = positionOf(stuck.step);
        const spawn = stuck.state.procs[stuck.proc]?.spawn;
        const key = `${stuck.step.frame.code.id}:${pos}:${spawn ? `${spawn.code.id}:${spawn.pos}` : ''}`;
        const known = found.get(key);
        // Of several ways to one wait the one is told that rests on no guess about what the code knows better.
        if (known && (restsOnLoss(stuck) || !restsOnLoss(known.stuck))) known.roots.push(decl);
        else if (known) found.set(key, { ...known, root: decl, roots: [decl, ...known.roots], stuck, on: waitsOn(stuck) });
        else found.set(key, { root: decl, roots: [decl], stuck, pos, on: waitsOn(stuck) });
      }
    }
    return [...found.values()];
  }
}

/**
 * A function that hangs by itself is noticed by whoever runs it, so where that would rest on a guess, the guess is surely wrong:
 * in a test any guess of the test's own, elsewhere one about what the code knows better than the machine. A counter that is not counted down
 * on each turn of a loop is an exception: it is right on most data, so that nobody notices.
 */
function isDoubtful(stuck: Stuck, file: File): boolean {
  const isTest = isTestFile(file);
  const mayBeRare = !isTest && operationOf(stuck.step) === 'WaitGroup.Wait';
  return stuck.events.some((event) => (event.guessed === 'lossy' && !mayBeRare) || (isTest && event.guessed === 'free' && event.proc === 0));
}

/** Whether somebody waits with room in a buffer, which there is enough data to fill only in some runs. */
export function hasRoomLeft({ state, waiting }: Stuck): boolean {
  return waiting.some((place) => {
    const proc = state.procs[place];
    const step = proc && nextStep(proc);
    if (step?.kind !== 'instr') return false;
    const { instr, frame } = step;
    const channels = instr.op === 'send' ? [instr.chan] : instr.op === 'select' ? instr.arms.filter(({ dir }) => dir === 'send').map(({ chan }) => chan) : [];
    return channels.some((at) => {
      const chan = state.get(frame.regs[at]);
      return chan?.o === 'chan' && chan.buf.length < chan.cap;
    });
  });
}

function restsOnLoss({ events }: Stuck): boolean {
  return events.some(({ guessed }) => guessed === 'lossy');
}

function isLockWait({ stuck }: Wait): boolean {
  return operationOf(stuck.step) === 'Mutex.Lock' || operationOf(stuck.step) === 'RWMutex.RLock';
}

/** What a step is about to do: `send`, `recv`, `select`, or the operation of a call such as `WaitGroup.Wait`. */
export function operationOf(step: Step): string {
  const call = callOf(step);
  if (call) return call.callee.kind === 'intrinsic' ? call.callee.op : call.callee.kind === 'method' ? (call.callee.name === 'Lock' ? 'Mutex.Lock' : call.callee.name) : 'call';
  return step.kind === 'instr' ? step.instr.op : 'call';
}

/** Where a goroutine waits, whoever started it. */
function placeKey({ stuck: { step }, pos }: Wait): string {
  return `${step.frame.code.file.path}:${pos}`;
}

function isExhausted(explorations: readonly Exploration[]): boolean {
  return explorations.some((one) => one.exhausted);
}

/** Where a step stands in its function's file. */
export function positionOf(step: Step): number {
  return step.kind === 'instr' ? step.instr.pos : step.deferred.pos;
}

/** The one object a goroutine waits on: a channel, a lock, a counter; undefined for a select. */
function waitsOn(stuck: Stuck): Obj | undefined {
  const { step, state } = stuck;
  if (step.kind === 'instr' && (step.instr.op === 'send' || step.instr.op === 'recv' || step.instr.op === 'close')) return state.get(step.frame.regs[step.instr.chan]);
  return state.get(firstArgument(step));
}

/** What a step's call is given first: of a method its receiver. */
export function firstArgument(step: Step): Value | undefined {
  if (step.kind === 'deferred') return step.deferred.args[0];
  return step.instr.op === 'call' ? step.frame.regs[step.instr.call.args[0] ?? 0] : undefined;
}

/** A channel made by code of the package, with the place of its making. */
export function madeHere(obj: Obj | undefined): obj is Chan & { readonly site: NonNullable<Chan['site']> } {
  return obj?.o === 'chan' && obj.site !== null && obj.of.kind === 'plain';
}

