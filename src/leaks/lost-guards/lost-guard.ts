import type { Node, SelectStmt } from '../../go/ast.ts';
import type { FuncNode } from '../../go/scope.ts';
import type { Blocked } from '../locks/blocked.ts';
import type { Home } from '../locks/callees.ts';
import type { Held } from '../locks/summary.ts';
import type { End } from '../unguarded/ends.ts';

/** What kept a goroutine from waiting for good before the change, and does no more. */
export type LostGuard =
  /** A send or receive that stood in a select with another case, and stands alone now. `guard`: that case, as it was written. */
  | { readonly kind: 'choice'; readonly home: Home; readonly end: End; readonly guard: string }
  /** A channel that had room for what is sent on it, although `leaves` may have gone. */
  | { readonly kind: 'room'; readonly home: Home; readonly made: Node; readonly channel: string; readonly leaves: End; readonly sends: readonly End[] }
  /** A loop whose select a case led away from; now none does. `guard`: that case, as it was written. */
  | { readonly kind: 'exit'; readonly home: Home; readonly func: FuncNode; readonly select: SelectStmt; readonly guard: string }
  /** A wait for another goroutine that comes under a lock now, and did not before. */
  | { readonly kind: 'lock'; readonly home: Home; readonly event: Blocked['event']; readonly held: Held };
