import type { Git } from './git.ts';

type FileStatus = 'added' | 'removed' | 'modified' | 'renamed' | 'changed';

/** One file of a pull request's diff, as `GET pulls/N/files` tells it. */
export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: FileStatus;
  /** The blob at head; of a removed file, at base. */
  readonly oid: string;
  readonly additions: number;
  readonly deletions: number;
  /** The hunks without the file's header; null where GitHub gives no patch: binary, too large, nothing but a rename. */
  readonly patch: string | null;
}

/** A line of a hunk; `position` counts the lines of the patch below its first `@@` line. */
export interface PatchLine {
  readonly left: number | null;
  readonly right: number | null;
  readonly text: string;
  readonly position: number;
}

export interface PatchHunk {
  readonly header: string;
  readonly lines: readonly PatchLine[];
}

/**
 * "No single file's diff may exceed 20,000 lines that you can load or 500 KB of raw diff data."
 * https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits
 */
const limits = { lines: 20_000, bytes: 500 * 1024 };

/** `--find-renames` at git's own 50 %, three lines of context: what github.com shows. */
const options = ['--no-color', '--no-ext-diff', '--no-textconv', '--full-index', '--find-renames', '--unified=3', '--src-prefix=a/', '--dst-prefix=b/'];

/** The commit that a three-dot diff starts from, or null where the histories have nothing in common. */
export async function mergeBase(git: Git, base: string, head: string): Promise<string | null> {
  try {
    return (await git.text('merge-base', base, head)).trim();
  } catch {
    return null;
  }
}

/** What `git diff from to` says, file by file. `from` is already the merge base where a three-dot diff is meant. */
export async function changedFiles(git: Git, from: string, to: string): Promise<readonly ChangedFile[]> {
  const [raw, numbers, patches] = await Promise.all([
    git.text('diff', ...options, '--raw', '-z', from, to),
    git.text('diff', ...options, '--numstat', '-z', from, to),
    git.bytes('diff', ...options, '--patch', from, to),
  ]);
  const counts = readNumbers(numbers);
  const sections = splitSections(patches);
  return readRaw(raw).map((entry) => {
    // git shows a change of type (say, a file that became a symbolic link) as a removal and an addition.
    const mine = sections.splice(0, entry.letter === 'T' ? 2 : 1);
    const patch = entry.letter === 'T' ? null : patchOf(mine[0] ?? '');
    const { additions = 0, deletions = 0 } = counts.get(entry.path) ?? {};
    return { path: entry.path, previousPath: entry.previousPath, status: statusOf(entry.letter), oid: entry.letter === 'D' ? entry.oldOid : entry.newOid, additions, deletions, patch };
  });
}

function statusOf(letter: string): FileStatus {
  switch (letter) {
    case 'A': return 'added';
    case 'D': return 'removed';
    case 'R': return 'renamed';
    case 'T': return 'changed';
    default: return 'modified';
  }
}

interface RawEntry {
  readonly letter: string;
  readonly oldOid: string;
  readonly newOid: string;
  readonly path: string;
  readonly previousPath: string | null;
}

function readRaw(raw: string): RawEntry[] {
  const fields = raw.split('\0');
  const entries: RawEntry[] = [];
  for (let index = 0; (fields[index] ?? '').startsWith(':'); ) {
    const [, , oldOid = '', newOid = '', score = ''] = (fields[index] ?? '').split(' ');
    const letter = score.charAt(0);
    const renamed = letter === 'R' || letter === 'C';
    const first = fields[index + 1] ?? '';
    entries.push({ letter, oldOid, newOid, path: renamed ? (fields[index + 2] ?? '') : first, previousPath: renamed ? first : null });
    index += renamed ? 3 : 2;
  }
  return entries;
}

function readNumbers(numbers: string): Map<string, { additions: number; deletions: number }> {
  const counts = new Map<string, { additions: number; deletions: number }>();
  const fields = numbers.split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const [added = '', deleted = '', path] = (fields[index] ?? '').split('\t');
    if (path === undefined) continue;
    // A rename's line ends after the tab; its two names follow as fields of their own.
    const name = path === '' ? (fields[index += 2] ?? '') : path;
    counts.set(name, { additions: Number(added) || 0, deletions: Number(deleted) || 0 });
  }
  return counts;
}

/** No line of a hunk starts with `diff --git`: each carries a sign. */
function splitSections(patches: Buffer): string[] {
  return patches.length === 0 ? [] : patches.toString('utf8').split(/(?<=\n)(?=diff --git )/);
}

function patchOf(section: string): string | null {
  const start = section.search(/^@@ /m);
  if (start < 0) return null;
  const patch = section.slice(start).replace(/\n$/, '');
  return Buffer.byteLength(patch) > limits.bytes || patch.split('\n').length > limits.lines ? null : patch;
}

/** Takes a patch apart. "\ No newline at end of file" takes a position, as on GitHub, and has no line. */
export function hunksOf(patch: string): readonly PatchHunk[] {
  const hunks: { header: string; lines: PatchLine[] }[] = [];
  let [left, right] = [0, 0];
  for (const [position, line] of patch.split('\n').entries()) {
    const header = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (header !== null) {
      [left, right] = [Number(header[1]), Number(header[2])];
      hunks.push({ header: line, lines: [] });
      continue;
    }
    const sign = line.charAt(0);
    hunks.at(-1)?.lines.push({
      left: sign === '-' || sign === ' ' ? left++ : null,
      right: sign === '+' || sign === ' ' ? right++ : null,
      text: line,
      position,
    });
  }
  return hunks;
}

/** Where a line of one commit is in another, or null where it was changed or removed. */
export async function mapLine(git: Git, from: string, to: string, path: string, line: number): Promise<number | null> {
  if (from === to) return line;
  if ((await git.object(`${to}:${path}`)) === null) return null;
  const diff = await git.text('diff', '--no-color', '--no-ext-diff', '--no-textconv', '--unified=0', from, to, '--', `:(literal)${path}`);
  let shift = 0;
  for (const match of diff.matchAll(/(?<=\n)@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@/g)) {
    const [start, removed, added] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)];
    // A pure insertion says after which line it goes; a change says which line it starts at.
    const first = removed === 0 ? start + 1 : start;
    if (line < first) break;
    if (line < first + removed) return null;
    shift += added - removed;
  }
  return line + shift;
}

/** A line that a review comment may sit on: of a hunk, context lines too. */
export interface Anchor {
  readonly hunk: number;
  readonly index: number;
  readonly line: PatchLine;
}

export function anchorOf(hunks: readonly PatchHunk[], side: 'LEFT' | 'RIGHT', line: number): Anchor | null {
  for (const [hunk, { lines }] of hunks.entries()) {
    const index = lines.findIndex((candidate) => (side === 'LEFT' ? candidate.left : candidate.right) === line);
    const found = lines[index];
    if (found !== undefined) return { hunk, index, line: found };
  }
  return null;
}
