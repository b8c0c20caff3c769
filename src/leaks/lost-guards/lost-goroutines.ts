import { walk } from '../../go/ast.ts';
import type { Home } from '../locks/callees.ts';
import type { Asked } from './asked.ts';
import type { LostGuard } from './lost-guard.ts';
import { mayHoldUp } from './may-hold-up.ts';
import { calledText, callsOf } from './own-calls.ts';

/** Calls of code that may wait, or come back, which ran in a goroutine of their own, and which their caller waits for now. */
export function lostGoroutines({ pkg, home, old, locks }: Asked): LostGuard[] {
  const started = startedIn(old);
  if (started.size === 0) return [];
  const before = new Set(callsOf(old.decl).map((call) => calledText(old.file, call)));
  const left = startedIn(home);
  const found = new Map<string, LostGuard>();
  for (const call of callsOf(home.decl)) {
    const text = calledText(home.file, call);
    if (started.has(text) && !before.has(text) && !left.has(text) && !found.has(text) && mayHoldUp(pkg, locks, call)) found.set(text, { kind: 'goroutine', home, call });
  }
  return [...found.values()];
}

/** What is called in the goroutines that a function starts. */
function startedIn(home: Home): ReadonlySet<string> {
  const found = new Set<string>();
  walk(home.decl, (node) => {
    if (node.kind !== 'GoStmt' || node.call.kind !== 'CallExpr') return undefined;
    const { fun } = node.call;
    for (const call of fun.kind === 'FuncLit' ? callsOf(fun.body) : [node.call]) found.add(calledText(home.file, call));
    return false;
  });
  return found;
}
