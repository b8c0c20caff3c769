import { afterEach, describe, expect, test } from 'vitest';
import { applyEdits } from '../src/apply-edits.ts';
import { words } from '../src/github/words.ts';
import { review } from '../src/review.ts';
import { leakingProgram } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CheckRunState } from './embedded-github/index.ts';
import type { Leak } from '../src/finding.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

const path = 'fetch/fetch.go';
const writing = { checks: 'write', pull_requests: 'write', contents: 'write', merge_queues: 'read', metadata: 'read' } as const;
const on = { '.github/goleash.yml': 'apply-fixes: true\n' };

/** Another function with the same leak. */
const second = leakingProgram.slice(leakingProgram.indexOf('func Fetch'), leakingProgram.indexOf('func slow')).replace('Fetch', 'Again');

let scene: Scene;
let found: readonly Leak[] = [];

/** A pull request that the App with its own analysis has reviewed. */
async function reviewed(options: SceneOptions = {}): Promise<CheckRunState> {
  scene = await setScene({
    base: on,
    permissions: writing,
    roles: { maintainer: 'write', stranger: 'read' },
    review: async (source, asked) => {
      const done = await review(source, asked);
      if (found.length === 0) found = done.leaks;
      return done;
    },
    ...options,
  });
  await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
  await scene.app.idle();
  scene.github.clearRequests();
  return check();
}

function check(): CheckRunState {
  const run = scene.github.checkRuns().at(-1);
  if (run === undefined) throw new Error('There is no check run.');
  return run;
}

async function press(run: CheckRunState, by = 'maintainer'): Promise<void> {
  await scene.github.requestAction(run.id, 'apply-fixes', by);
  await scene.app.idle();
}

function git(...args: string[]): string {
  return scene.repository.git(...args);
}

/** The requests that change something, but for those of reviews. */
function writes(): readonly string[] {
  return scene.requests().filter((one) => /^(POST|PATCH|DELETE) \/(git|pulls)\//.test(one));
}

function noteOf(run: CheckRunState): string {
  return /<!-- goleash:note -->\n([^]*?)\n<!-- \/goleash:note -->/.exec(run.summary ?? '')?.[1] ?? '';
}

afterEach(async () => {
  found = [];
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

describe('the button', () => {
  test('commits all safe fixes as one commit on the head, and nothing else', async () => {
    const crlf = leakingProgram.replaceAll('\n', '\r\n').replace('package fetch', 'package other').trimEnd();
    const files = { [path]: leakingProgram + second, 'other/other.go': crlf };
    const run = await reviewed({ feature: files });
    const head = scene.github.pull(1).headSha;
    expect(run.actions).toEqual([{ label: 'Apply fixes', description: 'Commits all safe fixes to this branch.', identifier: 'apply-fixes' }]);
    await press(run);

    const tip = git('rev-parse', 'feature');
    expect(git('rev-list', '--parents', '-1', 'feature')).toBe(`${tip} ${head}`);
    expect(found).toHaveLength(3);
    for (const [file, text] of Object.entries(files)) {
      const edits = found.flatMap(({ fix }) => fix?.edits ?? []).filter((edit) => edit.path === file);
      expect(git('show', `feature:${file}`)).toBe(applyEdits(text, edits).trim());
    }
    expect(git('diff', '--name-only', head, tip).split('\n')).toEqual([path, 'other/other.go']);
    expect(git('log', '-1', '--format=%B', 'feature')).toBe(`Fix 3 goroutine leaks\n\n- abandoned-send: Fetch\n- abandoned-send: Again\n- abandoned-send: Fetch\n\nGoleash-Fixes: ${head}`);
    expect(writes()).toEqual(['POST /git/trees', 'POST /git/commits', 'PATCH /git/refs/heads%2Ffeature']);
    expect(noteOf(run)).toContain(`**3 fixes committed as \`${tip.slice(0, 12)}\`, as \`maintainer\` asked.**`);
    expect(noteOf(run)).toContain('- `fetch/fetch.go:8` ');
    expect(run).toMatchObject({ status: 'completed', conclusion: 'neutral', actions: [], title: '3 goroutine leaks introduced by this change' });
    // What it said before is still below.
    expect(run.summary).toContain('| Case | Function |');

    // The push of its own is reviewed as any other: nothing is left, and there is no button.
    expect(check()).toMatchObject({ headSha: tip, conclusion: 'success', actions: [] });
  });

  test('keeps the mode of a file', async () => {
    const run = await reviewed();
    git('checkout', '-q', '-f', 'feature');
    git('update-index', '--chmod=+x', path);
    git('commit', '-q', '-m', 'Make it executable');
    await scene.github.pushed(1);
    await scene.app.idle();
    expect(check().id).not.toBe(run.id);
    await press(check());
    expect(git('ls-tree', 'feature', path)).toMatch(/^100755 /);
    expect(git('show', `feature:${path}`)).toContain('make(chan int, 1)');
  });

  test('speaks Chinese', async () => {
    const run = await reviewed({ base: { '.github/goleash.yml': 'apply-fixes: true\nlanguage: zh-CN\n' } });
    expect(run.actions).toMatchObject([{ label: '应用修复', description: '将所有安全的修复提交到此分支。' }]);
    await press(run);
    expect(noteOf(run)).toContain('已按 `maintainer` 的要求将 1 处修复提交为');
    expect(git('log', '-1', '--format=%s', 'feature')).toBe('修复 1 处 goroutine 泄露');
  });

  test.each(['en', 'zh-CN'] as const)('has words that GitHub takes: %s', (language) => {
    expect(words[language].applyLabel.length).toBeLessThanOrEqual(20);
    expect(words[language].applyDescription.length).toBeLessThanOrEqual(40);
  });
});

describe('pressed again, it commits no more', () => {
  test('after it has', async () => {
    const run = await reviewed();
    await press(run);
    const tip = git('rev-parse', 'feature');
    scene.github.clearRequests();
    await press(run);
    expect(git('rev-parse', 'feature')).toBe(tip);
    expect(writes()).toEqual([]);
    expect(noteOf(run)).toBe(`**The fixes were committed already, as \`${tip.slice(0, 12)}\`.**`);
  });

  test('twice at once, by two people', async () => {
    const run = await reviewed();
    const head = scene.github.pull(1).headSha;
    await Promise.all([scene.github.requestAction(run.id, 'apply-fixes', 'maintainer'), scene.github.requestAction(run.id, 'apply-fixes')]);
    await scene.app.idle();
    expect(git('rev-list', '--count', `${head}..feature`)).toBe('1');
    expect(noteOf(run)).toContain('committed');
  });

  test.each([
    ['GitHub moved the branch and answered 502', { method: 'PATCH', path: /\/git\/refs\// }, 'apply-then-502' as const],
    ['GitHub took the commit and its note failed', { method: 'PATCH', path: /\/check-runs\/\d+$/ }, { status: 502 }],
    ['the first attempt fails', { method: 'POST', path: /\/git\/commits$/ }, { status: 500 }],
  ])('where %s', async (_, match, failure) => {
    const run = await reviewed();
    const head = scene.github.pull(1).headSha;
    scene.github.fail({ match, with: failure, times: 4 });
    await press(run);
    expect(git('rev-list', '--count', `${head}..feature`)).toBe('1');
    expect(noteOf(run)).toContain('committed');
  });
});

describe('nothing is committed', () => {
  async function refused(run: CheckRunState, says: string): Promise<void> {
    const before = git('rev-parse', 'feature');
    scene.github.clearRequests();
    await press(run);
    expect(git('rev-parse', 'feature')).toBe(before);
    expect(scene.requests().filter((one) => one.includes('/git/refs'))).toEqual([]);
    expect(noteOf(run)).toBe(says);
  }

  test('and there is no button, where nobody asked for it', async () => {
    const run = await reviewed({ base: {} });
    expect(run.actions).toEqual([]);
    await refused(run, '**No fix was committed.** The configuration on the base branch does not say `apply-fixes: true`.');
  });

  test('and there is no button, where the App may not write contents', async () => {
    const run = await reviewed({ permissions: { ...writing, contents: 'read' } });
    expect(run.actions).toEqual([]);
    expect(run.summary).toContain('There is none: nobody has granted Goleash the permission `contents: write`.');
    await refused(run, '**No fix was committed.** Nobody has granted Goleash the permission `contents: write`.');
  });

  test('and there is no button, where the branch is in a fork', async () => {
    scene = await setScene({ base: on, permissions: writing, roles: { maintainer: 'write' } });
    git('update-ref', 'refs/forks/octocat/patch', git('rev-parse', 'feature'));
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'patch', fork: 'octocat' });
    await scene.app.idle();
    expect(check().actions).toEqual([]);
    expect(check().summary).toContain('There is none: the branch is in a fork, which Goleash cannot push to.');
    await refused(check(), '**No fix was committed.** The branch is in a fork, which Goleash cannot push to.');
  });

  test('and there is no button, where nothing can be fixed', async () => {
    const run = await reviewed({ feature: { [path]: 'package fetch\n\nfunc Ok() {}\n' } });
    expect(run.actions).toEqual([]);
    await refused(run, '**No fix was committed.** There is no safe fix that can be applied.');
  });

  test('for someone who may not write, of whom not a word is said', async () => {
    const run = await reviewed();
    scene.github.clearRequests();
    await press(run, 'stranger');
    expect(writes()).toEqual([]);
    expect(noteOf(run)).toBe('');
    expect(run.actions).toHaveLength(1);
  });

  test('once the branch moved', async () => {
    const run = await reviewed();
    scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
    await scene.github.pushed(1);
    await scene.app.idle();
    await refused(run, '**No fix was committed.** The branch has moved since this check run; the one on its newest commit has its own button.');
    expect(run.actions).toEqual([]);
    expect(check().actions).toHaveLength(1);
  });

  test('once the branch was replaced by force', async () => {
    const run = await reviewed();
    git('update-ref', 'refs/heads/feature', git('commit-tree', '-p', 'main', '-m', 'Anew', 'feature^{tree}'));
    await scene.github.pushed(1);
    await scene.app.idle();
    scene.github.fail({ match: { path: /\/compare\// }, with: { status: 404, body: { message: 'Not Found' } } });
    await refused(run, '**No fix was committed.** The branch has moved since this check run; the one on its newest commit has its own button.');
  });

  test('where the branch moves while the fixes are made', async () => {
    const run = await reviewed();
    scene.github.fail({ match: { method: 'POST', path: /\/git\/commits$/ }, with: { delayMs: 300 } });
    const pressed = scene.github.requestAction(run.id, 'apply-fixes', 'maintainer');
    await expect.poll(() => writes()).toContain('POST /git/commits');
    const theirs = scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
    await pressed;
    await scene.app.idle();
    expect(git('rev-parse', 'feature')).toBe(theirs);
    expect(noteOf(run)).toContain('The branch has moved since this check run');
  });

  test('where GitHub protects the branch, and the button stays', async () => {
    const run = await reviewed();
    const before = git('rev-parse', 'feature');
    scene.github.fail({ match: { method: 'PATCH', path: /\/git\/refs\// }, with: { status: 422, body: { message: 'Changes must be made through a pull request.' } }, times: 9 });
    await press(run);
    expect(git('rev-parse', 'feature')).toBe(before);
    expect(noteOf(run)).toBe('**No fix was committed.** GitHub did not take the commit; it says `Changes must be made through a pull request.`.');
    expect(run.actions).toHaveLength(1);
  });

  test('where GitHub is down for good', async () => {
    const run = await reviewed();
    scene.github.fail({ match: { method: 'POST', path: /\/git\/trees$/ }, with: { status: 503 }, times: 99 });
    await press(run);
    expect(noteOf(run)).toBe('**No fix was committed.** GitHub answered a request with the error 503.');
    expect(run).toMatchObject({ status: 'completed', title: '1 goroutine leak introduced by this change' });
  });

  test('once the pull request is closed', async () => {
    const run = await reviewed();
    await scene.github.closePullRequest(1);
    await refused(run, '**No fix was committed.** The pull request is closed.');
  });

  test('for a finding that was dismissed', async () => {
    const run = await reviewed();
    await scene.github.replyToComment(scene.github.pull(1).comments[0]?.id ?? 0, 'maintainer', '/goleash wrong');
    await scene.app.idle();
    expect(check().actions).toEqual([]);
    await refused(run, '**No fix was committed.** There is no safe fix that can be applied.');
  });

  test('by a button of somebody else', async () => {
    const run = await reviewed();
    scene.github.clearRequests();
    await scene.github.requestAction(run.id, 'deploy', 'maintainer');
    await scene.app.idle();
    expect(scene.requests()).toEqual([]);
  });
});
