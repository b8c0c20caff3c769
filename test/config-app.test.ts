import { afterEach, describe, expect, test } from 'vitest';
import { leakingProgram } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CheckRunState } from './embedded-github/index.ts';
import type { Scene, SceneOptions } from './support/scene.ts';

let scene: Scene;

/** The App with its own analysis, and a base branch with this configuration. */
async function set(config: string | null, options: SceneOptions = {}): Promise<void> {
  scene = await setScene({ ...options, base: { ...(config === null ? {} : { '.github/goleash.yml': config }), ...options.base } });
}

async function opened(options: { readonly author?: string; readonly labels?: readonly string[] } = {}): Promise<CheckRunState | undefined> {
  await scene.github.openPullRequest({ title: 'Fetch with a timeout', base: 'main', head: 'feature', ...options });
  await scene.app.idle();
  return scene.github.checkRuns().at(-1);
}

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

describe("the organisation's configuration", () => {
  test('holds where the repository has none, at no request more', async () => {
    await set(null, { defaults: { '.github/goleash.yml': 'conclusion: failure\n' } });
    expect(await opened()).toMatchObject({ conclusion: 'failure' });
    expect(scene.requests()).toHaveLength(6);
  });

  test("gives way to the repository's key by key, and is named where it is wrong", async () => {
    await set('conclusion: success\nnone: 1\n', { defaults: { '.github/goleash.yml': 'language: zh-CN\nconclusion: failure\nmax-comments: 99\n' } });
    const run = await opened();
    expect(run).toMatchObject({ conclusion: 'success', title: '此变更引入了 1 处 goroutine 泄露' });
    expect(run?.summary).toContain('- `.github/goleash.yml:2`: `none` 不是已知的键；已忽略。\n- `acme/.github:.github/goleash.yml:3`: `max-comments` 必须是 `1 … 30`；使用默认值。');
  });

  test('that has another file than this is none', async () => {
    await set(null, { defaults: { 'README.md': 'hello' } });
    expect(await opened()).toMatchObject({ conclusion: 'neutral' });
  });
});

describe('a pull request that the configuration leaves alone costs two requests and says why', () => {
  test('by a bot', async () => {
    await set('bots: false\n');
    expect(await opened({ author: 'dependabot[bot]' })).toMatchObject({ conclusion: 'neutral', title: 'By a bot: not reviewed' });
    expect(scene.requests()).toEqual(['POST /graphql', 'POST /check-runs']);
    expect(scene.github.pull(1).comments).toEqual([]);
  });

  test('a bot is reviewed unless it says otherwise, and a person in any case', async () => {
    await set(null);
    expect(await opened({ author: 'dependabot[bot]' })).toMatchObject({ title: '1 goroutine leak introduced by this change' });
    scene.repository.commit('main', { '.github/goleash.yml': 'bots: false\n' });
    expect(await opened()).toMatchObject({ title: '1 goroutine leak introduced by this change' });
  });

  test('by a label, until it is removed', async () => {
    await set('labels:\n  skip: [No Review, wip]\n');
    const run = await opened({ labels: ['no review', 'other'] });
    expect(run).toMatchObject({ conclusion: 'neutral', title: 'Not reviewed: a label says so' });
    expect(run?.summary).toContain('with the label `No Review` alone');
    scene.github.clearRequests();
    await scene.github.unlabel(1, 'other');
    await scene.app.idle();
    // A label that decides nothing is looked up and forgotten.
    expect(scene.requests()).toEqual(['POST /graphql']);
    await scene.github.unlabel(1, 'no review');
    await scene.app.idle();
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ title: '1 goroutine leak introduced by this change' });
    expect(scene.github.pull(1).comments).toHaveLength(1);
  });

  test('for want of a label, until it is added', async () => {
    await set('labels:\n  only: [go]\n');
    expect(await opened()).toMatchObject({ conclusion: 'neutral', title: 'Not reviewed: no label asks for it' });
    await scene.github.label(1, 'go');
    await scene.app.idle();
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ title: '1 goroutine leak introduced by this change' });
  });

  test('a label that comes with the pull request takes no review away', async () => {
    await set(null);
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
    await scene.github.label(1, 'bug');
    await scene.app.idle();
    expect(scene.github.checkRuns()).toMatchObject([{ status: 'completed', title: '1 goroutine leak introduced by this change' }]);
  });
});

describe('what the configuration leaves out is told', () => {
  test('paths', async () => {
    await set('paths:\n  exclude: [fetch]\n', { feature: { 'fetch/fetch.go': leakingProgram, 'other/fetch.go': leakingProgram } });
    const run = await opened();
    expect(run).toMatchObject({ title: '1 goroutine leak introduced by this change' });
    expect(run?.text).toContain('- `fetch/fetch.go`: left out by `paths` of the configuration');
    expect(scene.github.pull(1).comments.map(({ path }) => path)).toEqual(['other/fetch.go']);
  });

  test('all paths', async () => {
    await set('paths:\n  include: [nowhere]\n');
    const run = await opened();
    expect(run).toMatchObject({ conclusion: 'success', title: 'No Go code to review in this change' });
    expect(run?.text).toContain('left out by `paths`');
  });

  test.each([
    ['off', { conclusion: 'success', title: 'No goroutine leak found in 1 Go file' }, 0],
    ['likely', { conclusion: 'neutral', title: '1 likely leak introduced by this change' }, 0],
    ['certain', { conclusion: 'neutral', title: '1 goroutine leak introduced by this change' }, 1],
  ] as const)('a rule that is %s', async (severity, expected, comments) => {
    await set(`rules:\n  abandoned-send: ${severity}\n  no-such: off\n`);
    const run = await opened();
    expect(run).toMatchObject(expected);
    expect(run?.summary).toContain(`Set by the configuration: \`abandoned-send\` (\`${severity}\`).`);
    expect(run?.summary).toContain('- `.github/goleash.yml:3`: `rules.no-such`: there is no such rule; it is ignored.');
    expect(scene.github.pull(1).comments).toHaveLength(comments);
  });
});

test('the Go version is that of the configuration', async () => {
  // Before 1.23 Stop leaves the value of a timer that fired in its channel; since then it takes it back.
  const drain = `package fetch

import "time"

func Drain() {
	timer := time.NewTimer(time.Millisecond)
	time.Sleep(20 * time.Millisecond)
	timer.Stop()
	<-timer.C
}
`;
  await set(null, { feature: { 'fetch/drain.go': drain }, base: { 'go.mod': 'module example.com/service\n\ngo 1.22\n' } });
  expect(await opened()).toMatchObject({ title: 'No goroutine leak found in 1 Go file' });
  scene.repository.commit('main', { '.github/goleash.yml': 'go: "1.23"\n' });
  expect(await opened()).toMatchObject({ title: '1 goroutine leak introduced by this change' });
});

test('a pull request does not change the configuration that it is reviewed by', async () => {
  await set('paths: {exclude: []}\n', { feature: { 'fetch/fetch.go': leakingProgram, '.github/goleash.yml': 'paths: {exclude: ["**"]}\nbots: false\nlabels: {only: [never]}\nrules: {abandoned-send: off}\n' } });
  expect(await opened()).toMatchObject({ title: '1 goroutine leak introduced by this change' });
});

test('a leak that the code ignores has no comment, and is counted; an ignore that is left over is only in the check run', async () => {
  const ignored = leakingProgram.replace('ch <- slow()', 'ch <- slow() //goleash:ignore abandoned-send it ends with the process');
  const leftOver = ignored.replace('make(chan int)', 'make(chan int, 1)');
  await set(null, { feature: { 'fetch/fetch.go': ignored, 'other/fetch.go': leftOver } });
  const run = await opened();
  expect(run).toMatchObject({ conclusion: 'neutral', title: 'No goroutine leak found in 2 Go files; 1 ignore comment to look at' });
  expect(run?.summary).toContain('1 leak is suppressed by a comment in the code.');
  expect(run?.summary).toContain('| goleash:ignore · an ignore that suppresses nothing | `Fetch` | [`other/fetch.go:8`](');
  expect(run?.summary).not.toContain('How to confirm');
  expect(run?.text).toContain('(https://github.com/goleash/goleash#ignore-a-finding)');
  expect(scene.github.pull(1).reviews).toEqual([]);
});

test('every way to ignore in the code is obeyed; one without a reason, and one of no rule, are likely findings', async () => {
  const at = (line: string, comment: string): string => leakingProgram.replace(line, `${comment}\n${line}`);
  await set('conclusion: failure\n', {
    feature: {
      'a/fetch.go': at('\t\tch <- slow()', '\t\t//nolint:goleash'),
      'b/fetch.go': at('func Fetch(', '//goleash:ignore abandoned-send the process ends with it'),
      'c/fetch.go': leakingProgram.replace('ch <- slow()', 'ch <- slow() //goleash:ignore abandoned-send'),
      'd/fetch.go': at('\t\tch <- slow()', '\t\t//goleash:ignore abandoned-sent the process ends with it'),
    },
  });
  const run = await opened();
  expect(run).toMatchObject({ conclusion: 'failure', title: '1 goroutine leak introduced by this change; 2 ignore comments to look at' });
  expect(run?.summary).toContain('3 leaks are suppressed by comments in the code.');
  expect(run?.annotations.map(({ path, annotation_level: level }) => `${path} ${level}`).sort()).toEqual(['c/fetch.go notice', 'd/fetch.go notice']);
  expect(scene.github.pull(1).comments.map(({ path }) => path)).toEqual(['d/fetch.go']);
});
