import { combineFixes, pathsOfFixes } from '../combine-fixes.ts';
import { readConfig } from '../config.ts';
import { deadline } from '../deadline.ts';
import { directoryOf } from '../go-files.ts';
import { LimitedJob, RetryJob } from '../jobs/queue.ts';
import { applyFixes, mayCommit } from './apply-fixes.ts';
import { applyNote } from './apply-note.ts';
import { failedOutput, leftAloneOutput, movedOutput, noGoOutput, reviewedOutput } from './check-output.ts';
import { commentBody } from './comment.ts';
import { classify } from './failure.ts';
import { canWrite, explain, heed } from './heed.ts';
import { leftAlone, matters } from './left-alone.ts';
import { compareFiles, listFiles, mostComparedFiles, mostListedFiles } from './list-files.ts';
import { isDismissal, nothingPlanned, plan, withoutComments } from './plan.ts';
import { findCheck, finishCheck, noteOnCheck, postReview, startCheck } from './publish.ts';
import { readHead, readPullRequest } from './read-pull-request.ts';
import { concernsGo } from '../review.ts';
import { createGitHubSource, readableTexts } from './source.ts';
import { dismissals, toldIn } from './threads.ts';
import { nothingTidied } from './tidied.ts';
import { tidy } from './tidy.ts';
import { words } from './words.ts';
import type { Config } from '../config.ts';
import type { FileChange } from '../diff.ts';
import type { Leak } from '../finding.ts';
import type { ApplyFixesAsk, Job, JobRun, MergeGroup, OpenCheck, Work } from '../jobs/queue.ts';
import type { Log } from '../log.ts';
import type { Problem } from '../problem.ts';
import type { Review, ReviewOptions } from '../review.ts';
import type { Source } from '../source/source.ts';
import type { Language } from '../words.ts';
import type { Applied } from './applied.ts';
import type { CheckOutput, FixesOffer } from './check-output.ts';
import type { Client, PullAddress } from './client.ts';
import type { CommentContext } from './comment.ts';
import type { Failure } from './failure.ts';
import type { Disputed } from './heed.ts';
import type { Dismissal } from './marker.ts';
import type { Plan } from './plan.ts';
import type { TakenCheck } from './publish.ts';
import type { PullRequest } from './read-pull-request.ts';
import type { GitHubSource } from './source.ts';
import type { Thread } from './threads.ts';
import type { Tidying } from './tidy.ts';

export interface ReviewerOptions {
  /** A client for an installation; its requests are given up when the signal is aborted. Rejects where GitHub gives no token. */
  readonly connect: (installationId: number, signal: AbortSignal) => Promise<Client>;
  readonly review: (source: Source, options: ReviewOptions) => Promise<Review>;
  /** Where links lead, such as `https://github.com`. */
  readonly webUrl: string;
  readonly now: () => number;
  readonly log: Log;
  /** Each query of texts also sees the head; what was seen this long ago still counts when comments are posted. */
  readonly headTrustedForMs: number;
  /** A newer push has its own webhook, whose job takes this one's place; where that is lost, this one does the work, so much later. */
  readonly movedDelayMs: number;
  /** Told of each finding that a person calls wrong. */
  readonly disputed: (what: Disputed) => void;
}

/** The work of the queue: reviews a pull request as it is now, whatever the event said. */
export interface Reviewer {
  readonly work: Work;
  /** Closes what a job that will not run has left open, or said about its next attempt. */
  readonly abandon: (job: Job) => Promise<void>;
}

/** Time for the last words of a review that was stopped. */
const closingMs = 10_000;

export function createReviewer(options: ReviewerOptions): Reviewer {
  return {
    async work(job, run) {
      const progress: Progress = { check: null, head: null, language: 'en', isWanted: job.review };
      try {
        if (job.group === null) await reviewPullRequest(job, run, progress, options);
        else await reviewMergeGroup(job, job.group, run, progress, options);
      } catch (error) {
        if (error instanceof RetryJob) throw error;
        await tellFailure(job, run, progress, options, run.signal.aborted ? run.signal.reason : error);
      }
    },
    async abandon(job) {
      if (job.openChecks.length === 0) return;
      const client = await options.connect(job.installationId, deadline(closingMs));
      const output = failedOutput({ kind: 'interrupted' }, { language: 'en', reference: job.delivery, retryAt: null });
      for (const check of job.openChecks) await finishCheck(client, addressOf(job), check, output);
    },
  };
}

/** What a failure's words and their place depend on; filled as the job gets there. */
interface Progress {
  check: OpenCheck | TakenCheck | null;
  head: string | null;
  language: Language;
  /** Whether there is a review to speak of: not for a command of someone who may not. */
  isWanted: boolean;
}

async function reviewPullRequest(job: Job, run: JobRun, progress: Progress, options: ReviewerOptions): Promise<void> {
  const started = options.now();
  const address = addressOf(job);
  const client = await options.connect(job.installationId, run.signal);
  const pull = await readPullRequest(client, address, job.base);
  if (pull?.open !== true) {
    options.log.info({ job }, 'The pull request is closed or not to be seen; nothing to review.');
    if (pull !== null) for (const ask of job.asks.filter((one) => one.kind === 'apply-fixes')) await press(ask, { job, run, client, address, pull, config: readConfig(pull.config).config, options });
    await closeChecks(client, address, job.openChecks, failedOutput({ kind: 'not-found' }, { language: 'en', reference: job.delivery, retryAt: null }));
    return;
  }
  const { config, problems: configProblems } = readConfig(pull.config);
  if (job.labels !== undefined && job.openChecks.length === 0 && !matters(job.labels, config)) {
    options.log.info({ job }, 'No label that the configuration names; nothing to do.');
    return;
  }
  progress.head = pull.head;
  progress.language = config.language;
  for (const ask of job.asks.filter((one) => one.kind === 'apply-fixes')) await press(ask, { job, run, client, address, pull, config, options });
  const heeded = await heed({ client, address, pull, asks: job.asks.filter((ask) => ask.kind === 'command'), language: config.language, disputed: options.disputed, log: options.log });
  if (!job.review && !heeded.any) return;
  progress.isWanted = true;
  progress.check = await takeOver(client, address, [...job.openChecks, ...(await forgotten(client, address, pull.unfinished, job.openChecks))], pull.head, config.language);

  const finish = async (output: CheckOutput): Promise<void> => {
    await finishCheck(client, address, progress.check ?? { head: pull.head }, output);
  };
  const alone = heeded.any ? null : leftAlone(pull, config);
  if (alone !== null) return finish(leftAloneOutput(alone, configProblems, config.language));

  const listed: FileChange[] = [];
  for await (const page of listFiles(client, address)) {
    if (page.head !== null && page.head !== pull.head) return moved(page.head);
    listed.push(...page.changes);
    // A change without Go needs no check run in progress; one of many pages is long enough to show it.
    if (page.more || page.changes.some(concernsGo)) progress.check ??= await start(client, address, pull.head, config.language);
  }
  const filesCut = listed.length >= mostListedFiles ? listed.length : null;
  const context: CommentContext = { webUrl: options.webUrl, owner: job.owner, repo: job.repo, sha: pull.head, language: config.language };
  const tidyUp = (posted: Plan, problems: readonly Problem[]): Promise<Tidying> =>
    tidy({ client, address, head: pull.head, threads: pull.threads, plan: posted, wasJudged: (path) => filesCut === null && !isAmong(problems, path), context, isRetried: run.nextAttempt() !== null, log: options.log });

  if (!listed.some(concernsGo)) {
    await explain(heeded.toExplain, nothingPlanned, () => Promise.resolve(new Map()), context, client, address);
    const tidying = await tidyUp(nothingPlanned, []);
    return tidying.kind === 'moved' ? moved(tidying.head) : finish(noGoOutput(listed.length, configProblems, tidying.tidied, config.language));
  }

  const source = createGitHubSource({ client, pull: address, head: pull.head, base: pull.base, changes: listed, now: options.now });
  const changes = await source.diff();
  const review = await orAborted(options.review(source, config), run.signal);
  const planned = await makePlan({ review, source, changes, threads: pull.threads, dismissed: new Map([...dismissals(pull.threads), ...heeded.dismissed]), config, incomplete: review.problems.length > 0 || filesCut !== null });

  const posted = await postComments(planned, { client, address, pull, run, source, context, options });
  if (posted.kind === 'moved') return moved(posted.head);
  await explain(heeded.toExplain, posted.plan, (paths) => readableTexts(source, paths), context, client, address);
  const tidying = await tidyUp(posted.plan, review.problems);
  if (tidying.kind === 'moved') return moved(tidying.head);
  await finish(
    reviewedOutput({
      plan: posted.plan,
      review,
      context,
      config,
      configProblems,
      filesCut,
      requests: client.requests() + 1,
      milliseconds: options.now() - started,
      commentsRefused: posted.refusedBecause,
      tidied: tidying.tidied,
      fixes: await offerOf(posted.plan, source, { client, pull, config }),
    }),
  );
  options.log.info({ job, head: pull.head, comments: posted.plan.comments.length, conclusion: posted.plan.conclusion, requests: client.requests(), milliseconds: options.now() - started }, 'Reviewed.');

  /** What was found is about a head that nobody looks at any more. */
  async function moved(head: string | null): Promise<never> {
    if (progress.check !== null) await finish(movedOutput(head, config.language));
    throw new RetryJob({ ...job, head, openChecks: [] }, options.now() + options.movedDelayMs);
  }
}

/**
 * Looks at what the queue is about to merge, which no head of a pull request may have shown: two changes that are right apart can leak together.
 * There is nothing to comment on; the check run must be there in any case, or the queue waits for it.
 */
async function reviewMergeGroup(job: Job, group: MergeGroup, run: JobRun, progress: Progress, options: ReviewerOptions): Promise<void> {
  const started = options.now();
  const address = addressOf(job);
  const client = await options.connect(job.installationId, run.signal);
  progress.head = group.head;
  const pull = job.pull === 0 ? null : await readPullRequest(client, address, job.base);
  const { config, problems: configProblems } = readConfig(pull?.config ?? []);
  progress.language = config.language;
  const openChecks = [...job.openChecks, ...(await forgotten(client, address, [group.head], job.openChecks))];
  const check = (await takeOver(client, address, openChecks, group.head, config.language)) ?? (await start(client, address, group.head, config.language));
  progress.check = check;
  const compared = await compareFiles(client, address, group.base, group.head);
  if (!compared.some(concernsGo)) {
    await finishCheck(client, address, check, noGoOutput(compared.length, configProblems, nothingTidied, config.language));
    return;
  }
  const source = createGitHubSource({ client, pull: address, head: group.head, base: group.base, changes: compared, now: options.now });
  const changes = await source.diff();
  const review = await orAborted(options.review(source, config), run.signal);
  const filesCut = changes.length >= mostComparedFiles ? changes.length : null;
  const threads = pull?.threads ?? [];
  const planned = await makePlan({ review, source, changes, threads, dismissed: dismissals(threads), config, incomplete: review.problems.length > 0 || filesCut !== null });
  const context: CommentContext = { webUrl: options.webUrl, owner: job.owner, repo: job.repo, sha: group.head, language: config.language };
  const output = reviewedOutput({
    plan: withoutComments(planned, planned.comments, 'merge-group', await textsOfFixes(planned.comments.map(({ leak }) => leak), source)),
    review,
    context,
    config,
    configProblems,
    filesCut,
    requests: client.requests() + 1,
    milliseconds: options.now() - started,
    commentsRefused: null,
    tidied: nothingTidied,
    fixes: 'none',
  });
  await finishCheck(client, address, check, output);
  options.log.info({ job, head: group.head, conclusion: output.conclusion, requests: client.requests() }, 'Reviewed a merge group.');
}

interface Press {
  readonly job: Job;
  readonly run: JobRun;
  readonly client: Client;
  readonly address: PullAddress;
  readonly pull: PullRequest;
  readonly config: Config;
  readonly options: ReviewerOptions;
}

/** Does what the button says where the one who pressed it may write, and says on its check run what came of it. Rejects where another attempt can help. */
async function press(ask: ApplyFixesAsk, { job, run, client, address, pull, config, options }: Press): Promise<void> {
  let applied: Applied;
  let speaker = client;
  try {
    if (!(await canWrite(client, address, ask.by))) {
      options.log.info({ pull: address, by: ask.by }, 'A button that was pressed by someone who may not was left alone.');
      return;
    }
    applied = await applyFixes({ client, address, pull, head: ask.head, config, review: (source) => orAborted(options.review(source, config), run.signal), now: options.now });
  } catch (error) {
    const failure = classify(run.signal.aborted ? run.signal.reason : error, options.now());
    if ((failure.kind === 'rate-limit' && !run.isLast) || (failure.kind === 'github' && run.nextAttempt() !== null)) throw error;
    options.log.error({ job, failure, err: error }, 'The fixes could not be committed.');
    applied = { kind: 'failed', failure };
    speaker = await options.connect(job.installationId, deadline(closingMs));
  }
  await noteOnCheck(speaker, address, ask.check, applyNote(applied, ask.by, job.delivery, config.language), applied.kind === 'failed' || applied.kind === 'refused');
  options.log.info({ job, applied: applied.kind, ...('sha' in applied ? { commit: applied.sha } : {}) }, 'A button was pressed.');
}

/** Whether the fixes that can be committed are offered. */
async function offerOf(posted: Plan, source: Source, { client, pull, config }: Pick<Press, 'client' | 'pull' | 'config'>): Promise<FixesOffer> {
  if (!config.applyFixes) return 'none';
  const leaks = [...posted.comments, ...posted.remaining.filter(({ why }) => !isDismissal(why))].map(({ leak }) => leak);
  if (combineFixes(leaks, await textsOfFixes(leaks, source)).fixes.length === 0) return 'none';
  if (pull.fork) return 'fork';
  return (await mayCommit(client)) ? 'button' : 'permission';
}

function start(client: Client, address: PullAddress, head: string, language: Language): Promise<OpenCheck> {
  return startCheck(client, address, head, { title: words[language].inProgressTitle, summary: words[language].inProgressSummary });
}

/** The check run that an earlier attempt left on this head; those on other heads are closed. */
async function takeOver(client: Client, address: PullAddress, checks: readonly OpenCheck[], head: string, language: Language): Promise<TakenCheck | null> {
  await closeChecks(client, address, checks.filter((check) => check.head !== head), movedOutput(head, language));
  const found = checks.find((check) => check.head === head);
  return found === undefined ? null : { ...found, isTakenOver: true };
}

/** Check runs in progress on these heads that no job knows of: their process was ended without a word, or GitHub's answer was lost. */
async function forgotten(client: Client, address: PullAddress, heads: readonly string[], known: readonly OpenCheck[]): Promise<readonly OpenCheck[]> {
  const found: OpenCheck[] = [];
  for (const head of heads.filter((one) => known.every((check) => check.head !== one))) {
    const check = await findCheck(client, address, head, 'in_progress');
    if (check !== null) found.push(check);
  }
  return found;
}

async function closeChecks(client: Client, address: PullAddress, checks: readonly OpenCheck[], output: CheckOutput): Promise<void> {
  for (const check of checks) await finishCheck(client, address, check, output);
}

interface PlanParts {
  readonly review: Review;
  readonly source: Source;
  readonly changes: readonly FileChange[];
  readonly threads: readonly Thread[];
  readonly dismissed: ReadonlyMap<string, Dismissal>;
  readonly config: Config;
  readonly incomplete: boolean;
}

async function makePlan({ review, source, changes, threads, dismissed, config, incomplete }: PlanParts): Promise<Plan> {
  const texts = await textsOfFixes(review.leaks, source);
  return plan({ leaks: review.leaks, changes, posted: new Set(threads.flatMap(toldIn)), dismissed, texts, maxComments: config.maxComments, conclusion: config.conclusion, incomplete });
}

/** The review has read them, so that this asks GitHub nothing. */
async function textsOfFixes(leaks: readonly Leak[], source: Source): Promise<ReadonlyMap<string, string>> {
  const paths = pathsOfFixes(leaks);
  return paths.length === 0 ? new Map() : readableTexts(source, paths);
}

interface Posting {
  readonly client: Client;
  readonly address: PullAddress;
  readonly pull: PullRequest;
  readonly run: JobRun;
  readonly source: GitHubSource;
  readonly context: CommentContext;
  readonly options: ReviewerOptions;
}

type Posted = { readonly kind: 'done'; readonly plan: Plan; readonly refusedBecause: string | null } | { readonly kind: 'moved'; readonly head: string | null };

async function postComments(planned: Plan, posting: Posting): Promise<Posted> {
  if (planned.comments.length === 0) return { kind: 'done', plan: planned, refusedBecause: null };
  const { client, address, pull, source, context } = posting;
  const head = await headNow(posting);
  if (head !== pull.head) return { kind: 'moved', head };
  const comments = planned.comments.map((comment) => ({ planned: comment, body: commentBody(comment, context) }));
  const inCheck = planned.remaining.filter(({ why }) => why !== 'already-posted' && !isDismissal(why)).length;
  // The comments speak for themselves; a summary of them would stay when they are gone.
  const body = inCheck > 0 ? words[context.language].reviewBody(inCheck) : '';
  const result = await postReview(client, { pull: address, head: pull.head, body, comments });
  if (result.kind === 'moved') return result;
  if (result.refused.length === 0) return { kind: 'done', plan: planned, refusedBecause: null };
  const texts = await textsOfFixes(result.refused.map(({ leak }) => leak), source);
  return { kind: 'done', plan: withoutComments(planned, result.refused, 'refused', texts), refusedBecause: result.says };
}

/** The cheapest news first: a newer job that waits, the last query of texts, a query of its own. */
async function headNow({ client, address, pull, run, source, options }: Posting): Promise<string | null> {
  const announced = run.newerHead();
  if (announced !== null && announced !== pull.head) return announced;
  const seen = source.lastSeenHead();
  return seen !== null && options.now() - seen.at < options.headTrustedForMs ? seen.head : readHead(client, address);
}

/** Completes the check run with words that the author can act on, and asks the queue for another attempt where one can help. */
async function tellFailure(job: Job, run: JobRun, progress: Progress, options: ReviewerOptions, error: unknown): Promise<void> {
  const failure = classify(error, options.now());
  options.log[failure.kind === 'bug' || failure.kind === 'refused' ? 'error' : 'warn']({ job, failure, err: error }, 'The review could not be done.');
  const openChecks = progress.check === null ? job.openChecks : [progress.check];
  // GitHub asked for silence, and a check run's last words are a request too: the check run stays in progress, which is true, until the next attempt.
  if (failure.kind === 'rate-limit' && !run.isLast) throw new LimitedJob({ ...job, openChecks }, failure.until, { cause: error });
  // What GitHub has just made is not found everywhere at once.
  const retryAt = failure.kind === 'github' || failure.kind === 'not-found' ? run.nextAttempt() : null;
  const said = await lastWords(job, progress, options, failure, retryAt, openChecks);
  // The next attempt goes on in the same check run, though it is completed.
  if (retryAt !== null) throw new RetryJob({ ...job, openChecks: said }, retryAt, { cause: error });
}

async function lastWords(job: Job, progress: Progress, options: ReviewerOptions, failure: Failure, retryAt: number | null, openChecks: readonly OpenCheck[]): Promise<readonly OpenCheck[]> {
  const head = progress.head ?? job.head;
  const output = failedOutput(failure, { language: progress.language, reference: job.delivery, retryAt });
  try {
    const client = await options.connect(job.installationId, deadline(closingMs));
    if (openChecks.length > 0) await closeChecks(client, addressOf(job), openChecks, output);
    else if (head !== null && progress.isWanted && failure.kind !== 'not-found') return [await finishCheck(client, addressOf(job), { head }, output)];
  } catch (error) {
    const again = classify(error, options.now());
    options.log.error({ job, failure: again, err: error }, 'The check run could not be completed.');
    if (again.kind === 'rate-limit') throw new LimitedJob({ ...job, openChecks }, again.until, { cause: error });
    if (again.kind === 'github' && openChecks.length > 0) throw new RetryJob({ ...job, openChecks }, retryAt, { cause: error });
  }
  return openChecks;
}

/** The review itself cannot be stopped, but need not be waited for. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const stop = new AbortController();
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: stop.signal })),
    ]);
  } finally {
    stop.abort();
  }
}

/** Problems name files, or a directory; what is wrong with a file can hide a leak of its whole package. */
function isAmong(problems: readonly Problem[], path: string): boolean {
  const directory = directoryOf(path);
  return problems.some((problem) => problem.path === directory || directoryOf(problem.path) === directory);
}

function addressOf(job: Job): PullAddress {
  return { owner: job.owner, repo: job.repo, number: job.pull, ...(job.group === null ? {} : { groupBase: job.group.base }) };
}
