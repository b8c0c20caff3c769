import { isMake, nameOf, textOf, type CallExpr, type Expr, type Node } from '../../go/ast.ts';
import { constantOf } from '../../go/constant-of.ts';
import { normalised } from '../../go/normalised.ts';
import type { GoPackage } from '../../go/package.ts';
import { walkWithParents } from '../field-uses.ts';
import type { Home } from '../locks/callees.ts';
import { overlaps } from '../locks/channels.ts';
import { isTestFile } from '../of-tests.ts';
import type { End } from '../unguarded/ends.ts';
import type { Asked } from './asked.ts';
import { guardOf } from './guard-of.ts';
import type { LostGuard } from './lost-guard.ts';

/** A channel that a function makes, and what it puts it into. */
interface Made {
  readonly call: CallExpr;
  /** A variable, a field, or the name of a field in a literal. */
  readonly target: Expr;
  readonly name: string;
}

/** Channels that are made without the room they had, and whose receivers may go. */
export function lostRooms({ pkg, home, old, ends, locks }: Asked): LostGuard[] {
  const earlier = madeIn(old);
  return madeIn(home).flatMap(({ call, target, name }): LostGuard[] => {
    const was = earlier.find((one) => one.name === name);
    if (!was || !hasRoom(old.pkg, was.call) || hasRoom(pkg, call)) return [];
    const keys = locks().channels().keysOf(target);
    const field = target.kind === 'Ident' && pkg.objectOf(target)?.kind === 'var' ? undefined : nameOf(target);
    const isIt = ({ channel }: End): boolean => overlaps(locks().channels().keysOf(channel), keys) || (field !== undefined && channel.kind === 'SelectorExpr' && channel.sel.name === field);
    const own = ends().filter((end) => !isTestFile(end.file) && isIt(end));
    const leaves = own.find((end) => end.kind === 'receive' && guardOf(pkg, end) !== undefined);
    const sends = own.filter((end) => end.kind === 'send');
    const bare = sends.filter((end) => guardOf(pkg, end) === undefined);
    return leaves && (sends.length === 0 || bare.length > 0) ? [{ kind: 'room', home, made: call, channel: name, leaves, sends: bare }] : [];
  });
}

function madeIn({ decl, file }: Home): Made[] {
  const found: Made[] = [];
  if (!decl.body) return found;
  walkWithParents(decl, (node, parents) => {
    if (node.kind !== 'CallExpr' || !isMake(node) || node.args[0]?.kind !== 'ChanType') return;
    const target = targetOf(node, parents.at(-1));
    if (target) found.push({ call: node, target, name: normalised(textOf(file, target)) });
  });
  return found;
}

function targetOf(call: CallExpr, parent: Node | undefined): Expr | undefined {
  switch (parent?.kind) {
    case 'AssignStmt':
      return parent.lhs[parent.rhs.indexOf(call)];
    case 'KeyValueExpr':
      return parent.key;
    case 'ValueSpec':
      return parent.names[parent.values.indexOf(call)];
    default:
      return undefined;
  }
}

function hasRoom(pkg: GoPackage, { args }: CallExpr): boolean {
  const [, size] = args;
  return size !== undefined && constantOf(pkg, size) !== 0;
}
