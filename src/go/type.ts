import type * as ast from './ast.ts';
import type { TypeObj, TypeParamObj } from './scope.ts';

/** A parameter or field with its type. */
export interface Param { readonly name: string; readonly type: Type }

export interface ChanType { readonly kind: 'chan'; readonly dir: ast.ChanDir; readonly elem: Type }
/** A type declared in the package (`obj` set, `path` empty) or in an imported one (`path` set). */
export interface NamedType { readonly kind: 'named'; readonly path: string; readonly name: string; readonly args: readonly Type[]; readonly obj: TypeObj | null }
/** `typeParams` are there where the function is generic and of another package. */
export interface SignatureType { readonly kind: 'func'; readonly params: readonly Param[]; readonly results: readonly Param[]; readonly variadic: boolean; readonly typeParams?: readonly string[] }
/** `ident` is where a field or method of this package is declared. */
export interface Member extends Param { readonly ident: ast.Ident | null; readonly embedded: boolean }
export interface StructFields { readonly kind: 'struct'; readonly fields: readonly Member[] }
export interface InterfaceMethods { readonly kind: 'interface'; readonly methods: readonly Member[]; readonly embeddeds: readonly Type[] }

/** Just enough of go/types to know what a goroutine may wait on. `unknown` is a value: whoever asks must then be silent. */
export type Type =
  | ChanType
  | NamedType
  | SignatureType
  | StructFields
  | { readonly kind: 'basic'; readonly name: string }
  | { readonly kind: 'pointer' | 'slice' | 'array'; readonly elem: Type }
  | { readonly kind: 'map'; readonly key: Type; readonly elem: Type }
  | InterfaceMethods
  | { readonly kind: 'tuple'; readonly elems: readonly Type[] }
  | { readonly kind: 'typeParam'; readonly name: string; readonly obj: TypeParamObj | null }
  | { readonly kind: 'nil' }
  | { readonly kind: 'unknown' };

export const unknown: Type = { kind: 'unknown' };

export function basic(name: string): Type {
  return { kind: 'basic', name };
}

/** A type of another package, such as `stdlib('time', 'Timer')`. */
export function imported(path: string, name: string): NamedType {
  return { kind: 'named', path, name, args: [], obj: null };
}

export function pointerTo(elem: Type): Type {
  return { kind: 'pointer', elem };
}

/** The type a pointer points to, and any other type itself. */
export function deref(type: Type): Type {
  return type.kind === 'pointer' ? type.elem : type;
}

/** Whether a type, or what it points to, is the named one. */
export function isNamed(type: Type, path: string, name: string): boolean {
  const target = deref(type);
  return target.kind === 'named' && target.path === path && target.name === name;
}

/** Go's notation, for messages and for comparing with go/types. */
export function typeString(type: Type): string {
  switch (type.kind) {
    case 'basic':
    case 'typeParam':
      return type.name;
    case 'chan':
      return `${type.dir === 'recv' ? '<-chan' : type.dir === 'send' ? 'chan<-' : 'chan'} ${typeString(type.elem)}`;
    case 'named':
      return `${type.path === '' ? '' : `${type.path}.`}${type.name}${type.args.length > 0 ? `[${type.args.map(typeString).join(', ')}]` : ''}`;
    case 'pointer':
      return `*${typeString(type.elem)}`;
    case 'slice':
      return `[]${typeString(type.elem)}`;
    case 'array':
      return `[N]${typeString(type.elem)}`;
    case 'map':
      return `map[${typeString(type.key)}]${typeString(type.elem)}`;
    case 'tuple':
      return `(${type.elems.map(typeString).join(', ')})`;
    default:
      return type.kind;
  }
}
