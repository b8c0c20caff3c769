import type { FileText } from './source.ts';

/** A Go file as a reader names it: relative to where they stand. */
export interface TreeFile {
  readonly path: string;
  readonly text: FileText;
}

/** The Go files of one directory, in the order of their names. */
export interface TreePackage {
  readonly directory: string;
  readonly files: readonly TreeFile[];
}

/** Where a scan reads from: Go files without a change. */
export interface Tree {
  /** Every directory with Go files, one at a time, so that memory stays flat however large the tree is. */
  packages(): AsyncIterable<TreePackage>;
  /** The go.mod that governs a directory: its own or that of the nearest directory above. */
  goMod(directory: string): Promise<TreeFile | null>;
}
