import { allMembers, fields, methods, packageMembers, synonyms, underlyingTypes } from './knowledge.ts';
import type { Selection } from './selection.ts';
import { substitute } from './substitute.ts';
import { imported, unknown, type NamedType, type Type } from './type.ts';
import type { Declared } from './type-notation.ts';

/** A type of another package, under the name it is declared with. */
export function importedType(path: string, name: string): Type {
  return synonyms.get(`${path}.${name}`)?.type ?? imported(path, name);
}

/** What is known of the value or function `path.name`; a generic function with its type parameters. */
export function importedValue(path: string, name: string): Type {
  const declared = packageMembers.get(`${path}.${name}`);
  if (!declared) return unknown;
  return declared.type.kind === 'func' && declared.typeParams.length > 0 ? { ...declared.type, typeParams: declared.typeParams } : declared.type;
}

/** The member of a type of another package. Only exported ones can be meant; its type may be unknown. */
export function importedMember(target: NamedType, name: string, path: readonly string[]): (Selection & { kind: 'field' | 'importedMethod' }) | undefined {
  if (!/^\p{Lu}/u.test(name)) return undefined;
  const type = `${target.path}.${target.name}`;
  if (allMembers.get(type)?.has(name) === false) return undefined;
  const key = `${type}.${name}`;
  const field = fields.get(key);
  if (field) return { kind: 'field', type: bound(field, target), owner: target, path: [...path, name], ident: null };
  const method = methods.get(key);
  return { kind: 'importedMethod', recv: target, name, type: method ? bound(method, target) : unknown, path, ident: null };
}

/** Whether all members of a type of another package are known, and a name is one of them. */
export function isKnownMember({ path, name: type }: NamedType, name: string): boolean {
  return allMembers.get(`${path}.${type}`)?.has(name) === true;
}

/** The underlying type of a type of another package, where it matters to waiting; else the type itself. */
export function underlyingOf(type: NamedType): Type {
  const declared = underlyingTypes.get(`${type.path}.${type.name}`);
  return declared ? bound(declared, type) : type;
}

function bound(declared: Declared, type: NamedType): Type {
  return declared.typeParams.length === 0 ? declared.type : substitute(declared.type, new Map(declared.typeParams.map((name, index) => [name, type.args[index] ?? unknown])));
}
