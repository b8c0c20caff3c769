/**
 * Goleash at work on this machine alone: a git repository, an embedded GitHub that serves it, the real App as its own
 * process, a pull request, and the review that comes of it.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { ExplainedError } from '../../src/explained-error.ts';
import { harmless, paint } from '../../src/format/paint.ts';
import { startEmbeddedGitHub } from '../embedded-github/index.ts';
import { build, startAppProcess } from './app-process.ts';
import { parseDemoArguments, usage } from './arguments.ts';
import { changeOf, ownChange } from './change.ts';
import { DemoError } from './demo-error.ts';
import { createEnds } from './ends.ts';
import { reviewChange } from './review-change.ts';
import { showReview } from './show-review.ts';
import type { AskedChange } from './arguments.ts';
import type { Ends } from './ends.ts';

interface Manifest {
  readonly default_permissions: Record<string, 'read' | 'write'>;
  readonly default_events: string[];
}

const appId = 4242;
const manifest = parse(readFileSync(path.join(import.meta.dirname, '../../app.yml'), 'utf8')) as Manifest;
const colors = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
const terminal = { paint: paint(colors), width: Math.max(40, Math.min(process.stdout.isTTY ? process.stdout.columns : 100, 100)) };

/** Does what is asked, up to the printed review, and says where its page is. */
async function demo(change: AskedChange | null, ends: Ends): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'goleash-demo-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  ends.add(remove);
  const folder = async (name: string): Promise<string> => {
    const made = path.join(directory, name);
    await mkdir(made);
    return made;
  };

  await build();
  const asked = await folder('repository');
  const opened = change === null ? await ownChange(asked) : await changeOf(change, asked);
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
  const webhookSecret = randomBytes(32).toString('hex');
  const github = await startEmbeddedGitHub({
    gitDir: opened.gitDir,
    owner: opened.owner,
    repo: opened.repo,
    appId,
    publicKey: keys.publicKey,
    webhookSecret,
    permissions: manifest.default_permissions,
    events: manifest.default_events,
    echo: true,
  });
  ends.add(() => github.close());
  const app = await startAppProcess(await folder('app'), { APP_ID: String(appId), PRIVATE_KEY: keys.privateKey, WEBHOOK_SECRET: webhookSecret, GHE_HOST: github.host, GHE_PROTOCOL: 'http' });
  ends.add(() => app.stop());
  await app.ready();
  github.webhookUrl = app.webhookUrl;

  say(`${terminal.paint.heading(harmless(opened.title))} ${terminal.paint.aside(harmless(`${opened.owner}/${opened.repo} #1, ${opened.base} ← ${opened.head}`))}\n`);
  say(showReview(await reviewChange(opened, github, app), terminal));
  return `${github.url}/${opened.owner}/${opened.repo}/pull/1`;
}

async function main(): Promise<void> {
  const { once, help, change } = parseDemoArguments(process.argv.slice(2));
  if (help) {
    say(usage);
    return;
  }
  const ends = createEnds();
  let served = false;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
  });
  try {
    const work = demo(change, ends);
    const outcome = await Promise.race([work.then((url) => ({ url })), interrupted]);
    if (outcome === 'interrupted') {
      // What is underway fails now that its ground is taken from it.
      work.catch(() => undefined);
      process.exitCode = 130;
    } else if (!once) {
      served = true;
      say(`Look at it: ${terminal.paint.place(outcome.url)}   ${terminal.paint.aside('(Ctrl-C ends the demo)')}`);
      await interrupted;
    }
  } finally {
    await ends.run();
    if (served) say('');
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    const known = error instanceof DemoError ? error.message : error instanceof ExplainedError ? error.says.en : null;
    console.error(known === null ? error : `demo: ${known}`);
    process.exit(1);
  },
);
