import { pageUrl } from '../leaks/rule.ts';
import { code, cut, fenced, lineUrl, prose } from './markdown.ts';
import { words } from './words.ts';
import type { Leak, Step } from '../finding.ts';
import type { Language } from '../words.ts';
import type { PlannedComment, ShownFix } from './plan.ts';

/** GitHub takes 65,536 characters; what it counts as one is not documented, so keep well below. */
export const longestBody = 60_000;

/** Where links lead to and in which language the words are. */
export interface CommentContext {
  /** Such as `https://github.com`. */
  readonly webUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** The head that was read. */
  readonly sha: string;
  readonly language: Language;
}

/** The whole body of a review comment, hidden marker included; at most `longestBody` characters. */
export function commentBody(comment: PlannedComment, context: CommentContext): string {
  const end = `\n\n${marker(comment.leak.fingerprint, context.sha)}`;
  const room = longestBody - end.length;
  const whole = explanation(comment.leak, comment.fix, context);
  if (whole.length <= room) return whole + end;
  // A suggestion that is cut would commit half of a fix: leave it out as a whole.
  const text = words[context.language];
  const withoutFix = `${explanation(comment.leak, null, context)}\n\n${comment.fix === null ? '' : text.fixTooLong}`;
  return cut(withoutFix, room, text.cutOff) + end;
}

/** What one leak is, why, how to fix and to confirm it; without the marker. Also the check run's text for leaks without a comment. */
export function explanation(leak: Leak, fix: ShownFix | null, context: CommentContext): string {
  const text = words[context.language];
  const parts = [
    `**${prose(leak.case)} · ${prose(leak.title)}**`,
    `${prose(leak.message)} ${prose(leak.why)}`.trim(),
    leak.steps.map((step, index) => `${index + 1}. ${stepLine(step, context)}`).join('\n'),
    fix === null ? '' : `${text.fix(prose(fix.title))}\n\n${fixBlock(fix)}`.trim(),
    text.confirm(code(leak.parked.function), code(leak.parked.waitReason)),
    `[${text.aboutRule}](${pageUrl(leak.rule)})`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The hidden line that tells our comments apart and what they are about. */
export function marker(fingerprint: string, sha: string): string {
  return `<!-- goleash:v1 fp=${safe(fingerprint)} sha=${safe(sha)} -->`;
}

/** What a comment's marker says; null for a comment without one. Trust it only in comments that our App wrote. */
export function readMarker(body: string): { readonly fingerprint: string; readonly sha: string } | null {
  // The last one counts: the text above it can hold anything.
  const found = Array.from(body.matchAll(/<!-- goleash:v1 fp=(\S+) sha=(\S+) -->/g)).at(-1);
  const [, fingerprint, sha] = found ?? [];
  if (fingerprint === undefined || sha === undefined) return null;
  try {
    return { fingerprint: decodeURIComponent(fingerprint), sha: decodeURIComponent(sha) };
  } catch {
    // Someone edited the comment; a marker that we did not write says nothing.
    return null;
  }
}

/** `]` ends no link text inside of a code span, and a pipe ends no cell here. */
function stepLine(step: Step, context: CommentContext): string {
  const name = step.path.slice(step.path.lastIndexOf('/') + 1);
  return `[${code(`${name}:${step.line}`)}](${lineUrl(context, step.path, step.line)}) ${prose(step.says)}`;
}

function fixBlock(fix: ShownFix): string {
  if (fix.kind === 'suggestion') return fenced('suggestion', fix.text);
  if (fix.replacements.length === 0) return '';
  const lines = fix.replacements.flatMap(({ path, startLine, removed, added }) => [
    `@@ ${path}:${startLine} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
  ]);
  return fenced('diff', lines.join('\n'));
}

/** No space and no `-->` can end the marker early. */
function safe(value: string): string {
  return encodeURIComponent(value).replaceAll('--', '%2D%2D');
}
