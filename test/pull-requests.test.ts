import MarkdownIt from 'markdown-it';
import { afterEach, describe, expect, test } from 'vitest';
import { finds } from './support/finds.ts';
import { aLeak, leakingProgram } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CheckRunState } from './embedded-github/index.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

let scene: Scene;

/** The App's own analysis, but where a scene has another. */
async function set(options: SceneOptions = {}): Promise<void> {
  scene = await setScene(options);
}

async function opened(options: Partial<Parameters<Scene['github']['openPullRequest']>[0]> = {}): Promise<void> {
  await scene.github.openPullRequest({ title: 'Fetch with a timeout', base: 'main', head: 'feature', ...options });
  await scene.app.idle();
}

function check(sha = scene.github.pull(1).headSha): CheckRunState | undefined {
  return scene.github.checkRuns(sha).at(-1);
}

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

const oneLeak = '1 goroutine leak introduced by this change';

describe('a pull request', () => {
  test('from a bot is reviewed like any other', async () => {
    await set();
    await opened({ author: 'dependabot[bot]' });
    expect(check()?.title).toBe(oneLeak);
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('that is closed and re-opened is commented once', async () => {
    await set();
    await opened();
    await scene.github.closePullRequest(1);
    await scene.github.reopen(1);
    await scene.app.idle();
    expect(scene.github.pull(1).comments).toHaveLength(1);
    expect(check()).toMatchObject({ status: 'completed', title: oneLeak });
  });

  test('that only removes code has nothing to leak', async () => {
    await set({ base: { 'fetch/fetch.go': leakingProgram, 'fetch/other.go': 'package fetch\n' }, feature: { 'fetch/fetch.go': null } });
    await opened();
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'success', title: 'No Go code to review in this change' });
  });

  test('that is empty says so', async () => {
    await set({ feature: {} });
    await opened();
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'success', title: 'No Go code in this change' });
  });

  test('that renames a file with a leak introduces none', async () => {
    await set({ base: { 'fetch/fetch.go': leakingProgram }, feature: { 'fetch/fetch.go': null, 'fetch/renamed.go': leakingProgram } });
    await opened();
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'success', title: 'No goroutine leak found in 1 Go file' });
  });

  test('on top of another is reviewed for its own change; moved to the main branch, for all of it', async () => {
    await set();
    scene.repository.commit('second', { 'other/other.go': 'package other\n\nfunc Other() {}\n' }, { from: 'feature' });
    await opened({ base: 'feature', head: 'second' });
    expect(check()).toMatchObject({ title: 'No goroutine leak found in 1 Go file' });
    await scene.github.retarget(1, 'main');
    await scene.app.idle();
    expect(check()).toMatchObject({ title: oneLeak });
    expect(scene.github.pull(1).comments).toHaveLength(1);
    await scene.github.retarget(1, 'feature');
    await scene.app.idle();
    expect(scene.github.pull(1).comments).toEqual([]);
  });

  test('whose title is edited is left alone', async () => {
    await set();
    await opened();
    const { payload } = (await scene.github.retarget(1, 'main')) ?? {};
    await scene.app.idle();
    scene.github.clearRequests();
    await scene.github.deliver('pull_request', { ...payload, changes: { title: { from: 'Other' } } });
    await scene.app.idle();
    expect(scene.requests()).toEqual([]);
  });

  test('in a locked conversation has its check run alone', async () => {
    await set();
    await opened({ deliver: false });
    await scene.github.lock(1, { deliver: false });
    await scene.github.rerequestCheckSuite(scene.github.pull(1).headSha);
    await scene.app.idle();
    expect(scene.github.pull(1).comments).toEqual([]);
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'neutral', title: oneLeak });
    expect(check()?.summary).toContain('GitHub did not take some inline comments');
  });

  test('of an archived repository costs a few refused requests, and nothing breaks', async () => {
    await set();
    scene.github.archive();
    await opened();
    expect(scene.github.checkRuns()).toEqual([]);
    expect(scene.requests().filter((request) => request === 'POST /check-runs').length).toBeLessThanOrEqual(2);
    expect((await fetch(`${scene.app.url}/healthz`)).status).toBe(200);
  });

  test('of a repository that is renamed half-way is reviewed to its end, once', async () => {
    await set({
      review: async (source, options) => {
        scene.github.rename('renamed');
        return finds(aLeak())(source, options);
      },
    });
    await opened();
    expect(check()).toMatchObject({ status: 'completed', title: oneLeak });
    expect(scene.github.pull(1).comments).toHaveLength(1);
    await scene.github.rerequestCheckRun(check()?.id ?? 0);
    await scene.app.idle();
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('that only deletes the line which kept a goroutine from waiting is commented on that line', async () => {
    const closing = `package fetch

func Fetch(items []int) int {
	ch := make(chan int)
	go func() {
		for range ch {
		}
	}()
	for _, item := range items {
		ch <- item
	}
	close(ch)
	return len(items)
}
`;
    await set({ base: { 'fetch/fetch.go': closing }, feature: { 'fetch/fetch.go': closing.replace('\tclose(ch)\n', '') } });
    await opened();
    expect(check()).toMatchObject({ title: oneLeak });
    expect(scene.github.pull(1).comments).toMatchObject([{ path: 'fetch/fetch.go', line: 12, side: 'LEFT' }]);
  });

  test('of more files than GitHub lists is reviewed as far as they go, and says so', async () => {
    const files = Object.fromEntries(Array.from({ length: 3_005 }, (_, index) => [`z/${String(index).padStart(4, '0')}.txt`, 'z\n']));
    await set({ feature: { 'fetch/fetch.go': leakingProgram, ...files } });
    await opened();
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'neutral', title: oneLeak });
    expect(check()?.summary).toContain('GitHub lists at most 3000 changed files of a pull request; those beyond were not reviewed.');
    expect(scene.requests().filter((request) => request.endsWith('/files'))).toHaveLength(30);
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('from a fork that is gone, pushed anew by force, is a draft and by a bot, and is reviewed all the same', async () => {
    await set();
    const fork = (branch: string): string => scene.repository.git('update-ref', 'refs/forks/alice/patch', scene.repository.git('rev-parse', branch));
    fork('feature');
    await opened({ fork: 'alice', head: 'patch', draft: true, author: 'dependabot[bot]' });
    expect(scene.github.pull(1).comments).toHaveLength(1);
    scene.repository.commit('again', { 'fetch/fetch.go': leakingProgram.replace('make(chan int)', 'make(chan int, 1)') });
    fork('again');
    const pushed = await scene.github.pushed(1, { deliver: false });
    expect(pushed).toBeNull();
    const { payload } = scene.github.deliveries.at(-1) ?? {};
    const told = payload as { readonly pull_request: { readonly head: object } };
    await scene.github.deliver('pull_request', { ...told, action: 'synchronize', before: '0'.repeat(40), after: scene.github.pull(1).headSha, pull_request: { ...told.pull_request, head: { ...told.pull_request.head, sha: scene.github.pull(1).headSha, repo: null } } });
    await scene.app.idle();
    expect(check()).toMatchObject({ status: 'completed', conclusion: 'success' });
    expect(scene.github.pull(1).comments).toEqual([]);
  });

  test('whose every word was written to do harm mentions nobody, closes nothing, and breaks no comment', async () => {
    const evil = '@octocat closes #1 `x` |y| [z](javascript:z) <img src=x>';
    await set({ base: { '.github/goleash.yml': `conclusion: failure\n"${evil}": 1\n` }, feature: { [`${evil}/fetch.go`]: leakingProgram, [`${evil}/broken.go`]: `package fetch\n\nfunc broken() { ${evil}\n` }, roles: { maintainer: 'write' } });
    await opened({ title: evil, labels: [evil] });
    const [comment] = scene.github.pull(1).comments;
    await scene.github.replyToComment(comment?.id ?? 0, 'maintainer', '/goleash explain @octocat closes #1');
    await scene.github.replyToComment(comment?.id ?? 0, 'maintainer', '/goleash @octocat');
    await scene.app.idle();
    const said = [...scene.github.pull(1).comments.filter(({ author }) => author === 'goleash[bot]').map(({ body }) => body), check()?.summary ?? ''];
    expect(said.map((one) => one.includes('octocat'))).toEqual([true, true, true, true]);
    const tokens = said.flatMap((one) => new MarkdownIt({ html: true }).parse(one, {})).flatMap(({ type, content, children }) => (type === 'html_block' ? [{ type, content }] : (children ?? [])));
    expect(tokens.filter(({ type, content }) => (type === 'text' && /@o|#1|\|y/.test(content)) || (type.startsWith('html') && !content.startsWith('<!-- goleash:v1 ')) || type === 'image')).toEqual([]);
    expect(comment?.body.match(/```suggestion/g)).toHaveLength(1);
  });

  test('whose installation is suspended half-way is left as it is, and reviewed once that is over', async () => {
    let done = 0;
    await set({
      review: async (source, options) => {
        done += 1;
        if (done === 1) {
          scene.github.expireTokens();
          await scene.github.suspend();
        }
        return finds(aLeak())(source, options);
      },
    });
    await opened();
    expect(scene.github.pull(1).comments).toEqual([]);
    await scene.github.unsuspend();
    await scene.github.rerequestCheckSuite(scene.github.pull(1).headSha);
    await scene.app.idle();
    expect(check()).toMatchObject({ status: 'completed', title: oneLeak });
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('of a repository that is archived half-way breaks nothing', async () => {
    await set({
      review: (source, options) => {
        scene.github.archive();
        return finds(aLeak())(source, options);
      },
    });
    await opened();
    expect(scene.github.pull(1).comments).toEqual([]);
    expect((await fetch(`${scene.app.url}/healthz`)).status).toBe(200);
  });
});

describe('a merge group', () => {
  test('is reported on its own commit, by the configuration, without comments', async () => {
    await set({ base: { '.github/goleash.yml': 'conclusion: failure\n' } });
    await opened();
    const before = scene.github.pull(1).comments.length;
    const { headSha } = await scene.github.enqueue(1);
    await scene.app.idle();
    expect(check(headSha)).toMatchObject({ status: 'completed', conclusion: 'failure', title: oneLeak });
    expect(check(headSha)?.externalId).toMatch(/^merge-group [0-9a-f]{40} 1$/);
    expect(scene.github.pull(1).comments).toHaveLength(before);
    await scene.github.rerequestCheckRun(check(headSha)?.id ?? 0);
    await scene.app.idle();
    expect(scene.github.checkRuns(headSha).map(({ status, conclusion }) => [status, conclusion])).toEqual([['completed', 'failure'], ['completed', 'failure']]);
  });

  test('counts nothing that was ignored in its pull request', async () => {
    await set({ base: { '.github/goleash.yml': 'conclusion: failure\n' }, roles: { maintainer: 'write' } });
    await opened();
    await scene.github.replyToComment(scene.github.pull(1).comments[0]?.id ?? 0, 'maintainer', '/goleash ignore');
    await scene.app.idle();
    const { headSha } = await scene.github.enqueue(1);
    await scene.app.idle();
    expect(check(headSha)).toMatchObject({ status: 'completed', conclusion: 'success' });
  });

  test('shows what two changes do together that neither does alone', async () => {
    const sized = leakingProgram.replace('make(chan int)', 'room()');
    await set({ base: { 'fetch/room.go': 'package fetch\n\nfunc room() chan int { return make(chan int, 1) }\n' }, feature: { 'fetch/fetch.go': sized } });
    await opened();
    expect(check()).toMatchObject({ conclusion: 'success' });
    scene.repository.commit('main', { 'fetch/room.go': 'package fetch\n\nfunc room() chan int { return make(chan int) }\n' });
    const { headSha } = await scene.github.enqueue(1);
    await scene.app.idle();
    expect(check(headSha)).toMatchObject({ status: 'completed', conclusion: 'neutral', title: oneLeak });
    expect(check(headSha)?.summary).toContain('only here: this is a merge group');
  });

  test('without Go passes; while GitHub fails it is never left waiting', async () => {
    await set({ feature: { 'README.md': '# Changed\n' } });
    await opened();
    scene.github.fail({ match: { path: /\/compare\// }, with: { status: 502 }, times: 1_000 });
    const { headSha } = await scene.github.enqueue(1);
    await scene.app.idle();
    expect(check(headSha)).toMatchObject({ status: 'completed', conclusion: 'neutral', title: 'Not reviewed: GitHub answered 502' });
    scene.github.clearFaults();
    await scene.github.rerequestCheckRun(check(headSha)?.id ?? 0);
    await scene.app.idle();
    expect(check(headSha)).toMatchObject({ status: 'completed', conclusion: 'success', title: 'No Go code in this change' });
  });
});
