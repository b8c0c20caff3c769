import { textOf, type CommClause, type File } from '../../go/ast.ts';
import { normalised } from '../../go/normalised.ts';

/** A case as it is written, up to its colon. */
export function caseText(file: File, { comm }: CommClause): string {
  return comm === null ? 'default' : `case ${normalised(textOf(file, comm))}`;
}
