import { contains, textOf, walk, type CommClause, type Expr, type File, type FuncDecl, type Node } from '../go/ast.ts';
import { receivedFrom } from '../go/cfg.ts';
import { displayName, type GoPackage } from '../go/package.ts';
import type { FuncNode } from '../go/scope.ts';
import { isNamed } from '../go/type.ts';
import type { Confidence } from '../finding.ts';
import type { Text } from '../words.ts';
import { hasRoomLeft, madeHere, type Analysis, type Wait } from './analysis.ts';
import type { EndlessGoroutine } from './exits/exits.ts';
import { isContextDone } from './exits/owner.ts';
import { isTimers } from './exits/things.ts';
import { startsOf } from './field-uses.ts';
import type { Code, Instr } from './machine/code.ts';
import type { Event } from './machine/value.ts';
import { isOfLifecycle } from './lifecycle.ts';
import { isRareFailure } from './rare-failure.ts';
import { isOfCommands } from './of-commands.ts';
import { isOfTests, isTestFile } from './of-tests.ts';
import { runsAtTheEnd, runsOnce } from './teardown.ts';
import type { Place } from './place.ts';
import type { Explained } from './rule.ts';
import { endsIn } from './unguarded/ends.ts';

/** Code as a reader sees it in a sentence: one line, in backticks, with no backtick of its own. */
export function quoted(file: File, node: { readonly pos: number; readonly end: number }, limit = 60): string {
  const text = textOf(file, node).replaceAll(/\s+/gu, ' ').replaceAll('`', "'").trim();
  return `\`${text.length > limit ? `${text.slice(0, limit - 1)}…` : text}\``;
}

export function name(text: string): string {
  return `\`${text.replaceAll('`', "'")}\``;
}

export function place(file: File, node: { readonly pos: number; readonly end: number }): Place {
  return { file, span: { pos: node.pos, end: node.end } };
}

const started: Text = { en: 'the goroutine is started here', 'zh-CN': '在这里启动 goroutine' };

/** The statements a goroutine was started by, as the first steps of a witness; for a function under study, those that start it elsewhere. */
export function spawnSteps({ pkg }: Analysis, wait: Wait): Explained[] {
  const { spawn } = wait.stuck.state.procs[wait.stuck.proc] ?? {};
  if (spawn) return [{ at: { file: spawn.code.file, span: { pos: spawn.pos, end: spawn.pos } }, says: started }];
  return startsAsSteps(pkg, wait.root);
}

/** The `go` statements of the package that start a function; the first two, where it is more. */
export function startsAsSteps(pkg: GoPackage, func: FuncNode): Explained[] {
  return startsOf(pkg, func).slice(0, 2).map(({ file, stmt }) => ({ at: place(file, stmt), says: started }));
}

/** Where a goroutine that cannot end is started, as the first steps of its witness. */
export function startSteps({ body, start }: EndlessGoroutine): Explained[] {
  if (!start) return [];
  const first: Explained = { at: place(start.file, start.node), says: started };
  const { through } = body;
  return through ? [first, { at: place(through.file, through.node), says: { en: 'it runs the loop by this call', 'zh-CN': '它通过这个调用运行循环' } }] : [first];
}

/** How sure a loop without a way out is: tests end soon with their process, so that there only what is certain elsewhere is likely. */
export function endlessConfidence({ body, start }: EndlessGoroutine, confidence: Confidence): Confidence | undefined {
  const isTest = isTestFile(body.file) || (start !== null && isTestFile(start.file));
  if (!isTest) return confidence;
  return confidence === 'certain' ? 'likely' : undefined;
}

/**
 * How sure a wait is. A test that fails, gives up waiting or hangs as a whole, ends soon with its process, and so does what only tests leave
 * behind of other code; what a test asks has one answer in most runs, which its author knows and the machine guesses; where both sides ask
 * the same unseen function whether to go on, only that function knows whether they can disagree: such waits are likely, not certain. So are
 * those that rest on a guess about what the code knows better than the machine.
 */
export function confidenceOf({ compiler, pkg }: Analysis, wait: Wait): Confidence {
  const { stuck, root, roots } = wait;
  const { frame } = stuck.step;
  const isTest = (code: Code): boolean => isOfTests(code.file, code.decl, pkg);
  const self = stuck.state.procs[stuck.proc];
  if (stuck.events.some((event) => event.guessed === 'lossy') || isElsewhere(wait)) return 'likely';
  if (takesRareFailure(pkg, wait)) return 'likely';
  if (hasRoomLeft(stuck) || hasVaryingSize(pkg, wait) || sendsAgain(wait) || takesBack(pkg, wait) || asksWhetherDone(pkg, wait)) return 'likely';
  // Who waits in the very function that is called is noticed wherever it happens, so that where it takes a guess the guess may be one that never comes true.
  if (self?.spawn === null && stuck.withRoot && stuck.events.some((event) => event.guessed !== undefined)) return 'likely';
  // What only main leads to happens once, and mostly as the process ends; so does what waits for the signal to end it.
  const endsSoon = (one: FuncDecl): boolean => runsOnce(pkg, one) || runsAtTheEnd(pkg, one) || (!isTest(frame.code) && isTest(compiler.codeOf(one)));
  if (isOfCommands(frame.code.file, pkg) || roots.every(endsSoon)) return 'likely';
  const fails = (): boolean => stuck.events.some((event) => event.kind === 'goexit' || event.guessed !== undefined || (event.proc !== self?.uid && (event.lapsed || isGivenUp(pkg, event, isTest(event.code)))));
  if ((isTest(frame.code) || isTest(compiler.codeOf(root))) && (self?.spawn === null || stuck.withRoot || fails())) return 'likely';
  const asked = questions(frame.code);
  const others = new Set(stuck.events.filter((event) => event.proc !== self?.uid && event.kind === 'branch').map((event) => event.code));
  return [...others].some((code) => code !== frame.code && [...questions(code)].some((one) => asked.has(one))) ? 'likely' : 'certain';
}

/** Whether the machine has come to a wait at a place, and is sure of it. */
export function isWalkedAt(analysis: Analysis, file: File, pos: number): boolean {
  return analysis.waits().some((wait) => wait.stuck.step.frame.code.file === file && wait.pos === pos && confidenceOf(analysis, wait) === 'certain');
}

/** Whether code of another package has the channel too: what is known of that is what it cannot do. */
export function isElsewhere({ on }: Wait): boolean {
  return on?.o === 'chan' && on.escaped;
}

/** The same of what is left by who should have met it: what only brings something up leaves that behind once, and often as the process ends. */
export function confidenceOfLeft(analysis: Analysis, wait: Wait): Confidence {
  const confidence = confidenceOf(analysis, wait);
  return confidence === 'certain' && !wait.stuck.withRoot && isOfLifecycle(analysis.pkg, wait.stuck.step.frame.code.decl) ? 'likely' : confidence;
}

/** The same of what waits for others to act, in whichever order they come: that they do not, where that takes a guess, the code may well know better. */
export function confidenceOfAwaited(analysis: Analysis, wait: Wait): Confidence {
  return wait.stuck.events.some(({ guessed }) => guessed !== undefined) ? 'likely' : confidenceOfLeft(analysis, wait);
}

/** Whether something has to fail that hardly ever does for who should have come to be away. */
function takesRareFailure(pkg: GoPackage, { stuck: { events, state, proc } }: Wait): boolean {
  const self = state.procs[proc]?.uid;
  return events.some(({ kind, proc: by, guessed, taken, code, pos }) => kind === 'branch' && by !== self && guessed !== undefined && taken === true
    && code.instrs.some((instr) => instr.op === 'branch' && instr.pos === pos && isRareFailure(pkg, code.func, instr.expr)));
}

/** Whether who waits has asked whether its context is done, as whoever leaves it does: then they seldom miss each other. */
function asksWhetherDone(pkg: GoPackage, { stuck: { events, state, proc } }: Wait): boolean {
  const self = state.procs[proc]?.uid;
  const isAsked = (node: Node): boolean => node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Err' && isNamed(pkg.typeOf(node.fun.x), 'context', 'Context');
  return events.some((event) => event.kind === 'branch' && event.proc === self && event.code.instrs.some((instr) => instr.op === 'branch' && instr.pos === event.pos && contains(instr.expr, isAsked)));
}

/** Whether who receives is the only one who sends, into a buffer: it takes back what it put there, and knows how much that was. */
function takesBack(pkg: GoPackage, { on, stuck: { step } }: Wait): boolean {
  if (!madeHere(on) || on.site.expr?.kind !== 'CallExpr' || on.site.expr.args.length < 2 || step.kind !== 'instr' || step.instr.op !== 'recv' || step.instr.expr.kind !== 'Ident') return false;
  const { code } = step.frame;
  const channel = pkg.objectOf(step.instr.expr);
  const sends = endsIn(code).filter((end) => end.kind === 'send' && end.channel.kind === 'Ident' && pkg.objectOf(end.channel) === channel);
  return sends.length > 0 && sends.every(({ func }) => func === code.func);
}

/**
 * Whether a wait rests on a buffer's size that only a run tells: `make(chan T, len(nodes))` may well have room for all that a loop over other
 * things sends, and a loop of `cap(c)` turns may well receive just that much.
 */
function hasVaryingSize(pkg: GoPackage, { on, stuck: { step } }: Wait): boolean {
  if (!madeHere(on) || on.cap === 0 || step.kind !== 'instr' || on.site.expr?.kind !== 'CallExpr') return false;
  if (step.instr.op !== 'send' && !step.frame.code.instrs.some(({ op }) => op === 'cap')) return false;
  const [, size] = on.site.expr.args;
  return size !== undefined && contains(size, (node) => {
    if (node.kind === 'SelectorExpr') return pkg.infer.select(node)?.kind !== 'imported';
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    return obj?.kind === 'var' ? obj.role !== 'const' : node.kind === 'CallExpr' && !pkg.infer.isType(node.fun);
  });
}

/**
 * Whether a goroutine waits with a second value where code takes one, and never in a loop: whether there is a second one depends on what the
 * goroutine finds, such as the messages of a peer, of which there may well be one.
 */
function sendsAgain({ stuck: { events, state, proc, step } }: Wait): boolean {
  const self = state.procs[proc]?.uid;
  if (step.kind !== 'instr' || step.instr.op !== 'send') return false;
  const first = events.findLastIndex((event) => event.kind === 'send' && event.proc === self && event.code === step.frame.code && event.pos === step.instr.pos);
  if (first < 0 || events.some((event) => event.kind === 'recv' && isInLoop(event))) return false;
  return events.slice(first).some(({ kind, proc: by, guessed, code, pos }) => kind === 'branch' && by === self && guessed !== undefined
    && code.instrs.some((instr) => instr.op === 'branch' && instr.pos === pos && (!instr.loop || instr.expr.kind === 'CallExpr')));
}

function isInLoop({ code, pos }: Event): boolean {
  return code.func.body !== null && contains(code.func.body, (node) => (node.kind === 'ForStmt' || node.kind === 'RangeStmt') && node.pos <= pos && pos < node.end);
}

/**
 * A case of a select by which code gives up waiting: a timer's; in a test, also that of a context that is done, or the default of one that it comes
 * back to. A test that takes it to the end fails.
 */
function isGivenUp(pkg: GoPackage, { kind, taken }: Event, inTest: boolean): boolean {
  if (kind === 'select' && taken === null) return inTest;
  const comm = typeof taken === 'object' ? (taken?.comm ?? null) : null;
  const on = receivedFrom(comm);
  return on !== null && (isTimers(pkg, on) || (inTest && isContextDone(pkg, on)));
}

/** The calls that decide a function's branches, as text: `stop.HasFired()`, `closed.Load()`. */
function questions(code: Code): Set<string> {
  const found = new Set<string>();
  for (const instr of code.instrs) {
    if (instr.op !== 'branch') continue;
    walk(instr.expr, (node) => {
      if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr') found.add(textOf(code.file, node));
      return undefined;
    });
  }
  return found;
}

/** How the code that should have met a goroutine went another way. */
export interface WayOut {
  readonly at: Place;
  readonly says: Text;
  /** The same as a clause for the message. */
  readonly short: Text;
}

/**
 * The last decision on the way to the wait, taken by the function under study (or by the code it was in): the case of a select it
 * took, the return it reached. Undefined where it is itself the one that waits.
 */
export function wayOut(wait: Wait): WayOut | undefined {
  const self = wait.stuck.state.procs[wait.stuck.proc]?.uid;
  const spawnAt = wait.stuck.events.findIndex((event) => event.kind === 'spawn' && event.proc === self);
  const after = wait.stuck.events.slice(Math.max(0, spawnAt)).filter((event) => event.proc !== self);
  const owner = wait.stuck.events[spawnAt]?.code;
  // What the function under study did says most, but for a goroutine's starter that has made what it waits on; then what the starter did, else whatever happened last.
  const tells = (one: Event): boolean => one.kind === 'select' || one.kind === 'return';
  const ofRoot = after.filter((event) => event.code.decl === wait.root && event.code.func === wait.root);
  const ofOwner = after.filter((event) => event.code === owner);
  const isMakers = madeHere(wait.on) && wait.on.site.code === owner;
  const events = (isMakers ? [ofOwner, ofRoot] : [ofRoot, ofOwner]).find((some) => some.some(tells)) ?? after;
  const select = events.findLast((event) => event.kind === 'select');
  const left = events.findLast((event) => event.kind === 'return');
  if (select && !(left && hasReturnAfterBranch(events, select, left))) return selectWay(select);
  return left ? returnWay(left) : undefined;
}

/** A return that a condition after the select led to tells more than the select does. */
function hasReturnAfterBranch(events: readonly Event[], select: Event, left: Event): boolean {
  const from = events.indexOf(select);
  const to = events.indexOf(left);
  return to > from && select.taken !== null && events.slice(from, to).some((event) => event.kind === 'branch' || event.kind === 'recv');
}

function selectWay(event: Event): WayOut {
  const { file, decl } = event.code;
  const fn = name(displayName(decl));
  if (event.taken === null || typeof event.taken !== 'object') {
    return {
      at: { file, span: { pos: event.pos, end: event.pos } },
      says: { en: `${fn} takes the default case of this select`, 'zh-CN': `${fn} 走了这个 select 的 default 分支` },
      short: { en: `${fn} takes the default case`, 'zh-CN': `${fn} 走 default 分支` },
    };
  }
  const comm = commText(file, event.taken);
  return {
    at: { file, span: { pos: event.taken.pos, end: event.taken.pos } },
    says: { en: `${fn} takes the case ${comm}`, 'zh-CN': `${fn} 走了分支 ${comm}` },
    short: { en: `${fn} takes the case ${comm}`, 'zh-CN': `${fn} 走分支 ${comm}` },
  };
}

function commText(file: File, clause: CommClause): string {
  return clause.comm ? quoted(file, clause.comm) : '`default`';
}

function returnWay(event: Event): WayOut {
  const { file, decl, func } = event.code;
  const fn = name(displayName(decl));
  if (func !== decl) {
    return {
      at: { file, span: { pos: event.pos, end: event.pos } },
      says: { en: `a function literal of ${fn} ends here`, 'zh-CN': `${fn} 中的函数字面量在这里结束` },
      short: { en: `a function literal of ${fn} has ended`, 'zh-CN': `${fn} 中的函数字面量已经结束` },
    };
  }
  const explicit = /^return\b/u.test(file.text.slice(event.pos, event.pos + 7));
  return {
    at: { file, span: { pos: event.pos, end: event.pos } },
    says: explicit ? { en: `${fn} returns here`, 'zh-CN': `${fn} 在这里返回` } : { en: `${fn} ends here`, 'zh-CN': `${fn} 在这里结束` },
    short: { en: `${fn} has returned`, 'zh-CN': `${fn} 已经返回` },
  };
}

/** The channel a goroutine waits on, as its code writes it; undefined for what is not a channel operation. */
export function channelExpr(instr: Instr): Expr | undefined {
  return instr.op === 'send' || instr.op === 'recv' || instr.op === 'close' ? instr.expr : undefined;
}

/** For fingerprints: text without places and without the spaces that formatting moves. */
export function normal(file: File, node: Node): string {
  return textOf(file, node).replaceAll(/\s+/gu, ' ').trim();
}
