import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadParser } from '../src/go/parse.ts';
import { compareWays } from './bench/equal.ts';
import { fc } from './support/fast-check.ts';

const parse = await loadParser();
const root = path.join(import.meta.dirname, '..', 'fixtures');
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** Every function of the fixtures, with the package it is in. */
const cases = folders.flatMap((directory) => {
  const files = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.go')).map((name) => ({ path: `${directory}/${name}`, text: readFileSync(path.join(root, directory, name), 'utf8') }));
  return files.flatMap((file) => parse(file.path, file.text).funcs.map(({ pos, end }) => ({ directory, file, pos, end, others: files.filter((one) => one !== file) })));
});

describe('looking at what is needed only', () => {
  test('finds in the fixtures what looking at everything finds, whichever function is added', () => {
    let findings = 0;
    fc.assert(
      fc.property(fc.constantFrom(...cases), ({ directory, file, pos, end, others }) => {
        const change = {
          directory,
          goVersion: { base: [1, 26], head: [1, 26] },
          changed: [{ path: file.path, base: file.text.slice(0, pos) + file.text.slice(end), head: file.text, silent: false }],
          others,
          language: 'en',
        } as const;
        const compared = compareWays(change);
        findings += compared.findings;
        expect(compared.differences).toEqual([]);
      }),
      { numRuns: 25 },
    );
    expect(findings).toBeGreaterThan(10);
  });
});
