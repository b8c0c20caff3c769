import type { GoPackage } from '../../src/go/package.ts';
import { deref, type Type } from '../../src/go/type.ts';

const synonyms: ReadonlyMap<string, string> = new Map([['byte', 'uint8'], ['rune', 'int32']]);

/** A type as dump/notation.go writes it; `?` stands for what is unknown. */
export function notation(type: Type): string {
  switch (type.kind) {
    case 'basic':
      return synonyms.get(type.name) ?? type.name;
    case 'typeParam':
      return type.name;
    case 'chan':
      return `${{ both: 'chan', send: 'chan<-', recv: '<-chan' }[type.dir]} ${notation(type.elem)}`;
    case 'named':
      return `${type.path === '' ? '' : `${type.path}.`}${type.name}${type.args.length > 0 ? `[${type.args.map(notation).join(', ')}]` : ''}`;
    case 'pointer':
      return `*${notation(type.elem)}`;
    case 'slice':
      return `[]${notation(type.elem)}`;
    case 'array':
      return `[N]${notation(type.elem)}`;
    case 'map':
      return `map[${notation(type.key)}]${notation(type.elem)}`;
    case 'tuple':
      return `(${type.elems.map(notation).join(', ')})`;
    case 'unknown':
      return '?';
    default:
      return type.kind;
  }
}

/** Whether what we say is what Go says, as far as we say it. */
export function matches(ours: string, theirs: string): boolean {
  const normal = theirs.replaceAll(/\b(byte|rune)\b/gu, (name) => synonyms.get(name) ?? name);
  if (!ours.includes('?')) return ours === normal;
  return new RegExp(`^${ours.split('?').map((part) => part.replaceAll(/[\[\](){}.*+^$|\\]/gu, '\\$&')).join('.+')}$`, 'u').test(normal);
}

const waited: ReadonlySet<string> = new Set([
  'context.Context', 'context.CancelFunc', 'context.CancelCauseFunc', 'time.Timer', 'time.Ticker', 'sync.Mutex', 'sync.RWMutex', 'sync.WaitGroup', 'sync.Cond', 'sync.Locker',
  'golang.org/x/sync/errgroup.Group', 'golang.org/x/sync/semaphore.Weighted',
]);

/** Whether a goroutine may wait on such a value, as dump/describe.go has it. */
export function waits(type: Type, pkg: GoPackage): boolean {
  const target = deref(type);
  if (target.kind === 'typeParam') return false;
  if (target.kind === 'named' && waited.has(`${target.path}.${target.name}`)) return true;
  return pkg.infer.underlying(target).kind === 'chan';
}
