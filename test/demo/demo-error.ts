/** Why the demo cannot go on: one sentence for whoever started it. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
