import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AccuracyError } from './accuracy-error.ts';

const line = z.int().positive();

/** A real leak of a public repository, read by hand. The leak is in the parent of `fix`, or, where nobody fixed it, in `at`. */
const leakLabel = z.object({
  id: z.string(),
  repo: z.string(),
  fix: z.string().nullable(),
  at: z.string().optional(),
  path: z.string(),
  function: z.string(),
  /** Where it blocks for ever, or where the resource was obtained. */
  leak_line: line,
  spawn_line: line.nullable(),
  /** As right a place for a comment. */
  also_lines: z.array(line),
  class: z.string(),
  scope: z.string(),
  /** Whether a careful analysis of one package without types could find it. */
  syntactic: z.boolean(),
});

/** A kernel of GoBench: a small program around one real deadlock. */
const kernelLabel = z.object({
  id: z.string(),
  path: z.string(),
  type: z.string(),
  subtype: z.string(),
  leak_lines: z.array(line),
  cause_lines: z.array(line),
  /** Stuck only because another is. */
  victim_lines: z.array(line),
  /** A different, true flaw. */
  also_true_lines: z.array(line),
  static_feasible: z.enum(['yes', 'hard', 'no']),
  fixed_at: z.object({ path: z.string() }).nullable(),
});

export type LeakLabel = z.infer<typeof leakLabel>;
export type KernelLabel = z.infer<typeof kernelLabel>;

export function readLeakLabels(file: string): Promise<readonly LeakLabel[]> {
  return readLines(file, leakLabel);
}

export function readKernelLabels(file: string): Promise<readonly KernelLabel[]> {
  return readLines(file, kernelLabel);
}

async function readLines<T>(file: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new AccuracyError(`There are no labels at ${file}. Say with --labels where they are: a file with one JSON object on each line.`);
  });
  return text.split('\n').flatMap((one, index) => {
    if (one.trim() === '') return [];
    try {
      return [schema.parse(JSON.parse(one))];
    } catch (error) {
      throw new AccuracyError(`${file}:${index + 1} is no label: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`);
    }
  });
}
