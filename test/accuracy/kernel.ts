import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Leak } from '../../src/finding.ts';
import { placesOf } from '../../src/one-cause.ts';
import { scan } from '../../src/scan.ts';
import { openDirectories } from '../../src/source/directory.ts';
import { AccuracyError } from './accuracy-error.ts';
import type { KernelLabel } from './labels.ts';
import { lineMap } from './line-map.ts';
import { worthInCured, worthInKernel, type Worth } from './score-kernel.ts';

/** A report with what it is worth. */
export interface Judged {
  readonly leak: Leak;
  readonly worth: Worth;
}

/** What became of one kernel, and of its cured form where there is one. */
export interface KernelResult {
  readonly label: KernelLabel;
  readonly isFound: boolean;
  readonly reports: readonly Judged[];
  readonly cured: readonly Judged[] | null;
  /** What was not judged, in either form. */
  readonly problems: readonly string[];
}

export interface KernelPlaces {
  /** A checkout of timmyyuan/gobench. */
  readonly gobench: string;
  /** A checkout of cs-au-dk/goat, or null to leave the cured kernels out. */
  readonly goat: string | null;
}

export async function tryKernel(label: KernelLabel, { gobench, goat }: KernelPlaces): Promise<KernelResult> {
  const kernel = join(gobench, label.path);
  const found = await scanFile(kernel);
  const reports = found.leaks.flatMap(placesOf).map((leak): Judged => ({ leak, worth: worthInKernel(label, leak) }));
  const fixed = goat === null || label.fixed_at === null ? null : join(goat, label.fixed_at.path);
  const after = fixed === null ? null : await scanFile(fixed);
  const line = fixed === null ? () => null : lineMap(await read(kernel), await read(fixed));
  return {
    label,
    isFound: reports.some(({ worth }) => worth === 'hit'),
    reports,
    cured: after?.leaks.flatMap(placesOf).map((leak): Judged => ({ leak, worth: worthInCured(label, leak, line) })) ?? null,
    problems: [...found.problems, ...(after?.problems ?? [])].map(({ path, says }) => `${basename(dirname(path))}/${basename(path)} ${says}`),
  };
}

async function scanFile(path: string): Promise<Awaited<ReturnType<typeof scan>>> {
  const directory = dirname(path);
  await readdir(directory).catch(() => {
    throw new AccuracyError(`${directory} is not there. Check out timmyyuan/gobench at 2e91eb10b8e7 and cs-au-dk/goat at e7b9eed5d5ca, and name them with --gobench and --goat.`);
  });
  return scan(await openDirectories([directory]), { language: 'en' });
}

/** The two forms differ in their indentation here and there, which is no change. */
async function read(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).replace(/^[ \t]+|[ \t\r]+$/gmu, '');
}
