import type { GoPackage } from '../../go/package.ts';
import type { Home } from '../locks/callees.ts';
import type { Locks } from '../locks/locks.ts';
import type { End } from '../unguarded/ends.ts';

/** A function as it was before the change, in the package as it was. */
export interface Before extends Home {
  readonly pkg: GoPackage;
  /** What that package did to its locks. */
  readonly locks: () => Locks;
}

/** A package as it is now. */
export interface Side {
  readonly pkg: GoPackage;
  /** All ends of its channels. */
  readonly ends: () => readonly End[];
  readonly locks: () => Locks;
  /** A function of the package as it was, as it is now. */
  readonly now: (old: Home) => Home | undefined;
}

/** A function that reads differently than before. */
export interface Asked extends Side {
  readonly home: Home;
  readonly old: Before;
}
