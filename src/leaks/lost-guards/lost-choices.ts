import { textOf } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import { isContextDone } from '../exits/owner.ts';
import { isTimers } from '../exits/things.ts';
import { isInLoop } from '../field-uses.ts';
import { overlaps } from '../locks/channels.ts';
import { makeOf } from '../make-of.ts';
import { endsIn, type End } from '../unguarded/ends.ts';
import type { Asked } from './asked.ts';
import { caseText } from './case-text.ts';
import { guardOf } from './guard-of.ts';
import type { LostGuard } from './lost-guard.ts';

/** Sends and receives that had another way than to be met, and have none any more. */
export function lostChoices(asked: Asked): LostGuard[] {
  const { pkg, home, old } = asked;
  const earlier = endsIn(old).map((end) => ({ key: keyOf(end), guard: guardOf(old.pkg, end) }));
  const now = endsIn(home).map((end) => ({ end, key: keyOf(end), isBare: guardOf(pkg, end) === undefined && isAlone(end) }));
  const isNew = new Set(now.filter(({ isBare }) => isBare).map(({ key }) => key));
  return [...isNew].flatMap((key): LostGuard[] => {
    const guards = earlier.flatMap((one) => (one.key === key && one.guard ? [one.guard] : []));
    const bare = now.filter((one) => one.key === key && one.isBare);
    const wasBare = earlier.filter((one) => one.key === key && !one.guard).length;
    const isGuarded = now.filter((one) => one.key === key && !one.isBare).length;
    const [guard] = guards;
    const end = bare.at(-1)?.end;
    if (!guard || !end || bare.length <= wasBare || isGuarded >= guards.length || !canWait(asked, end)) return [];
    return [{ kind: 'choice', home, end, guard: caseText(old.file, guard) }];
  });
}

function keyOf({ kind, channel, file }: End): string {
  return `${kind} ${normalised(textOf(file, channel))}`;
}

/** Whether its goroutine waits for nothing else there. */
function isAlone({ kind, choice }: End): boolean {
  return (kind === 'send' || kind === 'receive') && (choice === null || choice.select.clauses.length === 1);
}

/** Whether it may wait at all: on no channel that has room for it, is closed by somebody, or speaks by itself. */
function canWait({ pkg, home, ends, locks }: Asked, { kind, channel, node }: End): boolean {
  if (kind === 'receive') {
    if (channel.kind === 'CallExpr' || isContextDone(pkg, channel) || isTimers(pkg, channel)) return false;
    const keys = locks().channels().keysOf(channel);
    return !ends().some((end) => end.kind === 'close' && overlaps(locks().channels().keysOf(end.channel), keys));
  }
  return makeOf(pkg, channel)?.args[1] === undefined || isInLoop(home.decl, node);
}
