import type { CallExpr, Expr } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';

/** How Go names error values: https://go.dev/wiki/Errors#naming */
const errorName = /^(?:[Ee]rr[A-Z]\w*|EOF)$/u;

/**
 * The name of the error value of a package, such as `io.EOF` or `ErrClosed`, that an expression is; null where it is none. They are
 * made once and never nil. Where the type is not known, the name tells.
 */
export function errorValue(pkg: GoPackage, expr: Expr): string | null {
  if (expr.kind === 'SelectorExpr') {
    const selection = pkg.infer.select(expr);
    return selection?.kind === 'imported' && errorName.test(selection.name) ? `${selection.path}.${selection.name}` : null;
  }
  const obj = expr.kind === 'Ident' ? pkg.objectOf(expr) : undefined;
  if (obj?.kind !== 'var' || obj.role !== 'package' || obj.origin.kind !== 'expr') return null;
  const type = pkg.infer.typeOfVar(obj);
  const isError = type.kind === 'basic' ? type.name === 'error' : type.kind === 'unknown' && errorName.test(obj.name);
  const isMade = obj.origin.expr.kind === 'CallExpr' || errorValue(pkg, obj.origin.expr) !== null;
  return isError && isMade ? obj.name : null;
}

/**
 * Whether a call makes a new error, which is never nil, or wraps its first argument, and answers nil where that is nil; null for any
 * other call. Sources: errors, fmt, github.com/pkg/errors and those made after it, google.golang.org/grpc/status.
 */
export function errorMadeBy(pkg: GoPackage, { fun, args }: CallExpr): 'new' | 'wrapped' | null {
  const selection = fun.kind === 'SelectorExpr' ? pkg.infer.select(fun) : undefined;
  if (selection?.kind !== 'imported') return null;
  const { path, name } = selection;
  if (path === 'fmt') return name === 'Errorf' ? 'new' : null;
  if (path === 'google.golang.org/grpc/status') return /^Errorf?$/u.test(name) ? 'new' : null;
  if (!/(?:^|\/)x?errors$/u.test(path)) return null;
  if (/^(?:Newf?|Errorf|AssertionFailedf)$/u.test(name)) return 'new';
  return /^(?:Wrap|With)/u.test(name) && args.length > 0 ? 'wrapped' : null;
}

/** Methods whose error is always nil, as their documentation says. Sources: io, bytes, strings. */
const infallible: ReadonlyMap<string, RegExp> = new Map([
  ['io.PipeReader', /^Close(?:WithError)?$/u],
  ['io.PipeWriter', /^Close(?:WithError)?$/u],
  ['bytes.Buffer', /^Write(?:String|Byte|Rune)?$/u],
  ['strings.Builder', /^Write(?:String|Byte|Rune)?$/u],
]);

/** Whether a call never fails: the last of its results is nil. */
export function neverFails(pkg: GoPackage, { fun }: CallExpr): boolean {
  const selection = fun.kind === 'SelectorExpr' ? pkg.infer.select(fun) : undefined;
  if (selection?.kind !== 'importedMethod') return false;
  return infallible.get(`${selection.recv.path}.${selection.recv.name}`)?.test(selection.name) === true;
}
