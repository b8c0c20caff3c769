import { expect, test } from 'vitest';
import { classify, isUncertain } from '../src/github/failure.ts';
import { InterruptedError, TimedOutError } from '../src/jobs/queue.ts';

const now = 1_000_000_000;

/** As Octokit's RequestError is shaped; without an answer its status is made up. */
function answered(status: number, headers: Record<string, string> = {}, message = 'No'): Error {
  return Object.assign(new Error(message), { status, response: { status, headers, data: { message } } });
}

function query(...types: readonly string[]): Error {
  return Object.assign(new Error('Request failed'), { name: 'GraphqlResponseError', headers: {}, errors: types.map((type) => ({ type, message: type, path: ['repository', 'pullRequest'] })) });
}

test.each([
  ['a 403', answered(403, { 'x-accepted-github-permissions': 'checks=write' }), { kind: 'permission', needed: 'checks=write', says: 'No' }],
  ['a 403 with retry-after', answered(403, { 'retry-after': '7' }), { kind: 'rate-limit', until: now + 7_000 }],
  ['a 429 with retry-after', answered(429, { 'retry-after': '90' }), { kind: 'rate-limit', until: now + 90_000 }],
  ['a 429 without', answered(429), { kind: 'rate-limit', until: now + 60_000 }],
  ['a secondary limit without', answered(403, {}, 'You have exceeded a secondary rate limit'), { kind: 'rate-limit', until: now + 60_000 }],
  ['a spent quota', answered(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 30) }), { kind: 'rate-limit', until: now + 31_000 }],
  ['a quota that is not spent', answered(403, { 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1' }), { kind: 'permission', needed: null, says: 'No' }],
  ['a 404', answered(404), { kind: 'not-found' }],
  ['a 410', answered(410), { kind: 'not-found' }],
  ['a 422', answered(422, {}, 'Validation Failed'), { kind: 'refused', says: 'Validation Failed' }],
  ['a 401, which fresh tokens meet', answered(401), { kind: 'github', status: 401 }],
  ['a 502', answered(502), { kind: 'github', status: 502 }],
  ['no answer', Object.assign(new Error('socket hang up'), { status: 500 }), { kind: 'github', status: null }],
  ['a limited query', query('RATE_LIMITED'), { kind: 'rate-limit', until: now + 60_000 }],
  ['a forbidden query', query('FORBIDDEN'), { kind: 'permission', needed: 'pull_requests=read', says: 'FORBIDDEN' }],
  ['a query for what is not there', query('NOT_FOUND'), { kind: 'not-found' }],
  ['a query that failed', query('SERVICE_UNAVAILABLE'), { kind: 'github', status: 502 }],
  ['a stop', new InterruptedError(), { kind: 'interrupted' }],
  ['a time-out', new TimedOutError(5), { kind: 'timed-out', seconds: 5 }],
  ['an exception', new TypeError('x is not a function'), { kind: 'bug' }],
  ['a thrown text', 'oops', { kind: 'bug' }],
  ['null', null, { kind: 'bug' }],
])('%s', (_, error, failure) => {
  expect(classify(error, now)).toEqual(failure);
});

test.each([
  ['a 502', answered(502), true],
  ['no answer', Object.assign(new Error('cut'), { status: 500 }), true],
  ['a 403', answered(403), false],
  ['a 422', answered(422), false],
  ['an exception of ours', new Error('x'), false],
])('after %s the request may have been carried out: %s', (_, error, uncertain) => {
  expect(isUncertain(error)).toBe(uncertain);
});
