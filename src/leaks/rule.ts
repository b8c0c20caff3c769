import type { FuncDecl } from '../go/ast.ts';
import type { Confidence, Edit, FoundBy, Parked, Yields } from '../finding.ts';
import type { Text } from '../words.ts';
import type { Analysis } from './analysis.ts';
import type { Place } from './place.ts';

/** What a configuration makes of a rule's findings: none of them, at most likely ones, or certain ones whatever Goleash itself finds. */
export type Severity = Confidence | 'off';

/** What a rule says of itself; its page, the CLI's catalogue and a comment's heading all come from here. */
export interface Meta {
  /** In kebab-case; also the name of the rule's file and of its folder under `fixtures/`. */
  readonly id: string;
  /** The casebook's case or the catalogue's shape, such as `Case 1` or `S17`. */
  readonly case: string;
  /** A few words without a full stop. */
  readonly title: Text;
  /** What the leak costs the reader's program: one sentence. */
  readonly why: Text;
  /** The most a finding of this rule may claim. */
  readonly confidence: Confidence;
  /** The honest limit: what the rule does not see, and is then silent about. */
  readonly cannotSee: Text;
}

/** One step of the witness: where, and what happens there. */
export interface Explained {
  readonly at: Place;
  readonly says: Text;
}

/** A repair in words and edits; it is offered only after the engines have found that it cures. */
export interface Repair {
  readonly title: Text;
  readonly edits: readonly Edit[];
}

/** What a rule says of one fact. */
export interface Report {
  /** The line a reader should look at: where it blocks. */
  readonly anchor: Place;
  readonly decl: FuncDecl;
  readonly confidence: Confidence;
  readonly message: Text;
  readonly steps: readonly Explained[];
  /** Repairs in the order of preference. */
  readonly repairs: readonly Repair[];
  /** The functions to explore again to see whether a repair cures; the one the anchor is in where there is nothing more to say. */
  readonly roots: readonly FuncDecl[];
  readonly parked: Parked | null;
  /** Places of waits that this report has already said all about: what other rules say there is left out. */
  readonly covers?: readonly Place[];
  readonly yields?: Yields;
  readonly foundBy: FoundBy;
  /** What the wait shares with others of its function that have the same cause: the operation's kind and the channel. */
  readonly cause?: string;
  /** The operation as text, free of places: part of the fingerprint. */
  readonly operation: string;
}

/** A rule as the rest sees it. */
export interface Rule {
  readonly meta: Meta;
  readonly check: (analysis: Analysis) => readonly Report[];
}

/** Ties a rule's parts together: `find` yields facts and never prose, `explain` turns one into words and never looks further. */
export function rule<Fact>(meta: Meta, parts: { readonly find: (analysis: Analysis) => Iterable<Fact>; readonly explain: (fact: Fact, analysis: Analysis) => Report }): Rule {
  return { meta, check: (analysis) => Array.from(parts.find(analysis), (fact) => parts.explain(fact, analysis)) };
}
