import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { devNull } from 'node:os';
import { ChangeTooLargeError, GitMissingError } from './git-errors.ts';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How to run git in one repository, alike on every machine. */
export interface GitCommand {
  readonly repo: string;
  readonly environment: Environment;
}

export interface GitOutput {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Beyond this a diff is not worth holding: it would not fit into one string. */
const maxOutputBytes = 400 * 1024 * 1024;

/**
 * Starts git so that nothing but the repository's objects can change its answer: no configuration of the user or the system,
 * no replacement objects, no fetching, no `GIT_*` of the environment (a hook's `GIT_DIR` would beat the asked repository).
 */
export function startGit(command: GitCommand, args: readonly string[]): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(command.environment).filter(([name]) => !name.startsWith('GIT_'));
  const env = {
    ...Object.fromEntries(inherited),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
  // Reading somebody else's repository is safe here: nothing run below executes what its configuration names.
  const settings = ['-c', 'safe.directory=*', '-c', 'core.quotePath=true', '-c', 'core.bigFileThreshold=512m'];
  return spawn('git', ['-C', command.repo, '--no-pager', ...settings, ...args], { env, stdio: 'pipe', windowsHide: true });
}

/** Runs git to its end. Resolves whatever its exit code; rejects with GitMissingError, or with ChangeTooLargeError where it prints too much. */
export async function runGit(command: GitCommand, args: readonly string[]): Promise<GitOutput> {
  const child = startGit(command, args);
  child.stdin.end();
  const stderr: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const stdout: Buffer[] = [];
  let size = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxOutputBytes) child.kill();
    else stdout.push(chunk);
  });
  const code = await exitCode(child);
  if (size > maxOutputBytes) throw new ChangeTooLargeError();
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString().trim() };
}

/** The exit code, 128 after a signal. Rejects with GitMissingError where git cannot be started. */
export async function exitCode(child: ChildProcessWithoutNullStreams): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('close', (code) => resolve(code ?? 128));
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? new GitMissingError() : error));
  });
}
