import { analyzePackages, packagesOf, syntaxProblems } from './analyze.ts';
import type { Leak } from './finding.ts';
import { leftOut, mentionsConcurrency } from './go-files.ts';
import type { File } from './go/ast.ts';
import { defaultGoVersion, goVersionOf } from './go/package.ts';
import { loadParser } from './go/parse.ts';
import type { Problem } from './problem.ts';
import type { Review, ReviewOptions } from './review.ts';
import { unreadable } from './unreadable.ts';
import type { Tree } from './source/tree.ts';

/** Finds the leaks of whole packages, changed or not. Rejects only where the tree does. */
export async function scan(tree: Tree, options: ReviewOptions): Promise<Review> {
  const started = performance.now();
  const parse = await loadParser();
  const leaks: Leak[] = [];
  const skipped: Problem[] = [];
  const problems: Problem[] = [];
  let goFiles = 0;
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
    goFiles += texts.length;
    if (!texts.some(({ text }) => mentionsConcurrency(text))) continue;
    const files = texts.map(({ path, text }): File => {
      bytesParsed += Buffer.byteLength(text);
      parsed += 1;
      return parse(path, text);
    });
    const goMod = await tree.goMod(directory);
    const goVersion = goMod?.text.kind === 'text' ? goVersionOf(goMod.text.text) : defaultGoVersion;
    const packages = packagesOf(directory, files, goVersion);
    const analysed = analyzePackages(packages, { language: options.language, parse, withFixes: () => true });
    leaks.push(...analysed.leaks);
    problems.push(...syntaxProblems(packages, options.language), ...analysed.problems);
    functions += analysed.functions;
  }
  return { goFiles, leaks, existing: 0, skipped, problems, stats: { files: parsed, functions, bytesParsed, milliseconds: Math.round(performance.now() - started) } };
}
