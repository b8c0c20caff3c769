import type { Replayed } from './noise.ts';
import { textTable } from './text-table.ts';

/** Every finding, then how many there are per 100 commits. Only certain ones become comments; likely ones stay in the check run. */
export function noiseText(all: readonly Replayed[]): string {
  const findings = all.flatMap(({ commit, findings: own }) => own.map((finding) => ({ commit, finding })));
  const listed = findings.map(({ commit, finding }) => `${commit.slice(0, 12)} ${finding.confidence} ${finding.code} ${finding.rule} ${finding.at}${finding.side === 'LEFT' ? ' (removed)' : ''} ${finding.function}`);
  const rowOf = (confidence: 'certain' | 'likely'): (string | number)[] => {
    const some = findings.filter(({ finding }) => finding.confidence === confidence);
    const production = some.filter(({ finding }) => finding.code === 'production').length;
    return [confidence, some.length, production, some.length - production, new Set(some.map(({ commit }) => commit)).size, perHundred(some.length, all.length)];
  };
  const times = all.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return [
    ...listed,
    textTable([['', 'findings', 'production', 'test', 'commits with', 'per 100 commits'], rowOf('certain'), rowOf('likely')]),
    `${all.length} commits; a review took ${at(0.5)} ms in the median, ${at(0.9)} ms at the 90th percentile, ${times.at(-1) ?? 0} ms at most`,
  ].join('\n');
}

function perHundred(count: number, commits: number): string {
  return commits === 0 ? '–' : ((100 * count) / commits).toFixed(2);
}
