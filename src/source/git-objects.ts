import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { exitCode, startGit, type GitCommand } from './git-command.ts';
import { GitFailedError, gitFailure, MissingObjectError } from './git-errors.ts';

/** An object of the repository; `content` is null where it is larger than asked for. */
export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly content: Buffer | null;
}

/** An entry of a tree, with git's mode: 100644, 100755, 120000 (symlink), 160000 (submodule), 40000 (directory). */
export interface TreeEntry {
  readonly mode: string;
  readonly name: string;
  readonly id: string;
}

/** Reads objects through one long-lived `git cat-file --batch`. Requests may overlap; answers come in their order. */
export class GitObjects implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #output: ByteReader;
  readonly #ended: Promise<number>;
  readonly #trees = new Map<string, Promise<readonly TreeEntry[]>>();
  #stderr = '';
  #last: Promise<unknown> = Promise.resolve();

  constructor(command: GitCommand) {
    this.#child = startGit(command, ['cat-file', '--batch']);
    this.#ended = exitCode(this.#child);
    // Awaited only on disposal; a request that fails meanwhile reports the same fault.
    this.#ended.catch(() => undefined);
    // A write after git has died fails here; the read that waits for its answer tells the caller.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
    this.#output = new ByteReader(this.#child.stdout);
  }

  /** The object of a name such as an id or `main^{commit}`, or null where there is none or the name is ambiguous. */
  async find(name: string, maxBytes: number): Promise<GitObject | null> {
    // One name a line is the protocol; no revision holds a line break.
    if (/[\n\0]/.test(name)) return null;
    this.#child.stdin.write(`${name}\n`);
    const answer = this.#last.then(async () => this.#read(name, maxBytes));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** The object of an id that another object names. Rejects with MissingObjectError in an incomplete repository. */
  async get(id: string, maxBytes: number): Promise<GitObject> {
    const object = await this.find(id, maxBytes);
    if (object === null) throw new MissingObjectError(id);
    return object;
  }

  /** The entries of a tree, named by its id or as `commit^{tree}`; neither ever changes, so each is read once. */
  async tree(name: string): Promise<readonly TreeEntry[]> {
    const known = this.#trees.get(name);
    if (known !== undefined) return known;
    const entries = this.get(name, Number.MAX_SAFE_INTEGER).then((object) => treeEntries(object.content ?? Buffer.alloc(0), object.id.length / 2));
    this.#trees.set(name, entries);
    return entries;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    // Whoever disposes early is not interested in the answers left, but git would wait for somebody to take them.
    this.#child.stdout.destroy();
    await this.#ended.catch(() => undefined);
  }

  async #read(name: string, maxBytes: number): Promise<GitObject | null> {
    const header = await this.#output.line();
    if (header === null) {
      await this.#ended;
      throw gitFailure('cat-file', this.#stderr.trim());
    }
    // The answer repeats a name that it cannot resolve, spaces and all; only ids stand in front of a type and a size.
    const [, id, type, size] = /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header) ?? [];
    if (id === undefined || type === undefined || size === undefined) {
      if (header === `${name} missing` || header === `${name} ambiguous`) return null;
      throw new GitFailedError('cat-file', header);
    }
    const bytes = Number(size);
    const content = await this.#output.bytes(bytes, bytes <= maxBytes);
    await this.#output.bytes(1, false);
    return { id, type, content };
  }
}

/** Git's binary tree format: `<mode> <name>\0<id>`, repeated. */
function treeEntries(content: Buffer, idBytes: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < content.length) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, end),
      id: content.toString('hex', end + 1, end + 1 + idBytes),
    });
    at = end + 1 + idBytes;
  }
  return entries;
}

/** Takes lines and counted bytes from a stream that cuts its chunks anywhere. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next line without its break, or null at the end of the stream. */
  async line(): Promise<string | null> {
    const parts: Buffer[] = [];
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        parts.push(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return Buffer.concat(parts).toString();
      }
      parts.push(this.#rest);
      if (!(await this.#more())) return null;
    }
  }

  /** The next `count` bytes, or null where they are only to be skipped. */
  async bytes(count: number, keep: boolean): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let missing = count;
    for (;;) {
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      if (keep) parts.push(part);
      if (missing === 0) return keep ? Buffer.concat(parts) : null;
      if (!(await this.#more())) throw new GitFailedError('cat-file', 'it ended inside of an object');
    }
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    this.#rest = next.done === true ? Buffer.alloc(0) : next.value;
    return next.done !== true;
  }
}
