import { expect } from 'vitest';
import { review } from '../../src/review.ts';
import { memorySource } from '../../src/source/memory.ts';
import type { Leak } from '../../src/finding.ts';

const module = { 'go.mod': 'module m\n\ngo 1.26\n' };

/** The leaks of a new file, and of others beside it, which must be analysed in full. */
export async function leaksIn(path: string, text: string, beside: Readonly<Record<string, string>> = {}): Promise<readonly Leak[]> {
  const { leaks, problems } = await review(memorySource({ base: module, head: { ...module, ...beside, [path]: text } }), { language: 'en' });
  expect(problems).toEqual([]);
  return leaks;
}
