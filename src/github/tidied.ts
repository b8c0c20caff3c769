/** What became of our threads whose leaks are no longer reported; only what GitHub confirmed counts as done. */
export interface Tidied {
  readonly resolved: number;
  readonly deleted: number;
  /** Said to be no longer reported, because people wrote in them. */
  readonly retired: number;
  /** GitHub did not let us. */
  readonly left: number;
}

export const nothingTidied: Tidied = { resolved: 0, deleted: 0, retired: 0, left: 0 };
