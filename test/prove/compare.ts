import type { Leak } from '../../src/finding.ts';
import { holds, ownersOf, placeText, type FixtureFunction, type Group, type PlacedMark } from './fixtures.ts';
import type { Outcome } from './judge.ts';

/** What we say of a function, against what its name says. */
export type Say = 'found' | 'silent' | 'miss' | 'noise';

export interface Complaint {
  /** A function's name, or a place. */
  readonly subject: string;
  readonly says: string;
}

function declared(fn: FixtureFunction, kind: 'miss' | 'noise'): boolean {
  return fn.ownMarks.some((mark) => mark.kind === kind);
}

/** Our verdict as the comments state it. */
export function say(fn: FixtureFunction): Say {
  if (fn.leaks) return declared(fn, 'miss') ? 'miss' : 'found';
  return declared(fn, 'noise') ? 'noise' : 'silent';
}

/** Complaints about the comments alone: each function must state our verdict, and only one. */
export function compareComments(group: Group): Complaint[] {
  return group.functions.flatMap((fn): Complaint[] => {
    const complain = (says: string): Complaint[] => [{ subject: fn.name, says }];
    const wants = fn.marks.some((mark) => mark.kind === 'want' && ownersOf(mark, group.functions).includes(fn));
    const reasons = fn.ownMarks.filter((mark) => ['miss', 'noise', 'reachable', 'exits'].includes(mark.kind) && mark.text === '');
    if (reasons.length > 0) return complain(`gives no reason for // ${reasons[0]?.kind ?? ''}`);
    if (declared(fn, fn.leaks ? 'noise' : 'miss')) return complain(`cannot be a // ${fn.leaks ? 'noise' : 'miss'}`);
    if (fn.leaks && !wants && !declared(fn, 'miss')) return complain('leaks, and has neither // want nor // miss');
    if (fn.leaks && declared(fn, 'miss') && fn.ownMarks.some((mark) => mark.kind === 'want')) return complain('has both // want and // miss');
    if (!fn.leaks && wants !== declared(fn, 'noise')) return complain(wants ? 'is safe and has // want, but no // noise' : 'has // noise, but no // want');
    return [];
  });
}

function matches(mark: PlacedMark, leak: Leak): boolean {
  return mark.kind === 'want' && mark.path === leak.path && mark.line === leak.line && new RegExp(mark.text, 'u').test(`${leak.rule} ${leak.message}`);
}

/** Compares the analyser's findings with the `want` comments, both ways. */
export function compareFindings(group: Group, leaks: readonly Leak[]): Complaint[] {
  const marks = group.files.flatMap((file) => file.marks.map((mark): PlacedMark => ({ ...mark, path: file.path })));
  const undeclared = leaks.filter((leak) => !marks.some((mark) => matches(mark, leak))).map((leak): Complaint => {
    const owners = ownersOf(leak, group.functions);
    const stale = owners.length > 0 && owners.every((fn) => declared(fn, 'miss'));
    const hint = stale ? 'is found, so its // miss is no longer true' : owners.some((fn) => fn.leaks) ? 'is found where no // want says so' : 'is reported, and is safe: mend it or declare // want and // noise';
    return { subject: owners.map((fn) => fn.name).join(', ') || placeText(leak), says: `${hint}: ${placeText(leak)} ${leak.rule}: ${leak.message}` };
  });
  const silent = marks.filter((mark) => mark.kind === 'want' && !leaks.some((leak) => matches(mark, leak))).map((mark): Complaint => ({
    subject: ownersOf(mark, group.functions).map((fn) => fn.name).join(', ') || placeText(mark),
    says: `is not found at ${placeText(mark)} (want "${mark.text}")`,
  }));
  return [...undeclared, ...silent];
}

/** The findings that explain a function: those on a line that it reaches. */
export function findingsOf(fn: FixtureFunction, leaks: readonly Leak[]): Leak[] {
  return leaks.filter((leak) => fn.reach.some((part) => holds(part, leak)));
}

/** Compares what a finding says of the goroutine with what the run showed: where it was started, and how a profile shows it. */
export function compareParked(fn: FixtureFunction, leaks: readonly Leak[], outcome: Outcome): Complaint[] {
  return findingsOf(fn, leaks).flatMap((leak): Complaint[] => {
    const there = outcome.runs.flat().filter((survivor) => survivor.parked?.path === leak.path && survivor.parked.line === leak.line);
    const [seen] = there;
    const { parked } = leak;
    if (seen === undefined || parked === null) return [];
    const complaints: Complaint[] = [];
    const said = parked.function.replace(/^[^.(]*\./u, '');
    if (!there.some((survivor) => survivor.function === said && survivor.waitReason === parked.waitReason)) {
      complaints.push({
        subject: fn.name,
        says: `the finding says to look for ${said} [${parked.waitReason}], the profile shows ${seen.function} [${seen.waitReason}]`,
      });
    }
    const spawns = there.flatMap(({ spawned }) => (spawned === null ? [] : [spawned]));
    if (spawns.length > 0 && !leak.steps.some((step) => spawns.some((spawn) => spawn.path === step.path && spawn.line === step.line))) {
      complaints.push({ subject: fn.name, says: `no step of the finding is the go statement that started it: ${[...new Set(spawns.map(placeText))].join(', ')}` });
    }
    return complaints;
  });
}
