import type { CallExpr, File, FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';

/** What a call calls, as far as the package shows. */
export type Callee =
  /** A function or method of another package: `import path.Function`, `import path.Type.Method`. */
  | { readonly kind: 'imported'; readonly key: string; readonly path: string; readonly name: string; readonly isMethod: boolean }
  | { readonly kind: 'package'; readonly decl: FuncDecl; readonly file: File }
  | { readonly kind: 'builtin'; readonly name: string };

export function calleeOf(pkg: GoPackage, call: CallExpr): Callee | undefined {
  const fun = call.fun.kind === 'IndexExpr' ? call.fun.x : call.fun;
  if (fun.kind === 'Ident') {
    const obj = pkg.objectOf(fun);
    if (obj?.kind === 'func') return { kind: 'package', decl: obj.decl, file: obj.file };
    return obj?.kind === 'builtin' ? { kind: 'builtin', name: obj.name } : undefined;
  }
  if (fun.kind !== 'SelectorExpr') return undefined;
  const selection = pkg.infer.select(fun);
  switch (selection?.kind) {
    case 'imported':
      return { kind: 'imported', key: `${selection.path}.${selection.name}`, path: selection.path, name: selection.name, isMethod: false };
    case 'importedMethod':
      return { kind: 'imported', key: `${selection.recv.path}.${selection.recv.name}.${selection.name}`, path: selection.recv.path, name: selection.name, isMethod: true };
    case 'method':
      return { kind: 'package', decl: selection.decl, file: selection.file };
    default:
      return undefined;
  }
}
