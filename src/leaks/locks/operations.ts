import type { CallExpr, Expr, FuncLit } from '../../go/ast.ts';
import type { Selection } from '../../go/infer.ts';
import type { GoPackage } from '../../go/package.ts';
import { deref, imported, type NamedType, type Type } from '../../go/type.ts';
import { walk } from '../../go/ast.ts';
import { walkWithParents } from '../field-uses.ts';
import { calleeOf } from '../obligations/callee.ts';
import type { Access, Accesses, Segment } from './access.ts';

export type Mode = 'write' | 'read';

/** What a call does to a lock, a condition variable, a counter or a once. */
export type Operation =
  | { readonly kind: 'lock' | 'unlock' | 'tryLock'; readonly on: Access; readonly mode: Mode }
  /** `mu.WithLock(func() { … })` runs code with a lock held. `passes`: what it may have to take as well, and lets go of again. */
  | { readonly kind: 'within'; readonly on: Access; readonly mode: Mode; readonly passes: Access | null; readonly run: FuncLit }
  | { readonly kind: 'condWait' | 'condWake' | 'groupWait' | 'groupDone' | 'groupAdd'; readonly on: Access; readonly expr: Expr }
  | { readonly kind: 'once'; readonly on: Access; readonly expr: Expr };

const lockMethods: ReadonlyMap<string, { readonly kind: 'lock' | 'unlock' | 'tryLock' | 'within'; readonly mode: Mode }> = new Map([
  ['Lock', { kind: 'lock', mode: 'write' }],
  ['Unlock', { kind: 'unlock', mode: 'write' }],
  ['TryLock', { kind: 'tryLock', mode: 'write' }],
  ['RLock', { kind: 'lock', mode: 'read' }],
  ['RUnlock', { kind: 'unlock', mode: 'read' }],
  ['TryRLock', { kind: 'tryLock', mode: 'read' }],
  ['WithLock', { kind: 'within', mode: 'write' }],
  ['WithRLock', { kind: 'within', mode: 'read' }],
] as const);

/**
 * What transactions of bolt hold while they run: `rwlock` those that write, `mmaplock` for reading those that read. To make room, the former take
 * `mmaplock` for a moment too. Source: db.go of go.etcd.io/bbolt.
 */
export const transactions: ReadonlyMap<string, { readonly holds: Segment; readonly mode: Mode; readonly passes: Segment | null }> = new Map([
  ['Update', { holds: { name: 'rwlock', type: imported('sync', 'Mutex'), owner: null }, mode: 'write', passes: { name: 'mmaplock', type: imported('sync', 'RWMutex'), owner: null } }],
  ['View', { holds: { name: 'mmaplock', type: imported('sync', 'RWMutex'), owner: null }, mode: 'read', passes: null }],
] as const);

/** The packages that are bolt. */
export const bolt = /^(?:go\.etcd\.io|github\.com\/(?:boltdb|coreos|etcd-io))\/b?bolt$/u;

/** What runs functions that it is given, and is over when they are. Sources: the documentation of these packages. */
const inPlace: ReadonlySet<string> = new Set([
  'sync.Map.Range', 'container/ring.Ring.Do',
  'sort.Slice', 'sort.SliceStable', 'sort.Search', 'strings.Map', 'strings.FieldsFunc', 'strings.IndexFunc',
  'slices.SortFunc', 'slices.SortStableFunc', 'slices.IndexFunc', 'slices.ContainsFunc', 'slices.DeleteFunc', 'maps.DeleteFunc',
  'path/filepath.Walk', 'path/filepath.WalkDir', 'io/fs.WalkDir',
]);

/** Whether a call runs the functions among its arguments before it returns, as other packages' functions are known to. */
export function runsInPlace(pkg: GoPackage, call: CallExpr): boolean {
  // Most calls are given nothing, or name nothing of another package.
  const callee = call.args.length > 0 && call.fun.kind === 'SelectorExpr' ? calleeOf(pkg, call) : undefined;
  return callee?.kind === 'imported' && inPlace.has(callee.key);
}

/** The methods that take a lock, or try to. */
export const lockTakingMethods: readonly string[] = [...lockMethods].flatMap(([name, { kind }]) => (kind === 'unlock' ? [] : [name]));

/** The methods that take a lock or wait for one to be handed back, with the names in `sync` without which none is meant; none for locks of all kinds. */
export const takingMethods: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...lockTakingMethods.map((name) => [name, []] as const),
  ['Wait', ['Cond', 'NewCond']],
  ['Do', ['Once']],
  ...[...transactions.keys()].map((name) => [name, ['bolt', 'bbolt']] as const),
]);

const syncMethods: ReadonlyMap<string, 'condWait' | 'condWake' | 'groupWait' | 'groupDone' | 'groupAdd'> = new Map([
  ['Cond.Wait', 'condWait'],
  ['Cond.Signal', 'condWake'],
  ['Cond.Broadcast', 'condWake'],
  ['WaitGroup.Wait', 'groupWait'],
  ['WaitGroup.Done', 'groupDone'],
  ['WaitGroup.Add', 'groupAdd'],
] as const);

/** A mutex of the standard library, or one that other packages have built like it. */
export function isMutex(type: Type): boolean {
  const target = deref(type);
  if (target.kind !== 'named' || target.path === '') return false;
  return target.path === 'sync' ? /^(?:RW)?Mutex$|^Locker$/u.test(target.name) : /Mutex$/u.test(target.name);
}

/** Tells what calls do to the objects of package sync. */
export class Operations {
  readonly #pkg: GoPackage;
  readonly #accesses: Accesses;
  #locksOfConds: Map<string, CondLock | null> | undefined;
  #ofOthers: ReturnType<typeof locksOfOthers> | undefined;

  constructor(pkg: GoPackage, accesses: Accesses) {
    this.#pkg = pkg;
    this.#accesses = accesses;
  }

  of(call: CallExpr): Operation | undefined {
    const { fun } = call;
    if (fun.kind !== 'SelectorExpr') return undefined;
    const selection = this.#pkg.infer.select(fun);
    if (selection?.kind !== 'importedMethod') return undefined;
    const transaction = selection.recv.name === 'DB' && bolt.test(selection.recv.path) ? transactions.get(fun.sel.name) : undefined;
    if (transaction) return this.#transaction(call, selection, transaction);
    const method = this.#isLock(selection.recv) ? lockMethods.get(fun.sel.name) : undefined;
    const [run, ...more] = call.args;
    if (method?.kind === 'within') {
      const on = this.#object(fun.x, selection);
      return on && run?.kind === 'FuncLit' && more.length === 0 ? { kind: 'within', on, mode: method.mode, passes: null, run } : undefined;
    }
    if (method && !run) {
      const on = this.#object(fun.x, selection);
      return on ? this.#throughCond(method.kind, on, method.mode) : undefined;
    }
    if (selection.recv.path !== 'sync') return undefined;
    const on = this.#object(fun.x, selection);
    if (!on) return undefined;
    if (selection.recv.name === 'Once') return fun.sel.name === 'Do' ? { kind: 'once', on, expr: fun.x } : undefined;
    const kind = syncMethods.get(`${selection.recv.name}.${fun.sel.name}`);
    return kind ? { kind, on, expr: fun.x } : undefined;
  }

  /**
   * A mutex, or something of another package that this one only ever locks and unlocks: it has one, or is one. Where locking answers something, as in
   * `for state := range s.state.Lock()`, that may let go of it.
   */
  #isLock(type: Type): boolean {
    const target = deref(type);
    if (target.kind !== 'named' || target.path === '' || target.path === 'sync') return isMutex(type);
    this.#ofOthers ??= locksOfOthers(this.#pkg);
    const name = `${target.path}.${target.name}`;
    return !this.#ofOthers.answering.has(name) && (isMutex(type) || this.#ofOthers.lockable.has(name));
  }

  #transaction({ fun, args: [run] }: CallExpr, selection: Extract<Selection, { kind: 'importedMethod' }>, { holds, mode, passes }: NonNullable<ReturnType<typeof transactions.get>>): Operation | undefined {
    const db = fun.kind === 'SelectorExpr' ? this.#object(fun.x, selection) : undefined;
    if (!db || run?.kind !== 'FuncLit') return undefined;
    return { kind: 'within', on: this.#accesses.follow(db, [holds]), mode, passes: passes && { ...this.#accesses.follow(db, [passes]), exact: false }, run };
  }

  /** The method value `x.mu.Unlock`: whoever gets it may unlock. */
  unlockValue(expr: Expr): Access | undefined {
    if (expr.kind !== 'SelectorExpr' || !/^R?Unlock$/u.test(expr.sel.name)) return undefined;
    const selection = this.#pkg.infer.select(expr);
    return selection?.kind === 'importedMethod' && this.#isLock(selection.recv) ? this.#object(expr.x, selection) : undefined;
  }

  /** The lock a condition variable lets go of while it waits. */
  lockOfCond(cond: Access): Access | undefined {
    const known = this.#conds().get(cond.key);
    if (!known) return undefined;
    if (known.kind === 'own') return this.#accesses.follow(cond, [locker]);
    if (known.kind === 'absolute') return known.access;
    const start = cond.path.slice(0, -1);
    return cond.root ? this.#accesses.follow(this.#accesses.ofVar(cond.root), [...start, ...known.path]) : undefined;
  }

  #object(expr: Expr, { path }: Extract<Selection, { kind: 'importedMethod' }>): Access | undefined {
    const base = this.#accesses.of(expr);
    return base ? this.#accesses.follow(base, this.#accesses.segments(this.#pkg.typeOf(expr), path)) : undefined;
  }

  /** `cond.L.Lock()` locks what the condition variable was made with. */
  #throughCond(kind: 'lock' | 'unlock' | 'tryLock', on: Access, mode: Mode): Operation {
    const last = on.path.at(-1);
    const before = on.path.at(-2);
    if (last?.name !== 'L' || !on.root) return { kind, on, mode };
    const condType = before ? before.type : this.#pkg.infer.typeOfVar(on.root);
    const target = deref(condType);
    if (target.kind !== 'named' || target.path !== 'sync' || target.name !== 'Cond') return { kind, on, mode };
    const cond = this.#accesses.follow(this.#accesses.ofVar(on.root), on.path.slice(0, -1));
    const lock = this.lockOfCond(cond);
    const known = this.#conds().get(cond.key);
    return lock ? { kind, on: lock, mode: known?.kind !== 'own' && known?.mode === 'read' ? 'read' : mode } : { kind, on, mode };
  }

  #conds(): Map<string, CondLock | null> {
    if (this.#locksOfConds) return this.#locksOfConds;
    const found = new Map<string, CondLock | null>();
    this.#locksOfConds = found;
    const bind = (cond: Access | undefined, lock: Expr): void => {
      if (!cond) return;
      const next = this.#condLock(cond, lock);
      const known = found.get(cond.key);
      found.set(cond.key, known === undefined || (known && next && sameLock(known, next)) ? next : null);
    };
    for (const { decl } of this.#pkg.funcs()) {
      walk(decl, (node) => {
        if (node.kind === 'AssignStmt') {
          for (const [index, target] of node.lhs.entries()) {
            const value = node.rhs[index];
            const made = value ? this.#newCond(value) : undefined;
            if (made) bind(this.#accesses.of(target), made);
            else if (value && target.kind === 'SelectorExpr' && target.sel.name === 'L' && isCond(this.#pkg.typeOf(target.x))) bind(this.#accesses.of(target.x), value);
          }
        } else if (node.kind === 'ValueSpec') {
          for (const [index, name] of node.names.entries()) {
            const value = node.values[index];
            const made = value ? this.#newCond(value) : undefined;
            if (made) bind(this.#accesses.of(name), made);
          }
        } else if (node.kind === 'CompositeLit') this.#bindLiteral(node, bind);
        return undefined;
      });
    }
    return found;
  }

  #bindLiteral(literal: Extract<Expr, { kind: 'CompositeLit' }>, bind: (cond: Access | undefined, lock: Expr) => void): void {
    const type = this.#pkg.typeOf(literal);
    for (const pair of literal.elts) {
      const made = pair.kind === 'KeyValueExpr' ? this.#newCond(pair.value) : undefined;
      if (!made || pair.kind !== 'KeyValueExpr' || pair.key.kind !== 'Ident') continue;
      const [segment] = this.#accesses.segments(type, [pair.key.name]);
      if (segment?.owner) bind({ root: null, path: [segment], type: segment.type, key: `${segment.owner}.${segment.name}`, id: '', deps: [], exact: false }, made);
    }
  }

  /** The argument of `sync.NewCond`. */
  #newCond(expr: Expr): Expr | undefined {
    if (expr.kind !== 'CallExpr' || expr.fun.kind !== 'SelectorExpr') return undefined;
    const selection = this.#pkg.infer.select(expr.fun);
    return selection?.kind === 'imported' && selection.path === 'sync' && selection.name === 'NewCond' ? expr.args[0] : undefined;
  }

  #condLock(cond: Access, expr: Expr): CondLock | null {
    const inner = expr.kind === 'UnaryExpr' && expr.op === '&' ? expr.x : expr;
    if (inner.kind === 'CompositeLit' || (inner.kind === 'CallExpr' && inner.fun.kind === 'Ident' && inner.fun.name === 'new')) return { kind: 'own' };
    const reader = inner.kind === 'CallExpr' && inner.fun.kind === 'SelectorExpr' && inner.fun.sel.name === 'RLocker' ? inner.fun.x : undefined;
    const access = this.#lockAccess(reader ?? inner);
    if (!access?.root) return null;
    const mode = reader ? 'read' : 'write';
    if (access.root.role === 'package') return { kind: 'absolute', access, mode };
    if (cond.root && cond.path.length === 0) return { kind: 'absolute', access, mode };
    const start = cond.path.slice(0, -1);
    const shares = cond.root === access.root && start.every((segment, index) => access.path[index]?.name === segment.name);
    return shares ? { kind: 'sibling', path: access.path.slice(start.length), mode } : null;
  }

  /** A lock, also where the struct that embeds it is given for it. */
  #lockAccess(expr: Expr): Access | undefined {
    const access = this.#accesses.of(expr);
    if (!access || this.#isLock(access.type)) return access;
    const selection = this.#pkg.infer.selectIn(access.type, 'Lock');
    return selection?.kind === 'importedMethod' ? this.#accesses.follow(access, this.#accesses.segments(access.type, selection.path)) : access;
  }
}

/** Types of other packages whose values the package locks and uses what that answers, and those that it both locks and unlocks, never asking whether that failed. */
function locksOfOthers(pkg: GoPackage): { readonly answering: ReadonlySet<string>; readonly lockable: ReadonlySet<string> } {
  const methods = new Map<string, Set<string>>();
  const answering = new Set<string>();
  for (const { decl } of pkg.saying(/\.R?(?:Unl|L)ock\(\)/u)) {
    walkWithParents(decl, (node, parents) => {
      if (node.kind !== 'CallExpr' || node.fun.kind !== 'SelectorExpr' || node.args.length > 0 || !/^R?(?:Unl|L)ock$/u.test(node.fun.sel.name)) return;
      const selection = pkg.infer.select(node.fun);
      if (selection?.kind !== 'importedMethod') return;
      const type = `${selection.recv.path}.${selection.recv.name}`;
      const parent = parents.at(-1)?.kind;
      if (parent !== 'ExprStmt' && parent !== 'DeferStmt') answering.add(type);
      methods.set(type, (methods.get(type) ?? new Set()).add(node.fun.sel.name));
    });
  }
  const lockable = new Set([...methods].filter(([type, names]) => !answering.has(type) && ((names.has('Lock') && names.has('Unlock')) || (names.has('RLock') && names.has('RUnlock')))).map(([type]) => type));
  return { answering, lockable };
}

type CondLock =
  | { readonly kind: 'own' }
  | { readonly kind: 'absolute'; readonly access: Access; readonly mode: Mode }
  | { readonly kind: 'sibling'; readonly path: readonly Segment[]; readonly mode: Mode };

const locker: Segment = { name: 'L', type: { kind: 'named', path: 'sync', name: 'Locker', args: [], obj: null } satisfies NamedType, owner: null };

function sameLock(a: CondLock, b: CondLock): boolean {
  if (a.kind === 'sibling' && b.kind === 'sibling') return a.path.map((one) => one.name).join('.') === b.path.map((one) => one.name).join('.');
  if (a.kind === 'absolute' && b.kind === 'absolute') return a.access.id === b.access.id;
  return a.kind === b.kind;
}

function isCond(type: Type): boolean {
  const target = deref(type);
  return target.kind === 'named' && target.path === 'sync' && target.name === 'Cond';
}

