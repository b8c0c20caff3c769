import { expect, test } from 'vitest';
import { compileGlob } from '../src/glob.ts';
import { pathFilter } from '../src/path-filter.ts';
import { fc } from './support/fast-check.ts';

test.each([
  ['*_mock.go', 'a/b/x_mock.go', true],
  ['*_mock.go', 'x_mock.go', true],
  ['*_mock.go', 'a/x_mock.go.txt', false],
  ['internal/gen', 'internal/gen/a/b.go', true],
  ['internal/gen/', 'internal/gen/b.go', true],
  ['internal/gen', 'x/internal/gen/b.go', false],
  ['/main.go', 'main.go', true],
  ['/main.go', 'cmd/main.go', false],
  ['./cmd/*.go', 'cmd/main.go', true],
  ['cmd/*.go', 'cmd/a/main.go', false],
  ['gen', 'a/gen/b.go', true],
  ['gen', 'a/generated/b.go', false],
  ['**/gen/**', 'gen/x.go', true],
  ['**/gen/**/x.go', 'a/gen/b/c/x.go', true],
  ['a/**/z.go', 'a/z.go', true],
  ['a/**', 'a/b/c.go', true],
  ['**', 'anything/at.go', true],
  ['v?/x.go', 'v2/x.go', true],
  ['v?/x.go', 'v/x.go', false],
  ['{a,b/c}/*.go', 'b/c/x.go', true],
  ['{a,b/c}/*.go', 'b/x.go', false],
  ['x{,_test}.go', 'p/x_test.go', true],
  ['{a', 'p/{a', true],
  ['a.c', 'abc', false],
  ['世?/*.go', '世界/你.go', true],
  ['*a*b*', 'xxaxxbxx', true],
  ['a*a', 'a', false],
])('%s on %s: %s', (pattern, path, expected) => {
  expect(compileGlob(pattern)?.(path)).toBe(expected);
});

test('a pattern that says nothing, or too much, is none', () => {
  for (const pattern of ['', '/', './', '{a,b}'.repeat(7)]) expect(compileGlob(pattern)).toBeNull();
});

test('agrees with the definition, tried step by step', () => {
  const segment = fc.array(fc.constantFrom('*', '?', 'a', 'b'), { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')).filter((one) => !one.includes('**'));
  const pattern = fc.array(fc.oneof(segment, fc.constant('**')), { minLength: 2, maxLength: 5 });
  const path = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });
  const letters = (glob: string, text: string): boolean =>
    glob === '' ? text === '' : glob.startsWith('*') ? letters(glob.slice(1), text) || (text !== '' && letters(glob, text.slice(1))) : text !== '' && (glob.startsWith('?') || glob[0] === text[0]) && letters(glob.slice(1), text.slice(1));
  const segments = (globs: readonly string[], parts: readonly string[]): boolean => {
    const [first, ...rest] = globs;
    if (first === undefined) return true; // what is below a match is matched too
    if (first === '**') return segments(rest, parts) || (parts.length > 0 && segments(globs, parts.slice(1)));
    return parts.length > 0 && letters(first, parts[0] ?? '') && segments(rest, parts.slice(1));
  };
  fc.assert(fc.property(pattern, path, (globs, parts) => {
    expect(compileGlob(globs.join('/'))?.(parts.join('/'))).toBe(segments(globs, parts));
  }), { numRuns: 2000 });
});

test('a pattern made to backtrack ends at once', () => {
  // Steps, not seconds, are what is promised; a pattern that backtracked would not end within the test's time.
  expect(compileGlob('*a'.repeat(90) + 'b')?.('a'.repeat(4000))).toBe(false);
  expect(compileGlob('**/a/'.repeat(39) + 'b')?.('a/'.repeat(2000) + 'c')).toBe(false);
});

test('a file is reviewed that is included, where anything is, and not excluded', () => {
  expect(pathFilter({ include: [], exclude: [] })('a.go')).toBe(true);
  const filter = pathFilter({ include: ['cmd', 'pkg'], exclude: ['*_mock.go'] });
  expect(['cmd/a.go', 'pkg/x_mock.go', 'lib/a.go', 'pkg/x/y.go'].map(filter)).toEqual([true, false, false, true]);
});
