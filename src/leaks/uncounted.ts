import type { CallExpr, Expr, SelectorExpr } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { isNamed } from '../go/type.ts';
import type { At, Goroutines } from './exits/goroutines.ts';
import { thingOf } from './exits/things.ts';
import { walkWithParents } from './field-uses.ts';
import { isHidden } from './is-hidden.ts';

/** A WaitGroup that only code of the package reaches, which adds to it and waits for it, and never counts it down. */
export interface Uncounted {
  readonly add: Pick<At<SelectorExpr>, 'node' | 'file' | 'decl'>;
  readonly wait: Pick<At<SelectorExpr>, 'node' | 'file' | 'decl'>;
}

/** The WaitGroups of a package's fields that nobody counts down. */
export function uncountedGroups(pkg: GoPackage, goroutines: Goroutines): readonly Uncounted[] {
  const found = new Map<string, Uncounted>();
  for (const wait of goroutines.selectors('Wait')) {
    const group = groupOf(pkg, goroutines, wait.node.x);
    if (group === undefined || found.has(group)) continue;
    const called = (name: string): readonly At<SelectorExpr>[] => goroutines.selectors(name).filter(({ node }) => thingOf(pkg, goroutines, node.x) === group);
    const adds = called('Add');
    const [add] = adds;
    const uses = goroutines.selectors(group.slice(group.indexOf('.') + 1)).filter(({ node }) => thingOf(pkg, goroutines, node) === group);
    // Whoever has it in another way may count it down.
    if (add && uses.length === adds.length + called('Wait').length && adds.every((one) => addsOnly(one))) found.set(group, { add, wait });
  }
  return [...found.values()];
}

/** `Type.field`, where an expression is a WaitGroup in a field that other packages do not reach. */
function groupOf(pkg: GoPackage, goroutines: Goroutines, expr: Expr): string | undefined {
  if (expr.kind !== 'SelectorExpr' || !isNamed(pkg.typeOf(expr), 'sync', 'WaitGroup')) return undefined;
  const thing = thingOf(pkg, goroutines, expr);
  const [owner = '', field = ''] = typeof thing === 'string' ? thing.split('.') : [];
  return typeof thing === 'string' && isHidden(owner, field) ? thing : undefined;
}

/** `wg.Add(1)`, and not `wg.Add(-1)`. */
function addsOnly({ node, decl }: At<SelectorExpr>): boolean {
  let call: CallExpr | undefined;
  walkWithParents(decl, (one, parents) => {
    const parent = parents.at(-1);
    if (one === node && parent?.kind === 'CallExpr') call = parent;
  });
  return call !== undefined && isUp(call);
}

/** Whether a call of Add is seen to count up: `wg.Add(1)`, `wg.Add(len(jobs))`. */
function isUp({ args: [count] }: CallExpr): boolean {
  return count?.kind === 'BasicLit' || (count?.kind === 'CallExpr' && count.fun.kind === 'Ident' && count.fun.name === 'len');
}
