import { contains, walk, type CallExpr, type Expr, type File, type ForStmt, type FuncDecl, type Node } from '../../go/ast.ts';
import type { VarObj } from '../../go/scope.ts';
import { fieldKey } from '../field-uses.ts';
import { isEndingName } from '../teardown.ts';
import { overlaps } from './channels.ts';
import type { Locks } from './locks.ts';
import type { Event, Site } from './summary.ts';

/** A goroutine that waits for a condition variable that nobody signals. */
export interface Unsignalled {
  readonly event: Event & { readonly what: { readonly kind: 'sync' } };
  readonly on: Expr;
  /**
   * - `nobody`: no code of the package signals it.
   * - `unchanging`: the loop around it asks only variables that nothing changes.
   * - `unended`: what ends the object sets a field that the loop asks, and signals nobody.
   */
  readonly why: { readonly kind: 'nobody' } | { readonly kind: 'unchanging'; readonly loop: ForStmt } | { readonly kind: 'unended'; readonly loop: ForStmt; readonly by: FieldSet };
}

/** A method that ends its object, and sets a field of it. */
export interface FieldSet {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly node: Node;
  readonly field: string;
}

export function unsignalledOf(locks: Locks): readonly Unsignalled[] {
  const signals = locks.functions().flatMap(({ summary }) => summary.events.filter(({ what }) => what.kind === 'sync' && what.op.kind === 'condWake'));
  return locks.functions().flatMap(({ func, summary }) =>
    summary.events.flatMap((event): Unsignalled[] => {
      if (!isCondWait(event) || event.calls.length > 0 || event.what.op.kind !== 'condWait' || event.site.func !== func) return [];
      const { on } = event.what.op;
      const keys = locks.channels().seenWhole(on);
      const loop = loopAround(event.site);
      if (loop && isUnchanging(locks, loop)) return [{ event, on, why: { kind: 'unchanging', loop } }];
      if (!keys) return [];
      const wakes = ({ what }: Event): boolean => what.kind === 'sync' && what.op.kind === 'condWake' && overlaps(locks.channels().keysOf(what.op.on), keys);
      if (!signals.some(wakes)) return [{ event, on, why: { kind: 'nobody' } }];
      const by = loop && setByEnd(locks, loop).find(({ decl }) => !locks.summaryOf(decl).events.some(wakes));
      return loop && by ? [{ event, on, why: { kind: 'unended', loop, by } }] : [];
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

/** The methods that end an object and set a field of it that a loop asks, itself or through `sync/atomic`. */
function setByEnd({ pkg }: Locks, loop: ForStmt): FieldSet[] {
  const asked = new Set<string>();
  const ask = (cond: Expr): void => walk(cond, (node) => {
    const field = node.kind === 'SelectorExpr' ? fieldKey(pkg, node) : undefined;
    if (field !== undefined) asked.add(field);
    return undefined;
  });
  if (loop.cond) ask(loop.cond);
  walk(loop.body, (node) => {
    if (node.kind === 'IfStmt') ask(node.cond);
    return undefined;
  });
  const found: FieldSet[] = [];
  for (const owner of new Set([...asked].map((one) => one.slice(0, one.indexOf('.'))))) {
    for (const { decl, file } of pkg.infer.methodsOf(owner).values()) {
      if (!decl.body || !isEndingName(decl.name.name)) continue;
      walk(decl.body, (node) => {
        const targets = node.kind === 'AssignStmt' ? node.lhs : node.kind === 'CallExpr' && node.fun.kind === 'SelectorExpr' && /^(?:Store|Swap)/u.test(node.fun.sel.name) ? storedIn(node) : [];
        const field = targets.flatMap((target) => fieldKey(pkg, target) ?? []).find((one) => asked.has(one));
        if (field !== undefined) found.push({ file, decl, node, field });
        return node.kind !== 'FuncLit';
      });
    }
  }
  return found;
}

/** `atomic.StoreInt32(&x.f, 1)` and `x.f.Store(true)`. */
function storedIn({ fun, args: [first] }: CallExpr): Expr[] {
  if (first?.kind === 'UnaryExpr' && first.op === '&') return [first.x];
  return fun.kind === 'SelectorExpr' ? [fun.x] : [];
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
