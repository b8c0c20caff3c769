import type { CombinedFixes } from '../combine-fixes.ts';
import type { Failure } from './failure.ts';

/** Why nothing was committed. */
export type NotApplied = 'moved' | 'closed' | 'switched-off' | 'fork' | 'permission' | 'nothing';

/** What came of the press of the button. */
export type Applied =
  | { readonly kind: 'committed'; readonly sha: string; readonly fixes: CombinedFixes }
  /** By an earlier press. */
  | { readonly kind: 'already'; readonly sha: string }
  | { readonly kind: 'not'; readonly why: NotApplied; readonly fixes: CombinedFixes }
  /** `says` is GitHub's reason. */
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'failed'; readonly failure: Failure };
