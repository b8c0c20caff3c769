import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { diffTexts } from '../src/diff-texts.ts';
import { hunkAtNewLine, hunkAtOldLine, MalformedDiffError, parseDiff, parsePatch } from '../src/diff.ts';
import { loadParser } from '../src/go/parse.ts';
import { PatchMismatchError, reverseApply } from '../src/reverse-apply.ts';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';
import { fc } from './support/fast-check.ts';

const root = path.join(import.meta.dirname, '../fixtures');
/** The functions of the fixtures, each as a file of its own: real Go, full of what the rules look for. */
const programs = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.go'))
  .sort()
  .flatMap((name) => {
    const text = readFileSync(path.join(root, name), 'utf8');
    const starts = Array.from(text.matchAll(/^func /gmu), ({ index }) => index);
    const head = text.slice(0, starts[0] ?? 0);
    return starts.map((start, index) => head + text.slice(start, starts[index + 1] ?? text.length));
  });

const words = ['go ', '<-', 'chan ', 'select {', 'close(', 'defer ', 'return\n', '{', '}', '(', ')', '"', '`', '//', '/*', '*/', 'for ', 'range ', 'func() {', 'make(chan int)', ':=', '\n', '\r\n', '\t', '\0', '\u{fffd}', '😀', 'if ', 'break\n', 'case ', 'type T struct {', 'ctx.Done()', '[T any]', "'", '\\'];

/** One small damage or edit, at a place told as a share of the text. */
type Mutation = readonly [kind: 'delete' | 'insert' | 'duplicate' | 'swap' | 'cut' | 'rename', at: number, size: number, word: string];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(fc.constantFrom('delete', 'insert', 'duplicate', 'swap', 'cut', 'rename'), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(...words));
const program = fc.constantFrom(...programs);
const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

function mutated(text: string, [kind, share, size, word]: Mutation): string {
  const lines = text.split('\n');
  const line = Math.floor(share * lines.length);
  const at = Math.floor(share * text.length);
  switch (kind) {
    case 'delete':
      return lines.toSpliced(line, size).join('\n');
    case 'duplicate':
      return lines.toSpliced(line, 0, ...lines.slice(line, line + size)).join('\n');
    case 'swap':
      return lines.toSpliced(line, 2, lines[line + 1] ?? '', lines[line] ?? '').join('\n');
    case 'insert':
      return text.slice(0, at) + word + text.slice(at);
    case 'cut':
      return text.slice(0, at) + text.slice(at + size * 3);
    case 'rename': {
      const name = /[a-z]\w*/u.exec(text.slice(at))?.[0];
      return name === undefined ? text : text.replaceAll(new RegExp(`\\b${name}\\b`, 'gu'), `${name}2`);
    }
  }
}

const cases = { parsed: 4000, reviewed: 2000, undone: 3000, patches: 2000 };

describe(`of ${Object.values(cases).reduce((sum, count) => sum + count)} cases`, () => {
  test('no Go, however damaged, breaks the parser, and every function lies in its text', async () => {
    const parse = await loadParser();
    fc.assert(
      fc.property(program, mutations, (text, changes) => {
        const damaged = changes.reduce(mutated, text);
        const file = parse('a.go', damaged);
        expect(file.text).toBe(damaged);
        for (const { pos, end } of [...file.funcs, ...file.specs]) expect(pos >= 0 && pos <= end && end <= damaged.length).toBe(true);
      }),
      { numRuns: cases.parsed },
    );
  }, 300_000);

  test('no change breaks a review, and every comment stands on a line of the diff', async () => {
    let comments = 0;
    await fc.assert(
      fc.asyncProperty(program, mutations, fc.constantFrom('added', 'damaged', 'mended'), async (text, changes, kind) => {
        const other = changes.reduce(mutated, text);
        const [before, after] = kind === 'added' ? [null, other] : kind === 'mended' ? [other, text] : [text, other];
        const source = memorySource({ base: before === null ? {} : { 'p/a.go': before }, head: { 'p/a.go': after } });
        const [change] = await source.diff();
        const { leaks, problems } = await review(source, { language: 'en' });
        expect(problems.filter(({ says }) => says.includes('fault of Goleash'))).toEqual([]);
        comments += leaks.length;
        for (const { path: at, line, endLine, side } of leaks) {
          expect(at).toBe('p/a.go');
          const hunkAt = (one: number): unknown => change && (side === 'LEFT' ? hunkAtOldLine(change, one) : hunkAtNewLine(change, one));
          expect(hunkAt(line)).toBeDefined();
          expect(hunkAt(endLine)).toBe(hunkAt(line));
        }
      }),
      { numRuns: cases.reviewed },
    );
    // The cases reach what they are for.
    expect(comments).toBeGreaterThan(cases.reviewed / 40);
  }, 600_000);

  test('every diff of two texts leads back from the one to the other', () => {
    fc.assert(
      fc.property(program, mutations, (text, changes) => {
        const after = changes.reduce(mutated, text);
        expect(reverseApply(after, diffTexts(text, after))).toBe(text);
      }),
      { numRuns: cases.undone },
    );
  }, 300_000);

  test('no patch, however damaged, is taken for one that it is not, or breaks anything', () => {
    fc.assert(
      fc.property(program, mutations, mutations, (text, changes, damages) => {
        const after = changes.reduce(mutated, text);
        const patch = diffTexts(text, after)
          .map(({ oldStart, oldLines, newStart, newLines, lines }) => `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@\n${lines.map((line) => `${line.newLine === null ? '-' : line.oldLine === null ? '+' : ' '}${line.text}${line.unterminated ? '\n\\ No newline at end of file' : ''}`).join('\n')}\n`)
          .join('');
        const damaged = damages.reduce(mutated, patch);
        for (const read of [() => reverseApply(after, parsePatch(damaged)), () => parseDiff(`diff --git a/a.go b/a.go\n--- a/a.go\n+++ b/a.go\n${damaged}`)]) {
          try {
            read();
          } catch (error) {
            expect(error instanceof MalformedDiffError || error instanceof PatchMismatchError, String(error)).toBe(true);
          }
        }
      }),
      { numRuns: cases.patches },
    );
  }, 300_000);
});
