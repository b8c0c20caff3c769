import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file of a commit. A string or bytes are a regular file; `submodule` is the id of another repository's commit. */
export type CommittedFile = string | Buffer | { readonly symlink: string } | { readonly submodule: string } | { readonly executable: string };

/** A real, bare repository in a temporary directory, whose commits are made without a work tree. */
export class GitRepository implements Disposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'goleash-'));

  constructor(...options: readonly string[]) {
    this.git('init', '--bare', '--quiet', ...options, '.');
  }

  /** What git prints, without the last line break. */
  git(...args: readonly string[]): string {
    return this.#run(args, '').toString().replace(/\n$/, '');
  }

  /** Makes a commit that holds exactly these files, as the branch of that name, and returns its id. */
  commit(branch: string, files: Readonly<Record<string, CommittedFile>>, parent?: string): string {
    const parts: Buffer[] = [Buffer.from(`commit refs/heads/${branch}\ncommitter A <a@example.org> 1700000000 +0000\n`), data(Buffer.from(branch))];
    if (parent !== undefined) parts.push(Buffer.from(`from ${parent}\n`));
    parts.push(Buffer.from('deleteall\n'));
    for (const [path, file] of Object.entries(files)) parts.push(...modification(path, file));
    this.#run(['fast-import', '--quiet', '--force', '--date-format=raw'], Buffer.concat(parts));
    return this.git('rev-parse', `refs/heads/${branch}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #run(args: readonly string[], input: string | Buffer): Buffer {
    return execFileSync('git', ['-C', this.directory, ...args], { input, stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 });
  }
}

function modification(path: string, file: CommittedFile): readonly Buffer[] {
  const target = Buffer.from(` ${quote(path)}\n`);
  if (typeof file === 'object' && 'submodule' in file) return [Buffer.from(`M 160000 ${file.submodule}`), target];
  if (typeof file === 'object' && 'symlink' in file) return [Buffer.from('M 120000 inline'), target, data(Buffer.from(file.symlink))];
  if (typeof file === 'object' && 'executable' in file) return [Buffer.from('M 100755 inline'), target, data(Buffer.from(file.executable))];
  return [Buffer.from('M 100644 inline'), target, data(Buffer.from(file))];
}

function data(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')]);
}

function quote(path: string): string {
  const bytes = [...Buffer.from(path)].map((byte) => (byte < 0x21 || byte > 0x7e || byte === 0x22 || byte === 0x5c ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)));
  return `"${bytes.join('')}"`;
}
