import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { engineConnected, findings } from './findings.ts';
import { compareObserved, observedIn, readObserved, writeObserved } from './observed.ts';
import { prove } from './proof.ts';
import { rowsOf, tableText } from './table.ts';
import { toolchain } from './toolchain.ts';

const usage = `npm run prove -- [RULE…] [--runtime-only] [--repeats N] [--settle MILLISECONDS] [--verbose] [--write]
Runs every fixture function as a Go program, and proves its name, its marks and the fixes that are offered for it.
--write writes down what the runs showed, for the rules' pages.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'runtime-only': { type: 'boolean', default: false },
      repeats: { type: 'string', default: '3' },
      settle: { type: 'string', default: '300' },
      verbose: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const chain = await toolchain();
  if (chain === null) {
    console.error('prove: no Go toolchain was found, so nothing is proven. Install Go 1.26 or later: https://go.dev/dl');
    return process.env['CI'] === undefined ? 0 : 1;
  }
  const compare = engineConnected && !values['runtime-only'];
  const root = join(import.meta.dirname, '..', '..', 'fixtures');
  const start = performance.now();
  const proofs = await prove(chain, {
    root,
    findings: compare ? findings : null,
    rules: positionals,
    repeats: Number(values.repeats),
    settleMilliseconds: Number(values.settle),
  });
  if (values.verbose) {
    for (const { fn, outcome, verdict } of proofs.flatMap((proof) => proof.functions)) {
      const left = [...new Set(outcome.runs.flat().map((survivor) => `${survivor.function} [${survivor.waitReason}] at ${String(survivor.parked?.line)}`))];
      console.log(`${verdict.complaints.length === 0 ? 'ok ' : 'BAD'} ${fn.declaration.path} ${fn.name}: ${left.join('; ') || 'nothing left'}`);
    }
  }
  const seen = observedIn(proofs, chain.version);
  if (values.write) await writeObserved(root, positionals.length === 0 ? seen : { ...seen, rules: { ...(await readObserved(root)).rules, ...seen.rules } });
  const stale = compareObserved(await readObserved(root), seen).map((complaint) => `${complaint.subject}: ${complaint.says}`);
  const complaints = proofs.flatMap((proof) => proof.complaints.map((complaint) => `${proof.group.rule}: ${complaint.subject}: ${complaint.says}`)).concat(stale);
  console.log(tableText(rowsOf(proofs)));
  if (!compare) console.log('found, silent, miss and noise are what the comments state; the analyser was not asked.');
  if (!chain.hasLeakProfile) console.log(`Go ${chain.version} has no goroutineleak profile, so there was no second judge.`);
  for (const complaint of complaints) console.error(complaint);
  console.log(`${complaints.length} disagreements, Go ${chain.version}, ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return complaints.length === 0 ? 0 : 1;
}

process.exitCode = await main();
