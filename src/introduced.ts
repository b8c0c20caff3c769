import { affectedFunctions } from './affected.ts';
import { analyzePackages, packagesOf, syntaxProblems } from './analyze.ts';
import type { Leak } from './finding.ts';
import type { File, FuncDecl, Span } from './go/ast.ts';
import { once } from './go/once.ts';
import type { Module } from './go/module.ts';
import { displayName, type GoPackage } from './go/package.ts';
import type { ParseFile } from './go/parse.ts';
import { isGovernedByVersion } from './go/version-semantics.ts';
import { isRemark } from './leaks/remarks.ts';
import type { Severity } from './leaks/rule.ts';
import { perCause } from './one-cause.ts';
import type { Problem } from './problem.ts';
import type { Language } from './words.ts';

/** A Go file with its texts on both sides; null where it is not there. Both are under the path at head. */
export interface ChangedFile {
  readonly path: string;
  readonly base: string | null;
  readonly head: string | null;
  /** It is generated or left out by the configuration: it is read to understand the others, and nothing is said of it. */
  readonly silent: boolean;
}

/** What a change does to one directory, as plain data: it can be handed to another thread. */
export interface DirectoryChange {
  readonly directory: string;
  readonly module: { readonly base: Module; readonly head: Module };
  readonly changed: readonly ChangedFile[];
  /** The directory's other files, alike on both sides. */
  readonly others: readonly { readonly path: string; readonly text: string }[];
  readonly language: Language;
  /** By rule; what is not named keeps its own confidence. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

/** What the change introduces there. The leaks stand on their own lines, not yet on lines of the diff. */
export interface Introduced {
  readonly leaks: readonly Leak[];
  /** Leaks of the affected functions that were there before. */
  readonly existing: number;
  /** The paths of leaks at head that a comment suppresses, one each. */
  readonly suppressed: readonly string[];
  readonly problems: readonly Problem[];
  readonly functions: number;
  readonly files: number;
  readonly bytesParsed: number;
}

/** Compares both sides of one directory. Pure, but for the time it takes. `Package` is given only where it is tried whether as much would be found in whole packages: base is then asked about everything at once, too. */
export function introducedIn(change: DirectoryChange, parseFile: ParseFile, Package?: typeof GoPackage): Introduced {
  let bytesParsed = 0;
  const read = (path: string, text: string): File => {
    const file = parseFile(path, text);
    const inside = ({ pos, end }: Span): number => Buffer.byteLength(text.slice(pos, end));
    bytesParsed += file.funcs.reduce((left, decl) => left - inside(decl), Buffer.byteLength(text));
    file.onRead((decl) => { bytesParsed += inside(decl); });
    return file;
  };
  const others = change.others.map(({ path, text }) => read(path, text));
  const changedFiles = change.changed.map(({ path, base, head }) => {
    const after = head === null ? null : read(path, head);
    return { base: base === head ? after : base === null ? null : read(path, base), head: after };
  });
  const side = (revision: 'base' | 'head'): File[] => [...changedFiles.flatMap((file) => file[revision] ?? []), ...others];
  const base = once(() => packagesOf(change.directory, side('base'), change.module.base, Package));
  const head = packagesOf(change.directory, side('head'), change.module.head, Package);
  const affected = affectedFunctions(side('base'), head, isGovernedByVersion(change.module.base.goVersion, change.module.head.goVersion));
  const isAffected = (decl: FuncDecl): boolean => affected.has(displayName(decl));
  const options = { language: change.language, parse: parseFile, severities: change.severities ?? {}, isRoot: isAffected };
  const after = analyzePackages(head, { ...options, before: base });
  const silent = new Set(change.changed.flatMap(({ path, silent: isSilent }) => (isSilent ? [path] : [])));
  const found = after.leaks.filter(({ path }) => !silent.has(path));
  // What is said of comments that ignore leaks depends on all walks, and so may what is found without one place that waits.
  const isKnown = (): boolean => {
    if (found.some(({ parked }) => parked === null) || [...affected].every((name) => after.foundFrom.has(name))) return false;
    const known = new Set(analyzePackages(base(), { ...options, isWalked: (decl) => after.foundFrom.has(displayName(decl)) }).leaks.map(({ fingerprint }) => fingerprint));
    return found.every(({ fingerprint }) => known.has(fingerprint));
  };
  const introduce = (): Leak[] => {
    const before = analyzePackages(base(), options);
    return newLeaks(before.leaks, found, { base: base(), head }).filter((leak) => leak.foundBy === 'reading' || !before.unwalked[leak.foundBy].has(leak.function));
  };
  // Base is asked only where there is something at head to compare with it, and first about what is found from the same functions: mostly all was there before.
  const introduced = found.length === 0 || (Package === undefined && isKnown()) ? [] : withoutYielding(introduce());
  const changed = new Set(change.changed.map(({ path }) => path));
  return {
    leaks: introduced.map((leak) => ({ ...leak, fix: after.fixOf(leak) })),
    existing: perCause(found.filter((leak) => !isRemark(leak.rule) && leak.yields === null && affected.has(leak.function) && !introduced.includes(leak)), change.language).length,
    suppressed: after.suppressed.filter((path) => !silent.has(path)),
    problems: [...syntaxProblems(head, isAffected, change.language), ...after.problems].filter(({ path }) => changed.has(path) && !silent.has(path)),
    functions: after.functions,
    files: change.changed.length + others.length,
    bytesParsed,
  };
}

/**
 * The leaks at head that are none at base: not under their fingerprint; nor, where one is gone from base, as the same leak in a
 * function that was moved to another file, whose variables were renamed, that was renamed itself, or that its line was moved to.
 */
function newLeaks(before: readonly Leak[], after: readonly Leak[], sides: { readonly base: readonly GoPackage[]; readonly head: readonly GoPackage[] }): Leak[] {
  const lineOf = { base: linesOf(sides.base), head: linesOf(sides.head) };
  const inBase = functionNames(sides.base);
  const inHead = functionNames(sides.head);
  const same: ((old: Leak, leak: Leak) => boolean)[] = [
    (old, leak) => old.fingerprint === leak.fingerprint,
    (old, leak) => old.function === leak.function && old.message === leak.message,
    (old, leak) => old.function === leak.function && shapeOf(old) === shapeOf(leak),
    (old, leak) => !inHead.has(old.function) && !inBase.has(leak.function) && shapeOf(old) === shapeOf(leak),
    (old, leak) => (!inHead.has(old.function) || !inBase.has(leak.function)) && lineOf.base(old) === lineOf.head(leak),
  ];
  let left = [...before];
  let fresh = [...after];
  for (const isSame of same) {
    const still: Leak[] = [];
    for (const leak of fresh) {
      const at = left.findIndex((old) => old.rule === leak.rule && isSame(old, leak));
      if (at < 0) still.push(leak);
      else left = left.toSpliced(at, 1);
    }
    fresh = still;
  }
  return fresh;
}

/** What other rules say says more. */
function withoutYielding(leaks: readonly Leak[]): Leak[] {
  const firm = leaks.filter(({ yields }) => yields === null);
  const told = new Set(firm.map(({ path, line }) => `${path}:${line}`));
  return leaks.filter(({ yields, path, line }) => yields === null || (yields === 'package' ? firm.length === 0 : !told.has(`${path}:${line}`)));
}

/** What is said of a leak, without the names in it. */
function shapeOf(leak: Leak): string {
  return leak.message.replaceAll(/`[^`]*`|\d+/gu, '·');
}

function functionNames(packages: readonly GoPackage[]): ReadonlySet<string> {
  return new Set(packages.flatMap((pkg) => Array.from(pkg.funcs(), ({ decl }) => displayName(decl))));
}

function linesOf(packages: readonly GoPackage[]): (leak: Leak) => string {
  const files = new Map(packages.flatMap((pkg) => pkg.files.map((file) => [file.path, file] as const)));
  return ({ path, line }) => {
    const file = files.get(path);
    return file?.text.slice(file.lineStarts[line - 1], file.lineStarts[line]).trim() ?? '';
  };
}
