import { readFile } from 'node:fs/promises';
import { formats } from '../format/format.ts';
import { pathsShown, type Report } from '../format/report.ts';
import type { Leak, Side } from '../finding.ts';
import { review, type Review } from '../review.ts';
import { scan } from '../scan.ts';
import { openDirectories } from '../source/directory.ts';
import { fileText } from '../source/file-text.ts';
import type { Environment } from '../source/git-command.ts';
import { openGit } from '../source/git.ts';
import type { FileText } from '../source/source.ts';
import type { Language } from '../words.ts';
import { configOfReview, configOfScan } from './config.ts';
import { parseCommand, type Command, type FailOn } from './arguments.ts';
import { help } from './help.ts';
import { describeRule, listRules } from './rules.ts';

/** What the process knows and the command line does not say. */
export interface Surroundings {
  readonly environment: Environment;
  readonly language: Language;
  readonly version: string;
  readonly colors: boolean;
}

export interface Outcome {
  readonly output: string;
  readonly exitCode: 0 | 1;
}

/** What the commands ask for leaks; replaced where a test wants certain ones. */
export interface Analyses {
  readonly review: typeof review;
  readonly scan: typeof scan;
}

/** Does what the arguments ask and says what to print. Rejects with an ExplainedError where that cannot be done. */
export async function run(args: readonly string[], surroundings: Surroundings, analyses: Analyses = { review, scan }): Promise<Outcome> {
  const command = parseCommand(args);
  const { language, version } = surroundings;
  switch (command.kind) {
    case 'help':
      return { output: help[language], exitCode: 0 };
    case 'version':
      return { output: `${version}\n`, exitCode: 0 };
    case 'rules':
      return { output: command.id === null ? listRules(language) : describeRule(command.id, language), exitCode: 0 };
    case 'review':
      return runReview(command, surroundings, analyses);
    case 'scan':
      return runScan(command, surroundings, analyses);
  }
}

async function runReview(command: Command & { kind: 'review' }, surroundings: Surroundings, analyses: Analyses): Promise<Outcome> {
  await using source = await openGit(command.repo, { ...command, environment: surroundings.environment });
  const { config, problems } = await configOfReview(command.config, source, surroundings.language);
  const reviewed = await analyses.review(source, { ...config, language: surroundings.language });
  const found: Review = { ...reviewed, problems: [...problems, ...reviewed.problems] };
  const paths = pathsShown(found.leaks);
  const texts = { LEFT: await source.texts('base', paths.LEFT), RIGHT: await source.texts('head', paths.RIGHT) };
  return outcome(command, report(found, texts, surroundings));
}

async function runScan(command: Command & { kind: 'scan' }, surroundings: Surroundings, analyses: Analyses): Promise<Outcome> {
  const tree = await openDirectories(command.paths);
  const { config, problems, isReviewed } = await configOfScan(command.config, command.paths[0] ?? '.', surroundings.language);
  const all = await analyses.scan(tree, { ...config, isReviewed, language: surroundings.language });
  const isAsked = ({ path }: { readonly path: string }): boolean => tree.asked(path);
  const found: Review = { ...all, leaks: all.leaks.filter(isAsked), problems: [...problems, ...all.problems.filter(isAsked)], skipped: all.skipped.filter(isAsked) };
  const paths = pathsShown(found.leaks).RIGHT;
  const texts = await Promise.all(paths.map(async (path) => [path, fileText(await readFile(path))] as const));
  return outcome(command, report(found, { LEFT: new Map(), RIGHT: new Map(texts) }, surroundings));
}

function report(found: Review, texts: Readonly<Record<Side, ReadonlyMap<string, FileText>>>, { language, version, colors }: Surroundings): Report {
  const textOf = (side: Side, path: string): string | undefined => {
    const text = texts[side].get(path);
    return text?.kind === 'text' ? text.text : undefined;
  };
  return { review: found, language, version, colors, textOf };
}

function outcome(command: { readonly format: keyof typeof formats; readonly failOn: FailOn }, shown: Report): Outcome {
  const failing = shown.review.leaks.some((leak) => fails(leak, command.failOn));
  return { output: formats[command.format](shown), exitCode: failing ? 1 : 0 };
}

function fails({ confidence }: Leak, failOn: FailOn): boolean {
  return failOn === 'likely' || (failOn === 'certain' && confidence === 'certain');
}
