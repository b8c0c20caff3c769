import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { startApp, startSetup } from './app.ts';
import { EnvironmentError, readEnvironment } from './environment.ts';
import type { Environment } from './environment.ts';

/** The setup page writes credentials to `.env`; what the environment holds already has precedence. */
function loadDotEnv(): void {
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}

async function serve(environment: Environment, credentials: NonNullable<Environment['credentials']>): Promise<void> {
  const log = pino({ level: environment.logLevel });
  const { host, port, webhookPath, webUrl, apiUrl, concurrency, jobTimeoutMs } = environment;
  const app = await startApp({ ...credentials, host, port, webhookPath, webUrl, apiUrl, concurrency, jobTimeoutMs, log });

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal, queue: app.depth() }, 'Draining.');
    app.close(environment.drainGraceMs).then(
      () => {
        log.info('Drained.');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'The server did not stop cleanly.');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function main(): Promise<void> {
  loadDotEnv();
  const environment = readEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
  if (environment.credentials !== null) return serve(environment, environment.credentials);
  // Probot's manifest names the root of the page's own address as the webhook's URL unless this variable holds another.
  if (environment.publicUrl !== null) process.env['WEBHOOK_PROXY_URL'] ??= `${environment.publicUrl}${environment.webhookPath}`;
  // A tunnel through smee.io is for who asks for one, by WEBHOOK_PROXY_URL.
  process.env['NO_SMEE_SETUP'] ??= 'true';
  await startSetup({ ...process.env, WEBHOOK_PROXY_URL: undefined });
}

main().catch((error: unknown) => {
  process.stderr.write(error instanceof EnvironmentError ? `Goleash cannot start:\n${error.message}\n` : `Goleash cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
