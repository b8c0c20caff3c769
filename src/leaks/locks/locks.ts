import type { FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isTestFile } from '../of-tests.ts';
import { Accesses } from './access.ts';
import { actingFunctions } from './acting.ts';
import { Callees, type Home } from './callees.ts';
import { Channels } from './channels.ts';
import { Operations } from './operations.ts';
import { emptySummary, type Held, type Summary } from './summary.ts';
import { relevantFunctions } from './relevance.ts';
import { summarize, summarizePlain } from './walk.ts';

/** A function of the package with what it does. */
export interface Summarized {
  readonly func: FuncNode;
  readonly home: Home;
  readonly summary: Summary;
}

/** What the functions of a package do to its locks, worked out on demand. */
export class Locks {
  readonly pkg: GoPackage;
  readonly accesses: Accesses;
  readonly operations: Operations;
  readonly callees: Callees;
  readonly #summaries = new Map<FuncNode, Map<string, Summary>>();
  /** The functions that are being worked out, with what they are taken for where they call themselves. */
  readonly #busy = new Map<FuncNode, { readonly taken: Summary; isAsked: boolean }>();
  /** Functions whose summaries rest on what one that is being worked out is taken for. */
  readonly #provisional = new Set<FuncNode>();
  readonly #inlined = new Set<FuncNode>();
  readonly #successors = new Set<FuncNode>();
  readonly #entered = new Set<FuncNode>();
  #channels: Channels | undefined;
  #relevant: ReadonlySet<FuncDecl> | undefined;
  #acting: ReadonlySet<FuncDecl> | undefined;
  #all: readonly Summarized[] | undefined;
  #roots: readonly Summarized[] | undefined;

  constructor(pkg: GoPackage) {
    this.pkg = pkg;
    this.accesses = new Accesses(pkg);
    this.operations = new Operations(pkg, this.accesses);
    this.callees = new Callees(pkg, this.accesses);
  }

  /** All functions and literals of the package with what they do. */
  functions(): readonly Summarized[] {
    this.#all ??= Array.from(this.callees.all(), ([func, home]) => ({ func, home, summary: this.summaryOf(func) }));
    return this.#all;
  }

  /** Whether calls of the package run it through a variable, a field or an interface. */
  isEntered(func: FuncNode): boolean {
    return this.#entered.has(func);
  }

  /** The functions that something outside of the package's calls runs: goroutines, callbacks, what other packages can call. */
  roots(): readonly Summarized[] {
    const all = this.functions();
    this.#roots ??= all.filter(({ func }) => this.#isRoot(func));
    return this.#roots;
  }

  #isRoot(func: FuncNode): boolean {
    const { callees } = this;
    if (callees.isStarted(func)) return true;
    if (func.kind === 'FuncLit') return !this.isInlined(func) && !this.isEntered(func);
    if (/^\p{Lu}/u.test(func.name.name) && (func.owner === null || /^\p{Lu}/u.test(func.owner))) return true;
    return callees.isValue(func) || callees.callSitesOf(func).length === 0;
  }

  /** The roots from which calls lead to a function, itself among them where it is one; tests, which run their own ways, are left out. */
  rootsOf(func: FuncNode, { decl, file }: Home, seen = new Set<FuncNode>()): ReadonlySet<FuncNode> {
    if (seen.has(func)) return new Set();
    seen.add(func);
    if (this.#isRoot(func)) return new Set(isTestFile(file) && !this.callees.isStarted(func) ? [] : [func]);
    if (func.kind === 'FuncLit') return this.rootsOf(decl, { decl, file }, seen);
    return new Set(this.callees.callSitesOf(func).flatMap((site) => [...this.rootsOf(site.decl, site, seen)]));
  }

  /** Whether a lock is one of an object that the function has just made, and nobody else knows yet. */
  isLonely({ lock, site }: Pick<Held, 'lock' | 'site'>): boolean {
    return lock.root !== null && lock.root.func === site.func && this.accesses.isFresh(lock.root);
  }

  channels(): Channels {
    this.#channels ??= new Channels(this.pkg, this.accesses, this.callees);
    return this.#channels;
  }

  /** Whether a literal is a part of the function around it: called or deferred there. */
  isInlined(func: FuncNode): boolean {
    return this.#inlined.has(func);
  }

  /** Whether it is a goroutine that lets go of a lock which its starter holds. */
  isSuccessor(func: FuncNode): boolean {
    return this.#successors.has(func);
  }

  /** What a function does, for constant arguments where they are given. Where it comes back to itself, that is the same without coming back. */
  summaryOf(func: FuncNode, constants: ReadonlyMap<VarObj, boolean> = new Map()): Summary {
    const key = [...constants].map(([obj, is]) => `${obj.name}=${String(is)}`).join(',');
    const known = this.#summaries.get(func) ?? new Map<string, Summary>();
    this.#summaries.set(func, known);
    const summary = known.get(key);
    if (summary) {
      if (this.#provisional.has(func)) this.#restsOn(undefined);
      return summary;
    }
    const home = this.callees.homeOf(func);
    const busy = this.#busy.get(func);
    if (busy) {
      busy.isAsked = true;
      this.#restsOn(func);
    }
    if (!home || !func.body || busy) return busy?.taken ?? emptySummary;
    this.#relevant ??= relevantFunctions(this.pkg);
    if (!this.#relevant.has(home.decl)) return emptySummary;
    this.#acting ??= actingFunctions(this, this.#relevant);
    if (!this.#acting.has(home.decl)) {
      const plain = summarizePlain(this, func);
      known.set(key, plain);
      return plain;
    }
    const first = this.#summarize(func, home, constants, emptySummary);
    const isOutermost = this.#busy.size === 0;
    // What others were taken for on the way here did not come back either.
    if (first.isAsked && isOutermost) for (const one of this.#provisional) this.#summaries.delete(one);
    const found = first.isAsked ? this.#summarize(func, home, constants, first.found) : first;
    if (isOutermost) this.#provisional.clear();
    this.#summaries.set(func, (this.#summaries.get(func) ?? new Map<string, Summary>()).set(key, found.found));
    return found.found;
  }

  /** Notes that what is being worked out since that function, or since the first, rests on what that is taken for. */
  #restsOn(func: FuncNode | undefined): void {
    const stack = [...this.#busy.keys()];
    for (const one of stack.slice(func === undefined ? 1 : stack.indexOf(func) + 1)) this.#provisional.add(one);
  }

  /** `taken`: what it is taken for where it calls itself; `isAsked`: whether it does. */
  #summarize(func: FuncNode, home: Home, constants: ReadonlyMap<VarObj, boolean>, taken: Summary): { readonly found: Summary; readonly isAsked: boolean } {
    const busy = { taken, isAsked: false };
    this.#busy.set(func, busy);
    const found = summarize({ pkg: this.pkg, accesses: this.accesses, operations: this.operations, callees: this.callees, summaryOf: (one, given) => this.summaryOf(one, given), noteInlined: (one) => void this.#inlined.add(one), noteSuccessor: (one) => void this.#successors.add(one), noteEntered: (one) => void this.#entered.add(one) }, func, home, constants);
    this.#busy.delete(func);
    return { found, isAsked: busy.isAsked };
  }
}
