import { walk, type Expr, type FuncDecl } from '../../go/ast.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { VarObj } from '../../go/scope.ts';
import { paramsOf } from '../exits/goroutines.ts';
import { fieldKey } from '../field-uses.ts';

/**
 * What a thing is called on both sides of a change: a field by its type (`Server.quit`), a variable of the package by its name, a local by its
 * function's. Undefined for what has no such name, such as the element of a list.
 */
export function calledName(pkg: GoPackage, expr: Expr, decl: FuncDecl): string | undefined {
  if (expr.kind === 'UnaryExpr' && expr.op === '&') return calledName(pkg, expr.x, decl);
  if (expr.kind === 'SelectorExpr') return fieldKey(pkg, expr);
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  if (obj?.kind !== 'var' || obj.role === 'const') return undefined;
  // A local that only renames a field is that field.
  const field = obj.origin.kind === 'expr' ? fieldKey(pkg, obj.origin.expr) : undefined;
  return field ?? (obj.role === 'package' ? obj.name : `${displayName(decl)} ${obj.name}`);
}

/** The same, and what the callers call it where it is a parameter. */
export function calledNames(pkg: GoPackage, expr: Expr, decl: FuncDecl): readonly string[] {
  const own = calledName(pkg, expr, decl);
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  return own === undefined ? [] : obj?.kind === 'var' && obj.role === 'param' ? [own, ...givenNames(pkg, obj, decl)] : [own];
}

function givenNames(pkg: GoPackage, param: VarObj, decl: FuncDecl): readonly string[] {
  const { func } = param;
  if (func === null) return [];
  const at = paramsOf(func).indexOf(param.ident);
  const found: string[] = [];
  for (const caller of func.kind === 'FuncLit' ? [{ decl }] : pkg.mentioning(func.name.name)) {
    walk(caller.decl, (node) => {
      const arg = node.kind === 'CallExpr' && (node.fun === func || pkg.declOf(node.fun) === func) ? node.args[at] : undefined;
      const name = arg && calledName(pkg, arg, caller.decl);
      if (name !== undefined) found.push(name);
      return undefined;
    });
  }
  return found;
}
