import { diffTexts } from '../diff-texts.ts';
import type { FileChange } from '../diff.ts';
import type { DirectoryEntry, FileText, Revision, Source } from './source.ts';

/** Files by path. A string is a text; the other form stands for files that cannot be read. */
export type Files = Readonly<Record<string, string | FileText>>;

/**
 * A change held in memory, for tests and the playground. The diff is computed from both sides unless it is given;
 * computed, a moved file is one removed and one added.
 */
export function memorySource(sides: Readonly<Record<Revision, Files>>, changes?: readonly FileChange[]): Source {
  return {
    diff: () => Promise.resolve(changes ?? compare(sides.base, sides.head)),
    texts: (revision, paths) => Promise.resolve(new Map(paths.map((path) => [path, textOf(sides[revision], path)]))),
    directories: (revision, directories) => Promise.resolve(new Map(directories.map((directory) => [directory, entriesOf(sides[revision], directory)]))),
    below: (directory) => Promise.resolve({ paths: Object.keys(sides.head).filter((path) => (directory === '' || path.startsWith(`${directory}/`)) && isRegular(textOf(sides.head, path))), complete: true }),
  };
}

function compare(base: Files, head: Files): readonly FileChange[] {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(head)])].sort();
  return paths.flatMap((path): readonly FileChange[] => {
    const before = textOf(base, path);
    const after = textOf(head, path);
    if (JSON.stringify(before) === JSON.stringify(after)) return [];
    const status = isAbsent(before) ? 'added' : isAbsent(after) ? 'removed' : 'modified';
    const oldText = lines(before);
    const newText = lines(after);
    return [{ path, previousPath: null, status, hunks: oldText === null || newText === null ? null : diffTexts(oldText, newText) }];
  });
}

function textOf(files: Files, path: string): FileText {
  const file = Object.hasOwn(files, path) ? files[path] : undefined;
  if (file === undefined) return { kind: 'unreadable', why: 'absent' };
  return typeof file === 'string' ? { kind: 'text', text: file } : file;
}

function isAbsent(file: FileText): boolean {
  return file.kind === 'unreadable' && file.why === 'absent';
}

/** What a diff compares: an absent file is empty, another unreadable one has no textual diff. */
function lines(file: FileText): string | null {
  if (file.kind === 'text') return file.text;
  return isAbsent(file) ? '' : null;
}

function entriesOf(files: Files, directory: string): readonly DirectoryEntry[] {
  const prefix = directory === '' ? '' : `${directory}/`;
  return Object.keys(files)
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('/') && isRegular(textOf(files, path)))
    .map((path) => {
      const file = textOf(files, path);
      return { name: path.slice(prefix.length), bytes: file.kind === 'text' ? Buffer.byteLength(file.text) : null };
    });
}

function isRegular(file: FileText): boolean {
  return file.kind === 'text' || !['absent', 'symlink', 'submodule'].includes(file.why);
}
