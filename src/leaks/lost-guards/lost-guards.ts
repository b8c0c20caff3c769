import { textOf } from '../../go/ast.ts';
import { once } from '../../go/once.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { Home } from '../locks/callees.ts';
import { Locks } from '../locks/locks.ts';
import { isTestFile } from '../of-tests.ts';
import { endsOf } from '../unguarded/ends.ts';
import type { Asked, Before, Side } from './asked.ts';
import { lostChoices } from './lost-choices.ts';
import { lostDrains } from './lost-drains.ts';
import { lostExits } from './lost-exits.ts';
import { lostGoroutines } from './lost-goroutines.ts';
import type { LostGuard } from './lost-guard.ts';
import { lostFieldReleases, lostReleases } from './lost-releases.ts';
import { lostRooms } from './lost-rooms.ts';
import { lostUnlocks } from './lost-unlocks.ts';
import { lostWakes } from './lost-wakes.ts';
import { coveredCalls, exposedCalls, widenedLocks } from './widened-locks.ts';

/**
 * What the change takes away that kept a goroutine from waiting for good, in functions that were there before and read differently now. That somebody had
 * thought of it is the sign that it is needed: what never had a guard is for the other engines to judge.
 */
export function lostGuards(pkg: GoPackage, locks: () => Locks, before: () => GoPackage | undefined, isAsked: (home: Home) => boolean): readonly LostGuard[] {
  const base = before();
  if (!base) return [];
  const known = functionsOf(base);
  const homes = new Map(Array.from(pkg.funcs(), (home) => [displayName(home.decl), home] as const));
  const side: Side = { pkg, ends: once(() => endsOf(pkg)), locks, now: ({ decl }) => homes.get(displayName(decl)) };
  // Those that are gone may have let others go on.
  const changed = [...known.values()].filter((old) => {
    const home = side.now(old);
    return !isTestFile(old.file) && isAsked(home ?? old) && (!home || textOf(old.file, old.decl) !== textOf(home.file, home.decl));
  });
  const own = changed.flatMap((old): LostGuard[] => {
    const home = side.now(old);
    if (!home || ![old, home].some((one) => mayLose.test(textOf(one.file, one.decl)))) return [];
    const asked: Asked = { ...side, home, old };
    return [...lostChoices(asked), ...lostRooms(asked), ...lostExits(asked), ...widenedLocks(asked), ...exposedCalls(asked), ...coveredCalls(asked), ...lostGoroutines(asked), ...lostReleases(asked), ...lostUnlocks(asked)];
  });
  return [...own, ...lostFieldReleases(pkg, base, changed), ...lostWakes(side, base, changed), ...lostDrains(side, base, changed)];
}

/** What a function says that has a guard, or does what needs one. */
const mayLose = /<-|\bgo\s|\bmake\(chan\b|Lock\(|(?:[cC]lose\w*|[sS]top\w*|[sS]hutdown\w*|Rollback|Unsubscribe|[rR]elease\w*|Destroy|Terminate|[cC]ancel\w*|[cC]leanup\w*|Done)\(/u;

function functionsOf(base: GoPackage): ReadonlyMap<string, Before> {
  const locks = once(() => new Locks(base));
  return new Map(Array.from(base.funcs(), ({ decl, file }) => [displayName(decl), { decl, file, pkg: base, locks }]));
}
