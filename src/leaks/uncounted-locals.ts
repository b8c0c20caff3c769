import { contains, type CallExpr, type File, type FuncDecl, type Node } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { VarObj } from '../go/scope.ts';
import { deref, isNamed } from '../go/type.ts';
import { walkWithParents } from './field-uses.ts';
import { endsWith } from './goes-on.ts';
import { handedTo } from './handed-to.ts';
import { runsOnce } from './teardown.ts';
import type { Uncounted } from './uncounted.ts';

interface Uses {
  readonly adds: Uncounted['add'][];
  readonly waits: (Uncounted['wait'] & { readonly call: CallExpr })[];
  /** Something may count it down. */
  isCounted: boolean;
}

/**
 * The WaitGroups in variables of functions that are added to and waited for, and that no code counts down, as far as they are handed on. `wg.Add(1)`
 * and `wg.Wait()` as the last thing that a function does may be meant to wait for ever.
 */
export function uncountedLocals(pkg: GoPackage, isAsked: (home: { readonly decl: FuncDecl; readonly file: File }) => boolean): readonly Uncounted[] {
  const given = new Map<FuncDecl, ReadonlyMap<VarObj, Uses>>();
  return [...pkg.saying(/\bWaitGroup\b/u)].flatMap(({ decl, file }) => {
    if (!isAsked({ decl, file })) return [];
    return [...usesIn(pkg, decl, file, given)].flatMap(([obj, { adds: [add], waits: [wait], isCounted }]) => (obj.role === 'local' && add && wait && !isCounted && !runsOnce(pkg, decl) && !endsWith(decl, wait.call) ? [{ add, wait }] : []));
  });
}

/** What a function does with WaitGroups in its variables and parameters, and what functions of the package do with them that it hands them to. */
function usesIn(pkg: GoPackage, decl: FuncDecl, file: File, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): ReadonlyMap<VarObj, Uses> {
  const known = given.get(decl);
  if (known) return known;
  const found = new Map<VarObj, Uses>();
  // What comes back to itself adds nothing.
  given.set(decl, found);
  walkWithParents(decl, (node, parents) => {
    const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
    if (obj?.kind !== 'var' || (obj.role !== 'local' && obj.role !== 'param') || obj.ident === node || !isNamed(deref(pkg.infer.typeOfVar(obj)), 'sync', 'WaitGroup')) return;
    const uses = found.get(obj) ?? noUses();
    found.set(obj, uses);
    // `&wg` is it as well.
    const [parent, outer] = parents.at(-1)?.kind === 'UnaryExpr' ? [parents.at(-2), parents.at(-3)] : [parents.at(-1), parents.at(-2)];
    const arg = parents.at(-1) === parent ? node : (parents.at(-1) ?? node);
    if (parent?.kind === 'SelectorExpr' && outer?.kind === 'CallExpr') note(uses, { node: parent, file, decl }, outer);
    else take(uses, parent?.kind === 'CallExpr' ? usesOfCallee(pkg, parent, arg, given) : undefined);
  });
  return found;
}

/** Where nothing was seen yet. */
function noUses(): Uses {
  return { adds: [], waits: [], isCounted: false };
}

function note(uses: Uses, at: Uncounted['add'], call: CallExpr): void {
  if (at.node.sel.name === 'Wait') uses.waits.push({ ...at, call });
  else if (at.node.sel.name === 'Add' && !call.args.some((count) => contains(count, isMinus))) uses.adds.push(at);
  else uses.isCounted = true;
}

/** `wg.Add(-1)` counts down. */
function isMinus(node: Node): boolean {
  return node.kind === 'UnaryExpr' && node.op === '-';
}

function take(uses: Uses, theirs: Uses | undefined): void {
  uses.adds.push(...(theirs?.adds ?? []));
  uses.isCounted ||= theirs?.isCounted !== false;
}

function usesOfCallee(pkg: GoPackage, call: CallExpr, arg: Node, given: Map<FuncDecl, ReadonlyMap<VarObj, Uses>>): Uses | undefined {
  const handed = handedTo(pkg, call, arg);
  return handed && (usesIn(pkg, handed.decl, handed.file, given).get(handed.param) ?? noUses());
}

