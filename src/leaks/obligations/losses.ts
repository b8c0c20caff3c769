import { childrenOf, contains, isNil, isWithin, walk, type Expr, type File, type ForStmt, type FuncDecl, type Node, type Span } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { FuncNode, VarObj } from '../../go/scope.ts';
import { isCommand, isEndingName, runsOnce } from '../teardown.ts';
import { Acquisitions, type Acquisition } from './acquisitions.ts';
import { failureOfTaker } from './failing-taker.ts';
import { failureOfCopy } from './failure-of-copy.ts';
import { localOf } from './local-of.ts';
import type { Loss, OtherEnd } from './loss.ts';
import type { Constructors } from './constructors.ts';
import { KeptFields } from './kept-fields.ts';
import { Uses } from './uses.ts';
import { findLoss, mentionsVariable } from './walk.ts';

/** Everything that the package's functions obtain and, on some path, do not give back. */
export function findLosses(pkg: GoPackage, constructors: Constructors, isRoot: (decl: FuncDecl, file: File) => boolean): Loss[] {
  const uses = new Uses(pkg);
  const acquisitions = new Acquisitions(pkg, uses, constructors);
  const fields = new FieldReads(pkg);
  const kept = new KeptFields(pkg, uses);
  const losses: Loss[] = [];
  const ended = ownersEndedBy(pkg, isRoot);
  for (const { decl, file } of pkg.funcs()) {
    const isAsked = isRoot(decl, file);
    if ((!isAsked && !ended.some((owner) => pkg.mentions.isIn(owner, decl, file))) || !decl.body) continue;
    for (const acquisition of acquisitions.of(decl, file)) {
      const loss = (isAsked ? judge(pkg, uses, fields, acquisition) : undefined) ?? kept.judge(acquisition);
      // What main, init or a command obtains lives as long as the process.
      if (loss && !runsOnce(pkg, decl) && !isCommand(pkg, loss.func.type)) losses.push(loss);
    }
  }
  return losses;
}

/** The types whose ends are asked about: what they keep may have been let go of there. */
function ownersEndedBy(pkg: GoPackage, isRoot: (decl: FuncDecl, file: File) => boolean): readonly string[] {
  const owners = new Set<string>();
  for (const { decl, file } of pkg.funcs()) if (decl.owner && isEndingName(decl.name.name) && isRoot(decl, file)) owners.add(decl.owner);
  return [...owners];
}

function judge(pkg: GoPackage, uses: Uses, fields: FieldReads, acquisition: Acquisition): Loss | undefined {
  const { obligation, targets, func, stmt, call, file } = acquisition;
  const target = targets[obligation.result];
  if (stmt.kind === 'KeyValueExpr') return undefined;
  const nothing = { lost: null, ending: null, variable: null, user: null, releasedElsewhere: false, escapesElsewhere: false };
  const errorTarget = obligation.error === null ? undefined : targets[obligation.error];
  const error = (errorTarget && localOf(pkg, errorTarget)) ?? null;
  if (target === undefined || (target.kind === 'Ident' && target.name === '_')) {
    if (obligation.guessed) return undefined;
    // Where the function goes on only with an error, nothing was obtained.
    const lost = error ? findLoss({ pkg, file, cfg: pkg.cfgOf(func), obtains: stmt, arms: null, variable: null, path: null, error, effect: () => 'none', isPutOff: () => false, endsWhenFalse: () => false }) : null;
    return error && !lost ? undefined : { ...acquisition, ...nothing, how: 'dropped', kept: null };
  }
  if (target.kind === 'SelectorExpr') return fields.isNeverRead(target) ? { ...acquisition, ...nothing, how: 'field', kept: target } : undefined;
  const variable = localOf(pkg, target, func);
  if (!variable) return undefined;
  const holder = { variable, path: obligation.released.kind === 'method' ? obligation.released.path : null };
  const isStarted = call.fun.kind === 'SelectorExpr' && call.fun.x === target;
  const elsewhere = effectsIn(func, (node) => uses.effectOf(node, holder, obligation), stmt);
  if (elsewhere === 'reached' || (isStarted && (elsewhere.escapesElsewhere || isDeferredBefore(func, stmt, (node) => uses.effectOf(node, holder, obligation) === 'released')))) return undefined;
  const user = obligation.rule === 'unclosed-pipe' ? otherEnd(pkg, acquisition) : undefined;
  if (obligation.rule === 'unclosed-pipe' && !user) return undefined;
  const flags = endFlags(pkg, acquisition);
  const lasting = lastingLoops(func).filter(({ waits }) => waits.some((wait) => wait.end <= stmt.pos));
  const lost = findLoss({
    pkg,
    file,
    cfg: pkg.cfgOf(func),
    obtains: stmt,
    arms: user?.stmt ?? null,
    variable,
    path: holder.path,
    error,
    // Closing the other end of a pipe wakes the goroutine there as well.
    effect: (node) => (user && node.kind !== 'GoStmt' && uses.effectOf(node, { variable: user.variable, path: null }, obligation) === 'released' ? 'released' : uses.effectOf(node, holder, obligation)),
    mayFail: (node) => failureOfCopy(pkg, node) ?? (holder.path === null ? failureOfTaker(pkg, uses, variable, obligation, node) : undefined),
    isPutOff: (node) => node.kind === 'DeferStmt' && lasting.some(({ loop: { body } }) => isWithin(stmt, body) && isWithin(node, body)),
    endsWhenFalse: (cond) => isEnd(pkg, cond, variable, obligation.drained.methods) || (cond.kind === 'Ident' && flags.has(pkg.objectOf(cond))),
  });
  // A way that fails is what is most often forgotten; others may mean to go on with it.
  if (obligation.guessed === 'object' && !(lost?.at?.kind === 'ReturnStmt' && lost.at.results.length > 0 && !isNil(lost.at.results.at(-1)))) return undefined;
  // What is started again is the same object, as a rule.
  if (isStarted && lost?.kind === 'again') return undefined;
  return lost ? { ...acquisition, how: lost.kind, kept: target, ending: null, variable, lost, user: user ?? null, ...elsewhere } : undefined;
}

/** The loops of a function without a condition, with all that they wait for: one that waits before it obtains something goes on for as long as things come. */
function lastingLoops({ body }: FuncNode): readonly { readonly loop: ForStmt; readonly waits: readonly Span[] }[] {
  const found: { loop: ForStmt; waits: Span[] }[] = [];
  if (body) {
    walk(body, (node) => {
      if (node.kind === 'ForStmt' && node.cond === null) found.push({ loop: node, waits: [] });
      const wait = node.kind === 'CommClause' ? node.comm : node.kind === 'UnaryExpr' && node.op === '<-' ? node : null;
      if (wait) for (const { loop, waits } of found) if (isWithin(wait, loop.body)) waits.push(wait);
      return node.kind !== 'FuncLit';
    });
  }
  return found;
}

/** `defer s.Stop()`, and only then `s.Start()`. */
function isDeferredBefore({ body }: FuncNode, stmt: Node, isReleased: (node: Node) => boolean): boolean {
  return body !== null && contains(body, (node) => node.kind === 'DeferStmt' && node.pos < stmt.pos && isReleased(node));
}

/** Statements that can give a thing back or let it go. */
const usesThings: ReadonlySet<Node['kind']> = new Set<Node['kind']>(['ExprStmt', 'DeferStmt', 'GoStmt', 'ReturnStmt', 'AssignStmt', 'DeclStmt', 'SendStmt']);

/** What a function does with a thing anywhere. `reached`: a literal written before it is obtained, or its address, can give it back at any time. */
function effectsIn(func: FuncNode, effect: (node: Node) => 'none' | 'released' | 'escaped', stmt: Node): { releasedElsewhere: boolean; escapesElsewhere: boolean } | 'reached' {
  let releasedElsewhere = false;
  let escapesElsewhere = false;
  const early: Node[] = [];
  const visit = (node: Node): void => {
    if (node.kind === 'FuncLit' || (node.kind === 'UnaryExpr' && node.op === '&')) {
      if (node.pos < stmt.pos && effect(node) !== 'none') early.push(node);
      return;
    }
    if (usesThings.has(node.kind)) {
      const found = effect(node);
      if (found === 'released') releasedElsewhere = true;
      if (found === 'escaped') escapesElsewhere = true;
    }
    for (const child of childrenOf(node)) visit(child);
  };
  if (func.body) visit(func.body);
  return early.length > 0 ? 'reached' : { releasedElsewhere, escapesElsewhere };
}

/** The variable of a pipe's other end, where a goroutine that this function starts uses it: without one nobody waits. */
function otherEnd(pkg: GoPackage, { obligation, targets, func }: Acquisition): OtherEnd | undefined {
  const target = targets[1 - obligation.result];
  const variable = target?.kind === 'Ident' ? pkg.objectOf(target) : undefined;
  if (variable?.kind !== 'var' || !func.body) return undefined;
  const found: OtherEnd[] = [];
  walk(func.body, (node) => {
    if (node.kind === 'GoStmt' && mentionsVariable(pkg, node, variable)) found.push({ variable, stmt: node, onlyCloses: onlyCloses(pkg, node, variable) });
    return node.kind !== 'FuncLit';
  });
  return found.find((one) => !one.onlyCloses) ?? found[0];
}

/** Whether all that code does with the end of a pipe is to close it. */
function onlyCloses(pkg: GoPackage, node: Node, variable: VarObj): boolean {
  if (node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && /^Close(?:WithError)?$/u.test(node.fun.sel.name) && node.fun.x.kind === 'Ident' && pkg.objectOf(node.fun.x) === variable) return node.args.every((arg) => onlyCloses(pkg, arg, variable));
  return !(node.kind === 'Ident' && pkg.objectOf(node) === variable) && childrenOf(node).every((child) => onlyCloses(pkg, child, variable));
}

/** `rows.Next()`: a method that answers false at the end; `w.ResultChan()`: one whose channel is closed then. */
function isEnd(pkg: GoPackage, cond: Expr, variable: VarObj, methods: readonly string[]): boolean {
  return cond.kind === 'CallExpr' && cond.fun.kind === 'SelectorExpr' && methods.includes(cond.fun.sel.name) && cond.fun.x.kind === 'Ident' && pkg.objectOf(cond.fun.x) === variable;
}

/**
 * The variables `ok` of `v, ok := next()`, where next belongs to a stop, and of `v, ok := <-w.ResultChan()`: false says that the iterator, or what
 * sends on the channel, is at its end.
 */
function endFlags(pkg: GoPackage, { obligation, targets, func }: Acquisition): ReadonlySet<unknown> {
  const flags = new Set<unknown>();
  const [first] = targets;
  const variable = first?.kind === 'Ident' ? pkg.objectOf(first) : undefined;
  if (variable?.kind !== 'var') return flags;
  const isNext = (value: Expr): boolean => obligation.rule === 'unstopped-iterator' && value.kind === 'CallExpr' && value.fun.kind === 'Ident' && pkg.objectOf(value.fun) === variable;
  const isReceived = (value: Expr): boolean => value.kind === 'UnaryExpr' && value.op === '<-' && isEnd(pkg, value.x, variable, obligation.drained.methods);
  const visit = (node: Node): void => {
    if (node.kind === 'AssignStmt' && node.rhs[0] && (isNext(node.rhs[0]) || isReceived(node.rhs[0]))) {
      const ok = node.lhs.at(-1);
      if (ok?.kind === 'Ident') flags.add(pkg.objectOf(ok));
    }
    for (const child of childrenOf(node)) visit(child);
  };
  if (func.body) visit(func.body);
  return flags;
}

/** Which names are read as fields or methods anywhere in the package. By name alone: a namesake's use counts as well. */
class FieldReads {
  readonly #pkg: GoPackage;
  readonly #known = new Map<string, boolean>();

  constructor(pkg: GoPackage) {
    this.#pkg = pkg;
  }

  /** Whether a field of this package alone is only ever assigned to. */
  isNeverRead(target: Extract<Expr, { kind: 'SelectorExpr' }>): boolean {
    if (/^\p{Lu}/u.test(target.sel.name)) return false;
    const selection = this.#pkg.infer.select(target);
    return selection?.kind === 'field' && selection.owner?.path === '' && !this.#isRead(target.sel.name);
  }

  #isRead(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    let isRead = false;
    const visit = (node: Node): void => {
      if (node.kind === 'AssignStmt') {
        for (const target of node.lhs) visit(target.kind === 'SelectorExpr' ? target.x : target);
        for (const value of node.rhs) visit(value);
        return;
      }
      isRead ||= node.kind === 'SelectorExpr' && node.sel.name === name;
      for (const child of childrenOf(node)) visit(child);
    };
    for (const { node } of this.#pkg.mentions.of(name)) {
      if (node.kind !== 'FuncDecl') visit(node);
      else if (node.body) visit(node.body);
    }
    this.#known.set(name, isRead);
    return isRead;
  }
}
