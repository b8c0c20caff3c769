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
import { changeOf, lifeGround, ownChange } from './change.ts';
import { DemoError } from './demo-error.ts';
import { createEnds } from './ends.ts';
import { life } from './life.ts';
import { readAloud } from './read-aloud.ts';
import { completed, reviewChange } from './review-change.ts';
import { showReview } from './show-review.ts';
import type { AppProcess } from './app-process.ts';
import type { DemoArguments } from './arguments.ts';
import type { Ends } from './ends.ts';
import type { Stage } from './life.ts';

interface Manifest {
  readonly default_permissions: Record<string, 'read' | 'write'>;
  readonly default_events: string[];
}

const appId = 4242;
const manifest = parse(readFileSync(path.join(import.meta.dirname, '../../app.yml'), 'utf8')) as Manifest;
const colors = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
const terminal = { paint: paint(colors), width: Math.max(40, Math.min(process.stdout.isTTY ? process.stdout.columns : 100, 100)) };

/** Does what is asked, up to the printed review, and says where its page is. */
async function demo({ change, life: language }: DemoArguments, ends: Ends): Promise<string> {
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
  const ground = language === null ? null : await lifeGround(asked, `language: ${language}\n`);
  const opened = ground ?? (change === null ? await ownChange(asked) : await changeOf(change, asked));
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
    // In its life each step has one check run, to be waited for.
    echo: ground === null,
  });
  ends.add(() => github.close());
  const app = await startAppProcess(await folder('app'), { APP_ID: String(appId), PRIVATE_KEY: keys.privateKey, WEBHOOK_SECRET: webhookSecret, GHE_HOST: github.host, GHE_PROTOCOL: 'http' });
  ends.add(() => app.stop());
  await app.ready();
  github.webhookUrl = app.webhookUrl;

  const page = `${github.url}/${opened.owner}/${opened.repo}/pull/1`;
  if (!('title' in opened)) {
    await live({ github, commit: opened.commit }, app);
    return page;
  }
  say(`${terminal.paint.heading(harmless(opened.title))} ${terminal.paint.aside(harmless(`${opened.owner}/${opened.repo} #1, ${opened.base} ← ${opened.head}`))}\n`);
  say(showReview(await reviewChange(opened, github, app), terminal));
  return page;
}

/** Prints after each step what there is to be seen. */
async function live(stage: Stage, app: AppProcess): Promise<void> {
  const { github } = stage;
  await github.warmUp();
  say(terminal.paint.heading('A pull request'));
  for (const { name, happens } of life) {
    const before = github.checkRuns().length;
    await happens(stage);
    const check = await completed(github, app, before);
    const own = github.pull(1).comments.filter(({ inReplyTo }) => inReplyTo === null);
    say(`\n${terminal.paint.heading(`… ${name}`)}`);
    for (const comment of own) {
      const replies = github.pull(1).comments.filter(({ inReplyTo }) => inReplyTo === comment.id).map(({ author }) => author);
      say(`  ${terminal.paint.place(harmless(comment.path))} ${readAloud(comment.body.split('\n')[0] ?? '', terminal).join(' ')}${replies.length === 0 ? '' : terminal.paint.aside(` · ${replies.join(', ')}`)}`);
    }
    say(`  ${harmless(`${check.name}: ${check.conclusion ?? check.status}. ${check.title ?? ''}`)}`);
  }
  const objections = [...github.violations, ...github.unplanned];
  if (objections.length > 0) throw new DemoError(`The embedded GitHub objects: ${objections.join('; ')}.`);
}

async function main(): Promise<void> {
  const asked = parseDemoArguments(process.argv.slice(2));
  if (asked.help) {
    say(usage);
    return;
  }
  const ends = createEnds();
  let served = false;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
  });
  try {
    const work = demo(asked, ends);
    const outcome = await Promise.race([work.then((url) => ({ url })), interrupted]);
    if (outcome === 'interrupted') {
      // What is underway fails now that its ground is taken from it.
      work.catch(() => undefined);
      process.exitCode = 130;
    } else if (!asked.once) {
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
