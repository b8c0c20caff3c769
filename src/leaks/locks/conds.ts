import { contains, walk, type Expr, type ForStmt } from '../../go/ast.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Locks } from './locks.ts';
import type { Event, Site } from './summary.ts';

/** A goroutine that waits for a condition variable that nobody signals. */
export interface Unsignalled {
  readonly event: Event & { readonly what: { readonly kind: 'sync' } };
  readonly on: Expr;
  /** `nobody`: no code of the package signals it. `unchanging`: the loop around it asks only variables that nothing changes. */
  readonly why: { readonly kind: 'nobody' } | { readonly kind: 'unchanging'; readonly loop: ForStmt };
}

export function unsignalledOf(locks: Locks): readonly Unsignalled[] {
  const wakes = locks.functions().flatMap(({ summary }) => summary.events.filter(({ what }) => what.kind === 'sync' && what.op.kind === 'condWake'));
  return locks.functions().flatMap(({ func, summary }) =>
    summary.events.flatMap((event): Unsignalled[] => {
      if (!isCondWait(event) || event.calls.length > 0 || event.what.op.kind !== 'condWait' || event.site.func !== func) return [];
      const { on } = event.what.op;
      const keys = locks.channels().seenWhole(on);
      const loop = loopAround(event.site);
      if (loop && isUnchanging(locks, loop)) return [{ event, on, why: { kind: 'unchanging', loop } }];
      if (!keys) return [];
      const isWoken = wakes.some(({ what }) => what.kind === 'sync' && what.op.kind === 'condWake' && [...locks.channels().keysOf(what.op.on)].some((key) => keys.has(key)));
      return isWoken ? [] : [{ event, on, why: { kind: 'nobody' } }];
    }),
  );
}

function isCondWait(event: Event): event is Unsignalled['event'] {
  return event.what.kind === 'sync' && event.what.op.kind === 'condWait';
}

/** The innermost loop with a condition that a wait stands in. */
function loopAround({ func, span }: Site): ForStmt | undefined {
  let found: ForStmt | undefined;
  if (func.body) {
    walk(func.body, (node) => {
      if (node.kind === 'ForStmt' && node.body.pos <= span.pos && span.end <= node.body.end) found = node;
      return undefined;
    });
  }
  return found;
}

/** Whether a loop asks local variables alone, none of which is assigned anywhere but where it is declared, and has no other way out. */
function isUnchanging(locks: Locks, loop: ForStmt): boolean {
  if (loop.cond === null || contains(loop.body, (node) => node.kind === 'ReturnStmt' || node.kind === 'BranchStmt')) return false;
  const { cond } = loop;
  if (contains(cond, (node) => ['CallExpr', 'SelectorExpr', 'IndexExpr', 'StarExpr'].includes(node.kind))) return false;
  const asked = varsIn(locks, cond);
  return asked.length > 0 && asked.every((obj) => obj.role === 'const' || (obj.role === 'local' && !locks.accesses.isReassigned(obj))) && asked.some((obj) => obj.role === 'local');
}

function varsIn(locks: Locks, expr: Expr): VarObj[] {
  const found: VarObj[] = [];
  walk(expr, (node) => {
    const obj = node.kind === 'Ident' ? locks.pkg.objectOf(node) : undefined;
    if (obj?.kind === 'var') found.push(obj);
    return undefined;
  });
  return found;
}
