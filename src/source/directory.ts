import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve, sep } from 'node:path';
import { ExplainedError } from '../explained-error.ts';
import type { Text } from '../words.ts';
import { fileText, maxFileBytes } from './file-text.ts';
import type { FileText } from './source.ts';
import type { Tree, TreeFile, TreePackage } from './tree.ts';

/** A path that cannot be scanned. */
export class ScanPathError extends ExplainedError {
  override readonly name = 'ScanPathError';
  constructor(path: string, why: Text) {
    super({ en: `Cannot scan "${path}": ${why.en}.`, 'zh-CN': `无法扫描 “${path}”：${why['zh-CN']}。` });
  }
}

export interface DirectoryTree extends Tree {
  /** Whether a file was asked for, or is only read because its package is needed to understand one that was. */
  asked(path: string): boolean;
}

/** Other people's code, and test data that need not even compile. Naming one of them scans it all the same. */
const skippedDirectories: ReadonlySet<string> = new Set(['.git', 'vendor', 'node_modules', 'testdata']);

/**
 * Opens files and directories on disk for a scan; directories with everything below, with or without Go's `/...`.
 * A file is read together with its package, without which it cannot be judged. Rejects with ScanPathError.
 */
export async function openDirectories(paths: readonly string[]): Promise<DirectoryTree> {
  const roots: string[] = [];
  const files = new Set<string>();
  for (const given of paths) {
    const path = tidy(given);
    const found = await stat(path).catch((error: unknown) => {
      throw new ScanPathError(given, reason(error));
    });
    if (found.isDirectory()) roots.push(path);
    else if (path.endsWith('.go')) files.add(shown(path));
    else throw new ScanPathError(given, { en: 'it is neither a directory nor a Go file', 'zh-CN': '既不是目录，也不是 Go 文件' });
  }
  const walked = new Set<string>();
  return {
    packages: () => packages(roots, files, walked),
    goMod: findGoMod,
    asked: (path) => files.has(path) || walked.has(dirname(path)),
  };
}

async function* packages(roots: readonly string[], files: ReadonlySet<string>, walked: Set<string>): AsyncGenerator<TreePackage> {
  const seen = new Set<string>();
  for (const root of roots) yield* walk(root, seen, walked);
  for (const directory of new Set([...files].map((file) => dirname(file)))) {
    if (!(await visit(directory, seen))) continue;
    yield await readPackage(directory, await list(directory));
  }
}

async function* walk(directory: string, seen: Set<string>, walked: Set<string>): AsyncGenerator<TreePackage> {
  if (!(await visit(directory, seen))) return;
  walked.add(shown(directory));
  const entries = await list(directory);
  const found = await readPackage(directory, entries);
  if (found.files.length > 0) yield found;
  // Links to directories are not entries of the kind directory, so that no loop can be entered.
  const below = entries.filter((entry) => entry.isDirectory() && !skippedDirectories.has(entry.name));
  for (const entry of below.sort(byName)) yield* walk(join(directory, entry.name), seen, walked);
}

/** Whether the directory is new, by whatever name it was reached. */
async function visit(directory: string, seen: Set<string>): Promise<boolean> {
  const real = await realpath(directory);
  if (seen.has(real)) return false;
  seen.add(real);
  return true;
}

async function readPackage(directory: string, entries: readonly Dirent[]): Promise<TreePackage> {
  const goFiles = entries.filter((entry) => entry.name.endsWith('.go') && !entry.isDirectory()).sort(byName);
  const files = goFiles.map(async (entry): Promise<TreeFile> => {
    const path = join(directory, entry.name);
    return { path: shown(path), text: entry.isFile() ? await readText(path) : { kind: 'unreadable', why: 'symlink' } };
  });
  return { directory: shown(directory), files: await Promise.all(files) };
}

async function list(directory: string): Promise<readonly Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    throw new ScanPathError(directory, reason(error));
  });
}

async function readText(path: string): Promise<FileText> {
  try {
    const { size } = await stat(path);
    return size > maxFileBytes ? { kind: 'unreadable', why: 'too-large' } : fileText(await readFile(path));
  } catch (error) {
    // Gone since its directory was listed: an editor saves by renaming.
    if (codeOf(error) === 'ENOENT') return { kind: 'unreadable', why: 'absent' };
    throw new ScanPathError(path, reason(error));
  }
}

async function findGoMod(directory: string): Promise<TreeFile | null> {
  for (let at = directory; ; at = basename(at) === '..' || at === '.' ? join(at, '..') : dirname(at)) {
    const path = join(at, 'go.mod');
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null) return { path: shown(path), text: fileText(bytes) };
    if (resolve(at) === dirname(resolve(at))) return null;
  }
}

function tidy(given: string): string {
  const path = normalize(given.replace(/(^|[/\\])\.\.\.$/, '$1') || '.');
  return path.length > 1 && path.endsWith(sep) ? path.slice(0, -1) : path;
}

function shown(path: string): string {
  return path.replaceAll(sep, '/');
}

function reason(error: unknown): Text {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { en: 'it does not exist', 'zh-CN': '路径不存在' };
  if (code === 'EACCES' || code === 'EPERM') return { en: 'it may not be read', 'zh-CN': '没有读取权限' };
  const message = error instanceof Error ? error.message : String(error);
  return { en: message, 'zh-CN': message };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
