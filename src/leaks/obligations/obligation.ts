import type { Parked } from '../../finding.ts';
import type { Place } from '../place.ts';

/** The rules that this table feeds. */
export type ObligationRule = 'lost-cancel' | 'unclosed-body' | 'unclosed-rows' | 'unclosed-pipe' | 'unstopped-iterator' | 'unclosed-resource';

/** How a thing is given back. */
export type Release =
  /** The thing is a function and is called: `cancel()`. */
  | { readonly kind: 'call' }
  /** One of these methods is called on it, or on the field `path` of it: `resp.Body.Close()`. */
  | { readonly kind: 'method'; readonly path: string | null; readonly names: readonly string[]; /** What the first of them takes, in words: such a call is not written for the reader. */ readonly takes?: string };

/** How long what it holds up waits where it is not given back. */
export type Until =
  /** Nothing else ends it. */
  | 'ever'
  /** A deadline ends it: a matter of time, not a leak for good. */
  | 'deadline';

/** Something that is obtained by a call and must be given back, as data. */
export interface Obligation {
  readonly rule: ObligationRule;
  /** Calls that obtain it, as `import path.Function` or `import path.Type.Method`. */
  readonly obtained: readonly string[];
  /** A method that obtains it whoever has it, known by the type of an argument: of clients that are generated into packages that are not read. */
  readonly obtainedWith?: { readonly method: string; readonly argument: string };
  /** Which of the call's results is the thing. */
  readonly result: number;
  /** Which result is the error: where it is not nil nothing was obtained. */
  readonly error: number | null;
  /** The thing's type as `import path.Type`; functions of the package with such a result may hand it on. */
  readonly carrier: string;
  readonly released: Release;
  readonly until: Until;
  /** Calls that read it to its end, whereupon it gives itself back. Methods of its own that answer false at the end: `rows.Next()`. */
  readonly drained: { readonly calls: readonly string[]; readonly methods: readonly string[] };
  /** Calls that use it and do not keep it, as keys or as patterns of names. */
  readonly borrowed: { readonly calls: readonly string[]; readonly names: RegExp | null };
  /** An argument that ends it without a call, such as a context: nothing is said of such calls. */
  readonly endedBy?: RegExp;
  /** A method of an interface that may be answered without obtaining anything: nothing is said of it in a package that makes such answers itself. */
  readonly orMade?: { readonly key: string; readonly type: string };
  /** A field of what the method is called on that sets a bound to the wait: nothing is said where it is written out with that field. */
  readonly boundedBy?: string;
  /** The first Go version in which this is so. */
  readonly since: readonly [major: number, minor: number] | null;
  /** The goroutine that waits: its function and why it waits, as a goroutine profile shows them; null where only another package knows. */
  readonly parked: Parked | null;
  /** That it must be given back is only guessed, from what the package does with others, and with locks and transactions from what the function does on other ways. */
  readonly guessed?: 'object' | 'lock' | 'transaction';
  /** Tests ask for it mostly to see that it is refused, and end soon: nothing is said there. */
  readonly isLeftToTests?: true;
  /** That it is obtained is told by the type of the result alone. */
  readonly isByType?: true;
  /** Where that goroutine is started, and where it waits, if it is the package's own. */
  readonly behind?: { readonly starts: Place; readonly waits: Place };
}
