import { describe, expect, test } from 'vitest';
import { combineFixes, fixedTexts, proveTogether } from '../src/combine-fixes.ts';
import { aLeak, aReview } from './support/leak.ts';
import type { Leak } from '../src/finding.ts';

const path = 'fetch/fetch.go';

describe('fixes that go together', () => {
  const text = ['one', 'two', 'three', 'four', ''].join('\n');
  const leak = (fingerprint: string, startLine: number, newText: string, told: Partial<Leak> = {}): Leak =>
    aLeak({ fingerprint, fix: { title: 'Repair it', edits: [{ path, startLine, endLine: startLine, newText }] }, ...told });
  const texts = new Map([[path, text]]);

  test('are those of certain leaks, that can be seen, of files that can be written, the first of two that overlap, and the same one once', () => {
    const hidden = leak('hidden', 4, 'four // \u202e');
    const elsewhere = aLeak({ fingerprint: 'elsewhere', fix: { title: 'Repair it', edits: [{ path: 'gone.go', startLine: 1, endLine: 1, newText: '' }] } });
    const { fixes, leftOut } = combineFixes([leak('a', 1, 'ONE'), leak('b', 1, 'ONE'), leak('c', 1, 'uno'), leak('d', 2, 'TWO', { confidence: 'likely' }), hidden, elsewhere, leak('e', 3, 'THREE\n3'), aLeak({ fix: null })], texts);
    expect(fixes.map((one) => one.leak.fingerprint)).toEqual(['a', 'b', 'e']);
    expect(leftOut.map((one) => [one.leak.fingerprint, one.why])).toEqual([['c', 'overlaps'], ['hidden', 'hidden-characters'], ['elsewhere', 'unreadable']]);
    expect(fixedTexts(fixes, texts).get(path)).toBe('ONE\ntwo\nTHREE\n3\nfour\n');
  });

  test('are those that were seen to cure together', async () => {
    const leaks = [leak('a', 1, 'ONE'), leak('b', 2, 'TWO'), leak('c', 3, 'THREE')];
    const asked: string[] = [];
    /** The second undoes the first. */
    const reviewWith = (fixed: ReadonlyMap<string, string>): Promise<ReturnType<typeof aReview>> => {
      const now = fixed.get(path) ?? '';
      asked.push(now);
      const left = leaks.filter(({ fingerprint }) => !now.includes({ a: 'ONE', b: 'TWO', c: 'THREE' }[fingerprint] ?? '') || (fingerprint === 'a' && now.includes('TWO')));
      return Promise.resolve(aReview({ leaks: left }));
    };
    const { fixes, leftOut } = await proveTogether(combineFixes(leaks, texts), aReview({ leaks }), texts, reviewWith);
    expect(fixes.map((one) => one.leak.fingerprint)).toEqual(['a', 'c']);
    expect(leftOut).toMatchObject([{ leak: { fingerprint: 'b' }, why: 'not-together' }]);
    expect(asked).toHaveLength(4);
  });

  test('are none where they bring a new leak, or hide the old one behind a file that is not analysed', async () => {
    const leaks = [leak('a', 1, 'ONE')];
    const none = async (after: Parameters<typeof aReview>[0]): Promise<number> => (await proveTogether(combineFixes(leaks, texts), aReview({ leaks }), texts, () => Promise.resolve(aReview(after)))).fixes.length;
    expect(await none({ leaks: [] })).toBe(1);
    expect(await none({ leaks: [leak('new', 1, '')] })).toBe(0);
    expect(await none({ leaks: [], problems: [{ path, says: 'too large' }] })).toBe(0);
  });
});
