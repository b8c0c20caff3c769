import type { Leak } from '../../src/finding.ts';
import { directoryOf } from '../../src/go-files.ts';
import { placesOf } from '../../src/one-cause.ts';
import { review } from '../../src/review.ts';
import { scan } from '../../src/scan.ts';
import { openGit } from '../../src/source/git.ts';
import { openCommit } from './commit-tree.ts';
import type { LeakLabel } from './labels.ts';
import { lineMap } from './line-map.ts';
import { repositoryIn } from './mirror.ts';
import { meets, type Met } from './score-leak.ts';

/** What became of one label. */
export interface Recalled {
  readonly label: LeakLabel;
  /** How it was met, by which finding; null: it was missed. */
  readonly hit: { readonly met: Met; readonly leak: Leak } | null;
  /** All that the review of the reversed fix reported. */
  readonly reported: readonly Leak[];
  /** What is still said of this leak once it is fixed. */
  readonly stillFlagged: readonly Leak[];
  /** Functions of the labelled file that were not judged. */
  readonly problems: readonly string[];
}

const language = 'en';

/** Reviews the reversed fix of a leak, and looks at its package after the fix. */
export async function recall(label: LeakLabel, mirror: string): Promise<Recalled> {
  const repo = await repositoryIn(mirror, label.repo);
  return label.fix === null ? recallUnfixed(label, repo, label.at ?? 'HEAD') : recallReversed(label, repo, label.fix);
}

/** Nobody fixed it: the package is scanned as it was. */
async function recallUnfixed(label: LeakLabel, repo: string, at: string): Promise<Recalled> {
  await using tree = await openCommit(repo, at, [directoryOf(label.path)]);
  const found = await scan(tree, { language });
  return { label, hit: hitAmong(label, found.leaks.flatMap(placesOf)), reported: found.leaks.flatMap(placesOf), stillFlagged: [], problems: problemsOf(label, found.problems) };
}

async function recallReversed(label: LeakLabel, repo: string, fix: string): Promise<Recalled> {
  await using reversed = await openGit(repo, { base: fix, head: `${fix}^`, twoDot: true, environment: process.env });
  const found = await review(reversed, { language });
  const reported = found.leaks.flatMap(placesOf);
  const hit = hitAmong(label, reported);
  const texts = { leaking: await reversed.texts('head', [label.path]), fixed: await reversed.texts('base', [label.path]) };
  const textOf = (side: keyof typeof texts): string => {
    const text = texts[side].get(label.path);
    return text?.kind === 'text' ? text.text : '';
  };
  const before = lineMap(textOf('leaking'), textOf('fixed'));
  await using forward = await openGit(repo, { base: `${fix}^`, head: fix, twoDot: true, environment: process.env });
  await using tree = await openCommit(repo, fix, [directoryOf(label.path)]);
  const after = [...(await review(forward, { language })).leaks, ...(await scan(tree, { language })).leaks].flatMap(placesOf);
  const isSame = (leak: Leak): boolean => leak.fingerprint === hit?.leak.fingerprint || meets(label, leak, (_, line) => before(line)) !== null;
  const still = new Map(after.filter(isSame).map((leak) => [`${leak.fingerprint} ${leak.line}`, leak]));
  return { label, hit, reported, stillFlagged: [...still.values()], problems: problemsOf(label, found.problems) };
}

function hitAmong(label: LeakLabel, leaks: readonly Leak[]): Recalled['hit'] {
  const hits = leaks.flatMap((leak) => {
    const met = meets(label, leak);
    return met === null ? [] : [{ met, leak }];
  });
  return hits.find(({ leak }) => leak.confidence === 'certain') ?? hits[0] ?? null;
}

function problemsOf(label: LeakLabel, problems: readonly { readonly path: string; readonly says: string }[]): readonly string[] {
  return problems.filter(({ path }) => path === label.path).map(({ says }) => says);
}
