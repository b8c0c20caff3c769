import { childrenOf, contains, isMake, walk, type CallExpr, type Expr, type FuncDecl, type Ident, type Node, type Stmt } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import { push } from '../../go/push.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { deref, type Type } from '../../go/type.ts';
import { paramsOf, type Body, type Goroutines, type Start } from '../exits/goroutines.ts';
import { endlessLoops, type EndlessLoop } from '../exits/loops.ts';
import { endingsOf, isContextDone, type Ending } from '../exits/owner.ts';
import { isTimers, thingOf, thingsOf, type Thing } from '../exits/things.ts';
import { spanOf, waitReason } from '../exits/wait-reason.ts';
import type { ChannelField, FieldUse } from '../field-uses.ts';
import { isBackground } from '../is-background.ts';
import { isErrorType } from '../is-error-type.ts';
import { calleeOf } from './callee.ts';
import type { Obligation } from './obligation.ts';
import { fieldAt } from './puts.ts';
import { resource } from './table.ts';

/** What a constructor is asked with. */
export interface Asked {
  readonly pkg: GoPackage;
  readonly goroutines: Goroutines;
  /** The channel fields of the package. */
  readonly fields: () => readonly ChannelField[];
  /** The name by which the runtime knows a function. */
  readonly runtimeName: (decl: FuncDecl, func: FuncNode) => string;
}

/** What a constructor's callers owe, and the variable in which it makes that. */
export interface Owed {
  readonly obligation: Obligation;
  readonly variable: VarObj;
}

/** A value that a function makes and returns. */
export interface Made {
  readonly typeName: string;
  readonly variable: VarObj;
  /** Which of the results it is. */
  readonly result: number;
}

/**
 * Functions of the package that make an object and return it with a goroutine behind it that only a method of the object ends, such as `Close`: what
 * calls them must see to that. A goroutine that can end in any other way makes none of them.
 */
export class Constructors {
  readonly #asked: Asked;
  readonly #known = new Map<FuncDecl, Owed | null>();
  readonly #starts = new Map<FuncDecl, Owed | null>();
  readonly #endings = new Map<string, readonly Ending[]>();
  #started: ReadonlyMap<FuncDecl, readonly Body[]> | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Whether a type has methods that end its objects: only those are made here. */
  mayMake(typeName: string): boolean {
    return this.#endingsOf(typeName).length > 0;
  }

  #endingsOf(typeName: string): readonly Ending[] {
    const known = this.#endings.get(typeName);
    if (known) return known;
    const endings = endingsOf(this.#asked.pkg, this.#asked.goroutines, typeName);
    this.#endings.set(typeName, endings);
    return endings;
  }

  /** What the callers of a function owe for the object that it returns. */
  of(decl: FuncDecl): Owed | null {
    const known = this.#known.get(decl);
    if (known !== undefined) return known;
    const found = this.#find(decl);
    this.#known.set(decl, found);
    return found;
  }

  /** What those who call a method owe for the object that they call it of: `s.Start()`. The object stands before the results of the call. */
  ofStart(decl: FuncDecl): Owed | null {
    const known = this.#starts.get(decl);
    if (known !== undefined) return known;
    const ident = decl.recv?.names[0];
    const variable = ident && this.#asked.pkg.objectOf(ident);
    const found = decl.owner !== null && variable?.kind === 'var' ? this.#owed(decl, { typeName: decl.owner, variable, result: 0 }, 1) : null;
    this.#starts.set(decl, found);
    return found;
  }

  #find(decl: FuncDecl): Owed | null {
    const { pkg } = this.#asked;
    const mayMake = resultsOf(pkg, decl).some((type) => {
      const target = deref(type);
      return target.kind === 'named' && target.path === '' && (this.mayMake(target.name) || pkg.infer.underlying(target).kind === 'interface');
    });
    const made = mayMake ? madeBy(pkg, decl) : undefined;
    return made ? this.#owed(decl, made, 0) : null;
  }

  /** `ahead`: how many stand before the results of the call. */
  #owed(decl: FuncDecl, made: Made, ahead: number): Owed | null {
    const { pkg, runtimeName } = this.#asked;
    const endings = this.#endingsOf(made.typeName);
    if (endings.length === 0) return null;
    const calls = straightCalls(pkg, decl, made);
    const started = this.#startedBy([decl, ...calls.map(({ callee }) => callee)]);
    if (started.length === 0) return null;
    const question = new Question(this.#asked, made, endings, calls);
    for (const body of started) {
      const [loop] = question.loopsOnlyEndedBy(body);
      if (!loop) continue;
      const [op] = loop.ops;
      const start = body.starts.find(({ decl: one }) => one === decl || calls.some(({ callee }) => callee === one));
      if (!start) continue;
      const results = resultsOf(pkg, decl);
      const last = results.at(-1);
      const obligation: Obligation = {
        ...resource,
        obtained: [`.${displayName(decl)}`],
        result: made.result,
        error: last && isErrorType(pkg, last) ? ahead + results.length - 1 : null,
        carrier: `.${made.typeName}`,
        released: { kind: 'method', path: null, names: question.enders(), ...(endings.some(isBare) ? {} : { takes: 'ctx' }) },
        parked: { function: runtimeName(body.decl, body.func), waitReason: waitReason(op) },
        behind: { starts: { file: start.file, span: start.node }, waits: { file: body.file, span: spanOf(loop, op) } },
      };
      return { obligation, variable: made.variable };
    }
    return null;
  }

  /** The goroutines that some functions start, whatever happens. */
  #startedBy(decls: readonly FuncDecl[]): readonly Body[] {
    this.#started ??= startedIn(this.#asked.goroutines.bodies());
    return decls.flatMap((one) => (this.#started?.get(one) ?? []).filter(({ starts }) => starts.some((start) => isStraight(start, one))));
  }
}

/** A call of a method of what a function makes. */
interface MethodCall {
  readonly call: CallExpr;
  readonly callee: FuncDecl;
}

/** The methods that a function calls of what it makes, whatever happens. */
function straightCalls(pkg: GoPackage, { body }: FuncDecl, { variable }: Made): readonly MethodCall[] {
  return (body?.list ?? []).flatMap((stmt) => {
    if (stmt.kind !== 'ExprStmt' || stmt.x.kind !== 'CallExpr' || stmt.x.fun.kind !== 'SelectorExpr' || !isVariable(pkg, stmt.x.fun.x, variable)) return [];
    const callee = pkg.declOf(stmt.x.fun);
    return callee ? [{ call: stmt.x, callee }] : [];
  });
}

/** The types of a function's results. */
export function resultsOf(pkg: GoPackage, { type }: FuncDecl): readonly Type[] {
  return type.results.flatMap((field) => Array.from({ length: Math.max(1, field.names.length) }, () => pkg.infer.typeExpr(field.type)));
}

/** Goroutines by the functions that start them. */
function startedIn(bodies: Iterable<Body>): ReadonlyMap<FuncDecl, readonly Body[]> {
  const found = new Map<FuncDecl, Body[]>();
  for (const body of bodies) for (const decl of new Set(body.starts.map((start) => start.decl))) push(found, decl, body);
  return found;
}

/** Whether a goroutine is started on every way through a function that does not leave early. */
function isStraight({ node }: Start, { body }: FuncDecl): boolean {
  return (body?.list ?? []).some((stmt: Stmt) => stmt === node || (stmt.kind === 'ExprStmt' && stmt.x === node));
}

/** Whether a method can be called with nothing. */
function isBare({ decl }: Ending): boolean {
  return decl.type.params.length === 0;
}

function isVariable(pkg: GoPackage, expr: Expr, variable: VarObj): boolean {
  return expr.kind === 'Ident' && pkg.objectOf(expr) === variable;
}

/** The object of a type of the package that a function writes out, keeps in a variable and returns. */
export function madeBy(pkg: GoPackage, decl: FuncDecl): Made | undefined {
  const { body } = decl;
  if (!body) return undefined;
  const found = new Map<VarObj, Made>();
  const look = (node: Node): void => {
    if (node.kind === 'FuncLit') return;
    if (node.kind === 'ReturnStmt') {
      for (const [result, expr] of node.results.entries()) {
        const made = expr.kind === 'Ident' ? madeAt(pkg, expr, result) : undefined;
        if (made && made.variable.func === decl) found.set(made.variable, made);
      }
    }
    for (const child of childrenOf(node)) look(child);
  };
  look(body);
  return found.size === 1 ? [...found.values()][0] : undefined;
}

function madeAt(pkg: GoPackage, ident: Ident, result: number): Made | undefined {
  const variable = pkg.objectOf(ident);
  if (variable?.kind !== 'var' || variable.role !== 'local' || variable.origin.kind !== 'expr') return undefined;
  const { expr } = variable.origin;
  const type = deref(pkg.infer.typeOfVar(variable));
  return type.kind === 'named' && type.path === '' && writesOut(expr) ? { typeName: type.name, variable, result } : undefined;
}

/** Whether an expression makes a new object on the spot: `&T{}`, `new(T)`. */
export function writesOut(expr: Expr): boolean {
  if (expr.kind === 'UnaryExpr' && expr.op === '&') return writesOut(expr.x);
  return expr.kind === 'CompositeLit' || (expr.kind === 'CallExpr' && expr.fun.kind === 'Ident' && expr.fun.name === 'new');
}

/** What ends the goroutines of one object. */
class Question {
  readonly #asked: Asked;
  readonly #made: Made;
  readonly #endings: readonly Ending[];
  /** What the object's fields are called in the function that makes it. */
  readonly #fieldsOf = new Map<VarObj, string>();
  /** What the methods that the function calls of the object are given. */
  readonly #given = new Map<VarObj, Thing>();
  readonly #contexts: ReadonlySet<Thing>;
  /** The methods that give the signals. */
  readonly #enders = new Set<string>();

  constructor(asked: Asked, made: Made, endings: readonly Ending[], calls: readonly MethodCall[]) {
    this.#asked = asked;
    this.#made = made;
    this.#endings = endings;
    this.#nameFields();
    for (const { call, callee } of calls) {
      for (const [at, param] of paramsOf(callee).entries()) {
        const obj = asked.pkg.objectOf(param);
        const given = call.args[at] && thingOf(asked.pkg, asked.goroutines, call.args[at]);
        if (obj?.kind === 'var' && given !== undefined) this.#given.set(obj, given);
      }
    }
    this.#contexts = this.#findContexts();
  }

  /** The methods that end the goroutines, those that say so by their name and take nothing first. */
  enders(): readonly string[] {
    const named = this.#endings.toSorted((a, b) => Number(isBare(b)) - Number(isBare(a))).map(({ decl }) => decl.name.name);
    return [...new Set([...named, ...this.#enders])];
  }

  /** The loops of a goroutine that nothing but the object's methods ends. */
  loopsOnlyEndedBy(body: Body): readonly EndlessLoop[] {
    const { pkg, goroutines } = this.#asked;
    const thingsAt = (channel: Expr): readonly Thing[] => thingsOf(pkg, goroutines, channel, body).map((thing) => this.#fieldOf(thing));
    const isSignal = (channel: Expr, alone: boolean): boolean => thingsAt(channel).some((thing) => this.#isOnlyClosedByEndings(thing, body, alone));
    let listens = false as boolean; // set below, in what is called
    const heard = (hears: boolean): boolean => (listens ||= hears) && hears;
    const loops = endlessLoops(pkg, body.func, {
      isNeverClosed: (channel) => isTimers(pkg, channel) || heard(isSignal(channel, false)),
      isDead: (channel) => heard(isContextDone(pkg, channel) ? thingsAt(channel.fun.x).some((thing) => this.#contexts.has(thing)) : isSignal(channel, true)),
      isReassigned: (obj) => goroutines.isReassigned(obj),
    });
    // What nothing ends at all is no matter of whoever calls the constructor.
    return listens ? loops : [];
  }

  /** `T.field` for a variable that the function puts into that field of its object. */
  #fieldOf(thing: Thing): Thing {
    if (typeof thing === 'string') return thing;
    const given = this.#given.get(thing);
    return given === undefined ? (this.#fieldsOf.get(thing) ?? thing) : this.#fieldOf(given);
  }

  #nameFields(): void {
    const { pkg, goroutines } = this.#asked;
    const note = (field: Thing | undefined, value: Expr | undefined): void => {
      const obj = value?.kind === 'Ident' ? pkg.objectOf(value) : undefined;
      if (obj?.kind === 'var' && typeof field === 'string' && field.startsWith(`${this.#made.typeName}.`)) this.#fieldsOf.set(obj, field);
    };
    for (const { decl } of pkg.mentioning(this.#made.typeName)) walk(decl, (node) => {
      if (node.kind === 'KeyValueExpr' && node.key.kind === 'Ident') {
        const field = fieldAt(pkg, node);
        if (field) note(`${field.owner}.${field.name}`, node.value);
      } else if (node.kind === 'AssignStmt' && node.lhs.length === node.rhs.length) {
        for (const [at, target] of node.lhs.entries()) if (target.kind === 'SelectorExpr') note(thingOf(pkg, goroutines, target), node.rhs[at]);
      }
      return undefined;
    });
  }

  /** The contexts that are made for the object, out of none that anybody else ends, and whose cancel function is the object's own. */
  #findContexts(): ReadonlySet<Thing> {
    const { pkg, goroutines } = this.#asked;
    const found = new Set<Thing>();
    const cancels = new Map(this.#endings.flatMap(({ decl, signals }) => signals.flatMap(({ how, thing }) => (how === 'cancel' ? [[thing, decl] as const] : []))));
    if (cancels.size > 0) for (const { decl } of pkg.mentioning(this.#made.typeName)) walk(decl, (node) => {
      if (node.kind !== 'AssignStmt' || node.rhs[0]?.kind !== 'CallExpr' || node.lhs.length !== 2) return undefined;
      const [call] = node.rhs;
      const callee = calleeOf(pkg, call);
      const [context, cancel] = node.lhs.map((target) => thingOf(pkg, goroutines, target));
      const ender = cancel === undefined ? undefined : cancels.get(this.#fieldOf(cancel));
      if (callee?.kind !== 'imported' || !/^context\.WithCancel(?:Cause)?$/u.test(callee.key) || !isBackground(pkg, call.args[0])) return undefined;
      if (context === undefined || cancel === undefined || !ender || !this.#isCancelledByEndings(cancel, decl)) return undefined;
      for (const thing of [context, this.#fieldOf(context)]) found.add(thing);
      this.#enders.add(ender.name.name);
      return undefined;
    });
    return found;
  }

  /** Whether a cancel function is called by methods that end the object alone, and by the function that makes it, where that fails. */
  #isCancelledByEndings(cancel: Thing, maker: FuncDecl): boolean {
    const { pkg, goroutines } = this.#asked;
    const field = this.#fieldOf(cancel);
    if (typeof field !== 'string') return false;
    const users = goroutines.selectors(field.slice(field.indexOf('.') + 1)).filter(({ node }) => thingOf(pkg, goroutines, node) === field);
    if (users.some(({ decl }) => decl !== maker && !this.#isOfEndings(decl))) return false;
    return typeof cancel === 'string' || !contains(maker, (node) => (node.kind === 'FuncLit' || node.kind === 'DeferStmt') && contains(node, (one) => one.kind === 'Ident' && pkg.objectOf(one) === cancel));
  }

  /** Whether only the methods that end the object close a channel of it, and, where it is `alone`, send on it. */
  #isOnlyClosedByEndings(thing: Thing, body: Body, alone: boolean): boolean {
    if (typeof thing !== 'string' || !thing.startsWith(`${this.#made.typeName}.`)) return false;
    const field = this.#asked.fields().find(({ owner, name }) => `${owner.name}.${name}` === thing);
    if (!field) return false;
    const enders = field.uses.filter(({ kind }) => kind === 'close' || (alone && kind === 'send'));
    if (enders.length === 0 || !enders.every((use) => this.#isOfEndings(use.decl) && use.func !== body.func)) return false;
    if (!field.uses.every((use) => use.kind !== 'other' || this.#isKept(use))) return false;
    for (const { decl } of enders) this.#enders.add(decl.name.name);
    return true;
  }

  /** A method of the object that ends it, or that only those call. */
  #isOfEndings(decl: FuncDecl): boolean {
    if (decl.owner !== this.#made.typeName) return false;
    if (this.#endings.some((ending) => ending.decl === decl)) return true;
    const { pkg, goroutines } = this.#asked;
    const users = goroutines.selectors(decl.name.name).filter(({ node }) => pkg.declOf(node) === decl);
    return users.length > 0 && users.every((user) => this.#endings.some((ending) => ending.decl === user.decl));
  }

  /** A use of a channel that lets nobody close it or send on it: it is shown to others to receive from, or put into the object by the function that makes both. */
  #isKept({ node, parent, decl }: FieldUse): boolean {
    const { pkg } = this.#asked;
    if (parent.kind === 'ReturnStmt') {
      const shown = decl.type.results[parent.results.findIndex((one) => one === node)];
      const type = shown && pkg.infer.typeExpr(shown.type);
      return type?.kind === 'chan' && type.dir === 'recv';
    }
    if (node.kind !== 'KeyValueExpr' || node.value.kind !== 'Ident') return false;
    const obj = pkg.objectOf(node.value);
    return obj?.kind === 'var' && obj.origin.kind === 'expr' && isMake(obj.origin.expr) && !this.#asked.goroutines.closes.some(({ node: { args } }) => args[0]?.kind === 'Ident' && pkg.objectOf(args[0]) === obj);
  }
}
