import type { File, FuncDecl } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { findEndless, type EndlessGoroutine } from './exits/exits.ts';
import { channelFields, type ChannelField } from './field-uses.ts';
import { Locks } from './locks/locks.ts';
import { Compiler } from './machine/compile.ts';
import { explore, type Exploration, type Stuck } from './machine/explore.ts';
import { Machine, type Step } from './machine/machine.ts';
import type { Chan, Obj } from './machine/value.ts';

/** What one function may cost. Most stay far below; what runs over is tried with less around it, and then named among the problems. */
const limits = { states: 1000, steps: 10_000 };

/** How deep calls are followed: as far as programs go, and, for functions that are too much that way, hardly beyond themselves. */
const depths = { far: 14, near: 3 };

/** A goroutine that waits for good, as found from one function under study. */
export interface Wait {
  /** The function the exploration started from, the first of `roots`. */
  readonly root: FuncDecl;
  /** All functions under study in which the same wait was found. */
  readonly roots: readonly FuncDecl[];
  readonly stuck: Stuck;
  /** Where it waits. */
  readonly pos: number;
  /** What it waits on, where that is one object. */
  readonly on: Obj | undefined;
}

/** One package under analysis: what the engines found, computed on first demand and shared by the rules. */
export class Analysis {
  readonly pkg: GoPackage;
  readonly compiler: Compiler;
  /** Functions that were too much for the machine. */
  readonly exhausted: { readonly file: File; readonly decl: FuncDecl }[] = [];
  /** Functions that were not followed as far as programs go. */
  readonly limited = new Set<FuncDecl>();
  readonly #isRoot: (decl: FuncDecl, file: File) => boolean;
  #waits: readonly Wait[] | undefined;
  #endless: readonly EndlessGoroutine[] | undefined;
  #channelFields: readonly ChannelField[] | undefined;
  #locks: Locks | undefined;

  /** `isRoot` narrows what is explored: a change concerns only some functions. */
  constructor(pkg: GoPackage, isRoot: (decl: FuncDecl, file: File) => boolean = () => true) {
    this.pkg = pkg;
    this.compiler = new Compiler(pkg, { withLocks: false });
    this.#isRoot = isRoot;
  }

  /** Every goroutine that some run leaves waiting for good; each place of waiting once per place it was started from. */
  waits(): readonly Wait[] {
    this.#waits ??= this.#findWaits();
    return this.#waits;
  }

  /** Goroutines that cannot end although something shows that they should. */
  endless(): readonly EndlessGoroutine[] {
    this.#endless ??= findEndless(this.pkg, this.#isRoot, () => this.channelFields());
    return this.#endless;
  }

  /** The channel fields of the package's structs, with all that is done to them. */
  channelFields(): readonly ChannelField[] {
    this.#channelFields ??= channelFields(this.pkg);
    return this.#channelFields;
  }

  /** What the package's functions do to its locks. What is found of functions that are not under study is `concerns`' to leave out. */
  locks(): Locks {
    this.#locks ??= new Locks(this.pkg);
    return this.#locks;
  }

  /** Whether a finding that these functions make together is of any interest. */
  concerns(...homes: readonly { readonly decl: FuncDecl; readonly file: File }[]): boolean {
    return homes.some(({ decl, file }) => this.#isRoot(decl, file));
  }

  #findWaits(): Wait[] {
    const far = new Machine(this.compiler, { deepest: depths.far });
    const near = new Machine(this.compiler, { deepest: depths.near });
    const found = new Map<string, Wait & { readonly roots: FuncDecl[] }>();
    for (const { decl, file } of this.pkg.funcs()) {
      if (!decl.body || !this.compiler.relevance.ofFunc(decl) || !this.#isRoot(decl, file)) continue;
      const code = this.compiler.codeOf(decl);
      let explorations = [explore(far, code, limits)];
      if (isExhausted(explorations)) {
        this.limited.add(decl);
        explorations = [explore(near, code, limits)];
      }
      if (isExhausted(explorations)) explorations = this.compiler.literalsOf(decl).map((lit) => explore(near, this.compiler.codeOf(lit), limits));
      if (isExhausted(explorations) || explorations.length === 0) this.exhausted.push({ file, decl });
      for (const stuck of explorations.flatMap((one) => one.stuck)) {
        // Where main itself waits for good the whole process hangs, and the others are not what is wrong.
        if (far.endsWithRoot(code) && stuck.withRoot) continue;
        const pos = positionOf(stuck.step);
        const spawn = stuck.state.procs[stuck.proc]?.spawn;
        const key = `${stuck.step.frame.code.id}:${pos}:${spawn ? `${spawn.code.id}:${spawn.pos}` : ''}`;
        const known = found.get(key);
        if (known) known.roots.push(decl);
        else found.set(key, { root: decl, roots: [decl], stuck, pos, on: waitsOn(stuck) });
      }
    }
    return [...found.values()];
  }
}

function isExhausted(explorations: readonly Exploration[]): boolean {
  return explorations.some((one) => one.exhausted);
}

/** Where a step stands in its function's file. */
export function positionOf(step: Step): number {
  return step.kind === 'instr' ? step.instr.pos : step.deferred.pos;
}

/** The one object a goroutine waits on: a channel, a lock, a counter; undefined for a select. */
function waitsOn(stuck: Stuck): Obj | undefined {
  const { step, state } = stuck;
  if (step.kind === 'deferred') return state.get(step.deferred.args[0]);
  const { instr, frame } = step;
  if (instr.op === 'send' || instr.op === 'recv' || instr.op === 'close') return state.get(frame.regs[instr.chan]);
  if (instr.op === 'call') return state.get(frame.regs[instr.call.args[0] ?? 0]);
  return undefined;
}

/** A channel made by code of the package, with the place of its making. */
export function madeHere(obj: Obj | undefined): obj is Chan & { readonly site: NonNullable<Chan['site']> } {
  return obj?.o === 'chan' && obj.site !== null && obj.of.kind === 'plain';
}

