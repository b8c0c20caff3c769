import { stat } from 'node:fs/promises';
import { configPath } from '../config.ts';
import { parseDiff, type FileChange } from '../diff.ts';
import { fileText, maxFileBytes } from './file-text.ts';
import { runGit, type Environment, type GitCommand } from './git-command.ts';
import { gitFailure, NoMergeBaseError, NotARepositoryError, UnknownRevisionError } from './git-errors.ts';
import { GitObjects, type TreeEntry } from './git-objects.ts';
import type { DirectoryEntry, FileText, Revision, Source } from './source.ts';

export interface GitOptions {
  readonly base: string;
  readonly head: string;
  /** Compare as given, not from the merge base as GitHub does. */
  readonly twoDot: boolean;
  /** Where git is found (`PATH`) and what it needs of the system; its `GIT_*` are ignored. Default: git where the system keeps it. */
  readonly environment?: Environment;
}

/** A change between two commits of a local repository. Dispose of it to end git's process. */
export interface GitSource extends Source, AsyncDisposable {
  /** The ids of the compared commits. */
  readonly commits: Readonly<Record<Revision, string>>;
  /** The configuration of the base as it was given, which is where it is to be obeyed, not of the merge base. */
  config(): Promise<FileText>;
}

/** What a review reads, so that a diff of vendored assets or documents is not even computed. */
const reviewedFiles = [':(top)*.go', ':(top,glob)**/go.mod', `:(top)${configPath}`];

/**
 * Opens a change of a repository: bare ones, linked worktrees and subdirectories too. Reads objects only; nothing is checked out or fetched.
 * Rejects with a GitError: NotARepositoryError, UnknownRevisionError, NoMergeBaseError, GitMissingError.
 */
export async function openGit(repo: string, options: GitOptions): Promise<GitSource> {
  const command: GitCommand = { repo, environment: options.environment ?? {} };
  await assertRepository(command);
  const objects = new GitObjects(command);
  try {
    const [base, head] = await Promise.all([resolve(command, objects, options.base), resolve(command, objects, options.head)]);
    const from = options.twoDot ? base : await mergeBase(command, options, base, head);
    return gitSource(command, objects, { base: from, head }, base);
  } catch (error) {
    await objects[Symbol.asyncDispose]();
    throw error;
  }
}

function gitSource(command: GitCommand, objects: GitObjects, commits: Readonly<Record<Revision, string>>, given: string): GitSource {
  const read = async (entry: TreeEntry | undefined): Promise<FileText> => {
    if (entry === undefined || entry.mode === '40000') return { kind: 'unreadable', why: 'absent' };
    if (entry.mode === '120000') return { kind: 'unreadable', why: 'symlink' };
    if (entry.mode === '160000') return { kind: 'unreadable', why: 'submodule' };
    const { content } = await objects.get(entry.id, maxFileBytes);
    return content === null ? { kind: 'unreadable', why: 'too-large' } : fileText(content);
  };
  const readAt = async (commit: string, path: string): Promise<FileText> => {
    const [directory, name] = split(path);
    const entries = await directoryEntries(objects, commit, directory);
    return read(entries.find((entry) => entry.name === name));
  };
  return {
    commits,
    config: () => readAt(given, configPath),
    async diff() {
      return listChanges(command, commits);
    },
    async texts(revision, paths) {
      return new Map(await Promise.all(paths.map(async (path) => [path, await readAt(commits[revision], path)] as const)));
    },
    async directories(revision, directories) {
      const listings = directories.map(async (directory) => {
        const entries = await directoryEntries(objects, commits[revision], directory);
        return [directory, entries.filter((entry) => entry.mode.startsWith('100')).map(nameOnly)] as const;
      });
      return new Map(await Promise.all(listings));
    },
    async below(directory) {
      return { paths: await filesBelow(objects, commits.head, directory), complete: true };
    },
    async [Symbol.asyncDispose]() {
      await objects[Symbol.asyncDispose]();
    },
  };
}

/** A tree holds no sizes, and asking for each would cost as much as reading. */
function nameOnly(entry: TreeEntry): DirectoryEntry {
  return { name: entry.name, bytes: null };
}

/** Walks by ids rather than asking for `commit:path`, so that no name needs quoting and each tree is read once. */
async function directoryEntries(objects: GitObjects, commit: string, directory: string): Promise<readonly TreeEntry[]> {
  let entries = await objects.tree(`${commit}^{tree}`);
  for (const name of directory === '' ? [] : directory.split('/')) {
    const next = entries.find((entry) => entry.name === name && entry.mode === '40000');
    if (next === undefined) return [];
    entries = await objects.tree(next.id);
  }
  return entries;
}

async function filesBelow(objects: GitObjects, commit: string, directory: string): Promise<string[]> {
  const entries = await directoryEntries(objects, commit, directory);
  const found = entries.map(async ({ mode, name }): Promise<readonly string[]> => {
    const path = directory === '' ? name : `${directory}/${name}`;
    return mode === '40000' ? filesBelow(objects, commit, path) : mode.startsWith('100') ? [path] : [];
  });
  return (await Promise.all(found)).flat();
}

function split(path: string): readonly [directory: string, name: string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
}

/**
 * The plumbing command reads no `diff.*` settings but those overridden here. `--text` beats a `.gitattributes` that calls Go files
 * binary, which depends on what is checked out; files that are binary in truth are told by their NULs.
 */
async function listChanges(command: GitCommand, { base, head }: Readonly<Record<Revision, string>>): Promise<readonly FileChange[]> {
  const format = ['-r', '-p', '--text', '--full-index', '-U3', '--inter-hunk-context=0', '--diff-algorithm=myers', '--indent-heuristic'];
  const neutral = ['--no-color', '--no-ext-diff', '--no-textconv', '--no-relative', '--submodule=short', '--ignore-submodules=none', '--src-prefix=a/', '--dst-prefix=b/'];
  const renames = ['-M50%', '-l1000'];
  const args = ['diff-tree', ...format, ...neutral, ...renames, '--end-of-options', base, head, '--', ...reviewedFiles];
  const { code, stdout, stderr } = await runGit(command, args);
  if (code !== 0) throw gitFailure('diff-tree', stderr);
  return parseDiff(stdout.toString()).map(hideBinary);
}

function hideBinary(change: FileChange): FileChange {
  const binary = change.hunks?.some((hunk) => hunk.lines.some((line) => line.text.includes('\0'))) ?? false;
  return binary ? { ...change, hunks: null } : change;
}

async function assertRepository(command: GitCommand): Promise<void> {
  // A missing working directory makes git fail like a missing repository, but a missing git must be told apart.
  const isDirectory = await stat(command.repo).then((it) => it.isDirectory(), () => false);
  if (!isDirectory) throw new NotARepositoryError(command.repo);
  const { code } = await runGit(command, ['rev-parse', '--git-dir']);
  if (code !== 0) throw new NotARepositoryError(command.repo);
}

/** The commit's id. Names travel over standard input, where none can be taken for an option. */
async function resolve(command: GitCommand, objects: GitObjects, revision: string): Promise<string> {
  const commit = revision.trim() === '' ? null : await objects.find(`${revision}^{commit}`, 0);
  if (commit?.type !== 'commit') throw new UnknownRevisionError(revision, await isShallow(command));
  return commit.id;
}

async function mergeBase(command: GitCommand, { base, head }: GitOptions, baseId: string, headId: string): Promise<string> {
  const { code, stdout, stderr } = await runGit(command, ['merge-base', baseId, headId]);
  if (code === 1) throw new NoMergeBaseError(base, head, await isShallow(command));
  if (code !== 0) throw gitFailure('merge-base', stderr);
  return stdout.toString().trim();
}

async function isShallow(command: GitCommand): Promise<boolean> {
  const { stdout } = await runGit(command, ['rev-parse', '--is-shallow-repository']);
  return stdout.toString().trim() === 'true';
}
