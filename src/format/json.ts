import type { Finding } from '../finding.ts';
import { jsonText } from './json-text.ts';
import type { Report } from './report.ts';

/** The published form, version 1: whatever else a leak carries inside stays inside. */
export function json({ review }: Report): string {
  const { files, functions, bytesParsed, milliseconds } = review.stats;
  const problems = [...review.problems, ...review.skipped].map(({ path, says }) => ({ path, says }));
  const published = { version: 1, findings: review.leaks.map(publish), stats: { files, functions, bytesParsed, milliseconds }, problems };
  return `${jsonText(published, 2)}\n`;
}

function publish(finding: Finding): Finding {
  const { fix } = finding;
  return {
    rule: finding.rule,
    case: finding.case,
    confidence: finding.confidence,
    path: finding.path,
    line: finding.line,
    endLine: finding.endLine,
    side: finding.side,
    function: finding.function,
    message: finding.message,
    steps: finding.steps.map(({ path, line, says }) => ({ path, line, says })),
    fix: fix && {
      title: fix.title,
      edits: fix.edits.map(({ path, startLine, endLine, newText }) => ({ path, startLine, endLine, newText })),
    },
    fingerprint: finding.fingerprint,
  };
}
