import { describeProblem } from '../config-problem.ts';
import { isRemark } from '../leaks/remarks.ts';
import { explanation } from './comment.ts';
import { cell, code, cut, lineUrl, prose, visible } from './markdown.ts';
import { isDismissal } from './plan.ts';
import { words } from './words.ts';
import { caseName, gapAfter } from '../words.ts';
import type { Config, ConfigProblem } from '../config.ts';
import type { Leak } from '../finding.ts';
import type { Problem } from '../problem.ts';
import type { Review } from '../review.ts';
import type { CommentContext } from './comment.ts';
import type { Failure } from './failure.ts';
import type { LeftAlone } from './left-alone.ts';
import type { Annotation, Plan } from './plan.ts';
import type { Tidied } from './tidied.ts';
import type { Words } from './words.ts';
import type { Language } from '../words.ts';

/** GitHub's limit on a check run's summary and on its text, each. */
export const longestOutput = 65_535;

/** More rows would push everything else out of the summary. */
const mostRows = 100;

/** Lists of files are for orientation; the log has no more either. */
const mostListed = 50;

export type Conclusion = 'success' | 'neutral' | 'failure' | 'cancelled';

/** What a check run says; `text` may be empty. */
export interface CheckOutput {
  readonly conclusion: Conclusion;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly annotations: readonly CheckAnnotation[];
  readonly button: Button | null;
}

/** Of 20 and 40 characters at most. */
export interface Button {
  readonly label: string;
  readonly description: string;
}

/** Whether the fixes are offered by a button: `none` where nobody asked for one or there is no fix, else why there is none. */
export type FixesOffer = 'none' | 'button' | 'fork' | 'permission';

/** As GitHub takes it. */
export interface CheckAnnotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}

export interface ReviewedInput {
  readonly plan: Plan;
  readonly review: Review;
  readonly context: CommentContext;
  readonly config: Pick<Config, 'rules'>;
  readonly configProblems: readonly ConfigProblem[];
  /** The number of listed files where GitHub may have left some out, else null. */
  readonly filesCut: number | null;
  /** Requests that this review took, the one that posts this included. */
  readonly requests: number;
  readonly milliseconds: number;
  /** GitHub's words where it did not take inline comments, else null. */
  readonly commentsRefused: string | null;
  readonly tidied: Tidied;
  readonly fixes: FixesOffer;
}

/** The check run of a review that was done. */
export function reviewedOutput(input: ReviewedInput): CheckOutput {
  const { plan, review, context } = input;
  const text = words[context.language];
  const leaks = [...plan.comments.map(({ leak }) => leak), ...plan.remaining.map(({ leak }) => leak)];
  const counted = [...plan.comments, ...plan.remaining.filter(({ why }) => !isDismissal(why))].map(({ leak }) => leak);
  const summary = [
    leaks.length > 0 ? table(plan, context, text) : '',
    input.commentsRefused === null ? '' : text.commentsRefused(code(input.commentsRefused.slice(0, 500))),
    counted.length > 0 ? howToConfirm(counted, text) : '',
    tidiedNote(input.tidied, text),
    input.fixes === 'fork' || input.fixes === 'permission' ? text.noButton[input.fixes] : '',
    review.existing > 0 ? text.existing(review.existing) : '',
    review.suppressed > 0 ? text.suppressed(review.suppressed) : '',
    input.filesCut === null ? '' : text.filesCut(input.filesCut),
    rulesByConfig(input.config, text),
    configNotes(input.configProblems, context.language),
    fileList(text.problemsHeading(review.problems.length), review.problems),
    text.cost(review.stats.files, review.stats.functions, Math.round(input.milliseconds), input.requests),
  ];
  const uncommented = plan.remaining.filter(({ why }) => why !== 'already-posted' && !isDismissal(why));
  const details = [
    uncommented.length > 0 ? `### ${text.remainingHeading}` : '',
    ...uncommented.map(({ leak, fix }) => `${where(leak, context)}\n\n${explanation(leak, fix, context)}`),
    fileList(text.skippedHeading(review.skipped.length), review.skipped),
  ];
  return {
    conclusion: plan.conclusion,
    title: titleOf(counted, leaks.length - counted.length, review, text),
    summary: cut(paragraphs(summary), longestOutput, text.cutOff),
    text: cut(paragraphs(details), longestOutput, text.cutOff),
    annotations: plan.annotations.map((annotation) => toAnnotation(annotation, context.language)),
    button: input.fixes === 'button' ? { label: text.applyLabel, description: text.applyDescription } : null,
  };
}

/** The check run of a change without Go code. */
export function noGoOutput(files: number, configProblems: readonly ConfigProblem[], tidied: Tidied, language: Language): CheckOutput {
  const text = words[language];
  return { conclusion: 'success', title: text.noGoTitle, summary: paragraphs([text.noGoSummary(files), tidiedNote(tidied, text), configNotes(configProblems, language)]), text: '', annotations: [], button: null };
}

/** The check run of a pull request that the configuration leaves alone. */
export function leftAloneOutput(alone: LeftAlone, configProblems: readonly ConfigProblem[], language: Language): CheckOutput {
  const { title, summary } = words[language].leftAlone[alone.why];
  const labels = 'labels' in alone ? alone.labels.slice(0, mostListed).map(code).join(', ') : '';
  return { conclusion: 'neutral', title, summary: paragraphs([summary(labels), configNotes(configProblems, language)]), text: '', annotations: [], button: null };
}

/** The check run on a head that is not the pull request's any more. */
export function movedOutput(newHead: string | null, language: Language): CheckOutput {
  const text = words[language];
  return { conclusion: 'cancelled', title: text.movedTitle, summary: text.movedSummary(newHead === null ? null : code(newHead.slice(0, 12))), text: '', annotations: [], button: null };
}

/** A failure in words that the author can act on. `reference` is what the operator finds it by. */
export function failureSays(failure: Failure, language: Language, reference: string): string {
  return failureWords(failure, words[language], code(reference)).says;
}

/** The check run of a review that could not be done: never red, and in words that the author can act on. `retryAt` in epoch milliseconds. */
export function failedOutput(failure: Failure, options: { readonly language: Language; readonly reference: string; readonly retryAt: number | null }): CheckOutput {
  const text = words[options.language];
  const { title, says } = failureWords(failure, text, code(options.reference));
  const next = options.retryAt === null ? '' : text.willRetry(time(options.retryAt));
  return { conclusion: 'neutral', title, summary: paragraphs([says, `${next} ${text.rerun}`.trim()]), text: '', annotations: [], button: null };
}

function failureWords(failure: Failure, text: Words, reference: string): { readonly title: string; readonly says: string } {
  switch (failure.kind) {
    case 'permission':
      return { title: text.permissionTitle, says: text.permission(failure.needed === null ? null : code(failure.needed), code(failure.says)) };
    case 'rate-limit':
      return { title: text.rateLimitTitle, says: text.rateLimit(time(failure.until)) };
    case 'github':
      return { title: text.gitHubTitle(failure.status), says: text.gitHubDown(failure.status) };
    case 'not-found':
      return { title: text.notFoundTitle, says: text.notFound };
    case 'refused':
      return { title: text.refusedTitle, says: text.refused(code(failure.says.slice(0, 500)), reference) };
    case 'interrupted':
      return { title: text.interruptedTitle, says: text.interrupted };
    case 'timed-out':
      return { title: text.timedOutTitle, says: text.timedOut(failure.seconds) };
    case 'bug':
      return { title: text.bugTitle, says: text.bug(reference) };
  }
}

function titleOf(leaks: readonly Leak[], dismissed: number, review: Review, text: Words): string {
  const real = leaks.filter((leak) => !isRemark(leak.rule));
  const certain = real.filter((leak) => leak.confidence === 'certain').length;
  const remarks = real.length < leaks.length ? text.remarks(leaks.length - real.length) : '';
  if (real.length > 0) return text.found(certain, real.length - certain) + remarks;
  if (dismissed > 0) return text.allDismissed(dismissed) + remarks;
  if (review.problems.length > 0) return text.nothingFoundIncomplete(review.problems.length) + remarks;
  return (review.goFiles === 0 ? text.allSkippedTitle : text.nothingFound(review.goFiles)) + remarks;
}

function table(plan: Plan, context: CommentContext, text: Words): string {
  const rows = [
    ...plan.comments.map(({ leak }) => ({ leak, shown: text.commentedHere })),
    ...plan.remaining.map(({ leak, why }) => ({ leak, shown: text.leftOut[why] })),
  ].sort((a, b) => compare(a.leak.path, b.leak.path) || a.leak.line - b.leak.line);
  const lines = rows.slice(0, mostRows).map(({ leak, shown }) => {
    const cells = [`${caseName(leak.case, context.language)} · ${prose(leak.title)}`, code(leak.function), where(leak, context), text.confidence[leak.confidence], shown];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const more = rows.length > mostRows ? `\n\n${text.moreRows(rows.length - mostRows)}` : '';
  return [`| ${text.tableHead.join(' | ')} |`, '| --- | --- | --- | --- | --- |', ...lines].join('\n') + more;
}

/** A removed line has its number at the base; the link, which is to the head, leads near it. */
function where(leak: Leak, context: CommentContext): string {
  return `[${code(`${leak.path}:${leak.line}`)}](${lineUrl(context, leak.path, leak.line, leak.endLine)})`;
}

function howToConfirm(leaks: readonly Leak[], text: Words): string {
  const parked = [...new Set(leaks.flatMap((leak) => (leak.parked === null ? [] : [`- ${code(leak.parked.function)} · ${code(leak.parked.waitReason)}`])))];
  if (parked.length === 0) return '';
  return `### ${text.howToConfirm}\n\n${text.howToConfirmText}\n\n${parked.slice(0, mostListed).join('\n')}`;
}

function tidiedNote({ resolved, deleted, retired, left }: Tidied, text: Words): string {
  const done = resolved + deleted + retired > 0 ? text.tidied(resolved, deleted, retired) : '';
  return `${done} ${left > 0 ? text.notTidied(left) : ''}`.trim();
}

/** Rules that the configuration switched off or changed: their silence, or their tone, is not ours. */
function rulesByConfig({ rules }: Pick<Config, 'rules'>, text: Words): string {
  const named = Object.entries(rules);
  return named.length === 0 ? '' : text.rulesByConfig(named.map(([rule, severity]) => `${code(rule)} (${code(severity)})`).join(', '));
}

function configNotes(problems: readonly ConfigProblem[], language: Language): string {
  if (problems.length === 0) return '';
  const lines = problems.slice(0, mostListed).map((problem) => `- ${code(`${problem.file}:${problem.line}`)}: ${describeProblem(problem, code)[language]}`);
  const text = words[language];
  return `### ${text.configHeading}\n\n${lines.join('\n')}`;
}

function fileList(heading: string, files: readonly Problem[]): string {
  if (files.length === 0) return '';
  const lines = files.slice(0, mostListed).map(({ path, says }) => `- ${code(path)}: ${prose(says)}`);
  const rest = files.length > mostListed ? [`- … + ${files.length - mostListed}`] : [];
  return `### ${heading}\n\n${[...lines, ...rest].join('\n')}`;
}

/** Annotations are plain text: nothing in them is rendered. */
function toAnnotation({ leak, path, startLine, endLine, level }: Annotation, language: Language): CheckAnnotation {
  const steps = leak.steps.map((step, index) => `${index + 1}. ${step.path}:${step.line} ${step.says}`);
  return {
    path,
    start_line: startLine,
    end_line: endLine,
    annotation_level: level,
    title: truncate(visible(`${caseName(leak.case, language)} · ${leak.title}`), 255),
    message: truncate(visible([`${leak.message}${gapAfter(leak.message)}${leak.why}`, ...steps].join('\n')), 16_000),
  };
}

function truncate(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** In UTC and to the second: readers are anywhere. */
function time(epochMilliseconds: number): string {
  return `${new Date(epochMilliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
