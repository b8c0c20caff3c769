import { harmless } from '../../src/format/paint.ts';
import { readAloud, type Terminal } from './read-aloud.ts';
import type { CheckRunState, CommentState, PullRequestState, RecordedRequest } from '../embedded-github/index.ts';

/** What the App made of a pull request. */
export interface Reviewed {
  readonly pull: PullRequestState;
  readonly check: CheckRunState;
  /** The lines that a comment is on, as the side that it is on has them. */
  readonly commented: ReadonlyMap<CommentState, readonly string[]>;
  readonly requests: readonly RecordedRequest[];
  /** From the delivery of the webhook to the completed check. */
  readonly milliseconds: number;
}

/** The review as a reader sees it, and what it took. */
export function showReview({ pull, check, commented, requests, milliseconds }: Reviewed, terminal: Terminal): string {
  const { paint } = terminal;
  const inner: Terminal = { paint, width: terminal.width - 2 };
  const reviews = pull.reviews.filter(({ body }) => body !== '').flatMap(({ body }) => readAloud(body, terminal));
  const comments = byPlace(pull.comments).flatMap((comment) => ['', paint.place(place(comment)), ...indented(readAloud(comment.body, inner, commented.get(comment) ?? []))]);
  const without = check.text === null ? [] : ['', ...readAloud(check.text, terminal)];
  return [
    ...reviews,
    ...comments,
    ...without,
    '',
    `${paint.heading('Check')}     ${harmless(`${check.name}: ${check.conclusion ?? check.status}`)}`,
    ...(check.title === null ? [] : [`          ${harmless(check.title)}`]),
    `${paint.heading('Time')}      ${(milliseconds / 1000).toFixed(1)} s from the webhook to the completed check`,
    `${paint.heading('Requests')}  ${requests.length} to GitHub`,
    ...routes(requests).map(([route, count]) => paint.aside(`          ${String(count).padStart(3)} × ${harmless(route)}`)),
    '',
  ].join('\n');
}

function byPlace(comments: readonly CommentState[]): CommentState[] {
  return [...comments].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.originalLine - b.originalLine));
}

function place({ path, side, originalStartLine, originalLine }: CommentState): string {
  const lines = originalStartLine === null ? `${originalLine}` : `${originalStartLine}-${originalLine}`;
  return harmless(`${path}:${lines}${side === 'LEFT' ? ' (removed)' : ''}`);
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** In the order of their first request. */
function routes(requests: readonly RecordedRequest[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { method, route, path } of requests) {
    const name = `${method} ${route ?? path}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts];
}
