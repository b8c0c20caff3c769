import { fileText, maxFileBytes } from '../../src/source/file-text.ts';
import { MissingObjectError } from '../../src/source/git-errors.ts';
import { type GitCommand } from '../../src/source/git-command.ts';
import { GitObjects, type TreeEntry } from '../../src/source/git-objects.ts';
import type { FileText } from '../../src/source/source.ts';
import type { Tree, TreeFile, TreePackage } from '../../src/source/tree.ts';
import { AccuracyError } from './accuracy-error.ts';

/** A commit as a scan reads it. Dispose of it to end git's process. */
export interface CommitTree extends Tree, AsyncDisposable {
  readonly commit: string;
}

/** Opens a commit of a repository, bare or not, for a scan; nothing is checked out. `below` narrows it to some directories, without what is below them. */
export async function openCommit(repo: string, revision: string, below?: readonly string[]): Promise<CommitTree> {
  const command: GitCommand = { repo, environment: process.env };
  const objects = new GitObjects(command);
  const found = await objects.find(`${revision}^{commit}`, 0);
  if (found === null) {
    await objects[Symbol.asyncDispose]();
    throw new AccuracyError(`${repo} has no commit ${revision}. Fetch it.`);
  }
  const root = `${found.id}^{tree}`;
  return {
    commit: found.id,
    packages: () => (below === undefined ? walk(objects, root, '') : named(objects, root, below)),
    async goMod(directory) {
      const parts = directory === '' ? [] : directory.split('/');
      for (let depth = parts.length; depth >= 0; depth -= 1) {
        const above = parts.slice(0, depth);
        const entry = (await entriesAt(objects, root, above)).find(({ name }) => name === 'go.mod');
        if (entry !== undefined) return { path: [...above, 'go.mod'].join('/'), text: await read(objects, entry) };
      }
      return null;
    },
    async [Symbol.asyncDispose]() {
      await objects[Symbol.asyncDispose]();
    },
  };
}

async function* walk(objects: GitObjects, tree: string, directory: string): AsyncGenerator<TreePackage> {
  const entries = await objects.tree(tree);
  const found = await readPackage(objects, directory, entries);
  if (found.files.length > 0) yield found;
  for (const entry of entries) {
    if (entry.mode !== '40000' || ['vendor', 'node_modules', 'testdata'].includes(entry.name)) continue;
    yield* walk(objects, entry.id, directory === '' ? entry.name : `${directory}/${entry.name}`);
  }
}

async function* named(objects: GitObjects, root: string, directories: readonly string[]): AsyncGenerator<TreePackage> {
  for (const directory of new Set(directories)) {
    yield await readPackage(objects, directory, await entriesAt(objects, root, directory === '' ? [] : directory.split('/')));
  }
}

async function readPackage(objects: GitObjects, directory: string, entries: readonly TreeEntry[]): Promise<TreePackage> {
  const prefix = directory === '' ? '' : `${directory}/`;
  const goFiles = entries.filter(({ name, mode }) => name.endsWith('.go') && mode.startsWith('100'));
  const files = goFiles.map(async (entry): Promise<TreeFile> => ({ path: prefix + entry.name, text: await read(objects, entry) }));
  return { directory, files: await Promise.all(files) };
}

async function entriesAt(objects: GitObjects, root: string, parts: readonly string[]): Promise<readonly TreeEntry[]> {
  let entries = await objects.tree(root);
  for (const part of parts) {
    const next = entries.find(({ name, mode }) => name === part && mode === '40000');
    if (next === undefined) return [];
    entries = await objects.tree(next.id);
  }
  return entries;
}

/** A mirror may lack single objects: such a file is left out, and counted among what was not judged. */
async function read(objects: GitObjects, { id }: TreeEntry): Promise<FileText> {
  try {
    const { content } = await objects.get(id, maxFileBytes);
    return content === null ? { kind: 'unreadable', why: 'too-large' } : fileText(content);
  } catch (error) {
    if (error instanceof MissingObjectError) return { kind: 'unreadable', why: 'absent' };
    throw error;
  }
}
