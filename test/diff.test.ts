import { afterAll, describe, expect, test } from 'vitest';
import { diffTexts } from '../src/diff-texts.ts';
import { addedLines, hunkAtNewLine, hunkAtOldLine, MalformedDiffError, parseDiff, parsePatch, type FileChange, type Hunk } from '../src/diff.ts';
import { fc } from './support/fast-check.ts';
import { GitRepository, type CommittedFile } from './support/git-repository.ts';

const repository = new GitRepository();
afterAll(() => repository[Symbol.dispose]());

function realDiff(base: Readonly<Record<string, CommittedFile>>, head: Readonly<Record<string, CommittedFile>>, ...options: readonly string[]): string {
  const from = repository.commit('base', base);
  const to = repository.commit('head', head);
  return `${repository.git('diff', '-M', ...options, from, to)}\n`;
}

/** What a diff means, written anew: the other side's text from one side's. */
function apply(text: string, hunks: readonly Hunk[], to: 'new' | 'old'): string {
  const from = text === '' ? [] : text.split(/(?<=\n)/);
  const result: string[] = [];
  let next = 0;
  for (const hunk of hunks) {
    const [start, count] = to === 'new' ? [hunk.oldStart, hunk.oldLines] : [hunk.newStart, hunk.newLines];
    const first = count === 0 ? start : start - 1;
    result.push(...from.slice(next, first));
    next = first;
    for (const line of hunk.lines) {
      const whole = line.text + (line.unterminated ? '' : '\n');
      if ((to === 'new' ? line.oldLine : line.newLine) !== null) {
        expect(from[next]).toBe(whole);
        next++;
        expect(to === 'new' ? line.oldLine : line.newLine).toBe(next);
      }
      if ((to === 'new' ? line.newLine : line.oldLine) !== null) {
        result.push(whole);
        expect(to === 'new' ? line.newLine : line.oldLine).toBe(result.length);
      }
    }
  }
  return [...result, ...from.slice(next)].join('');
}

/** Lines that look like something else in a diff. */
const line = fc.oneof(
  fc.constantFrom('', 'a', 'b', '\tgo f()', '-- x', '++ y', '--- a/x.go', '+++ b/x.go', '@@ -1 +1 @@', 'diff --git a/x b/x', '\\ No newline at end of file', 'x\r', ' ', 'caf\u00e9', '\u2028', 'a\rdiff --git a/q b/q', 'rename from x', 'Binary files a and b differ'),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll('\n', '').replaceAll('\0', '')),
);
const text = fc.tuple(fc.array(line, { maxLength: 25 }), fc.boolean()).map(([lines, ends]) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : ''));
const name = fc.constantFrom('a.go', 'b c.go', 'caf\u00e9.go', 'tab\there.go', 'quote".go', 'back\\slash.go', 'sub/ b/x.go', 'a b/a b/a.go', 'line\nbreak.go', '\u4f60\u597d.go', ' b/ b', 'x.go ');
/** An edited text: most of the old one with some lines replaced, so that hunks have context and renames are found. */
const pair = fc.tuple(fc.array(line, { minLength: 3, maxLength: 40 }), fc.array(fc.tuple(fc.nat(39), fc.nat(2), fc.array(line, { maxLength: 3 })), { maxLength: 3 }), fc.boolean(), fc.boolean()).map(([lines, edits, oldEnds, newEnds]) => {
  const edited = [...lines];
  for (const [at, count, put] of edits) edited.splice(at, count, ...put);
  return [lines.join('\n') + (oldEnds ? '\n' : ''), edited.join('\n') + (newEnds ? '\n' : '')] as const;
});

describe('a diff by git', () => {
  test.each([['-U3'], ['-U0']])('turns the old texts into the new and back, whatever names and lines it has (%s)', (option) => {
    const file = fc.record({ from: name, to: name, texts: fc.oneof(pair, fc.tuple(text, text)) });
    fc.assert(
      fc.property(fc.uniqueArray(file, { maxLength: 4, selector: (it) => it.from }), (files) => {
        const base = Object.fromEntries(files.map((it) => [it.from, it.texts[0]]));
        const head = Object.fromEntries(files.map((it) => [it.to, it.texts[1]]));
        const changes = parseDiff(realDiff(base, head, option));
        const rebuilt: Record<string, string> = { ...base };
        for (const change of changes) if (change.status === 'removed' || change.status === 'renamed') Reflect.deleteProperty(rebuilt, change.previousPath ?? change.path);
        for (const change of changes) {
          const hunks = change.hunks ?? [];
          const before = change.status === 'added' ? '' : (base[change.previousPath ?? change.path] ?? '');
          const after = apply(before, hunks, 'new');
          if (change.status !== 'removed') rebuilt[change.path] = after;
          expect(apply(after, hunks, 'old')).toBe(before);
        }
        expect(rebuilt).toEqual(head);
      }),
      { numRuns: 60 },
    );
  });

  test.each<[string, Readonly<Record<string, CommittedFile>>, Readonly<Record<string, CommittedFile>>, Partial<FileChange>]>([
    ['a quoted name', { 'x.go': 'a\n' }, { 'x.go': 'a\n', 'caf\u00e9.go': 'b\n' }, { path: 'caf\u00e9.go', status: 'added', previousPath: null }],
    ['a pure rename', { 'old name.go': 'a\nb\nc\n' }, { 'n\u00e9w.go': 'a\nb\nc\n' }, { path: 'n\u00e9w.go', previousPath: 'old name.go', status: 'renamed', hunks: [] }],
    ['a changed mode', { 'a b.go': 'a\n' }, { 'a b.go': { executable: 'a\n' } }, { path: 'a b.go', status: 'modified', hunks: [] }],
    ['a new empty file', {}, { 'e.go': '' }, { path: 'e.go', status: 'added', hunks: [] }],
    ['a removed empty file', { 'e.go': '' }, {}, { path: 'e.go', status: 'removed', hunks: [] }],
    ['a binary file', { 'b.go': Buffer.from([0, 1]) }, { 'b.go': Buffer.from([0, 2]) }, { path: 'b.go', status: 'modified', hunks: null }],
    ['a submodule', { sub: { submodule: '1'.repeat(40) } }, { sub: { submodule: '2'.repeat(40) } }, { path: 'sub', status: 'modified' }],
    ['a new symlink', {}, { 'l.go': { symlink: 'x.go' } }, { path: 'l.go', status: 'added' }],
  ])('tells %s', (_, base, head, expected) => {
    const changes = parseDiff(realDiff(base, head));
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject(expected);
  });

  test('tells a binary patch', () => {
    expect(parseDiff(realDiff({}, { 'b.go': Buffer.from([0, 1]) }, '--binary'))).toMatchObject([{ path: 'b.go', status: 'added', hunks: null }]);
  });

  test('tells a copy as added, with where it comes from', () => {
    const original = 'a\nb\nc\nd\n';
    const changes = parseDiff(realDiff({ 'a.go': original }, { 'a.go': original, 'b.go': `${original}e\n` }, '-C', '--find-copies-harder'));
    expect(changes).toMatchObject([{ path: 'b.go', previousPath: 'a.go', status: 'added' }]);
    expect(addedLines(changes[0] as FileChange)).toEqual(new Set([5]));
  });

  test('shows a file that becomes a symlink as one modified file', () => {
    const [change, ...others] = parseDiff(realDiff({ 'a.go': 'x\ny\n' }, { 'a.go': { symlink: 'b.go' } }));
    expect(others).toEqual([]);
    expect(change).toMatchObject({ path: 'a.go', status: 'modified' });
    expect(apply('x\ny\n', change?.hunks ?? [], 'new')).toBe('b.go');
  });

  test('refuses a header without a path', () => {
    expect(() => parseDiff('diff --git x y\n')).toThrow(MalformedDiffError);
  });

  test('has no files where it is empty', () => {
    expect(parseDiff('')).toEqual([]);
  });
});

describe('a patch by GitHub', () => {
  const patch = '@@ -10,4 +10,5 @@ func f() {\n \ta\r\n-\tb\n+\tc\n+-- d\n \n \te\n\\ No newline at end of file';
  const change: FileChange = { path: 'a.go', previousPath: null, status: 'modified', hunks: parsePatch(patch) };

  test('is its hunks', () => {
    expect(change.hunks).toEqual([
      {
        oldStart: 10,
        oldLines: 4,
        newStart: 10,
        newLines: 5,
        lines: [
          { oldLine: 10, newLine: 10, text: '\ta\r' },
          { oldLine: 11, newLine: null, text: '\tb' },
          { oldLine: null, newLine: 11, text: '\tc' },
          { oldLine: null, newLine: 12, text: '-- d' },
          { oldLine: 12, newLine: 13, text: '' },
          { oldLine: 13, newLine: 14, text: '\te', unterminated: true },
        ],
      },
    ]);
  });

  test('knows the lines it adds', () => expect(addedLines(change)).toEqual(new Set([11, 12])));

  test('finds the hunk of a line on either side', () => {
    const hunk = change.hunks?.[0];
    expect([9, 10, 14, 15].map((at) => hunkAtNewLine(change, at))).toEqual([undefined, hunk, hunk, undefined]);
    expect([9, 10, 13, 14].map((at) => hunkAtOldLine(change, at))).toEqual([undefined, hunk, hunk, undefined]);
  });

  test('tells which side lacks its last line break', () => {
    const [hunk] = parsePatch('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a');
    expect(hunk?.lines).toEqual([
      { oldLine: 1, newLine: null, text: 'a', unterminated: true },
      { oldLine: null, newLine: 1, text: 'a' },
    ]);
  });

  test('is refused where it is cut off', () => {
    expect(() => parsePatch('@@ -1,3 +1,3 @@\n a\n-b')).toThrow(MalformedDiffError);
  });

  test('without text adds no lines and has no hunks', () => {
    const binary: FileChange = { ...change, hunks: null };
    expect(addedLines(binary)).toEqual(new Set());
    expect(hunkAtNewLine(binary, 1)).toBeUndefined();
  });
});

describe('a diff of our own', () => {
  test('turns one text into the other and back', () => {
    fc.assert(
      fc.property(fc.oneof(pair, fc.tuple(text, text)), ([before, after]) => {
        const hunks = diffTexts(before, after);
        expect(apply(before, hunks, 'new')).toBe(after);
        expect(apply(after, hunks, 'old')).toBe(before);
      }),
    );
  });

  test('says as little as git does', () => {
    fc.assert(
      fc.property(pair, ([before, after]) => {
        const [change] = parseDiff(realDiff({ 'a.go': before }, { 'a.go': after }, '--minimal', '--text'));
        const ours: FileChange = { path: 'a.go', previousPath: null, status: 'modified', hunks: diffTexts(before, after) };
        expect(addedLines(ours).size).toBe(change === undefined ? 0 : addedLines(change).size);
      }),
      { numRuns: 60 },
    );
  });
});
