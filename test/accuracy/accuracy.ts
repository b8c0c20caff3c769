import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ExplainedError } from '../../src/explained-error.ts';
import { AccuracyError } from './accuracy-error.ts';
import { openCommit } from './commit-tree.ts';
import { goCorpus } from './go-corpus.ts';
import { tryKernel, type KernelResult } from './kernel.ts';
import { kernelTables, kernelText } from './kernel-report.ts';
import { readKernelLabels, readLeakLabels } from './labels.ts';
import { tryMutants, type Tried } from './mutants.ts';
import { mutantsText } from './mutants-report.ts';
import { goCommits, inParts, mendReplayed, readReplayed, replayInto } from './noise.ts';
import { noiseText } from './noise-report.ts';
import { recall, type Recalled } from './recall.ts';
import { recalledText, recallTables } from './recall-report.ts';
import { triage } from './triage.ts';
import { usage } from './usage.ts';

const options = {
  labels: { type: 'string' },
  mirror: { type: 'string' },
  class: { type: 'string' },
  scope: { type: 'string' },
  only: { type: 'string' },
  syntactic: { type: 'boolean', default: false },
  gobench: { type: 'string' },
  goat: { type: 'string' },
  goroot: { type: 'string' },
  out: { type: 'string' },
  repo: { type: 'string' },
  commits: { type: 'string', default: '1000' },
  jobs: { type: 'string', default: '1' },
  each: { type: 'string', default: '3' },
  part: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArguments(args);
  const [command, ...rest] = positionals;
  if (values.help) return print(usage);
  switch (command) {
    case 'recall':
      return runRecall(values);
    case 'goker':
      return runKernels(values);
    case 'go-corpus':
      return runGoCorpus(values);
    case 'scan':
      return runScan(values, rest);
    case 'mutants':
      return runMutants(values, rest);
    case 'noise':
      return runNoise(values);
    default:
      throw new AccuracyError(`Say what to measure.\n\n${usage}`);
  }
}

async function runRecall(values: Values): Promise<number> {
  const labels = await readLeakLabels(labelsFile(values, 'dev.jsonl'));
  const mirror = given(values.mirror, 'GOLEASH_MIRROR', '--mirror');
  const asked = labels.filter((label) => isAsked(values, label) && (values.class ?? label.class) === label.class && (values.scope ?? label.scope) === label.scope && (!values.syntactic || label.syntactic));
  if (asked.length === 0) throw new AccuracyError('No label is of that kind.');
  const all: Recalled[] = [];
  for (const label of asked) {
    const one = await recall(label, mirror);
    all.push(one);
    print(recalledText(one));
  }
  return print(`\n${recallTables(all)}`);
}

async function runKernels(values: Values): Promise<number> {
  const labels = (await readKernelLabels(labelsFile(values, 'goker.jsonl'))).filter((label) => isAsked(values, label));
  if (labels.length === 0) throw new AccuracyError('There is no such kernel.');
  const places = { gobench: given(values.gobench, 'GOLEASH_GOBENCH', '--gobench'), goat: values.goat ?? process.env['GOLEASH_GOAT'] ?? null };
  const all: KernelResult[] = [];
  for (const label of labels) {
    const one = await tryKernel(label, places);
    all.push(one);
    print(kernelText(one));
  }
  return print(`\n${kernelTables(all)}`);
}

async function runGoCorpus(values: Values): Promise<number> {
  const { text, isAsAimed } = await goCorpus(given(values.goroot, 'GOROOT', '--goroot'));
  print(text);
  return isAsAimed ? 0 : 1;
}

async function runScan(values: Values, directories: readonly string[]): Promise<number> {
  if (directories.length === 0) throw new AccuracyError('Say which repositories to scan: checked out directories, or bare repositories.');
  if (values.out !== undefined) await writeFile(values.out, '');
  for (const directory of directories) {
    const { lines, stats, notJudged } = await triage(directory);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (values.out === undefined) process.stdout.write(text);
    else await appendFile(values.out, text);
    console.error(`${directory}: ${lines.length} findings; ${stats.files} files parsed, ${stats.functions} functions, ${notJudged} problems, ${(stats.milliseconds / 1000).toFixed(0)} s`);
  }
  return 0;
}

async function runMutants(values: Values, directories: readonly string[]): Promise<number> {
  if (directories.length === 0) throw new AccuracyError('Say of which repositories: checked out directories, or bare repositories.');
  const perKind = wholeNumber(values.each, '--each');
  const all: Tried[] = [];
  for (const directory of directories) {
    await using tree = await openCommit(directory, 'HEAD');
    for await (const one of tryMutants(tree, perKind)) all.push({ ...one, at: `${directory} ${one.at}` });
    console.error(`${directory}: ${all.length} so far`);
  }
  return print(mutantsText(all));
}

async function runNoise(values: Values): Promise<number> {
  const repo = given(values.repo, 'GOLEASH_REPO', '--repo');
  const commits = await goCommits(repo, wholeNumber(values.commits, '--commits'));
  const jobs = wholeNumber(values.jobs, '--jobs');
  const scratch = values.out === undefined ? await mkdtemp(join(tmpdir(), 'goleash-noise-')) : null;
  const out = values.out ?? join(scratch ?? '', 'noise.jsonl');
  try {
    const part = values.part === undefined ? null : wholeNumber(values.part, '--part') - 1;
    const own = part === null ? commits : commits.filter((_, index) => index % jobs === part);
    if (part === null) await mendReplayed(out);
    if (part === null && jobs > 1) await inParts(jobs, (at) => ['noise', '--repo', repo, '--commits', values.commits, '--jobs', String(jobs), '--out', out, '--part', String(at + 1)]);
    else await replayInto(out, repo, own, (done, of) => (done % 25 === 0 || done === of ? console.error(`${done} of ${of} commits`) : undefined));
    if (part !== null) return 0;
    const known = await readReplayed(out);
    return print(noiseText(commits.flatMap((commit) => known.get(commit) ?? [])));
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true });
  }
}

function parseArguments(args: readonly string[]): { values: Values; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (error instanceof TypeError) throw new AccuracyError(`${error.message}\n\n${usage}`);
    throw error;
  }
}

function isAsked({ only }: Values, { id }: { readonly id: string }): boolean {
  return only === undefined || id.includes(only);
}

function labelsFile(values: Values, name: string): string {
  const directory = process.env['GOLEASH_LABELS'];
  return values.labels ?? (directory === undefined ? given(undefined, 'GOLEASH_LABELS', '--labels') : join(directory, name));
}

function given(value: string | undefined, variable: string, option: string): string {
  const found = value ?? process.env[variable];
  if (found === undefined || found === '') throw new AccuracyError(`${option} is missing, and ${variable} is not set.\n\n${usage}`);
  return found;
}

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new AccuracyError(`${option} takes a number from 1 on, not "${text}".`);
  return value;
}

function print(text: string): 0 {
  console.log(text);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof AccuracyError) && !(error instanceof ExplainedError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
