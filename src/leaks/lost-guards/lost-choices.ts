import { textOf, type CommClause } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import { isContextDone } from '../exits/owner.ts';
import { isTimers } from '../exits/things.ts';
import { isInLoop } from '../field-uses.ts';
import { overlaps } from '../locks/channels.ts';
import { makeOf } from '../make-of.ts';
import { endsIn, type End } from '../unguarded/ends.ts';
import type { Asked } from './asked.ts';
import { caseText } from './case-text.ts';
import { guardsOf } from './guard-of.ts';
import type { LostGuard } from './lost-guard.ts';
import { stillAsks } from './still-asks.ts';

/** Sends and receives that had another way than to be met, and have none any more; or had one for what is over, which nothing of their function waits for any more, and have fewer now. */
export function lostChoices(asked: Asked): LostGuard[] {
  const { pkg, home, old } = asked;
  const earlier = endsIn(old).map((end): Guarded => ({ end, key: keyOf(end), guards: guardsOf(old.pkg, end) }));
  const now = endsIn(home).map((end): Guarded => ({ end, key: keyOf(end), guards: guardsOf(pkg, end) }));
  const bare = lostAll(asked, earlier, now);
  const said = new Set(bare.map(({ end }) => keyOf(end)));
  return [...bare, ...lostOne(asked, earlier.filter(({ key }) => !said.has(key)), now)];
}

interface Guarded {
  readonly end: End;
  readonly key: string;
  readonly guards: readonly CommClause[];
}

type LostChoice = Extract<LostGuard, { kind: 'choice' }>;

function lostAll(asked: Asked, earlier: readonly Guarded[], now: readonly Guarded[]): LostChoice[] {
  const { home, old } = asked;
  const isBare = ({ guards, end }: Guarded): boolean => guards.length === 0 && isAlone(end);
  const isNew = new Set(now.filter(isBare).map(({ key }) => key));
  return [...isNew].flatMap((key): LostChoice[] => {
    const guards = earlier.flatMap((one) => (one.key === key ? one.guards.slice(0, 1) : []));
    const bare = now.filter((one) => one.key === key && isBare(one));
    const wasBare = earlier.filter((one) => one.key === key && one.guards.length === 0).length;
    const isGuarded = now.filter((one) => one.key === key && !isBare(one)).length;
    const [guard] = guards;
    const end = bare.at(-1)?.end;
    if (!guard || !end || bare.length <= wasBare || isGuarded >= guards.length || !canWait(asked, end)) return [];
    return [{ kind: 'choice', home, end, guard: caseText(old.file, guard) }];
  });
}

function lostOne(asked: Asked, earlier: readonly Guarded[], now: readonly Guarded[]): LostChoice[] {
  const { home, old } = asked;
  return earlier.flatMap((was): LostChoice[] => {
    const [left, ...more] = now.filter(({ key }) => key === was.key);
    if (!left || more.length > 0 || left.guards.length === 0 || left.guards.length >= was.guards.length || earlier.filter(({ key }) => key === was.key).length > 1) return [];
    const gone = was.guards.find((guard) => guard.comm !== null && !left.guards.some((one) => caseText(home.file, one) === caseText(old.file, guard)) && !stillAsks(home, guard, old.file));
    return gone && left.end.kind === 'send' && canWait(asked, left.end) ? [{ kind: 'choice', home, end: left.end, guard: caseText(old.file, gone) }] : [];
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
