import { textOf, type CommClause, type File } from '../../go/ast.ts';
import { receivedFrom } from '../../go/cfg.ts';
import { normalised } from '../../go/normalised.ts';
import type { Home } from '../locks/callees.ts';

/** Whether a function still waits for what a case waited for, or asks the context whether it is over. */
export function stillAsks({ decl, file }: Home, clause: CommClause, from: File): boolean {
  const channel = receivedFrom(clause.comm);
  if (channel === null) return false;
  const text = normalised(textOf(from, channel));
  const code = normalised(textOf(file, decl));
  return code.includes(text) || code.includes(text.replace(/\.Done\(\)$/u, '.Err()'));
}
