/** The life of one pull request, from its opening to the merge queue: the demo's own change, and what its author and its reviewers then do. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { EmbeddedGitHub } from '../embedded-github/index.ts';

/** Where it is lived. The branch `do-not-wait` comes from `main`, whose files are those of `base/`. */
export interface Stage {
  readonly github: EmbeddedGitHub;
  /** Commits files on the branch `do-not-wait`, in place of its last commit where that is amended. */
  readonly commit: (files: Readonly<Record<string, string>>, options?: { readonly amend: boolean }) => Promise<unknown>;
}

export interface LifeStep {
  readonly name: string;
  readonly happens: (stage: Stage) => Promise<unknown>;
}

export const branch = 'do-not-wait';
/** Who opens the pull request, and may not write; and who may. */
export const [author, owner] = ['octocat', 'acme'];

const written = (name: string): string => readFileSync(path.join(import.meta.dirname, 'repository/head', name), 'utf8');
const [handler, lock, meter] = ['quote/handler.go', 'depot/lock.go', 'usage/meter.go'] as const;

function changed(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The demo's text does not hold ${JSON.stringify(from)} any more.`);
  return text.replace(from, to);
}

/** Without one of its two leaks. */
const mendedLock = changed(written(lock), '\t\t\t\t<-timer.C\n', '\t\t\t\tselect {\n\t\t\t\tcase <-timer.C:\n\t\t\t\tdefault:\n\t\t\t\t}\n');

async function say(github: EmbeddedGitHub, file: string, by: string, body: string): Promise<void> {
  const comment = github.pull(1).comments.find(({ path: at, inReplyTo }) => at === file && inReplyTo === null);
  if (comment === undefined) throw new Error(`There is no comment on ${file}.`);
  await github.replyToComment(comment.id, by, body);
}

export const life: readonly LifeStep[] = [
  {
    name: 'opens with three leaks',
    happens: async ({ github, commit }: Stage): Promise<void> => {
      await commit({ [handler]: written(handler), [lock]: written(lock) });
      await github.openPullRequest({ title: 'Do not wait for slow carriers', body: 'A quote has a deadline now, and a depot’s lock is kept alive while its parcels are dispatched.', base: 'main', head: branch, author });
    },
  },
  {
    name: 'is pushed to: one leak is fixed, another is added',
    happens: async ({ github, commit }: Stage): Promise<void> => {
      await commit({ [lock]: mendedLock, [meter]: written(meter) });
      await github.pushed(1);
    },
  },
  {
    name: 'is pushed to with force: the code has moved',
    happens: async ({ github, commit }: Stage): Promise<void> => {
      await commit({ [handler]: changed(written(handler), '// NewHandler returns', '// A carrier that is slow must not keep the client waiting.\n\n// NewHandler returns') }, { amend: true });
      await github.pushed(1);
    },
  },
  { name: 'is asked about: /goleash explain, by its author', happens: ({ github }) => say(github, handler, author, '/goleash explain') },
  { name: 'is decided on: /goleash ignore, by the owner', happens: ({ github }) => say(github, lock, owner, '/goleash ignore a depot is closed once a day') },
  {
    name: 'suppresses a leak in its code',
    happens: async ({ github, commit }: Stage): Promise<void> => {
      await commit({ [meter]: changed(written(meter), '\tgo m.run()\n', '\t//goleash:ignore missing-close meters live as long as the process\n\tgo m.run()\n') });
      await github.pushed(1);
    },
  },
  {
    name: 'has its check run again',
    happens: async ({ github }: Stage): Promise<void> => {
      const run = github.checkRuns(github.pull(1).headSha).at(-1);
      if (run === undefined) throw new Error('There is no check run.');
      await github.rerequestCheckRun(run.id);
    },
  },
  { name: 'enters the merge queue', happens: ({ github }) => github.enqueue(1) },
];
