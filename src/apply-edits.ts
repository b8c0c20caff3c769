import type { Edit } from './finding.ts';

/** An edit of lines that the text does not have, or that another edit replaces too. */
export class EditOutOfPlaceError extends Error {
  override readonly name = 'EditOutOfPlaceError';
}

/** The text after all edits, which are of this one file. Keeps the file's kind of line break and a missing last one. Throws EditOutOfPlaceError. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const lines = text.split(/(?<=\n)/);
  const lineBreak = lineBreakOf(text);
  const last = lines.length;
  let untouched = last;
  for (const edit of [...edits].sort((a, b) => b.startLine - a.startLine)) {
    if (edit.startLine < 1 || edit.endLine < edit.startLine || edit.endLine > untouched) {
      throw new EditOutOfPlaceError(`Lines ${edit.startLine} to ${edit.endLine} of ${edit.path} cannot be replaced.`);
    }
    const isUnterminated = edit.endLine === last && !text.endsWith('\n');
    const replacement = edit.newText === '' ? '' : edit.newText.replaceAll('\n', lineBreak) + (isUnterminated ? '' : lineBreak);
    lines.splice(edit.startLine - 1, edit.endLine - edit.startLine + 1, replacement);
    untouched = edit.startLine - 1;
  }
  return lines.join('');
}

/** The file's kind of line break, told from its first line. */
export function lineBreakOf(text: string): '\r\n' | '\n' {
  return /^[^\n]*\r\n/.test(text) ? '\r\n' : '\n';
}
