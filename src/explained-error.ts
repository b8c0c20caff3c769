import type { Text } from './words.ts';

/** A failure whose cause is the user's to know: what is wrong, and what to do about it, in their language. */
export class ExplainedError extends Error {
  override readonly name: string = 'ExplainedError';
  readonly says: Text;

  constructor(says: Text) {
    super(says.en);
    this.says = says;
  }
}
