import type * as ast from './ast.ts';
import type { NamedType, Type } from './type.ts';

/** A method's declaration. */
export interface Method { readonly decl: ast.FuncDecl; readonly file: ast.File }

/** What `x.sel` denotes once the type of `x` is known; `path` are the embedded fields on the way, for a field also the field. */
export type Selection =
  | { readonly kind: 'field'; readonly type: Type; readonly owner: NamedType | null; readonly path: readonly string[]; /** Where it is declared, in this package. */ readonly ident: ast.Ident | null }
  | { readonly kind: 'method'; readonly decl: ast.FuncDecl; readonly file: ast.File; readonly type: Type; readonly path: readonly string[] }
  | { readonly kind: 'imported'; readonly path: string; readonly name: string }
  /** A method without code here: of another package's type, or of an interface (`ident`: its declaration in this package). */
  | { readonly kind: 'importedMethod'; readonly recv: NamedType; readonly name: string; readonly type: Type; readonly path: readonly string[]; readonly ident: ast.Ident | null };
