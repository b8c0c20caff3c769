import { childrenOf, isNil, rootOf, textOf, walk, type BlockStmt, type CallExpr, type Expr, type File, type FuncDecl, type IfStmt, type Node } from '../../go/ast.ts';
import { atLeast } from '../../go/module.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isNamed } from '../../go/type.ts';
import { isErrorType } from '../is-error-type.ts';
import { calleeOf } from './callee.ts';
import { madeBy, resultsOf, writesOut, type Constructors, type Owed } from './constructors.ts';
import { guessedObligation } from './guessed.ts';
import { localOf } from './local-of.ts';
import type { Obligation } from './obligation.ts';
import { obligations, response } from './table.ts';
import type { Uses } from './uses.ts';

/** Where a thing that must be given back is obtained, and what it is kept in. */
export interface Acquisition {
  readonly obligation: Obligation;
  readonly file: File;
  readonly decl: FuncDecl;
  /** The innermost function it stands in. */
  readonly func: FuncNode;
  /** The statement. */
  readonly stmt: Node;
  readonly call: CallExpr;
  /** The targets of the statement, in the order of the call's results; empty where the results are dropped. */
  readonly targets: readonly Expr[];
  /** The function of the package that obtains it for this one, where it is not the call itself. */
  readonly through: FuncDecl | null;
}

const byKey: ReadonlyMap<string, readonly Obligation[]> = new Map(
  [...new Set(obligations.flatMap((one) => one.obtained))].map((key) => [key, obligations.filter((one) => one.obtained.includes(key))]),
);

const byArgument: readonly { readonly obligation: Obligation; readonly given: NonNullable<Obligation['obtainedWith']> }[] = obligations.flatMap((obligation) => (obligation.obtainedWith ? [{ obligation, given: obligation.obtainedWith }] : []));

/** What a response of whatever client owes. */
const bodies: Obligation = { ...response, obtained: [], isByType: true, isLeftToTests: true };

/** Finds what functions obtain, themselves and through functions of the package that hand on what they obtained. */
export class Acquisitions {
  readonly #pkg: GoPackage;
  readonly #uses: Uses;
  readonly #constructors: Constructors;
  readonly #handedOn = new Map<FuncDecl, readonly Obligation[]>();
  readonly #made = new Map<string, boolean>();

  constructor(pkg: GoPackage, uses: Uses, constructors: Constructors) {
    this.#pkg = pkg;
    this.#uses = uses;
    this.#constructors = constructors;
  }

  /** Every statement of a declaration, and of the literals in it, that obtains something. */
  of(decl: FuncDecl, file: File): Acquisition[] {
    const found: Acquisition[] = [];
    const visit = (node: Node, func: FuncNode): void => {
      const inner = node.kind === 'FuncLit' ? node : func;
      for (const { call, targets } of callsOf(node)) {
        const obtained = this.#obtained(call, file);
        for (const { obligation, through } of obtained) found.push({ obligation, file, decl, func: inner, stmt: node, call, targets, through });
        const guessed = obtained.length === 0 ? (this.#byType(call) ?? this.#byShape(decl, call, targets) ?? guessedObligation(this.#pkg, decl, call, targets)) : undefined;
        if (guessed) found.push({ obligation: guessed, file, decl, func: inner, stmt: node, call, targets, through: null });
        const started = this.#started(call);
        if (started) found.push({ ...started, file, decl, func: inner, stmt: node, call, targets: [started.object, ...targets] });
      }
      for (const child of childrenOf(node)) visit(child, inner);
    };
    if (decl.body) visit(decl.body, decl);
    return found;
  }

  /** What a call obtains. An argument may say that it ends by itself. */
  #obtained(call: CallExpr, file: File): { readonly obligation: Obligation; readonly through: FuncDecl | null }[] {
    const callee = calleeOf(this.#pkg, call);
    if (callee?.kind === 'imported') return (byKey.get(callee.key) ?? [])
      .filter(({ since, endedBy, orMade, boundedBy }) => (since === null || atLeast(this.#pkg.module.goVersion, ...since)) && !endedBy?.test(textOf(file, call)) && !(orMade?.key === callee.key && this.#makes(orMade.type)) && !(boundedBy !== undefined && this.#isMadeWith(call, boundedBy)))
      .map((obligation) => ({ obligation, through: null }));
    if (callee === undefined) return byArgument.filter(({ given }) => this.#isGiven(call, given)).map(({ obligation }) => ({ obligation, through: null }));
    return callee.kind === 'package' ? [...this.#ofConstructor(callee.decl), ...this.#ofHelper(callee.decl, callee.file)].map((obligation) => ({ obligation, through: callee.decl })) : [];
  }

  /** A response with an error beside it, of an interface or a variable of the package, or of a function of it that does nothing to its body: somebody has asked a server for it. */
  #byType(call: CallExpr): Obligation | undefined {
    const type = this.#pkg.typeOf(call);
    const [response, error, ...more] = type.kind === 'tuple' ? type.elems : [];
    if (!response || response.kind !== 'pointer' || !isNamed(response, 'net/http', 'Response') || !error || more.length > 0 || !isErrorType(this.#pkg, error) || this.#makes('net/http.Response')) return undefined;
    const callee = calleeOf(this.#pkg, call);
    const isOwn = callee === undefined || callee.kind === 'package' || (callee.kind === 'imported' && callee.path === '');
    if (!isOwn || (callee?.kind === 'package' && /\bBody\b|NopCloser|\bRecorder\b/u.test(textOf(callee.file, callee.decl)))) return undefined;
    return bodies;
  }

  /** The same of something whose type other packages know, with an error beside it: it has a body and a status like a response. */
  #byShape({ body }: FuncDecl, call: CallExpr, targets: readonly Expr[]): Obligation | undefined {
    const [target, error, ...more] = targets;
    const held = target && localOf(this.#pkg, target);
    if (!held || more.length > 0 || error?.kind !== 'Ident' || !/err/iu.test(error.name) || !body || this.#pkg.infer.typeOfVar(held).kind !== 'unknown' || calleeOf(this.#pkg, call)?.kind === 'package') return undefined;
    const fields = new Set<string>();
    const called = new Set<Node>();
    walk(body, (node) => {
      if (node.kind === 'CallExpr') called.add(node.fun);
      if (node.kind === 'SelectorExpr' && !called.has(node) && node.x.kind === 'Ident' && this.#pkg.objectOf(node.x) === held) fields.add(node.sel.name);
      return undefined;
    });
    return fields.has('Body') && (fields.has('StatusCode') || fields.has('Status')) && !this.#makes('net/http.Response') ? bodies : undefined;
  }

  /** Whether a call is one of a method of that name, with an argument of that type. */
  #isGiven({ fun, args }: CallExpr, { method, argument }: NonNullable<Obligation['obtainedWith']>): boolean {
    return fun.kind === 'SelectorExpr' && fun.sel.name === method && args.some((arg) => {
      const type = this.#pkg.typeOf(arg);
      return type.kind === 'named' && `${type.path}.${type.name}` === argument;
    });
  }

  /** Whether the value whose method is called was written out with that field: `&http.Client{Timeout: …}`. */
  #isMadeWith(call: CallExpr, field: string): boolean {
    const obj = call.fun.kind === 'SelectorExpr' && call.fun.x.kind === 'Ident' ? this.#pkg.objectOf(call.fun.x) : undefined;
    const made = obj?.kind === 'var' && obj.origin.kind === 'expr' ? obj.origin.expr : undefined;
    const lit = made?.kind === 'UnaryExpr' && made.op === '&' ? made.x : made;
    return lit?.kind === 'CompositeLit' && lit.elts.some((one) => one.kind === 'KeyValueExpr' && one.key.kind === 'Ident' && one.key.name === field);
  }

  /** Whether the package writes a struct of another package out itself. */
  #makes(type: string): boolean {
    const known = this.#made.get(type);
    if (known !== undefined) return known;
    let makes = false;
    for (const { funcs } of this.#pkg.files) {
      for (const decl of funcs) {
        walk(decl, (node) => {
          if (node.kind === 'CompositeLit') {
            const lit = this.#pkg.typeOf(node);
            makes ||= lit.kind === 'named' && `${lit.path}.${lit.name}` === type;
          }
          return !makes;
        });
      }
    }
    this.#made.set(type, makes);
    return makes;
  }

  /** What a call of a method owes for the object of the package that it is called of, which the function made itself: `s.Start()`. */
  #started({ fun }: CallExpr): { readonly obligation: Obligation; readonly through: FuncDecl; readonly object: Expr } | undefined {
    const variable = fun.kind === 'SelectorExpr' && fun.x.kind === 'Ident' ? this.#pkg.objectOf(fun.x) : undefined;
    if (fun.kind !== 'SelectorExpr' || variable?.kind !== 'var' || variable.role !== 'local' || variable.origin.kind === 'none') return undefined;
    const method = this.#pkg.declOf(fun);
    const owed = method && this.#constructors.ofStart(method);
    if (!owed || !method.body || !('expr' in variable.origin) || !this.#isNew(variable.origin.expr, owed) || this.#givesBack(method.body, owed.variable, owed.obligation)) return undefined;
    return { obligation: owed.obligation, through: method, object: fun.x };
  }

  /** Whether an expression makes an object that nobody else has, and that owes nothing yet. */
  #isNew(expr: Expr, { obligation }: Owed): boolean {
    if (writesOut(expr)) return true;
    const callee = expr.kind === 'CallExpr' ? calleeOf(this.#pkg, expr) : undefined;
    if (callee?.kind !== 'package' || !callee.decl.body || this.#constructors.of(callee.decl)) return false;
    const made = madeBy(this.#pkg, callee.decl);
    if (made) return !this.#givesBack(callee.decl.body, made.variable, obligation);
    return callee.decl.body.list.every((stmt) => stmt.kind !== 'ReturnStmt' || (stmt.results[0] !== undefined && writesOut(stmt.results[0])));
  }

  /** What a function of the package makes, with a goroutine behind it, and lets nobody have but its caller. */
  #ofConstructor(decl: FuncDecl): readonly Obligation[] {
    const owed = this.#constructors.of(decl);
    return owed && decl.body && !this.#givesBack(decl.body, owed.variable, owed.obligation) ? [owed.obligation] : [];
  }

  /** What a function of the package obtains and returns: the places of its results are the caller's. */
  #ofHelper(decl: FuncDecl, file: File): readonly Obligation[] {
    const known = this.#handedOn.get(decl);
    if (known) return known;
    this.#handedOn.set(decl, []); // recursion: nothing new
    const results = resultsOf(this.#pkg, decl);
    const carried = results.flatMap((type, index) => {
      const target = type.kind === 'pointer' ? type.elem : type;
      return target.kind === 'named' && (target.path !== '' || this.#constructors.mayMake(target.name)) ? [{ carrier: `${target.path}.${target.name}`, index }] : [];
    });
    const last = results.length - 1;
    const error = results[last] && isErrorType(this.#pkg, results[last]) ? last : null;
    const { body } = decl;
    const found = carried.length === 0 || !body ? [] : carried.flatMap(({ carrier, index }) => {
      const obligation = this.#returned(decl, body, file).find((one) => one.carrier === carrier);
      return obligation ? [{ ...obligation, result: index, error }] : [];
    });
    this.#handedOn.set(decl, found);
    return found;
  }

  /**
   * A helper that closes what it returns, by a defer or on its straight way, hands on nothing that must be closed; nor does one that gives it to
   * somebody who may close it, such as `t.Cleanup`, or returns a function that does.
   */
  #givesBack(body: BlockStmt, variable: VarObj, obligation: Obligation): boolean {
    const holder = { variable, path: obligation.released.kind === 'method' ? obligation.released.path : null };
    const isVariable = (expr: Expr): boolean => expr.kind === 'Ident' && this.#pkg.objectOf(expr) === variable;
    // `if resp.Body != nil { resp.Body.Close() }` is a straight way as well.
    const asksForIt = ({ cond }: IfStmt): boolean => {
      const root = cond.kind === 'BinaryExpr' && cond.op === '!=' && isNil(cond.y) ? rootOf(cond.x) : undefined;
      return root !== undefined && isVariable(root);
    };
    const straight = new Set<Node>(body.list.flatMap((stmt) => (stmt.kind === 'IfStmt' && stmt.else === null && asksForIt(stmt) ? stmt.body.list : [stmt])));
    let gives = false;
    walk(body, (node) => {
      if (gives || node.kind === 'FuncLit') return false;
      if (node.kind === 'ReturnStmt') {
        // `return conn, func() { conn.Close() }`: the caller gets what gives it back, too.
        gives = node.results.some((result) => !isVariable(result) && this.#uses.effectOf(result, holder, obligation) !== 'none');
        return false;
      }
      if (!isSimple(node)) return undefined;
      const effect = this.#uses.effectOf(node, holder, obligation);
      gives = effect === 'escaped' || (effect === 'released' && (node.kind === 'DeferStmt' || straight.has(node)));
      return false;
    });
    return gives;
  }

  /** What the calls in a function's return statements obtain, and the variables that they return were given. */
  #returned(decl: FuncDecl, body: BlockStmt, file: File): Obligation[] {
    const found: Obligation[] = [];
    const returned = new Set<VarObj>();
    const look = (one: Node): void => {
      if (one.kind === 'FuncLit') return;
      if (one.kind === 'ReturnStmt') {
        for (const result of one.results) {
          if (result.kind === 'CallExpr') found.push(...this.#obtained(result, file).map(({ obligation }) => obligation));
          const obj = result.kind === 'Ident' ? this.#pkg.objectOf(result) : undefined;
          if (obj?.kind === 'var') returned.add(obj);
        }
      }
      for (const child of childrenOf(one)) look(child);
    };
    look(body);
    for (const field of decl.type.results) {
      for (const name of field.names) {
        const obj = this.#pkg.objectOf(name);
        if (obj?.kind === 'var') returned.add(obj);
      }
    }
    const assignments = (one: Node): void => {
      if (one.kind === 'FuncLit') return;
      for (const { call, targets } of callsOf(one)) {
        for (const { obligation } of this.#obtained(call, file)) {
          const target = targets[obligation.result];
          const obj = target?.kind === 'Ident' ? this.#pkg.objectOf(target) : undefined;
          if (obj?.kind === 'var' && returned.has(obj) && !this.#givesBack(body, obj, obligation)) found.push(obligation);
        }
      }
      for (const child of childrenOf(one)) assignments(child);
    };
    if (returned.size > 0) assignments(body);
    return found;
  }
}

/** A statement that holds no other but in function literals. */
export function isSimple({ kind }: Node): boolean {
  return kind === 'ExprStmt' || kind === 'AssignStmt' || kind === 'DeclStmt' || kind === 'SendStmt' || kind === 'DeferStmt' || kind === 'GoStmt';
}

/** The calls whose results a statement, or a key of a literal, assigns or drops, with what they are assigned to. */
function callsOf(node: Node): { readonly call: CallExpr; readonly targets: readonly Expr[] }[] {
  switch (node.kind) {
    case 'ExprStmt':
      return node.x.kind === 'CallExpr' ? [{ call: node.x, targets: [] }] : [];
    case 'AssignStmt':
      return pair(node.lhs, node.rhs);
    case 'DeclStmt':
      return node.specs.flatMap((spec) => (spec.kind === 'ValueSpec' ? pair(spec.names, spec.values) : []));
    case 'KeyValueExpr':
      return node.value.kind === 'CallExpr' ? [{ call: node.value, targets: [node.key] }] : [];
    default:
      return [];
  }
}

function pair(targets: readonly Expr[], values: readonly Expr[]): { readonly call: CallExpr; readonly targets: readonly Expr[] }[] {
  if (values.length === 1) return values[0]?.kind === 'CallExpr' ? [{ call: values[0], targets }] : [];
  return values.flatMap((value, index) => (value.kind === 'CallExpr' ? [{ call: value, targets: targets.slice(index, index + 1) }] : []));
}
