/** What the person at the command line can put right: said in one sentence, without a stack. */
export class AccuracyError extends Error {
  override readonly name = 'AccuracyError';
}
