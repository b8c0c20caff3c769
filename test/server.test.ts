import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startEmbeddedGitHub } from './embedded-github/index.ts';
import { freePort, testSecret } from './support/app-under-test.ts';
import { leakingProgram } from './support/leak.ts';
import { createRepository } from './support/repository.ts';
import { keys } from './support/scene.ts';
import type { EmbeddedGitHub } from './embedded-github/index.ts';

const root = path.dirname(import.meta.dirname);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Server {
  readonly url: string;
  readonly output: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** The exit code. */
  readonly exited: Promise<number | null>;
}

/** Runs src/index.ts as its own process, in an empty folder with app.yml and package.json, with this environment and no other. */
async function serve(env: Readonly<Record<string, string>>): Promise<Server> {
  const folder = mkdtempSync(path.join(tmpdir(), 'goleash-server-'));
  for (const name of ['app.yml', 'package.json']) symlinkSync(path.join(root, name), path.join(folder, name));
  const port = await freePort();
  const loader = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', loader, path.join(root, 'src/index.ts')], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', PORT: String(port), HOST: '127.0.0.1', ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  ends.push(() => rmSync(folder, { recursive: true, force: true }), () => { child.kill('SIGKILL'); return exited; });
  return { url: `http://127.0.0.1:${port}`, output: () => output, signal: (signal) => void child.kill(signal), exited };
}

async function until<T>(what: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const value = await what();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not happen in time.');
}

const answers = (url: string) => (): Promise<Response | undefined> => fetch(url).catch(() => undefined);

const credentials = { APP_ID: '4242', PRIVATE_KEY: keys.privateKey, WEBHOOK_SECRET: testSecret };

/** A GitHub with a branch that leaks. */
async function embedded(): Promise<EmbeddedGitHub> {
  const repository = createRepository();
  repository.commit('main', { 'go.mod': 'module example.com/service\n\ngo 1.22\n' });
  repository.commit('feature', { 'fetch/fetch.go': leakingProgram });
  const github = await startEmbeddedGitHub({ gitDir: repository.gitDir, publicKey: keys.publicKey, webhookSecret: testSecret, permissions: { checks: 'write', pull_requests: 'write', contents: 'read', metadata: 'read' } });
  ends.push(() => repository.remove(), () => github.close());
  return github;
}

/** A server that GitHub sends its webhooks to from now on. */
async function serveFor(github: EmbeddedGitHub): Promise<Server> {
  const server = await serve({ ...credentials, NODE_ENV: 'production', GHE_HOST: github.host, GHE_PROTOCOL: 'http' });
  expect((await until(answers(`${server.url}/healthz`))).status).toBe(200);
  github.webhookUrl = `${server.url}/api/github/webhooks`;
  return server;
}

describe('the server', () => {
  test('reviews, and on SIGTERM finishes what runs before it exits with 0', async () => {
    const github = await embedded();
    const server = await serveFor(github);
    let letGo = (): void => undefined;
    github.fail({ match: { method: 'GET', path: /\/files$/ }, with: { until: new Promise<void>((resolve) => (letGo = resolve)) } });
    await github.openPullRequest({ title: 'A fetch', base: 'main', head: 'feature' });
    await until(() => github.requests.find(({ path: at }) => at.endsWith('/files')));
    server.signal('SIGTERM');
    await until(async () => ((await answers(`${server.url}/healthz`)())?.status === 503 ? true : undefined));
    letGo();
    expect(await server.exited).toBe(0);
    expect(github.checkRuns()).toMatchObject([{ status: 'completed' }]);
    expect(github.checkRuns()[0]?.title).toMatch(/^(?!Not reviewed)/);
    expect([...github.violations, ...github.unplanned]).toEqual([]);
  });

  test.each([
    ['the check run is made', 'POST', /\/check-runs$/],
    ['the comments are posted', 'POST', /\/reviews$/],
    ['the check run is completed', 'PATCH', /\/check-runs\/\d+$/],
  ])('killed while %s, is followed by one that posts nothing twice and leaves nothing open', async (_, method, at) => {
    const github = await embedded();
    const first = await serveFor(github);
    github.fail({ match: { method, path: at }, with: 'apply-then-silence' });
    await github.openPullRequest({ title: 'A fetch', base: 'main', head: 'feature' });
    await until(() => github.requests.find((request) => request.method === method && at.test(request.path)));
    first.signal('SIGKILL');
    await first.exited;
    await serveFor(github);
    const [delivery] = github.deliveries;
    if (delivery === undefined) throw new Error('Nothing was delivered.');
    github.clearRequests();
    await github.deliver(delivery.event, delivery.payload, { guid: delivery.guid });
    const isDone = (): boolean => github.checkRuns().every(({ status }) => status === 'completed') && github.requests.at(-1)?.method === 'PATCH';
    await until(() => isDone() || undefined);
    expect(github.pull(1).comments).toHaveLength(1);
    expect(github.checkRuns().at(-1)?.title).toMatch(/^(1 goroutine leak|No new goroutine leak)/);
    expect([...github.violations, ...github.unplanned]).toEqual([]);
  });

  test.each([
    ['without a secret', { WEBHOOK_SECRET: '' }, 'WEBHOOK_SECRET is missing'],
    ["with Probot's default secret", { WEBHOOK_SECRET: 'development' }, 'WEBHOOK_SECRET must not be "development"'],
  ])('does not start in production %s', async (_, told, says) => {
    const server = await serve({ ...credentials, NODE_ENV: 'production', ...told });
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain(`Goleash cannot start:\n${says}`);
  });

  test('does not start without credentials in production', async () => {
    const server = await serve({ NODE_ENV: 'production' });
    expect(await server.exited).toBe(1);
    expect(server.output()).toContain('APP_ID is missing');
  });

  test('shows the setup page without credentials; its manifest is app.yml with the URL of the webhook', async () => {
    const server = await serve({ PUBLIC_URL: 'https://goleash.example.com/' });
    const page = await (await until(answers(`${server.url}/probot`))).text();
    // Probot puts the JSON between single quotes as it is, so that app.yml must hold none.
    const parsed = JSON.parse(/id="manifest" value='([^']*)'/.exec(page)?.[1] ?? '{}') as object;
    expect(parsed).toMatchObject({
      name: 'goleash',
      public: false,
      hook_attributes: { url: 'https://goleash.example.com/api/github/webhooks' },
      default_permissions: { checks: 'write', pull_requests: 'write', contents: 'read', merge_queues: 'read', metadata: 'read' },
      default_events: ['pull_request', 'pull_request_review_comment', 'merge_group', 'check_run', 'check_suite'],
    });
  });
});
