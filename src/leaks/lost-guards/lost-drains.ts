import { textOf } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import type { Home } from '../locks/callees.ts';
import { overlaps } from '../locks/channels.ts';
import { isTestFile } from '../of-tests.ts';
import { endsIn, type End } from '../unguarded/ends.ts';
import type { Side } from './asked.ts';
import { calledName } from './called-name.ts';
import { guardOf } from './guard-of.ts';
import type { LostGuard } from './lost-guard.ts';

/** Loops that only threw away what came on a channel, `for range c {}`, and are gone, though others may still send on it. `was`: as for what woke others. */
export function lostDrains({ pkg, ends, locks }: Side, old: GoPackage, was: readonly Home[]): LostGuard[] {
  const drains = was.flatMap((home) => (/\brange\b/u.test(textOf(home.file, home.decl)) ? endsIn(home).filter((end) => isDrain(old, end)) : []));
  return drains.flatMap((drain): LostGuard[] => {
    const name = calledName(old, drain.channel, drain.decl);
    const same = ends().filter((end) => !isTestFile(end.file) && name !== undefined && calledName(pkg, end.channel, end.decl) === name);
    const [one] = same;
    if (!one || same.some((end) => end.kind === 'range')) return [];
    const keys = locks().channels().keysOf(one.channel);
    const send = ends().findLast((end) => end.kind === 'send' && !isTestFile(end.file) && overlaps(locks().channels().keysOf(end.channel), keys) && guardOf(pkg, end) === undefined);
    return send ? [{ kind: 'drain', home: send, send, drain: normalised(textOf(drain.file, { pos: drain.node.pos, end: drain.channel.end })) }] : [];
  });
}

function isDrain(pkg: GoPackage, { kind, node, channel }: End): boolean {
  return kind === 'range' && node.kind === 'RangeStmt' && node.body.list.length === 0 && pkg.infer.underlying(pkg.typeOf(channel)).kind === 'chan';
}
