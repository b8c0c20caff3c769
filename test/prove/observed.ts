import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Complaint } from './compare.ts';
import { spins } from './judge.ts';
import type { GroupProof } from './proof.ts';
import type { Survivor } from './stacks.ts';

/**
 * What the runs showed of each leak, without line numbers: the rules' pages tell it where there is no Go toolchain to ask.
 * Wait reasons differ between Go versions, so it says which one was asked, and only that one can call it stale.
 */
const observedSchema = z.object({
  go: z.string(),
  /** By rule, then by function: what to look for in a goroutine profile, such as `LeakTimeout.func1 [chan send]`; several are joined by `, `. */
  rules: z.record(z.string(), z.record(z.string(), z.string())),
});

export type Observed = z.infer<typeof observedSchema>;

function fileIn(root: string): string {
  return join(root, 'observed.json');
}

/** What was written down the last time. */
export async function readObserved(root: string): Promise<Observed> {
  return observedSchema.parse(JSON.parse(await readFile(fileIn(root), 'utf8')));
}

export async function writeObserved(root: string, observed: Observed): Promise<void> {
  await writeFile(fileIn(root), `${JSON.stringify(observed, null, 2)}\n`);
}

/** `LeakTimeout.func1 [chan send]`; what goes on for ever is `running`, wherever in its turn it was at that moment. */
function sighting(survivor: Survivor): string {
  return `${survivor.function} [${spins(survivor) ? 'running' : survivor.waitReason}]`;
}

/** What these proofs showed, in the order of the rules and functions. */
export function observedIn(proofs: readonly GroupProof[], go: string): Observed {
  const rules: Record<string, Record<string, string>> = {};
  for (const { group, functions } of proofs) {
    const leaks = functions.filter(({ fn }) => fn.leaks).map(({ fn, outcome }) => [fn.name, [...new Set(outcome.runs.flat().map(sighting))].sort().join(', ')] as const);
    rules[group.rule] = { ...rules[group.rule], ...Object.fromEntries(leaks) };
  }
  return { go, rules };
}

/** Whether what is written down is what was seen, for the rules that were run. */
export function compareObserved(written: Observed, seen: Observed): Complaint[] {
  if (written.go !== seen.go) return [];
  const stale = Object.entries(seen.rules).filter(([rule, functions]) => JSON.stringify(written.rules[rule] ?? {}) !== JSON.stringify(functions));
  return stale.map(([rule]) => ({ subject: rule, says: 'observed.json does not say what was seen: npm run prove -- --write, then npm run pages' }));
}
