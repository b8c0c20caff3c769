import { longestOutput } from './check-output.ts';
import { classify, isUncertain } from './failure.ts';
import { listFiles } from './list-files.ts';
import { liesInDiff } from './plan.ts';
import { cut } from './markdown.ts';
import { readTip } from './read-commit.ts';
import { readHead } from './read-pull-request.ts';
import { readThreads } from './threads.ts';
import type { FileChange } from '../diff.ts';
import type { OpenCheck } from '../jobs/queue.ts';
import type { CheckAnnotation, CheckOutput } from './check-output.ts';
import { checkName, externalId } from './external-id.ts';
import type { Client, PullAddress } from './client.ts';
import type { PlannedComment } from './plan.ts';
import type { Thread } from './threads.ts';

/** By which GitHub says that the button was pressed; at most 20 characters. */
export const applyFixesAction = 'apply-fixes';

/** GitHub takes 50 annotations a request and appends them: https://docs.github.com/rest/checks/runs#update-a-check-run */
const mostAnnotations = 50;

/** Creating twice is not creating once: Octokit's own retries are off for everything here that adds. */
const once = { retries: 0 } as const;

/** Shows on the head that the review runs. Rejects as the client does. */
export function startCheck(client: Client, pull: PullAddress, head: string, output: { readonly title: string; readonly summary: string }): Promise<OpenCheck> {
  return createCheck(client, pull, head, { status: 'in_progress', started_at: new Date().toISOString(), output });
}

/** A check run of ours, and whether an earlier attempt began it: then it may hold annotations already. */
export interface TakenCheck extends OpenCheck {
  readonly isTakenOver: boolean;
}

/** Completes a check run, or makes a completed one where there is none yet; resolves to it. A completed one can be completed anew. Rejects as the client does. */
export async function finishCheck(client: Client, pull: PullAddress, check: OpenCheck | TakenCheck | { readonly head: string }, output: CheckOutput): Promise<OpenCheck> {
  const completed = { status: 'completed', conclusion: output.conclusion, completed_at: new Date().toISOString(), ...buttons(output) } as const;
  const said = { title: output.title, summary: output.summary, ...(output.text === '' ? {} : { text: output.text }) };
  if (!('id' in check)) {
    const made = await createCheck(client, pull, check.head, { ...completed, output: { ...said, annotations: output.annotations.slice(0, mostAnnotations) } });
    return output.annotations.length > mostAnnotations ? finishCheck(client, pull, made, { ...output, annotations: output.annotations.slice(mostAnnotations) }) : made;
  }
  // The same code was analysed, so that the annotations that are there are the first of these.
  const there = 'isTakenOver' in check && check.isTakenOver && output.annotations.length > 0 ? (await readCheck(client, pull, check.id)).annotations : 0;
  const chunks = chunksOf(output.annotations.slice(there), mostAnnotations);
  const last = chunks.at(-1) ?? [];
  try {
    let sent = there;
    for (const chunk of chunks.slice(0, -1)) {
      sent += chunk.length;
      await updateCheck(client, pull, check.id, { output: { title: output.title, summary: output.summary, annotations: [...chunk] } }, sent);
    }
    await updateCheck(client, pull, check.id, { ...completed, output: { ...said, annotations: [...last] } }, sent + last.length);
  } catch (error) {
    if (last.length === 0 || classify(error, Date.now()).kind !== 'refused') throw error;
    // The verdict, and the text that lists the same findings, must not be lost with the marks at the lines.
    await updateCheck(client, pull, check.id, { ...completed, output: said }, 0);
  }
  return check;
}

function buttons({ button }: CheckOutput): Pick<NewCheck & { readonly status: 'completed' }, 'actions'> {
  return button === null ? {} : { actions: [{ ...button, identifier: applyFixesAction }] };
}

async function readCheck(client: Client, { owner, repo }: PullAddress, id: number): Promise<{ readonly annotations: number; readonly status: string }> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', { owner, repo, check_run_id: id });
  return { annotations: data.output.annotations_count, status: data.status };
}

interface Said {
  title: string;
  summary: string;
  text?: string;
  annotations?: CheckAnnotation[];
}

type NewCheck =
  | { readonly status: 'in_progress'; readonly started_at: string; readonly output: Said }
  | { readonly status: 'completed'; readonly conclusion: CheckOutput['conclusion']; readonly completed_at: string; readonly output: Said; readonly actions?: { label: string; description: string; identifier: string }[] };

async function createCheck(client: Client, pull: PullAddress, head: string, check: NewCheck): Promise<OpenCheck> {
  try {
    const { data } = await client.request('POST /repos/{owner}/{repo}/check-runs', {
      owner: pull.owner,
      repo: pull.repo,
      name: checkName,
      head_sha: head,
      external_id: externalId(pull),
      ...check,
      request: once,
    });
    return { id: Number(data.id), head };
  } catch (error) {
    if (!isUncertain(error)) throw error;
    const made = await findCheck(client, pull, head, check.status);
    if (made === null) throw error;
    if (check.status === 'completed') await updateCheck(client, pull, made.id, check, check.output.annotations?.length ?? 0);
    return made;
  }
}

/** Our newest check run in this status on a head. Rejects as the client does. */
export async function findCheck(client: Client, pull: PullAddress, head: string, status: NewCheck['status']): Promise<OpenCheck | null> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', { owner: pull.owner, repo: pull.repo, ref: head, check_name: checkName, filter: 'all', per_page: 100 });
  const found = data.check_runs.find((run) => run.external_id === externalId(pull) && run.status === status);
  return found === undefined ? null : { id: Number(found.id), head };
}

/** `annotations` is how many the check run has when this update is done: annotations are appended, so an update that may have been carried out is looked up first. */
async function updateCheck(client: Client, pull: PullAddress, id: number, parameters: NewCheck | { readonly output: Said }, annotations: number): Promise<void> {
  const update = { owner: pull.owner, repo: pull.repo, check_run_id: id, ...parameters };
  const appends = (parameters.output.annotations?.length ?? 0) > 0;
  try {
    await client.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', appends ? { ...update, request: once } : update);
  } catch (error) {
    if (!appends || !isUncertain(error)) throw error;
    const now = await readCheck(client, pull, id);
    if (now.annotations >= annotations && (!('status' in parameters) || now.status === parameters.status)) return;
    await client.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { ...update, request: once });
  }
}

/** Hidden around a note, so that the next one takes its place. */
const noteMarks = ['<!-- goleash:note -->', '<!-- /goleash:note -->'] as const;

/** Puts a note above what a check run says, and takes its button away where it is of no more use. A check run that is gone has nothing to be said. Rejects as the client does. */
export async function noteOnCheck(client: Client, { owner, repo }: PullAddress, id: number, note: string, keepButton: boolean): Promise<void> {
  try {
    const { data } = await client.request('GET /repos/{owner}/{repo}/check-runs/{check_run_id}', { owner, repo, check_run_id: id });
    const [open, close] = noteMarks;
    const summary = data.output.summary ?? '';
    const said = summary.startsWith(open) ? summary.slice(summary.indexOf(close) + close.length).trimStart() : summary;
    const output = { title: data.output.title ?? checkName, summary: cut(`${open}\n${note}\n${close}\n\n${said}`, longestOutput, '…'), ...(data.output.text === null ? {} : { text: data.output.text }) };
    await client.request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', { owner, repo, check_run_id: id, output, ...(keepButton ? {} : { actions: [] }) });
  } catch (error) {
    if (classify(error, Date.now()).kind !== 'not-found') throw error;
  }
}

export interface NewCommit {
  readonly branch: string;
  /** Its one parent, which must be the branch's tip. */
  readonly parent: string;
  /** The parent's tree. */
  readonly tree: string;
  readonly files: readonly { readonly path: string; readonly mode: '100644' | '100755'; readonly text: string }[];
  readonly message: string;
}

export type Committed = { readonly kind: 'committed'; readonly sha: string } | { readonly kind: 'moved' } | { readonly kind: 'refused'; readonly says: string };

/** Commits files on a branch whose tip is the parent, and on no other. Rejects as the client does where it is not known what became of it. */
export async function commitFiles(client: Client, pull: PullAddress, { branch, parent, tree: base, files, message }: NewCommit): Promise<Committed> {
  const { owner, repo } = pull;
  try {
    const tree = await client.request('POST /repos/{owner}/{repo}/git/trees', { owner, repo, base_tree: base, tree: files.map(({ path, mode, text }) => ({ path, mode, type: 'blob' as const, content: text })) });
    const { data: commit } = await client.request('POST /repos/{owner}/{repo}/git/commits', { owner, repo, message, tree: tree.data.sha, parents: [parent] });
    if ((await readTip(client, pull, branch)) !== parent) return { kind: 'moved' };
    return await moveBranch(client, pull, branch, commit.sha, parent);
  } catch (error) {
    const says = refusalOf(error);
    if (says === null) throw error;
    return { kind: 'refused', says };
  }
}

/** Never by force: where the branch moved meanwhile, GitHub refuses. */
async function moveBranch(client: Client, pull: PullAddress, branch: string, sha: string, parent: string): Promise<Committed> {
  try {
    await client.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', { owner: pull.owner, repo: pull.repo, ref: `heads/${branch}`, sha, force: false });
    return { kind: 'committed', sha };
  } catch (error) {
    const says = refusalOf(error);
    if (says === null && !isUncertain(error)) throw error;
    const tip = await readTip(client, pull, branch);
    if (tip === sha) return { kind: 'committed', sha };
    if (tip !== parent) return { kind: 'moved' };
    if (says === null) throw error;
    return { kind: 'refused', says };
  }
}

/** Why GitHub does not take what was sent: for what it is, or for who may. Null for any other failure. */
function refusalOf(error: unknown): string | null {
  const failure = classify(error, Date.now());
  if (failure.kind === 'refused') return failure.says;
  if (failure.kind !== 'permission') return null;
  return failure.needed === null ? failure.says : `${failure.says} (${failure.needed})`;
}

/** A planned comment and its body, written for the head. */
export interface WrittenComment {
  readonly planned: PlannedComment;
  readonly body: string;
}

export interface ReviewToPost {
  readonly pull: PullAddress;
  /** The head that was read; every comment lies in its diff. */
  readonly head: string;
  readonly body: string;
  readonly comments: readonly WrittenComment[];
}

export type PostedReview =
  /** `says` is GitHub's reason, or the permission that it wants, where something was refused. */
  | { readonly kind: 'posted'; readonly refused: readonly PlannedComment[]; readonly says: string | null }
  /** Nothing was posted: the pull request has another head now, or is not to be seen any more. */
  | { readonly kind: 'moved'; readonly head: string | null };

/**
 * Posts one review with all the comments. GitHub refuses a review as a whole for one bad comment and does not say which:
 * then the comments are held against a fresh diff, and, if that does not help, tried in two halves; what is still refused is returned.
 * Rejects as the client does, where it is not known that the review was made.
 */
export async function postReview(client: Client, review: ReviewToPost): Promise<PostedReview> {
  const refusal = await tryReview(client, review);
  if (refusal === null) return { kind: 'posted', refused: [], says: null };
  const head = await readHead(client, review.pull);
  if (head !== review.head) return { kind: 'moved', head };
  const changes = await freshChanges(client, review.pull);
  const fitting = review.comments.filter(({ planned }) => liesInDiff(planned.anchor, changes));
  const refused = review.comments.filter((comment) => !fitting.includes(comment));
  // Smaller parts than the whole that was refused: all that still fit, or the two halves.
  const isNew = refused.length > 0 && fitting.length > 0 && (await tryReview(client, { ...review, comments: fitting })) === null;
  if (!isNew) {
    for (const half of halves(fitting)) {
      if (half.length === review.comments.length || (await tryReview(client, { ...review, comments: half })) !== null) refused.push(...half);
    }
  }
  return { kind: 'posted', refused: refused.map(({ planned }) => planned), says: refusal };
}

/** Null where the review is made, else why GitHub refuses it: for what it holds, or for who may comment here. */
async function tryReview(client: Client, { pull, head, body, comments }: ReviewToPost): Promise<string | null> {
  try {
    await client.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews', {
      owner: pull.owner,
      repo: pull.repo,
      pull_number: pull.number,
      commit_id: head,
      event: 'COMMENT',
      body,
      comments: comments.map(({ planned: { anchor }, body: text }) => ({
        path: anchor.path,
        body: text,
        side: anchor.side,
        line: anchor.line,
        ...(anchor.startLine === null ? {} : { start_line: anchor.startLine, start_side: anchor.side }),
      })),
      request: once,
    });
    return null;
  } catch (error) {
    if (isUncertain(error)) {
      // GitHub answers 502 for reviews that it has made: only what is posted tells.
      const posted = new Set((await readThreads(client, pull))?.threads.map(({ fingerprint }) => fingerprint));
      if (comments.some(({ planned }) => posted.has(planned.leak.fingerprint))) return null;
      throw error;
    }
    // A locked conversation is a 403.
    const says = refusalOf(error);
    if (says === null) throw error;
    return says;
  }
}

/**
 * Answers in a thread, once: `answers` is the id of the comment that is answered, and in the body's marker. Resolves to whether the answer
 * is there; GitHub takes none where the conversation is locked or the comment gone. Rejects as the client does.
 */
export async function reply(client: Client, pull: PullAddress, thread: Thread, body: string, answers: string): Promise<boolean> {
  try {
    await client.request('POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies', {
      owner: pull.owner,
      repo: pull.repo,
      pull_number: pull.number,
      comment_id: thread.comment.id,
      body,
      request: once,
    });
    return true;
  } catch (error) {
    if (isUncertain(error)) {
      const now = await readThreads(client, pull);
      if (now?.threads.some(({ replies }) => replies.some((one) => one.answers === answers)) === true) return true;
      throw error;
    }
    if (['permission', 'refused', 'not-found'].includes(classify(error, Date.now()).kind)) return false;
    throw error;
  }
}

/** Resolves to whether GitHub says that the thread is resolved. Rejects as the client does. */
export async function resolveThread(client: Client, { id }: Thread): Promise<boolean> {
  const answer = await client.graphql<{ readonly resolveReviewThread: { readonly thread: { readonly isResolved: boolean } | null } | null }>(
    'mutation ($thread: ID!) { resolveReviewThread(input: { threadId: $thread }) { thread { isResolved } } }',
    { thread: id },
  );
  return answer.resolveReviewThread?.thread?.isResolved === true;
}

/** Deletes our comment. One that is gone already is deleted. Rejects as the client does. */
export async function deleteComment(client: Client, { owner, repo }: PullAddress, { comment }: Thread): Promise<void> {
  try {
    await client.request('DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}', { owner, repo, comment_id: comment.id });
  } catch (error) {
    // GitHub answers so also where it has deleted the comment at an attempt whose answer was lost.
    if (classify(error, Date.now()).kind !== 'not-found' || (await hasComment(client, { owner, repo }, comment.id))) throw error;
  }
}

async function hasComment(client: Client, { owner, repo }: Pick<PullAddress, 'owner' | 'repo'>, id: number): Promise<boolean> {
  try {
    await client.request('GET /repos/{owner}/{repo}/pulls/comments/{comment_id}', { owner, repo, comment_id: id });
    return true;
  } catch (error) {
    if (classify(error, Date.now()).kind !== 'not-found') throw error;
    return false;
  }
}

/**
 * Folds our comment away or unfolds it, and then gives it another body: by the body it is seen that nothing is left to be done.
 * A comment that GitHub does not fold is edited all the same. Rejects as the client does.
 */
export async function editComment(client: Client, { owner, repo }: PullAddress, { comment }: Thread, body: string, folded: boolean): Promise<void> {
  if (folded !== comment.minimized) await fold(client, comment.nodeId, folded);
  await client.request('PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}', { owner, repo, comment_id: comment.id, body });
}

async function fold(client: Client, nodeId: string, folded: boolean): Promise<void> {
  const mutation = folded
    ? 'mutation ($comment: ID!) { minimizeComment(input: { subjectId: $comment, classifier: OUTDATED }) { minimizedComment { isMinimized } } }'
    : 'mutation ($comment: ID!) { unminimizeComment(input: { subjectId: $comment }) { unminimizedComment { isMinimized } } }';
  try {
    await client.graphql(mutation, { comment: nodeId });
  } catch (error) {
    if (classify(error, Date.now()).kind !== 'permission') throw error;
  }
}

async function freshChanges(client: Client, pull: PullAddress): Promise<readonly FileChange[]> {
  const changes: FileChange[] = [];
  for await (const page of listFiles(client, pull)) changes.push(...page.changes);
  return changes;
}

function halves<T>(items: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0);
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
