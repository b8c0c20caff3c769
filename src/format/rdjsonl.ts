import { code, prose } from '../github/markdown.ts';
import { pageUrl } from '../leaks/page-url.ts';
import { headLocation } from './head-location.ts';
import { jsonText } from './json-text.ts';
import type { Leak } from '../finding.ts';
import type { Report } from './report.ts';
import { homepage } from './words.ts';

/** Reviewdog's diagnostic format, one JSON object a line. Source: reviewdog's `proto/rdf/reviewdog.proto`. */
export function rdjsonl({ review }: Report): string {
  return review.leaks.map((leak) => `${jsonText(diagnostic(leak))}\n`).join('');
}

function diagnostic(leak: Leak): object {
  const at = headLocation(leak);
  // A suggestion names no file of its own, so a fix that reaches into another one would be applied to the wrong lines.
  const edits = leak.fix?.edits.every((edit) => edit.path === at.path) === true ? leak.fix.edits : [];
  return {
    message: messageOf(leak),
    location: { path: at.path, range: lines(at.line, at.endLine) },
    severity: leak.confidence === 'certain' ? 'WARNING' : 'INFO',
    source: { name: 'goleash', url: homepage },
    code: { value: leak.rule, url: pageUrl(leak.rule) },
    ...(edits.length === 0 ? {} : { suggestions: edits.map((edit) => ({ range: lines(edit.startLine, edit.endLine), text: edit.newText })) }),
  };
}

/** Reviewdog posts it as Markdown, where a path could mention people. */
function messageOf({ case: ofCase, title, message, steps }: Leak): string {
  return [`${prose(ofCase)} · ${prose(title)}: ${prose(message)}`, ...steps.map(({ path, line, says }, index) => `${index + 1}. ${code(`${path}:${line}`)} ${prose(says)}`)].join('\n');
}

/** Without columns a range is of whole lines, the last one included. */
function lines(start: number, end: number): object {
  return { start: { line: start }, end: { line: end } };
}
