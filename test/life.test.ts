import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { languages } from '../src/words.ts';
import { branch, life, owner } from './demo/life.ts';
import { setScene } from './support/scene.ts';
import type { Scene } from './support/scene.ts';

let scene: Scene;

afterEach(async () => {
  await scene.close();
  expect(scene.github.violations).toEqual([]);
  expect(scene.github.unplanned).toEqual([]);
});

const base = path.join(import.meta.dirname, 'demo/repository/base');
const baseFiles = Object.fromEntries(
  readdirSync(base, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file) => [path.relative(base, file), readFileSync(file, 'utf8')] as const),
);

/** The comments and replies of the pull request, and its newest check run. */
function seen(): { readonly comments: readonly string[]; readonly title: string } {
  const { comments } = scene.github.pull(1);
  const run = scene.github.checkRuns().at(-1);
  return {
    comments: comments.map(({ path: at, author, inReplyTo, body }) => `${author} ${at}${inReplyTo === null ? '' : ' replies'}: ${/ rule=(\S+) -->$/.exec(body)?.[1] ?? body.split(/[ ，]/)[0] ?? ''}`),
    title: `${run?.status ?? ''} ${run?.conclusion ?? ''}: ${run?.title ?? ''}`,
  };
}

const [sent, drained, broken, unclosed] = ['goleash[bot] quote/handler.go: abandoned-send', 'goleash[bot] depot/lock.go: timer-drain', 'goleash[bot] depot/lock.go: break-in-select', 'goleash[bot] usage/meter.go: missing-close'];
const explained = ['octocat quote/handler.go replies: /goleash', 'goleash[bot] quote/handler.go replies: **Case'];
const ignored = ['acme depot/lock.go replies: /goleash', 'goleash[bot] depot/lock.go replies: Ignored,'];

/** After each step of the life. */
const states: readonly (readonly [comments: readonly string[], leaks: number, checks: number])[] = [
  [[drained, broken, sent], 3, 1],
  [[broken, sent, unclosed], 3, 2],
  [[broken, sent, unclosed], 3, 3],
  [[broken, sent, unclosed, ...explained], 3, 4],
  [[broken, sent, unclosed, ...explained, ...ignored], 2, 5],
  [[broken, sent, ...explained, ...ignored], 1, 6],
  [[broken, sent, ...explained, ...ignored], 1, 7],
  [[broken, sent, ...explained, ...ignored], 1, 8],
];

const inLanguage = {
  en: { title: (leaks: number) => `${leaks} goroutine leak${leaks === 1 ? '' : 's'} introduced by this change`, words: (comment: string) => comment },
  'zh-CN': { title: (leaks: number) => `此变更引入了 ${leaks} 处 goroutine 泄露`, words: (comment: string) => comment.replace('Ignored,', '已按').replace('**Case', '**案例') },
} as const;

describe.each(languages)('the life of a pull request in %s', (language) => {
  test('is answered step by step', async () => {
    const { title, words } = inLanguage[language];
    scene = await setScene({ review, base: { ...baseFiles, '.github/goleash.yml': `language: ${language}\n` }, roles: { [owner]: 'admin' } });
    expect(life).toHaveLength(states.length);
    for (const [index, { name, happens }] of life.entries()) {
      const [comments = [], leaks = 0, checks = 0] = states[index] ?? [];
      await happens({ github: scene.github, commit: (files, options) => Promise.resolve(scene.repository.commit(branch, files, options)) });
      await scene.app.idle();
      expect({ name, ...seen(), checks: scene.github.checkRuns().length }).toEqual({ name, comments: comments.map(words), title: `completed neutral: ${title(leaks)}`, checks });
    }
    // Two of comments, none with words of its own, and one for each reply.
    expect(scene.github.pull(1).reviews.filter(({ author }) => author === 'goleash[bot]').map(({ body }) => body)).toEqual(['', '', '', '']);
  });
});
