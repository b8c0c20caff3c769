import { afterAll, describe, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';
import { createAnalysisPool } from '../src/workers/analysis-pool.ts';

const leaky = 'package p\n\nfunc ask(fail bool) int {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif fail {\n\t\treturn 0\n\t}\n\treturn <-ch\n}\n';
const failures: unknown[] = [];
const usual = { processes: 1, reviewMs: 60_000, directoryMs: 60_000, memoryMb: 256, failed: (_: string, error: unknown) => failures.push(error) };
const pool = createAnalysisPool(usual);
afterAll(() => pool.close());

const source = (files: Readonly<Record<string, string>>) => memorySource({ base: {}, head: files });

describe('an analysis in processes of its own', () => {
  test('finds what one in this process finds', async () => {
    const here = await review(source({ 'p/a.go': leaky, 'q/b.go': leaky }), { language: 'en' });
    const there = await review(source({ 'p/a.go': leaky, 'q/b.go': leaky }), { language: 'en', analyze: pool.forReview() });
    expect(there.leaks).toHaveLength(2);
    expect({ ...there, stats: null }).toEqual({ ...here, stats: null });
  });

  test('that needs too much memory is stopped and named, and what comes after it is reviewed', async () => {
    // Names that are all known at once: more than the heap below holds.
    const large = `package q\n\n${Array.from({ length: 15_000 }, (_, index) => `func f${index}(a, b, c int) (d, e int) { go f${index}(a+1, b+2, c+3); return a*b+c, c-a }\n`).join('')}`;
    const small = createAnalysisPool({ ...usual, memoryMb: 40 });
    try {
      const { leaks, problems } = await review(source({ 'p/a.go': leaky, 'q/large.go': large }), { language: 'en', analyze: small.forReview() });
      expect(leaks.map(({ path }) => path)).toEqual(['p/a.go']);
      expect(problems).toEqual([{ path: 'q/large.go', says: 'its package was not analysed: it needs more memory than an analysis may take' }]);
      expect(failures).toHaveLength(1);
    } finally {
      small.close();
    }
  });

  test('that takes too long is stopped and named, and the process is replaced', async () => {
    const hurried = createAnalysisPool({ ...usual, directoryMs: 1 });
    try {
      const { problems } = await review(source({ 'p/a.go': leaky }), { language: 'zh-CN', analyze: hurried.forReview() });
      expect(problems).toEqual([{ path: 'p/a.go', says: '所在的包未被分析：此 Pull Request 的时间预算已用完' }]);
    } finally {
      hurried.close();
    }
  });

  test('is not begun when the time of its review is over', async () => {
    const over = createAnalysisPool({ ...usual, reviewMs: 0 });
    const { problems } = await review(source({ 'p/a.go': leaky, 'q/b.go': leaky }), { language: 'en', analyze: over.forReview() });
    expect(problems.map(({ path }) => path)).toEqual(['p/a.go', 'q/b.go']);
    over.close();
  });
});
