import { applyEdits } from '../apply-edits.ts';
import { hunkAtNewLine, hunkAtOldLine } from '../diff.ts';
import { splitBy } from '../one-cause.ts';
import { steers } from '../steering.ts';
import type { ConclusionOnFindings } from '../config.ts';
import type { FileChange } from '../diff.ts';
import type { Edit, Leak, Side } from '../finding.ts';
import type { Dismissal } from './marker.ts';

/** Where a review comment sits: `startLine` to `line` of one side, all inside one hunk; null where that is a single line, because GitHub refuses a start equal to the end. */
export interface Anchor {
  readonly path: string;
  readonly side: Side;
  readonly startLine: number | null;
  readonly line: number;
}

/** One replaced stretch of a file, for showing; lines are without line breaks. */
export interface Replacement {
  readonly path: string;
  readonly startLine: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** How a fix is offered: `suggestion` replaces exactly the lines of the comment's anchor, `diff` is only shown. */
export type ShownFix =
  | { readonly kind: 'suggestion'; readonly title: string; readonly text: string }
  | { readonly kind: 'diff'; readonly title: string; readonly replacements: readonly Replacement[] };

export interface PlannedComment {
  readonly leak: Leak;
  readonly anchor: Anchor;
  readonly fix: ShownFix | null;
}

/** Why a leak has no comment of its own in this review. */
export type LeftOut = Dismissal | 'likely' | 'outside-diff' | 'over-limit' | 'already-posted' | 'refused' | 'merge-group';

export interface Remaining {
  readonly leak: Leak;
  readonly why: LeftOut;
  readonly fix: ShownFix | null;
}

/** A note on lines of the head; GitHub has none on removed lines. */
export interface Annotation {
  readonly leak: Leak;
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: 'warning' | 'notice';
}

/** What is to be posted. */
export interface Plan {
  readonly comments: readonly PlannedComment[];
  readonly remaining: readonly Remaining[];
  readonly annotations: readonly Annotation[];
  readonly conclusion: ConclusionOnFindings;
}

/** The plan of a change in which there was nothing to look at. */
export const nothingPlanned: Plan = { comments: [], remaining: [], annotations: [], conclusion: 'success' };

export interface PlanInput {
  readonly leaks: readonly Leak[];
  readonly changes: readonly FileChange[];
  /** Fingerprints that our App has commented on before in this pull request. */
  readonly posted: ReadonlySet<string>;
  /** Fingerprints that people dismissed in their threads: these count for nothing. */
  readonly dismissed: ReadonlyMap<string, Dismissal>;
  /** Texts at head of the files that fixes edit; a fix of a file that is missing here is shown by its title alone. */
  readonly texts: ReadonlyMap<string, string>;
  readonly maxComments: number;
  /** The conclusion when there are certain findings. */
  readonly conclusion: ConclusionOnFindings;
  /** Whether something that should have been analysed was not: then silence is not a clean bill. */
  readonly incomplete: boolean;
}

/** Decides what to post. Only certain leaks on lines of the diff, not posted before, are commented, up to the limit; the rest is for the check run. */
export function plan(input: PlanInput): Plan {
  const stateOf = (fingerprint: string): string => input.dismissed.get(fingerprint) ?? (input.posted.has(fingerprint) ? 'posted' : 'new');
  // What a comment told of before takes no word from what is new of the same cause.
  const leaks = uniqueByFingerprint(input.leaks).flatMap((leak) => splitBy(leak, stateOf));
  const comments: PlannedComment[] = [];
  const remaining: Remaining[] = [];
  for (const leak of leaks) {
    const comment = leak.confidence === 'certain' ? toComment(leak, input) : null;
    const why = whyLeftOut(leak, comment, input, comments.length >= input.maxComments);
    if (comment !== null && why === null) comments.push(comment);
    else remaining.push({ leak, why: why ?? 'outside-diff', fix: diffOf(leak, input.texts) });
  }
  return { comments, remaining, annotations: annotationsOf(remaining), conclusion: conclude(leaks.filter((leak) => !input.dismissed.has(leak.fingerprint)), input) };
}

/** The plan with some of its comments moved to the check run: where GitHub would not take them inline, or where there is nothing to comment on. */
export function withoutComments(planned: Plan, refused: readonly PlannedComment[], why: 'refused' | 'merge-group', texts: ReadonlyMap<string, string>): Plan {
  const remaining = [...planned.remaining, ...refused.map(({ leak }): Remaining => ({ leak, why, fix: diffOf(leak, texts) }))];
  return { ...planned, comments: planned.comments.filter((comment) => !refused.includes(comment)), remaining, annotations: annotationsOf(remaining) };
}

export function isDismissal(why: LeftOut): why is Dismissal {
  return why === 'ignored' || why === 'wrong';
}

/** Whether every line of the anchor is shown by one hunk of the change: what GitHub asks of a comment. */
export function liesInDiff(anchor: Anchor, changes: readonly FileChange[]): boolean {
  const change = changes.find((candidate) => candidate.path === anchor.path);
  if (change === undefined) return false;
  const at = anchor.side === 'RIGHT' ? hunkAtNewLine : hunkAtOldLine;
  const hunk = at(change, anchor.line);
  return hunk !== undefined && (anchor.startLine === null || at(change, anchor.startLine) === hunk);
}

function whyLeftOut(leak: Leak, comment: PlannedComment | null, { posted, dismissed }: PlanInput, full: boolean): LeftOut | null {
  const dismissal = dismissed.get(leak.fingerprint);
  if (dismissal !== undefined) return dismissal;
  if (leak.confidence === 'likely') return 'likely';
  if (posted.has(leak.fingerprint)) return 'already-posted';
  if (comment === null) return 'outside-diff';
  return full ? 'over-limit' : null;
}

function toComment(leak: Leak, input: PlanInput): PlannedComment | null {
  const suggestion = suggestionOf(leak, input);
  if (suggestion !== null) return suggestion;
  const anchor = anchorOf(leak, input.changes);
  return anchor === null ? null : { leak, anchor, fix: diffOf(leak, input.texts) };
}

/** On the finding's own lines; on its first alone where the others are in another hunk or in none. */
function anchorOf(leak: Leak, changes: readonly FileChange[]): Anchor | null {
  const change = changes.find((candidate) => candidate.path === leak.path || (leak.side === 'LEFT' && candidate.previousPath === leak.path));
  if (change === undefined) return null;
  const whole: Anchor = { path: change.path, side: leak.side, startLine: leak.endLine > leak.line ? leak.line : null, line: Math.max(leak.line, leak.endLine) };
  if (liesInDiff(whole, changes)) return whole;
  const first: Anchor = { ...whole, startLine: null, line: leak.line };
  return liesInDiff(first, changes) ? first : null;
}

/**
 * A fix whose edits lie in one hunk on the right is a comment on exactly the lines from its first edit to its last, so that one click commits
 * it. The suggestion is what these lines are once the engine has applied the fix, unchanged ones between included, each with its own line break.
 */
function suggestionOf(leak: Leak, { changes, texts }: PlanInput): PlannedComment | null {
  const edits = leak.fix?.edits ?? [];
  const text = texts.get(leak.path);
  const change = changes.find((candidate) => candidate.path === leak.path);
  if (leak.fix === null || leak.side !== 'RIGHT' || edits.length === 0 || edits.some(({ path }) => path !== leak.path) || text === undefined || change === undefined) return null;
  const start = Math.min(...edits.map(({ startLine }) => startLine));
  const end = Math.max(...edits.map(({ endLine }) => endLine));
  const anchor: Anchor = { path: leak.path, side: 'RIGHT', startLine: end > start ? start : null, line: end };
  if (!liesInDiff(anchor, changes)) return null;
  const shown = (hunkAtNewLine(change, start)?.lines ?? []).filter(({ newLine }) => newLine !== null && newLine >= start && newLine <= end);
  const lines = text.split('\n');
  if (!sameLines(shown.map((line) => line.text), lines.slice(start - 1, end))) return null;
  const after = applyEdits(text, edits).split('\n');
  const suggested = after.slice(start - 1, after.length - (lines.length - end));
  // Without a last line break it is not known what GitHub leaves of the file where its last line goes.
  if (suggested.length === 0 && shown.at(-1)?.unterminated === true) return null;
  const suggestion = suggested.map((line) => `${line}\n`).join('');
  if (!isShowable(suggestion) || sameLines(shown.map((line) => withoutReturn(line.text)), suggested.map(withoutReturn))) return null;
  return { leak, anchor, fix: { kind: 'suggestion', title: leak.fix.title, text: suggestion } };
}

/** Markdown takes a return that stands alone for a line's end; and what a reader cannot see is not for one click to commit. */
function isShowable(suggestion: string): boolean {
  return !/\r(?!\n)/.test(suggestion) && !steers(suggestion);
}

/** The fix as a diff: its replacements without the lines at both ends that stay as they are. Null where there is no fix or it changes nothing. */
function diffOf(leak: Leak, texts: ReadonlyMap<string, string>): ShownFix | null {
  if (leak.fix === null) return null;
  const known = leak.fix.edits.flatMap((edit) => {
    const text = texts.get(edit.path);
    return text === undefined ? [] : [replacementOf(edit, text)];
  });
  const replacements = known.filter(({ removed, added }) => removed.length + added.length > 0);
  if (replacements.length === 0 && known.length > 0) return null;
  return { kind: 'diff', title: leak.fix.title, replacements: known.length < leak.fix.edits.length ? [] : replacements };
}

function replacementOf(edit: Edit, text: string): Replacement {
  const removed = text.split('\n').slice(edit.startLine - 1, edit.endLine).map(withoutReturn);
  const added = linesOf(edit).map(withoutReturn);
  let head = 0;
  while (head < removed.length && head < added.length && removed[head] === added[head]) head += 1;
  let tail = 0;
  while (tail < removed.length - head && tail < added.length - head && removed.at(-1 - tail) === added.at(-1 - tail)) tail += 1;
  return { path: edit.path, startLine: edit.startLine + head, removed: removed.slice(head, removed.length - tail), added: added.slice(head, added.length - tail) };
}

/** Leaks that have an inline comment, of this review or of an earlier one, are not annotated too: both show at the same line. */
function annotationsOf(remaining: readonly Remaining[]): readonly Annotation[] {
  return remaining
    .filter(({ leak, why }) => leak.side === 'RIGHT' && why !== 'already-posted' && !isDismissal(why))
    .map(({ leak }) => ({ leak, path: leak.path, startLine: leak.line, endLine: Math.max(leak.line, leak.endLine), level: leak.confidence === 'certain' ? 'warning' : 'notice' }));
}

function conclude(leaks: readonly Leak[], input: PlanInput): ConclusionOnFindings {
  if (leaks.some((leak) => leak.confidence === 'certain')) return input.conclusion;
  if (leaks.length > 0 && input.conclusion !== 'success') return 'neutral';
  return input.incomplete ? 'neutral' : 'success';
}

function uniqueByFingerprint(leaks: readonly Leak[]): readonly Leak[] {
  return [...new Map(leaks.toReversed().map((leak) => [leak.fingerprint, leak])).values()].toReversed();
}

function linesOf(edit: Edit): readonly string[] {
  return edit.newText === '' ? [] : edit.newText.split('\n');
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function sameLines(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
