import { contains, elementValue, isMake, walk, type AssignStmt, type CommClause, type CompositeLit, type Expr, type File, type FuncDecl, type Node, type UnaryExpr } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, Obj, VarObj } from '../../go/scope.ts';
import { deref } from '../../go/type.ts';
import { fieldKey, innermost, isInLoop, walkWithParents, type ChannelField, type FieldUse } from '../field-uses.ts';
import { isTestFile } from '../of-tests.ts';
import { isGetter } from '../open-channels.ts';
import { endsIn, waysOut, type End } from '../unguarded/ends.ts';
import type { Effect } from './uses.ts';
import { findLoss, type Lost } from './walk.ts';

/** A request that is received with a channel for its answer, and on some way not answered, while who asked waits for that alone. */
export interface Unanswered {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  /** What receives the request. */
  readonly received: AssignStmt;
  readonly how: How;
  /** Where it is answered on other ways. */
  readonly answer: Node;
  /** The receive that waits for the answer, and for nothing else. */
  readonly waits: Asked;
}

/**
 * Why a request is not answered.
 * - `lost`: on some way from where it is received it is not.
 * - `left`: it waits in the queue's buffer, and the only code that takes it from there goes by another case.
 */
export type How = { readonly kind: 'lost'; readonly lost: Lost } | { readonly kind: 'left'; readonly leaves: CommClause };

/** A receive from the channel that a function has put into a request. */
interface Asked {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly receive: UnaryExpr;
}

/** A statement that receives a request into a variable. */
interface Received {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly func: FuncNode;
  readonly stmt: AssignStmt;
  readonly variable: VarObj;
  /** The name of its type, a struct of the package. */
  readonly owner: string;
  /** Whether there was a request at all. */
  readonly ok: Obj | null;
}

/**
 * Requests that are structs of the package with a channel for the answer, which the code that receives them answers on some ways only. Whatever else is done
 * with the request, or with its channel, may be or lead to the answer.
 */
export function unansweredRequests(pkg: GoPackage, fields: readonly ChannelField[]): readonly Unanswered[] {
  const received = receivedIn(pkg);
  const types = new Set(received.map(({ owner }) => owner));
  const answers = fields.filter(({ owner }) => types.has(owner.name)).flatMap((field) => askedOf(pkg, field).map((waits) => ({ field, waits })));
  return received.flatMap((one) =>
    answers.flatMap(({ field, waits }): Unanswered[] => {
      if (field.owner.name !== one.owner || waits.func === one.func || goesElsewhere(pkg, waits, one)) return [];
      const isUsed = (node: Node): boolean => usesOf(pkg, node, one.variable, field.name);
      const answer = one.func.body && answerIn(one.func.body, isUsed);
      if (!answer) return [];
      const lost = findLoss({
        pkg,
        file: one.file,
        cfg: pkg.cfgOf(one.func),
        obtains: one.stmt,
        arms: null,
        variable: one.variable,
        path: null,
        error: null,
        effect: (node): Effect => (isUsed(node) ? 'escaped' : 'none'),
        isPutOff: () => false,
        endsWhenFalse: (cond) => cond.kind === 'Ident' && one.ok !== null && pkg.objectOf(cond) === one.ok,
      });
      const leaves = lost ? null : leavesQueue(pkg, fields, one, waits);
      const how: How | null = lost ? { kind: 'lost', lost } : leaves && { kind: 'left', leaves };
      return how ? [{ ...one, received: one.stmt, how, answer, waits }] : [];
    }),
  );
}

/**
 * The case by which a loop goes while requests may be in the buffer of the field that it takes them from. Nobody else takes them from there, and who asks puts them there.
 */
function leavesQueue(pkg: GoPackage, fields: readonly ChannelField[], { file, decl, func, stmt, owner }: Received, waits: Asked): CommClause | null {
  const key = queueOf(pkg, stmt);
  const queue = fields.find((one) => `${one.owner.name}.${one.name}` === key);
  if (key === undefined || !queue || !sentIn(pkg, waits.decl, owner).has(key)) return null;
  const uses = queue.uses.filter((use) => !isTestFile(use.file));
  const takes = uses.filter(({ kind }) => kind === 'receive' || kind === 'range');
  if (takes.length !== 1 || takes[0]?.parent !== stmt.rhs[0] || uses.some((use) => use.kind === 'other') || !uses.some(hasRoom)) return null;
  const choice = endsIn({ decl, file }).find(({ node }) => node === stmt.rhs[0])?.choice;
  if (!choice || !isInLoop(func, choice.select)) return null;
  const ways = waysOut(pkg, func, choice.select);
  return ways.includes(choice.clause) ? null : (ways[0] ?? null);
}

/** Whether a field gets a channel with a buffer. */
function hasRoom({ kind, node, parent }: FieldUse): boolean {
  if (kind !== 'make') return false;
  const made = parent.kind === 'AssignStmt' ? parent.rhs[parent.lhs.indexOf(node)] : elementValue(node);
  const size = isMake(made) ? made.args[1] : undefined;
  return size !== undefined && !(size.kind === 'BasicLit' && size.value === '0');
}

/** Plain receives of a request's answer: from the field, or from the variable that was put into it. Other than so nobody has the channel. */
function askedOf(pkg: GoPackage, { owner, name, uses }: ChannelField): Asked[] {
  const asked: Asked[] = [];
  for (const use of uses) {
    if (use.kind === 'other' && use.parent.kind !== 'CompositeLit' && !isGetter(use)) return [];
    if (isTestFile(use.file)) continue;
    if (use.kind === 'receive') asked.push(...plainReceives(use, ({ node }) => node === use.parent));
  }
  for (const { decl, file } of pkg.saying(new RegExp(`\\b${owner.name}\\{`, 'u'))) {
    if (isTestFile(file)) continue;
    walk(decl, (node) => {
      const put = node.kind === 'CompositeLit' ? putInto(pkg, node, owner.name, name) : undefined;
      const obj = put?.kind === 'Ident' ? pkg.objectOf(put) : undefined;
      if (obj?.kind === 'var' && obj.role === 'local') asked.push(...plainReceives({ decl, file }, ({ channel }) => channel.kind === 'Ident' && pkg.objectOf(channel) === obj));
      return undefined;
    });
  }
  return asked;
}

/** Receives that wait for nothing else: a select leaves a choice. */
function plainReceives(home: Pick<Asked, 'decl' | 'file'>, isIt: (end: End) => boolean): Asked[] {
  return endsIn(home).flatMap((end) => (end.kind === 'receive' && end.choice === null && end.node.kind === 'UnaryExpr' && isIt(end) ? [{ file: end.file, decl: end.decl, func: end.func, receive: end.node }] : []));
}

/** What a literal of a struct puts into a field. */
function putInto(pkg: GoPackage, literal: CompositeLit, owner: string, name: string): Expr | undefined {
  const type = deref(pkg.typeOf(literal));
  if (type.kind !== 'named' || type.path !== '' || type.name !== owner) return undefined;
  const under = pkg.infer.underlying(type);
  return literal.elts.flatMap((elt, at) => {
    const field = elt.kind === 'KeyValueExpr' ? (elt.key.kind === 'Ident' ? elt.key.name : undefined) : under.kind === 'struct' ? under.fields[at]?.name : undefined;
    return field === name ? [elementValue(elt)] : [];
  }).at(0);
}

/** `case r := <-requests:` and `r := <-requests`. */
function receivedIn(pkg: GoPackage): Received[] {
  const found: Received[] = [];
  for (const { decl, file } of pkg.saying(/<-/u)) {
    if (isTestFile(file)) continue;
    walkWithParents(decl, (node, parents) => {
      if (node.kind !== 'AssignStmt' || node.op !== ':=' || node.rhs.length !== 1) return;
      const [value] = node.rhs;
      const [target, second] = node.lhs;
      const variable = value?.kind === 'UnaryExpr' && value.op === '<-' && target?.kind === 'Ident' ? pkg.objectOf(target) : undefined;
      const func = innermost(decl, parents);
      const type = variable?.kind === 'var' ? deref(pkg.infer.typeOfVar(variable)) : undefined;
      if (variable?.kind === 'var' && type?.kind === 'named' && type.path === '') found.push({ file, decl, func, stmt: node, variable, owner: type.name, ok: (second?.kind === 'Ident' && pkg.objectOf(second)) || null });
    });
  }
  return found;
}

/** Whether who asks sends such requests to a field, and not to the one that these come from. */
function goesElsewhere(pkg: GoPackage, { decl }: Asked, { stmt, owner }: Received): boolean {
  const from = queueOf(pkg, stmt);
  const to = sentIn(pkg, decl, owner);
  return from !== undefined && to.size > 0 && !to.has(from);
}

/** The field that a request is received from. */
function queueOf(pkg: GoPackage, { rhs: [value] }: AssignStmt): string | undefined {
  return value?.kind === 'UnaryExpr' ? fieldKey(pkg, value.x) : undefined;
}

/** The fields that a function sends requests of a type on. */
function sentIn(pkg: GoPackage, decl: FuncDecl, owner: string): ReadonlySet<string> {
  const to = new Set<string>();
  walk(decl, (node) => {
    const type = node.kind === 'SendStmt' ? deref(pkg.typeOf(node.value)) : undefined;
    const key = node.kind === 'SendStmt' && type?.kind === 'named' && type.path === '' && type.name === owner ? fieldKey(pkg, node.chan) : undefined;
    if (key !== undefined) to.add(key);
    return undefined;
  });
  return to;
}

/** Whether code does anything with a request but look at its other fields. */
function usesOf(pkg: GoPackage, node: Node, variable: VarObj, answer: string): boolean {
  const looksAt = new Set<Node>();
  let isUsed = false;
  walk(node, (one) => {
    if (one.kind === 'SelectorExpr' && one.x.kind === 'Ident' && one.sel.name !== answer && pkg.objectOf(one.x) === variable && pkg.infer.select(one)?.kind === 'field') looksAt.add(one.x);
    if (one.kind === 'Ident' && pkg.objectOf(one) === variable && one !== variable.ident && !looksAt.has(one)) isUsed = true;
    return !isUsed;
  });
  return isUsed;
}

/** The first answer in a function: what is sent on the channel, or its close, as a statement. */
function answerIn(body: Node, isUsed: (node: Node) => boolean): Node | undefined {
  let answer: Node | undefined;
  contains(body, (node) => {
    if (answer === undefined && (node.kind === 'SendStmt' ? isUsed(node.chan) : node.kind === 'CallExpr' && node.fun.kind === 'Ident' && node.fun.name === 'close' && node.args.some(isUsed))) answer = node;
    return answer !== undefined;
  });
  return answer;
}
