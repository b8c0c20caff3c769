import type { Leak } from '../finding.ts';
import { pageUrl } from '../leaks/page-url.ts';
import { headLocation } from './head-location.ts';
import { jsonText } from './json-text.ts';
import type { Report } from './report.ts';
import { homepage, stepList } from './words.ts';

/** Reviewdog's diagnostic format, one JSON object a line. Source: reviewdog's `proto/rdf/reviewdog.proto`. */
export function rdjsonl({ review }: Report): string {
  return review.leaks.map((leak) => `${jsonText(diagnostic(leak))}\n`).join('');
}

function diagnostic(leak: Leak): object {
  const at = headLocation(leak);
  // A suggestion names no file of its own, so a fix that reaches into another one would be applied to the wrong lines.
  const edits = leak.fix?.edits.every((edit) => edit.path === at.path) === true ? leak.fix.edits : [];
  return {
    message: [`${leak.case} · ${leak.title}: ${leak.message}`, ...stepList(leak.steps)].join('\n'),
    location: { path: at.path, range: lines(at.line, at.endLine) },
    severity: leak.confidence === 'certain' ? 'WARNING' : 'INFO',
    source: { name: 'goleash', url: homepage },
    code: { value: leak.rule, url: pageUrl(leak.rule) },
    ...(edits.length === 0 ? {} : { suggestions: edits.map((edit) => ({ range: lines(edit.startLine, edit.endLine), text: edit.newText })) }),
  };
}

/** Without columns a range is of whole lines, the last one included. */
function lines(start: number, end: number): object {
  return { start: { line: start }, end: { line: end } };
}
