import { applyEdits } from '../apply-edits.ts';
import { diffTexts } from '../diff-texts.ts';
import type { DiffLine, Hunk } from '../diff.ts';
import type { Edit, Fix } from '../finding.ts';

/** A fix as the lines of a unified diff. Where a file's text is not at hand, only what its edits put in is shown. */
export function fixDiff(fix: Fix, textOf: (path: string) => string | undefined): readonly string[] {
  const paths = [...new Set(fix.edits.map((edit) => edit.path))];
  return paths.flatMap((path) => {
    const edits = fix.edits.filter((edit) => edit.path === path);
    const text = textOf(path);
    const hunks = text === undefined ? edits.flatMap(additions) : diffTexts(text, applyEdits(text, edits)).flatMap(hunkLines);
    return [`--- a/${path}`, `+++ b/${path}`, ...hunks];
  });
}

function hunkLines(hunk: Hunk): readonly string[] {
  const header = `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`;
  return [header, ...hunk.lines.flatMap((line) => [sign(line) + line.text.replace(/\r$/, ''), ...(line.unterminated ? ['\\ No newline at end of file'] : [])])];
}

function range(start: number, count: number): string {
  return count === 1 ? `${start}` : `${start},${count}`;
}

function sign(line: DiffLine): string {
  return line.oldLine === null ? '+' : line.newLine === null ? '-' : ' ';
}

function additions(edit: Edit): readonly string[] {
  const lines = edit.newText === '' ? [] : edit.newText.split('\n');
  return [`@@ -${range(edit.startLine, edit.endLine - edit.startLine + 1)} @@`, ...lines.map((line) => `+${line}`)];
}
