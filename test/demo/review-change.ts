import { runGit } from '../../src/source/git-command.ts';
import { DemoError } from './demo-error.ts';
import type { AppProcess } from './app-process.ts';
import type { Change } from './change.ts';
import type { Reviewed } from './show-review.ts';
import type { CheckRunState, CommentState, EmbeddedGitHub } from '../embedded-github/index.ts';

/** Longer than the App gives a job. */
const patienceMs = 330_000;

/** Opens the pull request, which delivers its webhook, and waits until the App has completed its check. Rejects with a DemoError. */
export async function reviewChange(change: Change, github: EmbeddedGitHub, app: AppProcess): Promise<Reviewed> {
  await github.warmUp();
  const { title, body, base, head } = change;
  const pull = await github.openPullRequest({ title, ...(body === '' ? {} : { body }), base, head });
  const delivery = github.deliveries.at(-1);
  if (delivery === undefined || delivery.statusCode >= 300 || delivery.statusCode < 200) throw new DemoError(`The App did not take the webhook: ${delivery?.status ?? 'it was not delivered'}.`);
  const delivered = performance.now() - delivery.duration * 1000;
  const check = await completed(github, app, 0);
  const milliseconds = performance.now() - delivered;
  const objections = [...github.violations, ...github.unplanned];
  if (objections.length > 0) throw new DemoError(`The embedded GitHub objects: ${objections.join('; ')}.`);
  const commented = new Map(await Promise.all(pull.comments.map(async (comment) => [comment, await linesOf(change.gitDir, comment)] as const)));
  return { pull, check, commented, requests: [...github.requests], milliseconds };
}

/** The newest check run, when there are more than so many, and all are completed. Rejects with a DemoError. */
export async function completed(github: EmbeddedGitHub, app: AppProcess, before: number): Promise<CheckRunState> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
    const runs = github.checkRuns();
    const last = runs.at(-1);
    if (last !== undefined && runs.length > before && runs.every(({ status }) => status === 'completed')) return last;
    app.assertAlive();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new DemoError(`The check did not complete within ${patienceMs / 1000} seconds.`);
}

/** The lines that a comment is on. */
async function linesOf(gitDir: string, { side, path, originalCommitId, originalMergeBase, originalStartLine, originalLine }: CommentState): Promise<string[]> {
  const commit = side === 'LEFT' ? originalMergeBase : originalCommitId;
  const { stdout } = await runGit({ repo: gitDir, environment: process.env }, ['cat-file', 'blob', `${commit}:${path}`]);
  return stdout.toString().split('\n').slice((originalStartLine ?? originalLine) - 1, originalLine).map((line) => line.replace(/\r$/, ''));
}
