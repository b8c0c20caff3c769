import type { CallExpr, File, FuncDecl, Node } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { VarObj } from '../go/scope.ts';
import { paramsOf } from './exits/goroutines.ts';

/** A parameter of a function of the package. */
export interface Handed {
  readonly decl: FuncDecl;
  readonly file: File;
  readonly param: VarObj;
}

/** The parameter that an argument of a call is given for; undefined where the package does not show it. */
export function handedTo(pkg: GoPackage, { fun, args, hasEllipsis }: CallExpr, arg: Node): Handed | undefined {
  const callee = hasEllipsis ? undefined : pkg.declOf(fun);
  const home = callee && Array.from(pkg.mentioning(callee.name.name)).find(({ decl }) => decl === callee);
  const ident = callee && paramsOf(callee)[args.findIndex((one) => one === arg)];
  const param = ident && pkg.objectOf(ident);
  return home && param?.kind === 'var' ? { ...home, param } : undefined;
}
