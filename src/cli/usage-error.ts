import { ExplainedError } from '../explained-error.ts';

/** The command line was not understood. */
export class UsageError extends ExplainedError {
  override readonly name = 'UsageError';
}
