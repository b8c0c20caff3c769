import type { Finding } from '../../src/finding.ts';
import type { LeakLabel } from './labels.ts';

/** How a finding met a label: it stands at the leak itself, leads to it in its witness, or stands where a comment is as right. */
export type Met = 'at the leak' | 'by a step' | 'at the start' | 'beside it';

/** Whether a finding is about the labelled leak. `line` says where a line of the finding is in the text that was labelled; null: nowhere. */
export function meets(label: LeakLabel, finding: Finding, line: (path: string, line: number) => number | null = (_, same) => same): Met | null {
  const at = (path: string, number: number, wanted: number): boolean => {
    const there = path === label.path ? line(path, number) : null;
    return there !== null && Math.abs(there - wanted) <= 1;
  };
  // The number of a removed line belongs to the other text.
  const own = (wanted: number): boolean => finding.side === 'RIGHT' && at(finding.path, finding.line, wanted);
  if (own(label.leak_line)) return 'at the leak';
  if (finding.steps.some((step) => at(step.path, step.line, label.leak_line))) return 'by a step';
  if (label.spawn_line !== null && own(label.spawn_line)) return 'at the start';
  return label.also_lines.some(own) ? 'beside it' : null;
}
