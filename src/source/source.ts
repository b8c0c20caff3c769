import type { FileChange } from '../diff.ts';

/** The two sides of a change. `base` is the merge base unless the source was told to compare two dots. */
export type Revision = 'base' | 'head';

/** A file's text, or why it cannot be had. */
export type FileText =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'unreadable'; readonly why: 'absent' | 'binary' | 'not-utf8' | 'symlink' | 'submodule' | 'too-large' };

/** A file of a directory listing: its name without the directory, and its size in bytes where the host says it. */
export interface DirectoryEntry {
  readonly name: string;
  readonly bytes: number | null;
}

/** Where a review reads from. Paths are relative to the repository's root, with `/`; `''` is the root directory. */
export interface Source {
  /** The change under review, file by file. */
  diff(): Promise<readonly FileChange[]>;
  /** Texts of files, in as few requests as the host allows. Every asked path is a key of the answer. */
  texts(revision: Revision, paths: readonly string[]): Promise<ReadonlyMap<string, FileText>>;
  /** The regular files of directories, not their subdirectories. A directory that does not exist is an empty list. */
  directories(revision: Revision, directories: readonly string[]): Promise<ReadonlyMap<string, readonly DirectoryEntry[]>>;
  /** The paths of all regular files at and below a directory at head, and whether the host told of all of them. */
  below(directory: string): Promise<{ readonly paths: readonly string[]; readonly complete: boolean }>;
}
