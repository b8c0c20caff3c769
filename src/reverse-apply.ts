import type { Hunk } from './diff.ts';

/** A diff whose lines are not those of the text it is said to lead to. */
export class PatchMismatchError extends Error {
  override readonly name = 'PatchMismatchError';
}

/**
 * Undoes a change of one file: the text before it, from the text after it and the change's hunks.
 * Line breaks are kept as they are, `\r\n` included, and so is a last line without one.
 * Throws PatchMismatchError where the hunks do not fit the text.
 */
export function reverseApply(text: string, hunks: readonly Hunk[]): string {
  const lines = splitLines(text);
  const before: string[] = [];
  let next = 0;
  for (const hunk of [...hunks].sort((a, b) => a.newStart - b.newStart)) {
    // A hunk that adds nothing and shows no context names the line before it, not its own first.
    const start = hunk.newLines === 0 ? hunk.newStart : hunk.newStart - 1;
    if (start < next || start > lines.length) throw new PatchMismatchError(`No place for the hunk at line ${hunk.newStart}.`);
    before.push(...lines.slice(next, start));
    next = start;
    for (const line of hunk.lines) {
      const written = line.unterminated ? line.text : `${line.text}\n`;
      if (line.newLine !== null) {
        if (lines[next] !== written) throw new PatchMismatchError(`Line ${next + 1} is not the one that the diff shows.`);
        next += 1;
      }
      if (line.oldLine !== null) before.push(written);
    }
  }
  before.push(...lines.slice(next));
  return before.join('');
}

/** Each line with its `\n`; the last one may lack it. The empty text has no lines. */
function splitLines(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}
