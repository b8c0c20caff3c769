import { expect, test } from 'vitest';
import { z } from 'zod';
import { configSchema, defaultConfig, readConfig } from '../src/config.ts';

test('no file, an empty one, and one of comments give the defaults', () => {
  for (const text of [null, '', ' \n', '# nothing yet\n']) {
    expect(readConfig(text)).toEqual({ config: { conclusion: 'neutral', drafts: true, language: 'en', maxComments: 10 }, problems: [] });
  }
});

test('every key is obeyed', () => {
  const { config, problems } = readConfig('conclusion: failure\ndrafts: false\nlanguage: zh-CN\nmax-comments: 3\n');
  expect(config).toEqual({ conclusion: 'failure', drafts: false, language: 'zh-CN', maxComments: 3 });
  expect(problems).toEqual([]);
});

test('what is wrong is named with its line, and the rest is obeyed', () => {
  const { config, problems } = readConfig('# ours\nconclusion: red\nmax-comments: 31\nlanguages: en\ndrafts: "no"\nlanguage: zh-CN\n');
  expect(config).toEqual({ ...defaultConfig, language: 'zh-CN' });
  expect(problems).toEqual([
    { line: 2, key: 'conclusion', kind: 'wrong-value', expected: 'neutral | failure | success' },
    { line: 3, key: 'max-comments', kind: 'wrong-value', expected: '1 … 30' },
    { line: 4, key: 'languages', kind: 'unknown-key', expected: '' },
    { line: 5, key: 'drafts', kind: 'wrong-value', expected: 'true | false' },
  ]);
});

test.each([
  ['conclusion: neutral\ndrafts: [true\nlanguage: en\n', 3],
  ['a: 1\na: 2\n', 2],
  ['- a list\n', 1],
  ['conclusion: !!js/function "x"\n\tdrafts: true\n', 2],
])('%j is no configuration, and that is said', (text, line) => {
  const { config, problems } = readConfig(text);
  expect(config).toEqual(defaultConfig);
  expect(problems[0]).toMatchObject({ kind: 'syntax', line, key: null });
});

test('prototype names are unknown keys like others', () => {
  expect(readConfig('constructor: 1\n__proto__: 2\n').problems.map(({ kind }) => kind)).toEqual(['unknown-key', 'unknown-key']);
});

test('an editor can be told', () => {
  expect(z.toJSONSchema(configSchema, { io: 'input' })).toMatchObject({ type: 'object', additionalProperties: false, properties: { conclusion: { enum: ['neutral', 'failure', 'success'] } } });
});
