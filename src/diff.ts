/** One line of a hunk. `oldLine` is null on added lines, `newLine` on removed ones; `text` is without the leading sign and line break. */
export interface DiffLine {
  readonly oldLine: number | null;
  readonly newLine: number | null;
  readonly text: string;
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
  /** The path at base where it differs, else null. */
  readonly previousPath: string | null;
  readonly status: ChangeStatus;
  /** Null where no textual diff is at hand: binary files and those too large for the host to show. */
  readonly hunks: readonly Hunk[] | null;
}
