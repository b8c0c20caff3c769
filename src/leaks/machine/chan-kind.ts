import type { Type } from '../../go/type.ts';

/** The kind of channels of which it is not known what goes through them. */
export const anyChan = 'chan *';

/** The kind of channels that something goes through, as coarse as two names of one type may be. */
export function chanKind(elem: Type): string {
  return `chan ${elementName(elem)}`;
}

function elementName(type: Type): string {
  switch (type.kind) {
    case 'unknown':
    case 'typeParam':
    case 'nil':
    case 'tuple':
      return '*';
    case 'basic':
      return type.name === 'byte' ? 'uint8' : type.name === 'rune' ? 'int32' : type.name === 'any' ? 'interface' : type.name;
    case 'named':
      return `${type.path}.${type.name}`;
    case 'chan':
      return 'chan';
    case 'struct':
      return `struct${type.fields.length}`;
    case 'pointer':
      return elementName(type.elem) === '*' ? '*' : `*${elementName(type.elem)}`;
    default:
      return type.kind;
  }
}

/** Whether channels of two kinds may be one. */
export function mayBeOne(a: string, b: string): boolean {
  return a === b || a === anyChan || b === anyChan;
}
