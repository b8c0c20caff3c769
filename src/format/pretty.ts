import type { Leak, Step } from '../finding.ts';
import { pageUrl } from '../leaks/page-url.ts';
import { isRemark } from '../leaks/remarks.ts';
import type { Problem } from '../problem.ts';
import { fixDiff } from './fix-diff.ts';
import { harmless, paint, type Paint } from './paint.ts';
import { lineOf, type Report } from './report.ts';
import { areSuppressed, howToConfirm, leaksFound, noGo, nothingFound, readInTime, remarksMade, wereThereBefore, words } from './words.ts';
import { caseName } from '../words.ts';

/** For a person at a terminal: each leak with its witness, its fix and how to confirm it, then a line that sums up. */
export function pretty(report: Report): string {
  const colors = paint(report.colors);
  const { review, language } = report;
  const blocks = [
    ...review.leaks.map((leak) => leakBlock(leak, report, colors)),
    problemBlock(words.problems[language], review.problems, colors),
    problemBlock(words.skipped[language], review.skipped, colors),
    [summary(report, colors)],
  ];
  return blocks.filter((block) => block.length > 0).map((block) => `${block.join('\n')}\n`).join('\n');
}

function leakBlock(leak: Leak, report: Report, colors: Paint): readonly string[] {
  const { language } = report;
  const side = leak.side === 'LEFT' ? ` (${words.removedLine[language]})` : '';
  const heading = `${caseName(leak.case, language)} · ${leak.title}`;
  return [
    `${colors.place(harmless(`${leak.path}:${leak.line}`))}${side} ${colors.heading(heading)} ${colors.aside(`(${words.confidence[leak.confidence][language]})`)}`,
    `  ${harmless(leak.message)}`,
    '',
    ...leak.steps.flatMap((step) => stepLines(step, leak, report, colors)),
    ...fixLines(leak, report, colors),
    '',
    ...(leak.parked === null ? [] : [`  ${words.confirm[language]}: ${harmless(howToConfirm(leak.parked)[language])}`]),
    `  ${words.rule[language]}: ${leak.rule} ${colors.aside(pageUrl(leak.rule))}`,
  ];
}

function stepLines(step: Step, leak: Leak, report: Report, colors: Paint): readonly string[] {
  const side = leak.side === 'LEFT' && step.path === leak.path && step.line === leak.line ? 'LEFT' : 'RIGHT';
  const source = lineOf(report, side, step.path, step.line);
  const place = colors.place(harmless(`${step.path}:${step.line}`));
  return [`  ${place} ${harmless(step.says)}`, ...(source === undefined ? [] : [`      ${colors.aside(harmless(source.trim()))}`])];
}

function fixLines({ fix }: Leak, report: Report, colors: Paint): readonly string[] {
  if (fix === null) return [];
  const lines = fixDiff(fix, (path) => report.textOf('RIGHT', path)).map((line) => {
    const shown = harmless(line);
    return `    ${line.startsWith('+') ? colors.added(shown) : line.startsWith('-') ? colors.removed(shown) : shown}`;
  });
  return ['', `  ${words.fix[report.language]}: ${harmless(fix.title)}`, ...lines];
}

function problemBlock(title: string, problems: readonly Problem[], colors: Paint): readonly string[] {
  if (problems.length === 0) return [];
  return [`${title}:`, ...problems.map(({ path, says }) => `  ${colors.place(harmless(path))} ${harmless(says)}`)];
}

function summary({ review, language }: Report, colors: Paint): string {
  const leaks = review.leaks.filter((leak) => !isRemark(leak.rule));
  const remarks = review.leaks.length - leaks.length;
  const certain = leaks.filter((leak) => leak.confidence === 'certain').length;
  const found = leaks.length > 0 ? leaksFound(certain, leaks.length - certain) : review.goFiles > 0 ? nothingFound : noGo;
  const also = [
    ...(remarks > 0 ? [remarksMade(remarks)] : []),
    ...(review.existing > 0 ? [wereThereBefore(review.existing)] : []),
    ...(review.suppressed > 0 ? [areSuppressed(review.suppressed)] : []),
  ].map((one) => one[language]);
  const { files, functions, milliseconds } = review.stats;
  const read = readInTime(files, functions, milliseconds)[language];
  return [colors.heading(found[language]), ...also, read].join(' · ');
}
