import { once } from 'node:events';
import { createServer } from 'node:net';
import { pino } from 'pino';
import { startApp as startRealApp } from '../../src/app.ts';
import type { AppOptions, Pace } from '../../src/app.ts';
import type { EmbeddedGitHub } from '../embedded-github/index.ts';

export interface AppUnderTestOptions {
  readonly github: EmbeddedGitHub;
  /** The App's private key, PEM. */
  readonly privateKey: string;
  /** The analysis; the App's own where it is not told. */
  readonly review?: NonNullable<AppOptions['review']>;
  readonly webhookSecret?: string;
  readonly appId?: number;
  readonly concurrency?: number;
  readonly jobTimeoutMs?: number;
  /** In a hurry where it is not told. */
  readonly pace?: Partial<Pace>;
}

export interface AppUnderTest {
  readonly url: string;
  /** Resolves when no job runs, waits, or is put off. */
  idle(): Promise<void>;
  /** The fields of what it logged. */
  logged(): readonly Readonly<Record<string, unknown>>[];
  /** Drains; the grace is 5 s where it is not told. */
  close(graceMs?: number): Promise<void>;
}

export const testSecret = 'a secret of the tests';

/** No second between writes, milliseconds between retries, and the head is trusted however slow the machine is: requests are counted. */
const hurry: Pace = { throttle: false, retryUnitMs: 5, requestTimeoutMs: 5_000, backoffMs: [50, 50], headTrustedForMs: 60_000, movedDelayMs: 200 };

/** Runs the real App in this process, in front of an embedded GitHub, which delivers its webhooks to it from now on. */
export async function startApp(options: AppUnderTestOptions): Promise<AppUnderTest> {
  const { github, review } = options;
  const logged: Readonly<Record<string, unknown>>[] = [];
  const log = pino({ level: 'info' }, { write: (line) => { logged.push(JSON.parse(line) as Readonly<Record<string, unknown>>); if (process.env['LOG_LEVEL'] !== undefined) process.stderr.write(line); } });
  const app = await startRealApp({
    appId: options.appId ?? 4242,
    privateKey: options.privateKey,
    webhookSecret: options.webhookSecret ?? testSecret,
    webhookPath: '/api/github/webhooks',
    host: '127.0.0.1',
    port: await freePort(),
    webUrl: github.url,
    apiUrl: `${github.url}/api/v3`,
    log,
    concurrency: options.concurrency ?? 4,
    jobTimeoutMs: options.jobTimeoutMs ?? 30_000,
    ...(review === undefined ? {} : { review }),
    pace: { ...hurry, ...options.pace },
  });
  github.webhookUrl = `${app.url}/api/github/webhooks`;
  return {
    url: app.url,
    logged: () => logged,
    async idle() {
      for (;;) {
        await github.delivered();
        const { running, waiting, delayed } = app.depth();
        if (running + waiting + delayed === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async close(graceMs = 5_000) {
      github.webhookUrl = null;
      await app.close(graceMs);
    },
  };
}

/** A port that nobody listens on; Probot takes no 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return address.port;
}
