import { availableParallelism } from 'node:os';
import { Probot, ProbotOctokit, run as runProbot, Server } from 'probot';
import type { Context } from 'probot';
import type { Logger } from 'pino';
import { deadline } from './deadline.ts';
import { readCommand } from './github/command.ts';
import { createReviewer } from './github/review-pull-request.ts';
import { checkName, readExternalId } from './github/external-id.ts';
import { applyFixesAction } from './github/publish.ts';
import { createInProcessQueue } from './jobs/in-process.ts';
import { review } from './review.ts';
import { createWebhookHandler } from './webhook.ts';
import { createAnalysisPool } from './workers/analysis-pool.ts';
import type { Client } from './github/client.ts';
import type { ReviewerOptions } from './github/review-pull-request.ts';
import type { Ask, Depth, Job, MergeGroup, Queue } from './jobs/queue.ts';

export interface AppOptions {
  readonly appId: number;
  readonly privateKey: string;
  readonly webhookSecret: string;
  readonly webhookPath: string;
  readonly host: string;
  /** Not 0, in whose place Probot takes 3000. */
  readonly port: number;
  /** GitHub's pages and its REST API, such as `https://github.com` and `https://api.github.com`. */
  readonly webUrl: string;
  readonly apiUrl: string;
  readonly log: Logger;
  readonly concurrency: number;
  readonly jobTimeoutMs: number;
  /** The analysis; the App's own where it is not told. */
  readonly review?: ReviewerOptions['review'];
  readonly pace?: Partial<Pace>;
}

/** How patient the App is with GitHub. */
export interface Pace {
  /** GitHub asks for one write at a time and a second between them; only tests are in more of a hurry. */
  readonly throttle: boolean;
  /** Unit of the waits between Octokit's retries of reads: 1, 4 and 9 of them. */
  readonly retryUnitMs: number;
  readonly requestTimeoutMs: number;
  /** Waits before further attempts at a job. */
  readonly backoffMs: readonly number[];
  readonly headTrustedForMs: number;
  readonly movedDelayMs: number;
}

const usualPace: Pace = { throttle: true, retryUnitMs: 1000, requestTimeoutMs: 30_000, backoffMs: [5_000, 30_000, 120_000], headTrustedForMs: 2_000, movedDelayMs: 10_000 };

export interface RunningApp {
  readonly url: string;
  depth(): Depth;
  /** Refuses new work, lets the running work finish within the grace, and stops serving. */
  close(graceMs: number): Promise<void>;
}

/** Starts the App: serves webhooks and works on what they ask for. Rejects where the port is taken. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const pace = { ...usualPace, ...options.pace };
  let draining = false;
  let probot: Probot | null = null;

  /** Installations whose token GitHub did not take any more: Probot would keep it for an hour. */
  const staleTokens = new Set<number>();

  async function connect(installationId: number, signal: AbortSignal): Promise<Client> {
    if (probot === null) throw new Error('The App is not started.');
    const octokit = await probot.auth(installationId);
    if (staleTokens.delete(installationId)) await octokit.auth({ type: 'installation', refresh: true });
    return clientOf(octokit, signal, () => staleTokens.add(installationId));
  }

  const pool = createAnalysisPool({
    processes: Math.min(options.concurrency, availableParallelism()),
    reviewMs: options.jobTimeoutMs / 2,
    directoryMs: options.jobTimeoutMs / 4,
    memoryMb: 1024,
    failed: (directory, error) => options.log.error({ directory, err: error }, 'An analysis failed, and is named in the review.'),
  });
  const disputed: ReviewerOptions['disputed'] = (what) => options.log.info({ metric: 'findings_called_wrong', ...what }, 'A finding was called wrong.');
  const reviewer = createReviewer({ connect, review: options.review ?? ((source, asked) => review(source, { ...asked, analyze: pool.forReview() })), webUrl: options.webUrl, now: Date.now, log: options.log, headTrustedForMs: pace.headTrustedForMs, movedDelayMs: pace.movedDelayMs, disputed });
  const queue = createInProcessQueue({
    work: reviewer.work,
    abandon: reviewer.abandon,
    concurrency: options.concurrency,
    timeoutMs: options.jobTimeoutMs,
    backoffMs: pace.backoffMs,
    failed: (job, error) => options.log.error({ job, err: error }, 'A job was given up.'),
  });

  /** Probot's server takes the middleware for webhooks from here. */
  class GuardedProbot extends Probot.defaults({ appId: options.appId, privateKey: options.privateKey, secret: options.webhookSecret, baseUrl: options.apiUrl, Octokit: octokitWith(pace, options.apiUrl), log: options.log }) {
    override getNodeMiddleware(): ReturnType<Probot['getNodeMiddleware']> {
      return Promise.resolve(
        createWebhookHandler({
          // The manifest that Probot's setup page makes names the root where it is not told another URL.
          paths: [options.webhookPath, '/'],
          secret: options.webhookSecret,
          // The payload is GitHub's: its signature was checked.
          receive: (event) => this.receive(event as Parameters<Probot['receive']>[0]),
          isDraining: () => draining,
          log: options.log,
        }),
      );
    }
  }

  const server = new Server({ Probot: GuardedProbot, host: options.host, port: options.port, webhookPath: options.webhookPath, log: options.log });
  await server.load((app, { addHandler }) => {
    probot = app;
    listen(app, queue);
    addHandler((request, response) => {
      if (request.method !== 'GET' || request.url?.split('?')[0] !== '/healthz') return false;
      response.writeHead(draining ? 503 : 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify({ status: draining ? 'draining' : 'ok', queue: queue.depth() }));
      return true;
    });
  });
  const http = await server.start();
  return {
    url: `http://${options.host === '0.0.0.0' ? '127.0.0.1' : options.host}:${options.port}`,
    depth: () => queue.depth(),
    async close(graceMs) {
      draining = true;
      // Still served meanwhile: who asks for the health is to see that there will be no more.
      await queue.drain(graceMs);
      const stopped = server.stop();
      http.closeAllConnections();
      await stopped;
      pool.close();
    },
  };
}

/** Shows Probot's setup page, which registers the App at GitHub from app.yml and writes its credentials to `.env`. Resolves when it is served. */
export async function startSetup(env: NodeJS.ProcessEnv): Promise<void> {
  await runProbot(() => undefined, { env });
}

/** Which events are work. A strange reply is not, a command is, if only to see who may give it. A draft is work too: whether it is reviewed is for the configuration to say. */
function listen(app: Probot, queue: Queue): void {
  app.on(['pull_request.opened', 'pull_request.synchronize', 'pull_request.reopened', 'pull_request.ready_for_review'], async (context) => {
    const { pull_request: pull, installation, action } = context.payload;
    await accept(context, { queue, installation, action, wanted: [{ pull: pull.number, head: pull.head.sha, base: pull.base.ref }] });
  });
  app.on(['pull_request.labeled', 'pull_request.unlabeled'], async (context) => {
    const { pull_request: pull, label, installation, action } = context.payload;
    await accept(context, { queue, installation, action, wanted: [{ pull: pull.number, head: pull.head.sha, base: pull.base.ref, labels: [label?.name ?? ''] }] });
  });
  app.on('pull_request.edited', async (context) => {
    const { pull_request: pull, installation, action, changes } = context.payload;
    // Another base branch is another change; titles and texts are none of ours.
    if (changes.base === undefined) return;
    await accept(context, { queue, installation, action, wanted: [{ pull: pull.number, head: pull.head.sha, base: pull.base.ref }] });
  });
  app.on('pull_request_review_comment.created', async (context) => {
    const { comment, pull_request: pull, sender, installation, action } = context.payload;
    if (comment.in_reply_to_id === undefined || sender.type === 'Bot' || readCommand(comment.body) === null) return;
    const ask: Ask = { kind: 'command', comment: comment.id, thread: comment.in_reply_to_id, by: sender.login, says: comment.body.slice(0, 200) };
    await accept(context, { queue, installation, action, wanted: [{ pull: pull.number, head: pull.head.sha, base: pull.base.ref }], ask });
  });
  app.on('check_run.rerequested', async (context) => {
    const { check_run: run, installation, action } = context.payload;
    if (run.name !== checkName) return;
    const named = run.pull_requests.flatMap(toWanted);
    const id = readExternalId(run.external_id);
    if (id === null) {
      await accept(context, { queue, installation, action, wanted: await orByCommit(context, named, run.head_sha) });
      return;
    }
    const group = id.groupBase === null ? null : { head: run.head_sha, base: id.groupBase };
    const ours = group === null ? named.find(({ pull }) => pull === id.number) : undefined;
    await accept(context, { queue, installation, action, wanted: [ours ?? { pull: id.number, head: run.head_sha, base: null }], group });
  });
  app.on('check_run.requested_action', async (context) => {
    const { check_run: run, requested_action: asked, sender, installation, action } = context.payload;
    const id = readExternalId(run.external_id);
    if (run.name !== checkName || asked?.identifier !== applyFixesAction || id === null || id.groupBase !== null) return;
    const named = run.pull_requests.flatMap(toWanted).find(({ pull }) => pull === id.number);
    const ask: Ask = { kind: 'apply-fixes', check: run.id, head: run.head_sha, by: sender.login };
    // The head that the button is on need not be the newest.
    await accept(context, { queue, installation, action, wanted: [{ pull: id.number, head: null, base: named?.base ?? null }], ask });
  });
  app.on('merge_group.checks_requested', async (context) => {
    const { merge_group: group, installation, action } = context.payload;
    // GitHub tells the pull request in the name of the group's branch alone.
    const [, number = '0'] = /\/pr-(\d{1,15})-[0-9a-f]+$/.exec(group.head_ref) ?? [];
    const wanted = { pull: Number(number), head: group.head_sha, base: group.base_ref.replace('refs/heads/', '') };
    await accept(context, { queue, installation, action, wanted: [wanted], group: { head: group.head_sha, base: group.base_sha } });
  });
  app.on('check_suite.rerequested', async (context) => {
    const { check_suite: suite, installation, action } = context.payload;
    await accept(context, { queue, installation, action, wanted: await orByCommit(context, suite.pull_requests.flatMap(toWanted), suite.head_sha) });
  });
}

type Wanted = Pick<Job, 'pull' | 'head' | 'base' | 'labels'>;

interface NamedPull {
  readonly number: number;
  readonly head: { readonly sha: string };
  readonly base: { readonly ref: string };
}

/** Some payloads have null in the place of a pull request. */
function toWanted(pull: NamedPull | null): readonly Wanted[] {
  return pull === null ? [] : [{ pull: pull.number, head: pull.head.sha, base: pull.base.ref }];
}

type EventContext = Pick<Context, 'id' | 'name' | 'log' | 'octokit'> & { readonly payload: { readonly repository?: { readonly id: number } | undefined }; readonly repo: () => { readonly owner: string; readonly repo: string } };

/** GitHub names no pull requests of forks in check events; the commit knows them. Costs a request then, and rejects as it does. */
async function orByCommit(context: EventContext, named: readonly Wanted[], sha: string): Promise<readonly Wanted[]> {
  if (named.length > 0) return named;
  const { owner, repo } = context.repo();
  const { data } = await context.octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', { owner, repo, commit_sha: sha });
  return data.filter((pull) => pull.state === 'open' && pull.head.sha === sha).flatMap(toWanted);
}

interface Acceptance {
  readonly queue: Queue;
  readonly installation: { readonly id: number } | undefined;
  readonly action: string;
  readonly wanted: readonly Wanted[];
  /** Where there is one, it decides whether anything is done. */
  readonly ask?: Ask;
  readonly group?: MergeGroup | null;
}

/** Stores the jobs; only then is the webhook answered. */
async function accept(context: EventContext, { queue, installation, action, wanted, ask, group = null }: Acceptance): Promise<void> {
  const { owner, repo } = context.repo();
  const repositoryId = context.payload.repository?.id;
  if (installation === undefined || repositoryId === undefined) {
    context.log.warn(`A ${context.name} event of ${owner}/${repo} names no installation or no repository: it is of a webhook that is not the App's own.`);
    return;
  }
  for (const { pull, head, base, labels } of wanted) {
    await queue.add({ installationId: installation.id, repositoryId, owner, repo, pull, group, head, base, reason: `${context.name}.${action}`, delivery: context.id, openChecks: [], review: ask === undefined, asks: ask === undefined ? [] : [ask], ...(labels === undefined ? {} : { labels }) });
  }
}

/**
 * Octokit as Probot configures it, but obeying GitHub: Probot ignores `retry-after` on a 429, and sleeps in place until a
 * limit is lifted. Here every limit ends the job, which the queue runs again when GitHub allows it.
 * The function form is needed: Probot's own settings replace those of the object form.
 */
function octokitWith({ throttle, retryUnitMs, requestTimeoutMs }: Pace, apiUrl: string): typeof ProbotOctokit {
  return ProbotOctokit.defaults(({ auth, ...given }: GivenOptions) => ({
    ...given,
    // Probot leaves the client that fetches tokens on github.com when it is asked for one outright.
    auth: { ...auth, ...(auth?.request === undefined ? {} : { request: auth.request.defaults({ baseUrl: apiUrl }) }) },
    throttle: { ...given.throttle, enabled: throttle, onRateLimit: () => false, onSecondaryRateLimit: () => false },
    retry: { ...given.retry, retryAfterBaseValue: retryUnitMs, doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451] },
    request: { ...given.request, fetch: fetchWithin(requestTimeoutMs) },
  }));
}

interface GivenOptions {
  readonly auth?: { readonly request?: { readonly defaults: (options: { readonly baseUrl: string }) => object } };
  readonly throttle?: object;
  readonly retry?: object;
  readonly request?: object;
}

/** Each attempt has its own time, which waits in line do not use up. */
function fetchWithin(milliseconds: number): typeof fetch {
  return (input, init) => {
    const tooLate = deadline(milliseconds);
    return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, tooLate]) : tooLate });
  };
}

function clientOf(octokit: ProbotOctokit, signal: AbortSignal, unauthorized: () => void): Client {
  let requests = 0;
  octokit.hook.before('request', (options) => {
    if (!options.url.endsWith('/access_tokens')) requests += 1;
    options.request.signal = signal;
  });
  octokit.hook.error('request', (error) => {
    if ('status' in error && error.status === 401) unauthorized();
    throw error;
  });
  return {
    request: octokit.request,
    graphql: octokit.graphql,
    requests: () => requests,
    async permissions() {
      const { permissions } = (await octokit.auth({ type: 'installation' })) as { readonly permissions: Readonly<Record<string, string>> };
      return permissions;
    },
  };
}
