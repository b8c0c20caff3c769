import { finds } from './finds.ts';
import { aLeak, leakingProgram } from './leak.ts';
import type { CheckRunState, CommentState, PullRequestState } from '../embedded-github/index.ts';
import type { Leak } from '../../src/finding.ts';
import type { Scene, SceneOptions } from './scene.ts';

/** One thing that happens to a pull request, and that the App does something about. It can be played on any number of pull requests of a scene. */
export interface Act {
  readonly name: string;
  /** What the App may do with contents. */
  readonly contents: 'read' | 'write';
  /** Opens a pull request as it is when the act begins, without telling the App. Resolves to its number. */
  readonly prepare: (scene: Scene) => Promise<number>;
  /** Resolves when the App is told. */
  readonly happen: (scene: Scene, pull: number) => Promise<unknown>;
  /** The certain findings at the end. */
  readonly certain: readonly Leak[];
}

const kept = aLeak({ fingerprint: 'kept', message: 'The goroutine kept waits for ever.' });
const at = (line: number, fingerprint: string): Leak => aLeak({ line, endLine: line, fix: null, fingerprint, message: `The goroutine ${fingerprint} waits for ever.` });
const many = Array.from({ length: 51 }, (_, index) => aLeak({ confidence: 'likely', fix: null, fingerprint: `likely${index}`, message: `The goroutine ${index} may wait for ever.`, steps: [] }));
const first = [kept, at(9, 'other'), ...many];
const before = [kept, at(8, 'gone'), at(9, 'talked-about'), at(10, 'back')];
const after = [kept, at(10, 'back'), at(12, 'fresh')];

/** What the analysis finds depends on the branch alone, so that scenes and acts can share it. */
export function sceneOf(contents: Act['contents']): SceneOptions {
  return {
    base: { '.github/goleash.yml': 'conclusion: failure\napply-fixes: true\n' },
    roles: { maintainer: 'write' },
    permissions: { metadata: 'read', contents, checks: 'write', pull_requests: 'write', merge_queues: 'read' },
    review: async (source, options) => {
      const paths = new Set((await source.diff()).map(({ path }) => path));
      if (paths.has('fetch/fixable.go')) {
        const program = (await source.texts('head', ['fetch/fetch.go'])).get('fetch/fetch.go');
        return finds(...(program?.kind === 'text' && program.text.includes('make(chan int, 1)') ? [] : [kept]))(source, options);
      }
      return finds(...(paths.has('fetch/after.go') ? after : paths.has('fetch/before.go') ? before : first))(source, options);
    },
  };
}

/** The pull request of a scene that the others like it are made after. */
const patterns = new WeakMap<Scene, PullRequestState>();

/** On the branch `later`, once the App has commented on what it finds before; the same for each pull request of the scene. */
async function commented(scene: Scene): Promise<number> {
  const { github, repository } = scene;
  if (!patterns.has(scene)) {
    repository.commit('later', { 'fetch/fetch.go': leakingProgram, 'fetch/before.go': 'package fetch\n' });
    const pattern = await github.openPullRequest({ title: 'The first of its kind', base: 'main', head: 'later' });
    await scene.app.idle();
    const [, , talkedAbout, back] = pattern.comments;
    if (talkedAbout === undefined || back === undefined) throw new Error('The App did not comment.');
    for (const { id } of [talkedAbout, back]) await github.replyToComment(id, 'octocat', 'We know.', { deliver: false });
    back.minimized = 'outdated';
    back.body = back.body.replace(/ -->$/, ` gone=${'0'.repeat(40)} -->`);
    repository.commit('later', { 'fetch/after.go': 'package fetch\n' });
    await github.pushed(pattern.number, { deliver: false });
    patterns.set(scene, pattern);
  }
  const pattern = patterns.get(scene);
  const pull = await github.openPullRequest({ title: 'Another one', base: 'main', head: 'later', deliver: false });
  // Ids of their own, far from those that are given next.
  const own = (id: number): number => id + pull.number * 1e10;
  pull.reviews.push(...(pattern?.reviews ?? []).map((review) => ({ ...review, id: own(review.id) })));
  pull.comments.push(...(pattern?.comments ?? []).map((comment) => ({ ...comment, id: own(comment.id), reviewId: own(comment.reviewId), inReplyTo: comment.inReplyTo === null ? null : own(comment.inReplyTo) })));
  return pull.number;
}

async function replied(scene: Scene, pull: number, author: string, body: string): Promise<void> {
  const comment = scene.github.pull(pull).comments.find((one) => one.body.includes('fp=kept'));
  await scene.github.replyToComment(comment?.id ?? 0, author, body);
}

/** On a branch of its own, because the App is going to commit to it; once the App has commented. */
async function fixable(scene: Scene): Promise<number> {
  const { github, repository } = scene;
  if (repository.git('branch', '--list', 'fixable') === '') repository.commit('fixable', { 'fetch/fetch.go': leakingProgram, 'fetch/fixable.go': 'package fetch\n' });
  const branch = `fixable-${github.checkRuns().length}`;
  repository.git('branch', branch, 'fixable');
  const pull = await github.openPullRequest({ title: 'To be fixed', base: 'main', head: branch });
  await scene.app.idle();
  return pull.number;
}

async function opened(scene: Scene, head: string): Promise<number> {
  return (await scene.github.openPullRequest({ title: 'A change', base: 'main', head, deliver: false })).number;
}

export const acts: readonly Act[] = [
  {
    name: 'a first review, with more annotations than a request takes',
    contents: 'write',
    prepare: (scene) => opened(scene, 'feature'),
    happen: (scene, pull) => scene.github.reopen(pull),
    certain: first.filter(({ confidence }) => confidence === 'certain'),
  },
  {
    name: 'a push and a command, after which comments are posted, answered, resolved, folded and unfolded',
    contents: 'write',
    prepare: commented,
    happen: (scene, pull) => replied(scene, pull, 'maintainer', '/goleash ignore it ends with the process'),
    certain: after,
  },
  {
    name: 'a push and a question, after which a comment is deleted and one is explained',
    contents: 'read',
    prepare: commented,
    happen: (scene, pull) => replied(scene, pull, 'octocat', '/goleash explain'),
    certain: after,
  },
  {
    name: 'a merge group',
    contents: 'write',
    prepare: (scene) => opened(scene, 'feature'),
    happen: (scene, pull) => scene.github.enqueue(pull),
    certain: first.filter(({ confidence }) => confidence === 'certain'),
  },
  {
    name: 'a change without Go',
    contents: 'write',
    prepare: (scene: Scene): Promise<number> => {
      if (scene.repository.git('branch', '--list', 'docs') === '') scene.repository.commit('docs', { 'README.md': '# Changed\n' });
      return opened(scene, 'docs');
    },
    happen: (scene, pull) => scene.github.reopen(pull),
    certain: [],
  },
  {
    name: 'a press of the button, after which the fixes are committed and reviewed',
    contents: 'write',
    prepare: fixable,
    happen: (scene: Scene, pull: number): Promise<unknown> => {
      const run = runsOf(scene, pull).at(-1);
      if (run === undefined) throw new Error('There is no check run.');
      return scene.github.requestAction(run.id, 'apply-fixes', 'maintainer');
    },
    certain: [],
  },
];

/** Delivers all webhooks again but the first so many, in their order and one by one, as the owner of an App can. */
export async function deliverAgain({ github, app }: Scene, after: number): Promise<void> {
  for (const { event, payload, guid } of github.deliveries.slice(after)) {
    await github.deliver(event, payload, { guid });
    await app.idle();
  }
}

/** What readers see of a pull request, told alike whatever its number, its host, and how often the App had to try. */
export interface Outcome {
  readonly comments: readonly string[];
  /** Of the newest check run; empty where there is none. */
  readonly check: string;
  readonly annotations: readonly string[];
  /** What check runs say of a press of their button. */
  readonly notes: readonly string[];
  /** Those that are on the branch beyond the one that it was opened with. */
  readonly commits: number;
  /** All check runs that are not completed. */
  readonly open: number;
  readonly checks: number;
  readonly newest: CheckRunState | null;
}

export function outcomeOf(scene: Scene, pull: number): Outcome {
  const { github, repository } = scene;
  const runs = runsOf(scene, pull);
  const newest = runs.at(-1) ?? null;
  const branch = github.pull(pull).headRef;
  return {
    comments: github.pull(pull).comments.map((comment) => neutral(shown(comment), github.url)).sort(),
    check: newest === null ? '' : neutral(`${newest.status} ${newest.conclusion ?? ''} ${newest.title ?? ''}`, github.url),
    annotations: newest?.annotations.map(({ path, start_line: line, message }) => neutral(`${path}:${line} ${message}`, github.url)) ?? [],
    notes: runs.flatMap(({ summary }) => /<!-- goleash:note -->\n\*\*(.*?)\*\*/.exec(summary ?? '')?.[1] ?? []).map((note) => neutral(note, github.url)),
    commits: branch.startsWith('fixable-') ? Number(repository.git('rev-list', '--count', `fixable..${branch}`)) : 0,
    open: runs.filter(({ status }) => status !== 'completed').length,
    checks: runs.length,
    newest,
  };
}

/** The check runs of a pull request, those of its merge groups too. */
function runsOf({ github }: Scene, pull: number): readonly CheckRunState[] {
  const about = new RegExp(`^(?:merge-group [0-9a-f]+ )?${pull}$`);
  return github.checkRuns().filter(({ externalId }) => about.test(externalId));
}

function shown({ author, path, line, body, inReplyTo, resolved, minimized }: CommentState): string {
  return `${author} ${path}:${line ?? 0}${inReplyTo === null ? '' : ' reply'}${resolved ? ' resolved' : ''} ${minimized ?? ''}\n${body}`;
}

function neutral(text: string, url: string): string {
  return text.replaceAll(url, 'URL').replaceAll(/[0-9a-f]{40}/g, 'SHA').replaceAll(/`[0-9a-f]{12}`/g, '`SHA`').replaceAll(/\d{9,}/g, 'ID');
}
