import { pageUrl } from '../leaks/page-url.ts';
import { code, cut, fenced, lineUrl, prose, visible } from './markdown.ts';
import { marker } from './marker.ts';
import { words } from './words.ts';
import { caseName, gapAfter } from '../words.ts';
import type { Leak, Step } from '../finding.ts';
import type { Language } from '../words.ts';
import type { PlannedComment, ShownFix } from './plan.ts';
import type { Thread } from './threads.ts';

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
export function commentBody(comment: Pick<PlannedComment, 'leak' | 'fix'>, context: CommentContext): string {
  const end = `\n\n${marker({ fingerprint: comment.leak.fingerprint, also: comment.leak.others.map(({ fingerprint }) => fingerprint), sha: context.sha, rule: comment.leak.rule, gone: null })}`;
  const room = longestBody - end.length;
  const whole = explanation(comment.leak, comment.fix, context);
  if (whole.length <= room) return whole + end;
  // A suggestion that is cut would commit half of a fix: leave it out as a whole.
  const text = words[context.language];
  const withoutFix = `${explanation(comment.leak, null, context)}\n\n${comment.fix === null ? '' : text.fixTooLong}`;
  return cut(withoutFix, room, text.cutOff) + end;
}

/**
 * The body of our comment in a thread that people wrote in, once its leak is no longer reported: what it said stays to be read below
 * the answer to whether it still holds. Its suggestion is for a text that has changed, so it is shown as code.
 */
export function retiredBody(thread: Thread, { sha, language }: Pick<CommentContext, 'sha' | 'language'>): string {
  const said = thread.comment.body.replace(/^(`{3,})suggestion$/gm, '$1go');
  return `**${words[language].noLongerReported(code(sha.slice(0, 12)))}**\n\n${said}\n${marker({ ...thread, gone: sha })}`;
}

/** What one leak is, why, how to fix and to confirm it; without the marker. Also the check run's text for leaks without a comment. */
export function explanation(leak: Leak, fix: ShownFix | null, context: CommentContext): string {
  const text = words[context.language];
  const parts = [
    `**${caseName(leak.case, context.language)} · ${prose(leak.title)}**`,
    `${prose(leak.message)}${gapAfter(leak.message)}${prose(leak.why)}`.trim(),
    leak.steps.map((step, index) => `${index + 1}. ${stepLine(step, context)}`).join('\n'),
    fix === null ? '' : `${text.fix(prose(fix.title))}\n\n${fixBlock(fix)}`.trim(),
    leak.parked === null ? '' : text.confirm(code(leak.parked.function), code(leak.parked.waitReason)),
    `[${text.aboutRule}](${pageUrl(leak.rule)})`,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
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
  return fenced('diff', visible(lines.join('\n')));
}
