import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** An object of the repository with its whole content. */
interface GitObject {
  readonly oid: string;
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly content: Buffer;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly oid: string;
  /** Null for what is not a blob. */
  readonly size: number | null;
  readonly name: string;
}

export interface Git {
  /** Standard output of a git command; rejects on a non-zero exit. */
  readonly bytes: (...args: string[]) => Promise<Buffer>;
  readonly text: (...args: string[]) => Promise<string>;
  /** The object that a name such as `SHA` or `SHA:path` stands for, or null. */
  readonly object: (name: string) => Promise<GitObject | null>;
  /** The commit that a revision stands for, or null. */
  readonly commit: (revision: string) => Promise<string | null>;
  /** The entries of a tree, of all its subtrees too where `recursive`; null where there is no such tree. */
  readonly tree: (name: string, recursive: boolean) => Promise<readonly TreeEntry[] | null>;
  /** A tree like another, or the empty one, but for these blobs; returns its id. */
  readonly writeTree: (base: string | null, blobs: readonly { readonly path: string; readonly mode: string; readonly content: Buffer }[]) => string;
  readonly writeCommit: (commit: NewCommit) => Promise<string>;
  readonly close: () => void;
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** Of the author and committer. */
  readonly name: string;
}

/** The user's own configuration must change neither diffs nor access to a repository that another user owns. */
const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
const gitdir = (directory: string): string[] => ['-c', 'safe.directory=*', `--git-dir=${directory}`];

/** Opens a repository, bare or not; `gitDir` is the directory that holds its `objects`. */
export function openGit(gitDir: string): Git {
  const batch = openBatch(gitDir);

  const run = (args: readonly string[]): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const options = { env: environment, encoding: 'buffer', maxBuffer: 1 << 30 } as const;
      execFile('git', [...gitdir(gitDir), ...args], options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`git ${args.join(' ')}: ${stderr.toString('utf8').trim()}`, { cause: error }));
      });
    });
  const known = new Map<string, Promise<Buffer>>();
  const bytes = (...args: string[]): Promise<Buffer> => {
    if (!isLasting(args)) return run(args);
    const key = args.join('\0');
    const answer = known.get(key) ?? run(args);
    known.set(key, answer);
    return answer;
  };
  const text = async (...args: string[]): Promise<string> => (await bytes(...args)).toString('utf8');

  const commit = async (revision: string): Promise<string | null> => (revision.startsWith('-') ? null : ((await batch.object(`${revision}^{commit}`))?.oid ?? null));

  const tree = async (name: string, recursive: boolean): Promise<readonly TreeEntry[] | null> => {
    const found = await batch.object(name);
    const oid = found?.type === 'commit' ? `${found.oid}^{tree}` : found?.type === 'tree' ? found.oid : null;
    if (oid === null) return null;
    const listing = await text('ls-tree', '-z', '--long', ...(recursive ? ['-r', '-t'] : []), oid);
    return listing.split('\0').filter(Boolean).map(treeEntry);
  };

  const writeTree: Git['writeTree'] = (base, blobs) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'goleash-index-'));
    try {
      const run = (args: readonly string[], input: Buffer | string = ''): string =>
        execFileSync('git', [...gitdir(gitDir), ...args], { env: { ...environment, GIT_INDEX_FILE: path.join(folder, 'index') }, input, encoding: 'utf8' }).trim();
      run(['read-tree', base ?? '--empty']);
      for (const blob of blobs) run(['update-index', '--add', '--cacheinfo', `${blob.mode},${run(['hash-object', '-w', '--stdin'], blob.content)},${blob.path}`]);
      return run(['write-tree']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  const writeCommit: Git['writeCommit'] = async ({ tree: of, parents, message, name }) =>
    (await text('-c', `user.name=${name}`, '-c', 'user.email=noreply@example.com', '-c', 'commit.gpgsign=false', 'commit-tree', of, ...parents.flatMap((parent) => ['-p', parent]), '-m', message)).trim();

  return { bytes, text, object: batch.object, commit, tree, writeTree, writeCommit, close: batch.close };
}

/** Whether git will always answer so: it is asked for nothing but commits and trees by their whole ids. */
function isLasting([command = '', ...args]: readonly string[]): boolean {
  const about = args.filter((arg) => !arg.startsWith('-') && !arg.startsWith(':(literal)'));
  return ['diff', 'log', 'ls-tree', 'merge-base', 'rev-list'].includes(command) && about.every((arg) => /^[0-9a-f]{40}(?:\^\{tree\})?(?:\.\.[0-9a-f]{40})?$/.test(arg));
}

function treeEntry(line: string): TreeEntry {
  const tab = line.indexOf('\t');
  const [mode = '', type = '', oid = '', size = '-'] = line.slice(0, tab).split(/ +/);
  return { mode, type: type as TreeEntry['type'], oid, size: size === '-' ? null : Number(size), name: line.slice(tab + 1) };
}

/** One long-lived `git cat-file --batch`: a GraphQL query reads a hundred blobs. */
function openBatch(gitDir: string): { object: Git['object']; close: () => void } {
  const waiting: { resolve: (object: GitObject | null) => void; reject: (error: Error) => void }[] = [];
  let child: ReturnType<typeof start> | null = null;

  function start() {
    const process = spawn('git', [...gitdir(gitDir), 'cat-file', '--batch'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] });
    let chunks: Buffer[] = [];
    let length = 0;
    let needed = 0;
    process.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < needed) return;
      let buffer = Buffer.concat(chunks, length);
      for (let answer = parse(buffer); ; answer = parse(buffer)) {
        if ('needed' in answer) {
          needed = answer.needed;
          break;
        }
        buffer = buffer.subarray(answer.used);
        waiting.shift()?.resolve(answer.object);
      }
      chunks = [buffer];
      length = buffer.length;
    });
    process.stdin.on('error', () => undefined);
    process.on('close', () => {
      child = null;
      for (const { reject } of waiting.splice(0)) reject(new Error('git cat-file ended'));
    });
    return process;
  }

  return {
    object: (name) => {
      if (/[\n\0]/.test(name) || name === '') return Promise.resolve(null);
      child ??= start();
      const { stdin } = child;
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        stdin.write(`${name}\n`);
      });
    },
    close: () => child?.stdin.end(),
  };
}

/** Reads one answer of `cat-file --batch`: a header line, then for an object its content and a line feed. */
function parse(buffer: Buffer): { object: GitObject | null; used: number } | { needed: number } {
  const end = buffer.indexOf(10);
  if (end < 0) return { needed: buffer.length + 1 };
  const header = /^([0-9a-f]{40,64}) (blob|tree|commit|tag) (\d+)$/.exec(buffer.toString('utf8', 0, end));
  if (header === null) return { object: null, used: end + 1 };
  const [, oid = '', type = '', size = ''] = header;
  const used = end + 1 + Number(size) + 1;
  if (buffer.length < used) return { needed: used };
  return { object: { oid, type: type as GitObject['type'], content: Buffer.from(buffer.subarray(end + 1, used - 1)) }, used };
}
