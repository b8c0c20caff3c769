import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { describeProblem } from '../src/config-problem.ts';
import { jsonSchema } from '../src/config-schema.ts';
import { defaultConfig, readConfig } from '../src/config.ts';
import { languages } from '../src/words.ts';
import { fc } from './support/fast-check.ts';
import type { ConfigFile, ConfigProblem, ConfigReading } from '../src/config.ts';

function file(text: string, name = 'goleash.yml'): ConfigFile {
  return { name, text: { kind: 'text', text } };
}

function read(text: string): ConfigReading {
  return readConfig([file(text)]);
}

/** What is told of a problem but for its file. */
function told({ problems }: ConfigReading): readonly Omit<ConfigProblem, 'file'>[] {
  return problems.map(({ line, key, kind, expected }) => ({ line, key, kind, expected }));
}

const everything = `apply-fixes: true
bots: false
conclusion: failure
drafts: false
go: "1.22"
labels:
  only: [review me]
  skip: [wip]
language: zh-CN
max-comments: 3
paths:
  include: ["cmd/**"]
  exclude:
    - "*_mock.go"
rules:
  timer-drain: off
  unused-ignore: likely
`;

describe('a configuration', () => {
  test('that is not there, is empty, or holds only comments gives the defaults', () => {
    for (const files of [[], [{ name: 'a', text: { kind: 'unreadable', why: 'absent' } } as const], [file('')], [file(' \n')], [file('# nothing yet\n')], [file('{}')]]) {
      expect(readConfig(files)).toEqual({ config: defaultConfig, problems: [] });
    }
    expect(defaultConfig).toEqual({
      applyFixes: false, bots: true, conclusion: 'neutral', drafts: true, go: null, labels: { only: [], skip: [] },
      language: 'en', maxComments: 10, paths: { include: [], exclude: [] }, rules: {},
    });
  });

  test('is obeyed in every key', () => {
    expect(read(everything)).toEqual({
      config: {
        applyFixes: true, bots: false, conclusion: 'failure', drafts: false, go: '1.22', labels: { only: ['review me'], skip: ['wip'] },
        language: 'zh-CN', maxComments: 3, paths: { include: ['cmd/**'], exclude: ['*_mock.go'] }, rules: { 'timer-drain': 'off', 'unused-ignore': 'likely' },
      },
      problems: [],
    });
  });

  test('may be in CRLF and after a byte order mark', () => {
    expect(read(`\uFEFF${everything.replaceAll('\n', '\r\n')}`)).toEqual(read(everything));
  });

  test('has its Go version as it is written, quoted or not', () => {
    expect(read('go: 1.20\n').config.go).toBe('1.20');
    expect(read('go: "1.23.4"\n').config.go).toBe('1.23.4');
  });

  test('is obeyed in the rest where something is wrong, which is named with its line', () => {
    const reading = read('# ours\nconclusion: red\nmax-comments: 31\nlanguages: en\ndrafts: "no"\nlanguage: zh-CN\ngo: latest\nbots:\n');
    expect(reading.config).toEqual({ ...defaultConfig, language: 'zh-CN' });
    expect(told(reading)).toEqual([
      { line: 2, key: 'conclusion', kind: 'wrong-value', expected: 'neutral | failure | success' },
      { line: 3, key: 'max-comments', kind: 'wrong-value', expected: '1 … 30' },
      { line: 4, key: 'languages', kind: 'unknown-key', expected: '' },
      { line: 5, key: 'drafts', kind: 'wrong-value', expected: 'true | false' },
      { line: 7, key: 'go', kind: 'wrong-value', expected: '"1.22"' },
      { line: 8, key: 'bots', kind: 'wrong-value', expected: 'true | false' },
    ]);
  });

  test('loses of a list only the wrong items, and of a map only the wrong keys', () => {
    const reading = read('paths:\n  include:\n    - cmd\n    - 7\n    - ""\n  exclude: internal\n  only: [x]\nrules:\n  timer-drain: maybe\n  missing-close: off\n  no-such-rule: off\nlabels: [wip]\n');
    expect(reading.config).toEqual({ ...defaultConfig, paths: { include: ['cmd'], exclude: [] }, rules: { 'missing-close': 'off' } });
    expect(told(reading)).toEqual([
      { line: 4, key: 'paths.include', kind: 'wrong-value', expected: '[glob, …]' },
      { line: 5, key: 'paths.include', kind: 'wrong-value', expected: '[glob, …]' },
      { line: 6, key: 'paths.exclude', kind: 'wrong-value', expected: '[glob, …]' },
      { line: 7, key: 'paths.only', kind: 'unknown-key', expected: '' },
      { line: 9, key: 'rules.timer-drain', kind: 'wrong-value', expected: 'off | likely | certain' },
      { line: 11, key: 'rules.no-such-rule', kind: 'unknown-rule', expected: '' },
      { line: 12, key: 'labels', kind: 'wrong-value', expected: '{only: [label, …], skip: [label, …]}' },
    ]);
  });

  test("of a repository wins over the organisation's, key by key, and both are judged", () => {
    const own = file('max-comments: 5\nrules: {timer-drain: off}\nx: 1\n', 'own');
    const { config, problems } = readConfig([own, file('max-comments: 3\nlanguage: zh-CN\nrules: {missing-close: off}\ny: 1\n', 'org')]);
    expect(config).toEqual({ ...defaultConfig, maxComments: 5, language: 'zh-CN', rules: { 'timer-drain': 'off' } });
    expect(problems.map(({ file: name, line, key }) => [name, line, key])).toEqual([['own', 3, 'x'], ['org', 4, 'y']]);
    // A key that is wrong is as if it were not there.
    expect(readConfig([file('language: de\n'), file('language: zh-CN\n')]).config.language).toBe('zh-CN');
    expect(readConfig([file('a: [\n'), file('language: zh-CN\n')]).config.language).toBe('zh-CN');
  });
});

describe('a hostile configuration', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index] ?? ''}`).join(', ')}]\n`).join('')}`;

  test.each([
    ['broken YAML', 'conclusion: neutral\ndrafts: [true\nlanguage: en\n', 3, 'syntax'],
    ['a key told twice', 'bots: false\nbots: true\n', 2, 'syntax'],
    ['a list', '- a list\n', 1, 'syntax'],
    ['a scalar', 'neutral', 1, 'syntax'],
    ['tabs', 'paths:\n\tinclude: [a]\n', 2, 'syntax'],
    ['two documents', 'bots: false\n---\nbots: false\n', 2, 'syntax'],
    ['an alias of nothing', 'drafts: *nothing\n', 1, 'syntax'],
    ['a bomb of aliases', bomb, 1, 'syntax'],
    ['an alias of itself', 'paths: &a {include: [*a, *a, *a, *a]}\n', 1, 'syntax'],
    ['brackets without end', `bots: false\nx: ${'['.repeat(15_000)}`, 2, 'syntax'],
    ['brackets line by line', '[\n'.repeat(15_000), 21, 'syntax'],
    ['lists in lists', '- '.repeat(15_000), 1, 'syntax'],
    ['keys of keys', '? '.repeat(15_000), 1, 'syntax'],
    ['maps in maps', 'a: '.repeat(10_000), 1, 'syntax'],
    ['nesting that YAML can hold', `a: ${'['.repeat(20)}${']'.repeat(20)}\n`, 1, 'syntax'],
    ['a text of 10 MB', 'bots: false\n'.repeat(900_000), 1, 'too-large'],
  ])('of %s is told, and none of it used', (_, text, line, kind) => {
    const { config, problems } = read(text);
    expect(config).toEqual(defaultConfig);
    expect(problems).toMatchObject([{ line, kind, key: null }]);
  });

  test.each([['too-large', 'too-large'], ['binary', 'unreadable'], ['not-utf8', 'unreadable'], ['symlink', 'unreadable']] as const)('that is %s is told', (why, kind) => {
    expect(readConfig([{ name: 'x', text: { kind: 'unreadable', why } }])).toEqual({ config: defaultConfig, problems: [{ file: 'x', line: 1, key: null, kind, expected: '' }] });
  });

  test('may name keys after what every object has, use tags, and hold maps as keys', () => {
    expect(told(read('constructor: 1\n__proto__: {drafts: false}\ntoString: 2\npaths: {constructor: 1, __proto__: 2}\nrules: {toString: off}\n')).map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'unknown-key'], [2, 'unknown-key'], [3, 'unknown-key'], [4, 'unknown-key'], [4, 'unknown-key'], [5, 'unknown-rule'],
    ]);
    expect(read('? [a]\n: 1\n? &x {b: 1}\n: *x\n').problems).toHaveLength(2);
    expect(read('drafts: !!js/function "x"\n').problems).toMatchObject([{ line: 1, key: 'drafts', kind: 'wrong-value' }]);
    expect(read('<<: {drafts: false}\n').config).toEqual(defaultConfig);
  });

  test('never throws, and what is kept is right', () => {
    const pieces = fc.constantFrom('drafts', 'paths', 'rules', 'timer-drain', 'include', ': ', '\n', '  ', '- ', '[', ']', '{', '}', ', ', '&a ', '*a', '"', "'", '|', '>', '? ', '#', '!!x ', '---\n', '\t', 'true', '7', '\u0000', '\uD800', '@', '%', 'go', '1.2');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const { config, problems } = read(parts.join(''));
        expect(Object.keys(config)).toEqual(Object.keys(defaultConfig));
        expect(problems.every(({ line }) => line >= 1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('is spoken of in both languages, its words shown as code alone', () => {
    for (const text of ['x: 1\n', 'rules: {x: off}\n', 'bots: 1\n', '[', 'x'.repeat(40_000)]) {
      for (const problem of read(text).problems) {
        for (const language of languages) expect(describeProblem(problem, (piece) => `<${piece}>`)[language]).toMatch(/\S/);
      }
    }
  });
});

describe('the JSON Schema', () => {
  const committed = readFileSync(path.join(import.meta.dirname, '../docs/goleash.schema.json'), 'utf8');
  const validate = new Ajv({ strict: true }).compile(JSON.parse(committed) as object);

  test('is not stale', () => {
    expect(committed === jsonSchema(), 'Run npm run pages.').toBe(true);
  });

  test.each(['{}', everything])('takes %j', (text) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
  });

  test.each(['max-comments: 31', 'x: 1', 'rules: {x: off}', 'paths: {include: x}', 'go: 1.22', 'labels: {skip: [1]}'])('refuses %j', (text) => {
    expect(validate(parse(text))).toBe(false);
  });
});
