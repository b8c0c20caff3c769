import { spawn } from 'node:child_process';
import { appendFile, readFile, truncate } from 'node:fs/promises';
import { z } from 'zod';
import { review } from '../../src/review.ts';
import { openGit } from '../../src/source/git.ts';
import { runGit } from '../../src/source/git-command.ts';
import { AccuracyError } from './accuracy-error.ts';
import { isTestCode } from './test-code.ts';

/** What Goleash says of one commit. */
const replayed = z.object({
  commit: z.string(),
  milliseconds: z.number(),
  goFiles: z.number(),
  findings: z.array(
    z.object({ at: z.string(), side: z.enum(['LEFT', 'RIGHT']), rule: z.string(), confidence: z.enum(['certain', 'likely']), code: z.enum(['production', 'test']), function: z.string(), message: z.string() }),
  ),
});

export type Replayed = z.infer<typeof replayed>;

/** The newest commits that touch Go, merges left out, the newest first. */
export async function goCommits(repo: string, count: number): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runGit({ repo, environment: process.env }, ['rev-list', '--no-merges', '--min-parents=1', `--max-count=${count}`, 'HEAD', '--', '*.go']);
  if (code !== 0) throw new AccuracyError(`The commits of ${repo} cannot be listed: ${stderr}`);
  return stdout.toString().split('\n').filter((line) => line !== '');
}

/** Reviews one commit as a pull request onto its parent. */
export async function replay(repo: string, commit: string): Promise<Replayed> {
  await using source = await openGit(repo, { base: `${commit}^`, head: commit, twoDot: true, environment: process.env });
  const { leaks, goFiles, stats } = await review(source, { language: 'en' });
  return {
    commit,
    milliseconds: stats.milliseconds,
    goFiles,
    findings: leaks.map(({ path, line, side, rule, confidence, function: name, message }) => ({ at: `${path}:${line}`, side, rule, confidence, code: isTestCode(path) ? 'test' : 'production', function: name, message })),
  };
}

/** What an earlier run has written to its file; nothing where there is none. */
export async function readReplayed(file: string): Promise<ReadonlyMap<string, Replayed>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const all = wholeLines(text).split('\n').slice(0, -1).map((line) => replayed.parse(JSON.parse(line)));
  return new Map(all.map((one) => [one.commit, one]));
}

/** Takes away the last line of a run that was killed, where it is cut off; that commit is replayed again. */
export async function mendReplayed(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const whole = wholeLines(text);
  if (whole !== text) await truncate(file, Buffer.byteLength(whole));
}

function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

/** Replays those commits that the file does not know yet, and writes each down at once. */
export async function replayInto(file: string, repo: string, commits: readonly string[], progress: (done: number, of: number) => void): Promise<void> {
  const known = await readReplayed(file);
  const missing = commits.filter((commit) => !known.has(commit));
  for (const [index, commit] of missing.entries()) {
    await appendFile(file, `${JSON.stringify(await replay(repo, commit))}\n`);
    progress(index + 1, missing.length);
  }
}

/** Runs this command once for each part of the work, side by side. */
export async function inParts(parts: number, argsOf: (part: number) => readonly string[]): Promise<void> {
  const script = process.argv[1] ?? '';
  const runs = Array.from({ length: parts }, (_, part) =>
    new Promise<number>((resolve, reject) => {
      const child = spawn(process.execPath, [...process.execArgv, script, ...argsOf(part)], { stdio: ['ignore', 'ignore', 'inherit'] });
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    }),
  );
  if ((await Promise.all(runs)).some((code) => code !== 0)) throw new AccuracyError('A part of the replay failed; what it said is above. Run the same command to go on.');
}
