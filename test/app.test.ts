import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import { finds } from './support/finds.ts';
import { aLeak, aReview, leakingProgram } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import { testSecret } from './support/app-under-test.ts';
import type { Fault } from './embedded-github/index.ts';
import type { Leak } from '../src/finding.ts';
import type { ReviewOf } from './support/finds.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

let scene: Scene;

/** A scene whose every request must be one that GitHub knows, and right by its description. */
async function set(options: SceneOptions = {}): Promise<Scene> {
  scene = await setScene({ review: finds(aLeak()), ...options });
  return scene;
}

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

/** As many certain leaks on different lines of the program. */
function leaksAt(...lines: readonly number[]): readonly Leak[] {
  return lines.map((line) => aLeak({ line, endLine: line, fix: null, fingerprint: `fp${line}` }));
}

async function opened(options: { readonly draft?: boolean; readonly base?: string } = {}): Promise<void> {
  await scene.github.openPullRequest({ title: 'Fetch with a timeout', base: 'main', head: 'feature', ...options });
  await scene.app.idle();
}

function fail(method: string, path: RegExp, failure: Fault['with'], times = 1): void {
  scene.github.fail({ match: { method, path }, with: failure, times });
}

const secondaryLimit: Fault['with'] = { status: 403, headers: { 'retry-after': '1' }, body: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' } };

describe('a pull request with a leak', () => {
  test('gets one review with the comment, and a completed check run, in at most 7 requests', async () => {
    await set();
    await opened();
    expect(scene.github.deliveries.map(({ statusCode, event, action }) => [event, action, statusCode])).toEqual([['pull_request', 'opened', 202]]);
    expect(scene.requests()).toEqual(['POST /graphql', 'GET /pulls/1/files', 'POST /check-runs', 'POST /graphql', 'POST /pulls/1/reviews', `PATCH /check-runs/${scene.github.checkRuns()[0]?.id ?? ''}`]);

    const pull = scene.github.pull(1);
    expect(pull.reviews).toMatchObject([{ author: 'goleash[bot]', state: 'COMMENTED', commitId: pull.headSha, body: '' }]);
    expect(pull.comments).toMatchObject([{ path: 'fetch/fetch.go', side: 'RIGHT', line: 6, startLine: null }]);
    expect(pull.comments[0]?.body).toContain('```suggestion\n\tch := make(chan int, 1)\n```');
    expect(pull.comments[0]?.body).toContain(`](${scene.github.url}/acme/service/blob/${pull.headSha}/fetch/fetch.go#L8)`);
    expect(pull.comments[0]?.body.endsWith(`<!-- goleash:v1 fp=f00d sha=${pull.headSha} rule=abandoned-send -->`)).toBe(true);

    const [run, ...others] = scene.github.checkRuns();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ name: 'goleash', headSha: pull.headSha, externalId: '1', status: 'completed', conclusion: 'neutral', detailsUrl: null, title: '1 goroutine leak introduced by this change', annotations: [] });
    expect(run?.summary).toContain('| Case 1 · abandoned send | `Fetch` | [`fetch/fetch.go:7`](');
    expect(run?.summary).toContain('6 requests to GitHub.');
  });

  test('is looked at once more before the review is posted, where the last look is too long ago', async () => {
    await set({ pace: { headTrustedForMs: 0 } });
    await opened();
    expect(scene.requests().slice(3, 6)).toEqual(['POST /graphql', 'POST /graphql', 'POST /pulls/1/reviews']);
    expect(scene.requests()).toHaveLength(7);
  });

  test('takes no request more where the rest of the package is read', async () => {
    await set({
      base: { 'fetch/slow.go': 'package fetch\n' },
      review: async (source) => {
        const review = await finds(aLeak())(source, { language: 'en' });
        expect((await source.texts('head', ['fetch/slow.go'])).get('fetch/slow.go')).toEqual({ kind: 'text', text: 'package fetch\n' });
        return review;
      },
    });
    await opened();
    expect(scene.requests()).toHaveLength(6);
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('without leaks gets a green check run and no word more', async () => {
    await set({ review: finds() });
    await opened();
    expect(scene.github.pull(1).reviews).toEqual([]);
    expect(scene.github.checkRuns()).toMatchObject([{ conclusion: 'success', title: 'No goroutine leak found in 1 Go file' }]);
  });

  test('gets no comment twice: not on redelivery, not on a re-run, not on the next push', async () => {
    await set();
    await opened();
    const [first] = scene.github.deliveries;
    await scene.github.deliver('pull_request', first?.payload ?? {}, { guid: first?.guid ?? '' });
    await scene.app.idle();
    await scene.github.rerequestCheckRun(scene.github.checkRuns()[0]?.id ?? 0);
    await scene.app.idle();
    scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
    await scene.github.pushed(1);
    await scene.app.idle();
    expect(scene.github.pull(1).reviews).toHaveLength(1);
    expect(scene.github.checkRuns().map(({ headSha, status, conclusion }) => [headSha === scene.github.pull(1).headSha, status, conclusion])).toEqual([
      [false, 'completed', 'neutral'],
      [false, 'completed', 'neutral'],
      [false, 'completed', 'neutral'],
      [true, 'completed', 'neutral'],
    ]);
    expect(scene.github.checkRuns().at(-1)?.summary).toContain('comment of an earlier review');
  });

  test('has its 120 likely leaks in the check run, its annotations appended 50 at a time', async () => {
    const leaks = Array.from({ length: 120 }, (_, index) => aLeak({ confidence: 'likely', fix: null, fingerprint: `fp${index}` }));
    await set({ review: finds(...leaks) });
    await opened();
    const [run] = scene.github.checkRuns();
    expect(run?.annotations).toHaveLength(120);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', title: '120 likely leaks introduced by this change' });
    expect(run?.annotations[0]).toMatchObject({ path: 'fetch/fetch.go', start_line: 7, annotation_level: 'notice', title: 'Case 1 · abandoned send' });
    expect(run?.text?.length).toBeLessThanOrEqual(65_535);
    expect(scene.github.pull(1).reviews).toEqual([]);
    expect(scene.requests().filter((request) => request.startsWith('PATCH'))).toHaveLength(3);
  });

  test.each([
    ['', 12, 10, 'Goleash has 2 more findings in the check run.'],
    ['max-comments: 30\n', 31, 30, 'Goleash has 1 more finding in the check run.'],
    ['max-comments: 31\nlanguage: zh-CN\n', 11, 10, 'Goleash 另有 1 处发现，见 check run。'],
  ])('has no more comments than %j allows, in one review, and the rest in the check run', async (config, found, comments, body) => {
    const text = `package fetch\n${'\n'.repeat(50)}`;
    const leaks = Array.from({ length: found }, (_, index) => aLeak({ line: index + 3, endLine: index + 3, fix: null, fingerprint: `fp${index}` }));
    await set({ feature: { 'fetch/fetch.go': text }, review: finds(...leaks), base: { '.github/goleash.yml': config } });
    await opened();
    const pull = scene.github.pull(1);
    expect(pull.reviews.map((review) => review.body)).toEqual([body]);
    expect(pull.comments.map(({ line }) => line)).toEqual(leaks.slice(0, comments).map(({ line }) => line));
    expect(scene.github.checkRuns().at(-1)?.annotations).toHaveLength(found - comments);
  });

  test('from a fork is read from the base repository', async () => {
    await set();
    scene.repository.git('update-ref', 'refs/forks/alice/patch', scene.repository.git('rev-parse', 'feature'));
    await scene.github.openPullRequest({ title: 'From a fork', base: 'main', head: 'patch', fork: 'alice' });
    await scene.app.idle();
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('says what was skipped, what could not be analysed, and what was there before', async () => {
    await set({ review: () => Promise.resolve(aReview({ existing: 2, skipped: [{ path: 'vendor/x.go', says: 'vendored' }], problems: [{ path: 'fetch/@a.go', says: 'syntax error at #1' }] })) });
    await opened();
    const [run] = scene.github.checkRuns();
    expect(run).toMatchObject({ conclusion: 'neutral', title: 'No goroutine leak found, but 1 file was not analysed in full' });
    expect(run?.summary).toContain('### Not analysed, or only in part: 1 file\n\n- `fetch/@a.go`: syntax error at #\u200B1');
    expect(run?.summary).toContain('2 leaks in the same packages were there before');
    expect(run?.text).toContain('### Skipped on purpose: 1 file\n\n- `vendor/x.go`: vendored');
  });
});

test('a change without Go gets a check run that says so, in at most 3 requests', async () => {
  await set({ feature: { 'README.md': '# Changed\n', 'docs/a.md': 'a\n' } });
  await opened();
  expect(scene.requests()).toEqual(['POST /graphql', 'GET /pulls/1/files', 'POST /check-runs']);
  expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'success', title: 'No Go code in this change', externalId: '1' }]);
});

test('all pages of files are read', async () => {
  const files = Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`p/f${String(index).padStart(3, '0')}.go`, 'package p\n']));
  let seen = 0;
  await set({
    feature: files,
    review: async (source) => {
      const changes = await source.diff();
      const texts = await source.texts('head', changes.map(({ path }) => path));
      seen = [...texts.values()].filter((text) => text.kind === 'text').length;
      return aReview({ goFiles: changes.length });
    },
  });
  await opened();
  expect(seen).toBe(230);
  expect(scene.requests().filter((request) => request.endsWith('/files'))).toHaveLength(3);
  expect(scene.requests()).toHaveLength(1 + 3 + 1 + 3 + 1);
});

describe('the configuration', () => {
  test('is read from the base branch, without a request of its own, and obeyed', async () => {
    await set({
      base: { '.github/goleash.yml': 'conclusion: failure\nlanguage: zh-CN\nmax-comments: 1\n' },
      feature: { 'fetch/fetch.go': leakingProgram, '.github/goleash.yml': 'conclusion: success\n' },
      review: finds(...leaksAt(7, 8)),
    });
    await opened();
    expect(scene.requests()).toHaveLength(6);
    expect(scene.github.pull(1).comments).toHaveLength(1);
    expect(scene.github.pull(1).comments[0]?.body).toContain('如何确认');
    expect(scene.github.checkRuns()).toMatchObject([{ conclusion: 'failure', title: '此变更引入了 2 处 goroutine 泄露', annotations: [{ annotation_level: 'warning', start_line: 8 }] }]);
  });

  test('of a base branch that is not the default one is found too, whatever the event', async () => {
    await set();
    scene.repository.commit('release', { '.github/goleash.yml': 'conclusion: failure\n' });
    await opened({ base: 'release' });
    await scene.github.rerequestCheckSuite(scene.github.pull(1).headSha);
    await scene.app.idle();
    expect(scene.github.checkRuns().map(({ conclusion }) => conclusion)).toEqual(['failure', 'failure']);
  });

  test('that is wrong is told with line numbers, and defaults are used', async () => {
    await set({ base: { '.github/goleash.yml': 'conclusion: red\nmax_comments: 3\n' } });
    await opened();
    const [run] = scene.github.checkRuns();
    expect(run?.conclusion).toBe('neutral');
    expect(run?.summary).toContain('- `.github/goleash.yml:1`: `conclusion` must be `neutral | failure | success`; its default is used.\n- `.github/goleash.yml:2`: `max_comments` is not a known key; it is ignored.');
  });

  test('decides on drafts: they are reviewed unless it says otherwise', async () => {
    await set();
    await opened({ draft: true });
    expect(scene.github.pull(1).comments).toHaveLength(1);
    scene.repository.commit('main', { '.github/goleash.yml': 'drafts: false\n' });
    scene.repository.commit('feature', { 'b.go': 'package b\n' });
    scene.github.clearRequests();
    await scene.github.pushed(1);
    await scene.app.idle();
    expect(scene.requests()).toEqual(['POST /graphql', 'POST /check-runs']);
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ conclusion: 'neutral', title: 'Draft: not reviewed' });
    await scene.github.readyForReview(1);
    await scene.app.idle();
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ title: '1 goroutine leak introduced by this change' });
  });
});

describe('a head that moves during the review', () => {
  /** Pushes once, when the first review is on its way. */
  function pushesOnce(deliver: boolean): ReviewOf {
    let pushed = false;
    return async (source, options) => {
      const review = await finds(aLeak())(source, options);
      if (!pushed) {
        pushed = true;
        scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
        await scene.github.pushed(1, { deliver });
      }
      return review;
    };
  }

  test.each([
    ['told by its webhook', true, 2_000],
    ['whose webhook is lost', false, 0],
  ])('%s: the old review is dropped, the new head is reviewed', async (_, deliver, headTrustedForMs) => {
    await set({ review: pushesOnce(deliver), pace: { headTrustedForMs } });
    await opened();
    const pull = scene.github.pull(1);
    expect(pull.reviews.map(({ commitId }) => commitId)).toEqual([pull.headSha]);
    expect(scene.github.checkRuns().map(({ headSha, status, conclusion, title }) => [headSha === pull.headSha, status, conclusion, title])).toEqual([
      [false, 'completed', 'cancelled', 'Superseded by a newer push'],
      [true, 'completed', 'neutral', '1 goroutine leak introduced by this change'],
    ]);
  });

  test('unseen, after the last look, is told by the refusal', async () => {
    await set({ review: pushesOnce(false), pace: { headTrustedForMs: 60_000 } });
    await opened();
    const pull = scene.github.pull(1);
    expect(pull.reviews.map(({ commitId }) => commitId)).toEqual([pull.headSha]);
    expect(scene.github.checkRuns().map(({ conclusion }) => conclusion)).toEqual(['cancelled', 'neutral']);
  });
});

describe('creates are never blindly repeated', () => {
  test('a review that GitHub made and answered with 502 is posted once', async () => {
    await set();
    fail('POST', /\/reviews$/, 'apply-then-502');
    await opened();
    expect(scene.github.pull(1).reviews).toHaveLength(1);
    expect(scene.requests().filter((request) => request.endsWith('/reviews'))).toHaveLength(1);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', title: '1 goroutine leak introduced by this change' }]);
  });

  test.each([
    ['a 502', { status: 502 }],
    ['a cut connection', 'cut' as const],
    ['no answer in time', { delayMs: 1_500 }],
  ])('a review that meets %s is looked for before another attempt', async (_, failure) => {
    await set({ pace: { requestTimeoutMs: 1_000 } });
    fail('POST', /\/reviews$/, failure);
    await opened();
    expect(scene.github.pull(1).comments).toHaveLength(1);
    expect(scene.github.checkRuns().every(({ status }) => status === 'completed')).toBe(true);
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ title: '1 goroutine leak introduced by this change' });
  });

  test('a check run that GitHub made and answered with 502 is taken over', async () => {
    await set();
    fail('POST', /\/check-runs$/, 'apply-then-502');
    await opened();
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'neutral' }]);
  });

  test('annotations that GitHub took and answered with 502 are not appended again', async () => {
    await set({ review: finds(...Array.from({ length: 60 }, (_, index) => aLeak({ confidence: 'likely', fingerprint: `fp${index}` }))) });
    fail('PATCH', /\/check-runs\//, 'apply-then-502');
    await opened();
    expect(scene.github.checkRuns()[0]?.annotations).toHaveLength(60);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed' }]);
  });
});

describe('limits are obeyed', () => {
  test.each([
    ['a 403 with retry-after on the review', 'POST', /\/reviews$/, secondaryLimit],
    ['a 429 with retry-after on the files', 'GET', /\/files$/, { status: 429, headers: { 'retry-after': '1' }, body: { message: 'Too many requests' } }],
    ['a 403 with retry-after on the query of texts', 'POST', /\/graphql$/, secondaryLimit],
    ['a 403 with retry-after on the last words', 'PATCH', /\/check-runs\//, secondaryLimit],
    ['a spent quota', 'GET', /\/files$/, { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000)) }, body: { message: 'API rate limit exceeded' } }],
  ] as const)('%s: no request before its time, then all is done once', async (_, method, path, failure) => {
    await set();
    fail(method, path, failure);
    await opened();
    const times = scene.github.requests.map(({ at, status }) => ({ at, status }));
    const limited = times.findIndex(({ status }) => status === 403 || status === 429);
    expect(limited).toBeGreaterThan(0);
    expect((times[limited + 1]?.at ?? 0) - (times[limited]?.at ?? 0)).toBeGreaterThanOrEqual(950);
    expect(times.filter(({ status }) => status >= 400)).toHaveLength(1);
    expect(scene.github.pull(1).comments).toHaveLength(1);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', title: '1 goroutine leak introduced by this change' }]);
  });
});

describe("with Octokit's throttling as in production", () => {
  test('a limit is still answered by one request and a wait', async () => {
    await set({ pace: { throttle: true } });
    fail('GET', /\/files$/, { status: 429, headers: { 'retry-after': '2' }, body: { message: 'You have exceeded a secondary rate limit.' } });
    await opened();
    const limited = scene.github.requests.findIndex(({ status }) => status === 429);
    const [at, next] = [scene.github.requests[limited]?.at ?? 0, scene.github.requests[limited + 1]?.at ?? 0];
    expect(next - at).toBeGreaterThanOrEqual(1_950);
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('a review is not sent again on a 502, and a cut query is', async () => {
    await set({ pace: { throttle: true } });
    fail('POST', /\/graphql$/, 'cut');
    fail('POST', /\/reviews$/, 'apply-then-502');
    await opened();
    expect(scene.requests().filter((request) => request.endsWith('/reviews'))).toHaveLength(1);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', title: '1 goroutine leak introduced by this change' }]);
  });
});

describe('a review that GitHub refuses', () => {
  test('for one comment it does not name is posted in halves', async () => {
    await set({ review: finds(...leaksAt(7, 8, 9)) });
    fail('POST', /\/reviews$/, { status: 422, body: { message: 'Unprocessable Entity', errors: ['Line could not be resolved'] } }, 2);
    await opened();
    expect(scene.github.pull(1).comments.map(({ line }) => line)).toEqual([9]);
    const [run] = scene.github.checkRuns();
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', title: '3 goroutine leaks introduced by this change' });
    expect(run?.annotations.map(({ start_line: line }) => line)).toEqual([7, 8]);
    expect(scene.requests().filter((request) => request.endsWith('/reviews'))).toHaveLength(3);
  });

  test.each([
    ['whatever is left out', false],
    ['because the conversation is locked', true],
  ])('%s leaves the check run', async (_, locked) => {
    await set();
    await scene.github.openPullRequest({ title: 'Refused', base: 'main', head: 'feature', deliver: false });
    if (locked) await scene.github.lock(1, { deliver: false });
    else fail('POST', /\/reviews$/, { status: 422, body: { message: 'Unprocessable Entity' } }, 100);
    await scene.github.rerequestCheckSuite(scene.github.pull(1).headSha);
    await scene.app.idle();
    const [run] = scene.github.checkRuns();
    expect(scene.github.pull(1).comments).toEqual([]);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', annotations: [{ start_line: 7, annotation_level: 'warning' }] });
    expect(run?.summary).toContain('GitHub did not take some inline comments');
    expect(run?.text).toContain('```diff\n@@ fetch/fetch.go:6 @@\n-\tch := make(chan int)\n+\tch := make(chan int, 1)\n```');
  });
});

describe('whatever fails, the check run is completed, and never red', () => {
  const stages = [
    ['the first query', 'POST', /\/graphql$/],
    ['the files', 'GET', /\/files$/],
    ['the check run', 'POST', /\/check-runs$/],
    ['the review', 'POST', /\/reviews$/],
    ['the last words', 'PATCH', /\/check-runs\//],
  ] as const;
  const failures = [
    ['500', { status: 500 }],
    ['502', { status: 502 }],
    ['404', { status: 404, body: { message: 'Not Found' } }],
    ['a cut connection', 'cut'],
  ] as const;
  const once = stages.flatMap(([stage, method, path]) => failures.map(([name, failure]) => [stage, name, method, path, failure] as const));

  test.each(once)('%s meets %s once', async (_stage, _name, method, path, failure) => {
    await set();
    fail(method, path, failure);
    await opened();
    const runs = scene.github.checkRuns();
    expect(runs.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(runs.filter(({ conclusion }) => conclusion === 'failure')).toEqual([]);
    expect(scene.github.pull(1).comments.length).toBeLessThanOrEqual(1);
    const isLost = JSON.stringify(failure).includes('404');
    if (!isLost) expect(runs.at(-1)).toMatchObject({ title: '1 goroutine leak introduced by this change' });
  });

  test.each([
    ['the query', 'POST', /\/graphql$/, { status: 502 }, 'Not reviewed: GitHub answered 502'],
    ['the files', 'GET', /\/files$/, { status: 500 }, 'Not reviewed: GitHub answered 500'],
    ['the files, without an answer', 'GET', /\/files$/, 'cut', 'Not reviewed: GitHub did not answer'],
    ['the review', 'POST', /\/reviews$/, { status: 503 }, 'Not reviewed: GitHub answered 503'],
  ] as const)('%s fails for good: says so', async (_, method, path, failure, title) => {
    await set();
    fail(method, path, failure, 1_000);
    await opened();
    const [run, ...others] = scene.github.checkRuns();
    expect(others).toEqual([]);
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', title });
    expect(run?.summary).toContain('Press *Re-run* to try again.');
    expect(run?.summary).not.toContain('tried again at');
    const said = scene.github.requests.filter(({ path: at }) => at.includes('/check-runs')).map(({ body }) => JSON.stringify(body));
    expect(said.filter((body) => body.includes('It is tried again at'))).toHaveLength(2);
  });

  test('a missing permission is named', async () => {
    await set({ review: finds(), permissions: { metadata: 'read', checks: 'write', pull_requests: 'read' } });
    await opened();
    const [run] = scene.github.checkRuns();
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: Goleash lacks a permission' });
    expect(run?.summary).toContain('it says `Resource not accessible by integration`. The missing permission is `contents=read`.');
  });

  test('without the permission for check runs nothing breaks', async () => {
    await set({ permissions: { metadata: 'read', contents: 'read', pull_requests: 'write' } });
    await opened();
    expect(scene.github.checkRuns()).toEqual([]);
    expect((await fetch(`${scene.app.url}/healthz`)).status).toBe(200);
  });

  test('a token that GitHub does not take any more is replaced', async () => {
    await set();
    await opened();
    scene.github.expireTokens();
    scene.repository.commit('feature', { 'b.go': 'package b\n' });
    await scene.github.pushed(1);
    await scene.app.idle();
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ headSha: scene.github.pull(1).headSha, status: 'completed', title: '1 goroutine leak introduced by this change' });
    expect(scene.github.requests.filter(({ path }) => path.endsWith('/access_tokens'))).toHaveLength(2);
  });

  test('a suspended installation is left alone', async () => {
    await set();
    await scene.github.suspend();
    await opened();
    expect(scene.requests()).toEqual([]);
    expect(scene.github.checkRuns()).toEqual([]);
    expect((await fetch(`${scene.app.url}/healthz`)).status).toBe(200);
  });

  test('a fault of the analysis is ours, and its message is for the log', async () => {
    await set({ review: () => Promise.reject(new Error('secret detail @octocat')) });
    await opened();
    const [run] = scene.github.checkRuns();
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: Goleash failed' });
    expect(run?.summary).toContain(scene.github.deliveries[0]?.guid);
    expect(JSON.stringify(run)).not.toContain('secret detail');
  });

  test('an analysis that does not end is given up', async () => {
    await set({ review: () => new Promise(() => undefined), jobTimeoutMs: 300 });
    await opened();
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: it took too long' }]);
  });

  test('a closed pull request costs one request', async () => {
    await set();
    await scene.github.openPullRequest({ title: 'Closed', base: 'main', head: 'feature', deliver: false });
    const delivered = await scene.github.reopen(1);
    await scene.github.closePullRequest(1, { deliver: false });
    await scene.app.idle();
    scene.github.clearRequests();
    await scene.github.deliver('pull_request', delivered?.payload ?? {});
    await scene.app.idle();
    expect(scene.requests()).toEqual(['POST /graphql']);
  });
});

describe('a drain', () => {
  /** A review that ends when it is let go. */
  function held(): { readonly review: ReviewOf; readonly started: Promise<void>; readonly letGo: () => void } {
    let start = (): void => undefined;
    let letGo = (): void => undefined;
    const started = new Promise<void>((resolve) => (start = resolve));
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    return { started, letGo: () => letGo(), review: async (source, options) => { start(); await gate; return finds(aLeak())(source, options); } };
  }

  test('finishes what runs, refuses what comes, and tells who asks for the health', async () => {
    const { review, started, letGo } = held();
    await set({ review });
    expect(await (await fetch(`${scene.app.url}/healthz`)).json()).toEqual({ status: 'ok', queue: { running: 0, waiting: 0, delayed: 0 } });
    await scene.github.openPullRequest({ title: 'Slow', base: 'main', head: 'feature' });
    await started;
    const hook = scene.github.webhookUrl;
    const closed = scene.app.close(10_000);
    scene.github.webhookUrl = hook;
    const health = await fetch(`${scene.app.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([503, { status: 'draining', queue: { running: 1, waiting: 0, delayed: 0 } }]);
    expect((await scene.github.deliver('pull_request', scene.github.deliveries[0]?.payload ?? {})).statusCode).toBe(503);
    letGo();
    await closed;
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', title: '1 goroutine leak introduced by this change' }]);
    await expect(fetch(`${scene.app.url}/healthz`)).rejects.toThrow();
  });

  test('leaves no check run in progress when the grace is over', async () => {
    const { review, started } = held();
    await set({ review });
    await scene.github.openPullRequest({ title: 'Endless', base: 'main', head: 'feature' });
    await started;
    await scene.app.close(100);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: Goleash was restarted' }]);
  });

  test('closes the check run of a job that GitHub has put off', async () => {
    await set();
    fail('POST', /\/reviews$/, { ...secondaryLimit, headers: { 'retry-after': '60' } });
    await scene.github.openPullRequest({ title: 'Limited', base: 'main', head: 'feature' });
    while (scene.github.requests.every(({ path }) => !path.endsWith('/reviews'))) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'in_progress' }]);
    await scene.app.close(1_000);
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: Goleash was restarted' }]);
  });
});

describe('webhooks', () => {
  async function post(body: string, headers: Record<string, string>): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${scene.app.url}/api/github/webhooks`, { method: 'POST', body, headers: { 'content-type': 'application/json', 'x-github-event': 'pull_request', 'x-github-delivery': 'd', ...headers } });
    return { status: response.status, text: await response.text() };
  }
  const sign = (body: string, secret = testSecret): Record<string, string> => ({ 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` });

  test('with a wrong signature get 401 and no work', async () => {
    await set();
    await scene.github.openPullRequest({ title: 'Forged', base: 'main', head: 'feature', deliver: false });
    const payload = (await scene.github.reopen(1))?.payload ?? {};
    await scene.app.idle();
    scene.github.clearRequests();
    expect((await scene.github.deliver('pull_request', payload, { badSignature: true })).statusCode).toBe(401);
    const body = JSON.stringify(payload);
    const wrong: readonly Record<string, string>[] = [{}, sign(body, 'development'), { 'x-hub-signature-256': 'sha256=' }, { 'x-hub-signature-256': `sha1=${'0'.repeat(40)}` }, sign(`${body} `)];
    for (const headers of wrong) expect((await post(body, headers)).status).toBe(401);
    await scene.app.idle();
    expect(scene.github.requests).toEqual([]);
  });

  test.each([
    ['no JSON', 'pull_request=1', 400],
    ['no object', '"x"', 400],
    ['null', 'null', 400],
    ['more than 25 MB', `{"x":"${'x'.repeat(25 * 1024 * 1024)}"}`, 413],
  ])('with %s are refused', async (_, body, status) => {
    await set();
    expect((await post(body, sign(body))).status).toBe(status);
  });

  test('answer nothing of an error', async () => {
    await set();
    const body = JSON.stringify({ action: 'opened', installation: { id: 1 } });
    const { status, text } = await post(body, sign(body));
    expect(status).toBe(500);
    expect(text).toBe('The delivery could not be accepted; its id is in the log.\n');
  });

  test('are taken at the root too, where the manifest of the setup page may point; pages are not', async () => {
    await set();
    scene.github.webhookUrl = `${scene.app.url}/`;
    await opened();
    expect(scene.github.pull(1).comments).toHaveLength(1);
    expect((await fetch(`${scene.app.url}/`)).status).toBe(404);
    expect((await fetch(`${scene.app.url}/api/github/webhooks`)).status).toBe(404);
  });

  interface Example {
    readonly name: string;
    readonly examples: readonly (object & { readonly action?: string })[];
  }
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Example[];

  test.each(['pull_request', 'pull_request_review_comment', 'check_run', 'check_suite', 'installation', 'ping', 'push'])('every example of %s is taken without a crash', async (name) => {
    await set({ pace: { backoffMs: [] } });
    const payloads = examples.find((example) => example.name === name)?.examples ?? [];
    expect(payloads.length).toBeGreaterThan(0);
    for (const payload of payloads) {
      const { statusCode } = await scene.github.deliver(name, payload);
      // A re-run whose pull request only GitHub knows is asked for, and this GitHub knows no such installation: the delivery fails, to be delivered again.
      const asks = name === 'check_run' && payload.action === 'rerequested';
      expect([asks ? [202, 500] : [202], statusCode]).toEqual([expect.arrayContaining([statusCode]), statusCode]);
    }
    await scene.app.idle();
    expect((await fetch(`${scene.app.url}/healthz`)).status).toBe(200);
  });
});

describe('a re-run', () => {
  test('of the check run of a fork is known by its external id', async () => {
    await set();
    scene.repository.git('update-ref', 'refs/forks/alice/patch', scene.repository.git('rev-parse', 'feature'));
    await scene.github.openPullRequest({ title: 'From a fork', base: 'main', head: 'patch', fork: 'alice' });
    await scene.app.idle();
    scene.github.clearRequests();
    await scene.github.rerequestCheckRun(scene.github.checkRuns()[0]?.id ?? 0);
    await scene.app.idle();
    expect(scene.github.checkRuns()).toHaveLength(2);
    expect(scene.requests()[0]).toBe('POST /graphql');
  });

  test('of the check suite of a fork asks which pull requests the commit is in', async () => {
    await set();
    scene.repository.git('update-ref', 'refs/forks/alice/patch', scene.repository.git('rev-parse', 'feature'));
    await scene.github.openPullRequest({ title: 'From a fork', base: 'main', head: 'patch', fork: 'alice', deliver: false });
    await scene.github.rerequestCheckSuite(scene.github.pull(1).headSha);
    await scene.app.idle();
    expect(scene.requests()[0]).toMatch(/^GET \/commits\/[0-9a-f]+\/pulls$/);
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });
});
