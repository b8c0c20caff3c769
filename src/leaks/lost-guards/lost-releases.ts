import { comparedWithNil, elementValue, isWithin, nameOf, rootOf, textOf, walk, type CallExpr, type CompositeLit, type Expr, type Ident, type ReturnStmt } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import { deref, type Type } from '../../go/type.ts';
import { fieldKey, walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { fieldAt } from '../obligations/puts.ts';
import { isOfDoubles, isTestFile } from '../of-tests.ts';
import type { Asked } from './asked.ts';
import { coversWays } from './covers-ways.ts';
import { isHandedOn } from './is-handed-on.ts';
import type { LostGuard } from './lost-guard.ts';
import { isOnEveryWay } from './on-every-way.ts';

/** A call that lets go of what a local variable holds: `conn.Close()`, `resp.Body.Close()`, `cancel()`, `closeIterator(it, &err)`. */
interface Release {
  readonly variable: string;
  readonly call: CallExpr;
  /** It is put off to the end of its function, or stands in one that is. */
  readonly isDeferred: boolean;
}

const releasing = /^(?:[cC]lose(?!d|r|st|Notif)\w*|[sS]top|Done|[sS]hutdown|GracefulStop|Rollback|Unsubscribe|Release|Destroy|Terminate|\w*[cC]ancel\w*)$/u;

/** Functions that let go of what they are given first, and function values that do so of what they belong to. */
const releasers = /^(?:\w*[cC]ancel\w*|(?:[cC]lose|[sS]top|[rR]elease|[sS]hutdown|[cC]leanup)(?:\p{Lu}\w*)?|\w*(?:Close|Stop|Release|Shutdown))$/u;

/** Names of what holds a goroutine or a connection for as long as it is open. What else is closed is a matter of memory or of file descriptors. */
const holding = /conn|client|watch|sess(?!age)|stream|listen|^ln$|^lis$|serv|^srv|rows|^tx$|^stmt$|subs?(?:cri|$)|pipe|^p[rw]$|body|^res?p?$|resp|iter|consum|produc|worker|^cc$|dial|transport|tail|cancel|channel|^ch$|^sock|queue|pool|inform|exec|peer|monitor|manager|runner|proc|loop|agent|broker|node|progress|spinner/iu;

/** Types whose values hold no goroutine: files, and what only reads or writes memory. Sources: os.File, archive/zip, compress/gzip. */
const plain = /^(?:os\.|archive\/|compress\/|bufio\.|bytes\.|strings\.|io\/fs\.|mime\/multipart\.|time\.)/u;

/** What functions obtain as before, and let go of no more. */
export function lostReleases({ pkg, home, old }: Asked): LostGuard[] {
  if (isOfDoubles(home.file)) return [];
  const now = releasesIn(home);
  const earlier = releasesIn(old);
  const isKept = ({ variable }: Release): boolean => coversWays({ left: now.filter((one) => one.variable === variable), had: earlier.filter((one) => one.variable === variable) }, home, old);
  const isMissed = (one: Release): boolean => isAlways(old.pkg, old, earlier, one) && !isAlways(pkg, home, now, one);
  const lost = new Map(earlier.filter((one) => !isKept(one) || isMissed(one)).map((one) => [one.variable, one] as const));
  return [...lost].flatMap(([variable, { call }]): LostGuard[] => {
    const obtains = obtainedIn(home, variable);
    const before = obtainedIn(old, variable);
    if (!obtains || !before || sourceText(home, obtains) !== sourceText(old, before) || !holds(pkg, obtains, call)) return [];
    if (handedOn(home, variable) > handedOn(old, variable) || now.some((one) => isWrapperOf(home, one.variable, variable) && !earlier.some((two) => two.variable === one.variable))) return [];
    const [left] = now.filter((one) => one.variable === variable && !one.isDeferred);
    const ways = waysAfter(home, obtains).filter(({ pos }) => left === undefined || pos < left.call.pos);
    return [{ kind: 'release', home, obtains: obtains.from, what: variable, call: normalised(textOf(old.file, call)), isLeft: left !== undefined, ways }];
  });
}

/** Whether a function lets go of what a variable holds on whichever way it returns once it is obtained. */
function isAlways(pkg: GoPackage, home: Home, releases: readonly Release[], { variable }: Release): boolean {
  const from = obtainedIn(home, variable)?.from;
  return from !== undefined && isOnEveryWay(pkg, home.decl, releases.filter((one) => one.variable === variable).map(({ call }) => call), from);
}

/** Whether a variable holds what was made with another: `w := wrap(conn)`. */
function isWrapperOf(home: Home, wrapper: string, variable: string): boolean {
  const made = obtainedIn(home, wrapper)?.from;
  const given = made?.kind === 'CallExpr' ? made.args : (made?.elts.map(elementValue) ?? []);
  return given.some((one) => rootOf(one)?.name === variable);
}

/** What fields hold, of which no function of the package lets go any more, although one puts it there as before. `was`: the functions before the change that read differently now, or are gone. */
export function lostFieldReleases(pkg: GoPackage, old: GoPackage, was: readonly Home[]): LostGuard[] {
  const lost = new Map<string, { readonly release: Release; readonly home: Home }>();
  for (const home of was) for (const release of releasesIn(home)) {
    const field = fieldOf(old, release);
    if (field !== undefined) lost.set(field, { release, home });
  }
  return [...lost].flatMap(([field, { release, home }]): LostGuard[] => {
    const name = field.slice(field.lastIndexOf('.') + 1);
    const users = [...pkg.mentioning(name)];
    if (users.some((user) => releasesIn(user).some((one) => fieldOf(pkg, one) === field))) return [];
    for (const user of users) {
      const from = isTestFile(user.file) || isOfDoubles(user.file) ? undefined : putInto(pkg, user, field);
      if (from && holdsByName(pkg, from, [], [name])) return [{ kind: 'release', home: user, obtains: from, what: field, call: normalised(textOf(home.file, release.call)), isLeft: false, ways: [] }];
    }
    return [];
  });
}

/** The field that a call lets go of; undefined where it is not one of a type of the package. */
function fieldOf(pkg: GoPackage, { call: { fun } }: Release): string | undefined {
  return fun.kind === 'SelectorExpr' ? fieldKey(pkg, fun.x) : undefined;
}

/** What a function makes and puts into a field: `s.conn = dial()`, `&Server{conn: dial()}`. */
function putInto(pkg: GoPackage, { decl }: Home, field: string): CallExpr | undefined {
  let found: CallExpr | undefined;
  walk(decl, (node) => {
    if (node.kind === 'AssignStmt' && node.rhs.length === 1 && node.rhs[0]?.kind === 'CallExpr' && node.lhs.some((target) => fieldKey(pkg, target) === field)) found ??= node.rhs[0];
    if (node.kind === 'KeyValueExpr' && node.value.kind === 'CallExpr') {
      const put = fieldAt(pkg, node);
      if (put && `${put.owner}.${put.name}` === field) found ??= node.value;
    }
    return found === undefined;
  });
  return found;
}

/** The returns by which a function leaves once a thing is obtained, but those that ask first whether it was. */
function waysAfter({ decl }: Home, { from, ident }: Obtained): readonly ReturnStmt[] {
  const found: ReturnStmt[] = [];
  let isFirst = true;
  walk(decl, (node) => {
    if (node.kind === 'FuncLit' && !isWithin(from, node)) return false;
    const isCheck = node.kind === 'IfStmt' && isFirst && node.pos > ident.pos;
    if (node.kind === 'IfStmt' && node.pos > ident.pos) isFirst = false;
    if (node.kind === 'ReturnStmt' && node.pos > from.end) found.push(node);
    return !(isCheck && comparedWithNil(node.cond) !== undefined);
  });
  return found;
}

function releasesIn({ decl }: Home): readonly Release[] {
  const found: Release[] = [];
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'CallExpr') return;
    // `<-ctx.Done()` lets go of nothing.
    const parent = parents.at(-1)?.kind;
    const variable = parent === 'UnaryExpr' ? undefined : releasedBy(node);
    if (variable !== undefined) found.push({ variable, call: node, isDeferred: parents.some(({ kind }) => kind === 'DeferStmt' || kind === 'GoStmt') });
  });
  return found;
}

function releasedBy({ fun, args }: CallExpr): string | undefined {
  if (fun.kind === 'SelectorExpr') return releasing.test(fun.sel.name) ? rootOf(fun)?.name : undefined;
  if (fun.kind !== 'Ident' || fun.name === 'close' || !releasers.test(fun.name)) return undefined;
  const [first] = args;
  return first?.kind === 'Ident' && first.name !== 'err' && first.name !== 'nil' ? first.name : fun.name;
}

/** What a new variable is given: a call, one of whose results it is, or an object written out. */
interface Obtained {
  readonly from: CallExpr | CompositeLit;
  readonly ident: Ident;
}

function obtainedIn({ decl }: Home, variable: string): Obtained | undefined {
  let found: Obtained | undefined;
  walk(decl, (node) => {
    if (node.kind !== 'AssignStmt' || node.rhs.length !== 1 || !node.rhs[0]) return undefined;
    const [value] = node.rhs;
    const from = value.kind === 'UnaryExpr' && value.op === '&' ? value.x : value;
    const ident = node.lhs.find((target): target is Ident => target.kind === 'Ident' && target.name === variable);
    if (ident && (from.kind === 'CallExpr' || from.kind === 'CompositeLit')) found ??= { from, ident };
    return undefined;
  });
  return found;
}

function sourceText({ file }: Home, { from }: Obtained): string {
  return normalised(textOf(file, sourceOf(from)));
}

/** What is called, or the type of what is written out. */
function sourceOf(from: Obtained['from']): Expr {
  return from.kind === 'CallExpr' ? from.fun : (from.type ?? from);
}

/** Whether what was let go of holds a goroutine or a connection, by its type where that is known, and by its names. */
function holds(pkg: GoPackage, { from, ident }: Obtained, release: CallExpr): boolean {
  return holdsByName(pkg, from, [deref(pkg.typeOf(ident))], [ident.name, nameOf(release.fun), ...namesOf(release.fun)]);
}

/** `of` and `by`: the types and names that it is known by, beside where it is from. */
function holdsByName(pkg: GoPackage, from: Obtained['from'], of: readonly Type[], by: readonly (string | undefined)[]): boolean {
  const types = [deref(pkg.typeOf(from)), ...of];
  if (types.some((type) => type.kind === 'named' && plain.test(`${type.path}.${type.name}`))) return false;
  return [nameOf(sourceOf(from)), ...types.map(typeName), ...by].some((name) => name !== undefined && holding.test(name));
}

function typeName(type: Type): string | undefined {
  return type.kind === 'named' ? type.name : undefined;
}

/** The fields that lead to what is let go of: `Body` of `resp.Body.Close`. */
function namesOf(fun: Expr): readonly string[] {
  return fun.kind === 'SelectorExpr' && fun.x.kind === 'SelectorExpr' ? [fun.x.sel.name, ...namesOf(fun.x)] : [];
}

/** How often a variable is given to somebody who may let go of it: as an argument, a result, an element, or in a literal that others run. */
function handedOn({ decl }: Home, variable: string): number {
  let count = 0;
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'Ident' || node.name !== variable) return;
    const parent = parents.at(-1);
    if (parent && (parent.kind === 'SendStmt' || isHandedOn(node, parent))) count += 1;
  });
  return count;
}
