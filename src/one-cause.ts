import { push } from './go/push.ts';
import type { Leak, Step } from './finding.ts';
import type { Language, Text } from './words.ts';

const says: Text = { en: 'here a goroutine waits for ever on the same channel too', 'zh-CN': '这里也会有 goroutine 永远等待同一个 channel' };

/** Leaks of one cause as one finding, in the order of the first of each. What is not equally sure is not told in one breath. */
export function perCause(leaks: readonly Leak[], language: Language): readonly Leak[] {
  const groups = new Map<string, Leak[]>();
  leaks.forEach((leak, index) => {
    const key = leak.cause === null ? String(index) : `${leak.confidence} ${leak.cause}`;
    push(groups, key, leak);
  });
  return [...groups.values()].flatMap((group) => together(group, says[language]));
}

/** All places that a finding is about, each as a finding of its own. */
export function placesOf(leak: Leak): readonly Leak[] {
  if (leak.others.length === 0) return [leak];
  return [{ ...leak, steps: leak.steps.slice(0, leak.steps.length - leak.others.length), others: [] }, ...leak.others];
}

/** A finding's places apart, by what `stateOf` says of each: those alike are one finding again. */
export function splitBy(leak: Leak, stateOf: (fingerprint: string) => string): readonly Leak[] {
  const places = placesOf(leak);
  const states = [...new Set(places.map(({ fingerprint }) => stateOf(fingerprint)))];
  if (states.length === 1) return [leak];
  return states.flatMap((state) => together(places.filter(({ fingerprint }) => stateOf(fingerprint) === state), leak.steps.at(-1)?.says ?? ''));
}

/** The first that stands on its own line tells of the others, a step each. */
function together(leaks: readonly Leak[], also: string): readonly Leak[] {
  const first = leaks.find(isInPlace) ?? leaks[0];
  if (first === undefined || leaks.length === 1) return leaks;
  const others = leaks.filter((leak) => leak !== first);
  return [{ ...first, steps: [...first.steps, ...others.map((leak): Step => ({ ...waitOf(leak), says: also }))], others }];
}

/** Where the goroutine waits: the witness ends there, wherever in the diff the finding stands. */
function waitOf(leak: Leak): Pick<Step, 'path' | 'line'> {
  const { path, line } = leak.steps.at(-1) ?? leak;
  return { path, line };
}

function isInPlace(leak: Leak): boolean {
  const { path, line } = waitOf(leak);
  return leak.side === 'RIGHT' && leak.path === path && leak.line === line;
}
