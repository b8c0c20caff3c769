import { walk, type Expr, type Node } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import type { Field } from './uses.ts';

/** Where a variable is put into a field: `Server{db: db}`, `s.db = db`. */
export function putsOf(pkg: GoPackage, body: Node, variable: VarObj): readonly Node[] {
  const puts: Node[] = [];
  const isIt = (expr: Expr | undefined): boolean => expr?.kind === 'Ident' && pkg.objectOf(expr) === variable;
  walk(body, (node) => {
    if (node.kind === 'KeyValueExpr' && isIt(node.value)) puts.push(node);
    if (node.kind === 'AssignStmt' && node.lhs.length === node.rhs.length) puts.push(...node.lhs.filter((target, at) => target.kind === 'SelectorExpr' && isIt(node.rhs[at])));
    return undefined;
  });
  return puts;
}

/** The field of a struct of the package that something is put into there. */
export function fieldAt(pkg: GoPackage, put: Node): Field | undefined {
  const selection = put.kind === 'KeyValueExpr' ? pkg.infer.keyOf(put) : put.kind === 'SelectorExpr' ? pkg.infer.select(put) : undefined;
  const name = put.kind === 'KeyValueExpr' ? (put.key.kind === 'Ident' ? put.key.name : '') : put.kind === 'SelectorExpr' ? put.sel.name : '';
  return selection?.kind === 'field' && selection.owner?.path === '' ? { owner: selection.owner.name, name } : undefined;
}
