import { InterruptedError, TimedOutError } from '../jobs/queue.ts';

/** Why a review could not be done, in kinds that differ in what the author can do and whether to try again. */
export type Failure =
  | { readonly kind: 'permission'; readonly needed: string | null; readonly says: string }
  /** `until` in epoch milliseconds: no request before. */
  | { readonly kind: 'rate-limit'; readonly until: number }
  /** GitHub's own fault or the network's; `status` is null where no answer came. Trying again can help. */
  | { readonly kind: 'github'; readonly status: number | null }
  | { readonly kind: 'not-found' }
  /** GitHub refused what was sent. */
  | { readonly kind: 'refused'; readonly says: string }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'timed-out'; readonly seconds: number }
  | { readonly kind: 'bug' };

/** GitHub: without a `retry-after` a secondary limit asks for at least a minute. */
const secondaryLimitMs = 60_000;

/** Sorts what a request or the review threw. `now` is in epoch milliseconds. Never throws. */
export function classify(error: unknown, now: number): Failure {
  if (error instanceof InterruptedError) return { kind: 'interrupted' };
  if (error instanceof TimedOutError) return { kind: 'timed-out', seconds: error.seconds };
  const answer = answerOf(error);
  if (answer === null) return { kind: 'bug' };
  const limit = limitOf(answer, now);
  if (limit !== null) return { kind: 'rate-limit', until: limit };
  switch (answer.status) {
    case 403:
      return { kind: 'permission', needed: answer.needed, says: answer.message };
    case 404:
    case 410:
    case 451:
      return { kind: 'not-found' };
    case 400:
    case 422:
      return { kind: 'refused', says: answer.message };
    default:
      return { kind: 'github', status: answer.status };
  }
}

/** Whether the request may have been carried out although it failed: no answer came, or one from a gateway or a server that gave up half-way. */
export function isUncertain(error: unknown): boolean {
  const answer = answerOf(error);
  return answer !== null && (answer.status === null || answer.status >= 500);
}

interface Answer {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
  readonly errorTypes: readonly string[];
  /** The permission that GitHub names as missing, such as `pull_requests=write`. */
  readonly needed: string | null;
}

/**
 * Octokit's errors by their shape, because copies of its error class from different packages are not the same class:
 * a RequestError has `status`, and `response` if one came (else its status is made up, 500); a GraphqlResponseError has `errors` and came with a 200.
 */
function answerOf(error: unknown): Answer | null {
  if (!isObject(error)) return null;
  const response = isObject(error['response']) ? error['response'] : null;
  const data = isObject(response?.['data']) ? response['data'] : null;
  const errors = (arrayOf(error['errors']) ?? arrayOf(data?.['errors']) ?? []).filter(isObject);
  const errorTypes = errors.flatMap((one) => textOf(one['type']) ?? []);
  if (error['name'] === 'GraphqlResponseError' || (errorTypes.length > 0 && typeof error['status'] !== 'number')) {
    const message = errors.map((one) => textOf(one['message']) ?? '').join(' ');
    return { status: graphqlStatus(errorTypes), headers: headersOf(error['headers'] ?? response?.['headers']), message, errorTypes, needed: neededByQuery(errors) };
  }
  if (typeof error['status'] !== 'number') return null;
  const headers = headersOf(response?.['headers']);
  const message = textOf(data?.['message']) ?? textOf(error['message']) ?? '';
  return { status: response === null ? null : error['status'], headers, message, errorTypes, needed: headers['x-accepted-github-permissions'] ?? null };
}

/** GraphQL does not name the permission; what it would not read tells: the pull request, or else an object of git. */
function neededByQuery(errors: readonly Readonly<Record<string, unknown>>[]): string | null {
  const paths = errors.filter((one) => one['type'] === 'FORBIDDEN').map((one) => arrayOf(one['path']) ?? []);
  if (paths.length === 0) return null;
  return paths.some((path) => path.includes('pullRequest')) ? 'pull_requests=read' : 'contents=read';
}

/** GraphQL answers 200 with errors of a type; REST's status for the same. */
function graphqlStatus(types: readonly string[]): number {
  if (types.includes('NOT_FOUND')) return 404;
  return types.includes('FORBIDDEN') ? 403 : 502;
}

function limitOf({ status, headers, message, errorTypes }: Answer, now: number): number | null {
  const limited = status === 403 || status === 429 || errorTypes.includes('RATE_LIMITED');
  if (!limited) return null;
  const after = Number(headers['retry-after']);
  if (headers['retry-after'] !== undefined && Number.isFinite(after)) return now + after * 1000;
  const reset = Number(headers['x-ratelimit-reset']);
  // One second more: the limit is lifted after the second that is named.
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)) return Math.max(now, reset * 1000) + 1000;
  const secondary = status === 429 || errorTypes.includes('RATE_LIMITED') || /secondary rate limit|abuse detection/i.test(message);
  return secondary ? now + secondaryLimitMs : null;
}

function headersOf(value: unknown): Readonly<Record<string, string>> {
  if (!isObject(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([name, content]) => (typeof content === 'string' || typeof content === 'number' ? [[name.toLowerCase(), String(content)]] : [])));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function arrayOf(value: unknown): readonly unknown[] | null {
  return Array.isArray(value) ? (value as readonly unknown[]) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
