import type { Edit } from '../finding.ts';
import type { File, Span } from '../go/ast.ts';
import { indentOf, replaceText } from './edit.ts';

/** An edit that makes a statement give up and return once a receive says so. Undefined where other code shares its lines. */
export function orReturn(file: File, stmt: Span, waits: string, receive: string): Edit | undefined {
  if (!isAlone(file.text, stmt)) return undefined;
  return replaceText(file, stmt.pos, stmt.end, selectLines(waits, receive).join(`\n${indentOf(file, stmt.pos)}`));
}

/** A select of two cases: one that waits, one that returns. */
export function selectLines(waits: string, receive: string): string[] {
  return ['select {', `case ${waits}:`, `case ${receive}:`, '\treturn', '}'];
}

/** Whether only white space stands before an offset on its line. */
export function startsItsLine(text: string, pos: number): boolean {
  return text.slice(text.lastIndexOf('\n', pos - 1) + 1, pos).trim() === '';
}

function isAlone(text: string, { pos, end }: Span): boolean {
  const lineEnd = text.indexOf('\n', end);
  return startsItsLine(text, pos) && /^\s*(?:\/\/.*)?$/u.test(text.slice(end, lineEnd === -1 ? undefined : lineEnd));
}
