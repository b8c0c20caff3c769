import { contains, elementValue, isMake, type CallExpr, type File, type FuncDecl, type Node, type RangeStmt } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode, VarObj } from '../go/scope.ts';
import { endsItself, walkWithParents, type ChannelField, type FieldUse } from './field-uses.ts';
import { isHidden } from './is-hidden.ts';
import { makeOf } from './make-of.ts';
import { isTestFile } from './of-tests.ts';

/** A loop of a function literal over a local channel that no code can close, whoever runs the literal. */
export interface OpenChannel {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly made: CallExpr;
  readonly loop: RangeStmt;
}

/** Loops over channels whose every use is seen, none of which is a close. Where functions are too much to be walked, they can still be read. */
export function openChannels(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): readonly OpenChannel[] {
  const found: OpenChannel[] = [];
  for (const { decl, file } of pkg.saying(/\bmake\(chan\b/u)) {
    if (!isAsked({ decl, file }) || isTestFile(file)) continue;
    const loops = new Map<VarObj, Pick<OpenChannel, 'loop' | 'func'>[]>();
    const shared = new Set<VarObj>();
    walkWithParents(decl, (node, parents) => {
      const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
      const parent = parents.at(-1);
      if (obj?.kind !== 'var' || obj.role !== 'local' || obj.ident === node || !parent) return;
      const func = parents.findLast((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl') ?? decl;
      if (parent.kind === 'RangeStmt' && parent.x === node) {
        if (func !== obj.func && !endsItself(parent)) loops.set(obj, [...(loops.get(obj) ?? []), { loop: parent, func }]);
      } else if (!(parent.kind === 'SendStmt' && parent.chan === node) && !(parent.kind === 'UnaryExpr' && parent.op === '<-') && !isMeasure(parent)) shared.add(obj);
    });
    for (const [obj, ones] of loops) {
      const made = obj.origin.kind === 'expr' ? obj.origin.expr : undefined;
      if (!shared.has(obj) && isMake(made)) found.push(...ones.map((one) => ({ ...one, file, decl, made })));
    }
  }
  return found;
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
