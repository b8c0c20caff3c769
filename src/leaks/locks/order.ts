import { contains, type Node } from '../../go/ast.ts';
import { push } from '../../go/push.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Type } from '../../go/type.ts';
import { isTestFile } from '../of-tests.ts';
import { holderOf, isOfOneFunction, type Access } from './access.ts';
import type { Locks } from './locks.ts';
import type { Mode } from './operations.ts';
import { isAcquire } from './relocks.ts';
import { outermost, type Event, type Held } from './summary.ts';

/** A lock that is taken while another is held. */
export interface Edge {
  readonly first: Held;
  readonly second: Event & { readonly what: { readonly kind: 'acquire' } };
  /** The keys of the locks that are held for writing whenever the code comes here. */
  readonly gates: ReadonlySet<string>;
}

/** Two locks that are taken in one order here and in the other there. */
export interface Inversion {
  readonly one: Edge;
  readonly other: Edge;
  /** The two are of one kind: an object's and its parent's, by the names of the fields that lead up and down. */
  readonly family: { readonly up: string; readonly down: string } | null;
  /** Both are known to be the same two locks, and to be held; more than one goroutine may come there, and nothing is asked of their object in between. */
  readonly isSure: boolean;
}

/** The pairs of locks of the package that are taken in both orders, each once. */
export function inversionsOf(locks: Locks): readonly Inversion[] {
  const edges = new Map<string, Edge[]>();
  const all = [...edgesOf(locks)];
  const isOfOneKind = ({ first, second }: Edge): boolean => first.lock.key === second.what.lock.key;
  for (const edge of all) {
    if (isOfOneKind(edge)) continue;
    const key = `${edge.first.lock.key}>${edge.second.what.lock.key}`;
    push(edges, key, edge);
  }
  const found: Inversion[] = [];
  for (const [key, ones] of edges) {
    const [a = '', b = ''] = key.split('>');
    if (a >= b) continue;
    const others = edges.get(`${b}>${a}`) ?? [];
    const pairs = ones.flatMap((one) => others.filter((other) => canMeet(one, other) && isTest(one) === isTest(other) && mayBeSame(locks, one.first.lock, other.second.what.lock) && mayBeSame(locks, one.second.what.lock, other.first.lock)).map((other) => ({ one, other, family: null, isSure: isSamePair(one, other) && mayComeAtOnce(locks, one, other) && ![one, other].some((edge) => edge.first.isSometimes || asksBetween(locks, edge)) })));
    const best = pairs.sort((x, y) => Number(y.isSure) - Number(x.isSure) || lengthOf(x) - lengthOf(y))[0];
    if (best) found.push(best);
  }
  return [...found, ...inFamilies(locks, all.filter(isOfOneKind))];
}

/** Locks of one kind that are taken up a tree of objects here and down it there, each kind once. */
function inFamilies(locks: Locks, ofOneKind: readonly Edge[]): readonly Inversion[] {
  const edges = ofOneKind.flatMap((edge) => {
    const step = stepOf(locks, edge);
    return step && !isTest(edge) ? [{ edge, key: edge.first.lock.key, ...step }] : [];
  });
  const [ups, downs] = [edges.filter(({ isUp }) => isUp), edges.filter(({ isUp }) => !isUp)];
  const found = new Map<string, Inversion>();
  for (const up of ups) {
    for (const down of downs) {
      if (up.key !== down.key || !canMeet(up.edge, down.edge)) continue;
      const pair: Inversion = { one: up.edge, other: down.edge, family: { up: up.field, down: down.field }, isSure: false };
      const known = found.get(up.key);
      if (!known || lengthOf(pair) < lengthOf(known)) found.set(up.key, pair);
    }
  }
  return [...found.values()];
}

/** The field that leads from the object of the first lock to that of the second: a pointer to one of its type, or what keeps several of them. */
function stepOf({ accesses }: Locks, { first: { lock }, second }: Edge): { readonly isUp: boolean; readonly field: string } | undefined {
  const to = second.what.lock;
  if (lock.root === null || to.root === null || lock.path.length !== 1) return undefined;
  if (to.root === lock.root) {
    const [up, ...more] = to.path;
    return up?.type.kind === 'pointer' && more.length === 1 && !/^[[(]/u.test(up.name) ? { isUp: true, field: up.name } : undefined;
  }
  const container = accesses.containerOf(to.root);
  const down = container?.path.at(-1);
  return down && container?.root === lock.root && to.path.length === 1 ? { isUp: false, field: down.name } : undefined;
}

function* edgesOf(locks: Locks): Generator<Edge> {
  const gates = gatesOf(locks);
  for (const { summary } of locks.functions()) {
    for (const event of summary.events) {
      if (!isAcquire(event) || locks.isLonely({ lock: event.what.lock, site: event.site })) continue;
      for (const first of event.held) {
        // Where a callee takes both, they are found there.
        if (first.calls.length > 0 || first.lock.id === event.what.lock.id || isOfOneFunction(first.lock) || isOfOneFunction(event.what.lock) || locks.isLonely(first)) continue;
        yield { first, second: event, gates: gates.get(placesOf(first, event)) ?? heldKeys(event) };
      }
    }
  }
}

/** What is held around two places wherever the package is entered: unlike what one function sees, this knows its callers' locks. */
function gatesOf(locks: Locks): Map<string, ReadonlySet<string>> {
  const found = new Map<string, ReadonlySet<string>>();
  for (const { summary } of locks.roots()) {
    // A method that unlocks what it has not locked is called with the lock held.
    const given = summary.exits.flatMap((exit) => exit.released.map((lock) => lock.key));
    for (const event of summary.events) {
      // What an implementation of an interface has locked on the way is not known to be held.
      if (!isAcquire(event) || event.isDynamic) continue;
      const held = new Set([...heldKeys(event), ...given]);
      for (const first of event.held) {
        const key = placesOf(first, event);
        const known = found.get(key);
        found.set(key, known ? new Set([...known].filter((one) => held.has(one))) : held);
      }
    }
  }
  return found;
}

function placesOf(first: Held, second: Event): string {
  return `${first.origin.file.path}:${first.origin.span.pos}-${second.site.file.path}:${second.site.span.pos}`;
}

/** Locks that are held for writing. */
function heldKeys(event: Event): Set<string> {
  return new Set(event.held.filter((one) => one.mode === 'write').map((one) => one.lock.key));
}

/** Tests run their own ways, one at a time. */
function isTest({ first, second }: Edge): boolean {
  return [first.site, second.site, ...first.calls, ...second.calls].some(({ file }) => isTestFile(file));
}

/** Whether two locks of one kind can be one: not where different structs embed them. */
function mayBeSame(locks: Locks, a: Access, b: Access): boolean {
  const typeOf = (root: VarObj): Type => locks.pkg.infer.typeOfVar(root);
  const [x, y] = [holderOf(a, typeOf), holderOf(b, typeOf)];
  if (x === y && x !== undefined) return true;
  const [owner = ''] = a.key.split('.');
  // A method of an embedded type may run on any struct that embeds it; where several do, it is not known which.
  if (embedders(locks, owner) > 1) return false;
  return x === undefined || y === undefined || x === owner || y === owner;
}

/** How many structs of the package embed a type. */
function embedders(locks: Locks, name: string): number {
  const structs = locks.pkg.files.flatMap((file) => file.specs.flatMap((spec) => (spec.kind === 'TypeSpec' ? [locks.pkg.infer.typeExpr(spec.type)] : [])));
  return structs.filter((type) => type.kind === 'struct' && type.fields.some((field) => field.embedded && field.name === name)).length;
}

/** Whether two goroutines come here as far as the package shows: not where all calls are of one goroutine's, which takes the locks one after the other. */
function mayComeAtOnce(locks: Locks, one: Edge, other: Edge): boolean {
  const roots = new Set([one, other].flatMap(({ first: { site } }) => [...locks.rootsOf(site.func, site)]));
  const [root] = roots;
  return roots.size > 1 || (root !== undefined && !locks.callees.isStarted(root));
}

/**
 * Whether code asks something of the object, or of the package's variables, between the two locks, so that it takes the second only in some states of
 * it: `if c.isComplete() { return }`. The other side may be taken only in others.
 */
function asksBetween({ pkg }: Locks, { first, second }: Edge): boolean {
  const { root } = first.lock;
  const { func, span } = first.site;
  const to = outermost(second).span;
  if (!root || !func.body) return false;
  const isVariable = (node: Node): boolean => {
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    return obj?.kind === 'var' && obj.role === 'package';
  };
  const isOfObject = root.role === 'package' ? isVariable : (node: Node): boolean => node.kind === 'SelectorExpr' && node.x.kind === 'Ident' && pkg.objectOf(node.x) === root;
  return contains(func.body, (node) => {
    if (node.kind !== 'IfStmt' || node.pos < span.end || node.pos > to.pos || !contains(node.cond, isOfObject)) return false;
    return node.end > to.pos || contains(node.body, (one) => one.kind === 'ReturnStmt');
  });
}

function lengthOf({ one, other }: Inversion): number {
  return one.second.calls.length + other.second.calls.length;
}

/** Whether two goroutines can each hold what the other wants: neither reads what the other only reads, and no third lock keeps them apart. */
function canMeet(one: Edge, other: Edge): boolean {
  if (!excludes(one.first.mode, other.second.what.mode) || !excludes(other.first.mode, one.second.what.mode)) return false;
  const own = new Set([one.first.lock.key, other.first.lock.key]);
  return ![...one.gates].some((key) => !own.has(key) && other.gates.has(key));
}

function excludes(a: Mode, b: Mode): boolean {
  return a === 'write' || b === 'write';
}

/** Two package variables, or two fields of one object, by the same names on both ways. */
function isSamePair(one: Edge, other: Edge): boolean {
  if (one.second.isDynamic || other.second.isDynamic) return false;
  const [a, b] = [one.first.lock, one.second.what.lock];
  const [d, c] = [other.first.lock, other.second.what.lock];
  if ([a, b, c, d].every((lock) => lock.root?.role === 'package' && lock.exact)) return a.id === c.id && b.id === d.id;
  if (![a, b, c, d].every((lock) => lock.exact && lock.root !== null)) return false;
  const names = (lock: Held['lock']): string => lock.path.map((segment) => segment.name).join('.');
  return a.root === b.root && c.root === d.root && names(a) === names(c) && names(b) === names(d);
}
