import { textOf, walk, type File, type FuncDecl } from './go/ast.ts';
import { displayName } from './go/package.ts';

/**
 * The functions whose behaviour a change may alter: those whose text differs between base and head, and all that name such a
 * function, directly or through others. Where a type, variable or constant of the package changed, every function may be.
 * Names stand for functions, so a method's namesakes count as well: too many is only slower.
 */
export function affectedFunctions(base: readonly File[], head: readonly File[]): ReadonlySet<string> {
  const before = functionTexts(base);
  const after = functionTexts(head);
  const all = new Set([...before.keys(), ...after.keys()]);
  if (specTexts(base) !== specTexts(head)) return all;
  const changed = new Set([...all].filter((name) => before.get(name) !== after.get(name)));
  const mentions = new Map<string, Set<string>>();
  for (const file of [...base, ...head]) {
    for (const decl of file.funcs) {
      const names = mentions.get(displayName(decl)) ?? new Set<string>();
      for (const name of namesIn(decl)) names.add(name);
      mentions.set(displayName(decl), names);
    }
  }
  const affected = new Set(changed);
  for (const name of affected) {
    const short = shortName(name);
    for (const [user, names] of mentions) if (names.has(short)) affected.add(user);
  }
  return affected;
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The text of each function, comments and white space apart. */
function functionTexts(files: readonly File[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const file of files) {
    for (const decl of file.funcs) {
      const name = displayName(decl);
      texts.set(name, `${texts.get(name) ?? ''}\n${normalised(textOf(file, decl))}`);
    }
  }
  return texts;
}

function specTexts(files: readonly File[]): string {
  return files.flatMap((file) => file.specs.map((spec) => normalised(textOf(file, spec)))).sort().join('\n');
}

function normalised(text: string): string {
  return text.replaceAll(/\/\/.*$/gmu, '').replaceAll(/\s+/gu, ' ').trim();
}

function namesIn(decl: FuncDecl): Set<string> {
  const names = new Set<string>();
  walk(decl, (node) => {
    if (node.kind === 'Ident') names.add(node.name);
    return undefined;
  });
  return names;
}
