import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../support/app-under-test.ts';
import { DemoError } from './demo-error.ts';

export interface AppProcess {
  readonly webhookUrl: string;
  /** Resolves when the App answers. Rejects with a DemoError where it does not. */
  readonly ready: () => Promise<void>;
  /** Throws a DemoError where the App has ended. */
  readonly assertAlive: () => void;
  /** Lets the App drain; resolves when it has ended. */
  readonly stop: () => Promise<void>;
}

const root = path.join(import.meta.dirname, '../..');
const server = path.join(root, 'dist/index.js');

/** Starts the App as `npm start` does, but for its environment. `directory` is where it runs. */
export async function startAppProcess(directory: string, told: Readonly<Record<string, string>>): Promise<AppProcess> {
  const port = await freePort();
  const env: Record<string, string> = { ...inherited(), NODE_ENV: 'production', LOG_LEVEL: 'warn', HOST: '127.0.0.1', PORT: String(port), ...told };
  const child = spawn(process.execPath, [server], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const closed = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
  const url = `http://127.0.0.1:${port}`;
  const assertAlive = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) throw new DemoError(`The App ended by itself (${child.signalCode ?? `exit code ${child.exitCode ?? 0}`}). It said:\n${output.trim()}`);
  };
  return {
    webhookUrl: `${url}/api/github/webhooks`,
    ready: () => answers(url, assertAlive),
    assertAlive,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Compiles the App where that was not done, or was done before its sources changed. */
export async function build(): Promise<void> {
  if (existsSync(server) && newest(path.join(root, 'dist')) >= newest(path.join(root, 'src'))) return;
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const child = spawn(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new DemoError(`The App does not compile:\n${output.trim()}`);
}

function newest(directory: string): number {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => statSync(path.join(directory, name), { throwIfNoEntry: false }));
  return Math.max(0, ...files.map((file) => (file?.isFile() === true ? file.mtimeMs : 0)));
}

/** What programs need of the system, and nothing that could configure the App. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'Path', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP', 'HOME'];
  return Object.fromEntries(names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }));
}

async function answers(url: string, assertAlive: () => void): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    assertAlive();
    const response = await fetch(`${url}/healthz`).catch(() => null);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new DemoError('The App did not answer within 30 seconds.');
}
