/** How sure a finding is: `certain` promises at least 95 % precision and alone may comment inline; `likely` goes to the check run. */
export type Confidence = 'certain' | 'likely';

/** The side of a split diff, in GitHub's words: LEFT holds removed lines, RIGHT added and unchanged ones. */
export type Side = 'LEFT' | 'RIGHT';

/** One line of the witness, in the order of the run that leaks. `line` is 1-based. */
export interface Step {
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

/**
 * Replaces the whole lines `startLine` to `endLine` (1-based, inclusive, always at least one line) by `newText`.
 * `newText` has no final line break and uses `\n` between lines whatever the file uses; the empty string deletes the lines.
 */
export interface Edit {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly newText: string;
}

/** A repair: a title that is a verb phrase, and its edits, which do not overlap. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly Edit[];
}

/** What a reader is told of one leak. This is the published JSON form, field by field. */
export interface Finding {
  readonly rule: string;
  /** The casebook's case as a reader sees it, such as `Case 1`; rules outside of the casebook carry their catalogue shape, such as `S17`. */
  readonly case: string;
  readonly confidence: Confidence;
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
  readonly side: Side;
  /** The enclosing function, as `Name`, `Type.Method`. */
  readonly function: string;
  readonly message: string;
  readonly steps: readonly Step[];
  readonly fix: Fix | null;
  /** Stable while the code moves: holds no line number. */
  readonly fingerprint: string;
}

/** Where the stuck goroutine shows in a goroutine profile: what an author looks for to confirm the leak. */
export interface Parked {
  /** The runtime's name of the function, such as `pkg.(*T).Run` or `pkg.fetch.func1`. */
  readonly function: string;
  /** The runtime's wait reason, such as `chan send`, `chan receive`, `select`. */
  readonly waitReason: string;
}

/**
 * What a finding rests on: a walk of the machine, without locks or with them, and then it says nothing of functions that were too complex
 * to be walked; or on the code as it can be read.
 */
export type FoundBy = 'walk' | 'lock-walk' | 'reading';

/** Where a finding is left out for others that the change introduces: for one on its line, or for any of its package. */
export type Yields = 'line' | 'package';

/** A finding with what a review comment needs beyond the published form. */
export interface Leak extends Finding {
  /** The rule's short title in the review's language, such as `abandoned send`. */
  readonly title: string;
  /** One sentence: what the leak costs the program. */
  readonly why: string;
  /** Null where it is not known which code waits. */
  readonly parked: Parked | null;
  readonly foundBy: FoundBy;
  readonly yields: Yields | null;
  /** Alike for findings that have one cause, such as all sends of a function on one channel; null where that is not known. */
  readonly cause: string | null;
  /** The other places of the same cause, told here along: their lines are the last of the steps. */
  readonly others: readonly Leak[];
}
