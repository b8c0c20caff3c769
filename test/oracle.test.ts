import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadParser } from '../src/go/parse.ts';
import { compare } from './oracle/compare.ts';
import { checkInvariants } from './oracle/invariants.ts';
import { Tally } from './oracle/tally.ts';
import { askGo, hasGo } from './oracle/unit.ts';

const testdata = join(import.meta.dirname, 'oracle', 'testdata');
const parse = await loadParser();
const go = await hasGo();
const noGo = go ? '' : ': skipped, no Go toolchain was found';
if (!go) process.stderr.write(`oracle: the comparison with Go is${noGo.slice(1)}\n`);

/** Known by no one who reads one package at a time. */
const unknowable = ['outside_test.go: _ = Exported: ours unknown, Go\'s chan int'];

describe.skipIf(!go && process.env['CI'] === undefined)(`the front end and Go${noGo}`, () => {
  it('agree on tricky code', async () => {
    const tally = new Tally();
    for await (const unit of askGo([testdata])) tally.add(await compare(unit, parse));
    expect(tally.disagreements.map(({ path, text, ours, theirs }) => `${path.slice(path.lastIndexOf('/') + 1)}: ${text}: ours ${ours}, Go's ${theirs}`)).toEqual(unknowable);
    expect(tally.files).toBeGreaterThan(10);
    for (const [measure, { asked }] of Object.entries(tally.counts)) expect([measure, asked > 10]).toEqual([measure, true]);
  });
});

describe('any Go file, right or wrong', () => {
  it('has spans that hold their text, statements in one block, paths that end, and no tree that stays', async () => {
    const report = await checkInvariants([testdata, join(import.meta.dirname, '..', 'fixtures')], parse);
    expect(report.faults).toEqual([]);
    expect(report.trees.made).toBeGreaterThan(report.files);
    expect(report.trees.deleted).toBe(report.trees.made);
  });
});
