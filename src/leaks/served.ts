import type { FuncType } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { isNamed } from '../go/type.ts';

/** Whether a function has the parameters of an HTTP handler. */
export function isHandler(pkg: GoPackage, { params }: FuncType): boolean {
  return params.some((field) => isNamed(pkg.infer.typeExpr(field.type), 'net/http', 'ResponseWriter'));
}

/** Whether a function has the parameters and results of a gRPC method: the context that it is given ends with it. */
export function isServed(pkg: GoPackage, { params, results }: FuncType): boolean {
  const [context, request, ...more] = params.map((field) => pkg.infer.typeExpr(field.type));
  return context !== undefined && isNamed(context, 'context', 'Context') && request?.kind === 'pointer' && more.length === 0 && results.length === 2 && results[0]?.type.kind === 'StarExpr';
}
