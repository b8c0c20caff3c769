import { childrenOf, contains, type CallExpr, type File, type FuncDecl, type Node, type Span } from '../../go/ast.ts';
import { successors, type Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode } from '../../go/scope.ts';
import { paramsOf, type Goroutines } from '../exits/goroutines.ts';
import type { Loop } from '../exits/loops.ts';
import { thingOf } from '../exits/things.ts';
import { walkWithParents } from '../field-uses.ts';
import { bringsUp, goesRound } from '../lifecycle.ts';
import { isOfTests } from '../of-tests.ts';
import { isHandler, isServed } from '../served.ts';
import { isSingleton, runsOnce } from '../teardown.ts';
import { rootVariableOf, signalOf, type Signal } from './watchers.ts';

/** A place in a function, with the functions around it, the innermost last. */
export interface Spot {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly funcs: readonly FuncNode[];
  readonly node: Node;
}

/**
 * Why code is come to again and again while a signal stays the same.
 * - `loop`: a loop leads to it.
 * - `handler`: a server calls it for each request.
 * - `exported`: other packages call it, on an object that the signal belongs to.
 */
export type Repeat =
  | { readonly kind: 'loop'; readonly at: Spot; readonly loop: Loop }
  | { readonly kind: 'handler' | 'exported'; readonly at: Spot };

/** Functions that run, as a rule, once for their object. */
const once = (name: string): boolean => bringsUp.test(name) || /^(?:Stop|Close|Shutdown)/u.test(name);

/** How many calls lead from what repeats to the place. */
const farthest = 3;

export class Repeats {
  readonly #pkg: GoPackage;
  readonly #goroutines: Goroutines;

  constructor(pkg: GoPackage, goroutines: Goroutines) {
    this.#pkg = pkg;
    this.#goroutines = goroutines;
  }

  /** What leads to a place again and again with all signals the same. `isPart`: what must come anew with each turn. */
  of(spot: Spot, signals: readonly Signal[], isPart: (loop: Loop) => boolean = () => true, seen: readonly FuncDecl[] = []): Repeat | undefined {
    const func = spot.funcs.at(-1);
    if (!func) return undefined;
    const loop = loopsAround(func, spot.node).find((one) => goesRound(this.#pkg, one) && this.comesBack(func, spot.node, signals) && isPart(one) && signals.every((signal) => this.#staysIn(one, signal)));
    if (loop) return { kind: 'loop', at: spot, loop };
    if (func.kind === 'FuncLit') return this.#ofLiteral(spot, func, signals, seen);
    return this.#ofDecl(spot, func, signals, seen);
  }

  #ofLiteral(spot: Spot, func: FuncNode, signals: readonly Signal[], seen: readonly FuncDecl[]): Repeat | undefined {
    if (isHandler(this.#pkg, func.type) && signals.every((signal) => !this.#isOf(signal, func))) return { kind: 'handler', at: spot };
    let found: Repeat | undefined;
    walkWithParents(spot.decl, (node, parents) => {
      const parent = parents.at(-1);
      if (node !== func || parent?.kind !== 'CallExpr' || (parent.fun !== func && !this.#goroutines.isOfGroup(parent))) return;
      const outer = signals.map((signal) => this.#outside(signal, func, parent));
      const funcs = spot.funcs.slice(0, -1);
      if (outer.every((one) => one !== undefined)) found = this.of({ ...spot, funcs, node: parents.findLast((one) => one.kind === 'GoStmt' || one.kind === 'DeferStmt' || one.kind === 'ExprStmt') ?? parent }, outer, () => true, seen);
    });
    return found;
  }

  #ofDecl(spot: Spot, func: FuncDecl, signals: readonly Signal[], seen: readonly FuncDecl[]): Repeat | undefined {
    if (seen.length >= farthest || seen.includes(func)) return undefined;
    const isOwners = signals.every((signal) => this.#isOfOwner(signal));
    if (isOwners && isHandler(this.#pkg, func.type)) return { kind: 'handler', at: spot };
    const calls = this.#callsOf(func);
    for (const site of calls) {
      const outer = signals.map((signal) => this.#outside(signal, func, site.node));
      const found = outer.every((one) => one !== undefined) ? this.of(site, outer, () => true, [...seen, func]) : undefined;
      if (found) return found;
    }
    // What the package itself calls, and only once, is mostly there for that.
    const { name } = func.name;
    if (calls.length > 0) return undefined;
    if (this.#pkg.name === 'main' || !/^\p{Lu}/u.test(name) || once(name) || isServed(this.#pkg, func.type) || !signals.every((signal) => this.#isGiven(signal))) return undefined;
    return !runsOnce(this.#pkg, func) && (func.owner === null || !isSingleton(this.#pkg, func.owner)) ? { kind: 'exported', at: spot } : undefined;
  }

  /** The calls of a function by code that is not tests'. */
  #callsOf(func: FuncDecl): (Spot & { readonly node: CallExpr })[] {
    const found: (Spot & { readonly node: CallExpr })[] = [];
    for (const { decl, file } of this.#pkg.mentioning(func.name.name)) {
      if (decl === func || isOfTests(file, decl, this.#pkg)) continue;
      walkWithParents(decl, (node, parents) => {
        if (node.kind === 'CallExpr' && this.#pkg.declOf(node.fun) === func) found.push({ file, decl, node, funcs: parents.filter((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl') });
      });
    }
    return found;
  }

  /** A signal as the caller of a function writes it; undefined where it is the function's own, or cannot be told. */
  #outside(signal: Signal, func: FuncNode, call: CallExpr): Signal | undefined {
    const root = rootVariableOf(this.#pkg, signal.of);
    if (!root || this.#goroutines.isReassigned(root)) return undefined;
    if (root.func !== func) return signal;
    const given = root.role === 'receiver' ? (call.fun.kind === 'SelectorExpr' ? call.fun.x : undefined) : root.role === 'param' ? call.args[paramsOf(func).indexOf(root.ident)] : undefined;
    if (!given) return undefined;
    const theirs = rootVariableOf(this.#pkg, given.kind === 'CallExpr' ? (signalOf(this.#pkg, given)?.of ?? given) : given);
    if (!theirs || this.#goroutines.isReassigned(theirs)) return undefined;
    // Of a field what it is a field of is asked: that lives as long.
    if (signal.of.kind !== 'Ident') return { of: given, isContext: false };
    return signal.isContext ? { of: given, isContext: true } : signalOf(this.#pkg, given);
  }

  /** Whether what a signal belongs to is there before a loop, and is not another one at each turn. */
  #staysIn(loop: Loop, signal: Signal): boolean {
    const root = rootVariableOf(this.#pkg, signal.of);
    if (!root || within(root.ident, loop)) return false;
    return !contains(loop.body, (node) => node.kind === 'AssignStmt' && node.lhs.some((one) => one.kind === 'Ident' ? this.#pkg.objectOf(one) === root : one.kind === 'SelectorExpr' && signal.of.kind === 'SelectorExpr' && one.sel.name === signal.of.sel.name));
  }

  /** Whether a signal is a field of the receiver, or a variable of the package. */
  #isOfOwner({ of }: Signal): boolean {
    const root = rootVariableOf(this.#pkg, of);
    return root !== undefined && (root.role === 'package' || (root.role === 'receiver' && of.kind === 'SelectorExpr'));
  }

  /** Whether a signal comes from who calls a function, or belongs to its owner. */
  #isGiven(signal: Signal): boolean {
    return this.#isOfOwner(signal) || rootVariableOf(this.#pkg, signal.of)?.role === 'param';
  }

  #isOf({ of }: Signal, func: FuncNode): boolean {
    return rootVariableOf(this.#pkg, of)?.func === func;
  }

  /** Whether control comes from a place back to it, and a signal was not waited for. */
  comesBack(func: FuncNode, place: Span, signals: readonly Signal[]): boolean {
    return this.#after(func, place, signals).has('again');
  }

  /** Whether control comes from a place to the end of its function, and a signal was not waited for. */
  leaves(func: FuncNode, place: Span, signals: readonly Signal[]): boolean {
    return this.#after(func, place, signals).has('end');
  }

  #after(func: FuncNode, place: Span, signals: readonly Signal[]): ReadonlySet<'again' | 'end'> {
    const found = new Set<'again' | 'end'>();
    const isPlace = (node: Node): boolean => node.pos <= place.pos && place.end <= node.end;
    const start = this.#pkg.cfgOf(func).blocks.find((block) => block.nodes.some(isPlace));
    const seen = new Set<Block>();
    const visit = (block: Block, from: number): void => {
      for (const node of block.nodes.slice(from)) {
        if (isPlace(node)) return void found.add('again');
        if (this.#waitsFor(node, signals)) return;
      }
      if (block.exit.kind === 'return') found.add('end');
      for (const next of this.#ways(block, signals)) {
        if (seen.has(next)) continue;
        seen.add(next);
        visit(next, 0);
      }
    };
    if (start) visit(start, start.nodes.findIndex(isPlace) + 1);
    return found;
  }

  /** The ways on from a block but those that say that a signal came. */
  #ways(block: Block, signals: readonly Signal[]): readonly Block[] {
    const { exit } = block;
    if (exit.kind !== 'branch' || exit.cond.kind !== 'BinaryExpr' || (exit.cond.op !== '!=' && exit.cond.op !== '==')) return successors(block);
    const { x, op } = exit.cond;
    const asks = x.kind === 'CallExpr' && x.fun.kind === 'SelectorExpr' && x.fun.sel.name === 'Err' && this.#isOne({ of: x.fun.x, isContext: true }, signals);
    return asks ? [op === '!=' ? exit.else : exit.then] : successors(block);
  }

  #waitsFor(node: Node, signals: readonly Signal[]): boolean {
    if (node.kind === 'GoStmt' || node.kind === 'DeferStmt') return false;
    // In a select, the channels are there before the choice; a case has its receive.
    const waits = (one: Node): boolean => {
      if (one.kind !== 'UnaryExpr' || one.op !== '<-') return false;
      const signal = signalOf(this.#pkg, one.x);
      return signal !== undefined && this.#isOne(signal, signals);
    };
    const search = (one: Node): boolean => one.kind !== 'FuncLit' && (waits(one) || childrenOf(one).some(search));
    return search(node);
  }

  #isOne(signal: Signal, signals: readonly Signal[]): boolean {
    const thing = thingOf(this.#pkg, this.#goroutines, signal.of);
    return thing !== undefined && signals.some((one) => one.isContext === signal.isContext && thingOf(this.#pkg, this.#goroutines, one.of) === thing);
  }
}

/** The loops of a function around a place, the innermost first. */
function loopsAround(func: FuncNode, place: Span): Loop[] {
  const found: Loop[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'FuncLit' || !within(place, node)) return;
    if ((node.kind === 'ForStmt' || node.kind === 'RangeStmt') && within(place, node.body)) found.unshift(node);
    for (const child of childrenOf(node)) visit(child);
  };
  if (func.body) visit(func.body);
  return found;
}

function within(one: Span, around: Span): boolean {
  return around.pos <= one.pos && one.end <= around.end;
}
