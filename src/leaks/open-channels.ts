import { contains, elementValue, isMake, isWithin, type CallExpr, type Expr, type File, type FuncDecl, type Node, type RangeStmt } from '../go/ast.ts';
import { receivedFrom } from '../go/cfg.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode, VarObj } from '../go/scope.ts';
import { isContextDone } from './exits/owner.ts';
import { endsItself, innermost, walkWithParents, type ChannelField, type FieldUse } from './field-uses.ts';
import { goesOn } from './goes-on.ts';
import { handedTo } from './handed-to.ts';
import { isHidden } from './is-hidden.ts';
import { makeOf } from './make-of.ts';
import { isTestFile } from './of-tests.ts';
import { asksForError } from './teardown.ts';

/** A loop over a local channel that no code can close, in a goroutine or in a function literal, whoever runs it. */
export interface OpenChannel {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly made: { readonly file: File; readonly decl: FuncDecl; readonly call: CallExpr };
  readonly loop: RangeStmt;
}

/** A local channel that somebody waits for, and that no code can send on or close. */
export interface SilentChannel {
  readonly made: OpenChannel['made'];
  readonly channel: Expr;
  /** Where somebody waits for it, or gets it to wait for. */
  readonly waits: Wait;
}

type Loop = Pick<OpenChannel, 'file' | 'decl' | 'func' | 'loop'>;

interface Wait {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly node: Node;
}

/** What code does with a channel: the loops over it, the waits for it alone, whether something sends on it, and whether something may close it. */
interface Uses {
  readonly loops: readonly Loop[];
  readonly waits: readonly Wait[];
  readonly isSent: boolean;
  /** Something may send on it for as long as the process lives: a loop without an end, or a function that is handed out. */
  readonly isFed: boolean;
  readonly isShared: boolean;
}

interface LocalChannel {
  readonly channel: VarObj;
  readonly made: OpenChannel['made'];
  readonly uses: Uses;
}

/** Loops over channels whose every use is seen, none of which is a close. Where functions are too much to be walked, they can still be read. */
export function openChannels(channels: readonly LocalChannel[]): readonly OpenChannel[] {
  return channels.flatMap(({ channel, made, uses }) => (uses.isFed ? [] : uses.loops).filter(({ func, loop }) => func !== channel.func || goesOn(made.decl, loop)).map((one) => ({ ...one, made })));
}

/** Channels that are never sent on or closed, and that somebody waits for who does not mean to wait for ever: a goroutine, a callback, a caller, or a function that goes on after it. */
export function silentChannels(channels: readonly LocalChannel[]): readonly SilentChannel[] {
  return channels.flatMap(({ channel, made, uses }): SilentChannel[] => {
    const waits = uses.isSent ? undefined : uses.waits.find(({ decl, func, node }) => func !== channel.func || node.kind === 'ReturnStmt' || goesOn(decl, node));
    return waits ? [{ made, channel: channel.ident, waits }] : [];
  });
}

/** The channels that functions make and keep in a variable, where every use is seen, and none is a close. */
export function unclosedChannels(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): readonly LocalChannel[] {
  const given = new Map<FuncDecl, ReadonlyMap<VarObj, Uses>>();
  return [...pkg.saying(/\bmake\(chan\b/u)].flatMap(({ decl, file }) => {
    if (isTestFile(file) || !isAsked({ decl, file })) return [];
    return [...usesIn(pkg, decl, file, given)].flatMap(([channel, uses]) => {
      const call = channel.role === 'local' && channel.origin.kind === 'expr' ? channel.origin.expr : undefined;
      return uses.isShared || !isMake(call) ? [] : [{ channel, made: { file, decl, call }, uses }];
    });
  });
}

/** What a function does with its variables and parameters, and what functions of the package do with them that it hands them to. */
function usesIn(pkg: GoPackage, decl: FuncDecl, file: File, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): ReadonlyMap<VarObj, Uses> {
  const known = given.get(decl);
  if (known) return known;
  const found = new Map<VarObj, ReturnType<typeof noUses>>();
  // What comes back to itself adds nothing.
  given.set(decl, found);
  walkWithParents(decl, (node, parents) => {
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    const parent = parents.at(-1);
    if (obj?.kind !== 'var' || (obj.role !== 'local' && obj.role !== 'param') || obj.ident === node || !parent) return;
    const uses = found.get(obj) ?? noUses();
    found.set(obj, uses);
    const func = innermost(decl, parents);
    if (parent.kind === 'RangeStmt' && parent.x === node) {
      if (!endsItself(parent, (one) => isFailing(pkg, one))) uses.loops.push({ file, decl, func, loop: parent });
      return;
    }
    if (parent.kind === 'UnaryExpr' && parent.op === '<-') {
      if (!parents.some((one) => one.kind === 'SelectStmt' && one.clauses.some(({ comm }) => comm !== null && isWithin(parent, comm)))) uses.waits.push({ file, decl, func, node: parent });
      return;
    }
    // Whoever gets it can only receive from it.
    if (parent.kind === 'ReturnStmt' && func === decl && isForReceivers(decl, parent.results.findIndex((one) => one === node))) {
      if (contains(decl, (one) => one.kind === 'GoStmt')) uses.waits.push({ file, decl, func, node: parent });
      else uses.isShared = true;
      return;
    }
    if ((parent.kind === 'SendStmt' && parent.chan === node) || isMeasure(parent)) {
      // Who asks how much is in it does not wait for what is not.
      uses.isSent = true;
      uses.isFed ||= parents.some((one, index) => isLasting(pkg, one) || (one.kind === 'FuncLit' && parents[index - 1]?.kind === 'ReturnStmt'));
      return;
    }
    const callee = parent.kind === 'CallExpr' ? usesByCallee(pkg, parent, node, given) : undefined;
    if (callee === undefined || callee.isShared) uses.isShared = true;
    uses.isSent ||= callee?.isSent === true;
    uses.isFed ||= callee?.isFed === true;
    // Who calls it in the very function that makes the channel is noticed.
    if (callee && (func !== obj.func || parents.at(-2)?.kind === 'GoStmt')) {
      uses.loops.push(...callee.loops);
      uses.waits.push(...callee.waits);
    }
  });
  return found;
}

/** Where nothing was seen yet. */
function noUses(): { loops: Loop[]; waits: Wait[]; isSent: boolean; isFed: boolean; isShared: boolean } {
  return { loops: [], waits: [], isSent: false, isFed: false, isShared: false };
}

/** What a function of the package does with what it is given; undefined where that is not seen. */
function usesByCallee(pkg: GoPackage, call: CallExpr, arg: Node, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): Uses | undefined {
  const handed = handedTo(pkg, call, arg);
  return handed && (usesIn(pkg, handed.decl, handed.file, given).get(handed.param) ?? noUses());
}

/** Whether a result of a function is a channel to receive from. */
function isForReceivers({ type }: FuncDecl, index: number): boolean {
  const result = type.results.flatMap((field) => field.names.length > 0 ? field.names.map(() => field.type) : [field.type])[index];
  return result?.kind === 'ChanType' && result.dir === 'recv';
}

/** What ends a loop only once something has failed, or is over: `if err != nil`, `case <-ctx.Done()`. */
function isFailing(pkg: GoPackage, node: Node): boolean {
  if (node.kind === 'IfStmt') return asksForError(pkg, node.cond);
  const channel = node.kind === 'CommClause' ? receivedFrom(node.comm) : null;
  return channel !== null && isContextDone(pkg, channel);
}

/** Whether a loop goes round for as long as it is let: it has no condition, or takes from a channel of others. */
function isLasting(pkg: GoPackage, node: Node): boolean {
  if (node.kind === 'ForStmt') return node.cond === null;
  if (node.kind !== 'RangeStmt' || pkg.infer.underlying(pkg.typeOf(node.x)).kind !== 'chan') return false;
  const obj = node.x.kind === 'Ident' ? pkg.objectOf(node.x) : undefined;
  return obj?.kind !== 'var' || obj.role !== 'local';
}

function isMeasure(node: Node): boolean {
  return node.kind === 'CallExpr' && node.fun.kind === 'Ident' && (node.fun.name === 'len' || node.fun.name === 'cap');
}

/** A channel that a method called `Done` or the like hands out, and that no code can close or send on. */
export interface EmptyPromise {
  readonly field: ChannelField;
  readonly made: FieldUse;
  readonly getter: FieldUse;
}

/** What methods are called that hand out a channel which says that something is over. */
const promises = /^(?:Done|Closed|Stopped|Finished|Terminated|Exited)(?:C|Ch|Chan)?$/u;

/** Fields that only this package can reach, and in which it does nothing but put a channel, hand it out, and wait on it. */
export function emptyPromises(pkg: GoPackage, fields: readonly ChannelField[]): readonly EmptyPromise[] {
  return fields.flatMap((field): EmptyPromise[] => {
    const made = field.uses.find((use) => (use.kind === 'make' || isPut(pkg, use)) && !isTestFile(use.file));
    const others = field.uses.filter((use) => use.kind === 'other' && !isPut(pkg, use));
    const getter = others.find(({ decl }) => promises.test(decl.name.name));
    const isSeen = isHidden(field.owner.name, field.name) && others.every(isGetter) && !field.uses.some(({ kind }) => kind === 'send' || kind === 'close');
    // A context may never be done.
    return made && getter && isSeen && pkg.infer.selectIn(field.owner, 'Value') === undefined ? [{ field, made, getter }] : [];
  });
}

/** `c := make(chan T)`, `T{f: c}`, and not another word of `c`. */
function isPut(pkg: GoPackage, { kind, decl, node, parent }: FieldUse): boolean {
  const value = elementValue(node);
  const obj = kind === 'other' && parent.kind === 'CompositeLit' && value.kind === 'Ident' ? pkg.objectOf(value) : undefined;
  if (obj?.kind !== 'var' || obj.role !== 'local' || !makeOf(pkg, value) || !decl.body) return false;
  return !contains(decl.body, (one) => one.kind === 'Ident' && one !== value && one !== obj.ident && pkg.objectOf(one) === obj);
}

/** `return x.f`, and nothing else: whoever calls it can see `x`. */
export function isGetter({ decl, parent }: FieldUse): boolean {
  return decl.recv !== null && decl.body?.list.length === 1 && decl.body.list[0] === parent && parent.kind === 'ReturnStmt';
}
