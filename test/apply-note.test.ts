import { expect, test } from 'vitest';
import { applyNote } from '../src/github/apply-note.ts';
import { aLeak } from './support/leak.ts';
import type { CombinedFixes } from '../src/combine-fixes.ts';

const leak = aLeak({ fix: { title: 'give `@octocat` room, closes #1', edits: [] } });
const fixes: CombinedFixes = {
  fixes: leak.fix === null ? [] : [{ leak, fix: leak.fix }],
  leftOut: (['overlaps', 'hidden-characters', 'unreadable', 'not-together'] as const).map((why, index) => ({ leak: aLeak({ line: 20 + index }), why })),
};
const sha = 'a'.repeat(40);

test('what was committed and what was left out is named, and mentions nobody', () => {
  expect(applyNote({ kind: 'committed', sha, fixes }, 'octocat', 'ref', 'en')).toBe(
    [
      '**1 fix committed as `aaaaaaaaaaaa`, as `octocat` asked.**',
      '',
      '- `fetch/fetch.go:7` give `@octocat` room, closes #\u200B1',
      '- `fetch/fetch.go:20` Left out: the fix overlaps with another one.',
      '- `fetch/fetch.go:21` Left out: the fix holds characters that cannot be seen.',
      '- `fetch/fetch.go:22` Left out: the file cannot be written back as it is.',
      '- `fetch/fetch.go:23` Left out: together with the other fixes it was not seen to cure.',
    ].join('\n'),
  );
  expect(applyNote({ kind: 'committed', sha, fixes }, 'octocat', 'ref', 'zh-CN')).toContain('- `fetch/fetch.go:20` 未应用：该修复与另一处修复重叠。');
});

test('a long list is cut, with what is left out of it counted', () => {
  const many = { fixes: [], leftOut: Array.from({ length: 60 }, (_, line) => ({ leak: aLeak({ line }), why: 'overlaps' as const })) };
  const note = applyNote({ kind: 'not', why: 'nothing', fixes: many }, 'octocat', 'ref', 'en');
  expect(note.split('\n- ')).toHaveLength(52);
  expect(note).toMatch(/^\*\*No fix was committed\.\*\* There is no safe fix that can be applied\.[^]*- … \+ 10$/);
});

test('what GitHub says is shown as code, and a fault of ours by its reference', () => {
  expect(applyNote({ kind: 'refused', says: 'ask @octocat' }, 'octocat', 'ref', 'en')).toBe('**No fix was committed.** GitHub did not take the commit; it says `ask @octocat`.');
  expect(applyNote({ kind: 'failed', failure: { kind: 'bug' } }, 'octocat', 'a-delivery', 'zh-CN')).toMatch(/^\*\*没有提交任何修复。\*\* .*`a-delivery`/);
});
