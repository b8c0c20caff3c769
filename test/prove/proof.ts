import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Leak } from '../../src/finding.ts';
import { beforeFolder, build, packagesOf, type Built } from './build.ts';
import { compareComments, compareFindings, compareParked, say, type Complaint, type Say } from './compare.ts';
import { analysed, type Findings } from './findings.ts';
import { offerOf, type Variant } from './fixes.ts';
import { placeText, readGroups, type FixtureFunction, type Group } from './fixtures.ts';
import { judge, survivorText, unprovenMarks, type Outcome, type Verdict } from './judge.ts';
import { places, runFunction, type Pace } from './run.ts';
import type { Toolchain } from './toolchain.ts';

export interface ProofOptions extends Pace {
  /** The fixtures' module. */
  readonly root: string;
  /** Null: only the names and marks are settled, our findings are not asked for. */
  readonly findings: Findings | null;
  /** Only these rules. Empty: all. */
  readonly rules: readonly string[];
}

/** A function, what was said of it and what came of it. */
export interface ProvenFunction {
  readonly fn: FixtureFunction;
  readonly say: Say;
  readonly outcome: Outcome;
  readonly verdict: Verdict;
}

export interface GroupProof {
  readonly group: Group;
  readonly functions: readonly ProvenFunction[];
  readonly fixesOffered: number;
  readonly fixesProven: number;
  readonly complaints: readonly Complaint[];
}

const building = places(Math.max(1, cpus().length));

async function proveBuilt(group: Group, built: Built & { readonly binary: string }, pace: Pace): Promise<ProvenFunction[]> {
  return Promise.all(group.functions.map(async (fn) => {
    const outcome = await runFunction(built, group.rule, group.rule, fn.name, pace);
    return { fn, say: say(fn), outcome, verdict: judge(fn, outcome) };
  }));
}

/** What there is against the package before the change: it must compile, and its functions must not leak, or the change would not be what makes them. */
async function proveBefore(group: Group, built: Built & { readonly binary: string }, pace: Pace): Promise<Complaint[]> {
  if (group.before.length === 0) return [];
  const folder = beforeFolder(group);
  const refused = built.refused.get(folder);
  if (refused !== undefined) return [{ subject: folder, says: `does not pass go vet: ${refused.trim()}` }];
  const outcomes = await Promise.all(group.functions.filter((fn) => fn.leaks).map(async ({ name }) => ({ name, outcome: await runFunction(built, folder, group.rule, name, pace) })));
  return outcomes.flatMap(({ name, outcome: { runs, ended } }) => {
    const left = runs.find((run) => run.length > 0)?.[0];
    return [...(ended === null ? [] : [`ends the process: ${ended.stderr.slice(0, 600)}`]), ...(left === undefined ? [] : [`leaks already: ${survivorText(left)}`])].map((says) => ({ subject: `${name}, before the change`, says }));
  });
}

/** What there is against a variant of fixes: it must compile, cure its leak, and leave what was safe as it was. */
async function proveFix(group: Group, built: Built, folder: string, variant: Variant, before: readonly ProvenFunction[], pace: Pace): Promise<Complaint[]> {
  const complaint = (says: string): Complaint => ({ subject: variant.fn.name, says: `the fix "${variant.title}" ${says}` });
  const refused = built.refused.get(folder);
  if (refused !== undefined) return [complaint(`does not pass go vet: ${refused.trim()}`)];
  const { binary } = built;
  if (variant.compileOnly || binary === null) return [];
  const outcomeOf = (fn: FixtureFunction): Promise<Outcome> => runFunction({ ...built, binary }, folder, group.rule, fn.name, pace);

  const [cured, ...touched] = await Promise.all([variant.fn, ...variant.touched].map(async (fn) => ({ fn, outcome: await outcomeOf(fn) })));
  const complaints = touched.flatMap(({ fn, outcome }) => judge(fn, outcome).complaints.map((says) => complaint(`spoils ${fn.name}, which ${says}`)));
  if (cured === undefined) return complaints;
  const { runs, ended } = cured.outcome;
  if (ended !== null) complaints.push(complaint(`ends the process: ${ended.stderr.slice(0, 600)}`));
  const had = Math.max(0, ...(before.find(({ fn }) => fn === variant.fn)?.outcome.runs ?? []).map((run) => run.length));
  const left = runs.find((run) => run.length > 0 && (variant.complete || run.length >= had))?.[0];
  if (left !== undefined) complaints.push(complaint(`does not cure: ${survivorText(left)}`));
  return complaints;
}

async function proveGroup(chain: Toolchain, group: Group, leaks: readonly Leak[] | null, pace: Pace): Promise<GroupProof> {
  const found = group.functions.filter((fn) => fn.leaks && say(fn) === 'found');
  const offers = leaks === null ? [] : found.map((fn) => offerOf(group, fn, leaks));
  const variants = offers.flatMap((offer) => offer.variants);
  const packages = packagesOf(group, variants);
  const built = await building(() => build(chain, group.goVersion, packages));
  try {
    const complaints: Complaint[] = [...compareComments(group), ...(leaks === null ? [] : compareFindings(group, leaks)), ...offers.flatMap((offer) => offer.complaints)];
    const refused = built.refused.get(group.rule);
    if (refused !== undefined) complaints.push({ subject: group.rule, says: `does not pass go vet: ${refused.trim()}` });
    if (built.failure !== null) complaints.push({ subject: group.rule, says: `does not build: ${built.failure.trim()}` });
    const { binary } = built;
    const functions = binary === null || refused !== undefined ? [] : await proveBuilt(group, { ...built, binary }, pace);
    if (binary !== null) complaints.push(...(await proveBefore(group, { ...built, binary }, pace)));
    complaints.push(...functions.flatMap(({ fn, verdict }) => verdict.complaints.map((says) => ({ subject: fn.name, says }))));
    if (functions.length > 0) complaints.push(...unprovenMarks(functions).map((place) => ({ subject: placeText(place), says: 'no run leaves a goroutine at this mark' })));
    if (leaks !== null) complaints.push(...functions.flatMap(({ fn, outcome }) => compareParked(fn, leaks, outcome)));

    const fixed = packages.flatMap((pkg) => (pkg.variant === null ? [] : [{ folder: pkg.folder, variant: pkg.variant }]));
    const fixes = await Promise.all(fixed.map(async ({ folder, variant }) => ({ variant, complaints: await proveFix(group, built, folder, variant, functions, pace) })));
    complaints.push(...fixes.flatMap((fix) => fix.complaints));
    const run = fixes.filter((fix) => !fix.variant.compileOnly);
    return { group, functions, fixesOffered: run.length, fixesProven: run.filter((fix) => fix.complaints.length === 0 && binary !== null).length, complaints };
  } finally {
    await rm(built.directory, { recursive: true, force: true });
  }
}

/** Runs every fixture function, applies every fix that is offered, and says what does not agree. */
export async function prove(chain: Toolchain, options: ProofOptions): Promise<GroupProof[]> {
  const groups = (await readGroups(options.root)).filter((group) => options.rules.length === 0 || options.rules.includes(group.rule));
  return Promise.all(groups.map(async (group) =>
    proveGroup(chain, group, options.findings === null ? null : await options.findings(analysed(group, group.files), analysed(group, group.before)), options),
  ));
}
