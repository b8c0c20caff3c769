/** What a review costs, and that it finds as much for less: the usage below says how. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Language, Parser } from 'web-tree-sitter';
import { loadParser } from '../../src/go/parse.ts';
import { introducedIn } from '../../src/introduced.ts';
import { changesOf, commitsOf } from './changes.ts';
import { cpuTime } from './cpu-time.ts';
import { checkEqual } from './equal.ts';
import { reviewLarge } from './large.ts';
import { sizes } from './sizes.ts';

interface Cost {
  readonly analysisMs: number;
  readonly parseMs: number;
  readonly changedBytes: number;
  readonly readBytes: number;
}

const parser = await bareParser();
const parseFile = await loadParser();

async function bareParser(): Promise<Parser> {
  await Parser.init();
  const found = new Parser();
  found.setLanguage(await Language.load(await readFile(createRequire(import.meta.url).resolve('tree-sitter-go/tree-sitter-go.wasm'))));
  return found;
}

/** The same work, timed without what reads it: git's part is not the analysis. */
async function costOf(repo: string, commit: string): Promise<Cost | null> {
  const directories = await changesOf(repo, commit);
  const analysisMs = cpuTime(() => directories.forEach((change) => introducedIn(change, parseFile)));
  const changed = directories.flatMap((directory) => directory.changed.flatMap(({ base, head }) => [base, head].filter((text) => text !== null)));
  if (changed.length === 0) return null;
  const parseMs = cpuTime(() => changed.forEach((text) => parser.parse(text)?.delete()));
  const bytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { analysisMs, parseMs, changedBytes: bytes(changed), readBytes: bytes(directories.flatMap(({ others }) => others.map(({ text }) => text))) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const usage = `How to measure what a review costs:
  npm run bench -- [--commits N] REPOSITORY…   the last N commits (200) that touch Go of each repository, bare ones too: the time of
                                               the analysis beside that of the bare parser for the changed files, in one process
  npm run bench -- --equal [--commits N] [--skip N] [--most-kb N] REPOSITORY…
                                               the same commits, the newest N (0) left out: whether looking at what is needed finds
                                               what looking at everything finds, finding by finding; exits with 1 where it does not;
                                               commits that take more than N KB of code (no limit) are left out and counted
  npm run bench -- --sizes                     the cost against the size of the diff, and against the size of the file
  npm run bench -- --large [FILES]             one pull request of many files (3000) through the embedded GitHub
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { commits: { type: 'string', default: '200' }, equal: { type: 'boolean', default: false }, skip: { type: 'string', default: '0' }, 'most-kb': { type: 'string', default: 'Infinity' }, large: { type: 'boolean', default: false }, sizes: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (values.large) return reviewLarge(Number(positionals[0] ?? 3000));
  if (values.sizes) {
    sizes(parser, parseFile);
    return;
  }
  if (positionals.length === 0) {
    process.stderr.write(usage);
    process.exitCode = 2;
    return;
  }
  if (values.equal) {
    process.exitCode = (await checkEqual(positionals, { commits: Number(values.commits), skip: Number(values.skip), mostKb: Number(values['most-kb']) })) ? 0 : 1;
    return;
  }
  process.stdout.write('| repository | commits | analysis ÷ parse of the changed files, median | p95 | analysis, median | p95 | read beside the changed files, median | peak memory |\n');
  process.stdout.write('| --- | --: | --: | --: | --: | --: | --: | --: |\n');
  for (const repo of positionals) {
    const commits = commitsOf(repo, Number(values.commits));
    const costs: Cost[] = [];
    for (const commit of commits) {
      const cost = await costOf(repo, commit);
      if (cost !== null) costs.push(cost);
    }
    const of = (value: (cost: Cost) => number, share: number): number => quantile(costs.map(value), share);
    const ratio = ({ analysisMs, parseMs }: Cost): number => analysisMs / parseMs;
    const cells = [
      path.basename(repo) === 'repo' ? path.basename(path.dirname(repo)) : path.basename(repo),
      `${costs.length} of ${commits.length}`,
      of(ratio, 0.5).toFixed(1),
      of(ratio, 0.95).toFixed(1),
      ...[0.5, 0.95].map((share) => `${of(({ analysisMs }) => analysisMs, share).toFixed(0)} ms`),
      `${(of(({ readBytes }) => readBytes, 0.5) / 1024).toFixed(0)} KB`,
      `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB`,
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

await main();
