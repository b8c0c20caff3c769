/** A file that was not analysed, or only in part, and why, in the review's language. */
export interface Problem {
  readonly path: string;
  readonly says: string;
}
