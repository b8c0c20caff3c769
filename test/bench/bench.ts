/**
 * What a review costs: `npm run bench -- [--commits N] REPOSITORY…` reviews the last N commits that touch Go of each repository, bare
 * ones too, and compares the time of the analysis with that of the bare parser for the changed files, in one process.
 * `npm run bench -- --large [FILES]` reviews one pull request of many files through the embedded GitHub.
 */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Language, Parser } from 'web-tree-sitter';
import { loadParser } from '../../src/go/parse.ts';
import { introducedIn, type DirectoryChange } from '../../src/introduced.ts';
import { review } from '../../src/review.ts';
import { openGit } from '../../src/source/git.ts';
import { reviewLarge } from './large.ts';

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
  await using source = await openGit(repo, { base: `${commit}^`, head: commit, twoDot: true, environment: { PATH: process.env['PATH'] } });
  const directories: DirectoryChange[] = [];
  let analysisMs = 0;
  await review(source, {
    language: 'en',
    analyze: (change) => {
      directories.push(change);
      const started = performance.now();
      const introduced = introducedIn(change, parseFile);
      analysisMs += performance.now() - started;
      return Promise.resolve(introduced);
    },
  });
  const changed = directories.flatMap((directory) => directory.changed.flatMap(({ base, head }) => [base, head].filter((text) => text !== null)));
  if (changed.length === 0) return null;
  const started = performance.now();
  for (const text of changed) parser.parse(text)?.delete();
  const parseMs = performance.now() - started;
  const bytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { analysisMs, parseMs, changedBytes: bytes(changed), readBytes: bytes(directories.flatMap(({ others }) => others.map(({ text }) => text))) };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { commits: { type: 'string', default: '200' }, large: { type: 'boolean', default: false } }, allowPositionals: true });
  if (values.large) return reviewLarge(Number(positionals[0] ?? 3000));
  process.stdout.write('| repository | commits | analysis ÷ parse of the changed files, median | p95 | analysis, median | p95 | read beside the changed files, median | peak memory |\n');
  process.stdout.write('| --- | --: | --: | --: | --: | --: | --: | --: |\n');
  for (const repo of positionals) {
    const commits = execFileSync('git', ['-C', repo, 'log', '--no-merges', '--format=%H', '-n', values.commits, 'HEAD', '--', '*.go'], { encoding: 'utf8' }).trim().split('\n');
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
