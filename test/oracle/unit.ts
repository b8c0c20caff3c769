import { execFile, spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

/** What Go says of one file; see `File` in dump/describe.go. Offsets are bytes. */
export interface FileTruth {
  readonly Name: string;
  readonly Idents: readonly number[];
  readonly Types: readonly number[];
  readonly Invalid: readonly number[];
  readonly Flow: readonly number[];
}

/** What Go says of one package. */
export interface Unit {
  readonly Dir: string;
  readonly Name: string;
  readonly Names: readonly string[];
  readonly Files: readonly FileTruth[];
}

/** The classes of identifiers, by number as dump/describe.go has them. */
export const identClasses = ['local', 'package', 'member', 'imported', 'importedMember', 'packageName', 'universal'] as const;

const run = promisify(execFile);

/** Whether Go is there to be asked. */
export async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(() => true, () => false);
}

/** Builds the Go program and yields what it says of the packages below directories. Rejects with its words where it fails. */
export async function* askGo(directories: readonly string[]): AsyncGenerator<Unit> {
  const work = await mkdtemp(join(tmpdir(), 'goleash-oracle-'));
  try {
    const program = join(work, 'dump');
    await run('go', ['build', '-o', program, '.'], { cwd: join(import.meta.dirname, 'dump'), env: { ...process.env, GOWORK: 'off', CGO_ENABLED: '0' } });
    const child = spawn(program, directories, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    yield* unitsIn(child.stdout);
    if ((await ended) !== 0) throw new Error(said);
    process.stderr.write(said); // what was left out
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Yields what was written down earlier by `go run . DIR… >FILE` in dump/. */
export function readUnits(path: string): AsyncGenerator<Unit> {
  return unitsIn(createReadStream(path));
}

async function* unitsIn(stream: Readable): AsyncGenerator<Unit> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) yield JSON.parse(line) as Unit;
}
