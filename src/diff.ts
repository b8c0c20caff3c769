import parseUnified from 'parse-diff';

/** One line of a hunk. `oldLine` is null on added lines, `newLine` on removed ones; `text` is without the leading sign and line break, but keeps a trailing `\r`. */
export interface DiffLine {
  readonly oldLine: number | null;
  readonly newLine: number | null;
  readonly text: string;
  /** Set where this is the last line of its file (of both files, for a context line) and no line break follows it. */
  readonly unterminated?: true;
}

/** One `@@` block of a unified diff. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly DiffLine[];
}

export type ChangeStatus = 'added' | 'modified' | 'removed' | 'renamed';

/** What a change does to one file. */
export interface FileChange {
  /** The path at head; for a removed file, at base. */
  readonly path: string;
  /** The path at base where it differs, else null. A copy is `added` with the path it was copied from; its hunks are against that file. */
  readonly previousPath: string | null;
  readonly status: ChangeStatus;
  /**
   * Null where no textual diff is at hand: binary files and those too large for the host to show.
   * Empty where no line changes: pure renames, mode changes, empty files.
   */
  readonly hunks: readonly Hunk[] | null;
}

/** A text that claims to be a diff and is not one, or is cut off inside a hunk. */
export class MalformedDiffError extends Error {
  override readonly name = 'MalformedDiffError';
}

/**
 * The hunks of one file's patch, as in `patch` of GitHub's list of a pull request's files: no header before the first `@@`.
 * Throws MalformedDiffError where a hunk does not hold the lines its `@@` line announces.
 */
export function parsePatch(patch: string): readonly Hunk[] {
  const chunks = parseUnified(patch).flatMap((file) => file.chunks);
  return chunks.map(toHunk);
}

/**
 * The files of a `git diff` in git's own format, with the prefixes `a/` and `b/`, whatever its `core.quotepath`.
 * A change of type, such as from a file to a symlink, is one modified file although git shows two.
 * Throws MalformedDiffError like `parsePatch`, and where a file's header names no path.
 */
export function parseDiff(text: string): readonly FileChange[] {
  const changes: FileChange[] = [];
  for (const section of sections(text)) {
    const change = parseSection(section);
    const before = changes.at(-1);
    if (before?.status === 'removed' && change.status === 'added' && before.path === change.path) {
      changes[changes.length - 1] = changeOfType(before, change);
    } else {
      changes.push(change);
    }
  }
  return changes;
}

/** The new-side line numbers that the change adds. Empty where no textual diff is at hand. */
export function addedLines(change: FileChange): ReadonlySet<number> {
  const added = new Set<number>();
  for (const hunk of change.hunks ?? []) {
    for (const line of hunk.lines) {
      if (line.oldLine === null && line.newLine !== null) added.add(line.newLine);
    }
  }
  return added;
}

/** The hunk that shows the new file's line, as added or as context. */
export function hunkAtNewLine(change: FileChange, line: number): Hunk | undefined {
  return change.hunks?.find((hunk) => line >= hunk.newStart && line < hunk.newStart + hunk.newLines);
}

/** The hunk that shows the old file's line, as removed or as context. */
export function hunkAtOldLine(change: FileChange, line: number): Hunk | undefined {
  return change.hunks?.find((hunk) => line >= hunk.oldStart && line < hunk.oldStart + hunk.oldLines);
}

function toHunk(chunk: parseUnified.Chunk): Hunk {
  const lines: DiffLine[] = [];
  for (const change of chunk.changes) {
    // parse-diff repeats the type of the line before for `\ No newline at end of file`; no real line starts with a backslash.
    if (change.content.startsWith('\\')) {
      const last = lines.pop();
      if (last !== undefined) lines.push({ ...last, unterminated: true });
      continue;
    }
    lines.push({
      oldLine: change.type === 'add' ? null : change.type === 'del' ? change.ln : change.ln1,
      newLine: change.type === 'del' ? null : change.type === 'add' ? change.ln : change.ln2,
      text: change.content.slice(1),
    });
  }
  const { oldStart, oldLines, newStart, newLines } = chunk;
  const oldFound = lines.filter((line) => line.oldLine !== null).length;
  const newFound = lines.filter((line) => line.newLine !== null).length;
  if (oldFound !== oldLines || newFound !== newLines) {
    throw new MalformedDiffError(`The hunk "${chunk.content}" holds ${oldFound} old and ${newFound} new lines, not what it announces.`);
  }
  return { oldStart, oldLines, newStart, newLines, lines };
}

interface Section {
  readonly header: readonly string[];
  readonly body: string;
}

/** Every line of a hunk starts with a sign, so that `diff --git ` at the start of a line always opens a file. */
function sections(text: string): readonly Section[] {
  return text
    .split(/(?<=\n)(?=diff --git )/)
    .filter((part) => part.startsWith('diff --git '))
    .map((part) => {
      const end = part.indexOf('\n@@ ');
      const hunks = end < 0 ? part.length : end + 1;
      return { header: part.slice(0, hunks).split('\n'), body: part.slice(hunks) };
    });
}

function parseSection(section: Section): FileChange {
  const field = (name: string): string | null => section.header.find((line) => line.startsWith(name))?.slice(name.length) ?? null;
  const path = (name: string): string | null => {
    const value = field(name);
    return value === null ? null : unquote(value);
  };
  const binary = section.header.some((line) => line.startsWith('Binary files ') || line === 'GIT binary patch');
  const hunks = binary ? null : parsePatch(section.body);

  const renamedFrom = path('rename from ');
  const renamedTo = path('rename to ');
  if (renamedFrom !== null && renamedTo !== null) return { path: renamedTo, previousPath: renamedFrom, status: 'renamed', hunks };
  const copiedFrom = path('copy from ');
  const copiedTo = path('copy to ');
  if (copiedFrom !== null && copiedTo !== null) return { path: copiedTo, previousPath: copiedFrom, status: 'added', hunks };

  const status = field('new file mode ') !== null ? 'added' : field('deleted file mode ') !== null ? 'removed' : 'modified';
  return { path: pathOfBothSides(section.header[0] ?? ''), previousPath: null, status, hunks };
}

/** Without a rename both names of the `diff --git` line are the same but for the prefix, so the line can be halved although names may hold spaces. */
function pathOfBothSides(line: string): string {
  const names = line.slice('diff --git '.length);
  const half = (names.length - 1) / 2;
  const left = unquote(names.slice(0, half));
  const right = unquote(names.slice(half + 1));
  if (!left.startsWith('a/') || !right.startsWith('b/') || left.slice(2) !== right.slice(2)) {
    throw new MalformedDiffError(`"${line}" names no file with the prefixes a/ and b/.`);
  }
  return right.slice(2);
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** Undoes git's quoting of paths: a C string whose octal escapes are the bytes of UTF-8. */
function unquote(path: string): string {
  if (!path.startsWith('"') || !path.endsWith('"')) return path;
  const parts = path.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs);
  const bytes = [...parts].map(([, octal, escape, plain]) => {
    if (octal !== undefined) return Buffer.of(Number.parseInt(octal, 8));
    if (escape !== undefined) return Buffer.of(escapes[escape] ?? escape.charCodeAt(0));
    return Buffer.from(plain ?? '');
  });
  return Buffer.concat(bytes).toString();
}

/** A file that gives way to another kind of file at the same path: all its lines go, all of the other's come. */
function changeOfType(removed: FileChange, added: FileChange): FileChange {
  const sides = removed.hunks === null || added.hunks === null ? null : [...removed.hunks, ...added.hunks];
  const [first, second] = sides ?? [];
  const hunks =
    first === undefined || second === undefined
      ? sides
      : [{ oldStart: 1, oldLines: first.oldLines, newStart: 1, newLines: second.newLines, lines: [...first.lines, ...second.lines] }];
  return { path: added.path, previousPath: null, status: 'modified', hunks };
}
