import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeProblem } from '../src/config-problem.ts';
import * as printed from '../src/format/words.ts';
import { failedOutput, leftAloneOutput, movedOutput, noGoOutput, reviewedOutput } from '../src/github/check-output.ts';
import { commentBody } from '../src/github/comment.ts';
import { plan } from '../src/github/plan.ts';
import { dismissalReply, explainReply, goneReply, helpReply } from '../src/github/replies.ts';
import { nothingTidied } from '../src/github/tidied.ts';
import { words } from '../src/github/words.ts';
import { moduleOf } from '../src/go/module.ts';
import { GoPackage } from '../src/go/package.ts';
import { loadParser, type ParseFile } from '../src/go/parse.ts';
import { Analysis } from '../src/leaks/analysis.ts';
import { named } from '../src/leaks/catalogue.ts';
import { findLeaks } from '../src/leaks/find-leaks.ts';
import { rules } from '../src/leaks/rules/index.ts';
import { help } from '../src/cli/help.ts';
import { readGroups, type Group } from './prove/fixtures.ts';
import { aReview } from './support/leak.ts';
import type { Leak } from '../src/finding.ts';
import type { CheckOutput } from '../src/github/check-output.ts';
import type { Text } from '../src/words.ts';

const root = join(import.meta.dirname, '..');

/** What is alike in every language: code, addresses, and Go's own words where a title is nothing but code. */
const code = /(`+)[^`]*?\1|https?:\/\/\S+|\/debug\/\S+/gu;

function spans(text: string): readonly string[] {
  return [...new Set(Array.from(text.matchAll(code), ([span]) => span))].sort();
}

/** Four words of English in a row outside of code: terms such as `check run` stay English, sentences do not. */
const sentence = /[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{1,}){3}/u;

/** What is wrong with the Chinese of a text, or null. */
function wrong({ en, 'zh-CN': zh }: Text): string | null {
  const [english, chinese] = [en, zh].map((text) => text.replace(code, ''));
  if (/\p{Script=Han}/u.test(english ?? '')) return `English holds Chinese: ${en}`;
  if (!/\p{Script=Han}/u.test(chinese ?? '') && /\p{L}/u.test((english ?? '').replace(/\bdefer\b/gu, ''))) return `not Chinese: ${zh}`;
  if (sentence.test(chinese ?? '')) return `English in the Chinese: ${zh}`;
  if (spans(en).join() !== spans(zh).join()) return `other code: ${en} | ${zh}`;
  return null;
}

function allWrong(texts: Iterable<Text>): readonly string[] {
  return Array.from(texts, wrong).filter((one) => one !== null);
}

function packageOf(parse: ParseFile, files: Group['files'], goVersion: string): GoPackage {
  return new GoPackage('.', files.map((file) => parse(file.path, file.text)), moduleOf(`go ${goVersion}`));
}

test('what the rules say of every leak in the fixtures is said in both languages, of the same code', async () => {
  const parse = await loadParser();
  const texts: Text[] = [];
  for (const { files, before, goVersion } of await readGroups(join(root, 'fixtures'))) {
    const analysis = new Analysis(packageOf(parse, files, goVersion), { before: () => packageOf(parse, before, goVersion) });
    for (const report of rules.flatMap((rule) => rule.check(analysis))) texts.push(report.message, ...report.steps.map(({ says }) => says), ...report.repairs.map(({ title }) => title));
  }
  expect(texts.length).toBeGreaterThan(1000);
  expect([...new Set(allWrong(texts))]).toEqual([]);
});

test('the catalogue, the remarks and the help too', () => {
  expect(allWrong(named.flatMap(({ title, why, cannotSee }) => [title, why, cannotSee]))).toEqual([]);
  const options = (text: string): readonly string[] => text.match(/(?<=^ +)(?:--?[\w-]+|goleash [a-z]+)/gmu) ?? [];
  expect(options(help.en).length).toBeGreaterThan(5);
  expect(options(help['zh-CN'])).toEqual(options(help.en));
  expect(help['zh-CN'].split('\n').filter((line) => sentence.test(line))).toEqual([]);
});

test('what is wrong in a configuration too', () => {
  const kinds = ['syntax', 'too-large', 'unreadable', 'unknown-key', 'unknown-rule', 'wrong-value'] as const;
  expect(allWrong(kinds.map((kind) => describeProblem({ file: 'f', line: 1, key: 'the-key', kind, expected: 'right' }, (text) => `\`${text}\``)))).toEqual([]);
});

test('a review in Chinese holds no English sentence, whatever it found', async () => {
  const parse = await loadParser();
  const context = { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'a'.repeat(40), language: 'zh-CN' as const };
  const leaks = (await readGroups(join(root, 'fixtures'))).flatMap(({ files, before, goVersion }) =>
    findLeaks(packageOf(parse, files, goVersion), { language: 'zh-CN', parse, before: () => packageOf(parse, before, goVersion) }).leaks,
  );
  expect(new Set(leaks.map(({ rule }) => rule)).size).toBe(rules.length);
  const files = [{ path: 'a.go', says: '已删除' }];
  const outputOf = (some: readonly Leak[]): CheckOutput => {
    const planned = plan({ leaks: some, changes: [], posted: new Set(), dismissed: new Map(), texts: new Map(), maxComments: 10, conclusion: 'neutral', incomplete: true });
    return reviewedOutput({ plan: planned, review: aReview({ leaks: some, existing: 1, suppressed: 1, problems: files, skipped: files }), context, config: { rules: { 'nil-channel': 'off' } }, configProblems: [], filesCut: 3000, requests: 6, milliseconds: 1, commentsRefused: 'No', tidied: { resolved: 1, deleted: 1, retired: 1, left: 1 }, fixes: 'fork' });
  };
  const failures = [{ kind: 'permission', needed: 'checks=write', says: 'No' }, { kind: 'rate-limit', until: 0 }, { kind: 'github', status: 502 }, { kind: 'github', status: null }, { kind: 'not-found' }, { kind: 'refused', says: 'No' }, { kind: 'interrupted' }, { kind: 'timed-out', seconds: 3 }, { kind: 'bug' }] as const;
  const outputs = [
    ...leaks.map((leak) => outputOf([leak])), outputOf([]), noGoOutput(1, [], nothingTidied, 'zh-CN'), movedOutput('abc', 'zh-CN'),
    ...(['draft', 'bot'] as const).map((why) => leftAloneOutput({ why }, [], 'zh-CN')), ...(['label', 'no-label'] as const).map((why) => leftAloneOutput({ why, labels: ['x'] }, [], 'zh-CN')),
    ...failures.map((failure) => failedOutput(failure, { language: 'zh-CN', reference: 'r', retryAt: 0 })),
  ];
  const said = [
    ...outputs.flatMap(({ title, summary, text, annotations }) => [title, summary, text, ...annotations.flatMap((one) => [one.title, one.message])]),
    ...leaks.flatMap((leak) => [commentBody({ leak, fix: null }, context), explainReply({ leak, fix: null }, new Map(), '7', context)]),
    dismissalReply('ignored', 'x', '7', 'zh-CN'), dismissalReply('wrong', 'x', '7', 'zh-CN'), helpReply('x', '7', 'zh-CN'), goneReply('abc', '7', 'zh-CN'),
  ];
  const own = said.map((text) => text.replace(/<!--.*?-->|^ *```[^]*?^ *```$/gmu, '').replace(code, ''));
  expect(own.filter((text) => sentence.test(text))).toEqual([]);
  expect(own.filter((text) => text !== '' && !/\p{Script=Han}/u.test(text))).toEqual([]);
});

/** Arguments that a reader would find again, and those for which words change: one, none, unknown. */
const tries: readonly (readonly unknown[])[] = [[7001, 7002, 7003, 7004], ['`7001`', '`7002`', '`7003`', '`7004`'], [1, 1, 1, 1], [7001, 0, 0, 0], [0, 7002, 0, 0], [null, '`7002`']];

/** All texts in two like trees of words; functions are asked with each of the arguments. */
function pairs(en: unknown, zh: unknown, path: string): readonly { readonly path: string; readonly text: Text }[] {
  if (typeof en === 'string' && typeof zh === 'string') return [{ path, text: { en, 'zh-CN': zh } }];
  if (typeof en === 'function' && typeof zh === 'function') {
    return tries.flatMap((given) => pairs((en as (...args: readonly unknown[]) => unknown)(...given), (zh as (...args: readonly unknown[]) => unknown)(...given), `${path}(${given.join(', ')})`));
  }
  if (typeof en !== 'object' || typeof zh !== 'object' || en === null || zh === null) throw new Error(`${path}: ${typeof en} in English, ${typeof zh} in Chinese`);
  expect(Object.keys(zh).sort(), path).toEqual(Object.keys(en).sort());
  return Object.entries(en).flatMap(([key, value]) => pairs(value, (zh as Readonly<Record<string, unknown>>)[key], `${path}.${key}`));
}

const given = (text: string): readonly string[] => [...new Set(text.match(/700\d/gu) ?? [])].sort();

describe('of the words of the pull request', () => {
  const all = pairs(words.en, words['zh-CN'], 'words').filter(({ text }) => text.en.trim() !== '');

  test('each exists in Chinese, and is no English', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(all.map(({ path, text }) => ({ path, wrong: wrong({ en: text.en.replace(/\[\w+\]/gu, ''), 'zh-CN': text['zh-CN'].replace(/\[\p{L}+\]/gu, '') }) })).filter((one) => one.wrong !== null)).toEqual([]);
  });

  test('each says the same numbers and names', () => {
    expect(all.filter(({ text }) => given(text.en).join() !== given(text['zh-CN']).join()).map(({ path }) => path)).toEqual([]);
  });
});

test('of the words of the command line each exists in Chinese, with the same numbers', () => {
  const { homepage, stepList, howToConfirm, words: plain, ...others } = printed;
  expect([homepage, stepList].every(Boolean)).toBe(true);
  const texts = [
    howToConfirm({ function: '`7001`', waitReason: '`7002`' }),
    ...Object.values(plain).flatMap((one): readonly Text[] => ('en' in one ? [one] : Object.values(one))),
    ...Object.values(others).flatMap((one) => (typeof one === 'function' ? tries.slice(0, 1).map((args) => (one as (...args: readonly unknown[]) => Text)(...args)) : [one])),
  ];
  expect(texts.length).toBeGreaterThan(10);
  expect(texts.filter((text) => wrong(text) !== null || given(text.en).join() !== given(text['zh-CN']).join())).toEqual([]);
});

test('no Chinese text in the sources is left in English', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const literals = files.flatMap((name) => Array.from(readFileSync(join(root, 'src', name), 'utf8').matchAll(/'zh-CN': ?('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`)/gu), ([, literal = '']) => ({ name, literal: literal.slice(1, -1) })));
  expect(literals.length).toBeGreaterThan(100);
  // Whose words all come from elsewhere, or are code, has none of its own.
  const own = ({ literal }: { readonly literal: string }): string => literal.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/gu, '').replace(/\\`[^`]*\\`|\bdefer\b/gu, '');
  expect(literals.filter((one) => /\p{L}/u.test(own(one)) && !/\p{Script=Han}/u.test(own(one)))).toEqual([]);
});
