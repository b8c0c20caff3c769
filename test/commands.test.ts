import { afterEach, describe, expect, test } from 'vitest';
import { finds } from './support/finds.ts';
import { aLeak } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CheckRunState, CommentState } from './embedded-github/index.ts';
import type { Leak } from '../src/finding.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

let scene: Scene;
let found: readonly Leak[];

/** A pull request by octocat, who may not write, with a comment on a leak, which fails its check. */
async function commented(options: SceneOptions = {}): Promise<void> {
  found = [aLeak()];
  scene = await setScene({ review: (source, review) => finds(...found)(source, review), base: { '.github/goleash.yml': 'conclusion: failure\n' }, roles: { maintainer: 'write', chief: 'admin' }, ...options });
  await scene.github.openPullRequest({ title: 'Fetch with a timeout', base: 'main', head: 'feature' });
  await scene.app.idle();
  scene.github.clearRequests();
}

async function say(author: string, body: string): Promise<void> {
  const [comment] = comments();
  await scene.github.replyToComment(comment?.id ?? 0, author, body);
  await scene.app.idle();
}

function comments(): readonly CommentState[] {
  return scene.github.pull(1).comments;
}

/** What the App replied, without its markers. */
function replies(): readonly string[] {
  return comments().filter(({ author, inReplyTo }) => author === 'goleash[bot]' && inReplyTo !== null).map(({ body }) => body.replace(/\n\n<!--.*-->$/, ''));
}

function check(): CheckRunState | undefined {
  return scene.github.checkRuns(scene.github.pull(1).headSha).at(-1);
}

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

describe('/goleash ignore', () => {
  test('by someone who may write is remembered in the thread, and the conclusion follows at once', async () => {
    await commented();
    expect(check()?.conclusion).toBe('failure');
    await say('maintainer', '/goleash ignore it ends with the process');
    expect(replies()).toEqual(["Ignored, as `maintainer` asked: from now on this finding does not count in this pull request's check runs. Delete this reply to take that back."]);
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'success', title: 'No goroutine leak left; 1 finding was dismissed', annotations: [] });
    expect(check()?.summary).toContain('ignored in its thread');

    scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
    await scene.github.pushed(1);
    await scene.app.idle();
    expect(check()).toMatchObject({ conclusion: 'success', title: 'No goroutine leak left; 1 finding was dismissed' });
    expect(comments()).toHaveLength(3);
  });

  test('delivered twice is answered once', async () => {
    await commented();
    await say('maintainer', '/goleash ignore');
    const delivery = scene.github.deliveries.at(-1);
    await scene.github.deliver('pull_request_review_comment', delivery?.payload ?? {}, { guid: delivery?.guid ?? '' });
    await scene.app.idle();
    expect(replies()).toHaveLength(1);
    expect(check()?.conclusion).toBe('success');
  });

  test('counts for nothing once its reply is deleted', async () => {
    await commented();
    await say('maintainer', '/goleash ignore');
    const { comments: all } = scene.github.pull(1);
    all.splice(all.findIndex(({ body }) => body.startsWith('Ignored')), 1);
    await scene.github.rerequestCheckRun(check()?.id ?? 0);
    await scene.app.idle();
    expect(check()?.conclusion).toBe('failure');
  });

  test('leaves the other findings as they are', async () => {
    await commented();
    found = [aLeak(), aLeak({ line: 9, endLine: 9, fix: null, fingerprint: 'other' })];
    await say('chief', '/goleash ignore');
    expect(check()).toMatchObject({ conclusion: 'failure', title: '1 goroutine leak introduced by this change' });
  });

  test.each([
    ['GitHub made the reply and answered 502', 'apply-then-502' as const, 1, 'success'],
    ['the first attempt fails', { status: 500 }, 1, 'success'],
    ['the conversation is locked', { status: 403, body: { message: 'Unable to create comment because issue is locked.' } }, 0, 'failure'],
  ])('tells the truth where %s', async (_, failure, answered, conclusion) => {
    await commented();
    scene.github.fail({ match: { method: 'POST', path: /\/replies$/ }, with: failure });
    await say('maintainer', '/goleash ignore');
    expect(replies()).toHaveLength(answered);
    expect(check()).toMatchObject({ status: 'completed', conclusion });
  });
});

test('/goleash wrong is counted once, with the rule', async () => {
  await commented({ base: { '.github/goleash.yml': 'language: zh-CN\n' } });
  await say('maintainer', '/goleash wrong the caller drains it');
  expect(replies()).toEqual(['`maintainer` 认为此发现有误，已记录并计数：从现在起，此发现不再计入本 pull request 的 check run。删除此回复即可撤销。']);
  expect(check()).toMatchObject({ conclusion: 'success', title: '没有剩余的 goroutine 泄露；1 处发现已被驳回' });
  const delivery = scene.github.deliveries.at(-1);
  await scene.github.deliver('pull_request_review_comment', delivery?.payload ?? {});
  await scene.app.idle();
  expect(scene.app.logged().filter(({ metric }) => metric === 'findings_called_wrong')).toMatchObject([{ rule: 'abandoned-send', fingerprint: 'f00d', by: 'maintainer', pull: 1, repo: 'service' }]);
});

describe('/goleash explain', () => {
  test('by the author of the pull request is answered with the whole path and its code', async () => {
    await commented();
    await say('octocat', '/goleash explain');
    const [explained] = replies();
    expect(explained?.match(/the goroutine is spawned/gu)).toHaveLength(1);
    expect(explained).toContain('**The whole path, with the code**\n\n1. `fetch/fetch.go:7` the goroutine is spawned\n   ```go\n   go func() {\n   ```\n2. `fetch/fetch.go:12`');
    expect(explained).toContain('**What this rule does not see:**');
    expect(explained).toContain('**Confirm:**');
    expect(explained).not.toContain('```suggestion');
    expect(check()?.conclusion).toBe('failure');
  });

  test('of a finding that is gone says so', async () => {
    await commented();
    found = [];
    await say('maintainer', '/goleash explain');
    expect(replies()).toEqual([`At \`${scene.github.pull(1).headSha.slice(0, 12)}\` this is no longer reported, so there is nothing to explain.`]);
  });
});

test('/goleash review makes another review, of a draft too', async () => {
  await commented({ base: { '.github/goleash.yml': 'drafts: false\n' } });
  await scene.github.convertToDraft(1);
  found = [aLeak(), aLeak({ line: 9, endLine: 9, fix: null, fingerprint: 'other' })];
  await say('octocat', '/goleash review');
  expect(replies()).toEqual([]);
  expect(check()).toMatchObject({ title: '2 goroutine leaks introduced by this change' });
});

test('a word that is no command is answered with those that are', async () => {
  await commented();
  await say('maintainer', '/goleash @everyone');
  expect(replies()[0]).toMatch(/^`\/goleash @everyone` is not a command\. These are: `\/goleash explain`/);
});

describe('nothing is done', () => {
  test.each([
    ['a stranger', 'stranger', '/goleash ignore', 1],
    ['a stranger who wants a review', 'stranger', '/goleash review', 1],
    ['the author, who may not write', 'octocat', '/goleash ignore', 1],
    ['someone who only reads the word', 'maintainer', 'What does /goleash ignore do?', 0],
    ['a bot', 'other[bot]', '/goleash ignore', 0],
  ])('for %s', async (_, author, body, asked) => {
    await commented();
    const before = scene.github.checkRuns().length;
    await say(author, body);
    expect(replies()).toEqual([]);
    expect(scene.github.checkRuns()).toHaveLength(before);
    expect(scene.requests().filter((request) => request.includes('/collaborators/'))).toHaveLength(asked);
    expect(scene.requests().every((request) => request.startsWith('GET') || request === 'POST /graphql')).toBe(true);
  });

  test('in the thread of someone else', async () => {
    await commented();
    const { comments: all } = scene.github.pull(1);
    const [ours] = all;
    if (ours !== undefined) all.push({ ...ours, id: ours.id + 1, author: 'octocat' });
    await scene.github.replyToComment((ours?.id ?? 0) + 1, 'maintainer', '/goleash ignore');
    await scene.app.idle();
    expect(check()?.conclusion).toBe('failure');
    expect(scene.requests()).toEqual(['POST /graphql']);
  });

  test('for a stranger while GitHub fails: no check run speaks of it', async () => {
    await commented();
    const before = scene.github.checkRuns().length;
    scene.github.fail({ match: { path: /\/collaborators\// }, with: { status: 500 }, times: 1_000 });
    await say('stranger', '/goleash ignore');
    expect(scene.github.checkRuns()).toHaveLength(before);
    expect(check()?.conclusion).toBe('failure');
  });
});

test('two commands at once are both heeded', async () => {
  await commented();
  const [comment] = comments();
  await Promise.all([scene.github.replyToComment(comment?.id ?? 0, 'maintainer', '/goleash explain'), scene.github.replyToComment(comment?.id ?? 0, 'chief', '/goleash ignore')]);
  await scene.app.idle();
  expect(replies()).toHaveLength(2);
  expect(check()?.conclusion).toBe('success');
});
