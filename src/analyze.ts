import type { Fix, FoundBy, Leak } from './finding.ts';
import { byPlatform } from './go-files.ts';
import type { File, FuncDecl } from './go/ast.ts';
import type { Module } from './go/module.ts';
import { GoPackage } from './go/package.ts';
import type { ParseFile } from './go/parse.ts';
import { push } from './go/push.ts';
import { findLeaks, type PackageLeaks } from './leaks/find-leaks.ts';
import type { Severity } from './leaks/rule.ts';
import type { Problem } from './problem.ts';
import type { Language, Text } from './words.ts';

export interface Analysed {
  /** Without their fixes. */
  readonly leaks: readonly Leak[];
  /** The fix of one of these leaks, looked for when it is asked for. */
  readonly fixOf: (leak: Leak) => Fix | null;
  /** The names of the functions from which the leaks were found, and of those they are in. */
  readonly foundFrom: ReadonlySet<string>;
  /** The paths of leaks that a comment suppressed, one each. */
  readonly suppressed: readonly string[];
  readonly problems: readonly Problem[];
  readonly functions: number;
  /** Names of the functions that were too complex for a walk. */
  readonly unwalked: Readonly<Record<Exclude<FoundBy, 'reading'>, ReadonlySet<string>>>;
}

export interface AnalyzeOptions {
  readonly language: Language;
  readonly parse: ParseFile;
  /** By rule; what is not named keeps its own confidence. */
  readonly severities?: Readonly<Record<string, Severity>>;
  readonly isRoot?: (decl: FuncDecl, file: File) => boolean;
  /** Narrows further what is walked. */
  readonly isWalked?: (decl: FuncDecl) => boolean;
  /** The packages as they were before the change under review. */
  readonly before?: () => readonly GoPackage[];
}

const says = {
  syntax: { en: 'has a syntax error; the functions it is in were not analysed', 'zh-CN': '存在语法错误；出错的函数未被分析' },
  tooComplex: (name: string): Text => ({ en: `\`${name}\` is too complex to be followed on all its ways; it was not analysed`, 'zh-CN': `\`${name}\` 过于复杂，无法跟踪其全部路径，未被分析` }),
  internal: (what: string): Text => ({ en: `a rule failed, which is a fault of Goleash: ${what}`, 'zh-CN': `规则执行失败，这是 Goleash 的缺陷：${what}` }),
};

/** The packages of one directory's files: `p` with its tests, and `p_test` by itself. */
export function packagesOf(directory: string, files: readonly File[], module: Module, Package: typeof GoPackage = GoPackage): GoPackage[] {
  const packages = new Map<string, File[]>();
  for (const file of [...files].sort(byPlatform)) push(packages, file.packageName, file);
  return [...packages.values()].map((members) => new Package(directory, members, module));
}

/** The files of packages that have syntax errors, in the functions that are asked for or around them. */
export function syntaxProblems(packages: readonly GoPackage[], isAsked: (decl: FuncDecl) => boolean, language: Language): Problem[] {
  return packages.flatMap(({ files }) => files.filter((file) => file.broken || file.funcs.some((decl) => isAsked(decl) && decl.broken)).map(({ path }): Problem => ({ path, says: says.syntax[language] })));
}

/** Finds the leaks of packages. */
export function analyzePackages(packages: readonly GoPackage[], options: AnalyzeOptions): Analysed {
  const leaks: Leak[] = [];
  const fixOf = new Map<Leak, PackageLeaks['fixOf']>();
  const foundFrom = new Set<string>();
  const suppressed: string[] = [];
  const problems: Problem[] = [];
  const unwalked = { 'walk': new Set<string>(), 'lock-walk': new Set<string>() };
  let functions = 0;
  for (const pkg of packages) {
    for (const file of pkg.files) functions += file.funcs.length;
    const { before } = options;
    const found = findLeaks(pkg, { ...options, before: before && ((): GoPackage | undefined => before().find(({ name }) => name === pkg.name)) });
    leaks.push(...found.leaks);
    for (const leak of found.leaks) fixOf.set(leak, found.fixOf);
    for (const name of found.foundFrom) foundFrom.add(name);
    suppressed.push(...found.suppressed);
    for (const { path, name, walk } of found.unwalked) {
      unwalked[walk].add(name);
      // What is asked of locks is also read off the code: such a function is not unanalysed.
      if (walk === 'walk') problems.push({ path, says: says.tooComplex(name)[options.language] });
    }
    for (const { path, what } of found.failures) problems.push({ path, says: says.internal(what)[options.language] });
  }
  return { leaks, fixOf: (leak) => fixOf.get(leak)?.(leak) ?? null, foundFrom, suppressed, problems, functions, unwalked };
}
