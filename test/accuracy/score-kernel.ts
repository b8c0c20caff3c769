import type { Finding } from '../../src/finding.ts';
import type { KernelLabel } from './labels.ts';

/** What a report in a kernel is worth: `neutral` ones are true but not what is asked for. */
export type Worth = 'hit' | 'neutral' | 'false-alarm';

type Lines = Pick<KernelLabel, 'leak_lines' | 'cause_lines' | 'victim_lines' | 'also_true_lines'>;
type Reported = Pick<Finding, 'line' | 'steps'>;

/** Judges a report in the kernel as it leaks. */
export function worthInKernel(label: Lines, finding: Reported): Worth {
  const wanted = [...label.leak_lines, ...label.cause_lines];
  if ([finding.line, ...finding.steps.map((step) => step.line)].some((line) => isNear(line, wanted))) return 'hit';
  return isNear(finding.line, [...label.victim_lines, ...label.also_true_lines]) ? 'neutral' : 'false-alarm';
}

/**
 * Judges a report in the cured kernel: whatever is not on a line that was neutral before is a false alarm. `line` says where a
 * line was in the kernel that leaks; null: nowhere.
 */
export function worthInCured(label: Lines, finding: Reported, line: (line: number) => number | null): Exclude<Worth, 'hit'> {
  const there = line(finding.line);
  const neutral = [...label.victim_lines, ...label.also_true_lines].filter((one) => !label.leak_lines.includes(one));
  return there !== null && isNear(there, neutral) ? 'neutral' : 'false-alarm';
}

function isNear(line: number, lines: readonly number[]): boolean {
  return lines.some((one) => Math.abs(one - line) <= 1);
}
