import { affectedFunctions } from '../../src/affected.ts';
import { analyzePackages, packagesOf } from '../../src/analyze.ts';
import type { File } from '../../src/go/ast.ts';
import { displayName, GoPackage } from '../../src/go/package.ts';
import { loadParser, type ParseFile } from '../../src/go/parse.ts';
import { isGovernedByVersion } from '../../src/go/version-semantics.ts';
import { introducedIn, type DirectoryChange } from '../../src/introduced.ts';
import { MissingObjectError } from '../../src/source/git-errors.ts';
import { WholePackage } from '../support/whole-package.ts';
import { changesOf, commitsOf } from './changes.ts';

/** What is found where only what is needed is looked at, beside what is found in whole files and whole packages. */
export interface Compared {
  readonly findings: number;
  readonly functions: number;
  /** Findings, and functions that were too complex, that only one of the two ways has. */
  readonly differences: readonly string[];
}

const needed = await loadParser();
const whole = await loadParser({ whole: true });

/** Compares the two ways for one directory: all that is found at head in the affected functions, new or not, and what is introduced. */
export function compareWays(change: DirectoryChange): Compared {
  const [less, all] = [findingsAt(change, needed, GoPackage), findingsAt(change, whole, WholePackage)];
  const introduced = less.findings.length + all.findings.length === 0 ? [] : differences(introducedBy(change, needed), introducedBy(change, whole, WholePackage));
  return { findings: all.findings.length, functions: all.affected, differences: [...differences(less.findings, all.findings), ...introduced] };
}

function findingsAt(change: DirectoryChange, parse: ParseFile, Package: typeof GoPackage): { readonly findings: readonly string[]; readonly affected: number } {
  const others = change.others.map(({ path, text }) => parse(path, text));
  const side = (revision: 'base' | 'head'): File[] => [...change.changed.flatMap((file) => (file[revision] === null ? [] : [parse(file.path, file[revision])])), ...others];
  const head = packagesOf(change.directory, side('head'), change.module.head, Package);
  const affected = affectedFunctions(side('base'), head, isGovernedByVersion(change.module.base.goVersion, change.module.head.goVersion));
  const { leaks, problems } = analyzePackages(head, { language: 'en', parse, isRoot: (decl) => affected.has(displayName(decl)) });
  return { findings: [...leaks, ...problems].map((one) => JSON.stringify(one)), affected: affected.size };
}

function introducedBy(change: DirectoryChange, parse: ParseFile, Package?: typeof GoPackage): string[] {
  return introducedIn(change, parse, Package).leaks.map((leak) => JSON.stringify(leak));
}

function differences(less: readonly string[], all: readonly string[]): string[] {
  const [inLess, inAll] = [new Set(less), new Set(all)];
  return [...less.filter((one) => !inAll.has(one)).map((one) => `only with less: ${one}`), ...all.filter((one) => !inLess.has(one)).map((one) => `only with all: ${one}`)];
}

export interface EqualOptions {
  /** How many commits of each repository, the newest `skip` left out. */
  readonly commits: number;
  readonly skip: number;
  /** Commits whose directories have more code than this, both sides together, are left out and counted: whole packages take long. */
  readonly mostKb: number;
}

/** The property over real commits; the answer is whether it holds. What is known so far is printed now and then, so that a run may be ended at any time. */
export async function checkEqual(repos: readonly string[], { commits, skip, mostKb }: EqualOptions): Promise<boolean> {
  const total = { commits: 0, leftOut: 0, unreadable: 0, directories: 0, functions: 0, findings: 0, differences: 0 };
  for (const repo of repos) {
    const all = commitsOf(repo, skip + commits).slice(skip);
    for (const [at, commit] of all.entries()) {
      const changes = await readOf(repo, commit);
      if (changes === null) {
        total.unreadable += 1;
      } else if (sizeOf(changes) > mostKb * 1024) {
        total.leftOut += 1;
      } else {
        const compared = changes.map(compareWays);
        total.commits += 1;
        total.directories += compared.length;
        for (const { functions, findings, differences: found } of compared) {
          total.functions += functions;
          total.findings += findings;
          total.differences += found.length;
          for (const one of found) process.stdout.write(`${repo} ${commit}: ${one}\n`);
        }
      }
      if ((at + 1) % 10 === 0 || at + 1 === all.length) process.stdout.write(`${repo}, ${skip + at + 1} commits back: so far ${JSON.stringify(total)}\n`);
    }
  }
  return total.differences === 0;
}

/** Null where a partial clone does not have what the commit is about. */
async function readOf(repo: string, commit: string): Promise<readonly DirectoryChange[] | null> {
  try {
    return await changesOf(repo, commit);
  } catch (error) {
    if (error instanceof MissingObjectError) return null;
    throw error;
  }
}

function sizeOf(changes: readonly DirectoryChange[]): number {
  const texts = changes.flatMap(({ changed, others }) => [...changed.flatMap(({ base, head }) => [base ?? '', head ?? '']), ...others.map(({ text }) => text)]);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
