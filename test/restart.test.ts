import { afterEach, describe, expect, test } from 'vitest';
import { acts, deliverAgain, outcomeOf, sceneOf } from './support/acts.ts';
import { setScene } from './support/scene.ts';
import type { RecordedRequest } from './embedded-github/index.ts';
import type { Act } from './support/acts.ts';
import type { Scene } from './support/scene.ts';

let scene: Scene;

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

function writes({ method, path, body }: RecordedRequest): boolean {
  if (path.endsWith('/access_tokens')) return false;
  return path === '/graphql' ? (body as { readonly query: string }).query.startsWith('mutation') : method !== 'GET';
}

/** Plays an act by an App of which GitHub hears nothing more after so many of its writes, not even the answer's receipt: as if its process had been ended there. Resolves to what delivers its webhooks again. */
async function playUntil(act: Act, pull: number, most: number): Promise<() => Promise<void>> {
  let written = 0;
  scene.github.fail({ match: (request) => written < most && writes(request) && (written += 1) === most, with: 'apply-then-cut' });
  scene.github.fail({ match: () => written === most, with: 'cut', times: 1_000 });
  const before = scene.github.deliveries.length;
  await act.happen(scene, pull);
  await scene.app.idle();
  scene.github.clearFaults();
  await scene.restart();
  return () => deliverAgain(scene, before);
}

describe.each(acts)('$name', (act) => {
  test('is completed by the next process, once, wherever the first one ended', async () => {
    scene = await setScene({ ...sceneOf(act.contents), pace: { retryUnitMs: 1, backoffMs: [1] } });
    const whole = await act.prepare(scene);
    scene.github.clearRequests();
    await act.happen(scene, whole);
    await scene.app.idle();
    const { comments, check, annotations, commits } = outcomeOf(scene, whole);
    const count = scene.github.requests.filter(writes).length;
    expect(count).toBeGreaterThan(0);
    for (let most = 1; most <= count; most += 1) {
      const pull = await act.prepare(scene);
      const again = await playUntil(act, pull, most);
      await again();
      expect({ most, ...outcomeOf(scene, pull) }).toMatchObject({ most, comments, check, annotations, commits, open: 0 });
    }
  });
});

test('a push after the end closes what was begun on the head before it', async () => {
  scene = await setScene({ ...sceneOf('read'), pace: { retryUnitMs: 1, backoffMs: [1] } });
  const [act] = acts;
  if (act === undefined) throw new Error('There are no acts.');
  const pull = await act.prepare(scene);
  await playUntil(act, pull, 1);
  expect(scene.github.checkRuns().map(({ status }) => status)).toEqual(['in_progress']);
  scene.repository.commit('feature', { 'fetch/more.go': 'package fetch\n' });
  await scene.github.pushed(pull);
  await scene.app.idle();
  expect(scene.github.checkRuns().map(({ headSha, conclusion, title }) => [headSha === scene.github.pull(pull).headSha, conclusion, title])).toEqual([
    [false, 'cancelled', 'Superseded by a newer push'],
    [true, 'failure', '2 goroutine leaks and 51 likely leaks introduced by this change'],
  ]);
});
