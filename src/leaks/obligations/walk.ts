import { comparedWithNil, isNil, textOf, walk, type CommClause, type Expr, type File, type Node, type ReturnStmt, type Span } from '../../go/ast.ts';
import { successors, type Block, type Cfg } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { VarObj } from '../../go/scope.ts';
import { isTestFile, isTesting } from '../of-tests.ts';
import type { Effect } from './uses.ts';

/** States that one walk may visit; beyond that nothing is said. */
const mostStates = 4000;

/** What is looked for on the paths of one function. */
export interface Walked {
  readonly pkg: GoPackage;
  readonly file: File;
  readonly cfg: Cfg;
  /** The node that obtains the thing. */
  readonly obtains: Node;
  /** From when on it holds somebody up: from the start, where null. */
  readonly arms: Node | null;
  /** The variable that holds it, if it is one. */
  readonly variable: VarObj | null;
  /** The field of the variable that holds it, if it does not hold it itself. */
  readonly path: string | null;
  /** The error beside it: where that is not nil nothing was obtained. */
  readonly error: VarObj | null;
  readonly effect: (node: Node) => Effect;
  /** The error of a statement that gives the thing back, or away, unless it fails; `here` where it returns that. */
  readonly mayFail?: (node: Node) => VarObj | 'here' | undefined;
  /** Whether a deferred call has to wait until a loop ends that goes on for as long as its goroutine. */
  readonly isPutOff: (node: Node) => boolean;
  /** A condition that is false once the thing has been used up: `rows.Next()`, the `ok` of an iterator's `next()`; or a channel of it that is then closed. */
  readonly endsWhenFalse: (cond: Expr) => boolean;
}

/** A decision on the way. */
export interface Decision {
  readonly span: Span;
  readonly taken: boolean | CommClause;
}

/** A path on which the thing is not given back. */
export interface Lost {
  /**
   * `again`: the same statement obtains the next one; `putOff`: so it does while a deferred call waits for the loop to end; `overwritten`: the variable
   * is given another value; `returned`: the function ends.
   */
  readonly kind: 'again' | 'putOff' | 'overwritten' | 'returned';
  /** Where: null where the function falls off its end. */
  readonly at: Node | null;
  readonly decisions: readonly Decision[];
  /** What should have given it back, or taken it, has failed. */
  readonly isRefused?: boolean;
}

/** What is known of the error: not yet asked, nil, or no longer the one of this call. */
type ErrorState = 'open' | 'nil' | 'other';

interface State {
  readonly block: Block;
  readonly held: boolean;
  readonly armed: boolean;
  readonly error: ErrorState;
  /** A deferred literal gives the thing back where this variable then holds an error; whether it is known to be nil. */
  readonly guard: { readonly error: VarObj; readonly isNil: boolean } | null;
  /** It has been given back unless this, which was not asked for yet, is an error. */
  readonly unless: VarObj | null;
  /** That was asked, and is one. */
  readonly isRefused: boolean;
  /** A deferred call gives the thing back, once the function ends. */
  readonly putOff: boolean;
  readonly facts: ReadonlyMap<string, boolean>;
  readonly decisions: readonly Decision[];
}

/** The shortest path from the function's start on which the thing is obtained and then not given back; undefined where there is none or it is too much. */
export function findLoss(walked: Walked): Lost | undefined {
  return new PathWalk(walked).run();
}

class PathWalk {
  readonly #walked: Walked;
  readonly #repeated: ReadonlySet<string>;
  readonly #leading: ReadonlySet<Block>;

  constructor(walked: Walked) {
    this.#walked = walked;
    this.#repeated = repeatedConditions(walked);
    this.#leading = leadingTo(walked);
  }

  run(): Lost | undefined {
    const seen = new Set<string>();
    let work: State[] = [{ block: this.#walked.cfg.entry, held: false, armed: this.#walked.arms === null, error: 'open', guard: null, unless: null, isRefused: false, putOff: false, facts: new Map(), decisions: [] }];
    while (work.length > 0) {
      const next: State[] = [];
      for (const state of work) {
        const key = `${state.block.index}|${state.held}|${state.armed}|${state.error}|${state.guard?.isNil ?? ''}|${state.unless !== null}|${state.isRefused}|${state.putOff}|${[...state.facts].map(([name, value]) => `${name}=${value}`).sort().join('|')}`;
        if (seen.has(key) || (!state.held && !this.#leading.has(state.block))) continue;
        seen.add(key);
        if (seen.size > mostStates) return undefined;
        const after = this.#through(state);
        if (after === 'done') continue;
        if ('kind' in after) return after;
        if (after.held && after.armed && !after.putOff && after.unless === null && after.block.exit.kind === 'return' && !isGuarded(after, after.block.exit.stmt)) return { kind: 'returned', at: after.block.exit.stmt, decisions: after.decisions, isRefused: after.isRefused };
        next.push(...this.#onward(after));
      }
      work = next;
    }
    return undefined;
  }

  /** Goes through a block's nodes. `done`: nothing can be lost on this path any more. */
  #through(state: State): State | Lost | 'done' {
    const { obtains, arms, effect, variable } = this.#walked;
    let { held, armed, error, guard, unless, putOff, facts } = state;
    for (const node of state.block.nodes) {
      if (node === obtains) {
        if (held) return armed ? { kind: putOff ? 'putOff' : 'again', at: node, decisions: state.decisions } : 'done';
        held = true;
        armed = arms === null;
        error = 'open';
        guard = null;
        unless = null;
        facts = this.#forget(facts, node);
        continue;
      }
      armed ||= node === arms;
      if (held) {
        if (node.kind === 'ReturnStmt' && this.#handsOn(node)) return 'done';
        const guarding = this.#guardOf(node);
        if (guarding) {
          guard = { error: guarding, isNil: guarding === this.#walked.error && error === 'nil' };
          continue;
        }
        if (this.#walked.isPutOff(node) && effect(node) === 'released') {
          putOff = true;
          continue;
        }
        if (unless && assigned(this.#walked.pkg, node, unless)) return 'done';
        const failure = effect(node) === 'none' ? undefined : this.#walked.mayFail?.(node);
        if (failure === 'here') return { kind: 'returned', at: node, decisions: state.decisions, isRefused: true };
        if (failure) {
          unless = failure;
          continue;
        }
        if (effect(node) !== 'none' || this.#wantsError(node)) return 'done';
        const value = variable ? assigned(this.#walked.pkg, node, variable) : undefined;
        if (value === 'nil') return 'done';
        if (value) return armed && !putOff ? { kind: 'overwritten', at: node, decisions: state.decisions } : 'done';
        if (this.#walked.error && assigned(this.#walked.pkg, node, this.#walked.error)) error = 'other';
        const guarded = guard && assigned(this.#walked.pkg, node, guard.error);
        if (guard && guarded) guard = { ...guard, isNil: guarded === 'nil' };
      }
      facts = this.#forget(facts, node);
    }
    return { ...state, held, armed, error, guard, unless, putOff, facts };
  }

  /** The error of `defer func() { if err != nil { w.Close() } }()`, which the function returns by that name, or keeps in a variable of that name. */
  #guardOf(node: Node): VarObj | undefined {
    if (node.kind !== 'DeferStmt' || node.call.kind !== 'CallExpr' || node.call.fun.kind !== 'FuncLit') return undefined;
    const { effect, pkg } = this.#walked;
    const [stmt, ...more] = node.call.fun.body.list.filter((one) => effect(one) !== 'none');
    const nil = more.length === 0 && stmt?.kind === 'IfStmt' && stmt.init === null && stmt.else === null ? comparedWithNil(stmt.cond) : undefined;
    const obj = nil?.op === '!=' && nil.x.kind === 'Ident' ? pkg.objectOf(nil.x) : undefined;
    return obj?.kind === 'var' && (obj.role === 'result' || obj.role === 'local') && stmt && effect(stmt) === 'released' ? obj : undefined;
  }

  /** `require.Error(t, err)`: goes on only where there was an error. Elsewhere `log.Error(err)` says that there was one. */
  #wantsError(node: Node): boolean {
    const { pkg, file, error } = this.#walked;
    if (!error || node.kind !== 'ExprStmt' || node.x.kind !== 'CallExpr') return false;
    const { fun, args: [first] } = node.x;
    if (!isTestFile(file) && !(first && isTesting(pkg.typeOf(first)))) return false;
    const called = fun.kind === 'SelectorExpr' ? fun.sel.name : fun.kind === 'Ident' ? fun.name : '';
    return /^(?:Error|EqualError|NotNil|.*(?:Want|Expect|Should|Must)\w*Err)/u.test(called) && mentionsVariable(pkg, node.x, error);
  }

  /** A bare return of a function whose named result is the variable. */
  #handsOn(stmt: ReturnStmt): boolean {
    return stmt.results.length === 0 && this.#walked.variable?.role === 'result';
  }

  /** Facts about what a node assigns are no longer known; a flag that is set to a constant is known anew. */
  #forget(facts: ReadonlyMap<string, boolean>, node: Node): ReadonlyMap<string, boolean> {
    const names = assignedNames(node);
    if (names.length === 0) return facts;
    const kept = new Map([...facts].filter(([key]) => !names.some((name) => mentions(key, name))));
    if (node.kind === 'AssignStmt' && node.lhs.length === node.rhs.length) {
      for (const [index, target] of node.lhs.entries()) {
        const value = node.rhs[index];
        if (target.kind === 'Ident' && value?.kind === 'Ident' && (value.name === 'true' || value.name === 'false') && this.#repeated.has(target.name)) kept.set(target.name, value.name === 'true');
      }
    }
    return kept;
  }

  #onward(state: State): State[] {
    const { exit } = state.block;
    const held = state.held ? state.decisions : null;
    const go = (block: Block, decision: Decision | null, more: Partial<State> = {}): State => ({ ...state, ...more, block, decisions: held && decision ? [...held, decision] : state.decisions });
    switch (exit.kind) {
      case 'branch':
        return [true, false].flatMap((taken) => {
          const known = this.#decide(state, exit.cond, taken);
          return known === null ? [] : [go(taken ? exit.then : exit.else, { span: exit.cond, taken }, known)];
        });
      case 'case': {
        const isError = this.#walked.error !== null && this.#is(exit.tag, this.#walked.error) && state.error === 'open' && state.held;
        const ofNil = isNil(exit.value);
        const matched = go(exit.then, { span: exit.value, taken: true }, isError && ofNil ? { error: 'nil' } : {});
        const passed = go(exit.else, null);
        return !isError ? [matched, passed] : ofNil ? [matched] : [passed];
      }
      case 'range':
        return state.held && this.#walked.endsWhenFalse(exit.stmt.x) ? [go(exit.body, null)] : [go(exit.body, null), go(exit.done, null)];
      case 'select':
        return exit.cases.map((one) => go(one.to, { span: one.clause, taken: one.clause }));
      default:
        return successors(state.block).map((block) => go(block, null));
    }
  }

  #is(expr: Expr, variable: VarObj): boolean {
    return expr.kind === 'Ident' && this.#walked.pkg.objectOf(expr) === variable;
  }

  /** The variable, or the field of it that holds the thing: while that is held neither is nil. */
  #holds(expr: Expr, variable: VarObj): boolean {
    return this.#is(expr, variable) || (expr.kind === 'SelectorExpr' && expr.sel.name === this.#walked.path && this.#is(expr.x, variable));
  }

  /** What is known after a condition came out so; null where it cannot, or where nothing is held then. */
  #decide(state: State, cond: Expr, taken: boolean): Partial<State> | null {
    const { variable, error, effect, endsWhenFalse, pkg } = this.#walked;
    if (cond.kind === 'Ident' && pkg.objectOf(cond)?.kind === 'builtin') return (cond.name === 'true') === taken ? {} : null;
    if (state.held) {
      if (effect(cond) !== 'none') return null;
      if (!taken && endsWhenFalse(cond)) return null;
      const nil = comparedWithNil(cond);
      if (nil && variable && this.#holds(nil.x, variable) && (nil.op === '==') === taken) return null;
      if (state.unless && nil && this.#is(nil.x, state.unless)) return (nil.op === '!=') === taken ? { unless: null, isRefused: true } : null;
      if (state.guard && nil && this.#is(nil.x, state.guard.error)) {
        const isNow = (nil.op === '==') === taken;
        return state.guard.isNil && !isNow ? null : { guard: { ...state.guard, isNil: isNow } };
      }
      if (error && state.error === 'nil' && nil && this.#is(nil.x, error) && (nil.op === '==') !== taken) return null;
      if (error && state.error === 'open' && mentionsVariable(pkg, cond, error)) {
        if (nil && this.#is(nil.x, error)) return (nil.op === '==') === taken ? { error: 'nil' } : null;
        // errors.Is(err, …) and the like: where it holds there was an error.
        const asksOtherwise = cond.kind === 'BinaryExpr' && cond.op === '!=';
        return asksOtherwise === taken ? {} : null;
      }
    }
    const { key, positive } = canonical(this.#walked.file, cond);
    if (!this.#repeated.has(key)) return {};
    const value = positive === taken;
    const known = state.facts.get(key);
    if (known !== undefined) return known === value ? {} : null;
    return { facts: new Map([...state.facts, [key, value]]) };
  }
}

/** Whether a deferred literal gives the thing back at a return: of a result it sees what is returned, of another variable what that holds, which may not be the error that is returned. */
function isGuarded({ guard }: State, stmt: ReturnStmt | null): boolean {
  return guard !== null && !(guard.error.role === 'result' ? returnsNoError(stmt) : guard.isNil);
}

/** Whether a return says that there was no error: its last result is nil. */
function returnsNoError(stmt: ReturnStmt | null): boolean {
  return isNil(stmt?.results.at(-1));
}

/** Blocks from which the statement that obtains can be reached. */
function leadingTo({ cfg, obtains }: Walked): Set<Block> {
  const before = new Map<Block, Block[]>();
  for (const block of cfg.blocks) for (const next of successors(block)) push(before, next, block);
  const found = new Set(cfg.blocks.filter((block) => block.nodes.includes(obtains as Block['nodes'][number])));
  for (const block of found) for (const previous of before.get(block) ?? []) found.add(previous);
  return found;
}

/** Conditions without calls that stand at more than one place, and flags that are set to a constant: only these tie one branch to another. */
function repeatedConditions({ cfg, file }: Walked): Set<string> {
  const counts = new Map<string, number>();
  for (const block of cfg.blocks) {
    if (block.exit.kind !== 'branch' || hasCall(block.exit.cond)) continue;
    const { key } = canonical(file, block.exit.cond);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (block.exit.cond.kind === 'Ident') counts.set(key, 2);
  }
  return new Set([...counts].filter(([, count]) => count > 1).map(([key]) => key));
}

function hasCall(expr: Expr): boolean {
  let found = false;
  walk(expr, (node) => {
    found ||= node.kind === 'CallExpr' || (node.kind === 'UnaryExpr' && node.op === '<-');
    return !found;
  });
  return found;
}

const opposite: Readonly<Record<string, string>> = { '!=': '==', '>=': '<', '<=': '>' };

/** A condition and its contrary under one key. */
function canonical(file: File, cond: Expr): { readonly key: string; readonly positive: boolean } {
  if (cond.kind === 'BinaryExpr') {
    const turned = opposite[cond.op];
    return { key: `${textOf(file, cond.x)} ${turned ?? cond.op} ${textOf(file, cond.y)}`.replaceAll(/\s+/gu, ' '), positive: turned === undefined };
  }
  return { key: textOf(file, cond).replaceAll(/\s+/gu, ' '), positive: true };
}

function mentions(key: string, name: string): boolean {
  return new RegExp(`(?<![\\w.])${name.replaceAll('$', '\\$')}(?!\\w)`, 'u').test(key);
}

export function mentionsVariable(pkg: GoPackage, expr: Node, variable: VarObj): boolean {
  let found = false;
  walk(expr, (node) => {
    found ||= node.kind === 'Ident' && pkg.objectOf(node) === variable;
    return !found;
  });
  return found;
}

/** The last names of what a node assigns to. */
function assignedNames(node: Node): string[] {
  const targets = node.kind === 'AssignStmt' ? node.lhs : node.kind === 'IncDecStmt' ? [node.x] : node.kind === 'DeclStmt' ? node.specs.flatMap((spec) => (spec.kind === 'ValueSpec' ? spec.names : [])) : [];
  return targets.flatMap((target) => (target.kind === 'Ident' ? [target.name] : target.kind === 'SelectorExpr' && target.x.kind === 'Ident' ? [target.x.name] : []));
}

/** Whether a node gives a variable another value, and whether that is nil. */
function assigned(pkg: GoPackage, node: Node, variable: VarObj): 'nil' | 'value' | undefined {
  if (node.kind !== 'AssignStmt') return undefined;
  const index = node.lhs.findIndex((target) => target.kind === 'Ident' && pkg.objectOf(target) === variable);
  if (index < 0) return undefined;
  const value = node.rhs[index];
  return node.lhs.length === node.rhs.length && isNil(value) ? 'nil' : 'value';
}
