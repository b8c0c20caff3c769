import type { Leak } from '../../src/finding.ts';
import type { LeakLabel } from './labels.ts';
import type { Recalled } from './recall.ts';
import { textTable } from './text-table.ts';

const blocking: readonly string[] = ['abandoned-send', 'abandoned-receive', 'missing-close', 'double-close-or-nil-chan'];

/** Leaks on a channel within a file, that syntax is enough to see. */
function isNearChannelLeak({ syntactic, scope, class: kind }: LeakLabel): boolean {
  return syntactic && (scope === 'function' || scope === 'file') && blocking.includes(kind);
}

/** One label in a few lines. */
export function recalledText({ label, hit, reported, stillFlagged, problems }: Recalled): string {
  const verdict = hit === null ? 'miss' : 'HIT ';
  const how = hit === null ? '' : `  ${hit.met}: ${leakText(hit.leak)}`;
  const others = reported.filter((leak) => leak !== hit?.leak);
  return [
    `${verdict} ${label.id}  ${label.class}, ${label.scope}${label.syntactic ? ', syntactic' : ''}  ${label.path}:${label.leak_line} ${label.function}${how}`,
    ...others.map((leak) => `       also reported: ${leakText(leak)}`),
    ...stillFlagged.map((leak) => `       STILL FLAGGED after the fix: ${leakText(leak)}`),
    ...problems.map((problem) => `       not judged: ${problem}`),
  ].join('\n');
}

function leakText({ rule, confidence, path, line, side }: Leak): string {
  return `${rule} (${confidence}) ${path}:${line}${side === 'LEFT' ? ' (removed)' : ''}`;
}

/** Recall by class and by scope, and of the two sets that are aimed at. */
export function recallTables(all: readonly Recalled[]): string {
  const rowOf = (name: string, some: readonly Recalled[]): (string | number)[] => {
    const syntactic = some.filter(({ label }) => label.syntactic);
    return [name, share(some), share(syntactic), some.filter(({ hit }) => hit?.leak.confidence === 'certain').length, some.filter(({ stillFlagged }) => stillFlagged.length > 0).length];
  };
  const by = (key: 'class' | 'scope'): (string | number)[][] =>
    [...new Set(all.map(({ label }) => label[key]))].sort().map((value) => rowOf(value, all.filter(({ label }) => label[key] === value)));
  const heading = ['found', 'syntactic', 'certain', 'still flagged'];
  return [
    textTable([['class', ...heading], ...by('class')]),
    textTable([['scope', ...heading], ...by('scope')]),
    textTable([
      ['set', ...heading],
      rowOf('on a channel, in one function or file, syntactic', all.filter(({ label }) => isNearChannelLeak(label))),
      rowOf('all', all),
    ]),
  ].join('\n\n');
}

function share(some: readonly Recalled[]): string {
  return some.length === 0 ? '–' : `${some.filter(({ hit }) => hit !== null).length}/${some.length}`;
}
