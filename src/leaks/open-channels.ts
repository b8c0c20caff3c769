import { contains, elementValue, isMake, type CallExpr, type File, type FuncDecl, type Node, type RangeStmt } from '../go/ast.ts';
import { receivedFrom } from '../go/cfg.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode, VarObj } from '../go/scope.ts';
import { paramsOf } from './exits/goroutines.ts';
import { isContextDone } from './exits/owner.ts';
import { endsItself, walkWithParents, type ChannelField, type FieldUse } from './field-uses.ts';
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

type Loop = Pick<OpenChannel, 'file' | 'decl' | 'func' | 'loop'>;

/** What code does with a channel: the loops over it, and whether something may close it. */
interface Uses {
  readonly loops: readonly Loop[];
  readonly isShared: boolean;
}

/** Loops over channels whose every use is seen, none of which is a close. Where functions are too much to be walked, they can still be read. */
export function openChannels(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): readonly OpenChannel[] {
  const given = new Map<FuncDecl, ReadonlyMap<VarObj, Uses>>();
  return [...pkg.saying(/\bmake\(chan\b/u)].flatMap(({ decl, file }): OpenChannel[] => {
    if (isTestFile(file) || !isAsked({ decl, file })) return [];
    return [...usesIn(pkg, decl, file, given)].flatMap(([obj, { loops, isShared }]) => {
      const call = obj.role === 'local' && obj.origin.kind === 'expr' ? obj.origin.expr : undefined;
      if (isShared || !isMake(call)) return [];
      return loops.filter((one) => one.func !== obj.func || goesOn(decl, one.loop)).map((one) => ({ ...one, made: { file, decl, call } }));
    });
  });
}

/** What a function does with its variables and parameters, and what functions of the package do with them that it hands them to. */
function usesIn(pkg: GoPackage, decl: FuncDecl, file: File, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): ReadonlyMap<VarObj, Uses> {
  const known = given.get(decl);
  if (known) return known;
  const found = new Map<VarObj, { loops: Loop[]; isShared: boolean }>();
  // What comes back to itself adds nothing.
  given.set(decl, found);
  walkWithParents(decl, (node, parents) => {
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    const parent = parents.at(-1);
    if (obj?.kind !== 'var' || (obj.role !== 'local' && obj.role !== 'param') || obj.ident === node || !parent) return;
    const uses = found.get(obj) ?? { loops: [], isShared: false };
    found.set(obj, uses);
    const func = parents.findLast((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl') ?? decl;
    if (parent.kind === 'RangeStmt' && parent.x === node) {
      if (!endsItself(parent, (one) => isFailing(pkg, one))) uses.loops.push({ file, decl, func, loop: parent });
      return;
    }
    if ((parent.kind === 'SendStmt' && parent.chan === node) || (parent.kind === 'UnaryExpr' && parent.op === '<-') || isMeasure(parent)) return;
    const callee = parent.kind === 'CallExpr' ? usesByCallee(pkg, parent, node, given) : undefined;
    if (callee === undefined || callee.isShared) uses.isShared = true;
    // Who calls it in the very function that makes the channel is noticed.
    else if (func !== obj.func || parents.at(-2)?.kind === 'GoStmt') uses.loops.push(...callee.loops);
  });
  return found;
}

/** What a function of the package does with what it is given; undefined where that is not seen. */
function usesByCallee(pkg: GoPackage, { fun, args, hasEllipsis }: CallExpr, arg: Node, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): Uses | undefined {
  const callee = hasEllipsis ? undefined : pkg.declOf(fun);
  const home = callee && Array.from(pkg.mentioning(callee.name.name)).find(({ decl }) => decl === callee);
  const ident = callee && paramsOf(callee)[args.findIndex((one) => one === arg)];
  if (!home || !ident) return undefined;
  const obj = pkg.objectOf(ident);
  return obj?.kind === 'var' ? (usesIn(pkg, home.decl, home.file, given).get(obj) ?? { loops: [], isShared: false }) : undefined;
}

/** Whether a function means to go on after a loop of its own: one that is the last thing it does may go round for as long as the process lives. */
function goesOn({ type, body }: FuncDecl, loop: RangeStmt): boolean {
  const index = body?.list.indexOf(loop) ?? -1;
  const [next, ...more] = index < 0 ? [] : (body?.list.slice(index + 1) ?? []);
  return next !== undefined && (more.length > 0 || next.kind !== 'ReturnStmt' || type.results.length > 0);
}

/** What ends a loop only once something has failed, or is over: `if err != nil`, `case <-ctx.Done()`. */
function isFailing(pkg: GoPackage, node: Node): boolean {
  if (node.kind === 'IfStmt') return asksForError(pkg, node.cond);
  const channel = node.kind === 'CommClause' ? receivedFrom(node.comm) : null;
  return channel !== null && isContextDone(pkg, channel);
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
