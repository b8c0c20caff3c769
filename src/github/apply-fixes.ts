import { createHash } from 'node:crypto';
import { combineFixes, fixedTexts, pathsOfFixes, proveTogether } from '../combine-fixes.ts';
import { fixedSource } from '../fixed-source.ts';
import { splitBy } from '../one-cause.ts';
import { classify } from './failure.ts';
import { listFiles } from './list-files.ts';
import { commitFiles } from './publish.ts';
import { readCommitFiles } from './read-commit.ts';
import { createGitHubSource, readableTexts } from './source.ts';
import { dismissals } from './threads.ts';
import { words } from './words.ts';
import type { CombinedFixes, SafeFix } from '../combine-fixes.ts';
import type { Config } from '../config.ts';
import type { FileChange } from '../diff.ts';
import type { Review } from '../review.ts';
import type { Source } from '../source/source.ts';
import type { Applied, NotApplied } from './applied.ts';
import type { Client, PullAddress } from './client.ts';
import type { PullRequest } from './read-pull-request.ts';

export interface ApplyInput {
  readonly client: Client;
  readonly address: PullAddress;
  readonly pull: PullRequest;
  /** The head whose fixes are wanted. */
  readonly head: string;
  readonly config: Config;
  readonly review: (source: Source) => Promise<Review>;
  readonly now: () => number;
}

const noFixes: CombinedFixes = { fixes: [], leftOut: [] };

function notApplied(why: NotApplied, fixes: CombinedFixes = noFixes): Applied {
  return { kind: 'not', why, fixes };
}

/**
 * Commits all safe fixes of a head in one commit, whose parent that head is. They are found again, because nothing is kept between events, and
 * seen to cure together. Pressed twice, it commits once: the second time the head has moved, by a commit of ours. Rejects as the client does.
 */
export async function applyFixes(input: ApplyInput): Promise<Applied> {
  const { client, address, pull, head, config } = input;
  if (!pull.open) return notApplied('closed');
  if (pull.head !== head) {
    const sha = await earlierCommit(client, address, head, pull.head);
    return sha === null ? notApplied('moved') : { kind: 'already', sha };
  }
  if (!config.applyFixes) return notApplied('switched-off');
  if (pull.fork) return notApplied('fork');
  if (!(await mayCommit(client))) return notApplied('permission');

  const changes: FileChange[] = [];
  for await (const page of listFiles(client, address)) changes.push(...page.changes);
  const source = createGitHubSource({ client, pull: address, head, base: pull.base, changes, now: input.now });
  const before = await input.review(source);
  const dismissed = dismissals(pull.threads);
  const leaks = before.leaks.flatMap((leak) => splitBy(leak, (fingerprint) => dismissed.get(fingerprint) ?? '')).filter(({ fingerprint }) => !dismissed.has(fingerprint));
  const paths = pathsOfFixes(leaks);
  const texts = await readableTexts(source, paths);
  const commit = paths.length === 0 ? null : await readCommitFiles(client, address, head, paths);
  const files = new Map([...texts].flatMap(([path, text]) => {
    const file = commit?.files.get(path);
    const mode = modes.find((known) => known === file?.mode);
    // What does not come back as the same bytes would be changed beyond the fix.
    return file === undefined || mode === undefined || blobId(text, file.oid) !== file.oid ? [] : [[path, { text, mode }] as const];
  }));
  const own = new Map([...files].map(([path, { text }]) => [path, text]));
  const fixes = await proveTogether(combineFixes(leaks, own), before, own, (fixed) => input.review(fixedSource(source, fixed)));
  if (fixes.fixes.length === 0 || commit === null) return notApplied('nothing', fixes);

  const committed = await commitFiles(client, address, {
    branch: pull.branch,
    parent: head,
    tree: commit.tree,
    files: [...fixedTexts(fixes.fixes, own)].map(([path, text]) => ({ path, text, mode: files.get(path)?.mode ?? '100644' })),
    message: messageOf(fixes.fixes, head, config),
  });
  if (committed.kind === 'moved') return notApplied('moved');
  return committed.kind === 'committed' ? { ...committed, fixes } : committed;
}

/** The App asks for no more than to read contents; an owner can grant it to write them. */
export async function mayCommit(client: Client): Promise<boolean> {
  return (await client.permissions())['contents'] === 'write';
}

const modes = ['100644', '100755'] as const;

/** The id that git gives a text, by the hash of an id that it is to be compared with. */
function blobId(text: string, like: string): string {
  const bytes = Buffer.from(text, 'utf8');
  return createHash(like.length === 64 ? 'sha256' : 'sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** By which a commit of ours is found again: no other has this line and this parent. */
function trailer(head: string): string {
  return `Goleash-Fixes: ${head}`;
}

/** Rules and functions alone: in a commit's message, other text of the pull request could mention people or close issues. */
function messageOf(fixes: readonly SafeFix[], head: string, { language }: Config): string {
  const lines = fixes.map(({ leak }) => `- ${leak.rule}: ${leak.function.replaceAll(/[^\p{L}\p{N}_.]/gu, '_')}`);
  return `${words[language].commitTitle(fixes.length)}\n\n${lines.join('\n')}\n\n${trailer(head)}`;
}

/** The commit that an earlier press has made on this head, where the branch still holds it. */
async function earlierCommit(client: Client, { owner, repo }: PullAddress, head: string, now: string): Promise<string | null> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/compare/{basehead}', { owner, repo, basehead: `${head}...${now}`, per_page: 100 });
    const found = data.commits.find(({ commit, parents }) => parents[0]?.sha === head && commit.message.split('\n').includes(trailer(head)));
    return found?.sha ?? null;
  } catch (error) {
    // Pushed over by force, with no history in common.
    if (classify(error, Date.now()).kind === 'not-found') return null;
    throw error;
  }
}
