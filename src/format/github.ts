import type { Leak } from '../finding.ts';
import { withoutSteering } from '../steering.ts';
import { headLocation } from './head-location.ts';
import type { Report } from './report.ts';
import { stepList, words } from './words.ts';
import { caseName } from '../words.ts';

/** Workflow commands, which a runner of GitHub Actions turns into annotations. Source: GitHub's "Workflow commands for GitHub Actions". */
export function github({ review, language }: Report): string {
  const leaks = review.leaks.map((leak) => {
    const at = headLocation(leak);
    const properties = { file: at.path, line: at.line, endLine: at.endLine, title: `${caseName(leak.case, language)} · ${leak.title}` };
    return command(leak.confidence === 'certain' ? 'warning' : 'notice', properties, message(leak));
  });
  const problems = review.problems.map(({ path, says }) => command('notice', { file: path, title: words.problems[language] }, says));
  return [...leaks, ...problems].join('');
}

function message(leak: Leak): string {
  return [leak.message, ...stepList(leak.steps)].join('\n');
}

function command(level: 'warning' | 'notice', properties: Readonly<Record<string, string | number>>, text: string): string {
  const pairs = Object.entries(properties).map(([name, value]) => `${name}=${escapeProperty(String(value))}`);
  return `::${level} ${pairs.join(',')}::${escapeData(text)}\n`;
}

function escapeData(text: string): string {
  return withoutSteering(text, () => '\uFFFD').replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
