import type { Param, Type } from './type.ts';

/** A type with its type parameters replaced by what they are bound to; those that are not bound stay. */
export function substitute(type: Type, bindings: ReadonlyMap<string, Type>): Type {
  const inner = (one: Type): Type => substitute(one, bindings);
  const params = <P extends Param>(list: readonly P[]): P[] => list.map((one) => ({ ...one, type: inner(one.type) }));
  switch (type.kind) {
    case 'typeParam':
      return bindings.get(type.name) ?? type;
    case 'chan':
    case 'pointer':
    case 'slice':
    case 'array':
      return { ...type, elem: inner(type.elem) };
    case 'map':
      return { ...type, key: inner(type.key), elem: inner(type.elem) };
    case 'tuple':
      return { ...type, elems: type.elems.map(inner) };
    case 'named':
      return type.args.length === 0 ? type : { ...type, args: type.args.map(inner) };
    case 'func':
      return { ...type, params: params(type.params), results: params(type.results) };
    case 'struct':
      return { ...type, fields: params(type.fields) };
    case 'interface':
      return { ...type, methods: params(type.methods), embeddeds: type.embeddeds.map(inner) };
    default:
      return type;
  }
}
