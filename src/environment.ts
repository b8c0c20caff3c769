import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';

/** What the server is told by its environment, under Probot's names where it has one. */
export interface Environment {
  readonly production: boolean;
  /** Null without credentials: then there is nothing to serve but the setup page. */
  readonly credentials: { readonly appId: number; readonly privateKey: string; readonly webhookSecret: string } | null;
  readonly webhookPath: string;
  readonly host: string;
  readonly port: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** GitHub's pages, such as `https://github.com`. */
  readonly webUrl: string;
  readonly apiUrl: string;
  /** Where GitHub reaches this server, for the setup page; null where it is not told. */
  readonly publicUrl: string | null;
  readonly concurrency: number;
  readonly jobTimeoutMs: number;
  readonly drainGraceMs: number;
}

/** The environment cannot be worked with; the message names the variable and what it should be. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

const seconds = (least: number, most: number): z.ZodCoercedNumber => z.coerce.number('must be a number of seconds').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);

const schema = z.object({
  NODE_ENV: z.string().optional(),
  APP_ID: z.coerce.number('must be the number that GitHub shows as App ID').int().positive('must be the number that GitHub shows as App ID').optional(),
  PRIVATE_KEY: z.string().optional(),
  PRIVATE_KEY_PATH: z.string().optional(),
  WEBHOOK_SECRET: z.string().optional(),
  WEBHOOK_PATH: z.string().regex(/^\/./, 'must be a path such as /api/github/webhooks').default('/api/github/webhooks'),
  HOST: z.string().default('localhost'),
  PORT: z.coerce.number('must be a port').int('must be a port').min(1, 'must be a port').max(65_535, 'must be a port').default(3000),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'must be one of trace, debug, info, warn, error, fatal, silent').default('info'),
  GHE_HOST: z.string().regex(/^[^/]+$/, 'must be a host without a scheme, such as github.example.com').optional(),
  GHE_PROTOCOL: z.enum(['http', 'https'], 'must be http or https').default('https'),
  PUBLIC_URL: z.url({ protocol: /^https?$/, error: 'must be a URL such as https://goleash.example.com' }).optional(),
  CONCURRENCY: z.coerce.number('must be a number').int('must be a whole number').min(1, 'must be at least 1').max(64, 'must be at most 64').default(4),
  JOB_TIMEOUT_SECONDS: seconds(1, 3600).default(300),
  DRAIN_GRACE_SECONDS: seconds(0, 3600).default(25),
});

/**
 * Reads the server's environment; empty variables count as absent. `readFile` gives the text of PRIVATE_KEY_PATH.
 * Throws EnvironmentError.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>, readFile: (path: string) => string): Environment {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== '')));
  if (!parsed.success) {
    throw new EnvironmentError(parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}.`).join('\n'));
  }
  const values = parsed.data;
  const production = values.NODE_ENV === 'production';
  const webUrl = values.GHE_HOST === undefined ? 'https://github.com' : `${values.GHE_PROTOCOL}://${values.GHE_HOST}`;
  return {
    production,
    credentials: credentialsOf(values, production, readFile),
    webhookPath: values.WEBHOOK_PATH.replace(/(?<=.)\/+$/, ''),
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    webUrl,
    apiUrl: values.GHE_HOST === undefined ? 'https://api.github.com' : `${webUrl}/api/v3`,
    publicUrl: values.PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    concurrency: values.CONCURRENCY,
    jobTimeoutMs: values.JOB_TIMEOUT_SECONDS * 1000,
    drainGraceMs: values.DRAIN_GRACE_SECONDS * 1000,
  };
}

type Values = z.infer<typeof schema>;

function credentialsOf(values: Values, production: boolean, readFile: (path: string) => string): Environment['credentials'] {
  const { APP_ID: appId, PRIVATE_KEY: inline, PRIVATE_KEY_PATH: path, WEBHOOK_SECRET: webhookSecret } = values;
  if (appId === undefined && inline === undefined && path === undefined && !production) return null;
  if (appId === undefined) throw new EnvironmentError('APP_ID is missing: the number that GitHub shows as App ID on the page of your App.');
  if (inline === undefined && path === undefined) throw new EnvironmentError('PRIVATE_KEY or PRIVATE_KEY_PATH is missing: the private key that GitHub generated for your App, or its file.');
  if (webhookSecret === undefined) throw new EnvironmentError('WEBHOOK_SECRET is missing: without the secret that your App has at GitHub anyone can forge webhooks.');
  // Probot falls back to this literal, so that everybody knows it.
  if (production && webhookSecret === 'development') throw new EnvironmentError('WEBHOOK_SECRET must not be "development" in production: everybody knows it, so that anyone can forge webhooks.');
  return { appId, privateKey: privateKeyOf(inline, path, readFile), webhookSecret };
}

function privateKeyOf(inline: string | undefined, path: string | undefined, readFile: (path: string) => string): string {
  const [name, text] = inline === undefined ? ['PRIVATE_KEY_PATH', readKeyFile(path ?? '', readFile)] : ['PRIVATE_KEY', inline];
  // As Probot takes it: with line breaks written as \n where the environment cannot hold them, or the whole of it in base64.
  const unquoted = text.trim().replace(/^"(.*)"$/s, '$1').replaceAll('\\n', '\n');
  const pem = unquoted.includes('-----BEGIN') ? unquoted : Buffer.from(unquoted, 'base64').toString('utf8');
  try {
    createPrivateKey(pem);
  } catch {
    throw new EnvironmentError(`${name} holds no private key in PEM form.`);
  }
  return pem;
}

function readKeyFile(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path);
  } catch (error) {
    throw new EnvironmentError(`PRIVATE_KEY_PATH cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
