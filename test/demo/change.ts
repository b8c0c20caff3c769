/** The repositories of the demo's pull requests, each in a temporary directory. */
import { appendFile, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runGit } from '../../src/source/git-command.ts';
import { openGit } from '../../src/source/git.ts';
import { DemoError } from './demo-error.ts';
import { branch, owner } from './life.ts';
import type { AskedChange } from './arguments.ts';
import type { Stage } from './life.ts';

/** A pull request to be opened. */
export interface Change {
  /** What the embedded GitHub serves and writes into. */
  readonly gitDir: string;
  readonly owner: string;
  readonly repo: string;
  readonly title: string;
  readonly body: string;
  /** Branches of the repository. */
  readonly base: string;
  readonly head: string;
}

const sources = path.join(import.meta.dirname, 'repository');

/** Makes the demo's own repository in an empty directory: `base/` is what was there, `head/` is what the pull request puts over it. */
export async function ownChange(directory: string): Promise<Change> {
  await git(directory, 'init', '--quiet');
  await git(directory, 'symbolic-ref', 'HEAD', 'refs/heads/main');
  await cp(path.join(sources, 'base'), directory, { recursive: true });
  await commit(directory, 'Quote the price of a parcel');
  await git(directory, 'checkout', '--quiet', '-b', 'do-not-wait');
  await cp(path.join(sources, 'head'), directory, { recursive: true });
  await commit(directory, 'Do not wait for slow carriers');
  return {
    gitDir: path.join(directory, '.git'),
    owner: 'acme',
    repo: 'parcels',
    title: 'Do not wait for slow carriers',
    body: 'A quote has a deadline now. Usage is counted off the request’s path, and a depot’s lock is kept alive while its parcels are dispatched.',
    base: 'main',
    head: 'do-not-wait',
  };
}

/** Makes the demo's own repository in an empty directory, as it is before the pull request, with a configuration. */
export async function lifeGround(directory: string, config: string): Promise<Pick<Change, 'gitDir' | 'owner' | 'repo'> & Pick<Stage, 'commit'>> {
  await git(directory, 'init', '--quiet');
  await git(directory, 'symbolic-ref', 'HEAD', 'refs/heads/main');
  await cp(path.join(sources, 'base'), directory, { recursive: true });
  await write(directory, { '.github/goleash.yml': config });
  await commit(directory, 'Quote the price of a parcel');
  await git(directory, 'checkout', '--quiet', '-b', branch);
  return {
    gitDir: path.join(directory, '.git'),
    owner,
    repo: 'parcels',
    commit: async (files, options) => {
      await write(directory, files);
      await commit(directory, 'Do not wait for slow carriers', ...(options?.amend === true ? ['--amend'] : []));
    },
  };
}

async function write(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
}

/**
 * Makes a repository in an empty directory that borrows the objects of the asked one, which is not written to.
 * Rejects with a DemoError, or with an ExplainedError of git's.
 */
export async function changeOf({ directory: asked, base, head, twoDot }: AskedChange, directory: string): Promise<Change> {
  const source = await openGit(asked, { base, head, twoDot, environment: process.env });
  const { commits } = source;
  await source[Symbol.asyncDispose]();
  await git(directory, 'init', '--quiet', '--bare', ...(await objectFormat(asked)));
  await borrow(asked, directory);
  const names = namesOf(base, head, commits);
  const tip = twoDot ? await git(directory, ...author, 'commit-tree', '-p', commits.base, '-m', `${base}..${head}`, `${commits.head}^{tree}`) : commits.head;
  const changes = await git(directory, 'diff-tree', '-r', '--name-only', commits.base, tip);
  if (changes === '') throw new DemoError(`"${head}" changes nothing that "${base}" does not have, so that there is no pull request to open.`);
  await git(directory, 'symbolic-ref', 'HEAD', `refs/heads/${names.base}`);
  await git(directory, 'update-ref', `refs/heads/${names.base}`, commits.base);
  await git(directory, 'update-ref', `refs/heads/${names.head}`, tip);
  const subject = await git(directory, 'log', '-1', '--format=%s', tip, '--');
  return {
    gitDir: directory,
    owner: 'local',
    repo: path.basename(path.resolve(asked)).replace(/\.git$/, '').replaceAll(/[^\w.-]+/g, '-').replace(/^[-.]*$/, 'repository'),
    title: subject.slice(0, 200) || names.head,
    body: '',
    ...names,
  };
}

/** Neither the objects nor anything else is copied, however large the repository is. */
async function borrow(asked: string, directory: string): Promise<void> {
  const at = async (what: string): Promise<string> => path.resolve(asked, await git(asked, 'rev-parse', '--git-path', what));
  await mkdir(path.join(directory, 'objects', 'info'), { recursive: true });
  await appendFile(path.join(directory, 'objects', 'info', 'alternates'), `${await at('objects')}\n`);
  // A shallow clone ends where this file says.
  await copyFile(await at('shallow'), path.join(directory, 'shallow')).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

/** Older gits know no other format than the usual one, and no way to ask. */
async function objectFormat(asked: string): Promise<string[]> {
  const { code, stdout } = await runGit({ repo: asked, environment: process.env }, ['rev-parse', '--show-object-format']);
  const format = stdout.toString().trim();
  return code === 0 && format === 'sha256' ? ['--object-format=sha256'] : [];
}

/** The revisions as branches, by their own names where these can be names of branches. */
function namesOf(base: string, head: string, commits: { readonly base: string; readonly head: string }): { base: string; head: string } {
  const isName = (revision: string): boolean => /^[A-Za-z][\w-]*(?:[/.][A-Za-z][\w-]*)*$/.test(revision) && !/(?:^|\/)HEAD$|\.lock(?:\/|$)|^[0-9a-f]{7,}$/.test(revision);
  const clash = base === head || base.startsWith(`${head}/`) || head.startsWith(`${base}/`);
  const name = (revision: string, fallback: string): string => (isName(revision) && !clash ? revision : fallback);
  return { base: name(base, `base-${commits.base.slice(0, 7)}`), head: name(head, `head-${commits.head.slice(0, 7)}`) };
}

const author = ['-c', 'user.name=Goleash demo', '-c', 'user.email=demo@example.com', '-c', 'commit.gpgSign=false', '-c', 'core.autocrlf=false'];

async function commit(directory: string, message: string, ...more: readonly string[]): Promise<void> {
  await git(directory, ...author, 'add', '--all');
  await git(directory, ...author, 'commit', '--quiet', '--no-verify', '-m', message, ...more);
}

/** What git prints, without white space around it. */
async function git(directory: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runGit({ repo: directory, environment: process.env }, args);
  if (code !== 0) throw new DemoError(`git cannot prepare the pull request: ${stderr.split('\n')[0] ?? ''}`);
  return stdout.toString().trim();
}
