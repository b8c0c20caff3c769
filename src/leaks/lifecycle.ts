import type { FuncDecl, Node } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import type { Loop } from './exits/loops.ts';
import { walkWithParents } from './field-uses.ts';
import { isTestFile } from './of-tests.ts';
import { isHandler, isServed } from './served.ts';
import { usersOf } from './teardown.ts';

/** Functions that bring something up, as a rule once for their object, and many of them once in their process; whatever follows but what makes it another word (`Newest`). */
export const bringsUp = /^(?:[Rr]un|[Ss]tart(?:[Uu]p)?|[Ss]erve|[Ll]isten|[Nn]ew|[Oo]pen|[Ii]nit(?:ialize)?|[Mm]ain|[Ll]oop|[Ss]etup|[Ll]aunch|[Bb]oot(?:strap)?|[Mm]ust|[Cc]onnect|[Cc]onfigure|[Mm]igrate|[Uu]p$)(?!\p{Ll})/u;

/** More functions than these that lead to one are not followed. */
const mostReached = 50;

/**
 * Whether only what brings something up leads to a function, as far as the package shows, and neither a handler nor a loop without an end of its own: what it
 * leaves behind where it fails or is over, it leaves once for its object, and often as the process ends.
 */
export function isOfLifecycle(pkg: GoPackage, func: FuncDecl): boolean {
  const reached = new Set([func]);
  for (const one of reached) {
    if (reached.size > mostReached || isHandler(pkg, one.type) || isServed(pkg, one.type)) return false;
    const users = usersOf(pkg, one).filter(({ file }) => !isTestFile(file));
    if (users.length === 0 && !bringsUp.test(one.name.name)) return false;
    for (const { node } of users) {
      if (node.kind !== 'FuncDecl' || isUsedAgain(pkg, node, one)) return false;
      reached.add(node);
    }
  }
  return true;
}

/** Whether a function names another in a loop that goes round for as long as it is let, or in a literal that a server calls. */
function isUsedAgain(pkg: GoPackage, user: FuncDecl, func: FuncDecl): boolean {
  let isAgain = false;
  walkWithParents(user, (node, parents) => {
    if ((node.kind !== 'Ident' && node.kind !== 'SelectorExpr') || pkg.declOf(node) !== func) return;
    isAgain ||= parents.some((parent) => (isLoop(parent) && goesRound(pkg, parent)) || (parent.kind === 'FuncLit' && isHandler(pkg, parent.type)));
  });
  return isAgain;
}

function isLoop(node: Node): node is Loop {
  return node.kind === 'ForStmt' || node.kind === 'RangeStmt';
}

/** Whether how often a loop goes round is open: it does not count, and ranges over nothing but a channel. */
export function goesRound(pkg: GoPackage, loop: Loop): boolean {
  return loop.kind === 'ForStmt' ? loop.post === null : pkg.infer.underlying(pkg.typeOf(loop.x)).kind === 'chan';
}
