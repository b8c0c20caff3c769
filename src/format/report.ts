import type { Leak, Side } from '../finding.ts';
import type { Review } from '../review.ts';
import type { Language } from '../words.ts';

/** All that a format may show. */
export interface Report {
  readonly review: Review;
  readonly language: Language;
  /** Goleash's own version. */
  readonly version: string;
  /** Whether a person at a terminal reads it. */
  readonly colors: boolean;
  /** A file's text on the side of head (RIGHT) or base (LEFT), where it is at hand. */
  readonly textOf: (side: Side, path: string) => string | undefined;
}

/** The files whose texts a report of these leaks wants to show. */
export function pathsShown(leaks: readonly Leak[]): Readonly<Record<Side, readonly string[]>> {
  const right = leaks.flatMap((leak) => [leak.path, ...leak.steps.map((step) => step.path), ...(leak.fix?.edits ?? []).map((edit) => edit.path)]);
  const left = leaks.filter((leak) => leak.side === 'LEFT').map((leak) => leak.path);
  return { RIGHT: [...new Set(right)], LEFT: [...new Set(left)] };
}

/** A line without its break, or undefined where the text is not at hand or too short. */
export function lineOf(report: Report, side: Side, path: string, line: number): string | undefined {
  return report.textOf(side, path)?.split('\n')[line - 1]?.replace(/\r$/, '');
}
