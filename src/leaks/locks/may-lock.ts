import { contains, textOf, type File, type FuncDecl } from '../../go/ast.ts';
import type { GoPackage } from '../../go/package.ts';
import { handsOnLock } from './hands-on.ts';
import { lockTakingMethods, takingMethods } from './operations.ts';
import { takesFunction } from './relevance.ts';

interface Home {
  readonly decl: FuncDecl;
  readonly file: File;
}

/**
 * Whether a question about locks could be answered with a place in one of some functions, by the names that code mentions: they take a
 * lock or wait for a condition; or call, through others too, what may leave a lock held, or what runs functions that it is given with a lock held; or they meet other goroutines, and what they
 * come to takes locks. Who calls them with a lock held has them as a part, so that it is among them too.
 */
export function mayLock(pkg: GoPackage, reached: GoPackage, isAsked: (home: Home) => boolean): boolean {
  const meant = [...takingMethods].filter(([, types]) => types.length === 0 || types.some((type) => pkg.mentions.of(type).length > 0)).map(([name]) => name);
  if (meant.some((name) => [...pkg.mentioning(name)].some(isAsked))) return true;
  if (meant.every((name) => reached.mentioning(name).next().done === true)) return false;
  return isGivenLock(pkg, isAsked) || givesFunction(pkg, isAsked) || mayMeet(pkg, isAsked);
}

/** Whether some functions name one that takes a lock and is given functions, which it may run with the lock held, or one that hands its own on to such a one. */
function givesFunction(pkg: GoPackage, isAsked: (home: Home) => boolean): boolean {
  const takers = lockTakingMethods.flatMap((name) => Array.from(pkg.mentioning(name), ({ decl }) => decl));
  const names = new Set(takers.filter((decl) => takesFunction(pkg, decl)).map(({ name }) => name.name));
  for (const name of names) {
    for (const user of pkg.mentioning(name)) {
      if (isAsked(user)) return true;
      if (takesFunction(pkg, user.decl)) names.add(user.decl.name.name);
    }
  }
  return false;
}

/** Whether some functions have a part in what goroutines wait for. */
export function mayMeet(pkg: GoPackage, isAsked: (home: Home) => boolean): boolean {
  return Array.from(pkg.funcs()).some((home) => isAsked(home) && meets(pkg, home));
}

/** Whether functions mention one that may leave a lock held, or that mentions such a one. */
function isGivenLock(pkg: GoPackage, isAsked: (home: Home) => boolean): boolean {
  const takers = new Map(lockTakingMethods.flatMap((name) => Array.from(pkg.mentioning(name), (home) => [home.decl, home] as const)));
  const names = new Set<string>();
  for (const home of takers.values()) if (!names.has(home.decl.name.name) && handsOnLock(pkg, home)) names.add(home.decl.name.name);
  for (const name of names) {
    for (const user of pkg.mentioning(name)) {
      if (isAsked(user)) return true;
      names.add(user.decl.name.name);
    }
  }
  return false;
}

/** Whether a function has a part in what goroutines wait for: a channel, a condition, a counter. */
function meets(pkg: GoPackage, { decl, file }: Home): boolean {
  const says = (name: string): boolean => pkg.mentions.isIn(name, decl, file);
  if (says('select') || textOf(file, decl).includes('<-')) return true;
  if (!says('range') && !says('close') && ![...meetingMethods].some(says)) return false;
  return contains(decl, (node) => {
    if (node.kind === 'RangeStmt') return pkg.infer.underlying(pkg.typeOf(node.x)).kind === 'chan';
    if (node.kind !== 'CallExpr') return false;
    if (node.fun.kind !== 'SelectorExpr') return node.fun.kind === 'Ident' && node.fun.name === 'close';
    if (!meetingMethods.has(node.fun.sel.name)) return false;
    const selection = pkg.infer.select(node.fun);
    return selection?.kind === 'importedMethod' && selection.recv.path === 'sync';
  });
}

/** What is done to a condition, a counter, or what runs once. */
const meetingMethods: ReadonlySet<string> = new Set(['Wait', 'Done', 'Add', 'Signal', 'Broadcast', 'Do']);
