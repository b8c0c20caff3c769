import { afterEach, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { leakingProgram } from './support/leak.ts';
import { setScene, type Scene, type SceneOptions } from './support/scene.ts';

/** The requests of a whole review by the App's own analysis, the one for the token among them. */
let scene: Scene;

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

async function reviewed(options: SceneOptions): Promise<readonly string[]> {
  // In this process, since nothing here is hostile.
  scene = await setScene({ review, ...options });
  await scene.github.openPullRequest({ title: 'A change', base: 'main', head: 'feature' });
  await scene.app.idle();
  return scene.github.requests.map(({ method, path }) => `${method} ${path.replace(`/repos/${scene.github.owner}/${scene.github.repo}`, '')}`);
}

const commented = (): readonly string[] => scene.github.pull(1).comments.map(({ path, line }) => `${path}:${line ?? 0}`);
const packages = (count: number, text: (index: number) => string): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}/a.go`, text(index)]));
const leaky = (name: string): string => leakingProgram.replace('package fetch', `package ${name}`);

test('a change of several packages with other files, and with comments to post, takes 7', async () => {
  const others = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`p${index}/b.go`, `package p${index}\n\nfunc other() {}\n`]));
  const requests = await reviewed({ base: others, feature: packages(8, (index) => leaky(`p${index}`)) });
  expect(commented()).toHaveLength(8);
  expect(requests.map((request) => request.replace(/\d+\/access_tokens|(?<=runs\/)\d+/, '…'))).toEqual([
    'POST /app/installations/…', 'POST /graphql', 'GET /pulls/1/files', 'POST /check-runs', 'POST /graphql', 'POST /pulls/1/reviews', 'PATCH /check-runs/…',
  ]);
});

test('a change of 90 files in one package takes 7', async () => {
  const requests = await reviewed({ base: { 'p/other.go': 'package p\n' }, feature: Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`p/f${index}.go`, index === 0 ? leaky('p') : `package p\n\nfunc f${index}() {}\n`])) });
  expect(commented()).toEqual(['p/f0.go:6']);
  expect(requests).toHaveLength(7);
});

test('a change of many packages takes one more for each hundred of their other files', async () => {
  const others = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`p${index}/b.go`, `package p${index}\n`]));
  expect(await reviewed({ base: others, feature: packages(30, (index) => leaky(`p${index}`)) })).toHaveLength(8);
});

test('a change without Go takes 3, and one for the token', async () => {
  expect(await reviewed({ feature: { 'README.md': '# Changed\n', 'go.mod': 'module example.com/service\n\ngo 1.22\n\nrequire x v1\n' } })).toHaveLength(4);
});

test('where GitHub fails at whole directories, their names and then the files are asked for', async () => {
  scene = await setScene({ review, base: { 'fetch/other.go': 'package fetch\n' } });
  scene.github.fail({ match: ({ path, body }) => path === '/graphql' && JSON.stringify(body).includes('oid text isBinary'), with: { status: 502 }, times: 4 });
  await scene.github.openPullRequest({ title: 'A change', base: 'main', head: 'feature' });
  await scene.app.idle();
  expect(commented()).toEqual(['fetch/fetch.go:6']);
});

test('the go line of go.mod alone is a change of the whole module', async () => {
  const drain = 'package p\n\nimport "time"\n\nfunc wait() {\n\tt := time.NewTimer(time.Hour)\n\tt.Stop()\n\t<-t.C\n}\n';
  await reviewed({ base: { 'p/a.go': drain }, feature: { 'go.mod': 'module example.com/service\n\ngo 1.23\n' } });
  expect(commented()).toEqual(['go.mod:3']);
  expect(scene.github.pull(1).comments[0]?.body).toContain('This change reaches `p/a.go:8`.');
});

test('a file whose diff GitHub does not show is compared by its texts', async () => {
  const filler = (mark: string): string => Array.from({ length: 11_000 }, (_, index) => `var v${index} = ${index}${mark}\n`).join('');
  const file = (mark: string, size: string): string => `${leakingProgram.replace('make(chan int)', `make(chan int${size})`)}\n${filler(mark)}`;
  const requests = await reviewed({ base: { 'fetch/fetch.go': file('', ', 1') }, feature: { 'fetch/fetch.go': file('0', '') } });
  const [run] = scene.github.checkRuns();
  expect(run?.summary).toContain('`fetch/fetch.go:');
  expect(run?.title).toBe('1 goroutine leak introduced by this change');
  expect(requests.filter((request) => request.startsWith('GET /compare/'))).toHaveLength(1);
});
