import { textOf, walk, type CallExpr, type Expr, type Ident, type Node } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import { once } from '../../go/once.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { FuncNode } from '../../go/scope.ts';
import { isNamed } from '../../go/type.ts';
import { innermost, walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { isTestFile } from '../of-tests.ts';
import { waysOut, type End } from '../unguarded/ends.ts';
import type { Side } from './asked.ts';
import { calledName, calledNames } from './called-name.ts';
import { coversWays } from './covers-ways.ts';
import { isHandedOn } from './is-handed-on.ts';
import type { LostGuard } from './lost-guard.ts';
import { isOnEveryWay } from './on-every-way.ts';

/** A call that lets others go on: `close(c)`, `wg.Done()`, `cond.Broadcast()`. */
interface Wake {
  readonly how: 'close' | 'Done' | 'Signal';
  readonly what: string;
  readonly call: CallExpr;
  readonly isDeferred: boolean;
}

/** A place that such a call lets go on. */
interface Waiting extends Home {
  readonly how: Wake['how'];
  readonly what: string;
  readonly func: FuncNode;
  readonly node: Node;
  /** What it waits for, as it is written. */
  readonly on: Expr;
}

const wakes = /\bclose\(|\.(?:Done|Signal|Broadcast)\(/u;

/** Places that wait for a call that some function made before the change, and that no code makes any more. `was`: the functions before the change that read differently now, or are gone. */
export function lostWakes({ pkg, ends, now }: Side, old: GoPackage, was: readonly Home[]): LostGuard[] {
  const lost = new Map<string, { readonly wake: Wake; readonly home: Home; readonly misses: Home | null }>();
  for (const home of was) if (wakes.test(textOf(home.file, home.decl))) for (const wake of wakesIn(old, home)) lost.set(keyOf(wake), { wake, home, misses: null });
  if (lost.size === 0) return [];
  const made = madeIn(pkg);
  for (const [key, homes] of made) if (lastOf(homes)) lost.delete(key);
  for (const home of was) for (const one of missedIn({ pkg, made, now: now(home) }, old, home)) lost.set(keyOf(one.wake), one);
  if (lost.size === 0) return [];
  const waiting = [...waitsForClose(pkg, ends()), ...waitsForSync(pkg)].filter(({ file }) => !isTestFile(file));
  const before = once(() => madeIn(old));
  return [...lost].flatMap(([key, { wake, home, misses }]): LostGuard[] => {
    const waits = waiting.find((one) => keyOf(one) === key);
    // Who has it now, and had it not before, may make the call instead.
    if (handedOn(pkg, wake.what) > handedOn(old, wake.what)) return [];
    if (!waits && misses) return [];
    if (!waits) {
      const left = now(home);
      const ident = left && outliving(pkg, left, wake);
      if (!left || !ident) return [];
      const isMoved = [...made].some(([one, homes]) => {
        const closer = one.startsWith(wake.how) && !lastOf(before().get(one)) ? lastOf(homes) : undefined;
        return closer !== undefined && isNear(pkg, left, closer);
      });
      return isMoved ? [] : [{ kind: 'end', home: left, ident, call: normalised(textOf(home.file, wake.call)) }];
    }
    return [{ kind: 'wake', home: waits, func: waits.func, node: waits.node, on: waits.on, call: normalised(textOf(home.file, wake.call)), how: wake.how, misses }];
  });
}

function keyOf({ how, what }: Pick<Wake, 'how' | 'what'>): string {
  return `${how} ${what}`;
}

/** The calls that a function makes as before, but not on all ways on which it did, and that no other function makes. */
function* missedIn({ pkg, made, now }: { readonly pkg: GoPackage; readonly made: Made; readonly now: Home | undefined }, old: GoPackage, home: Home): Generator<{ readonly wake: Wake; readonly home: Home; readonly misses: Home }> {
  if (!now || ![home, now].every(({ file, decl }) => wakes.test(textOf(file, decl)))) return;
  const left = wakesIn(pkg, now);
  const had = wakesIn(old, home);
  for (const wake of had) {
    const isSame = (one: Wake): boolean => keyOf(one) === keyOf(wake);
    const callsOf = (some: readonly Wake[]): CallExpr[] => some.filter(isSame).map(({ call }) => call);
    const isElsewhere = made.get(keyOf(wake))?.some(({ decl }) => decl !== now.decl) === true;
    const isMissed = (): boolean => !coversWays({ left: left.filter(isSame), had: had.filter(isSame) }, now, home) || (isOnEveryWay(old, home.decl, callsOf(had)) && !isOnEveryWay(pkg, now.decl, callsOf(left)));
    if (wake.how !== 'Signal' && left.some(isSame) && !isElsewhere && isMissed()) yield { wake, home, misses: now };
  }
}

/** What wakes others, and where. */
type Made = ReadonlyMap<string, readonly Home[]>;

function madeIn(pkg: GoPackage): Made {
  const found = new Map<string, Home[]>();
  for (const home of pkg.saying(wakes)) for (const wake of wakesIn(pkg, home)) push(found, keyOf(wake), home);
  return found;
}

/** The last one in production code. */
function lastOf(homes: readonly Home[] | undefined): Home | undefined {
  return homes?.findLast(({ file }) => !isTestFile(file));
}

/** Whether one of two functions names the other. */
function isNear(pkg: GoPackage, one: Home, other: Home): boolean {
  return pkg.mentions.isIn(one.decl.name.name, other.decl, other.file) || pkg.mentions.isIn(other.decl.name.name, one.decl, one.file);
}

/** A thing that others know too, where its function names it: a parameter, or a local variable that it gives out. */
function outliving(pkg: GoPackage, { decl }: Home, { how, what }: Wake): Ident | undefined {
  const short = what.slice(what.lastIndexOf(' ') + 1);
  if (how === 'Signal' || short === what) return undefined;
  let found: Ident | undefined;
  walk(decl, (node) => {
    const obj = node.kind === 'Ident' && node.name === short ? pkg.objectOf(node) : undefined;
    if (obj?.kind === 'var' && (obj.role === 'param' || (obj.role === 'local' && how === 'close' && handedOn(pkg, what) > 0))) found ??= obj.ident;
    return found === undefined;
  });
  return found;
}

function wakesIn(pkg: GoPackage, { decl }: Home): readonly Wake[] {
  const found: Wake[] = [];
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'CallExpr') return;
    const { fun, args: [arg] } = node;
    const how = fun.kind === 'Ident' && fun.name === 'close' ? 'close' : fun.kind === 'SelectorExpr' ? syncWake(pkg, fun) : undefined;
    const thing = fun.kind === 'SelectorExpr' ? fun.x : arg;
    if (how && thing) for (const what of calledNames(pkg, thing, decl)) found.push({ how, what, call: node, isDeferred: parents.some(({ kind }) => kind === 'DeferStmt') });
  });
  return found;
}

function syncWake(pkg: GoPackage, { x, sel }: Extract<Expr, { kind: 'SelectorExpr' }>): Wake['how'] | undefined {
  if (sel.name === 'Done') return isNamed(pkg.typeOf(x), 'sync', 'WaitGroup') ? 'Done' : undefined;
  return (sel.name === 'Signal' || sel.name === 'Broadcast') && isNamed(pkg.typeOf(x), 'sync', 'Cond') ? 'Signal' : undefined;
}

/** Loops over a channel; and, of channels on which nothing is sent, receives beside which nothing else leads away. */
function waitsForClose(pkg: GoPackage, ends: readonly End[]): readonly Waiting[] {
  const named = ends.flatMap((end) => calledNames(pkg, end.channel, end.decl).map((what) => ({ ...end, what })));
  const told = new Set(named.filter(({ kind }) => kind === 'send').map(({ what }) => what));
  return named.flatMap((end): Waiting[] => {
    const isLoop = end.kind === 'range' && pkg.infer.underlying(pkg.typeOf(end.channel)).kind === 'chan';
    const isSignal = end.kind === 'receive' && !told.has(end.what) && isOnlyWay(pkg, end);
    return isLoop || isSignal ? [{ how: 'close', what: end.what, decl: end.decl, file: end.file, func: end.func, node: end.node, on: end.channel }] : [];
  });
}

function isOnlyWay(pkg: GoPackage, { choice, func }: End): boolean {
  if (!choice || choice.select.clauses.length === 1) return true;
  return waysOut(pkg, func, choice.select).every((clause) => clause === choice.clause) && choice.select.clauses.every(({ comm }) => comm !== null);
}

/** `wg.Wait()` of counters that are counted up, and `cond.Wait()`. */
function waitsForSync(pkg: GoPackage): readonly Waiting[] {
  const found: Waiting[] = [];
  const counted = new Set<string>();
  for (const { decl, file } of pkg.saying(/\.(?:Wait|Add)\(/u)) {
    walkWithParents(decl, (node, parents) => {
      if (node.kind !== 'CallExpr' || node.fun.kind !== 'SelectorExpr') return;
      const { x, sel } = node.fun;
      if (sel.name !== 'Wait' && sel.name !== 'Add') return;
      const names = calledNames(pkg, x, decl);
      if (sel.name === 'Add') for (const what of names) counted.add(what);
      const how = sel.name !== 'Wait' ? undefined : isNamed(pkg.typeOf(x), 'sync', 'WaitGroup') ? 'Done' : isNamed(pkg.typeOf(x), 'sync', 'Cond') ? 'Signal' : undefined;
      const func = innermost(decl, parents);
      if (how) for (const what of names) found.push({ how, what, decl, file, func, node, on: x });
    });
  }
  return found.filter(({ how, what }) => how !== 'Done' || counted.has(what));
}

/** How often a thing is given to a call or a literal, returned, or assigned to something. */
function handedOn(pkg: GoPackage, what: string): number {
  const short = what.slice(Math.max(what.lastIndexOf('.'), what.lastIndexOf(' ')) + 1);
  let count = 0;
  for (const { decl } of pkg.mentioning(short)) {
    walkWithParents(decl, (node, parents) => {
      const parent = parents.at(-1);
      if (!parent || (node.kind !== 'Ident' && node.kind !== 'SelectorExpr') || calledName(pkg, node, decl) !== what) return;
      const isMeasured = parent.kind === 'CallExpr' && parent.fun.kind === 'Ident' && /^(?:close|len|cap)$/u.test(parent.fun.name);
      if (!isMeasured && isHandedOn(node, parent)) count += 1;
    });
  }
  return count;
}
