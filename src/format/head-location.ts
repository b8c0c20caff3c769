import type { Finding } from '../finding.ts';

export interface HeadLocation {
  readonly path: string;
  readonly line: number;
  readonly endLine: number;
}

/**
 * Where a finding is shown by formats that know head alone. A finding on a removed line has no place there; its last other step,
 * the operation that then waits for ever, has.
 */
export function headLocation(finding: Finding): HeadLocation {
  if (finding.side === 'RIGHT') return { path: finding.path, line: finding.line, endLine: finding.endLine };
  const step = finding.steps.findLast((it) => it.path !== finding.path || it.line !== finding.line);
  return step === undefined ? { path: finding.path, line: 1, endLine: 1 } : { path: step.path, line: step.line, endLine: step.line };
}
