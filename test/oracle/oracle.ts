import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadParser } from '../../src/go/parse.ts';
import { compare } from './compare.ts';
import { checkInvariants, invariantTables } from './invariants.ts';
import { table, Tally } from './tally.ts';
import { askGo, hasGo, readUnits } from './unit.ts';

const usage = `npm run oracle -- DIR…
Holds the front end against go/types and x/tools' control-flow graphs, over all packages below the directories, and prints how far they agree.
  --invariants checks instead what must hold of any Go file, and what files of each size cost; needs no Go
  --show N     prints up to N disagreements of each measure
  --from FILE  reads what Go says from a file, written earlier by: (cd test/oracle/dump && go run . DIR… >FILE)`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { invariants: { type: 'boolean', default: false }, show: { type: 'string', default: '0' }, from: { type: 'string' }, help: { type: 'boolean', default: false } },
  });
  if (values.help || (positionals.length === 0 && values.from === undefined)) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  if (values.invariants) {
    const report = await checkInvariants(positionals, await loadParser());
    for (const { invariant, path, says } of report.faults.slice(0, Number(values.show))) console.log(`${invariant}: ${path}: ${says}`);
    console.log(invariantTables(report));
    return report.faults.length === 0 && report.trees.made === report.trees.deleted ? 0 : 1;
  }
  if (values.from === undefined && !(await hasGo())) {
    console.error('oracle: no Go toolchain was found, so nothing is compared. Install Go 1.26 or later: https://go.dev/dl');
    return process.env['CI'] === undefined ? 0 : 1;
  }
  const parse = await loadParser();
  const tally = new Tally();
  for await (const unit of values.from === undefined ? askGo(positionals.map((dir) => resolve(dir))) : readUnits(values.from)) tally.add(await compare(unit, parse));
  const shown = new Map<string, number>();
  for (const { measure, path, line, text, ours, theirs } of tally.disagreements) {
    const count = shown.get(measure) ?? 0;
    shown.set(measure, count + 1);
    if (count < Number(values.show)) console.log(`${measure}: ${path}:${line}: ours ${ours}, Go's ${theirs}\n    ${text}`);
  }
  console.log(table(tally));
  return 0;
}

process.exitCode = await main();
