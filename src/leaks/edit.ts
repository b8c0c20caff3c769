import { lineAt, type File } from '../go/ast.ts';
import type { Edit } from '../finding.ts';

/** An edit of whole lines that replaces the text between two offsets. */
export function replaceText(file: File, pos: number, end: number, text: string): Edit {
  const startLine = lineAt(file, pos);
  const endLine = lineAt(file, Math.max(pos, end - 1));
  const before = file.text.slice(file.lineStarts[startLine - 1] ?? 0, pos);
  return { path: file.path, startLine, endLine, newText: withoutCarriageReturns(`${before}${text}${file.text.slice(end, endOfLine(file, endLine))}`) };
}

/** An edit that puts lines, indented like it, before the line of an offset. */
export function insertBefore(file: File, pos: number, lines: readonly string[]): Edit {
  return around(file, pos, (old, indent) => [...lines.map((one) => indent + one), old]);
}

/** An edit that puts lines, indented like it, after the line of an offset. */
export function insertAfter(file: File, pos: number, lines: readonly string[]): Edit {
  return around(file, pos, (old, indent) => [old, ...lines.map((one) => indent + one)]);
}

function around(file: File, pos: number, change: (old: string, indent: string) => readonly string[]): Edit {
  const line = lineAt(file, pos);
  const old = file.text.slice(file.lineStarts[line - 1] ?? 0, endOfLine(file, line));
  return { path: file.path, startLine: line, endLine: line, newText: withoutCarriageReturns(change(old, indentOf(file, pos)).join('\n')) };
}

/** The white space the line of an offset starts with. */
export function indentOf(file: File, pos: number): string {
  const start = file.lineStarts[lineAt(file, pos) - 1] ?? 0;
  return /^[\t ]*/u.exec(file.text.slice(start, pos))?.[0] ?? '';
}

function endOfLine(file: File, line: number): number {
  const next = file.lineStarts[line];
  return next === undefined ? file.text.length : next - 1;
}

/** Edits use `\n` whatever the file uses; who applies them restores the file's own. */
function withoutCarriageReturns(text: string): string {
  return text.replaceAll('\r', '');
}
