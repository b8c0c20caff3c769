import { textOf, type CallExpr } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import { push } from '../../go/push.ts';
import { innermost, walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import type { Asked } from './asked.ts';
import type { LostGuard } from './lost-guard.ts';
import { isOnEveryWay } from './on-every-way.ts';

/** What is locked as before, and was let go of again on every way, but is not any more; whatever kind of lock it is, and whoever else may let go of it. */
export function lostUnlocks({ pkg, home, old }: Asked): LostGuard[] {
  const earlier = callsIn(old);
  const now = callsIn(home);
  return [...earlier.locks].flatMap(([lock, taken]): LostGuard[] => {
    const takes = now.locks.get(lock);
    const [unlock] = earlier.unlocks.get(lock) ?? [];
    if (!takes || !unlock || !isOnEveryWay(old.pkg, old.decl, earlier.unlocks.get(lock) ?? [], taken) || isOnEveryWay(pkg, home.decl, now.unlocks.get(lock) ?? [], takes)) return [];
    // What is called so, and was not before, may let go of it instead.
    return now.others > earlier.others ? [] : [{ kind: 'unlock', home, takes, lock, call: normalised(textOf(old.file, unlock)) }];
  });
}

interface Calls {
  /** By the lock as it is written, the last place where the function takes it, literals left out. */
  readonly locks: ReadonlyMap<string, CallExpr>;
  readonly unlocks: ReadonlyMap<string, readonly CallExpr[]>;
  /** How often something else is named that unlocks. */
  readonly others: number;
}

function callsIn({ decl, file }: Home): Calls {
  const locks = new Map<string, CallExpr>();
  const unlocks = new Map<string, CallExpr[]>();
  let others = 0;
  walkWithParents(decl, (node, parents) => {
    if (node.kind === 'Ident' && /unlock/iu.test(node.name)) others += 1;
    if (node.kind !== 'CallExpr' || node.fun.kind !== 'SelectorExpr') return;
    const { x, sel } = node.fun;
    const lock = normalised(textOf(file, x));
    if (/^(?:Try)?R?Lock$/u.test(sel.name) && innermost(decl, parents) === decl) locks.set(lock, node);
    if (/^R?Unlock$/u.test(sel.name)) {
      push(unlocks, lock, node);
      others -= 1;
    }
  });
  return { locks, unlocks, others };
}
