import { textOf } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import { endsItself } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { overlaps } from '../locks/channels.ts';
import { isTestFile } from '../of-tests.ts';
import { endsIn, type End } from '../unguarded/ends.ts';
import type { Side } from './asked.ts';
import { calledName } from './called-name.ts';
import { guardOf } from './guard-of.ts';
import type { LostGuard } from './lost-guard.ts';

/** Loops that took all that came on a channel, and are gone where they only threw it away, or may leave before it is closed, though others may still send on it. `was`: as for what woke others. */
export function lostDrains({ pkg, ends, locks }: Side, old: GoPackage, was: readonly Home[]): LostGuard[] {
  const drains = was.flatMap((home) => (/\brange\b/u.test(textOf(home.file, home.decl)) ? endsIn(home).filter((end) => takesAll(old, end)) : []));
  return drains.flatMap((drain): LostGuard[] => {
    const name = calledName(old, drain.channel, drain.decl);
    const same = ends().filter((end) => !isTestFile(end.file) && name !== undefined && calledName(pkg, end.channel, end.decl) === name);
    const [one] = same;
    if (!one || isStillTaken(pkg, drain, same)) return [];
    const keys = locks().channels().keysOf(one.channel);
    const send = ends().findLast((end) => end.kind === 'send' && !isTestFile(end.file) && overlaps(locks().channels().keysOf(end.channel), keys) && guardOf(pkg, end) === undefined);
    return send ? [{ kind: 'drain', home: send, send, drain: normalised(textOf(drain.file, { pos: drain.node.pos, end: drain.channel.end })) }] : [];
  });
}

/** Whether others still take what comes, as far as the ends of that channel show; what did more than throw it away may be gone with what was sent. */
function isStillTaken(pkg: GoPackage, drain: End, same: readonly End[]): boolean {
  const [loop, ...more] = same.filter(({ kind }) => kind === 'range');
  if (!loop) return !isEmpty(drain);
  return more.length > 0 || takesAll(pkg, loop) || same.some(({ kind }) => kind === 'receive');
}

/** Whether it is a loop over a channel that goes on until that is closed, whatever comes. */
function takesAll(pkg: GoPackage, { kind, node, channel }: End): boolean {
  return kind === 'range' && node.kind === 'RangeStmt' && !endsItself(node) && pkg.infer.underlying(pkg.typeOf(channel)).kind === 'chan';
}

function isEmpty({ node }: End): boolean {
  return node.kind === 'RangeStmt' && node.body.list.length === 0;
}
