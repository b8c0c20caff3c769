import type { File, Span } from '../go/ast.ts';

/** A place in a file of the package. */
export interface Place {
  readonly file: File;
  readonly span: Span;
}
