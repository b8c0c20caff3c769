import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePatch } from '../src/diff.ts';
import { PatchMismatchError, reverseApply } from '../src/reverse-apply.ts';
import { fc } from './support/fast-check.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'goleash-reverse-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The patch of git itself, from its first hunk on, as GitHub shows it. */
function patchOf(before: string, after: string, context: number): string {
  writeFileSync(path.join(folder, 'before'), before);
  writeFileSync(path.join(folder, 'after'), after);
  try {
    execFileSync('git', ['diff', '--no-index', `--unified=${context}`, '--text', 'before', 'after'], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return '';
  } catch (error) {
    // Differences are exit code 1.
    const text = (error as { stdout: string }).stdout;
    return text.slice(text.indexOf('\n@@ ') + 1);
  }
}

const line = fc.constantFrom('', 'a', 'b', '\tgo func() {', '-- x', '++ y', '\\ No newline at end of file', '@@ -1 +1 @@', 'é 世界');
const file = fc.tuple(fc.array(fc.tuple(line, fc.constantFrom('\n', '\n', '\r\n')), { maxLength: 12 }), fc.option(fc.constantFrom('end', 'end\r'))).map(
  ([lines, last]) => lines.map(([text, end]) => text + end).join('') + (last ?? ''),
);

describe('reverseApply', () => {
  test('undoes what git diff shows, whatever the line breaks', () => {
    fc.assert(
      fc.property(file, file, fc.integer({ min: 0, max: 3 }), (before, after, context) => {
        const patch = patchOf(before, after, context);
        expect(reverseApply(after, patch === '' ? [] : parsePatch(patch))).toBe(before);
      }),
      { numRuns: 80 },
    );
  });

  test('gives a removed file its lines back', () => {
    expect(reverseApply('', parsePatch('@@ -1,2 +0,0 @@\n-a\n-b\n\\ No newline at end of file'))).toBe('a\nb');
  });

  test('gives an added file nothing', () => {
    expect(reverseApply('a\r\n', parsePatch('@@ -0,0 +1 @@\n+a\r'))).toBe('');
  });

  test('refuses a diff of another text', () => {
    expect(() => reverseApply('x\n', parsePatch('@@ -1 +1 @@\n-a\n+b'))).toThrow(PatchMismatchError);
    expect(() => reverseApply('x\n', parsePatch('@@ -9 +9 @@\n-a\n+b'))).toThrow(PatchMismatchError);
  });
});
