import type { MutantKind, Tried } from './mutants.ts';
import { textTable } from './text-table.ts';

/** Every mutant, then how many of each kind are found. */
export function mutantsText(all: readonly Tried[]): string {
  const listed = all.map(({ kind, at, found }) => `${found.length > 0 ? 'HIT ' : 'miss'} ${kind}  ${at}${found.length > 0 ? `  ${[...new Set(found.map(({ rule, confidence }) => `${rule} (${confidence})`))].join(', ')}` : ''}`);
  const kinds = [...new Set(all.map(({ kind }) => kind))].sort();
  const rowOf = (kind: MutantKind): (string | number)[] => {
    const some = all.filter((one) => one.kind === kind);
    const certain = some.filter(({ found }) => found.some(({ confidence }) => confidence === 'certain')).length;
    const hits = some.filter(({ found }) => found.length > 0).length;
    return [kind, `${hits}/${some.length}`, `${Math.round((100 * hits) / some.length)} %`, certain];
  };
  return [...listed, textTable([['taken away', 'found', '', 'certain'], ...kinds.map(rowOf)])].join('\n');
}
