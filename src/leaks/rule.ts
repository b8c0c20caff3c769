import type { Confidence } from '../finding.ts';
import type { Text } from '../words.ts';

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

/** Where a rule's page is read. Source: the generated README beside the rule's fixtures. */
export function pageUrl(ruleId: string): string {
  return `https://github.com/goleash/goleash/blob/main/fixtures/${ruleId}/README.md`;
}
