import { childrenOf, contains, isMake, walk, type Expr, type File, type FuncDecl, type GoStmt, type Node, type RangeStmt, type SelectorExpr, type Span } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { FuncNode } from '../go/scope.ts';
import { deref, type NamedType, type Type } from '../go/type.ts';

/** What code does with a field. `other`: whatever lets the value out of sight. */
export type UseKind = 'make' | 'range' | 'receive' | 'send' | 'close' | 'measure' | 'compare' | 'other';

export interface FieldUse {
  readonly kind: UseKind;
  readonly file: File;
  readonly decl: FuncDecl;
  /** The innermost function the use stands in. */
  readonly func: FuncNode;
  /** The selector; in a literal, the element that gives it its value. */
  readonly node: Expr;
  /** The node around it that makes it a use of its kind. */
  readonly parent: Node;
}

/** A field of channel type of a struct of the package, with everything the package does with it. */
export interface ChannelField {
  readonly owner: NamedType;
  readonly name: string;
  readonly uses: readonly FieldUse[];
}

/** A walk that knows the nodes around each node. */
export function walkWithParents(decl: FuncDecl, visit: (node: Node, parents: readonly Node[]) => void): void {
  const parents: Node[] = [];
  const step = (node: Node): void => {
    visit(node, parents);
    parents.push(node);
    for (const child of childrenOf(node)) step(child);
    parents.pop();
  };
  step(decl);
}

/** The innermost function that a node stands in, by the nodes around it. */
export function innermost(decl: FuncDecl, parents: readonly Node[]): FuncNode {
  return parents.findLast((one): one is FuncNode => one.kind === 'FuncLit' || one.kind === 'FuncDecl') ?? decl;
}

/** The channel fields of the package's structs, by type and field. */
export function channelFields(pkg: GoPackage): readonly ChannelField[] {
  const { names, owners } = namesOf(pkg);
  const makers = new Set(owners.size === 0 ? [] : Array.from(pkg.saying(new RegExp(`\\b(?:${[...owners].join('|')})\\{`, 'u')), ({ decl }) => decl));
  const found = new Map<string, { owner: NamedType; name: string; uses: FieldUse[] }>();
  const add = (owner: NamedType, name: string, use: FieldUse): void => {
    const key = `${owner.name}.${name}`;
    const field = found.get(key) ?? { owner, name, uses: [] };
    field.uses.push(use);
    found.set(key, field);
  };
  for (const { decl, file } of pkg.funcs()) {
    if ((!mayUse(pkg, decl, file, names) && !makers.has(decl)) || !decl.body) continue;
    walkWithParents(decl, (node, parents) => {
      const parent = parents.at(-1);
      if (!parent) return;
      const func = innermost(decl, parents);
      if (node.kind === 'SelectorExpr') {
        const selection = pkg.infer.select(node);
        if (selection?.kind !== 'field' || selection.owner?.path !== '' || !isChan(pkg, selection.type)) return;
        add(selection.owner, node.sel.name, { kind: useKind(node, parent), file, decl, func, node, parent });
      } else if (node.kind === 'KeyValueExpr' && parent.kind === 'CompositeLit' && node.key.kind === 'Ident') {
        const owner = deref(pkg.typeOf(parent));
        if (owner.kind !== 'named' || owner.path !== '') return;
        const selection = pkg.infer.selectIn(owner, node.key.name);
        if (selection?.kind !== 'field' || !isChan(pkg, selection.type)) return;
        add(owner, node.key.name, { kind: isMake(node.value) ? 'make' : 'other', file, decl, func, node, parent });
      } else if (node.kind === 'CompositeLit' && node.elts.length > 0 && node.elts.every(({ kind }) => kind !== 'KeyValueExpr')) {
        const owner = deref(pkg.typeOf(node));
        const under = pkg.infer.underlying(owner);
        if (owner.kind !== 'named' || owner.path !== '' || under.kind !== 'struct') return;
        for (const [index, value] of node.elts.entries()) {
          const member = under.fields[index];
          if (member && isChan(pkg, member.type)) add(owner, member.name, { kind: isMake(value) ? 'make' : 'other', file, decl, func, node: value, parent: node });
        }
      }
    });
  }
  return [...found.values()];
}

/** What fields of channel type are called in the package's types, and those that can come to be of one; and what those types are called. */
function namesOf(pkg: GoPackage): { readonly names: ReadonlySet<string>; readonly owners: ReadonlySet<string> } {
  const names = new Set<string>();
  const owners = new Set<string>();
  for (const file of pkg.files) {
    for (const spec of file.specs) {
      walk(spec, (node) => {
        if (node.kind !== 'StructType') return undefined;
        for (const field of node.fields) {
          const type = pkg.infer.typeExpr(field.type);
          if (!isChan(pkg, type) && type.kind !== 'typeParam') continue;
          for (const { name } of field.names) names.add(name);
          if (spec.kind === 'TypeSpec') owners.add(spec.name.name);
        }
        return undefined;
      });
    }
  }
  return { names, owners };
}

/** Whether a function may use a channel field: one of the package's types, or of a type of its own. */
function mayUse(pkg: GoPackage, decl: FuncDecl, file: File, names: ReadonlySet<string>): boolean {
  const says = (name: string): boolean => pkg.mentions.isIn(name, decl, file);
  return (says('struct') && says('chan')) || [...names].some(says);
}

function isChan(pkg: GoPackage, type: Type): boolean {
  return pkg.infer.underlying(type).kind === 'chan';
}

function useKind(node: SelectorExpr, parent: Node): UseKind {
  switch (parent.kind) {
    case 'RangeStmt':
      return parent.x === node ? 'range' : 'other';
    case 'UnaryExpr':
      return parent.op === '<-' ? 'receive' : 'other';
    case 'SendStmt':
      return parent.chan === node ? 'send' : 'other';
    case 'CallExpr': {
      const builtin = parent.fun.kind === 'Ident' ? parent.fun.name : '';
      return builtin === 'close' ? 'close' : builtin === 'len' || builtin === 'cap' ? 'measure' : 'other';
    }
    case 'BinaryExpr':
      return 'compare';
    case 'AssignStmt': {
      const at = parent.lhs.indexOf(node);
      return at >= 0 && isMake(parent.rhs[at]) ? 'make' : 'other';
    }
    default:
      return 'other';
  }
}

/** A goroutine whose body is, or holds, a function: the `go` statement that starts it, and the code that does so. */
export interface Start {
  readonly file: File;
  readonly decl: FuncDecl;
  readonly stmt: GoStmt;
}

/** The `go` statements of the package that start a function: by its name, or as the literal it is. */
export function startsOf(pkg: GoPackage, func: FuncNode): Start[] {
  const starts: Start[] = [];
  for (const { decl, file } of pkg.saying(/\bgo\b/u)) {
    walkWithParents(decl, (node) => {
      if (node.kind !== 'GoStmt' || node.call.kind !== 'CallExpr') return;
      const { fun } = node.call;
      const target = fun.kind === 'FuncLit' ? fun : pkg.declOf(fun);
      if (target === func) starts.push({ file, decl, stmt: node });
    });
  }
  return starts;
}

/** Whether a place of a function comes round again: it stands in a loop of it. */
export function isInLoop(func: FuncNode, place: Span): boolean {
  return func.body !== null && contains(func.body, (node) => (node.kind === 'ForStmt' || node.kind === 'RangeStmt') && node.body.pos <= place.pos && place.end <= node.body.end);
}

/** Whether a loop can end by something its own body does, apart from some parts of that. */
export function endsItself(loop: RangeStmt, isLeftOut: (node: Node) => boolean = (): boolean => false): boolean {
  const step = (node: Node, inner: boolean): boolean => {
    if (node.kind === 'FuncLit' || isLeftOut(node)) return false;
    if (node.kind === 'ReturnStmt') return true;
    if (node.kind === 'BranchStmt' && (node.label !== null || node.token === 'goto' || (node.token === 'break' && !inner))) return true;
    const breaks = inner || node.kind === 'ForStmt' || node.kind === 'RangeStmt' || node.kind === 'SwitchStmt' || node.kind === 'TypeSwitchStmt' || node.kind === 'SelectStmt';
    return childrenOf(node).some((child) => step(child, breaks));
  };
  return step(loop.body, false);
}

/** The type and field that an expression selects, such as `Server.quit`; undefined where it is no field of a type of the package. */
export function fieldKey(pkg: GoPackage, expr: Expr): string | undefined {
  const selection = expr.kind === 'SelectorExpr' ? pkg.infer.select(expr) : undefined;
  return selection?.kind === 'field' && selection.owner?.path === '' && expr.kind === 'SelectorExpr' ? `${selection.owner.name}.${expr.sel.name}` : undefined;
}
