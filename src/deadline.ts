/**
 * Aborts with a TimeoutError after that many milliseconds, and keeps no process alive. `AbortSignal.timeout` does not do: its timer ends
 * with the garbage collection where only `AbortSignal.any` holds it, so that a request without an answer waits for ever (nodejs/node#57736).
 */
export function deadline(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException('It took too long.', 'TimeoutError')), milliseconds).unref();
  return controller.signal;
}
