import { applyEdits } from './apply-edits.ts';
import { placesOf } from './one-cause.ts';
import { steers } from './steering.ts';
import type { Edit, Fix, Leak } from './finding.ts';
import type { Review } from './review.ts';

/** A leak with a fix that may be applied unseen: of a certain leak, and without characters that a reader cannot see. */
export interface SafeFix {
  readonly leak: Leak;
  readonly fix: Fix;
}

/** Why a fix is not among those that are applied together. */
export type FixLeftOut = 'overlaps' | 'hidden-characters' | 'unreadable' | 'not-together';

export interface CombinedFixes {
  readonly fixes: readonly SafeFix[];
  readonly leftOut: readonly { readonly leak: Leak; readonly why: FixLeftOut }[];
}

/** The fixes of certain leaks that fit into one another, in the order of the leaks; the first of two that overlap. `texts` are the files at head. */
export function combineFixes(leaks: readonly Leak[], texts: ReadonlyMap<string, string>): CombinedFixes {
  const fixes: SafeFix[] = [];
  const leftOut: CombinedFixes['leftOut'][number][] = [];
  for (const leak of leaks) {
    const { fix } = leak;
    if (fix === null || leak.confidence !== 'certain') continue;
    const taken = fixes.flatMap((one) => one.fix.edits);
    const added = fix.edits.filter((edit) => !taken.some((other) => isSame(edit, other)));
    if (fix.edits.some(({ path }) => !texts.has(path))) leftOut.push({ leak, why: 'unreadable' });
    else if (fix.edits.some(({ newText }) => steers(newText))) leftOut.push({ leak, why: 'hidden-characters' });
    else if (added.some((edit) => taken.some((other) => overlap(edit, other)))) leftOut.push({ leak, why: 'overlaps' });
    else fixes.push({ leak, fix });
  }
  return { fixes, leftOut };
}

/** The files that the fixes of leaks edit. */
export function pathsOfFixes(leaks: readonly Leak[]): readonly string[] {
  return [...new Set(leaks.flatMap(({ fix }) => fix?.edits.map(({ path }) => path) ?? []))];
}

/** The files that the fixes edit, as they are then. */
export function fixedTexts(fixes: readonly SafeFix[], texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const edits = fixes.flatMap(({ fix }) => fix.edits);
  const unique = edits.filter((edit, index) => edits.findIndex((other) => isSame(edit, other)) === index);
  const paths = [...new Set(unique.map(({ path }) => path))];
  return new Map(paths.map((path) => [path, applyEdits(texts.get(path) ?? '', unique.filter((edit) => edit.path === path))]));
}

/** More fixes that do not go together are not tried one by one: each costs a review. */
const mostTried = 10;

/**
 * Each fix is proven by itself; here it is seen that they cure together too, and leave nothing new behind. Where they do not, they are added one by one.
 * `reviewWith` is the review of the change with these files at head.
 */
export async function proveTogether(combined: CombinedFixes, before: Review, texts: ReadonlyMap<string, string>, reviewWith: (fixed: ReadonlyMap<string, string>) => Promise<Review>): Promise<CombinedFixes> {
  const cures = async (fixes: readonly SafeFix[]): Promise<boolean> => isCured(before, await reviewWith(fixedTexts(fixes, texts)), fixes.length);
  if (combined.fixes.length === 0 || (await cures(combined.fixes))) return combined;
  const fixes: SafeFix[] = [];
  for (const fix of combined.fixes.slice(0, mostTried)) if (await cures([...fixes, fix])) fixes.push(fix);
  const others = combined.fixes.filter((fix) => !fixes.includes(fix));
  return { fixes, leftOut: [...combined.leftOut, ...others.map(({ leak }) => ({ leak, why: 'not-together' as const }))] };
}

/** Counted, too, because of several alike in one function the last ones' fingerprints go. */
function isCured(before: Review, after: Review, fixes: number): boolean {
  const known = new Set(before.leaks.flatMap(placesOf).map(({ fingerprint }) => fingerprint));
  return after.leaks.flatMap(placesOf).every(({ fingerprint }) => known.has(fingerprint)) && after.leaks.length <= before.leaks.length - fixes && after.problems.length <= before.problems.length;
}

function isSame(one: Edit, other: Edit): boolean {
  return one.path === other.path && one.startLine === other.startLine && one.endLine === other.endLine && one.newText === other.newText;
}

function overlap(one: Edit, other: Edit): boolean {
  return one.path === other.path && one.startLine <= other.endLine && other.startLine <= one.endLine;
}
