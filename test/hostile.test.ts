import { afterAll, describe, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';
import { createAnalysisPool } from '../src/workers/analysis-pool.ts';

/** Counted in repetitions, so that what is generated is alike on every machine. */
const repeat = (count: number, line: (index: number) => string): string => Array.from({ length: count }, (_, index) => line(index)).join('');

const inputs: Readonly<Record<string, () => string>> = {
  'parentheses, deep': () => `package q\n\nvar x = ${'('.repeat(20_000)}1${')'.repeat(20_000)}\n`,
  'blocks, deep': () => `package q\n\nfunc f(ch chan int) {\n${'if true {\n'.repeat(20_000)}ch <- 1\n${'}\n'.repeat(20_000)}}\n`,
  'function literals, deep': () => `package q\n\nfunc f() {\n${'go func() {\n'.repeat(5000)}${'}()\n'.repeat(5000)}}\n`,
  'selectors, deep': () => `package q\n\nfunc f(x T) { x${'.a()'.repeat(20_000)} }\n`,
  'operators, long': () => `package q\n\nvar x = 1${' + 1'.repeat(50_000)}\n`,
  'types, deep': () => `package q\n\nvar x ${'[]'.repeat(20_000)}int\n`,
  'brackets that never close': () => `package q\n\nfunc f() { ${'([{'.repeat(20_000)}\n`,
  'a line of 2.7 MB, a string': () => `package q\n\nvar x = "${'a\\n'.repeat(900_000)}"\n\nfunc f(ch chan int) { go func() { ch <- 1 }() }\n`,
  'a line of 2.7 MB, code': () => `package q\n\nfunc f(ch chan int) { ${'ch <- 1; '.repeat(300_000)} }\n`,
  'a comment of 2.7 MB that never ends': () => `package q\n\nfunc f(ch chan int) { ch <- 1 }\n/*${'*'.repeat(2_700_000)}`,
  'a line of 10 MB': () => `package q\n//${'a'.repeat(10_000_000)}\n`,
  '100,000 functions': () => `package q\n\n${repeat(100_000, (index) => `func f${index}() {}\n`)}`,
  '20,000 functions that call each other and send': () => `package q\n\n${repeat(20_000, (index) => `func f${index}(ch chan int) { go f${(index + 1) % 20_000}(ch); ch <- ${index} }\n`)}`,
  '5,000 goroutines on one channel': () => `package q\n\nfunc f() {\n\tch := make(chan int)\n${repeat(5000, () => '\tgo func() { ch <- 1 }()\n')}\t<-ch\n}\n`,
  'exponentially many ways': () => `package q\n\nfunc f(n []bool) {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n${repeat(300, (index) => `\tif n[${index}] {\n\t\tch = make(chan int, ${index})\n\t}\n`)}\t<-ch\n}\n`,
  'exponentially many calls': () => `package q\n\n${repeat(60, (index) => `func f${index}(ch chan int) { f${index + 1}(ch); go f${index + 1}(ch); f${index + 1}(ch) }\n`)}func f60(ch chan int) { ch <- 1 }\n\nfunc f() { f0(make(chan int)) }\n`,
  'types that double': () => `package q\n\ntype t0 struct{ c chan int }\n${repeat(60, (index) => `type t${index + 1} struct{ a, b t${index}; f func(t${index}) t${index} }\n`)}\nfunc f(x t60) { go func() { x.a.b.a.b.c <- 1 }() }\n`,
  'selects in loops': () => `package q\n\nfunc f(a, b, c chan int) {\n${repeat(40, () => '\tfor {\n\t\tselect {\n\t\tcase a <- 1:\n\t\tcase <-b:\n\t\t\tbreak\n\t\tcase v := <-c:\n\t\t\tgo func() { a <- v }()\n\t\t}\n')}${'\t}\n'.repeat(40)}}\n`,
  'zero bytes and halves of characters': () => `package q\n\nfunc f(ch chan int) { ch <- 1 \u{fffd}\u200b\ud83d }\n`,
};

describe('code that is built to be too much takes nobody else along:', () => {
  const pool = createAnalysisPool({ processes: 1, reviewMs: 20_000, directoryMs: 10_000, memoryMb: 512, failed: () => undefined });
  afterAll(() => pool.close());

  const leaky = 'package p\n\nfunc ask(fail bool) int {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif fail {\n\t\treturn 0\n\t}\n\treturn <-ch\n}\n';

  test.each(Object.keys(inputs))('%s', async (name) => {
    const hostile = inputs[name]?.() ?? '';
    const source = memorySource({ base: {}, head: { 'p/a.go': leaky, 'q/b.go': hostile } });
    const { leaks, problems } = await review(source, { language: 'en', analyze: pool.forReview() });
    expect(leaks.filter(({ path }) => path === 'p/a.go').map(({ rule }) => rule)).toEqual(['abandoned-send']);
    expect(problems.every(({ path }) => path === 'q/b.go')).toBe(true);
  });
});
