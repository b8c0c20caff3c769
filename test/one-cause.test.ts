import { afterEach, describe, expect, test } from 'vitest';
import { diffTexts } from '../src/diff-texts.ts';
import { commentBody } from '../src/github/comment.ts';
import { readMarker } from '../src/github/marker.ts';
import { plan } from '../src/github/plan.ts';
import { moduleOf } from '../src/go/module.ts';
import { loadParser } from '../src/go/parse.ts';
import { introducedIn } from '../src/introduced.ts';
import { perCause, placesOf } from '../src/one-cause.ts';
import { aLeak } from './support/leak.ts';
import { setScene } from './support/scene.ts';
import type { CommentState } from './embedded-github/index.ts';
import type { Leak } from '../src/finding.ts';
import type { DirectoryChange } from '../src/introduced.ts';
import type { Scene } from './support/scene.ts';

const path = 'fetch/fetch.go';

/** A function whose goroutine sends in one of these places. */
function program(...sends: readonly string[]): string {
  const cases = sends.map((send, index) => `\t\tcase ${index}:\n\t\t\t${send}\n`);
  return `package fetch

import "time"

func Fetch(d time.Duration, n int) int {
	ch := make(chan int)
	other := make(chan int)
	go func() {
		switch n {
${cases.join('')}		}
	}()
	select {
	case v := <-ch:
		return v
	case v := <-other:
		return v
	case <-time.After(d):
		return 0
	}
}
`;
}

describe('several sends on one channel', () => {
  let scene: Scene;

  afterEach(async () => {
    await scene.close();
    expect(scene.github.violations).toEqual([]);
    expect(scene.github.unplanned).toEqual([]);
  });

  function comments(): readonly CommentState[] {
    return scene.github.pull(1).comments;
  }

  async function pushed(text: string): Promise<void> {
    scene.repository.commit('feature', { [path]: text });
    await scene.github.pushed(1);
    await scene.app.idle();
  }

  test('are one comment that names all places and cures them all; another place is a comment, and the same one again is none', async () => {
    scene = await setScene({ feature: { [path]: program('ch <- 1', 'ch <- 2', 'other <- 3') } });
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
    await scene.app.idle();
    expect(comments().map(({ line }) => line)).toEqual([6, 7]);
    const [first, second] = comments();
    expect(first?.body).toMatch(/^1\. .*fetch\.go:8.*\n2\. .*\n3\. .*fetch\.go:11.*\n4\. .*fetch\.go:13.* here a goroutine waits for ever on the same channel too$/m);
    expect(first?.body).toContain('```suggestion\n\tch := make(chan int, 1)\n```');
    expect(second?.body).not.toContain('the same channel too');
    const check = scene.github.checkRuns().at(-1);
    expect(check?.title).toBe('2 goroutine leaks introduced by this change');
    expect(check?.summary?.match(/\| `Fetch` \|/g)).toHaveLength(2);

    // A place that is new has not been told of, though its channel has.
    await pushed(program('ch <- 1', 'ch <- 2', 'other <- 3', 'ch <- 4', 'ch <- 5'));
    expect(comments().map(({ id }) => id)).toEqual([first?.id, second?.id, comments()[2]?.id]);
    expect(comments()[2]?.body).toMatch(/^3\. .*fetch\.go:17.*\n4\. .*fetch\.go:19.* here a goroutine waits for ever on the same channel too$/m);

    // Nothing is said twice, and while one place is left the comments of its channel stay.
    await pushed(`${program('ch <- 1', '_ = 2', 'other <- 3', 'ch <- 4', 'ch <- 5')}// more\n`);
    expect(comments()).toHaveLength(3);
    await pushed(program('_ = 1', '_ = 2', 'other <- 3', '_ = 4', '_ = 5'));
    expect(comments().map(({ id }) => id)).toEqual([second?.id]);
  });

  test('are told of only while they are there, where nobody replied', async () => {
    scene = await setScene({ feature: { [path]: program('ch <- 1', 'ch <- 2', 'ch <- 3') } });
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
    await scene.app.idle();
    const places = (): readonly string[] => Array.from(comments()[0]?.body.matchAll(/^\d\. \[`fetch\.go:(\d+)`\]/gm) ?? [], ([, line = '']) => line).slice(2);
    const edits = (): number => scene.requests().filter((request) => request.startsWith('PATCH /pulls/comments/')).length;
    expect(places()).toEqual(['11', '13', '15']);

    await pushed(program('ch <- 1', '_ = 2', 'ch <- 3'));
    expect(places()).toEqual(['11', '15']);
    expect(comments()[0]?.body).toContain('```diff\n@@ fetch/fetch.go:6 @@\n-\tch := make(chan int)\n+\tch := make(chan int, 1)\n```');
    await pushed(`${program('ch <- 1', '_ = 2', 'ch <- 3')}// more\n`);
    expect(edits()).toBe(1);

    await scene.github.replyToComment(comments()[0]?.id ?? 0, 'octocat', 'Both?', { deliver: false });
    await pushed(program('ch <- 1', '_ = 2', '_ = 3'));
    expect(places()).toEqual(['11', '15']);
    expect(edits()).toBe(1);

    // A place that is back has a comment of its own; what was told is not told again.
    await pushed(program('ch <- 1', 'ch <- 2', 'ch <- 3'));
    expect(comments().map(({ author }) => author)).toEqual(['goleash[bot]', 'octocat', 'goleash[bot]']);
    expect(scene.github.checkRuns().at(-1)?.title).toBe('2 goroutine leaks introduced by this change');
  });

  test('are dismissed as one', async () => {
    scene = await setScene({ roles: { maintainer: 'write' }, base: { '.github/goleash.yml': 'conclusion: failure\n' }, feature: { [path]: program('ch <- 1', 'ch <- 2') } });
    await scene.github.openPullRequest({ title: 'Fetch', base: 'main', head: 'feature' });
    await scene.app.idle();
    await scene.github.replyToComment(comments()[0]?.id ?? 0, 'maintainer', '/goleash ignore');
    await scene.app.idle();
    expect(scene.github.checkRuns().at(-1)).toMatchObject({ conclusion: 'success', title: 'No goroutine leak left; 1 finding was dismissed' });
    await scene.github.replyToComment(comments()[0]?.id ?? 0, 'maintainer', '/goleash explain');
    await scene.app.idle();
    expect(comments().at(-1)?.body).toContain('here a goroutine waits for ever on the same channel too');
  });
});

test('a second send is new where the first one was there before', async () => {
  const file = (base: string, head: string): DirectoryChange => ({ directory: 'fetch', module: { base: moduleOf('go 1.22'), head: moduleOf('go 1.22') }, changed: [{ path, base, head, silent: false }], others: [], language: 'en' });
  const { leaks, existing } = introducedIn(file(program('ch <- 1', 'ch <- 2'), program('ch <- 1', 'ch <- 2', 'ch <- 3')), await loadParser());
  expect(leaks.map(({ line, others }) => [line, others.length])).toEqual([[15, 0]]);
  expect(existing).toBe(1);
});

describe('findings of one cause', () => {
  const at = (line: number, told: Partial<Leak> = {}): Leak => aLeak({ line, endLine: line, fingerprint: `f${line}`, cause: 'send ch', steps: [{ path, line: 7, says: 'spawned' }, { path, line, says: 'waits' }], ...told });

  test('are one, led by one that stands where it waits; no other is lost', () => {
    const elsewhere = at(8, { line: 3 });
    const grouped = perCause([at(20, { cause: null }), elsewhere, at(10), at(12, { confidence: 'likely' }), at(14), at(20, { cause: null })], 'en');
    expect(grouped.map(({ line, others }) => [line, others.map((other) => other.steps.at(-1)?.line)])).toEqual([[20, []], [10, [8, 14]], [12, []], [20, []]]);
    expect(grouped[1]?.steps.slice(2)).toEqual([8, 14].map((line) => ({ path, line, says: 'here a goroutine waits for ever on the same channel too' })));
    expect(grouped.flatMap(placesOf).map(({ fingerprint, steps }) => [fingerprint, steps.length])).toEqual([['f20', 2], ['f10', 2], ['f8', 2], ['f14', 2], ['f12', 2], ['f20', 2]]);
  });

  test('are told apart by what was posted and dismissed', () => {
    const text = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`).join('\n');
    const leaks = perCause([at(8), at(10), at(12), at(14)], 'en');
    const planned = plan({ leaks, changes: [{ path, previousPath: null, status: 'modified', hunks: diffTexts('', text) }], posted: new Set(['f8', 'f12']), dismissed: new Map([['f12', 'ignored']]), texts: new Map(), maxComments: 10, conclusion: 'neutral', incomplete: false });
    expect(planned.comments.map(({ leak }) => placesOf(leak).map(({ fingerprint }) => fingerprint))).toEqual([['f10', 'f14']]);
    expect(planned.remaining.map(({ leak, why }) => [leak.fingerprint, why])).toEqual([['f8', 'already-posted'], ['f12', 'ignored']]);
    const [comment] = planned.comments;
    const body = comment === undefined ? '' : commentBody(comment, { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'a'.repeat(40), language: 'zh-CN' });
    expect(readMarker(body)).toMatchObject({ fingerprint: 'f10', also: ['f14'] });
  });
});
