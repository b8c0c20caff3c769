import { childrenOf, contains, walk, type CallExpr, type Expr, type Node, type ReturnStmt, type Span, type Stmt } from '../../go/ast.ts';
import type { Block } from '../../go/cfg.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { errorMadeBy, errorValue } from '../error-values.ts';
import { paramsOf } from '../exits/goroutines.ts';
import type { Access, Accesses } from './access.ts';
import { returnsOf, targetOf, type Callees, type Home, type Target } from './callees.ts';
import { equality, follows, marksOf, questionOf, questionsOf, subjectOf, truthOf } from './conditions.ts';
import { runsInPlace, type Mode, type Operations } from './operations.ts';
import { printedBy } from './printed.ts';
import { takenKey, type Event, type Exit, type GivenCall, type Held, type Site, type Summary, type SyncOp, type Value } from './summary.ts';

/** What the walk of one function asks of the rest. */
export interface Context {
  readonly pkg: GoPackage;
  readonly accesses: Accesses;
  readonly operations: Operations;
  readonly callees: Callees;
  readonly summaryOf: (func: FuncNode, constants?: ReadonlyMap<VarObj, boolean>) => Summary;
  /** A literal was walked as a part of the function around it. */
  readonly noteInlined: (func: FuncNode) => void;
  /** A goroutine lets go of a lock that its starter holds. */
  readonly noteSuccessor: (func: FuncNode) => void;
  /** Some call of the package may run it through a variable, a field or an interface. */
  readonly noteEntered: (func: FuncNode) => void;
}

/** Bounds of one walk: blocks entered, events and calls of what was given kept, calls between a function and an event, exits told apart, holds of one lock. */
const limits = { blocks: 3000, events: 300, given: 20, calls: 10, exits: 12, inlined: 4, readers: 2 };

interface Deferred {
  readonly call: CallExpr;
  readonly value: Value;
}

interface State {
  readonly held: readonly Held[];
  readonly released: readonly Access[];
  readonly before: ReadonlySet<string>;
  readonly deferred: readonly Deferred[];
  /** Answers to questions that are asked again. */
  readonly facts: ReadonlyMap<string, boolean>;
  /** Variables that hold a function. */
  readonly values: ReadonlyMap<VarObj, Value>;
}

interface Out {
  readonly state: State;
  readonly values: readonly Value[];
}

interface End {
  readonly state: State;
  readonly results: readonly Value[];
  readonly stmt: ReturnStmt | null;
  readonly at: Span;
}

/** Walks all ways through a function, with the locks it holds; where those are too many, without holding answers about one number against each other. */
export function summarize(context: Context, func: FuncNode, home: Home, constants: ReadonlyMap<VarObj, boolean>): Summary {
  const whole = new Walk(context, func, home, true);
  const summary = whole.run(constants);
  return whole.ranOver() ? new Walk(context, func, home, false).run(constants) : summary;
}

/** What a function that has no part in locks does: only what it returns matters, and of that what all its return statements say by themselves. */
export function summarizePlain(context: Pick<Context, 'pkg' | 'accesses'>, func: FuncNode): Summary {
  const nothing = { facts: new Map<string, boolean>(), values: new Map<VarObj, Value>() };
  const results = commonValues(returnsOf(func).map((stmt) => ({ values: stmt.results.map((one) => valueOf(context, one, nothing)) })));
  return { exits: [{ held: [], released: [], before: new Set(), results, at: func, stmt: null }], events: [], given: [], heldAt: new Map(), unlocked: new Set(), isPartial: false };
}

class Walk {
  readonly #context: Context;
  readonly #root: FuncNode;
  readonly #home: Home;
  readonly #questions: ReadonlyMap<string, number>;
  readonly #events = new Map<string, Event>();
  readonly #given = new Map<string, GivenCall>();
  readonly #heldAt = new Map<Node, Map<string, Held>>();
  readonly #cases = new Set<Stmt>();
  readonly #interesting = new WeakMap<Expr, boolean>();
  /** Where locks were taken that some way lets go of. */
  readonly #unlocked = new Set<number>();
  #escaped: Set<VarObj> | undefined;
  #setElsewhere: Set<VarObj> | undefined;
  #blocks = 0;
  #isPartial = false;
  #func: FuncNode;

  constructor(context: Context, func: FuncNode, home: Home, comparesNumbers: boolean) {
    this.#context = context;
    this.#root = func;
    this.#func = func;
    this.#home = home;
    this.#questions = questionsOf(context.pkg, context.accesses, func, comparesNumbers);
    if (func.body) {
      walk(func.body, (node) => {
        if (node.kind === 'CommClause' && node.comm) this.#cases.add(node.comm);
        return undefined;
      });
    }
  }

  ranOver(): boolean {
    return this.#blocks > limits.blocks;
  }

  run(constants: ReadonlyMap<VarObj, boolean>): Summary {
    const facts = new Map([...constants].map(([obj, is]) => [marksOf(this.#context.accesses, obj).itself, is]));
    // Where a receiver is nil it has no locks.
    const [receiver] = this.#root.kind === 'FuncDecl' ? (this.#root.recv?.names ?? []) : [];
    const object = receiver && this.#context.pkg.objectOf(receiver);
    if (object?.kind === 'var') facts.set(marksOf(this.#context.accesses, object).isNil, false);
    const start: State = { held: [], released: [], before: new Set(), deferred: [], facts, values: new Map() };
    const exits = new Map<string, Exit>();
    for (const { state, results, at, stmt } of this.#body(this.#root, start, 0)) {
      const exit = { held: state.held, released: state.released, before: state.before, results, at, stmt };
      const key = `${at.pos}:${heldKey(state)}:${results.map((one) => (one?.kind === 'bool' ? String(one.is) : (one?.kind ?? ''))).join(',')}`;
      const known = exits.get(key);
      exits.set(key, known ? { ...known, before: new Set([...known.before, ...state.before]) } : exit);
    }
    return { exits: [...exits.values()], events: [...this.#events.values()], given: [...this.#given.values()], heldAt: this.#heldAt, unlocked: this.#unlocked, isPartial: this.#isPartial };
  }

  /** The ends of a body, its deferred calls done. */
  #body(func: FuncNode, start: State, depth: number): End[] {
    const outer = this.#func;
    this.#func = func;
    const cfg = this.#context.pkg.cfgOf(func);
    const ends = new Map<string, End>();
    const seen = new Set<string>();
    const work: { block: Block; state: State }[] = [{ block: cfg.entry, state: { ...start, deferred: [] } }];
    const finish = (state: State, results: readonly Value[], stmt: ReturnStmt | null): void => {
      const at = stmt ?? { pos: Math.max(func.end - 1, func.pos), end: func.end };
      for (const after of this.#runDeferred(state, depth)) {
        const end = { state: { ...after, deferred: start.deferred }, results, at, stmt };
        ends.set(`${at.pos}:${stateKey(end.state)}:${results.map((one) => one?.kind).join()}`, end);
      }
    };
    for (let next = work.pop(); next; next = work.pop()) {
      const key = `${next.block.index}|${stateKey(next.state)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      this.#blocks += 1;
      if (this.ranOver()) {
        this.#isPartial = true;
        break;
      }
      let states: State[] = [next.state];
      for (const node of next.block.nodes) {
        for (const state of states) this.#noteHeld(node, state);
        if (node.kind !== 'ReturnStmt') states = states.flatMap((state) => this.#node(node, state, depth));
      }
      for (const state of states) {
        const go = (block: Block, to: State): void => void work.push({ block, state: to });
        this.#leave(next.block, state, depth, go, finish, func);
      }
    }
    this.#func = outer;
    return [...ends.values()];
  }

  #noteHeld(node: Node, { held }: State): void {
    if (held.length === 0) return;
    const known = this.#heldAt.get(node) ?? new Map<string, Held>();
    for (const one of held) known.set(one.lock.key, one);
    this.#heldAt.set(node, known);
  }

  #leave(block: Block, state: State, depth: number, go: (block: Block, state: State) => void, finish: (state: State, results: readonly Value[], stmt: ReturnStmt | null) => void, func: FuncNode): void {
    const { exit } = block;
    switch (exit.kind) {
      case 'jump':
        go(exit.to, state);
        return;
      case 'branch':
        this.#noteHeld(exit.cond, state);
        for (const { state: to, is } of this.#decide(exit.cond, state, depth)) go(is ? exit.then : exit.else, to);
        return;
      case 'case': {
        const text = equality(this.#context.accesses, exit.tag, exit.value);
        for (const { state: to, is } of this.#split(text, false, state)) go(is ? exit.then : exit.else, to);
        return;
      }
      case 'typeSwitch':
        for (const one of exit.cases) go(one.to, state);
        if (exit.otherwise) go(exit.otherwise, state);
        return;
      case 'select': {
        const hasDefault = exit.cases.some((one) => one.clause.comm === null);
        this.#sync({ kind: 'select', stmt: exit.stmt }, !hasDefault, exit.stmt, state);
        for (const one of exit.cases) go(one.to, state);
        return;
      }
      case 'range': {
        const { stmt } = exit;
        if (this.#isChan(stmt.x)) this.#meet('range', stmt.x, true, { pos: stmt.pos, end: stmt.x.end }, state);
        let moved = state;
        for (const one of [stmt.key, stmt.value]) if (one) moved = this.#assign(one, undefined, moved);
        go(exit.done, moved);
        go(exit.body, moved);
        return;
      }
      case 'return': {
        const { stmt } = exit;
        let outs: Out[] = [{ state, values: [] }];
        for (const result of stmt?.results ?? []) {
          outs = outs.flatMap((out) => this.#eval(result, out.state, depth).map((one) => ({ state: one.state, values: [...out.values, ...(stmt?.results.length === 1 ? one.values : [one.values[0]])] })));
        }
        const named = stmt?.results.length === 0 ? func.type.results.flatMap((field) => field.names) : [];
        for (const out of outs) {
          const values = named.length > 0 ? named.map((name) => this.#valueOf(name, out.state)) : out.values;
          // `return x` assigns a named result, which deferred code may ask.
          const results = stmt && stmt.results.length > 0 ? func.type.results.flatMap((field) => field.names) : [];
          finish(results.reduce((to, name, index) => this.#assign(name, values[index], to), out.state), values, stmt);
        }
        return;
      }
      case 'never':
        return;
    }
  }

  #runDeferred(state: State, depth: number): State[] {
    let states: State[] = [{ ...state, deferred: [] }];
    for (const { call, value } of state.deferred.toReversed()) {
      states = states.flatMap((one) => this.#apply(call, value, one, depth).map((out) => out.state));
    }
    return states;
  }

  #node(node: Stmt | Expr, state: State, depth: number): State[] {
    switch (node.kind) {
      case 'ExprStmt':
        if (this.#cases.has(node)) return this.#taken(node.x, state, depth);
        return this.#eval(node.x, state, depth).map((out) => out.state);
      case 'SendStmt': {
        const isCase = this.#cases.has(node);
        return (isCase ? [state] : this.#evalAll([node.chan, node.value], state, depth)).map((one) => {
          this.#meet('send', node.chan, !isCase, node, one);
          return one;
        });
      }
      case 'IncDecStmt':
        return [this.#assign(node.x, undefined, state)];
      case 'AssignStmt': {
        const isCase = this.#cases.has(node);
        const states = isCase && node.rhs[0] ? this.#taken(node.rhs[0], state, depth) : null;
        if (states) return states.map((one) => node.lhs.reduce((to, target) => this.#assign(target, undefined, to), one));
        return this.#assignAll(node.lhs, node.rhs, node.op, state, depth);
      }
      case 'DeclStmt': {
        let states = [state];
        for (const spec of node.specs) {
          if (spec.kind !== 'ValueSpec') continue;
          if (spec.values.length > 0) states = states.flatMap((one) => this.#assignAll(spec.names, spec.values, ':=', one, depth));
          else states = states.map((one) => spec.names.reduce((to, name) => this.#assign(name, this.#zero(name), to), one));
        }
        return states;
      }
      case 'DeferStmt': {
        const { call } = node;
        if (call.kind !== 'CallExpr') return [state];
        const parts = call.fun.kind === 'FuncLit' || call.fun.kind === 'Ident' ? call.args : call.fun.kind === 'SelectorExpr' ? [call.fun.x, ...call.args] : [call.fun, ...call.args];
        return this.#evalAll(parts, state, depth).map((one) => {
          // As often as a lock is followed that a loop takes for reading, turn by turn.
          if (one.deferred.filter((known) => known.call === call).length >= limits.readers) return one;
          return { ...one, deferred: [...one.deferred, { call, value: this.#valueOf(call.fun, one) }] };
        });
      }
      case 'GoStmt': {
        const { call } = node;
        if (call.kind !== 'CallExpr') return [state];
        const targets = this.#context.callees.of(call);
        // What was taken before a goroutine is started does not keep it from anything.
        return this.#evalAll(call.args, state, depth).map((one) => targets.reduce<State>((to, target) => this.#startWith(target, to, call), { ...one, before: new Set() }));
      }
      case 'ReturnStmt':
      case 'BadStmt':
      case 'EmptyStmt':
      case 'LabeledStmt':
      case 'BranchStmt':
      case 'BlockStmt':
      case 'IfStmt':
      case 'SwitchStmt':
      case 'TypeSwitchStmt':
      case 'SelectStmt':
      case 'ForStmt':
      case 'RangeStmt':
        return [state];
      default:
        return this.#eval(node, state, depth).map((out) => out.state);
    }
  }

  /** A receive that a select has chosen. */
  #taken(expr: Expr, state: State, depth: number): State[] {
    if (expr.kind !== 'UnaryExpr' || expr.op !== '<-') return this.#eval(expr, state, depth).map((out) => out.state);
    this.#meet('receive', expr.x, false, expr, state);
    return [state];
  }

  #evalAll(exprs: readonly Expr[], state: State, depth: number): State[] {
    let states = [state];
    for (const expr of exprs) states = states.flatMap((one) => this.#eval(expr, one, depth).map((out) => out.state));
    return states;
  }

  #eval(expr: Expr, state: State, depth: number): Out[] {
    if (!this.#isInteresting(expr)) return [{ state, values: [this.#valueOf(expr, state)] }];
    switch (expr.kind) {
      case 'CallExpr':
        return this.#call(expr, state, depth);
      case 'FuncLit':
        return [{ state: this.#handOver(expr, state, new Map()), values: [{ kind: 'func', func: expr }] }];
      case 'SelectorExpr': {
        const unlocks = this.#context.operations.unlockValue(expr);
        if (unlocks) return [{ state: drop(state, unlocks), values: [{ kind: 'unlock', lock: unlocks, mode: expr.sel.name === 'RUnlock' ? 'read' : 'write' }] }];
        return this.#eval(expr.x, state, depth).map((out) => ({ state: out.state, values: [undefined] }));
      }
      case 'UnaryExpr':
        return this.#eval(expr.x, state, depth).map((out) => {
          if (expr.op === '<-') this.#meet('receive', expr.x, true, expr, out.state);
          const [value] = out.values;
          const flipped: Value = expr.op === '!' && value?.kind === 'bool' ? { kind: 'bool', is: !value.is } : expr.op === '&' ? { kind: 'notNil' } : undefined;
          return { state: out.state, values: [flipped] };
        });
      case 'BinaryExpr':
        return this.#eval(expr.x, state, depth).flatMap((x) =>
          this.#eval(expr.y, x.state, depth).map((y) => {
            const asksNil = (expr.op === '==' || expr.op === '!=') && y.values[0]?.kind === 'nil';
            const [left] = x.values;
            const known = asksNil && (left?.kind === 'nil' || left?.kind === 'notNil');
            return { state: y.state, values: [known ? ({ kind: 'bool', is: (left.kind === 'nil') === (expr.op === '==') } satisfies Value) : undefined] };
          }),
        );
      default: {
        const parts = childrenOf(expr).filter(isExpr);
        return this.#evalAll(parts, state, depth).map((one) => ({ state: one, values: [this.#valueOf(expr, one)] }));
      }
    }
  }

  #call(call: CallExpr, state: State, depth: number): Out[] {
    const { fun } = call;
    const value = this.#valueOf(fun, state);
    const isOperation = this.#context.operations.of(call) !== undefined;
    const parts = [...(fun.kind === 'SelectorExpr' ? [fun.x] : fun.kind === 'CallExpr' ? [fun] : []), ...(isOperation ? [] : call.args)];
    return this.#evalAll(parts, state, depth).flatMap((one) => this.#apply(call, value, one, depth));
  }

  /** The effect of a call whose operands have been evaluated. */
  #apply(call: CallExpr, value: Value, state: State, depth: number): Out[] {
    const { operations, callees, pkg, accesses } = this.#context;
    if (value?.kind === 'unlock') return [{ state: this.#release(state, value.lock, value.mode), values: [] }];
    const operation = operations.of(call);
    switch (operation?.kind) {
      case undefined:
        break;
      case 'lock':
        return this.#acquire(operation.on, operation.mode, call, state);
      case 'unlock':
        return [{ state: this.#release(state, operation.on, operation.mode), values: [] }];
      case 'within': {
        const { on, mode, passes, run } = operation;
        if (passes) this.#add({ what: { kind: 'acquire', lock: passes, mode: 'write' }, ...this.#here(call, state), isDynamic: false });
        if (depth >= limits.inlined) return [{ state, values: [] }];
        this.#context.noteInlined(run);
        return this.#acquire(on, mode, call, state).flatMap((taken) => this.#body(run, taken.state, depth + 1).map((end): Out => ({ state: this.#release(end.state, on, mode), values: [] })));
      }
      case 'tryLock': {
        const { on, mode } = operation;
        const site = this.#site(call);
        const taken = hold(state, { lock: on, mode, site, origin: site, calls: [], isSometimes: false });
        return [{ state, values: [{ kind: 'bool', is: false }] }, ...(isHeld(state, on) ? [] : [{ state: taken, values: [{ kind: 'bool', is: true } satisfies Value] }])];
      }
      case 'condWait': {
        const lock = operations.lockOfCond(operation.on);
        if (lock) this.#sync({ kind: 'condWait', on: operation.expr, access: operation.on }, true, call, drop(state, lock));
        return [{ state, values: [] }];
      }
      case 'groupWait':
      case 'groupDone':
      case 'groupAdd':
      case 'condWake':
        this.#sync({ kind: operation.kind, on: operation.expr, access: operation.on }, operation.kind === 'groupWait', call, state);
        return [{ state, values: [] }];
      case 'once': {
        const [given] = call.args;
        this.#sync({ kind: 'onceDo', on: operation.expr, access: operation.on }, true, call, state);
        if (given && given.kind !== 'FuncLit') this.#runGiven(given, { ...this.#here(call, state) }, state, false);
        const run = given?.kind === 'FuncLit' && depth < limits.inlined ? this.#body(given, state, depth + 1).map((end): Out => ({ state: end.state, values: [] })) : [];
        return [{ state, values: [] }, ...run];
      }
    }
    if (call.fun.kind === 'Ident' && pkg.objectOf(call.fun)?.kind === 'builtin' && call.fun.name === 'close' && call.args[0]) {
      this.#meet('close', call.args[0], false, call, state);
      return [{ state, values: [] }];
    }
    const known = value?.kind === 'func' ? value.func : call.fun.kind === 'FuncLit' ? call.fun : undefined;
    if (known?.kind === 'FuncLit' && depth < limits.inlined) {
      this.#context.noteInlined(known);
      return this.#body(known, this.#withArguments(known, call, state), depth + 1).map((end) => ({ state: end.state, values: end.results }));
    }
    if (runsInPlace(pkg, call)) for (const given of call.args) this.#runGiven(given, { ...this.#here(call, state) }, state, false);
    const param = this.#ownParam(call.fun);
    if (param) this.#addGiven({ param, ...this.#here(call, state) });
    const targets = known ? [targetOf(known)] : [...callees.of(call), ...printedBy(pkg, accesses, call)];
    let outs: Out[] = [{ state, values: targets.length === 0 ? [this.#valueOf(call, state)] : [] }];
    for (const target of targets) {
      outs = outs.flatMap((out) => this.#enter(target, call, out.state, targets.length === 1));
    }
    return outs;
  }

  /** What is known of constant arguments goes into the code of a literal. */
  #withArguments(lit: FuncNode, call: CallExpr, state: State): State {
    return paramsOf(lit).reduce((to, name, index) => {
      const given = call.args[index];
      return this.#assign(name, given ? this.#valueOf(given, state) : undefined, to);
    }, state);
  }

  #enter(target: Target, call: CallExpr, state: State, isOnly: boolean): Out[] {
    const { func } = target;
    if (target.isDynamic) this.#context.noteEntered(func);
    const summary = this.#context.summaryOf(func, this.#constants(func, call, state));
    const bindings = this.#bindings(target, call);
    const site = this.#site(call);
    const bind = (lock: Access): Access => this.#bound(lock, target, bindings);
    const move = (held: Held): Held => ({ ...held, lock: bind(held.lock), calls: [site, ...held.calls] });
    this.#raise(summary, bind, { ...state, calls: [site] }, target.isDynamic);
    for (const one of summary.given) {
      const given = call.args[paramsOf(func).indexOf(one.param.ident)];
      const released = one.released.map(bind);
      const callers = state.held.filter((held) => !released.some((lock) => lock.id === held.lock.id));
      // What the callee holds there is held here for as long as its call takes.
      if (summary.exits.every((exit) => exit.held.length === 0)) this.#unlocked.add(site.span.pos);
      const at = { site: one.site, calls: [site, ...one.calls], held: [...callers, ...one.held.map((held) => ({ ...held, lock: bind(held.lock), site, calls: [] }))], released: unique([...state.released, ...released]), before: new Set([...state.before, ...one.before]) };
      // A literal that calls what the function around it was given.
      const param = given ? this.#ownParam(given) : one.param.func === this.#root ? one.param : undefined;
      if (param) this.#addGiven({ ...at, param });
      else if (given) this.#runGiven(given, at, state, target.isDynamic);
    }
    const before = new Set([...state.before, ...summary.exits.flatMap((exit) => [...exit.before])]);
    const hasEffects = summary.exits.some((exit) => exit.held.length > 0 || exit.released.length > 0);
    if (summary.isPartial && hasEffects) this.#isPartial = true;
    if (summary.isPartial || target.isDynamic || !isOnly) return [{ state: { ...state, before }, values: [] }];
    const outs = new Map<string, Out>();
    const isKept = ({ lock }: Held): boolean => summary.exits.every((exit) => exit.held.some((one) => one.lock.id === lock.id));
    for (const exit of summary.exits) {
      let to: State = { ...state, before };
      for (const lock of exit.released) to = this.#release(to, bind(lock), 'write');
      let isDead = false;
      for (const one of exit.held) {
        if (isHeld(to, bind(one.lock))) isDead = true;
        else if (bind(one.lock).root !== null || !to.held.some((held) => held.lock.id === bind(one.lock).id)) to = hold(to, { ...move(one), site, calls: [], isSometimes: one.isSometimes || !(isKept(one) || exit.results.some((result) => result?.kind === 'bool')) });
      }
      if (!isDead) outs.set(`${heldKey(to)}:${exit.results.map((one) => (one?.kind === 'bool' ? String(one.is) : (one?.kind ?? ''))).join(',')}`, { state: to, values: exit.results });
    }
    // Without effects on locks, what is returned on which way matters only to conditions, and would multiply the ways.
    const all = [...outs.values()];
    return hasEffects || all.length <= 1 ? all.slice(0, limits.exits) : [{ state: { ...state, before }, values: commonValues(all) }];
  }

  /** What a callee does is done here too, by some calls and with what is held at the first of them. `bind`: its locks as this function reaches them. */
  #raise({ events }: Summary, bind: (lock: Access) => Access, at: Pick<Event, 'calls' | 'held' | 'released' | 'before'>, isDynamic: boolean): void {
    for (const event of events) {
      if (at.calls.length + event.calls.length > limits.calls) continue;
      const released = event.released.map(bind);
      this.#add({
        ...event,
        what: rebound(event.what, bind),
        calls: [...at.calls, ...event.calls],
        held: [...at.held.filter((one) => !released.some((lock) => lock.id === one.lock.id)), ...event.held.map((held) => ({ ...held, lock: bind(held.lock), calls: [...at.calls, ...held.calls] }))],
        released: unique([...at.released, ...released]),
        before: new Set([...at.before, ...event.before]),
        isDynamic: event.isDynamic || isDynamic,
      });
    }
  }

  /** A function is run that was given to another, which does so with the locks that it holds there. */
  #runGiven(given: Expr, at: Omit<GivenCall, 'param'>, state: State, isDynamic: boolean): void {
    const target = this.#givenTarget(given, state);
    if (!target || at.calls.length >= limits.calls) return;
    const summary = this.#context.summaryOf(target.func);
    const bindings = this.#bindings(target, null);
    this.#raise(summary, (lock) => this.#bound(lock, target, bindings), { ...at, calls: [...at.calls, at.site] }, isDynamic);
    for (const one of summary.given) if (one.param.func === this.#root) this.#addGiven({ ...at, param: one.param });
  }

  /** The function that an argument is: a literal, a function or method of the package, or a variable that holds a literal. */
  #givenTarget(given: Expr, state: State): Target | undefined {
    const { pkg, accesses, callees } = this.#context;
    const value = this.#valueOf(given, state);
    const named = value?.kind === 'func' ? targetOf(value.func) : callees.named(given);
    if (named) return named;
    const obj = given.kind === 'Ident' ? pkg.objectOf(given) : undefined;
    return obj?.kind === 'var' && obj.role === 'local' && obj.origin.kind === 'expr' && obj.origin.expr.kind === 'FuncLit' && !accesses.isReassigned(obj) ? targetOf(obj.origin.expr) : undefined;
  }

  /** The parameter that an expression is, of the function under study or of the one around it, where that never gets another value. */
  #ownParam(expr: Expr): VarObj | undefined {
    const obj = expr.kind === 'Ident' ? this.#context.pkg.objectOf(expr) : undefined;
    return obj?.kind === 'var' && obj.role === 'param' && obj.func?.kind === 'FuncDecl' && !this.#context.accesses.isReassigned(obj) ? obj : undefined;
  }

  #addGiven(call: GivenCall): void {
    const key = `${this.#context.accesses.idOf(call.param)}@${call.site.file.path}:${call.site.span.pos}|${call.held.map((one) => `${one.lock.id}/${one.mode}`).join(',')}`;
    if (!this.#given.has(key) && this.#given.size < limits.given) this.#given.set(key, call);
  }

  #constants(func: FuncNode, call: CallExpr, state: State): ReadonlyMap<VarObj, boolean> | undefined {
    const found = new Map<VarObj, boolean>();
    for (const [index, name] of paramsOf(func).entries()) {
      const given = call.args[index];
      const value = given ? this.#valueOf(given, state) : undefined;
      const obj = this.#context.pkg.objectOf(name);
      if (value?.kind === 'bool' && obj?.kind === 'var') found.set(obj, value.is);
    }
    return found.size > 0 ? found : undefined;
  }

  #bindings(target: Target, call: CallExpr | null): Map<VarObj, Access | undefined> {
    const { pkg, accesses } = this.#context;
    const bindings = new Map<VarObj, Access | undefined>();
    const { func } = target;
    if (func.kind === 'FuncDecl') {
      const receiver = func.recv?.names[0];
      const obj = receiver ? pkg.objectOf(receiver) : undefined;
      if (obj?.kind === 'var') bindings.set(obj, target.recv);
    }
    for (const [index, name] of paramsOf(func).entries()) {
      const obj = pkg.objectOf(name);
      const given = call?.args[index];
      if (obj?.kind === 'var') bindings.set(obj, given ? accesses.of(given) : undefined);
    }
    if (target.same) bindings.set(target.same.captured, target.same.is);
    return bindings;
  }

  /** A lock of a callee as the caller reaches it. */
  #bound(lock: Access, target: Target, bindings: ReadonlyMap<VarObj, Access | undefined>): Access {
    const { accesses, callees } = this.#context;
    const { root } = lock;
    if (root === null || root.role === 'package') return lock;
    if (lock.deps.some((obj) => obj !== root && obj.role !== 'package')) return accesses.anyOf(lock);
    if (bindings.has(root)) {
      const start = bindings.get(root);
      if (!start) return accesses.anyOf(lock);
      const access = accesses.follow(start, lock.path);
      return lock.exact ? access : { ...access, exact: false };
    }
    const isCaptured = target.func.kind === 'FuncLit' && root.func !== target.func && root.func !== null && callees.homeOf(root.func)?.decl === this.#home.decl;
    return isCaptured ? lock : accesses.anyOf(lock);
  }

  #release(state: State, lock: Access, mode: Mode): State {
    const to = release(state, lock, mode);
    const gone = state.held.find((one) => !to.held.includes(one));
    if (gone) this.#unlocked.add(gone.site.span.pos);
    return to;
  }

  #acquire(lock: Access, mode: Mode, call: CallExpr, state: State): Out[] {
    const site = this.#site(call);
    this.#add({ what: { kind: 'acquire', lock, mode }, ...this.#here(call, state), site, isDynamic: false });
    const again = state.held.find((one) => one.lock.id === lock.id && one.lock.exact && lock.exact);
    if (again && (again.mode === 'write' || mode === 'write')) return []; // nothing comes after it
    if (state.held.filter((one) => one.lock.id === lock.id).length >= limits.readers) return [];
    const before = new Set([...state.before, takenKey(lock, mode)]);
    if (state.released.some((one) => one.id === lock.id)) return [{ state: { ...state, before, released: state.released.filter((one) => one.id !== lock.id) }, values: [] }];
    return [{ state: hold({ ...state, before }, { lock, mode, site, origin: site, calls: [], isSometimes: false }), values: [] }];
  }

  /** Code that others get and that unlocks: from now on they may. */
  #handOver(func: FuncNode, state: State, bindings: ReadonlyMap<VarObj, Access | undefined>): State {
    if (state.held.length === 0 || func === this.#root) return state;
    const released = this.#context.summaryOf(func).exits.flatMap((exit) => exit.released);
    return released.reduce((to, lock) => drop(to, this.#bound(lock, targetOf(func), bindings)), state);
  }

  /** A goroutine lets go of what its starter holds. */
  #startWith(target: Target, state: State, call: CallExpr): State {
    const to = this.#handOver(target.func, state, this.#bindings(target, call));
    const gone = state.held.filter((one) => !to.held.includes(one));
    for (const { site } of gone) this.#unlocked.add(site.span.pos);
    if (gone.length > 0) this.#context.noteSuccessor(target.func);
    return to;
  }

  #decide(cond: Expr, state: State, depth: number): { state: State; is: boolean }[] {
    return this.#eval(cond, state, depth).flatMap((out) => {
      const [value] = out.values;
      if (value?.kind === 'bool') return [{ state: out.state, is: value.is }];
      const { text, negated } = questionOf(this.#context.pkg, this.#context.accesses, cond);
      return this.#split(text, negated, out.state);
    });
  }

  #split(text: string, negated: boolean, state: State): { state: State; is: boolean }[] {
    const known = state.facts.get(text) ?? follows(state.facts, text);
    if (known !== undefined) return [{ state, is: known !== negated }];
    // Whether an error is nil is asked again by whoever returns it.
    const isAskedAgain = [text, subjectOf(text)].some((one) => one !== undefined && (this.#questions.get(one) ?? 0) > 1) || (state.held.length > 0 && /^\(\w+#\d+;==nil\)$/u.test(text));
    const assume = (is: boolean): State => (isAskedAgain ? { ...state, facts: new Map([...state.facts, [text, is]]) } : state);
    return [true, false].map((is) => ({ state: assume(is !== negated), is }));
  }

  #assignAll(lhs: readonly Expr[], rhs: readonly Expr[], op: string, state: State, depth: number): State[] {
    if (op !== '=' && op !== ':=') return this.#evalAll(rhs, state, depth).map((one) => lhs.reduce((to, target) => this.#assign(target, undefined, to), one));
    let outs: Out[] = [{ state, values: [] }];
    for (const [index, expr] of rhs.entries()) {
      outs = outs.flatMap((out) => {
        const target = lhs[index];
        if (expr.kind === 'FuncLit' && target?.kind === 'Ident' && this.#isOnlyCalled(target)) return [{ state: out.state, values: [...out.values, { kind: 'func', func: expr } satisfies Value] }];
        const unlocks = target?.kind === 'Ident' ? this.#context.operations.unlockValue(expr) : undefined;
        if (unlocks && expr.kind === 'SelectorExpr' && target?.kind === 'Ident' && this.#isOnlyCalled(target)) return [{ state: out.state, values: [...out.values, { kind: 'unlock', lock: unlocks, mode: expr.sel.name === 'RUnlock' ? 'read' : 'write' } satisfies Value] }];
        return this.#eval(expr, out.state, depth).map((one) => ({ state: one.state, values: rhs.length === 1 ? one.values : [...out.values, one.values[0]] }));
      });
    }
    return outs.map((out) => lhs.reduce((to, target, index) => this.#assign(target, out.values[index], to), out.state));
  }

  /** A variable or field gets another value: what was known of the old one is forgotten. */
  #assign(target: Expr, value: Value, state: State): State {
    const { pkg, accesses } = this.#context;
    if (target.kind === 'Ident') {
      const obj = pkg.objectOf(target);
      if (obj?.kind !== 'var') return state;
      const marks = marksOf(accesses, obj);
      const facts = new Map([...state.facts].filter(([text]) => !text.includes(marks.within)));
      const isOurs = !this.#isSetElsewhere(obj);
      if (isOurs && value?.kind === 'bool' && this.#questions.has(marks.itself)) facts.set(marks.itself, value.is);
      if (isOurs && (value?.kind === 'nil' || value?.kind === 'notNil' || value?.kind === 'func') && this.#questions.has(marks.isNil)) facts.set(marks.isNil, value.kind === 'nil');
      const values = new Map(state.values);
      values.delete(obj);
      if (value?.kind === 'func' || value?.kind === 'unlock') values.set(obj, value);
      const held = forget(state.held, (lock) => lock.deps.includes(obj), accesses);
      return { ...state, facts, values, held };
    }
    if (target.kind !== 'SelectorExpr') return state;
    const text = accesses.canonical(target);
    const facts = new Map([...state.facts].filter(([known]) => !known.includes(text)));
    if (value?.kind === 'bool' && this.#questions.has(text)) facts.set(text, value.is);
    if ((value?.kind === 'nil' || value?.kind === 'notNil') && this.#questions.has(`(${text}==nil)`)) facts.set(`(${text}==nil)`, value.kind === 'nil');
    const id = accesses.of(target)?.id;
    const held = id === undefined ? state.held : forget(state.held, (lock) => lock.id.startsWith(`${id}.`), accesses);
    return { ...state, facts, held };
  }

  #zero(name: Expr): Value {
    const type = this.#context.pkg.infer.underlying(this.#context.pkg.typeOf(name));
    if (type.kind === 'basic') return type.name === 'bool' ? { kind: 'bool', is: false } : type.name === 'error' ? { kind: 'nil' } : undefined;
    return ['pointer', 'func', 'interface', 'chan', 'map', 'slice'].includes(type.kind) ? { kind: 'nil' } : undefined;
  }

  #valueOf(expr: Expr, state: State): Value {
    return valueOf(this.#context, expr, state);
  }

  /** Whether a variable's function is called and nothing else is done with it. */
  #isOnlyCalled(ident: Expr & { kind: 'Ident' }): boolean {
    const obj = this.#context.pkg.objectOf(ident);
    if (obj?.kind !== 'var' || obj.role !== 'local') return false;
    this.#escaped ??= this.#findEscaped();
    return !this.#escaped.has(obj);
  }

  /** Whether code that is not walked in place, such as a literal that is given to another function, may set a variable: then it may have another value at any time. */
  #isSetElsewhere(obj: VarObj): boolean {
    this.#setElsewhere ??= this.#findSetElsewhere();
    return this.#setElsewhere.has(obj);
  }

  #findSetElsewhere(): Set<VarObj> {
    const { pkg } = this.#context;
    const found = new Set<VarObj>();
    const started = new Set<Node>();
    const placed = new Set<Node>();
    const visit = (node: Node, inside: Node | null): void => {
      if (node.kind === 'GoStmt' && node.call.kind === 'CallExpr') started.add(node.call.fun);
      if (node.kind === 'CallExpr' && !started.has(node.fun)) placed.add(node.fun);
      if (node.kind === 'AssignStmt') {
        for (const [index, value] of node.rhs.entries()) {
          const target = node.lhs[index];
          if (value.kind === 'FuncLit' && target?.kind === 'Ident' && this.#isOnlyCalled(target)) placed.add(value);
        }
      }
      const targets = node.kind === 'AssignStmt' ? node.lhs : node.kind === 'IncDecStmt' ? [node.x] : [];
      for (const target of targets) {
        const obj = target.kind === 'Ident' ? pkg.objectOf(target) : undefined;
        if (inside && obj?.kind === 'var' && obj.ident !== target && obj.ident.pos < inside.pos) found.add(obj);
      }
      const isApart = node.kind === 'FuncLit' && !placed.has(node);
      for (const child of childrenOf(node)) visit(child, inside ?? (isApart ? node : null));
    };
    if (this.#home.decl.body) visit(this.#home.decl.body, null);
    return found;
  }

  /** The variables of the function whose values are used for more than to be called or compared. */
  #findEscaped(): Set<VarObj> {
    const spared = new Set<Node>();
    const escaped = new Set<VarObj>();
    walk(this.#home.decl, (node) => {
      if (node.kind === 'CallExpr') spared.add(node.fun);
      if (node.kind === 'AssignStmt') node.lhs.forEach((one) => spared.add(one));
      if (node.kind === 'BinaryExpr') [node.x, node.y].forEach((one) => spared.add(one));
      if (node.kind !== 'Ident' || spared.has(node)) return undefined;
      const obj = this.#context.pkg.objectOf(node);
      if (obj?.kind === 'var' && node !== obj.ident) escaped.add(obj);
      return undefined;
    });
    return escaped;
  }

  #isChan(expr: Expr): boolean {
    return this.#context.pkg.infer.underlying(this.#context.pkg.typeOf(expr)).kind === 'chan';
  }

  #isInteresting(expr: Expr): boolean {
    const known = this.#interesting.get(expr);
    if (known !== undefined) return known;
    const is = contains(expr, (node) => node.kind === 'CallExpr' || node.kind === 'FuncLit' || (node.kind === 'UnaryExpr' && node.op === '<-') || (node.kind === 'SelectorExpr' && /^R?Unlock$/u.test(node.sel.name)));
    this.#interesting.set(expr, is);
    return is;
  }

  #meet(kind: 'send' | 'receive' | 'range' | 'close', on: Expr, blocking: boolean, span: Span, state: State): void {
    this.#sync({ kind, on, access: this.#context.accesses.of(on) }, blocking, span, state);
  }

  #sync(op: SyncOp, blocking: boolean, span: Span, state: State): void {
    this.#add({ what: { kind: 'sync', op, blocking }, ...this.#here(span, state), isDynamic: false });
  }

  /** A place of the function itself, with what is held there. */
  #here(span: Span, { held, released, before }: State): Omit<GivenCall, 'param'> {
    return { site: this.#site(span), calls: [], held, released, before };
  }

  #site(span: Span): Site {
    return { file: this.#home.file, decl: this.#home.decl, func: this.#func, span: { pos: span.pos, end: span.end } };
  }

  /** Several ways to one place with the same locks are one event. */
  #add(event: Event): void {
    const { what, site } = event;
    const kind = what.kind === 'acquire' ? `${what.lock.id}/${what.mode}` : what.op.kind === 'select' ? what.op.kind : `${what.op.access?.id ?? ''}/${what.op.kind}`;
    const key = `${kind}@${site.file.path}:${site.span.pos}|${event.held.map((one) => `${one.lock.id}/${one.mode}`).join(',')}|${event.released.map((one) => one.id).join(',')}|${String(event.isDynamic)}`;
    const known = this.#events.get(key);
    if (known) {
      const shorter = event.calls.length < known.calls.length ? event : known;
      this.#events.set(key, { ...shorter, before: new Set([...known.before, ...event.before]) });
    } else if (this.#events.size < limits.events) this.#events.set(key, event);
  }
}

/** What a callee does, to the objects as its caller reaches them. */
function rebound(what: Event['what'], bind: (access: Access) => Access): Event['what'] {
  if (what.kind === 'acquire') return { ...what, lock: bind(what.lock) };
  return what.op.kind === 'select' || !what.op.access ? what : { ...what, op: { ...what.op, access: bind(what.op.access) } };
}

/** What is known of an expression's value at a place. */
function valueOf(context: Pick<Context, 'pkg' | 'accesses'>, expr: Expr, state: Pick<State, 'facts' | 'values'>): Value {
  const { pkg, accesses } = context;
  if (errorValue(pkg, expr) !== null) return { kind: 'notNil' };
  switch (expr.kind) {
    case 'Ident': {
      const truth = truthOf(pkg, expr);
      if (truth !== undefined) return { kind: 'bool', is: truth };
      const obj = pkg.objectOf(expr);
      if (obj?.kind === 'builtin' && obj.name === 'nil') return { kind: 'nil' };
      if (obj?.kind !== 'var') return undefined;
      const held = state.values.get(obj);
      if (held) return held;
      const marks = marksOf(accesses, obj);
      const is = state.facts.get(marks.itself);
      if (is !== undefined) return { kind: 'bool', is };
      const isNil = state.facts.get(marks.isNil);
      return isNil === undefined ? undefined : isNil ? { kind: 'nil' } : { kind: 'notNil' };
    }
    case 'CompositeLit':
    case 'FuncLit':
      return { kind: 'notNil' };
    case 'CallExpr': {
      if (expr.fun.kind === 'Ident') return /^(?:make|new)$/u.test(expr.fun.name) ? { kind: 'notNil' } : undefined;
      const error = errorMadeBy(pkg, expr);
      if (error === 'new') return { kind: 'notNil' };
      return error === 'wrapped' && expr.args[0] ? valueOf(context, expr.args[0], state) : undefined;
    }
    case 'UnaryExpr':
      if (expr.op === '&') return { kind: 'notNil' };
      if (expr.op !== '!') return undefined;
      break;
    case 'BinaryExpr':
      break;
    default:
      if (expr.kind !== 'SelectorExpr') return undefined;
  }
  const { text, negated } = questionOf(pkg, accesses, expr);
  const is = state.facts.get(text);
  return is === undefined ? undefined : { kind: 'bool', is: is !== negated };
}

function isExpr(node: Node): node is Expr {
  return !node.kind.endsWith('Stmt') && node.kind !== 'Field' && node.kind !== 'CaseClause' && node.kind !== 'CommClause' && node.kind !== 'FuncDecl' && node.kind !== 'ValueSpec' && node.kind !== 'TypeSpec';
}

function isHeld(state: State, lock: Access): boolean {
  return state.held.some((one) => one.lock.id === lock.id && one.lock.exact && lock.exact);
}

function hold(state: State, held: Held): State {
  return { ...state, held: [...state.held, held], before: new Set([...state.before, takenKey(held.lock, held.mode)]) };
}

/** Unlocks: the lock itself, else what it may be another name of, else one of its kind whose variable has moved on; else it was a caller's. */
function release(state: State, lock: Access, mode: Mode): State {
  const matches = (one: Held): boolean => lock.root !== null && one.lock.id === lock.id;
  let index = state.held.findLastIndex((one) => matches(one) && one.mode === mode);
  if (index < 0) index = state.held.findLastIndex(matches);
  // A local variable, or an element, may be another name of what is held: one of many that were locked in a loop, or what a callee left locked and returned.
  const isLeft = (one: Held): boolean => one.site !== one.origin;
  const isLocal = (one: Access): boolean => one.root === null || one.root.role === 'local' || one.path.some(({ name }) => name.startsWith('['));
  const wasTaken = state.before.has(takenKey(lock, 'write')) || state.before.has(takenKey(lock, 'read'));
  if (index < 0 && wasTaken && (!lock.exact || isLocal(lock))) return { ...state, held: state.held.filter((one) => one.lock.key !== lock.key || !(isLocal(one.lock) || isLeft(one))) };
  if (index < 0) index = state.held.findLastIndex((one) => one.lock.root === null && one.lock.key === lock.key);
  if (index >= 0) return { ...state, held: state.held.filter((_, at) => at !== index) };
  // Reached from another variable it may be the same object, as in `i.mu.Lock()`, `defer d.inode.mu.Unlock()`, or another one that the caller has locked.
  const other = state.held.findLastIndex((one) => one.lock.key === lock.key && one.mode === mode && one.lock.root !== lock.root);
  return { ...state, held: state.held.filter((_, at) => at !== other), released: unique([...state.released, lock]) };
}

/** A variable or field leads elsewhere from here on: of the locks it led to only the kind is known, and one of a kind is enough. */
function forget(held: readonly Held[], isMeant: (lock: Access) => boolean, accesses: Accesses): readonly Held[] {
  if (!held.some((one) => isMeant(one.lock))) return held;
  const all = held.map((one) => (isMeant(one.lock) ? { ...one, lock: accesses.anyOf(one.lock) } : one));
  return all.filter((one, index) => one.lock.root !== null || all.findIndex((other) => other.lock.id === one.lock.id) === index);
}

/** Forgets that a lock is held: who unlocks it is not seen here. */
function drop(state: State, lock: Access): State {
  return { ...state, held: state.held.filter((one) => one.lock.id !== lock.id) };
}

function unique(locks: readonly Access[]): Access[] {
  return [...new Map(locks.map((one) => [one.id, one])).values()];
}

function heldKey(state: State): string {
  return `${state.held.map((one) => `${one.lock.id}/${one.mode}@${one.site.span.pos}`).join(',')}|${state.released.map((one) => one.id).join(',')}`;
}

function stateKey(state: State): string {
  const facts = [...state.facts].map(([text, is]) => `${text}=${String(is)}`).sort();
  const values = [...state.values].map(([obj, value]) => `${obj.name}${obj.ident.pos}:${value?.kind === 'func' ? value.func.pos : (value?.kind ?? '')}`);
  return [heldKey(state), state.deferred.map((one) => one.call.pos).join(), facts.join(), values.join(), [...state.before].sort().join()].join('|');
}

/** What several ways return alike. */
function commonValues(outs: readonly Pick<Out, 'values'>[]): Value[] {
  const [first] = outs;
  return (first?.values ?? []).map((value, index) => (outs.every((out) => sameValue(out.values[index], value)) ? value : undefined));
}

function sameValue(a: Value, b: Value): boolean {
  return a?.kind === b?.kind && (a?.kind !== 'bool' || b?.kind !== 'bool' || a.is === b.is);
}
