import { textOf } from '../../go/ast.ts';
import { once } from '../../go/once.ts';
import { displayName, type GoPackage } from '../../go/package.ts';
import type { Home } from '../locks/callees.ts';
import { Locks } from '../locks/locks.ts';
import { isTestFile } from '../of-tests.ts';
import { endsOf } from '../unguarded/ends.ts';
import type { Asked, Before } from './asked.ts';
import { lostChoices } from './lost-choices.ts';
import { lostExits } from './lost-exits.ts';
import type { LostGuard } from './lost-guard.ts';
import { lostRooms } from './lost-rooms.ts';
import { widenedLocks } from './widened-locks.ts';

/**
 * What the change takes away that kept a goroutine from waiting for good, in functions that were there before and read differently now. That somebody had
 * thought of it is the sign that it is needed: what never had a guard is for the other engines to judge.
 */
export function lostGuards(pkg: GoPackage, locks: () => Locks, before: () => GoPackage | undefined, isAsked: (home: Home) => boolean): readonly LostGuard[] {
  const known = once(() => functionsOf(before()));
  const ends = once(() => endsOf(pkg));
  return [...pkg.saying(/<-|\bmake\(chan\b|Lock\(\)/u)].filter((home) => !isTestFile(home.file) && isAsked(home)).flatMap((home): LostGuard[] => {
    const old = known().get(displayName(home.decl));
    if (!old || textOf(old.file, old.decl) === textOf(home.file, home.decl)) return [];
    const asked: Asked = { pkg, home, old, ends, locks };
    return [...lostChoices(asked), ...lostRooms(asked), ...lostExits(asked), ...widenedLocks(asked)];
  });
}

function functionsOf(base: GoPackage | undefined): ReadonlyMap<string, Before> {
  if (!base) return new Map();
  const locks = once(() => new Locks(base));
  return new Map(Array.from(base.funcs(), ({ decl, file }) => [displayName(decl), { decl, file, pkg: base, locks }]));
}
