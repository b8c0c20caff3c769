import { analyzePackages, packagesOf, syntaxProblems } from './analyze.ts';
import type { Leak } from './finding.ts';
import { leftOut, mentionsConcurrency } from './go-files.ts';
import type { File } from './go/ast.ts';
import { defaultModule, inVersion, moduleOf, type Module } from './go/module.ts';
import { loadParser } from './go/parse.ts';
import { perCause } from './one-cause.ts';
import type { Problem } from './problem.ts';
import { excluded, type Review, type ReviewOptions } from './review.ts';
import { unreadable } from './unreadable.ts';
import type { Tree } from './source/tree.ts';

/** `paths` are of a repository, which a tree need not be: whether a file is reviewed is asked by the name that the tree gives it. */
export interface ScanOptions extends Omit<ReviewOptions, 'analyze' | 'paths'> {
  readonly isReviewed?: (path: string) => boolean;
}

/** Finds the leaks of whole packages, changed or not. Rejects only where the tree does. */
export async function scan(tree: Tree, options: ScanOptions): Promise<Review> {
  const started = performance.now();
  const isReviewed = options.isReviewed ?? (() => true);
  const parse = await loadParser();
  const leaks: Leak[] = [];
  const skipped: Problem[] = [];
  const problems: Problem[] = [];
  let goFiles = 0;
  let suppressed = 0;
  let functions = 0;
  let bytesParsed = 0;
  let parsed = 0;
  for await (const { directory, files: found } of tree.packages()) {
    const texts: { path: string; text: string }[] = [];
    for (const { path, text } of found) {
      if (text.kind === 'unreadable') {
        problems.push({ path, says: unreadable[text.why][options.language] });
        continue;
      }
      const reason = leftOut(path, text.text);
      if (reason && !path.includes('/testdata/')) skipped.push({ path, says: reason[options.language] });
      else texts.push({ path, text: text.text });
    }
    // A file that is left out is still read where its package is: what it does with a channel is known.
    const reviewed = texts.filter(({ path }) => isReviewed(path));
    skipped.push(...texts.filter((file) => !reviewed.includes(file)).map(({ path }) => ({ path, says: excluded[options.language] })));
    goFiles += reviewed.length;
    if (reviewed.length === 0 || !texts.some(({ text }) => mentionsConcurrency(text))) continue;
    const files = texts.map(({ path, text }): File => {
      bytesParsed += Buffer.byteLength(text);
      parsed += 1;
      return parse(path, text);
    });
    const packages = packagesOf(directory, files, inVersion(await moduleAt(tree, directory), options.go));
    const analysed = analyzePackages(packages, { language: options.language, parse, severities: options.rules ?? {} });
    suppressed += analysed.suppressed.filter(isReviewed).length;
    leaks.push(...perCause(analysed.leaks.filter(({ path }) => isReviewed(path)).map((leak) => ({ ...leak, fix: analysed.fixOf(leak) })), options.language));
    problems.push(...[...syntaxProblems(packages, () => true, options.language), ...analysed.problems].filter(({ path }) => isReviewed(path)));
    functions += analysed.functions;
  }
  return { goFiles, leaks, existing: 0, suppressed, skipped, problems, stats: { files: parsed, functions, bytesParsed, milliseconds: Math.round(performance.now() - started) } };
}

async function moduleAt(tree: Tree, directory: string): Promise<Module> {
  const goMod = await tree.goMod(directory);
  return goMod?.text.kind === 'text' ? moduleOf(goMod.text.text) : defaultModule;
}
