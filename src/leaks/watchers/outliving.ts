import { childrenOf, contains, elementValue, type CallExpr, type Expr, type Ident, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isNamed } from '../../go/type.ts';
import type { Goroutines } from '../exits/goroutines.ts';
import { isTimers, thingOf } from '../exits/things.ts';
import { isErrorType } from '../is-error-type.ts';
import { isOfTests } from '../of-tests.ts';
import { calleeOf } from '../obligations/callee.ts';
import { isSingleton, runsAtTheEnd, runsOnce } from '../teardown.ts';
import { Repeats, type Repeat } from './repeats.ts';
import { endingOf, rootVariableOf, watchersOf, type Ending, type Signal, type Watcher } from './watchers.ts';

/** A goroutine that waits for the end of what lives longer than the job that started it. */
export interface Outliving {
  readonly watcher: Watcher;
  /** What it is there to end. */
  readonly ending: Ending;
  /** The job's own context, where it ends that. */
  readonly context: Ident | null;
  /** Where the job itself ends it. */
  readonly own: OwnEnd | undefined;
  /** Nobody else ends it, though it is of no use any more once the job is over. */
  readonly isUsedUp: boolean;
  readonly repeat: Repeat;
}

/** A call by which a job ends what its watcher is there to end. */
export interface OwnEnd {
  readonly call: CallExpr;
  readonly isDeferred: boolean;
}

/** What a job has for itself. */
interface Part {
  readonly ending: Ending;
  readonly context: Ident | null;
  /** It ends without the watcher, whatever the job does. */
  readonly endsAlone: boolean;
  /** It is a context that nothing ends, and that is of no use once the job is over. */
  readonly isUsedUp?: boolean;
  /** The declaration of the variable that the job has obtained it in. */
  readonly ident: Ident | null;
}

/**
 * The goroutines of a package that wait for something that outlives the job that they belong to, where jobs come again and again.
 * `reached`: the part of the package that they are looked for in.
 */
export function outlivingWatchers(pkg: GoPackage, goroutines: Goroutines, reached: GoPackage): readonly Outliving[] {
  const watchers = watchersOf(reached, goroutines);
  const question = new Question(pkg, goroutines);
  return watchers.flatMap((watcher) => question.answer(watcher) ?? []);
}

class Question {
  readonly #pkg: GoPackage;
  readonly #goroutines: Goroutines;
  readonly #repeats: Repeats;

  constructor(pkg: GoPackage, goroutines: Goroutines) {
    this.#pkg = pkg;
    this.#goroutines = goroutines;
    this.#repeats = new Repeats(pkg, goroutines);
  }

  answer(watcher: Watcher): Outliving | undefined {
    const { decl, file, func, start, signals } = watcher;
    if (!signals.every((signal) => this.#livesOn(signal))) return undefined;
    if (isOfTests(file, decl, this.#pkg) || signals.some((signal) => this.#isEndedHere(signal, watcher))) return undefined;
    if (runsOnce(this.#pkg, decl) || runsAtTheEnd(this.#pkg, decl) || (decl.owner !== null && isSingleton(this.#pkg, decl.owner))) return undefined;
    const isWaitedFor = this.#isWaitedFor(watcher);
    for (const part of watcher.ends.flatMap((ending) => this.#partOf(ending, watcher) ?? [])) {
      const own = this.#ownEnd(part.ending, watcher);
      // A job that ends the thing itself and then waits for its watcher stays with it; any other may be there to wait for the signal.
      if (isWaitedFor && !own) continue;
      const repeat = this.#repeats.of({ ...watcher, node: start }, signals, ({ pos, end }) => part.ident !== null && pos <= part.ident.pos && part.ident.end <= end);
      if (!repeat) continue;
      const found = { watcher, ending: part.ending, context: part.context, own, isUsedUp: part.isUsedUp === true && !own, repeat };
      if (repeat.kind === 'loop' && repeat.at.node === start) return found;
      const ways = part.context ? [...signals, { of: part.context, isContext: true }] : signals;
      if ((own || part.endsAlone) && this.#repeats.leaves(func, start, ways)) return found;
    }
    return undefined;
  }

  /** Whether a signal is there before the job and after it, as far as the job's code shows. */
  #livesOn({ of, isContext }: Signal): boolean {
    const root = rootVariableOf(this.#pkg, of);
    if (!root || this.#goroutines.isReassigned(root) || (!isContext && isTimers(this.#pkg, of))) return false;
    const type = this.#pkg.infer.underlying(this.#pkg.typeOf(of));
    if (!isContext && (type.kind !== 'chan' || isNamed(type.elem, 'os', 'Signal'))) return false;
    return root.role === 'param' || root.role === 'package' || (root.role === 'receiver' && root !== this.#varOf(of));
  }

  #varOf(expr: Expr): VarObj | undefined {
    const obj = expr.kind === 'Ident' ? this.#pkg.objectOf(expr) : undefined;
    return obj?.kind === 'var' ? obj : undefined;
  }

  /** Whether the goroutine tells somebody in its function that it has ended, who waits for it. */
  #isWaitedFor({ body, decl }: Watcher): boolean {
    return body.body !== null && contains(body.body, (node) => {
      if (node.kind !== 'CallExpr') return false;
      const told = node.fun.kind === 'Ident' && node.fun.name === 'close' ? node.args[0] : node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Done' && isNamed(this.#pkg.typeOf(node.fun.x), 'sync', 'WaitGroup') ? node.fun.x : undefined;
      const obj = told && this.#varOf(told);
      return obj?.role === 'local' && decl.pos <= obj.ident.pos && obj.ident.end <= decl.end;
    });
  }

  /** Whether the job itself gives the signal, or ends what it belongs to. */
  #isEndedHere({ of }: Signal, { decl, body }: Watcher): boolean {
    const thing = thingOf(this.#pkg, this.#goroutines, of);
    const root = rootVariableOf(this.#pkg, of);
    const closers = new Set(this.#goroutines.closes.filter(({ node }) => node.args[0] && thing !== undefined && thingOf(this.#pkg, this.#goroutines, node.args[0]) === thing).map((at) => at.decl));
    if (closers.has(decl)) return true;
    const gives = (node: Node, depth: number): boolean => {
      if (node === body) return false;
      if (node.kind === 'SendStmt' && thing !== undefined && thingOf(this.#pkg, this.#goroutines, node.chan) === thing) return true;
      if (node.kind === 'CallExpr') {
        const callee = this.#pkg.declOf(node.fun);
        if (callee && closers.has(callee)) return true;
        if (callee?.body && depth > 0 && gives(callee.body, depth - 1)) return true;
        if (depth === farthest && node.fun.kind === 'SelectorExpr' && /^(?:close|stop|shutdown|cancel|terminate|abort|kill|exit|quit|fail|teardown|disconnect)/iu.test(node.fun.sel.name) && root !== undefined && this.#varOf(node.fun.x) === root) return true;
      }
      return childrenOf(node).some((child) => gives(child, depth));
    };
    return decl.body !== null && gives(decl.body, farthest);
  }

  /** What the job has for itself, of what the goroutine ends. */
  #partOf(ending: Ending, { func, body }: Watcher): Part | undefined {
    if (ending.kind === 'wakes') return this.#waitsOn(ending.cond, func) ? { ending, context: null, endsAlone: true, ident: null } : undefined;
    const { obj } = ending;
    if (obj.func !== func) return undefined;
    if (ending.kind === 'tells') return obj.role === 'local' && !this.#isShared(obj, func, body) ? { ending, context: null, endsAlone: true, ident: null } : undefined;
    const { method } = ending;
    if (obj.role === 'param') return method === null ? undefined : { ending, context: null, endsAlone: false, ident: null };
    // Each value that comes from a channel is a job of its own.
    if (obj.origin.kind === 'range' && this.#pkg.infer.underlying(this.#pkg.typeOf(obj.origin.stmt.x)).kind === 'chan') return method === null ? undefined : { ending, context: null, endsAlone: false, ident: obj.ident };
    const source = this.#sourceOf(obj, func);
    if (obj.role !== 'local' || !source) return undefined;
    const call = source.expr.kind === 'CallExpr' ? source.expr : undefined;
    const callee = call && calleeOf(this.#pkg, call);
    if (method === null) {
      if (source.index !== 1 || callee?.kind !== 'imported' || !/^context\.With(?:Cancel|Timeout|Deadline)/u.test(callee.key)) return undefined;
      const context = source.first;
      const [parent] = call?.args ?? [];
      const ends = !callee.key.includes('Cancel') || (parent !== undefined && !this.#isRoot(parent));
      const isUsedUp = !ends && context !== null && this.#isForAnswers(context, func, body);
      return { ending, context, endsAlone: ends || isUsedUp, isUsedUp, ident: obj.ident };
    }
    const value = elementValue(source.expr);
    const made = value.kind === 'UnaryExpr' && value.op === '&' ? value.x : value;
    const isObtained = made.kind === 'CompositeLit' || (call !== undefined && source.index === 0 && !this.#pkg.infer.isType(call.fun) && !/^(?:get|load|lookup|find|peek|from|current)/iu.test(nameOf(call.fun)));
    return isObtained ? { ending, context: null, endsAlone: false, ident: obj.ident } : undefined;
  }

  /** Whether a function waits on a condition. */
  #waitsOn(cond: Expr, func: FuncNode): boolean {
    const thing = thingOf(this.#pkg, this.#goroutines, cond);
    return thing !== undefined && func.body !== null && contains(func.body, (node) => node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && node.fun.sel.name === 'Wait' && thingOf(this.#pkg, this.#goroutines, node.fun.x) === thing);
  }

  /** Whether others than a function itself and its goroutine may use a variable. */
  #isShared(obj: VarObj, func: FuncNode, body: FuncNode): boolean {
    const uses = (node: Node, isInside: boolean): boolean => {
      if (node === body) return false;
      if (node.kind === 'Ident') return isInside && this.#pkg.objectOf(node) === obj;
      if (node.kind === 'UnaryExpr' && node.op === '&') return this.#varOf(node.x) === obj;
      return childrenOf(node).some((child) => uses(child, isInside || node.kind === 'FuncLit'));
    };
    return func.body !== null && uses(func.body, false);
  }

  /** Whether a context serves nothing but questions that are answered before the job ends: calls that give numbers or texts. */
  #isForAnswers(context: Ident, func: FuncNode, body: FuncNode): boolean {
    const obj = this.#varOf(context);
    let answers = 0;
    const isFor = (node: Node, call: CallExpr | null, isApart: boolean): boolean => {
      if (node === body || node === context) return true;
      if (node.kind === 'SelectorExpr' && this.#varOf(node.x) === obj) return true;
      if (node.kind === 'Ident' && this.#pkg.objectOf(node) === obj) {
        answers += 1;
        return call !== null && !isApart && this.#isAnswer(call);
      }
      const outside = isApart || node.kind === 'FuncLit' || node.kind === 'GoStmt' || node.kind === 'DeferStmt';
      return childrenOf(node).every((child) => isFor(child, node.kind === 'CallExpr' && node.args.some((arg) => arg === child) ? node : null, outside));
    };
    return obj !== undefined && func.body !== null && isFor(func.body, null, false) && answers > 0;
  }

  /** Whether a call gives nothing that could go on with what it was given. */
  #isAnswer(call: CallExpr): boolean {
    const type = this.#pkg.typeOf(call);
    const given = (type.kind === 'tuple' ? type.elems : [type]).filter((one) => !isErrorType(this.#pkg, one));
    return given.length > 0 && given.every(({ kind }) => kind === 'basic') && !this.#starts(call, farthest);
  }

  /** Whether a call comes to start a goroutine, as far as the package shows. */
  #starts(call: CallExpr, depth: number): boolean {
    const body = this.#pkg.declOf(call.fun)?.body;
    return body !== undefined && body !== null && contains(body, (node) => node.kind === 'GoStmt' || (node.kind === 'CallExpr' && (nameOf(node.fun) === 'Go' || (depth > 0 && this.#starts(node, depth - 1)))));
  }

  /** `context.Background()` or `context.TODO()`. */
  #isRoot(parent: Expr): boolean {
    const callee = parent.kind === 'CallExpr' ? calleeOf(this.#pkg, parent) : undefined;
    return callee?.kind === 'imported' && (callee.key === 'context.Background' || callee.key === 'context.TODO');
  }

  /** The one expression that a variable has its value from, which of its results that is, and the variable of the first. */
  #sourceOf(obj: VarObj, func: FuncNode): { readonly expr: Expr; readonly index: number; readonly first: Ident | null } | undefined {
    const found: { expr: Expr; index: number; first: Ident | null }[] = [];
    const visit = (node: Node): void => {
      if (node.kind === 'AssignStmt') {
        const at = node.lhs.findIndex((one) => one.kind === 'Ident' && this.#pkg.objectOf(one) === obj);
        const expr = at < 0 ? undefined : node.rhs.length === node.lhs.length ? node.rhs[at] : node.rhs[0];
        const [first] = node.lhs;
        if (expr) found.push({ expr, index: node.rhs.length === node.lhs.length ? 0 : at, first: first?.kind === 'Ident' && first.name !== '_' ? first : null });
      }
      for (const child of childrenOf(node)) visit(child);
    };
    if (func.body) visit(func.body);
    if (found.length === 0 && obj.origin.kind === 'expr') return { expr: obj.origin.expr, index: 0, first: null };
    return found.length === 1 ? found[0] : undefined;
  }

  /** A call of the job that ends the same: deferred, or behind the start. */
  #ownEnd(ending: Ending, { func, start, body }: Watcher): OwnEnd | undefined {
    if (ending.kind !== 'call') return undefined;
    const { obj, method } = ending;
    let found: OwnEnd | undefined;
    const visit = (node: Node, isDeferred: boolean): void => {
      if (node === start || node === body || found?.isDeferred === true) return;
      if (node.kind === 'CallExpr') {
        const end = endingOf(this.#pkg, node);
        if (end?.kind === 'call' && end.obj === obj && (end.method === null) === (method === null) && (isDeferred || node.pos > start.end)) found = { call: node, isDeferred };
      }
      for (const child of childrenOf(node)) visit(child, isDeferred || node.kind === 'DeferStmt');
    };
    if (func.body) visit(func.body, false);
    return found;
  }
}

/** How many calls are followed to see whether they give a signal. */
const farthest = 2;

function nameOf(fun: Expr): string {
  return fun.kind === 'SelectorExpr' ? fun.sel.name : fun.kind === 'Ident' ? fun.name : '';
}
