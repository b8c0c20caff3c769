import { rootOf, walk, type CallExpr, type Expr, type File, type FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Obj } from '../../go/scope.ts';

/** A call that starts a function as one goroutine of a group: `g.Go(c.read)`, of whatever package the group is. */
export interface Member {
  readonly decl: FuncDecl;
  readonly group: Obj;
  readonly call: CallExpr;
  /** Where the call stands. */
  readonly file: File;
  readonly around: FuncDecl;
}

/** The functions of a package that are started in groups, each by its name or as the one call of a literal. */
export function membersOf(pkg: GoPackage): readonly Member[] {
  const found: Member[] = [];
  for (const { decl: around, file } of pkg.saying(/\.Go\(/u)) {
    walk(around, (node) => {
      if (node.kind !== 'CallExpr' || node.fun.kind !== 'SelectorExpr' || node.fun.sel.name !== 'Go') return undefined;
      const root = rootOf(node.fun.x);
      const group = root && pkg.objectOf(root);
      const decl = node.args.flatMap((arg) => startedBy(pkg, arg) ?? []).at(0);
      if (group?.kind === 'var' && decl) found.push({ decl, group, call: node, file, around });
      return undefined;
    });
  }
  return found;
}

function startedBy(pkg: GoPackage, arg: Expr): FuncDecl | undefined {
  if (arg.kind !== 'FuncLit') return pkg.declOf(arg);
  const [only, ...more] = arg.body.list;
  const call = only?.kind === 'ExprStmt' ? only.x : only?.kind === 'ReturnStmt' ? only.results[0] : undefined;
  return call?.kind === 'CallExpr' && more.length === 0 ? pkg.declOf(call.fun) : undefined;
}
