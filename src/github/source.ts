import { diffTexts } from '../diff-texts.ts';
import { directoryOf, leftOut } from '../go-files.ts';
import { PatchMismatchError, reverseApply } from '../reverse-apply.ts';
import type { FileChange } from '../diff.ts';
import type { DirectoryEntry, FileText, Revision, Source } from '../source/source.ts';
import type { Client, PullAddress } from './client.ts';

/** A source that also knows when it last saw the pull request's head. */
export interface GitHubSource extends Source {
  /** The pull request's head as the last query saw it, and when, in epoch milliseconds. Null before the first. */
  readonly lastSeenHead: () => { readonly head: string; readonly at: number } | null;
}

export interface GitHubSourceOptions {
  readonly client: Client;
  readonly pull: PullAddress;
  readonly head: string;
  /** The base branch, or a commit of it. */
  readonly base: string;
  readonly changes: readonly FileChange[];
  readonly now: () => number;
}

/** Objects a query: GitHub's limit is on nodes and time, and a hundred files of a usual size stay far from both. */
const batchSize = 100;

/**
 * Of so few directories all files are asked for together with their names, which saves a query for the unchanged files of the packages.
 * Of more, or where GitHub fails at it, only the names are.
 */
const mostWholeDirectories = 8;

/** Larger files are fetched by nobody: no Go file that a person wrote is as large. */
const largestBlob = 5_000_000;

/**
 * Reads a pull request through GitHub, all of it from the base repository, which also holds a fork's commits.
 * What is asked in one turn of the event loop becomes one query, and the first query brings what a review is going to ask:
 * the changed Go files, the listings of their directories, and the go.mod files above them. Nothing is asked twice.
 * The base side costs no request: it is the head with the diff undone.
 */
export function createGitHubSource(options: GitHubSourceOptions): GitHubSource {
  let { changes } = options;
  let completed: Promise<readonly FileChange[]> | undefined;
  const texts = new Map<string, Promise<FileText>>();
  const listings = new Map<string, Promise<readonly TreeEntry[]>>();
  const objects = createBatchedReader(options);

  function prefetch(): void {
    const goFiles = changes.filter((change) => change.path.endsWith('.go'));
    const changed = goFiles.filter((change) => change.status !== 'removed').map((change) => change.path);
    const directories = [...new Set(goFiles.map((change) => directoryOf(change.path)))];
    const modules = [...new Set(directories.flatMap(directoriesUpwards))].map((directory) => join(directory, 'go.mod'));
    // More than a batch is no saving.
    if (changed.length + directories.length + modules.length > batchSize) return;
    withTexts = directories.length <= mostWholeDirectories;
    for (const directory of directories) void headListing(directory).catch(ignored);
    for (const path of [...changed, ...modules]) void headText(path).catch(ignored);
  }

  let withTexts = false;
  let prefetched = false;
  function prefetchOnce(): void {
    if (prefetched) return;
    prefetched = true;
    prefetch();
  }

  function headListing(directory: string): Promise<readonly TreeEntry[]> {
    return remember(listings, directory, async () => {
      const object = await objects.read({ kind: withTexts ? 'treeWithTexts' : 'tree', path: directory });
      return object?.entries ?? [];
    });
  }

  function headText(path: string): Promise<FileText> {
    return remember(texts, path, async () => {
      // The listing, where one is asked for, brings the text, or tells links from files.
      const listing = listings.get(directoryOf(path));
      const listed = async (): Promise<TreeEntry | undefined> => (await listing)?.find((candidate) => candidate.name === nameOf(path));
      const early = withTexts && listing !== undefined ? await listed() : undefined;
      const isBrought = withTexts && listing !== undefined && (early?.type !== 'blob' || early.object?.isTruncated !== undefined);
      const object = isBrought ? (early?.object ?? null) : await objects.read({ kind: 'blob', path });
      const entry = early ?? (await listed());
      if (entry !== undefined && isSymlink(entry)) return { kind: 'unreadable', why: 'symlink' };
      if (entry?.type === 'commit' || object?.__typename === 'Commit') return { kind: 'unreadable', why: 'submodule' };
      return object?.isTruncated === true ? await wholeBlob(options, object) : textOf(object);
    });
  }

  /** GitHub shows no diff of large changes: it is made of both texts, which costs two requests more where people wrote such a file. */
  async function complete(): Promise<readonly FileChange[]> {
    const withoutPatch = changes.filter(({ path, hunks, status }) => hunks === null && status !== 'removed' && path.endsWith('.go') && leftOut(path, null) === null);
    if (withoutPatch.length === 0) return changes;
    prefetchOnce();
    const written = await Promise.all(
      withoutPatch.map(async (change) => {
        const after = await headText(change.path);
        return after.kind === 'text' && leftOut(change.path, after.text) === null ? [{ change, after: after.text }] : [];
      }),
    );
    const before = await baseTexts(written.flat().flatMap(({ change }) => (change.status === 'added' ? [] : [change.previousPath ?? change.path])));
    const hunks = new Map(
      written.flat().flatMap(({ change, after }) => {
        const text = change.status === 'added' ? '' : before.get(change.previousPath ?? change.path);
        return text === undefined ? [] : [[change.path, diffTexts(text, after)] as const];
      }),
    );
    return changes.map((change) => ({ ...change, hunks: hunks.get(change.path) ?? change.hunks }));
  }

  async function baseTexts(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (paths.length === 0) return new Map();
    const { client, pull, base, head } = options;
    // On its second page a comparison has the merge base without the files.
    const { data } = await client.request('GET /repos/{owner}/{repo}/compare/{basehead}', { owner: pull.owner, repo: pull.repo, basehead: `${base}...${head}`, per_page: 1, page: 2 });
    const source = createGitHubSource({ ...options, head: data.merge_base_commit.sha, changes: [] });
    const texts = await source.texts('head', paths);
    return new Map([...texts].flatMap(([path, text]) => (text.kind === 'text' ? [[path, text.text] as const] : [])));
  }

  async function baseText(path: string): Promise<FileText> {
    const change = changes.find((candidate) => candidate.status !== 'added' && (candidate.previousPath ?? candidate.path) === path);
    if (change === undefined) {
      const isNew = changes.some((candidate) => candidate.path === path);
      return isNew ? { kind: 'unreadable', why: 'absent' } : headText(path);
    }
    if (change.hunks === null) return { kind: 'unreadable', why: 'too-large' };
    const head: FileText = change.status === 'removed' ? { kind: 'text', text: '' } : await headText(change.path);
    if (head.kind === 'unreadable') return head;
    try {
      return { kind: 'text', text: reverseApply(head.text, change.hunks) };
    } catch (error) {
      // GitHub cut the patch, or shows a text in another encoding: the base cannot be had from it.
      if (error instanceof PatchMismatchError) return { kind: 'unreadable', why: 'too-large' };
      throw error;
    }
  }

  async function listing(revision: Revision, directory: string): Promise<readonly DirectoryEntry[]> {
    const entries = (await headListing(directory)).filter((entry) => entry.type === 'blob' && !isSymlink(entry));
    const head = entries.map((entry): DirectoryEntry => ({ name: entry.name, bytes: entry.object?.byteSize ?? null }));
    return revision === 'head' ? head : baseListing(directory, head, changes);
  }

  return {
    async diff() {
      completed ??= complete();
      return (changes = await completed);
    },
    async texts(revision, paths) {
      prefetchOnce();
      const read = revision === 'head' ? headText : baseText;
      return new Map(await Promise.all([...new Set(paths)].map(async (path) => [path, await read(path)] as const)));
    },
    async directories(revision, directories) {
      prefetchOnce();
      return new Map(await Promise.all([...new Set(directories)].map(async (directory) => [directory, await listing(revision, directory)] as const)));
    },
    async below(directory) {
      const { data } = await options.client.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', { owner: options.pull.owner, repo: options.pull.repo, tree_sha: options.head, recursive: '1' });
      const files = data.tree.filter((entry) => entry.type === 'blob' && entry.mode !== '120000').map((entry) => entry.path);
      return { paths: files.filter((path) => directory === '' || path.startsWith(`${directory}/`)), complete: !data.truncated };
    },
    lastSeenHead: objects.lastSeenHead,
  };
}

/** Those of the files at head that are texts. Rejects as the source does. */
export async function readableTexts(source: Source, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await source.texts('head', paths);
  return new Map([...texts].flatMap(([path, file]) => (file.kind === 'text' ? [[path, file.text] as const] : [])));
}

function baseListing(directory: string, head: readonly DirectoryEntry[], changes: readonly FileChange[]): readonly DirectoryEntry[] {
  const came = new Set(changes.filter((change) => change.status === 'added' || change.status === 'renamed').map((change) => change.path));
  const gone = changes.flatMap((change) => (change.status === 'removed' ? [change.path] : change.status === 'renamed' && change.previousPath !== null ? [change.previousPath] : []));
  const kept = head.filter((entry) => !came.has(join(directory, entry.name)));
  const back = gone.filter((path) => directoryOf(path) === directory).map((path): DirectoryEntry => ({ name: nameOf(path), bytes: null }));
  return [...kept, ...back];
}

interface TreeEntry {
  readonly name: string;
  readonly type: string;
  /** As an integer: 0o120000 is a symlink's. */
  readonly mode: number;
  /** With the text only where that was asked for. */
  readonly object: GitObject | null;
}

interface GitObject {
  readonly __typename?: string;
  readonly oid?: string;
  readonly text?: string | null;
  readonly isBinary?: boolean | null;
  readonly isTruncated?: boolean;
  readonly byteSize?: number;
  readonly entries?: readonly TreeEntry[] | null;
}

interface Wanted {
  readonly kind: 'blob' | 'tree' | 'treeWithTexts';
  readonly path: string;
}

interface BatchedReader {
  /** The object at the head; null where there is none. */
  read(wanted: Wanted): Promise<GitObject | null>;
  readonly lastSeenHead: () => { readonly head: string; readonly at: number } | null;
}

interface Waiting {
  readonly wanted: Wanted;
  readonly resolve: (object: GitObject | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers what is asked in one turn of the event loop into as few queries as hold it. */
function createBatchedReader({ client, pull, head, now }: GitHubSourceOptions): BatchedReader {
  let waiting: Waiting[] = [];
  let seen: { readonly head: string; readonly at: number } | null = null;

  async function send(batch: readonly Waiting[]): Promise<void> {
    try {
      const expressions = Object.fromEntries(batch.map(({ wanted }, index) => [`e${index}`, `${head}:${wanted.path}`]));
      const answer = await client.graphql<Answer>(queryOf(batch), { owner: pull.owner, repo: pull.repo, number: pull.number, ...expressions });
      const current = answer.repository?.pullRequest?.headRefOid;
      if (current !== undefined) seen = { head: current, at: now() };
      batch.forEach(({ resolve }, index) => resolve(answer.repository?.[`o${index}`] ?? null));
    } catch (error) {
      const lean = batch.map((one): Waiting => (one.wanted.kind === 'treeWithTexts' ? { ...one, wanted: { ...one.wanted, kind: 'tree' } } : one));
      // GitHub gives a query ten seconds, which many large files may take.
      if (lean.some((one, index) => one !== batch[index]) && isServerError(error)) await send(lean);
      else for (const { reject } of batch) reject(error);
    }
  }

  async function flush(): Promise<void> {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += batchSize) await send(all.slice(start, start + batchSize));
  }

  return {
    read(wanted) {
      return new Promise((resolve, reject) => {
        waiting.push({ wanted, resolve, reject });
        if (waiting.length === 1) setImmediate(() => void flush());
      });
    },
    lastSeenHead: () => seen,
  };
}

interface Answer {
  readonly repository: ({ readonly pullRequest: { readonly headRefOid: string } | null } & Readonly<Record<`o${number}`, GitObject | null>>) | null;
}

/** Paths go in as variables: no path can end a string or add to the query. */
function queryOf(batch: readonly Waiting[]): string {
  const variables = batch.map((_, index) => `$e${index}: String!`).join(', ');
  const fields = batch.map(({ wanted }, index) => `o${index}: object(expression: $e${index}) { __typename ${fieldsOf[wanted.kind]} }`);
  return `query ($owner: String!, $repo: String!, $number: Int!, ${variables}) {
    repository(owner: $owner, name: $repo) {
      pullRequest(number: $number) { headRefOid }
      ${fields.join('\n      ')}
    }
  }`;
}

const fieldsOf: Readonly<Record<Wanted['kind'], string>> = {
  blob: '... on Blob { oid text isBinary isTruncated byteSize }',
  tree: '... on Tree { entries { name type mode object { ... on Blob { byteSize } } } }',
  treeWithTexts: '... on Tree { entries { name type mode object { __typename ... on Blob { oid text isBinary isTruncated byteSize } } } }',
};

function isServerError(error: unknown): boolean {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status >= 500;
}

function textOf(object: GitObject | null): FileText {
  if (object?.__typename !== 'Blob') return { kind: 'unreadable', why: 'absent' };
  if (object.isBinary === true) return { kind: 'unreadable', why: 'binary' };
  return typeof object.text === 'string' ? { kind: 'text', text: object.text } : { kind: 'unreadable', why: 'not-utf8' };
}

/** GraphQL cuts texts at 512,000 bytes; the blob itself is whole, in base64. */
async function wholeBlob({ client, pull }: GitHubSourceOptions, object: GitObject): Promise<FileText> {
  if (object.oid === undefined || (object.byteSize ?? Infinity) > largestBlob) return { kind: 'unreadable', why: 'too-large' };
  const { data } = await client.request('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', { owner: pull.owner, repo: pull.repo, file_sha: object.oid });
  const bytes = Buffer.from(data.content, 'base64');
  if (bytes.includes(0)) return { kind: 'unreadable', why: 'binary' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'unreadable', why: 'not-utf8' };
  }
}

function isSymlink(entry: TreeEntry): boolean {
  return (entry.mode & 0o170000) === 0o120000;
}

/** A failed read is not remembered: it may work the next time. */
function remember<T>(cache: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = read();
  cache.set(key, value);
  value.catch(() => cache.delete(key));
  return value;
}

/** What was prefetched and failed is told to the one who asks for it. */
function ignored(): void {
  // Nothing was asked yet, so nobody is to be told.
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function join(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** The directory itself, its parents, and the root. */
function directoriesUpwards(directory: string): readonly string[] {
  return directory === '' ? [''] : [directory, ...directoriesUpwards(directoryOf(directory))];
}
