import type { Parser } from 'web-tree-sitter';
import { defaultModule } from '../../src/go/module.ts';
import type { ParseFile } from '../../src/go/parse.ts';
import { introducedIn } from '../../src/introduced.ts';
import { cpuTime } from './cpu-time.ts';

/** One function, with a goroutine whose result is awaited on every way. */
const body = (index: number, edited: boolean): string => `func ask${index}(n int) int {\n\tch := make(chan int, 1)\n\tgo func() { ch <- n * ${edited ? 3 : 2} }()\n\tif n > ${index} {\n\t\tn = n + 1\n\t}\n\treturn <-ch\n}\n`;

const repeats = 5;

/** The cost against the size of the diff in a file of one size, and against the size of the file for a diff of one size. */
export function sizes(parser: Parser, parseFile: ParseFile): void {
  process.stdout.write('| functions in the file | changed | KB | analysis | bare parse of both sides | ratio |\n| --: | --: | --: | --: | --: | --: |\n');
  const rows = [...[1, 10, 100, 1000].map((changed) => [1000, changed] as const), ...[10, 100, 1000, 4000].map((functions) => [functions, 1] as const)];
  for (const [functions, changed] of rows) {
    const text = (count: number): string => `package p\n\n${Array.from({ length: functions }, (_, index) => body(index, index < count)).join('\n')}`;
    const [base, head] = [text(0), text(changed)];
    const change = { directory: '', module: { base: defaultModule, head: defaultModule }, changed: [{ path: 'p.go', base, head, silent: false }], others: [], language: 'en' } as const;
    const analysis = fastest(() => introducedIn(change, parseFile));
    const parse = fastest(() => [base, head].forEach((one) => parser.parse(one)?.delete()));
    process.stdout.write(`| ${[functions, changed, ((base.length + head.length) / 1024).toFixed(0), `${analysis.toFixed(1)} ms`, `${parse.toFixed(1)} ms`, (analysis / parse).toFixed(2)].join(' | ')} |\n`);
  }
}

/** The least of several times: what else the machine does only adds. */
function fastest(run: () => void): number {
  return Math.min(...Array.from({ length: repeats }, () => cpuTime(run)));
}
