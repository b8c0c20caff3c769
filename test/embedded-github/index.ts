/**
 * A GitHub of one repository, on loopback: what the demo and the end-to-end tests run the App against. It is strict where
 * GitHub is lax (unknown properties of a request are refused) and refuses what GitHub refuses.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { runEvent, suiteOf } from './checks.ts';
import { deliver, deliverOwn, deliveriesDone, type DeliverOptions } from './deliveries.ts';
import { mergeBase } from './diff.ts';
import { webhooks } from './endpoints.ts';
import { createFaults, type Fault } from './faults.ts';
import { openGit } from './git.ts';
import { githubSchema } from './graphql.ts';
import { describe, moveComments, pullOf } from './pulls.ts';
import { reply } from './reviews.ts';
import { createGitHubServer } from './server.ts';
import { checkSuite, comment as commentShape, envelope, installation, label as labelShape, repository, simplePull, user } from './shapes.ts';
import { findComment, now, type CheckRunState, type Delivery, type PullRequestState, type RecordedRequest, type Role, type World } from './state.ts';
import { compileAll } from './validate.ts';

export type { DeliverOptions } from './deliveries.ts';
export type { Failure, Fault } from './faults.ts';
export type { Role, Annotation, CheckAction, CheckRunState, CommentState, Delivery, PullRequestState, RecordedRequest, ReviewState } from './state.ts';

export interface EmbeddedGitHubOptions {
  /** A git repository, bare best; heads of pull requests are written into it as `refs/pull/N/head`. */
  readonly gitDir: string;
  readonly owner?: string;
  readonly repo?: string;
  readonly appId?: number;
  /** Of its own where several Apps run in one process: Octokit keeps the requests for tokens of all of them by this number. */
  readonly installationId?: number;
  /** The App's public key, PEM; its private key serves too. */
  readonly publicKey: string;
  readonly webhookSecret: string;
  /** `default_permissions` of app.yml. */
  readonly permissions: Record<string, 'read' | 'write'>;
  /** `default_events` of app.yml; all where it is not told. */
  readonly events?: readonly string[];
  readonly port?: number;
  /** The files of the owner's repository `.github`, which is readable and nothing else; there is none where it is not told. */
  readonly defaults?: Readonly<Record<string, string>>;
  /**
   * Whether the App is told of its own check runs, reviews and comments, and of new check suites, as GitHub does. False
   * where it is not told: tests then see the deliveries that they caused, and no others.
   */
  readonly echo?: boolean;
  /** What people may do in the repository, by login; the owner may do all, and everyone else may read. */
  readonly roles?: Readonly<Record<string, Role>>;
}

export interface OpenPullRequestOptions {
  readonly title: string;
  readonly body?: string;
  readonly base: string;
  /** A branch; a branch of the fork under `refs/forks/OWNER/BRANCH` where there is one; or any revision. */
  readonly head: string;
  readonly draft?: boolean;
  /** A bot's ends in `[bot]`. */
  readonly author?: string;
  readonly labels?: readonly string[];
  /** The owner of the fork that the head is in. */
  readonly fork?: string;
  /** False: the webhook is lost. */
  readonly deliver?: boolean;
}

export interface ActionOptions {
  /** False: the webhook is lost. */
  readonly deliver?: boolean;
}

export interface EmbeddedGitHub {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT`, which is the App's `GHE_HOST`. */
  readonly host: string;
  readonly owner: string;
  readonly repo: string;
  readonly installationId: number;
  /** Where webhooks go; while null, deliveries fail as if nobody listened. */
  webhookUrl: string | null;
  readonly requests: readonly RecordedRequest[];
  /** What went against GitHub's description, of the App or of this server. Tests assert that it is empty. */
  readonly violations: string[];
  /** Requests and GraphQL fields that this server does not know. */
  readonly unplanned: string[];
  readonly deliveries: readonly Delivery[];
  clearRequests(): void;
  fail(fault: Fault): void;
  clearFaults(): void;
  openPullRequest(options: OpenPullRequestOptions): Promise<PullRequestState>;
  /** The head branch moved in git. */
  pushed(number: number, options?: ActionOptions): Promise<Delivery | null>;
  closePullRequest(number: number, options?: ActionOptions): Promise<Delivery | null>;
  reopen(number: number, options?: ActionOptions): Promise<Delivery | null>;
  /** Someone chooses another base branch. */
  retarget(number: number, base: string, options?: ActionOptions): Promise<Delivery | null>;
  label(number: number, label: string, options?: ActionOptions): Promise<Delivery | null>;
  unlabel(number: number, label: string, options?: ActionOptions): Promise<Delivery | null>;
  /** The merge queue builds a group of this one pull request on its base branch, and asks for checks. */
  enqueue(number: number, options?: ActionOptions): Promise<{ readonly headSha: string; readonly delivery: Delivery | null }>;
  /** Archives the repository: it can only be read from now on. */
  archive(): void;
  /** Gives the repository another name; requests for the old one are redirected. */
  rename(name: string): void;
  /** What a person does in a thread without a word. */
  resolveThread(commentId: number): void;
  readyForReview(number: number, options?: ActionOptions): Promise<Delivery | null>;
  convertToDraft(number: number, options?: ActionOptions): Promise<Delivery | null>;
  lock(number: number, options?: ActionOptions): Promise<Delivery | null>;
  rerequestCheckRun(id: number): Promise<Delivery>;
  rerequestCheckSuite(headSha: string): Promise<Delivery>;
  /** The press of a button of a check run. */
  requestAction(checkRunId: number, identifier: string, by?: string): Promise<Delivery>;
  /** Answers to a review comment, or to its thread. */
  replyToComment(commentId: number, author: string, body: string, options?: ActionOptions): Promise<Delivery | null>;
  suspend(): Promise<Delivery | null>;
  unsuspend(): Promise<Delivery | null>;
  /** All tokens that are out expire now. */
  expireTokens(): void;
  /** Posts any event, signed; never rejects: how it was answered is told in the delivery. */
  deliver(event: string, payload: object, options?: DeliverOptions): Promise<Delivery>;
  /** Resolves when no webhook is on its way. */
  delivered(): Promise<void>;
  pull(number: number): PullRequestState;
  /** In the order of their creation. */
  checkRuns(sha?: string): CheckRunState[];
  /** Builds the schemas now; else the first requests wait for it, for about a second in all. */
  warmUp(): Promise<void>;
  close(): Promise<void>;
}

export async function startEmbeddedGitHub(options: EmbeddedGitHubOptions): Promise<EmbeddedGitHub> {
  const git = openGit(options.gitDir);
  const faults = createFaults();
  const server = createGitHubServer(() => world, faults);
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  // Ids have outgrown 32 bits, as on github.com: GraphQL's databaseId, an Int, cannot tell them.
  let lastId = 2_900_000_000;
  const world: World = {
    git,
    url: `http://127.0.0.1:${port}`,
    owner: options.owner ?? 'acme',
    repo: options.repo ?? 'service',
    defaultBranch: (await git.text('symbolic-ref', '--short', 'HEAD').catch(() => 'main')).trim(),
    appId: options.appId ?? 4242,
    slug: 'goleash',
    publicKey: options.publicKey,
    webhookSecret: options.webhookSecret,
    installationId: options.installationId ?? 54_321_987,
    permissions: options.permissions,
    events: options.events ?? [...new Set(Object.keys(webhooks).map((name) => name.split('.')[0] ?? ''))].filter((event) => event !== 'installation'),
    defaults: options.defaults ?? null,
    echo: options.echo ?? false,
    webhookUrl: null,
    suspendedAt: null,
    archived: false,
    roles: new Map(Object.entries(options.roles ?? {})),
    firstName: options.repo ?? 'service',
    branchMoved: (branch) => branchMoved(branch),
    startedAt: now(),
    tokens: new Map(),
    pulls: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    deliveries: [],
    requests: [],
    violations: [],
    unplanned: [],
    diffs: new Map(),
    nextId: () => (lastId += 7),
  };

  const resolveHead = async (head: string, fork: string | null): Promise<string> => {
    const names = [...(fork === null ? [] : [`refs/forks/${fork}/${head}`]), `refs/heads/${head}`, head];
    for (const name of names) {
      const sha = await git.commit(name);
      if (sha !== null) return sha;
    }
    throw new Error(`${options.gitDir} has no ${names.join(', ')}`);
  };

  /** Moves the pull request's head and base to where their branches are. */
  const refresh = async (pull: PullRequestState): Promise<void> => {
    pull.headSha = await resolveHead(pull.headRef, pull.fork);
    pull.baseSha = await resolveHead(pull.baseRef, null);
    await git.text('update-ref', `refs/pull/${pull.number}/head`, pull.headSha);
    if (world.echo && world.permissions['checks'] === 'write') await suiteEvent(pull.headSha, 'requested');
  };

  const pullEvent = async (pull: PullRequestState, action: string, more: object, { deliver: delivered = true }: ActionOptions = {}): Promise<Delivery | null> => {
    pull.updatedAt = now();
    if (!delivered || !world.events.includes('pull_request')) return null;
    return deliverOwn(world, 'pull_request', { ...envelope(world, action, pull.author), number: pull.number, pull_request: await describe(world, pull), ...more });
  };

  const pushed = async (number: number, action?: ActionOptions): Promise<Delivery | null> => {
    const pull = pullOf(world, number);
    const before = pull.headSha;
    await refresh(pull);
    const forced = (await mergeBase(git, before, pull.headSha)) !== before;
    if (forced) for (const review of pull.reviews) review.commitId = pull.headSha;
    await moveComments(world, pull);
    return pullEvent(pull, 'synchronize', { before, after: pull.headSha }, action);
  };

  /** A push of the App's own is told to it like anyone's; here before its request is answered, so that tests can wait for what comes of it. */
  const branchMoved = async (branch: string): Promise<void> => {
    for (const pull of world.pulls.values()) if (pull.fork === null && pull.headRef === branch && pull.state === 'open') await pushed(pull.number);
  };

  const runOf = (id: number): CheckRunState => {
    const run = world.checkRuns.get(id);
    if (run === undefined) throw new Error(`there is no check run ${id}`);
    return run;
  };

  const suiteEvent = (sha: string, action: string): Promise<Delivery> =>
    deliverOwn(world, 'check_suite', { ...envelope(world, action, world.owner), check_suite: { ...checkSuite(world, sha, suiteOf(world, sha)), head_commit: headCommit(world, sha) } });

  const installationEvent = (action: string): Promise<Delivery> =>
    deliverOwn(world, 'installation', { action, installation: installation(world), repositories: [repositoryInBrief(world)], sender: user(world, world.owner) });

  return {
    url: world.url,
    host: `127.0.0.1:${port}`,
    owner: world.owner,
    get repo() {
      return world.repo;
    },
    installationId: world.installationId,
    get webhookUrl() {
      return world.webhookUrl;
    },
    set webhookUrl(url) {
      world.webhookUrl = url;
    },
    requests: world.requests,
    violations: world.violations,
    unplanned: world.unplanned,
    deliveries: world.deliveries,
    clearRequests: () => void world.requests.splice(0),
    fail: faults.add,
    clearFaults: faults.clear,

    openPullRequest: async ({ title, body, base, head, draft = false, author = 'octocat', labels = [], fork, deliver: delivered }) => {
      const [time, number] = [now(), world.pulls.size + 1];
      const pull: PullRequestState = {
        number, id: world.nextId(), title, body: body ?? null, author, fork: fork ?? null, headRef: head, baseRef: base, headSha: '', baseSha: '', state: 'open', draft,
        labels: [...labels], locked: false, createdAt: time, updatedAt: time, closedAt: null, reviews: [], comments: [],
      };
      await refresh(pull);
      if ((await mergeBase(git, pull.baseSha, pull.headSha)) === null) throw new Error(`${head} has no history in common with ${base}`);
      world.pulls.set(number, pull);
      await pullEvent(pull, 'opened', {}, { deliver: delivered ?? true });
      return pull;
    },
    pushed,
    closePullRequest: (number, action) => {
      const pull = pullOf(world, number);
      [pull.state, pull.closedAt] = ['closed', now()];
      return pullEvent(pull, 'closed', {}, action);
    },
    reopen: (number, action) => {
      const pull = pullOf(world, number);
      [pull.state, pull.closedAt] = ['open', null];
      return pullEvent(pull, 'reopened', {}, action);
    },
    retarget: async (number, base, action) => {
      const pull = pullOf(world, number);
      const from = { ref: pull.baseRef, sha: pull.baseSha };
      pull.baseRef = base;
      await refresh(pull);
      await moveComments(world, pull);
      return pullEvent(pull, 'edited', { changes: { base: { ref: { from: from.ref }, sha: { from: from.sha } } } }, action);
    },
    label: (number, name, action) => {
      const pull = pullOf(world, number);
      pull.labels = [...pull.labels.filter((other) => other !== name), name];
      return pullEvent(pull, 'labeled', { label: labelShape(world, name) }, action);
    },
    unlabel: (number, name, action) => {
      const pull = pullOf(world, number);
      pull.labels = pull.labels.filter((other) => other !== name);
      return pullEvent(pull, 'unlabeled', { label: labelShape(world, name) }, action);
    },
    enqueue: async (number, { deliver: delivered = true } = {}) => {
      const pull = pullOf(world, number);
      await refresh(pull);
      const tree = (await git.text('merge-tree', '--write-tree', pull.baseSha, pull.headSha)).trim();
      const headSha = await git.writeCommit({ tree, parents: [pull.baseSha, pull.headSha], message: `Merge pull request #${number}`, name: world.owner });
      const head = `refs/heads/gh-readonly-queue/${pull.baseRef}/pr-${number}-${pull.baseSha}`;
      await git.text('update-ref', head, headSha);
      const group = { head_sha: headSha, head_ref: head, base_sha: pull.baseSha, base_ref: `refs/heads/${pull.baseRef}`, head_commit: headCommit(world, headSha) };
      const delivery = delivered && world.events.includes('merge_group') ? await deliverOwn(world, 'merge_group', { ...envelope(world, 'checks_requested', world.owner), merge_group: group }) : null;
      return { headSha, delivery };
    },
    archive: () => void (world.archived = true),
    rename: (name) => void (world.repo = name),
    resolveThread: (commentId) => {
      const found = findComment(world, commentId);
      if (found === null) throw new Error(`there is no comment ${commentId}`);
      found.comment.resolved = true;
    },
    readyForReview: (number, action) => {
      const pull = pullOf(world, number);
      pull.draft = false;
      return pullEvent(pull, 'ready_for_review', {}, action);
    },
    convertToDraft: (number, action) => {
      const pull = pullOf(world, number);
      pull.draft = true;
      return pullEvent(pull, 'converted_to_draft', {}, action);
    },
    lock: (number, action) => {
      const pull = pullOf(world, number);
      pull.locked = true;
      return pullEvent(pull, 'locked', {}, action);
    },
    // These three reach the App that made the run whether it is subscribed or not.
    rerequestCheckRun: (id) => deliverOwn(world, 'check_run', runEvent(world, runOf(id), 'rerequested', world.owner)),
    requestAction: (id, identifier, by = world.owner) => deliverOwn(world, 'check_run', { ...runEvent(world, runOf(id), 'requested_action', by), requested_action: { identifier } }),
    rerequestCheckSuite: (sha) => suiteEvent(sha, 'rerequested'),
    replyToComment: async (commentId, author, body, { deliver: delivered = true } = {}) => {
      const found = findComment(world, commentId);
      if (found === null) throw new Error(`there is no comment ${commentId}`);
      const { pull } = found;
      const first = pull.comments.find((comment) => comment.id === found.comment.inReplyTo) ?? found.comment;
      const made = reply(world, pull, first, author, body);
      if (!delivered || !world.events.includes('pull_request_review_comment')) return null;
      return deliverOwn(world, 'pull_request_review_comment', { ...envelope(world, 'created', author), comment: commentShape(world, pull, made), pull_request: simplePull(world, pull) });
    },
    suspend: () => {
      world.suspendedAt = now();
      return installationEvent('suspend');
    },
    unsuspend: () => {
      world.suspendedAt = null;
      return installationEvent('unsuspend');
    },
    expireTokens: () => {
      for (const token of world.tokens.values()) token.expiresAt = 0;
    },

    deliver: (event, payload, how) => deliver(world, event, payload, how),
    delivered: () => deliveriesDone(world),
    pull: (number) => pullOf(world, number),
    checkRuns: (sha) => [...world.checkRuns.values()].filter((run) => sha === undefined || run.headSha === sha),
    warmUp: async () => {
      compileAll();
      await githubSchema();
    },
    close: async () => {
      await deliveriesDone(world);
      server.close();
      server.closeAllConnections();
      git.close();
    },
  };
}

function repositoryInBrief(world: World): object {
  const { id, node_id, name, full_name, private: isPrivate } = repository(world);
  return { id, node_id, name, full_name, private: isPrivate };
}

function headCommit(world: World, sha: string): object {
  const someone = { name: world.owner, email: `${world.owner}@example.com` };
  return { id: sha, tree_id: sha, message: 'head', timestamp: world.startedAt, author: someone, committer: someone };
}
