import { diffTexts } from '../../src/diff-texts.ts';

/** Where the lines of a new text were in an old one. A line that the change added, or that is beyond the text, is null. */
export function lineMap(before: string, after: string): (line: number) => number | null {
  const hunks = diffTexts(before, after);
  return (line) => {
    let shift = 0;
    for (const hunk of hunks) {
      if (line < hunk.newStart) break;
      const shown = hunk.lines.find((one) => one.newLine === line);
      if (shown !== undefined) return shown.oldLine;
      shift = hunk.oldStart + hunk.oldLines - (hunk.newStart + hunk.newLines);
    }
    return line + shift;
  };
}
