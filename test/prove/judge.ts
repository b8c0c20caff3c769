import { expectedParks, placeText, type FixtureFunction, type Place } from './fixtures.ts';
import type { Survivor } from './stacks.ts';

/** What a function left behind each time it was run. */
export interface Outcome {
  readonly runs: readonly (readonly Survivor[])[];
  /** The process ended before the harness had looked: by itself, or by a panic. */
  readonly ended: null | { readonly code: number | null; readonly stderr: string };
}

/** What the run says of a function; no complaints means that its name tells the truth. */
export interface Verdict {
  readonly complaints: readonly string[];
  /** Null where the second judge was not asked or had nothing to judge. */
  readonly judgesAgree: boolean | null;
}

/** Whether a goroutine goes on for ever: it runs, is about to, or sleeps between its turns. */
export function spins(survivor: Survivor): boolean {
  return ['running', 'runnable', 'sleep'].includes(survivor.waitReason);
}

function samePlace(a: Place, b: Place): boolean {
  return a.path === b.path && a.line === b.line;
}

/** Whether a mark of the function says that this goroutine stays there. */
function foretold(survivor: Survivor, fn: FixtureFunction): boolean {
  const marks = expectedParks(fn);
  const { parked } = survivor;
  if (parked === null) return marks.some((mark) => mark.kind === 'started');
  if (!spins(survivor)) return marks.some((mark) => mark.kind !== 'spins' && samePlace(mark, parked));
  return marks.some((mark) => {
    const around = fn.reach.find((part) => part.path === mark.path && part.line <= mark.line && mark.line <= part.endLine);
    return mark.kind === 'spins' && parked.path === mark.path && parked.line >= mark.line && parked.line <= (around?.endLine ?? 0);
  });
}

export function survivorText(survivor: Survivor): string {
  const at = survivor.parked === null ? 'a library' : placeText(survivor.parked);
  const from = survivor.spawned === null ? '' : `, spawned ${placeText(survivor.spawned)}`;
  return `[${survivor.waitReason}] at ${at}${from}`;
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

function complaintsOf(fn: FixtureFunction, outcome: Outcome): string[] {
  const exits = fn.ownMarks.some((mark) => mark.kind === 'exits');
  if (outcome.ended !== null && !exits) {
    return [`ended its process with code ${outcome.ended.code ?? 'none'} (declare that by // exits: reason): ${outcome.ended.stderr.slice(0, 600)}`];
  }
  if (outcome.ended === null && exits) return ['is declared to end its process, and does not'];
  const survivors = outcome.runs.flat();
  if (!fn.leaks) return unique(survivors.map((survivor) => `is called Safe and leaves a goroutine: ${survivorText(survivor)}`));
  const clean = outcome.runs.filter((run) => run.length === 0).length;
  const complaints = survivors.filter((survivor) => !foretold(survivor, fn))
    .map((survivor) => `leaves a goroutine where no mark says so: ${survivorText(survivor)}`);
  if (clean > 0) complaints.push(`is called Leak and leaves nothing in ${clean} of ${outcome.runs.length} runs`);
  if (expectedParks(fn).length === 0) complaints.push('has no mark that says where its goroutine stays');
  return unique(complaints);
}

/** The second judge: whatever stays parked must be in the goroutineleak profile, unless it is declared to be reachable. */
function disagreements(fn: FixtureFunction, outcome: Outcome): { readonly asked: boolean; readonly complaints: string[] } {
  const asked = outcome.runs.flat().filter((survivor) => survivor.listed !== null && !spins(survivor) && survivor.parked !== null);
  const missing = asked.filter((survivor) => survivor.listed === false);
  const reachable = fn.marks.find((mark) => mark.kind === 'reachable');
  if (reachable === undefined) {
    return { asked: asked.length > 0, complaints: unique(missing.map((survivor) => `the goroutineleak profile does not list ${survivorText(survivor)}`)) };
  }
  const stale = asked.length > 0 && missing.length === 0;
  return { asked: asked.length > 0, complaints: stale ? ['is declared reachable, and the goroutineleak profile lists it'] : [] };
}

/** Settles a function's name by what its runs left behind. */
export function judge(fn: FixtureFunction, outcome: Outcome): Verdict {
  const second = disagreements(fn, outcome);
  return {
    complaints: [...complaintsOf(fn, outcome), ...second.complaints],
    judgesAgree: second.asked ? second.complaints.length === 0 : null,
  };
}

/** Marks of leaks at which no run left a goroutine. */
export function unprovenMarks(judged: readonly { readonly fn: FixtureFunction; readonly outcome: Outcome }[]): Place[] {
  const leaks = judged.filter(({ fn }) => fn.leaks);
  const survivors = leaks.flatMap(({ outcome }) => outcome.runs.flat());
  const marks = leaks.flatMap(({ fn }) => expectedParks(fn)).filter((mark) => mark.kind === 'parked' || mark.kind === 'want');
  const missed = marks.filter((mark) => !survivors.some(({ parked }) => parked !== null && samePlace(parked, mark)));
  return missed.filter((mark, index) => missed.findIndex((other) => samePlace(other, mark)) === index);
}
