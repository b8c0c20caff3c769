import { walk } from '../../go/ast.ts';
import type { Home } from '../locks/callees.ts';

/** A call that is made on the ways that come to it; on every way, where it is put off to the end of its function. */
interface Made {
  readonly isDeferred: boolean;
}

/** Whether what a function still makes of some calls does for all ways on which it made them before: what was put off did for every way; else each way that is left needs its own. */
export function coversWays({ left, had }: { readonly left: readonly Made[]; readonly had: readonly Made[] }, home: Home, old: Home): boolean {
  if (left.some(({ isDeferred }) => isDeferred)) return true;
  return left.length > 0 && !had.some(({ isDeferred }) => isDeferred) && had.length - left.length <= Math.max(0, returnsIn(old) - returnsIn(home));
}

/** How many return statements a function has. */
function returnsIn({ decl }: Home): number {
  let count = 0;
  walk(decl, (node) => {
    if (node.kind === 'ReturnStmt') count += 1;
    return undefined;
  });
  return count;
}
