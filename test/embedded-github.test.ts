import { execFileSync } from 'node:child_process';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Octokit } from '@octokit/rest';
import { ProbotOctokit } from 'probot';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedGitHub, type EmbeddedGitHub } from './embedded-github/index.ts';
import { requestProblems, responseProblems, webhookProblems } from './embedded-github/validate.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'goleash-embedded-github-'));
const work = path.join(folder, 'work');
const keys = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
const permissions = { metadata: 'read', contents: 'read', pull_requests: 'write', checks: 'write' } as const;

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', '-c', 'commit.gpgsign=false'];
  return execFileSync('git', ['-C', work, ...identity, ...args], { encoding: 'utf8' }).trim();
}

function write(files: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(work, name)), { recursive: true });
    writeFileSync(path.join(work, name), content);
  }
}

function commit(files: Readonly<Record<string, string | Buffer>>): string {
  write(files);
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', 'A change');
  return git('rev-parse', 'HEAD');
}

function lines(from: number, to: number, mark: (line: number) => string = (line) => `line ${line}`): string {
  return Array.from({ length: to - from + 1 }, (_, index) => `${mark(from + index)}\n`).join('');
}

/** A listener in the App's place. */
interface Listener {
  readonly url: string;
  readonly received: { headers: IncomingHttpHeaders; body: string }[];
  status: number;
  close: () => void;
}

async function listen(): Promise<Listener> {
  const received: Listener['received'] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk)).on('end', () => {
      received.push({ headers: request.headers, body });
      response.writeHead(listener.status).end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const listener: Listener = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received, status: 200, close: () => void server.close() };
  return listener;
}

let github: EmbeddedGitHub;

function start(more: { permissions?: Record<string, 'read' | 'write'>; events?: string[]; echo?: boolean } = {}): Promise<EmbeddedGitHub> {
  return startEmbeddedGitHub({ gitDir: path.join(work, '.git'), publicKey: keys.publicKey, webhookSecret: 'secret', permissions, ...more });
}

/** The App's own client, but that it neither waits nor tries again. */
function client(auth: object): Octokit {
  return new ProbotOctokit({ baseUrl: `${github.url}/api/v3`, auth, log: silent, retry: { enabled: false }, throttle: { enabled: false } }) as unknown as Octokit;
}

/** As the App itself, by JWT. */
function asApp(privateKey = keys.privateKey, appId = 4242): Octokit {
  return client({ appId, privateKey });
}

/** As the App's installation. */
function asInstallation(): Octokit {
  return client({ appId: 4242, privateKey: keys.privateKey, installationId: github.installationId });
}

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const repository = { owner: 'acme', repo: 'service' };

/** The status, message and errors of a refusal. */
async function refusal(promise: Promise<unknown>): Promise<{ status: number; message: string; errors: unknown }> {
  const error = await promise.then(
    () => {
      throw new Error('was not refused');
    },
    (reason: unknown) => reason as { status: number; response?: { data: { message: string; errors?: unknown } } },
  );
  return { status: error.status, message: error.response?.data.message ?? '', errors: error.response?.data.errors };
}

beforeAll(() => {
  mkdirSync(work);
  git('init', '--quiet', '--initial-branch=main');
  commit({
    'main.go': lines(1, 60),
    'old/name.go': lines(1, 40, (line) => `same ${line}`),
    'moved.go': lines(1, 40, (line) => `pure ${line}`),
    'gone.go': 'package gone\n',
    'picture.png': Buffer.from([0, 1, 2, 3]),
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

let branches = 0;

/** A branch from main with one commit on it; the work tree is left on main. */
function branch(files: Readonly<Record<string, string | Buffer>>, remove: readonly string[] = []): string {
  const name = `change-${++branches}`;
  git('checkout', '--quiet', '-b', name, 'main');
  for (const file of remove) rmSync(path.join(work, file));
  commit(files);
  git('checkout', '--quiet', 'main');
  return name;
}

function push(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  git('checkout', '--quiet', name);
  const sha = commit(files);
  git('checkout', '--quiet', 'main');
  return sha;
}

/** Lines 10 and 50 of main.go change: two hunks. */
function twoHunks(): string {
  return branch({ 'main.go': lines(1, 60, (line) => (line === 10 || line === 50 ? `changed ${line}` : `line ${line}`)) });
}

const open = (head: string): ReturnType<EmbeddedGitHub['openPullRequest']> => github.openPullRequest({ title: 'A change', base: 'main', head, deliver: false });

beforeEach(async () => {
  github = await start();
});

afterEach(() => github.close());

describe('credentials', () => {
  it('takes the JWT of the App and gives a long token for it', async () => {
    const app = await asApp().rest.apps.getAuthenticated();
    expect(app.data?.id).toBe(4242);
    const { data } = await asApp().rest.apps.createInstallationAccessToken({ installation_id: github.installationId });
    expect(data.token).toMatch(/^ghs_/);
    expect(data.token.length).toBeGreaterThan(300);
    expect(data.permissions).toEqual(permissions);
    expect((await asApp().rest.apps.getRepoInstallation(repository)).data.id).toBe(github.installationId);
    expect((await asApp().rest.apps.listInstallations()).data).toHaveLength(1);
    expect(github.violations).toEqual([]);
  });

  it('refuses the JWT of a foreign key, of another App, and none at all', async () => {
    const foreign = generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
    expect(await refusal(asApp(foreign.privateKey).rest.apps.getAuthenticated())).toMatchObject({ status: 401 });
    expect(await refusal(asApp(keys.privateKey, 1).rest.apps.getAuthenticated())).toMatchObject({ status: 401 });
    expect(await refusal(new Octokit({ baseUrl: `${github.url}/api/v3`, log: silent }).rest.repos.get(repository))).toMatchObject({ status: 401, message: 'Requires authentication' });
    expect(github.violations).toEqual([]);
  });

  it('answers a repository', async () => {
    expect((await asInstallation().rest.repos.get(repository)).data.full_name).toBe('acme/service');
    expect(github.violations).toEqual([]);
  });

  it('refuses a token that has expired, and one of a suspended installation', async () => {
    const { data } = await asApp().rest.apps.createInstallationAccessToken({ installation_id: github.installationId });
    const octokit = new Octokit({ baseUrl: `${github.url}/api/v3`, auth: data.token, log: silent });
    await octokit.rest.repos.get(repository);
    github.expireTokens();
    expect(await refusal(octokit.rest.repos.get(repository))).toMatchObject({ status: 401, message: 'Bad credentials' });
    await github.suspend();
    expect(await refusal(asInstallation().rest.repos.get(repository))).toMatchObject({ status: 403, message: 'This installation has been suspended' });
    expect(github.violations).toEqual([]);
  });
});

describe('a pull request', () => {
  it('is told with its files, patches and numbers', async () => {
    const head = branch({
      'main.go': lines(1, 60, (line) => (line === 10 ? 'changed 10' : `line ${line}`)),
      'new/name.go': lines(1, 40, (line) => (line === 3 ? 'other 3' : `same ${line}`)),
      'elsewhere/moved.go': lines(1, 40, (line) => `pure ${line}`),
      'picture.png': Buffer.from([0, 1, 2, 4]),
      'größe datei.go': 'package neu',
      'huge.go': lines(1, 20_001),
    }, ['old/name.go', 'moved.go', 'gone.go']);
    const { number } = await open(head);
    const octokit = asInstallation();
    const { data: pull } = await octokit.rest.pulls.get({ ...repository, pull_number: number });
    expect(pull).toMatchObject({ state: 'open', draft: false, changed_files: 7, commits: 1, head: { ref: head }, base: { ref: 'main' } });
    const { data: files } = await octokit.rest.pulls.listFiles({ ...repository, pull_number: number });
    const byName = Object.fromEntries(files.map((file) => [file.filename, file]));
    expect(Object.keys(byName).sort()).toEqual(['elsewhere/moved.go', 'gone.go', 'größe datei.go', 'huge.go', 'main.go', 'new/name.go', 'picture.png']);
    expect(byName['main.go']).toMatchObject({ status: 'modified', additions: 1, deletions: 1, changes: 2 });
    expect(byName['main.go']?.patch).toBe('@@ -7,7 +7,7 @@ line 6\n line 7\n line 8\n line 9\n-line 10\n+changed 10\n line 11\n line 12\n line 13');
    expect(byName['new/name.go']).toMatchObject({ status: 'renamed', previous_filename: 'old/name.go', additions: 1 });
    expect(byName['new/name.go']?.patch).toContain('+other 3');
    expect(byName['elsewhere/moved.go']).toMatchObject({ status: 'renamed', previous_filename: 'moved.go', changes: 0 });
    expect(byName['gone.go']).toMatchObject({ status: 'removed', patch: '@@ -1 +0,0 @@\n-package gone' });
    expect(byName['größe datei.go']?.patch).toBe('@@ -0,0 +1 @@\n+package neu\n\\ No newline at end of file');
    expect(byName['huge.go']).toMatchObject({ status: 'added', additions: 20_001 });
    for (const name of ['elsewhere/moved.go', 'picture.png', 'huge.go']) expect(byName[name]).not.toHaveProperty('patch');
    expect(github.violations).toEqual([]);
  });
});

describe('a review', () => {
  const comment = { path: 'main.go', line: 10, side: 'RIGHT', body: 'This line.' } as const;
  let number: number;
  let headSha: string;
  let octokit: Octokit;

  beforeEach(async () => {
    const pull = await open(twoHunks());
    ({ number, headSha } = pull);
    octokit = asInstallation();
  });

  type Comment = NonNullable<Parameters<Octokit['rest']['pulls']['createReview']>[0]>['comments'];
  const review = (comments: Comment, more: object = {}): ReturnType<Octokit['rest']['pulls']['createReview']> =>
    octokit.rest.pulls.createReview({ ...repository, pull_number: number, event: 'COMMENT', body: 'Two remarks.', commit_id: headSha, ...(comments === undefined ? {} : { comments }), ...more });

  it('is kept with its comments, on both sides and over a range', async () => {
    await review([comment, { path: 'main.go', line: 10, side: 'LEFT', body: 'What it was.' }, { path: 'main.go', start_line: 48, start_side: 'RIGHT', line: 50, side: 'RIGHT', body: 'These.' }]);
    const { data } = await octokit.rest.pulls.listReviewComments({ ...repository, pull_number: number });
    expect(data.map((item) => [item.line, item.side, item.start_line, item.body])).toEqual([[10, 'RIGHT', null, 'This line.'], [10, 'LEFT', null, 'What it was.'], [50, 'RIGHT', 48, 'These.']]);
    expect(data[0]?.diff_hunk.split('\n').at(-1)).toBe('+changed 10');
    expect(data[0]?.user.login).toBe('goleash[bot]');
    const { data: reviews } = await octokit.rest.pulls.listReviews({ ...repository, pull_number: number });
    expect(reviews).toMatchObject([{ state: 'COMMENTED', body: 'Two remarks.', commit_id: headSha }]);
    expect(github.pull(number).comments).toHaveLength(3);
    expect(github.violations).toEqual([]);
  });

  const unprocessable = (error: unknown): object => ({ status: 422, message: 'Unprocessable Entity', errors: [error] });
  const hunk = 'Pull request review thread start line must be part of the same hunk as the line.';
  const order = 'Pull request review thread start line must precede the end line.';

  it.each<[string, Comment, object, object]>([
    ['a line outside of the diff', [comment, { ...comment, line: 30 }], {}, unprocessable('Line could not be resolved')],
    ['a file outside of the diff', [{ ...comment, path: 'gone.go' }], {}, unprocessable('Path could not be resolved')],
    ['a comment without a line', [{ path: 'main.go', body: 'Where?' }], {}, unprocessable('Line could not be resolved')],
    ['a line that the other side has', [{ ...comment, line: 0 }], {}, unprocessable('Line could not be resolved')],
    ['a start line equal to the line', [{ ...comment, start_line: 10 }], {}, unprocessable(order)],
    ['a start line below the line', [{ ...comment, start_line: 11 }], {}, unprocessable(order)],
    ['a range over two hunks', [{ ...comment, start_line: 10, line: 50 }], {}, unprocessable(hunk)],
    ['a range that leaves the diff', [{ ...comment, start_line: 2 }], {}, unprocessable('Start line could not be resolved')],
    ['mixed sides over two hunks', [{ ...comment, start_line: 10, start_side: 'LEFT', line: 50 }], {}, unprocessable(hunk)],
    ['a side that is none', [{ ...comment, side: 'MIDDLE' }], {}, unprocessable('Side is invalid')],
    ['a body that is too long', [{ ...comment, body: 'x'.repeat(65_537) }], {}, unprocessable('Body is too long (maximum is 65536 characters)')],
    ['an own body that is too long', [], { body: 'x'.repeat(65_537) }, unprocessable('Body is too long (maximum is 65536 characters)')],
    ['an empty comment', [{ ...comment, body: ' ' }], {}, unprocessable("Body can't be blank")],
    ['no body and no comments', [], { body: '' }, unprocessable("Body can't be blank")],
    ['an unknown commit', [comment], { commit_id: 'f'.repeat(40) }, { status: 422 }],
  ])('is refused with %s, as a whole', async (_name, comments, more, expected) => {
    expect(await refusal(review(comments, more))).toMatchObject(expected);
    expect(github.pull(number)).toMatchObject({ reviews: [], comments: [] });
    expect(github.violations).toEqual([]);
  });

  it('may go from a removed line to an added one of the same hunk', async () => {
    await review([{ ...comment, start_line: 10, start_side: 'LEFT' }]);
    expect(github.pull(number).comments).toMatchObject([{ startLine: 10, startSide: 'LEFT', line: 10, side: 'RIGHT' }]);
  });

  it('needs no body of its own beside comments', async () => {
    await review([comment], { body: '' });
    expect(github.pull(number).comments).toHaveLength(1);
  });

  it('is refused of a head that is no longer the head', async () => {
    push(github.pull(number).headRef, { 'main.go': lines(1, 61) });
    await github.pushed(number, { deliver: false });
    expect(await refusal(review([comment]))).toMatchObject({ status: 422, errors: [`No commit found for SHA: ${headSha}`] });
  });

  it('is refused on a locked conversation', async () => {
    await github.lock(number, { deliver: false });
    expect(await refusal(review([comment]))).toMatchObject({ status: 403 });
  });

  it('is refused with properties that GitHub would ignore, and the violation recorded', async () => {
    expect(await refusal(review([{ ...comment, ...{ startLine: 3 } }]))).toMatchObject({ status: 422 });
    expect(await refusal(octokit.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', { ...repository, pull_number: number, perpage: 3 }))).toMatchObject({ status: 422 });
    expect(github.violations).toEqual([
      expect.stringContaining('"startLine" is not a permitted key. (in comments/0)'),
      expect.stringContaining('"perpage" is not a permitted query parameter.'),
    ]);
  });

  it('has comments that can be answered, edited and deleted', async () => {
    await review([comment]);
    const id = github.pull(number).comments[0]?.id ?? 0;
    const { data: reply } = await octokit.rest.pulls.createReplyForReviewComment({ ...repository, pull_number: number, comment_id: id, body: 'And?' });
    expect(reply.in_reply_to_id).toBe(id);
    expect(await refusal(octokit.rest.pulls.createReplyForReviewComment({ ...repository, pull_number: number, comment_id: reply.id, body: 'And?' }))).toMatchObject({ status: 422 });
    await octokit.rest.pulls.updateReviewComment({ ...repository, comment_id: id, body: 'Edited.' });
    expect((await octokit.rest.pulls.getReviewComment({ ...repository, comment_id: id })).data.body).toBe('Edited.');
    await octokit.rest.pulls.deleteReviewComment({ ...repository, comment_id: id });
    expect(await refusal(octokit.rest.pulls.getReviewComment({ ...repository, comment_id: id }))).toMatchObject({ status: 404 });
    expect(github.violations).toEqual([]);
  });

  it('has comments that follow their line, or are outdated once it is gone', async () => {
    await review([comment, { ...comment, line: 50 }, { path: 'main.go', line: 10, side: 'LEFT', body: 'Removed.' }]);
    push(github.pull(number).headRef, { 'main.go': lines(0, 60, (line) => (line === 10 ? 'changed 10' : line === 50 ? 'changed again' : `line ${line}`)) });
    await github.pushed(number, { deliver: false });
    const { data } = await octokit.rest.pulls.listReviewComments({ ...repository, pull_number: number });
    expect(data.map((item) => [item.line, item.original_line, item.position])).toEqual([[11, 10, 5], [null, 50, null], [10, 10, 4]]);
    expect(github.violations).toEqual([]);
  });
});

describe('a check run', () => {
  let octokit: Octokit;
  let head_sha: string;

  beforeEach(async () => {
    ({ headSha: head_sha } = await open(twoHunks()));
    octokit = asInstallation();
  });

  const annotation = { path: 'main.go', start_line: 1, end_line: 1, annotation_level: 'warning', message: 'Here.' } as const;
  const output = { title: 'Title', summary: 'Summary' };
  const create = (more: object = {}): ReturnType<Octokit['rest']['checks']['create']> => octokit.rest.checks.create({ ...repository, name: 'Goleash', head_sha, ...more });

  it('is created, found and completed; annotations append', async () => {
    const { data } = await create({ status: 'in_progress', external_id: '1' });
    expect(data).toMatchObject({ status: 'in_progress', conclusion: null, pull_requests: [{ number: 1 }], check_suite: {} });
    for (const conclusion of [undefined, 'neutral'] as const) {
      await octokit.rest.checks.update({ ...repository, check_run_id: data.id, ...(conclusion === undefined ? {} : { conclusion }), output: { ...output, annotations: Array.from({ length: 50 }, () => annotation) } });
    }
    expect((await octokit.rest.checks.get({ ...repository, check_run_id: data.id })).data).toMatchObject({ status: 'completed', conclusion: 'neutral', output: { annotations_count: 100 } });
    const annotations = await octokit.paginate(octokit.rest.checks.listAnnotations, { ...repository, check_run_id: data.id, per_page: 100 });
    expect(annotations).toHaveLength(100);
    const { data: listed } = await octokit.rest.checks.listForRef({ ...repository, ref: head_sha });
    expect(listed).toMatchObject({ total_count: 1, check_runs: [{ id: data.id }] });
    expect(github.checkRuns(head_sha)).toMatchObject([{ id: data.id, annotations: { length: 100 } }]);
    expect(github.violations).toEqual([]);
  });

  it.each<[string, object]>([
    ['more than 50 annotations', { output: { ...output, annotations: Array.from({ length: 51 }, () => annotation) } }],
    ['a long summary', { output: { ...output, summary: 'x'.repeat(65_536) } }],
    ['a long text', { output: { ...output, text: 'x'.repeat(65_536) } }],
    ['no title', { output: { summary: 'Summary' } }],
    ['four actions', { actions: Array.from({ length: 4 }, () => ({ label: 'Fix', description: 'Fixes it', identifier: 'fix' })) }],
    ['a long label', { actions: [{ label: 'x'.repeat(21), description: 'Fixes it', identifier: 'fix' }] }],
    ['a long description', { actions: [{ label: 'Fix', description: 'x'.repeat(41), identifier: 'fix' }] }],
    ['a long identifier', { actions: [{ label: 'Fix', description: 'Fixes it', identifier: 'x'.repeat(21) }] }],
    ['a conclusion that is none', { conclusion: 'splendid' }],
  ])('is refused with %s', async (_name, more) => {
    expect(await refusal(create(more))).toMatchObject({ status: 422 });
    expect(github.violations).not.toEqual([]);
    expect(github.checkRuns()).toEqual([]);
  });

  it.each<[string, object]>([
    ['columns over several lines', { output: { ...output, annotations: [{ ...annotation, end_line: 2, start_column: 1 }] } }],
    ['an annotation that ends before it starts', { output: { ...output, annotations: [{ ...annotation, start_line: 2 }] } }],
    ['an unknown commit', { head_sha: 'f'.repeat(40) }],
    ['completion without a conclusion', { status: 'completed' }],
  ])('is refused with %s', async (_name, more) => {
    expect(await refusal(create(more))).toMatchObject({ status: 422 });
    expect(github.violations).toEqual([]);
    expect(github.checkRuns()).toEqual([]);
  });
});

describe('GraphQL', () => {
  const query = `query ($expression: String!) {
    repository(owner: "acme", name: "service") {
      a: object(expression: $expression) { __typename ... on Blob { text isTruncated isBinary byteSize oid } }
      b: object(expression: "main:old") { __typename ... on Tree { entries { name type mode object { ... on Blob { byteSize } } } } }
      c: object(expression: "main:nowhere.go") { __typename }
      d: object(expression: "main:picture.png") { ... on Blob { text isBinary } }
    }
  }`;

  it('reads blobs and trees, many a query', async () => {
    const answer = await asInstallation().graphql(query, { expression: 'main:gone.go' });
    expect(answer).toMatchObject({
      repository: {
        a: { __typename: 'Blob', text: 'package gone\n', isTruncated: false, isBinary: false, byteSize: 13 },
        b: { __typename: 'Tree', entries: [{ name: 'name.go', type: 'blob', mode: 0o100644, object: { byteSize: 311 } }] },
        c: null,
        d: { text: null, isBinary: true },
      },
    });
    expect([...github.violations, ...github.unplanned]).toEqual([]);
  });

  it('cuts the text of a blob at 512,000 bytes', async () => {
    const head = branch({ 'big.go': 'x'.repeat(600_000) });
    const answer = await asInstallation().graphql<{ repository: { a: { text: string; isTruncated: boolean; byteSize: number } } }>(query, { expression: `${head}:big.go` });
    expect(answer.repository.a).toMatchObject({ isTruncated: true, byteSize: 600_000 });
    expect(answer.repository.a.text).toHaveLength(512_000);
  });

  const threads = `{ repository(owner: "acme", name: "service") { pullRequest(number: 1) { headRefOid baseRefOid isDraft reviewThreads(first: 50) {
    nodes { id isResolved viewerCanResolve comments(first: 10) { nodes { id fullDatabaseId body author { login } path line } } } pageInfo { hasNextPage endCursor } } } } }`;

  interface Threads {
    repository: { pullRequest: { headRefOid: string; reviewThreads: { nodes: { id: string; isResolved: boolean; viewerCanResolve: boolean; comments: { nodes: { id: string; body: string; author: { login: string } }[] } }[] } } };
  }

  async function reviewed(): Promise<{ octokit: Octokit; threads: Threads['repository']['pullRequest']['reviewThreads']['nodes'] }> {
    await open(twoHunks());
    const octokit = asInstallation();
    await octokit.rest.pulls.createReview({ ...repository, pull_number: 1, event: 'COMMENT', body: '', comments: [{ path: 'main.go', line: 10, body: 'This line.' }] });
    await github.replyToComment(github.pull(1).comments[0]?.id ?? 0, 'octocat', 'Why?', { deliver: false });
    return { octokit, threads: (await octokit.graphql<Threads>(threads)).repository.pullRequest.reviewThreads.nodes };
  }

  it('reads threads; a bot has no suffix there', async () => {
    const { threads: [thread] } = await reviewed();
    expect(thread).toMatchObject({ isResolved: false, viewerCanResolve: false, comments: { nodes: [{ body: 'This line.', author: { login: 'goleash' } }, { body: 'Why?', author: { login: 'octocat' } }] } });
  });

  const resolve = 'mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }';
  const minimize = 'mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized minimizedReason } } }';

  it('minimises a comment, and resolves a thread only with contents: write', async () => {
    const { octokit, threads: [thread] } = await reviewed();
    await expect(octokit.graphql(resolve, { id: thread?.id })).rejects.toMatchObject({ errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration', path: ['resolveReviewThread'] }] });
    expect(await octokit.graphql(minimize, { id: thread?.comments.nodes[0]?.id })).toMatchObject({ minimizeComment: { minimizedComment: { isMinimized: true, minimizedReason: 'outdated' } } });
    await github.close();
    github = await start({ permissions: { ...permissions, contents: 'write' } });
    const writer = await reviewed();
    expect(writer.threads).toMatchObject([{ viewerCanResolve: true }]);
    expect(await writer.octokit.graphql(resolve, { id: writer.threads[0]?.id })).toEqual({ resolveReviewThread: { thread: { isResolved: true } } });
    expect(github.pull(1).comments[0]?.resolved).toBe(true);
    expect([...github.violations, ...github.unplanned]).toEqual([]);
  });

  it('answers mistakes with 200 and errors, and records what it does not know', async () => {
    const octokit = asInstallation();
    await expect(octokit.graphql('{ repository(owner: "acme", name: "service") { nonsense } }')).rejects.toMatchObject({ errors: [{ message: expect.stringContaining('nonsense') as unknown }] });
    await expect(octokit.graphql('{ repository(owner: "acme", name: "service") { pullRequest(number: 9) { number } } }')).rejects.toMatchObject({ errors: [{ type: 'NOT_FOUND' }] });
    await expect(octokit.graphql('{ repository(owner: "acme", name: "service") { stargazerCount } }')).rejects.toThrow('does not resolve');
    expect(github.unplanned).toEqual(['GraphQL Repository.stargazerCount']);
    expect(github.violations).toEqual([expect.stringContaining('nonsense')]);
    expect(github.requests.filter((request) => request.route === '/graphql').map((request) => request.status)).toEqual([200, 200, 200]);
  });

  it('asks for the size of each connection', async () => {
    await open(twoHunks());
    await expect(asInstallation().graphql('{ repository(owner: "acme", name: "service") { pullRequest(number: 1) { reviewThreads { nodes { id } } } } }')).rejects.toMatchObject({ errors: [{ type: 'MISSING_PAGINATION_BOUNDARIES' }] });
  });
});

describe('webhooks', () => {
  let app: Listener;

  beforeEach(async () => {
    app = await listen();
    github.webhookUrl = app.url;
  });

  afterEach(() => app.close());

  it('are signed, and hold up against GitHub\'s description', async () => {
    const head = twoHunks();
    const { number, headSha } = await github.openPullRequest({ title: 'A change', base: 'main', head });
    push(head, { 'main.go': lines(1, 61) });
    await github.pushed(number);
    await github.closePullRequest(number);
    await github.reopen(number);
    await github.convertToDraft(number);
    await github.readyForReview(number);
    const { data: run } = await asInstallation().rest.checks.create({ ...repository, name: 'Goleash', head_sha: headSha });
    await github.rerequestCheckRun(run.id);
    await github.requestAction(run.id, 'fix');
    await github.rerequestCheckSuite(github.pull(number).headSha);
    await asInstallation().rest.pulls.createReview({ ...repository, pull_number: number, event: 'COMMENT', body: '', comments: [{ path: 'main.go', line: 61, body: 'This line.' }] });
    await github.replyToComment(github.pull(number).comments[0]?.id ?? 0, 'octocat', 'Why?');
    await github.suspend();
    await github.unsuspend();
    expect(github.violations).toEqual([]);
    expect(github.deliveries.map(({ event, action, status }) => `${event}.${action ?? ''} ${status}`)).toEqual([
      'pull_request.opened OK', 'pull_request.synchronize OK', 'pull_request.closed OK', 'pull_request.reopened OK', 'pull_request.converted_to_draft OK',
      'pull_request.ready_for_review OK', 'check_run.rerequested OK', 'check_run.requested_action OK', 'check_suite.rerequested OK',
      'pull_request_review_comment.created OK', 'installation.suspend OK', 'installation.unsuspend OK',
    ]);
    const [opened] = app.received;
    expect(opened?.headers).toMatchObject({ 'x-github-event': 'pull_request', 'x-github-delivery': github.deliveries[0]?.guid, 'x-github-hook-installation-target-id': '4242' });
    expect(opened?.headers['x-hub-signature-256']).toBe(`sha256=${createHmac('sha256', 'secret').update(opened?.body ?? '').digest('hex')}`);
    expect(JSON.parse(opened?.body ?? '')).toMatchObject({ action: 'opened', number, pull_request: { head: { sha: headSha, ref: head } }, installation: { id: github.installationId } });
  });

  it('are redelivered under the same guid', async () => {
    app.status = 500;
    await github.openPullRequest({ title: 'A change', base: 'main', head: twoHunks() });
    const octokit = asApp();
    const { data: [failed] } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 10 });
    expect(failed).toMatchObject({ status: 'Invalid HTTP Response: 500', status_code: 500, redelivery: false, event: 'pull_request', action: 'opened' });
    app.status = 200;
    await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
    await expect.poll(() => github.deliveries.length).toBe(2);
    const { data: deliveries } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 1 });
    expect(deliveries).toMatchObject([{ guid: failed?.guid, redelivery: true, status: 'OK' }]);
    const all = await octokit.paginate('GET /app/hook/deliveries', { per_page: 1 });
    expect(all.map((item) => item.redelivery)).toEqual([true, false]);
    expect((await octokit.request('GET /app/hook/deliveries', { status: 'failure' })).data).toHaveLength(1);
    expect((await octokit.rest.apps.getWebhookDelivery({ delivery_id: failed?.id ?? 0 })).data).toMatchObject({ request: { payload: { action: 'opened' } }, response: { payload: 'ok' } });
    expect(app.received.map(({ headers }) => headers['x-github-delivery'])).toEqual([failed?.guid, failed?.guid]);
    expect(github.violations).toEqual([]);
  });

  it('fail where nobody listens, and are not sent for events that the App did not subscribe to', async () => {
    github.webhookUrl = null;
    await github.openPullRequest({ title: 'A change', base: 'main', head: twoHunks() });
    expect(github.deliveries).toMatchObject([{ status: 'failed to connect to host' }]);
    await github.close();
    github = await start({ events: ['check_run'] });
    await github.openPullRequest({ title: 'A change', base: 'main', head: twoHunks() });
    expect(github.deliveries).toEqual([]);
  });

  it('tell the App of its own doings where that is asked for', async () => {
    await github.close();
    github = await start({ echo: true });
    github.webhookUrl = app.url;
    await github.warmUp();
    const { headSha } = await github.openPullRequest({ title: 'A change', base: 'main', head: twoHunks() });
    const octokit = asInstallation();
    const { data: run } = await octokit.rest.checks.create({ ...repository, name: 'Goleash', head_sha: headSha });
    await octokit.rest.pulls.createReview({ ...repository, pull_number: 1, event: 'COMMENT', body: '', comments: [{ path: 'main.go', line: 10, body: 'This line.' }] });
    await octokit.rest.checks.update({ ...repository, check_run_id: run.id, conclusion: 'success' });
    await expect.poll(() => github.deliveries.map(({ event, action }) => `${event}.${action ?? ''}`).sort()).toEqual([
      'check_run.completed', 'check_run.created', 'check_suite.requested', 'pull_request.opened', 'pull_request_review.submitted', 'pull_request_review_comment.created',
    ]);
    expect(github.violations).toEqual([]);
  });

  it('can be forged', async () => {
    const { guid } = await github.deliver('ping', { zen: 'Keep it logically awesome.' }, { badSignature: true, guid: 'same' });
    expect(guid).toBe('same');
    expect(app.received[0]?.headers['x-hub-signature-256']).not.toBe(`sha256=${createHmac('sha256', 'secret').update(app.received[0]?.body ?? '').digest('hex')}`);
  });

  it('name no pull request for the head of a fork', async () => {
    const { number, headSha } = await github.openPullRequest({ title: 'A change', base: 'main', head: twoHunks(), fork: 'contributor' });
    const { data: run } = await asInstallation().rest.checks.create({ ...repository, name: 'Goleash', head_sha: headSha });
    expect(run.pull_requests).toEqual([]);
    await github.rerequestCheckRun(run.id);
    expect(JSON.parse(app.received.at(-1)?.body ?? '')).toMatchObject({ check_run: { pull_requests: [], check_suite: { pull_requests: [], head_branch: null } } });
    expect((await asInstallation().rest.repos.listPullRequestsAssociatedWithCommit({ ...repository, commit_sha: headSha })).data).toMatchObject([{ number, head: { repo: { fork: true, full_name: 'contributor/service' } } }]);
    expect(github.violations).toEqual([]);
  });
});

describe('permissions', () => {
  /** What each endpoint answers to a token that holds all permissions but the one it needs. */
  it.each<[string, Record<string, 'read' | 'write'>, (octokit: Octokit) => Promise<unknown>]>([
    ['contents', { pull_requests: 'write', checks: 'write' }, (octokit) => octokit.rest.repos.getContent({ ...repository, path: 'main.go' })],
    ['contents', { pull_requests: 'write', checks: 'write' }, (octokit) => octokit.rest.repos.compareCommitsWithBasehead({ ...repository, basehead: 'main...main' })],
    ['contents', { pull_requests: 'write', checks: 'write' }, (octokit) => octokit.rest.git.getTree({ ...repository, tree_sha: 'main' })],
    ['pull requests', { contents: 'write', checks: 'write' }, (octokit) => octokit.rest.pulls.list(repository)],
    ['pull requests to read', { contents: 'write', checks: 'write', pull_requests: 'read' }, (octokit) => octokit.rest.pulls.createReview({ ...repository, pull_number: 1, event: 'COMMENT', body: 'Hello.' })],
    ['checks', { contents: 'write', pull_requests: 'write' }, (octokit) => octokit.rest.checks.listForRef({ ...repository, ref: 'main' })],
    ['checks to read', { contents: 'write', pull_requests: 'write', checks: 'read' }, (octokit) => octokit.rest.checks.create({ ...repository, name: 'Goleash', head_sha: git('rev-parse', 'main') })],
  ])('are enforced: %s', async (_name, granted, ask) => {
    await github.close();
    github = await start({ permissions: granted });
    expect(await refusal(ask(asInstallation()))).toMatchObject({ status: 403, message: 'Resource not accessible by integration' });
    expect(github.violations).toEqual([]);
  });

  it('cannot be asked for beyond what was granted, and can be narrowed', async () => {
    const beyond = asApp().rest.apps.createInstallationAccessToken({ installation_id: github.installationId, permissions: { contents: 'write' } });
    expect(await refusal(beyond)).toMatchObject({ status: 422, message: 'The permissions requested are not granted to this installation.' });
    const { data } = await asApp().rest.apps.createInstallationAccessToken({ installation_id: github.installationId, repositories: ['service'], permissions: { contents: 'read' } });
    const narrow = new Octokit({ baseUrl: `${github.url}/api/v3`, auth: data.token, log: silent });
    expect(await refusal(narrow.rest.pulls.list(repository))).toMatchObject({ status: 403 });
    await narrow.rest.repos.getContent({ ...repository, path: 'main.go' });
    expect(github.violations).toEqual([]);
  });

  it('are told by GraphQL within a 200', async () => {
    await github.close();
    github = await start({ permissions: { pull_requests: 'read' } });
    await expect(asInstallation().graphql('{ repository(owner: "acme", name: "service") { object(expression: "main:main.go") { __typename } } }')).rejects.toMatchObject({ errors: [{ type: 'FORBIDDEN' }] });
  });
});

describe('the repository', () => {
  it('is read by contents, blobs, trees and comparison', async () => {
    const head = branch({ 'deep/er/new.go': 'package er\n' });
    const octokit = asInstallation();
    const { data: content } = await octokit.rest.repos.getContent({ ...repository, path: 'deep/er/new.go', ref: head });
    expect(content).toMatchObject({ type: 'file', path: 'deep/er/new.go', encoding: 'base64', content: `${Buffer.from('package er\n').toString('base64')}\n` });
    const { data: plain } = await octokit.rest.repos.getContent({ ...repository, path: 'deep/er/new.go', ref: head, mediaType: { format: 'raw' } });
    expect(plain).toBe('package er\n');
    const { data: directory } = await octokit.rest.repos.getContent({ ...repository, path: 'deep', ref: head });
    expect(directory).toMatchObject([{ type: 'dir', name: 'er', path: 'deep/er' }]);
    const { data: rootDirectory } = await octokit.rest.repos.getContent({ ...repository, path: '' });
    expect(rootDirectory).toHaveLength(5);
    expect(await refusal(octokit.rest.repos.getContent({ ...repository, path: 'deep/er/new.go' }))).toMatchObject({ status: 404 });
    const { data: tree } = await octokit.rest.git.getTree({ ...repository, tree_sha: head, recursive: '1' });
    const blob = tree.tree.find((entry) => entry.path === 'deep/er/new.go');
    expect(blob).toMatchObject({ mode: '100644', type: 'blob', size: 11 });
    expect((await octokit.rest.git.getBlob({ ...repository, file_sha: blob?.sha ?? '' })).data).toMatchObject({ size: 11, encoding: 'base64' });
    const { data: compared } = await octokit.rest.repos.compareCommitsWithBasehead({ ...repository, basehead: `main...${head}` });
    expect(compared).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0, commits: [{ commit: { message: 'A change' } }], files: [{ filename: 'deep/er/new.go' }], merge_base_commit: { sha: git('rev-parse', 'main') } });
    expect(github.violations).toEqual([]);
  });

  it('lists files in pages of 30, or of 100 at most', async () => {
    const head = branch(Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`many/${index}.go`, `package many // ${index}\n`])));
    await open(head);
    const octokit = asInstallation();
    const first = await octokit.rest.pulls.listFiles({ ...repository, pull_number: 1 });
    expect(first.data).toHaveLength(30);
    expect(first.headers.link).toContain('page=8>; rel="last"');
    expect((await octokit.rest.pulls.listFiles({ ...repository, pull_number: 1, per_page: 100, page: 3 })).data).toHaveLength(30);
    const all = await octokit.paginate(octokit.rest.pulls.listFiles, { ...repository, pull_number: 1, per_page: 100 });
    expect(new Set(all.map((file) => file.filename)).size).toBe(230);
    expect(github.violations).toEqual([]);
  });

  it('measures a pull request from the merge base', async () => {
    const head = twoHunks();
    git('checkout', '--quiet', '-b', 'moving-base', 'main');
    commit({ 'base-only.go': 'package base\n' });
    git('checkout', '--quiet', 'main');
    const { number } = await github.openPullRequest({ title: 'A change', base: 'moving-base', head, deliver: false });
    const { data } = await asInstallation().rest.pulls.listFiles({ ...repository, pull_number: number });
    expect(data.map((file) => file.filename)).toEqual(['main.go']);
  });

  it('lists pull requests by state and head', async () => {
    const head = twoHunks();
    await open(head);
    await open(twoHunks());
    await github.closePullRequest(2, { deliver: false });
    const octokit = asInstallation();
    expect((await octokit.rest.pulls.list(repository)).data.map((pull) => pull.number)).toEqual([1]);
    expect((await octokit.rest.pulls.list({ ...repository, state: 'all' })).data.map((pull) => pull.number)).toEqual([2, 1]);
    expect((await octokit.rest.pulls.list({ ...repository, state: 'all', head: `acme:${head}` })).data.map((pull) => pull.number)).toEqual([1]);
    expect(github.violations).toEqual([]);
  });
});

describe('faults', () => {
  let octokit: Octokit;

  beforeEach(async () => {
    await open(twoHunks());
    octokit = asInstallation();
    await octokit.rest.pulls.get({ ...repository, pull_number: 1 });
    github.clearRequests();
  });

  it('answer as told, as often as told', async () => {
    github.fail({ match: { method: 'GET', path: /\/pulls\/1$/ }, times: 2, with: { status: 403, headers: { 'retry-after': '60' }, body: { message: 'You have exceeded a secondary rate limit' } } });
    const get = (): Promise<unknown> => octokit.rest.pulls.get({ ...repository, pull_number: 1 });
    expect(await refusal(get())).toMatchObject({ status: 403, message: 'You have exceeded a secondary rate limit' });
    expect(await refusal(get())).toMatchObject({ status: 403 });
    await get();
    expect(github.requests.map(({ method, path: asked, route, status }) => [method, asked, route, status])).toEqual(
      [403, 403, 200].map((status) => ['GET', '/repos/acme/service/pulls/1', '/repos/{owner}/{repo}/pulls/{pull_number}', status]));
  });

  it('cut the connection', async () => {
    github.fail({ match: (request) => request.route === '/repos/{owner}/{repo}', with: 'cut' });
    await expect(octokit.rest.repos.get(repository)).rejects.toThrow();
    expect(github.requests).toMatchObject([{ status: 0 }]);
    await octokit.rest.repos.get(repository);
  });

  it('write and then answer 502', async () => {
    github.fail({ match: { method: 'POST', path: /\/reviews$/ }, with: 'apply-then-502' });
    expect(await refusal(octokit.rest.pulls.createReview({ ...repository, pull_number: 1, event: 'COMMENT', body: 'Once.' }))).toMatchObject({ status: 502 });
    expect(github.pull(1).reviews).toHaveLength(1);
  });

  it('answer late', async () => {
    github.fail({ match: { path: /graphql/ }, with: { delayMs: 150 } });
    const started = performance.now();
    await octokit.graphql('{ repository(owner: "acme", name: "service") { name } }');
    expect(performance.now() - started).toBeGreaterThanOrEqual(140);
  });

  it('are not what an unknown endpoint is: that is recorded', async () => {
    expect(await refusal(octokit.request('GET /repos/acme/service/issues'))).toMatchObject({ status: 404 });
    expect(github.unplanned).toEqual(['GET /repos/acme/service/issues']);
    expect(github.violations).toEqual([]);
  });
});

describe('GitHub\'s description', () => {
  it('holds requests and answers to account', () => {
    expect(responseProblems('GET /app', 200, {})).toContain('"id" wasn\'t supplied.');
    expect(responseProblems('GET /app', 418, {})).toEqual(["GitHub's description has no status 418 here"]);
    expect(responseProblems('DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}', 204, {})).not.toEqual([]);
    const pull = 'GET /repos/{owner}/{repo}/pulls/{pull_number}';
    expect(requestProblems(pull, { owner: 'acme', repo: 'service', pull_number: 'one' }, new URLSearchParams(), undefined)).toEqual(['For \'"pull_number"\', must be integer.']);
    expect(requestProblems(pull, { owner: 'acme', repo: 'service', pull_number: '1' }, new URLSearchParams(), { a: 1 })).toEqual(['The request must have no body.']);
    expect(webhookProblems('pull_request.opened', {})).toContain('"pull_request" wasn\'t supplied.');
    expect(webhookProblems('pull_request.vanished', {})).not.toEqual([]);
  });
});

describe('the page', () => {
  const body = [
    '**Case 1 · abandoned send**', 'in `main.go` <script>alert(1)</script>', '', '```suggestion', 'better 10', '```', '',
    '<details><summary>How to confirm</summary>', '', '```go', 'func main() {}', '```', '', '</details>', '', '<!-- goleash:v1 fp=abc -->', '[evil](javascript:alert(1))',
  ].join('\n');

  const fetchPage = async (at: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(github.url + at);
    return { status: response.status, text: await response.text() };
  };

  it('shows the diff, the comments under their lines, and the check run', async () => {
    const { headSha } = await open(twoHunks());
    const octokit = asInstallation();
    await octokit.rest.pulls.createReview({ ...repository, pull_number: 1, event: 'COMMENT', body: 'In all **one**.', comments: [{ path: 'main.go', line: 10, body }] });
    const { data: run } = await octokit.rest.checks.create({
      ...repository, name: 'Goleash', head_sha: headSha, conclusion: 'neutral',
      output: { title: 'One leak', summary: '| Leak |\n|---|\n| send |', text: 'Some *text*.', annotations: [{ path: 'main.go', start_line: 10, end_line: 10, annotation_level: 'warning', message: 'Blocks <for> ever' }] },
    });
    const { status, text } = await fetchPage('/acme/service/pull/1');
    expect(status).toBe(200);
    for (const expected of [
      'A change', 'Open', '<td class="n">10</td><td class="n"></td><td class="sign">-</td>', '<td class="n"></td><td class="n">10</td><td class="sign">+</td>', 'Case 1 · abandoned send',
      'Suggested change', '<td class="sign">+</td><td class="code">better <span class="hljs-number">10</span></td>', '<details><summary>How to confirm</summary>', '<span class="hljs-keyword">func</span>', 'In all <strong>one</strong>.',
      'One leak', '<th>Leak</th>', 'Some <em>text</em>.', 'Blocks &#60;for&#62; ever', '&#60;script&#62;alert(1)', '<span class="tag">neutral</span>',
    ]) expect(text).toContain(expected);
    for (const unexpected of ['goleash:v1', '<script', 'href="javascript', 'src=', '<link']) expect(text).not.toContain(unexpected);
    expect((await fetchPage(`/acme/service/runs/${run.id}`)).text).toContain('Some <em>text</em>.');
    expect((await fetchPage(`/acme/service/blob/${headSha}/main.go`)).text).toMatch(/<tr id="L10">.*changed/);
    expect((await fetchPage('/')).text).toContain('/acme/service/pull/1');
    expect((await fetchPage('/acme/service/pull/9')).status).toBe(404);
    expect(github.violations).toEqual([]);
    expect(github.requests.every((request) => request.route !== null)).toBe(true);
  });

  it('says which suggestions cannot be applied', async () => {
    const { number, headRef } = await open(twoHunks());
    const suggest = (line: number, side: string, text: string): { path: string; line: number; side: string; body: string } => ({ path: 'main.go', line, side, body: `\`\`\`suggestion\n${text}\`\`\`` });
    await asInstallation().rest.pulls.createReview({ ...repository, pull_number: number, event: 'COMMENT', body: '', comments: [suggest(10, 'RIGHT', 'changed 10\n'), suggest(10, 'LEFT', 'x\n'), suggest(50, 'RIGHT', '')] });
    push(headRef, { 'main.go': lines(1, 60, (line) => (line === 10 ? 'changed 10' : `line ${line}`)) });
    await github.pushed(number, { deliver: false });
    const { text } = await fetchPage('/acme/service/pull/1');
    for (const expected of ['no changes were made', 'cannot be applied on deleted lines', 'Outdated suggestions cannot', 'Outdated conversations']) expect(text).toContain(expected);
    expect(text).not.toContain('Commit suggestion');
  });
});
