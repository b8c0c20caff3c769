import { afterEach, describe, expect, test } from 'vitest';
import { finds } from './support/finds.ts';
import { aLeak, aReview } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CommentState } from './embedded-github/index.ts';
import type { Leak } from '../src/finding.ts';
import type { Review } from '../src/review.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

const contentsWrite = { metadata: 'read', contents: 'write', checks: 'write', pull_requests: 'write' } as const;

let scene: Scene;
/** What the analysis finds from now on. */
let found: readonly Leak[];
let told: Partial<Review>;
let commits = 0;

/** A pull request with a comment on each leak. */
async function reviewed(leaks: readonly Leak[], options: SceneOptions = {}): Promise<void> {
  [found, told] = [leaks, {}];
  scene = await setScene({ review: async (source, review) => ({ ...(await finds(...found)(source, review)), ...told }), ...options });
  await scene.github.openPullRequest({ title: 'Fetch with a timeout', base: 'main', head: 'feature' });
  await scene.app.idle();
  expect(comments()).toHaveLength(leaks.length);
}

/** The next push, after which these leaks are found. */
async function push(leaks: readonly Leak[], files?: Readonly<Record<string, string | null>>): Promise<void> {
  found = leaks;
  scene.repository.commit('feature', files ?? { 'fetch/more.go': `package fetch\n\n// ${(commits += 1)}\n` });
  scene.github.clearRequests();
  await scene.github.pushed(1);
  await scene.app.idle();
}

function comments(): readonly CommentState[] {
  return scene.github.pull(1).comments;
}

function summary(): string {
  return scene.github.checkRuns(scene.github.pull(1).headSha).at(-1)?.summary ?? '';
}

function first(): CommentState {
  const [comment] = comments();
  if (comment === undefined) throw new Error('There is no comment.');
  return comment;
}

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

const kept = aLeak({ line: 9, endLine: 9, fix: null, fingerprint: 'kept' });

describe('the comment on a leak that is gone', () => {
  test('is deleted where nobody replied and the thread may not be resolved', async () => {
    await reviewed([aLeak(), kept]);
    await push([kept]);
    expect(comments().map(({ body }) => body.includes('fp=kept'))).toEqual([true]);
    expect(scene.requests().filter((request) => request.startsWith('DELETE'))).toHaveLength(1);
    expect(summary()).toContain('Earlier comments whose leaks are no longer reported: 1 deleted.');
    expect(scene.github.pull(1).reviews).toHaveLength(1);
  });

  test('is in a resolved thread where the App may resolve it, and stays so', async () => {
    await reviewed([aLeak(), kept], { permissions: contentsWrite });
    await push([kept]);
    expect(comments().map(({ resolved, minimized }) => [resolved, minimized])).toEqual([[true, null], [false, null]]);
    expect(summary()).toContain('1 resolved');
    await push([kept]);
    expect(summary()).not.toContain('resolved');
    expect(scene.requests().filter((request) => request.endsWith('/graphql'))).toHaveLength(2);
  });

  test('is not said again, nor its resolved thread re-opened, when the leak is back: the check run tells of it', async () => {
    await reviewed([aLeak()], { permissions: contentsWrite, base: { '.github/goleash.yml': 'conclusion: failure\n' } });
    await push([]);
    expect(scene.github.checkRuns(scene.github.pull(1).headSha).at(-1)?.conclusion).toBe('success');
    await push([aLeak()]);
    expect(comments().map(({ resolved }) => resolved)).toEqual([true]);
    expect(scene.github.checkRuns(scene.github.pull(1).headSha).at(-1)).toMatchObject({ conclusion: 'failure', title: '1 goroutine leak introduced by this change' });
    expect(summary()).toContain('| certain | comment of an earlier review |');
  });

  test.each([
    ['', undefined],
    [', and never resolved', contentsWrite],
  ])('is edited once where a person replied%s', async (_, permissions) => {
    await reviewed([aLeak()], permissions === undefined ? {} : { permissions });
    await scene.github.replyToComment(first().id, 'octocat', 'We know.', { deliver: false });
    await push([]);
    const { headSha } = scene.github.pull(1);
    expect(first()).toMatchObject({ resolved: false, minimized: 'outdated' });
    expect(first().body).toMatch(new RegExp(`^\\*\\*No longer reported since \`${headSha.slice(0, 12)}\`\\.\\*\\*\n\n\\*\\*Case 1`));
    expect(first().body).not.toContain('```suggestion');
    expect(comments()).toHaveLength(2);
    expect(summary()).toContain('1 marked as such');
    const { body } = first();
    await push([]);
    expect(first().body).toBe(body);
    expect(scene.requests().some((request) => request.startsWith('PATCH /pulls/comments'))).toBe(false);
  });

  test('says so no more when the leak is back', async () => {
    await reviewed([aLeak()]);
    await scene.github.replyToComment(first().id, 'octocat', 'We know.', { deliver: false });
    await push([]);
    await push([aLeak()]);
    expect(first()).toMatchObject({ minimized: null, resolved: false });
    expect(first().body).toMatch(/^\*\*Case 1/);
    expect(scene.github.pull(1).reviews.filter(({ author }) => author === 'goleash[bot]')).toHaveLength(1);
  });

  test('is left alone where a person resolved it, gone or back', async () => {
    await reviewed([aLeak()], { permissions: contentsWrite });
    scene.github.resolveThread(first().id);
    const before = { ...first() };
    await push([]);
    await push([aLeak()]);
    const { line, startLine, commitId, ...now } = first();
    expect(now).toEqual({ ...before, line: undefined, startLine: undefined, commitId: undefined });
    expect([line, startLine, commitId]).toEqual([before.line, null, scene.github.pull(1).headSha]);
  });

  test('stays as it is where the code could not be judged', async () => {
    await reviewed([aLeak()]);
    told = { problems: [{ path: 'fetch/other.go', says: 'syntax error' }] };
    await push([]);
    expect(first().body).toContain('fp=f00d');
    told = {};
    await push([]);
    expect(comments()).toEqual([]);
  });

  test('goes when the change holds no Go any more', async () => {
    await reviewed([aLeak()]);
    await push([], { 'fetch/fetch.go': null, 'a.txt': 'a\n' });
    expect(comments()).toEqual([]);
    expect(summary()).toContain('1 deleted');
  });

  test('is not deleted when a person replies while the review runs', async () => {
    await reviewed([aLeak()]);
    let replied = false;
    scene.github.fail({ match: ({ path }) => path.endsWith('/files') && !replied && ((replied = true), void scene.github.replyToComment(first().id, 'octocat', 'Wait!', { deliver: false }), false), with: 'cut' });
    await push([]);
    expect(comments().map(({ author }) => author)).toEqual(['goleash[bot]', 'octocat']);
    expect(first().minimized).toBe('outdated');
  });

  test.each([
    ['refuses', { status: 403, body: { message: 'Resource not accessible by integration' } }, 1, 1, '1 earlier comment'],
    ['says that it has no such comment, and has it', { status: 404, body: { message: 'Not Found' } }, 1, 1, '1 earlier comment'],
    ['fails', { status: 500 }, 1, 0, '1 deleted'],
    ['fails for good', { status: 500 }, 1_000, 1, '1 earlier comment'],
    ['deletes it and answers 502', 'apply-then-502' as const, 1, 0, '1 deleted'],
  ])('is claimed to be gone only where GitHub says so: it %s', async (_, failure, times, left, says) => {
    await reviewed([aLeak()]);
    scene.github.fail({ match: { method: 'DELETE', path: /\/comments\// }, with: failure, times });
    await push([]);
    expect(comments()).toHaveLength(left);
    expect(scene.github.checkRuns(scene.github.pull(1).headSha)).toMatchObject([{ status: 'completed', conclusion: 'success' }]);
    expect(summary()).toContain(says);
  });
});

test('a review that was only in part forgets nothing that it did not see', async () => {
  await reviewed([aLeak()]);
  told = aReview({ leaks: [], problems: [{ path: 'fetch', says: 'its package is too large' }] });
  await push([]);
  expect(comments()).toHaveLength(1);
});
