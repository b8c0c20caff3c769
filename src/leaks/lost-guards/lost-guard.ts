import type { CallExpr, CommClause, CompositeLit, Expr, Ident, Node, ReturnStmt, SelectStmt } from '../../go/ast.ts';
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
  /** A loop that a case of its select led away from once something was over; other cases still lead away from it. `guard`: that case, as it was written. */
  | { readonly kind: 'way'; readonly home: Home; readonly func: FuncNode; readonly select: SelectStmt; readonly guard: string }
  /** A select in a loop has a case for what is over, which led away, and now comes round at once, again and again. */
  | { readonly kind: 'spin'; readonly home: Home; readonly func: FuncNode; readonly clause: CommClause; readonly guard: string }
  /** A call that woke who waits at `node` for `on`, which no code makes any more; or `misses`, which made it, does so on fewer ways. `home`: where that is. `call`: as it was written. */
  | { readonly kind: 'wake'; readonly home: Home; readonly func: FuncNode; readonly node: Node; readonly on: Expr; readonly call: string; readonly how: 'close' | 'Done' | 'Signal'; readonly misses: Home | null }
  /** A function is given a thing, or gives it out, as before, and does not end it any more; those who wait for that are not seen. `ident`: where it gets its name. `call`: what ended it, as it was written. */
  | { readonly kind: 'end'; readonly home: Home; readonly ident: Ident; readonly call: string }
  /** What a local variable or a field holds is not let go of any more, although it is obtained as before. `call`: what let go of it, as it was written. `isLeft`: on some ways it still is. `ways`: where its function is left without. */
  | { readonly kind: 'release'; readonly home: Home; readonly obtains: CallExpr | CompositeLit; readonly what: string; readonly call: string; readonly isLeft: boolean; readonly ways: readonly ReturnStmt[] }
  /** A lock that was let go of on every way is not any more. `takes`: where it is taken. `lock`, and `call`, which let go of it, as they are written. */
  | { readonly kind: 'unlock'; readonly home: Home; readonly takes: CallExpr; readonly lock: string; readonly call: string }
  /** Nobody takes any more all that comes on a channel. `drain`: the loop that did, as it was written. */
  | { readonly kind: 'drain'; readonly home: Home; readonly send: End; readonly drain: string }
  /** A wait for another goroutine that comes under a lock now, and did not before. */
  | { readonly kind: 'lock'; readonly home: Home; readonly event: Blocked['event']; readonly held: Held }
  /** A call of code that may wait, or come back, which ran in a goroutine of its own. */
  | { readonly kind: 'goroutine'; readonly home: Home; readonly call: CallExpr }
  /** A call of code that may wait, or come back for the lock, which is made under a lock now, and was not before. `under`: what the function takes; where its caller has, the lock as it is written. */
  | { readonly kind: 'call'; readonly home: Home; readonly call: CallExpr; readonly under: Held | string };
