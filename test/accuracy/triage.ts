import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Leak } from '../../src/finding.ts';
import { placesOf } from '../../src/one-cause.ts';
import { scan } from '../../src/scan.ts';
import type { Stats } from '../../src/review.ts';
import { openDirectories } from '../../src/source/directory.ts';
import { runGit } from '../../src/source/git-command.ts';
import type { Tree } from '../../src/source/tree.ts';
import { openCommit } from './commit-tree.ts';
import { isTestCode } from './test-code.ts';

/** One finding, to be judged by a reader. */
export interface TriageLine {
  readonly repo: string;
  readonly commit: string | null;
  readonly at: string;
  readonly rule: string;
  readonly confidence: Leak['confidence'];
  readonly code: 'production' | 'test';
  readonly function: string;
  readonly message: string;
  readonly steps: readonly string[];
  readonly excerpt: readonly string[];
}

export interface Triage {
  readonly lines: readonly TriageLine[];
  readonly stats: Stats;
  readonly notJudged: number;
}

/** How many lines around a finding the excerpt shows. */
const around = 6;

/** Scans a repository: the newest commit of a bare one, the files as they are of a checked out directory. */
export async function triage(directory: string): Promise<Triage> {
  const isBare = await stat(join(directory, 'objects')).then((it) => it.isDirectory(), () => false);
  if (!isBare) return triageOf(await openDirectories([directory]), nameOf(directory), await commitOf(directory), (path) => readFile(path, 'utf8'));
  await using tree = await openCommit(directory, 'HEAD');
  return await triageOf(tree, nameOf(directory), tree.commit, async (path) => (await runGit({ repo: directory, environment: process.env }, ['show', `${tree.commit}:${path}`])).stdout.toString());
}

async function triageOf(tree: Tree, repo: string, commit: string | null, read: (path: string) => Promise<string>): Promise<Triage> {
  const { leaks, stats, problems } = await scan(tree, { language: 'en' });
  const lines: TriageLine[] = [];
  for (const leak of leaks.flatMap(placesOf)) {
    const text = (await read(leak.path)).split('\n');
    const from = Math.max(1, leak.line - around);
    lines.push({
      repo,
      commit,
      at: `${leak.path}:${leak.line}`,
      rule: leak.rule,
      confidence: leak.confidence,
      code: isTestCode(leak.path) ? 'test' : 'production',
      function: leak.function,
      message: leak.message,
      steps: leak.steps.map((step) => `${step.path}:${step.line} ${step.says}`),
      excerpt: text.slice(from - 1, leak.line + around).map((line, index) => `${from + index === leak.line ? '>' : ' '} ${from + index}  ${line}`),
    });
  }
  return { lines, stats, notJudged: problems.length };
}

/** A mirror keeps a repository as `owner+name/repo`. */
function nameOf(directory: string): string {
  const parts = resolve(directory).split('/');
  const named = parts.find((part) => part.includes('+'));
  return named?.replace('+', '/').replace(/\.git$/u, '') ?? basename(resolve(directory));
}

async function commitOf(directory: string): Promise<string | null> {
  const { code, stdout } = await runGit({ repo: directory, environment: process.env }, ['rev-parse', 'HEAD']);
  return code === 0 ? stdout.toString().trim() : null;
}
