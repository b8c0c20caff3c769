import { describe, expect, test } from 'vitest';
import { parsePatch } from '../src/diff.ts';
import { liesInDiff, plan, withoutComments } from '../src/github/plan.ts';
import { aLeak } from './support/leak.ts';
import type { FileChange } from '../src/diff.ts';
import type { Leak } from '../src/finding.ts';
import type { Plan, PlanInput } from '../src/github/plan.ts';

/** Lines 1–8 in one hunk (3 and 4 added, old line 3 removed), lines 21–23 in another; line 22 is added. */
const patch = ['@@ -1,7 +1,8 @@', ' one', ' two', '-old three', '+three', '+four', ' five', ' six', ' seven', ' eight', '@@ -20,2 +21,3 @@', ' twenty-one', '+twenty-two', ' twenty-three'].join('\n');
const change: FileChange = { path: 'a.go', previousPath: null, status: 'modified', hunks: parsePatch(patch) };
const head = Array.from({ length: 30 }, (_, index) => ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'][index] ?? `line ${index + 1}`).join('\n');

function planOf(leaks: readonly Leak[], told: Partial<PlanInput> = {}): Plan {
  return plan({ leaks, changes: [change], posted: new Set(), dismissed: new Map(), texts: new Map([['a.go', head]]), maxComments: 10, conclusion: 'neutral', incomplete: false, ...told });
}

function leakAt(line: number, told: Partial<Leak> = {}): Leak {
  return aLeak({ path: 'a.go', line, endLine: line, fix: null, fingerprint: `fp${line}`, ...told });
}

describe('where a comment sits', () => {
  test.each([
    ['a single line has no start', { line: 3, endLine: 3 }, { side: 'RIGHT', startLine: null, line: 3 }],
    ['a range inside one hunk, context included', { line: 2, endLine: 6 }, { side: 'RIGHT', startLine: 2, line: 6 }],
    ['only its first line where the range leaves the hunk', { line: 4, endLine: 22 }, { side: 'RIGHT', startLine: null, line: 4 }],
    ['a removed line, on the left', { line: 3, endLine: 3, side: 'LEFT' as const }, { side: 'LEFT', startLine: null, line: 3 }],
  ])('%s', (_, told, anchor) => {
    const { comments } = planOf([leakAt(told.line, told)]);
    expect(comments.map((comment) => comment.anchor)).toEqual([{ path: 'a.go', ...anchor }]);
  });

  test.each([
    ['between two hunks', leakAt(12)],
    ['in a file that the change does not touch', leakAt(3, { path: 'b.go' })],
  ])('nowhere inline for a line %s', (_, leak) => {
    const { comments, remaining, annotations } = planOf([leak]);
    expect(comments).toEqual([]);
    expect(remaining).toMatchObject([{ leak, why: 'outside-diff' }]);
    expect(annotations).toMatchObject([{ path: leak.path, startLine: leak.line, level: 'warning' }]);
  });

  test('nowhere inline in a file without a patch', () => {
    expect(planOf([leakAt(3)], { changes: [{ ...change, hunks: null }] }).remaining).toMatchObject([{ why: 'outside-diff' }]);
  });

  test('a removed line of a renamed file is commented under the new name', () => {
    const renamed: FileChange = { ...change, path: 'new.go', previousPath: 'a.go', status: 'renamed' };
    expect(planOf([leakAt(3, { side: 'LEFT' })], { changes: [renamed] }).comments[0]?.anchor).toEqual({ path: 'new.go', side: 'LEFT', startLine: null, line: 3 });
  });

  test('never across hunks', () => {
    expect(liesInDiff({ path: 'a.go', side: 'RIGHT', startLine: 8, line: 21 }, [change])).toBe(false);
    expect(liesInDiff({ path: 'a.go', side: 'LEFT', startLine: null, line: 8 }, [change])).toBe(false);
  });
});

describe('the fix', () => {
  const fix = (startLine: number, endLine: number, newText: string): Partial<Leak> => ({ fix: { title: 'Repair it', edits: [{ path: 'a.go', startLine, endLine, newText }] } });

  test('of lines inside one hunk moves the comment onto exactly these lines', () => {
    const [comment] = planOf([leakAt(6, fix(3, 4, 'three\nthree and a half\nfour'))]).comments;
    expect(comment?.anchor).toEqual({ path: 'a.go', side: 'RIGHT', startLine: 3, line: 4 });
    expect(comment?.fix).toEqual({ kind: 'suggestion', title: 'Repair it', text: 'three\nthree and a half\nfour\n' });
  });

  test('of several edits in one hunk is one suggestion, with the lines between', () => {
    const edits = [{ path: 'a.go', startLine: 5, endLine: 6, newText: 'y' }, { path: 'a.go', startLine: 3, endLine: 3, newText: 'x\nx' }];
    const [comment] = planOf([leakAt(6, { fix: { title: 'Repair it', edits } })]).comments;
    expect(comment?.anchor).toEqual({ path: 'a.go', side: 'RIGHT', startLine: 3, line: 6 });
    expect(comment?.fix).toEqual({ kind: 'suggestion', title: 'Repair it', text: 'x\nx\nfour\ny\n' });
  });

  test('of lines that the diff shows otherwise than the file has them is a diff', () => {
    expect(planOf([leakAt(6, fix(3, 4, 'x'))], { texts: new Map([['a.go', head.replace('four', '4')]]) }).comments[0]?.fix?.kind).toBe('diff');
  });

  test('that deletes lines is an empty suggestion', () => {
    expect(planOf([leakAt(6, fix(4, 4, ''))]).comments[0]?.fix).toEqual({ kind: 'suggestion', title: 'Repair it', text: '' });
  });

  test('of a file with CRLF keeps it', () => {
    const crlf: FileChange = { ...change, hunks: parsePatch('@@ -1 +1,2 @@\n one\r\n+two\r') };
    expect(planOf([leakAt(2, fix(2, 2, 'two\nthree'))], { changes: [crlf], texts: new Map([['a.go', 'one\r\ntwo\r\n']]) }).comments[0]?.fix).toEqual({ kind: 'suggestion', title: 'Repair it', text: 'two\r\nthree\r\n' });
  });

  test('of lines outside of the hunk is shown as a diff of what differs', () => {
    const [comment] = planOf([leakAt(3, fix(11, 13, 'line 11\nline twelve\nline 13'))]).comments;
    expect(comment?.anchor).toEqual({ path: 'a.go', side: 'RIGHT', startLine: null, line: 3 });
    expect(comment?.fix).toEqual({ kind: 'diff', title: 'Repair it', replacements: [{ path: 'a.go', startLine: 12, removed: ['line 12'], added: ['line twelve'] }] });
  });

  test.each([
    ['two edits in two hunks', { fix: { title: 'Repair it', edits: [{ path: 'a.go', startLine: 3, endLine: 3, newText: 'x' }, { path: 'a.go', startLine: 22, endLine: 22, newText: 'y' }] } }],
    ['edits of two files', { fix: { title: 'Repair it', edits: [{ path: 'a.go', startLine: 3, endLine: 3, newText: 'x' }, { path: 'b.go', startLine: 3, endLine: 3, newText: 'y' }] } }],
    ['an edit whose text Markdown would not keep', fix(3, 3, 'x\ry')],
    ['an edit across hunks', fix(8, 21, 'x')],
    ['an edit for a removed line', { side: 'LEFT' as const, ...fix(3, 3, 'x') }],
  ])('of %s is a diff', (_, told) => {
    expect(planOf([leakAt(3, told)]).comments[0]?.fix?.kind).toBe('diff');
  });

  test('that changes nothing is not offered', () => {
    expect(planOf([leakAt(3, fix(3, 4, 'three\nfour'))]).comments[0]?.fix).toBeNull();
    expect(planOf([leakAt(3, fix(12, 12, 'line 12'))]).comments[0]?.fix).toBeNull();
  });

  test('of a file whose text is not known is named only', () => {
    expect(planOf([leakAt(3, { fix: { title: 'Repair it', edits: [{ path: 'b.go', startLine: 1, endLine: 1, newText: 'x' }] } })]).comments[0]?.fix).toEqual({ kind: 'diff', title: 'Repair it', replacements: [] });
  });
});

describe('what is left for the check run', () => {
  test('likely leaks, annotated as notices', () => {
    const { comments, remaining, annotations } = planOf([leakAt(3, { confidence: 'likely' })]);
    expect(comments).toEqual([]);
    expect(remaining).toMatchObject([{ why: 'likely' }]);
    expect(annotations).toMatchObject([{ level: 'notice', startLine: 3, endLine: 3 }]);
  });

  test('leaks beyond the limit, in order', () => {
    const { comments, remaining } = planOf([leakAt(3), leakAt(4), leakAt(5)], { maxComments: 2 });
    expect(comments.map(({ leak }) => leak.line)).toEqual([3, 4]);
    expect(remaining).toMatchObject([{ leak: { line: 5 }, why: 'over-limit' }]);
  });

  test('leaks that were commented before, without an annotation; they do not use up the limit', () => {
    const { comments, remaining, annotations } = planOf([leakAt(3), leakAt(4)], { maxComments: 1, posted: new Set(['fp3']) });
    expect(comments.map(({ leak }) => leak.line)).toEqual([4]);
    expect(remaining).toMatchObject([{ leak: { line: 3 }, why: 'already-posted' }]);
    expect(annotations).toEqual([]);
  });

  test('comments that GitHub refused', () => {
    const before = planOf([leakAt(3), leakAt(4)]);
    const after = withoutComments(before, before.comments.slice(1), 'refused', new Map());
    expect(after.comments.map(({ leak }) => leak.line)).toEqual([3]);
    expect(after.remaining).toMatchObject([{ leak: { line: 4 }, why: 'refused' }]);
    expect(after.annotations).toMatchObject([{ startLine: 4, level: 'warning' }]);
  });

  test('no leak twice', () => {
    expect(planOf([leakAt(3), leakAt(3)]).comments).toHaveLength(1);
  });

  test('no annotation on removed lines', () => {
    expect(planOf([leakAt(30, { side: 'LEFT' })]).annotations).toEqual([]);
  });
});

describe('the conclusion', () => {
  test.each([
    ['nothing', [], {}, 'success'],
    ['nothing, but not all was analysed', [], { incomplete: true }, 'neutral'],
    ['a certain leak', [leakAt(3)], {}, 'neutral'],
    ['a certain leak where failing is asked for', [leakAt(3)], { conclusion: 'failure' as const }, 'failure'],
    ['a certain leak where it shall not matter', [leakAt(3)], { conclusion: 'success' as const }, 'success'],
    ['a certain leak that was commented before', [leakAt(3)], { conclusion: 'failure' as const, posted: new Set(['fp3']) }, 'failure'],
    ['a certain leak outside of the diff', [leakAt(12)], { conclusion: 'failure' as const }, 'failure'],
    ['a likely leak never fails', [leakAt(3, { confidence: 'likely' as const })], { conclusion: 'failure' as const }, 'neutral'],
  ] as const)('%s', (_, leaks, told, conclusion) => {
    expect(planOf(leaks, told).conclusion).toBe(conclusion);
  });
});
