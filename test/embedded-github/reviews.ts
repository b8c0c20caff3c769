import { echo } from './deliveries.ts';
import { anchorOf, hunksOf, type ChangedFile } from './diff.ts';
import { filesOf, mergeBaseOf, pullOf } from './pulls.ts';
import { notFound, page, Refusal, unprocessable, type Routes } from './router.ts';
import { comment as commentShape, envelope, review as reviewShape, simplePull } from './shapes.ts';
import { botLogin, findComment, now, type CommentState, type PullRequestState, type ReviewState, type Side, type World } from './state.ts';

/** "body is too long (maximum is 65536 characters)", in the words of https://github.com/renovatebot/renovate/issues/2032; reviews are taken to be no different. */
const longestBody = 65_536;

interface NewComment {
  readonly path: string;
  readonly body: string;
  readonly position?: number;
  readonly line?: number;
  readonly side?: string;
  readonly start_line?: number;
  readonly start_side?: string;
}

interface NewReview {
  readonly commit_id?: string;
  readonly body?: string;
  readonly event?: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT';
  readonly comments?: readonly NewComment[];
}

const states = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const;

type Place = Pick<CommentState, 'path' | 'side' | 'startSide' | 'originalLine' | 'originalStartLine' | 'position' | 'diffHunk'>;

function checkBody(body: string): void {
  if (body.length > longestBody) throw unprocessable(`Body is too long (maximum is ${longestBody} characters)`);
}

function checkUnlocked(pull: PullRequestState): void {
  if (pull.locked) throw new Refusal(403, 'Unable to create comment because issue is locked.');
}

function sideOf(side: string | undefined, fallback: Side): Side {
  if (side === undefined) return fallback;
  if (side !== 'LEFT' && side !== 'RIGHT') throw unprocessable('Side is invalid');
  return side;
}

/**
 * Where a comment lands, or GitHub's refusal of the whole review. All of a range lies in one hunk and runs downwards
 * (GitHub's words are those that https://github.com/parkerbxyz/suggest-changes/issues/28 met); a `start_line` equal to
 * `line` is refused (https://github.com/ubuntu/WSL/pull/244).
 */
function place(files: readonly ChangedFile[], comment: NewComment): Place {
  const file = files.find((candidate) => candidate.path === comment.path);
  if (file === undefined) throw unprocessable('Path could not be resolved');
  // GitHub's description calls `position` closing down; here it is gone.
  if (comment.position !== undefined || comment.line === undefined) throw unprocessable('Line could not be resolved');
  const hunks = hunksOf(file.patch ?? '');
  const side = sideOf(comment.side, 'RIGHT');
  const end = anchorOf(hunks, side, comment.line);
  if (end === null) throw unprocessable('Line could not be resolved');
  let startSide: Side | null = null;
  if (comment.start_line !== undefined) {
    startSide = sideOf(comment.start_side, side);
    const start = anchorOf(hunks, startSide, comment.start_line);
    if (start === null) throw unprocessable('Start line could not be resolved');
    if (start.hunk !== end.hunk) throw unprocessable('Pull request review thread start line must be part of the same hunk as the line.');
    if (start.index >= end.index) throw unprocessable('Pull request review thread start line must precede the end line.');
  } else if (comment.start_side !== undefined) {
    throw unprocessable('Start line could not be resolved');
  }
  const hunk = hunks[end.hunk];
  const shown = hunk === undefined ? [] : [hunk.header, ...hunk.lines.slice(0, end.index + 1).map((line) => line.text)];
  return { path: comment.path, side, startSide, originalLine: comment.line, originalStartLine: comment.start_line ?? null, position: end.line.position, diffHunk: shown.join('\n') };
}

async function createReview(world: World, pull: PullRequestState, asked: NewReview): Promise<ReviewState> {
  const { body = '', event, comments = [] } = asked;
  checkUnlocked(pull);
  if (asked.commit_id !== undefined && asked.commit_id !== pull.headSha) throw unprocessable(`No commit found for SHA: ${asked.commit_id}`);
  checkBody(body);
  if (body === '' && ((event === 'COMMENT' && comments.length === 0) || event === 'REQUEST_CHANGES')) throw unprocessable("Body can't be blank");
  const files = await filesOf(world, pull);
  const placed = comments.map((comment) => {
    if (comment.body.trim() === '') throw unprocessable("Body can't be blank");
    checkBody(comment.body);
    return { body: comment.body, ...place(files, comment) };
  });

  const time = now();
  const review: ReviewState = { id: world.nextId(), author: botLogin(world), state: event === undefined ? 'PENDING' : states[event], body, commitId: pull.headSha, submittedAt: time };
  const originalMergeBase = await mergeBaseOf(world, pull);
  pull.reviews.push(review);
  for (const comment of placed) {
    pull.comments.push({
      ...comment, id: world.nextId(), reviewId: review.id, author: review.author, line: comment.originalLine, startLine: comment.originalStartLine,
      originalCommitId: pull.headSha, originalMergeBase, commitId: pull.headSha, inReplyTo: null, resolved: false, minimized: null, createdAt: time, updatedAt: time,
    });
  }
  if (event !== undefined) {
    const about = { ...envelope(world, 'submitted', review.author), pull_request: simplePull(world, pull) };
    echo(world, 'pull_request_review', { ...about, review: { ...reviewShape(world, pull, review), updated_at: time, state: review.state.toLowerCase() } });
    for (const made of pull.comments.filter((comment) => comment.reviewId === review.id)) echo(world, 'pull_request_review_comment', { ...about, action: 'created', comment: commentShape(world, pull, made) });
  }
  return review;
}

/** A reply makes a review of its own, as on GitHub. */
export function reply(world: World, pull: PullRequestState, to: CommentState, author: string, body: string): CommentState {
  const time = now();
  const review: ReviewState = { id: world.nextId(), author, state: 'COMMENTED', body: '', commitId: pull.headSha, submittedAt: time };
  const comment: CommentState = { ...to, id: world.nextId(), reviewId: review.id, author, body, inReplyTo: to.id, resolved: false, minimized: null, createdAt: time, updatedAt: time };
  pull.reviews.push(review);
  pull.comments.push(comment);
  return comment;
}

function commentOf(world: World, id: string | undefined): { pull: PullRequestState; comment: CommentState } {
  const found = findComment(world, Number(id));
  if (found === null) throw notFound();
  return found;
}

export const reviewRoutes = {
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: (request) => {
      const pull = pullOf(request.world, request.params['pull_number']);
      return page(request, pull.reviews.map((review) => reviewShape(request.world, pull, review)));
    },
  },

  'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews': {
    needs: { permission: 'pull_requests', level: 'write' },
    handle: async ({ world, params, body }) => {
      const pull = pullOf(world, params['pull_number']);
      const review = await createReview(world, pull, (body ?? {}));
      return { status: 200, body: reviewShape(world, pull, review) };
    },
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: (request) => {
      const { world, query } = request;
      const pull = pullOf(world, request.params['pull_number']);
      const since = Date.parse(query.get('since') ?? '1970-01-01');
      const field = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
      const comments = pull.comments.filter((comment) => Date.parse(comment.updatedAt) >= since).sort((one, other) => one[field].localeCompare(other[field]) || one.id - other.id);
      return page(request, (query.get('direction') === 'desc' ? comments.toReversed() : comments).map((comment) => commentShape(world, pull, comment)));
    },
  },

  'POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies': {
    needs: { permission: 'pull_requests', level: 'write' },
    handle: ({ world, params, body }) => {
      const pull = pullOf(world, params['pull_number']);
      const to = pull.comments.find((comment) => comment.id === Number(params['comment_id']));
      if (to === undefined) throw notFound();
      // "Replies to replies are not supported": https://docs.github.com/rest/pulls/comments#create-a-reply-for-a-review-comment
      if (to.inReplyTo !== null) throw unprocessable('In reply to is invalid');
      checkUnlocked(pull);
      const { body: text } = body as { body: string };
      if (text.trim() === '') throw unprocessable("Body can't be blank");
      checkBody(text);
      return { status: 201, body: commentShape(world, pull, reply(world, pull, to, botLogin(world), text)) };
    },
  },

  'GET /repos/{owner}/{repo}/pulls/comments/{comment_id}': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: ({ world, params }) => {
      const { pull, comment } = commentOf(world, params['comment_id']);
      return { status: 200, body: commentShape(world, pull, comment) };
    },
  },

  'PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}': {
    needs: { permission: 'pull_requests', level: 'write' },
    handle: ({ world, params, body }) => {
      const { pull, comment } = commentOf(world, params['comment_id']);
      const { body: text } = body as { body: string };
      if (text.trim() === '') throw unprocessable("Body can't be blank");
      checkBody(text);
      comment.body = text;
      comment.updatedAt = now();
      return { status: 200, body: commentShape(world, pull, comment) };
    },
  },

  'DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}': {
    needs: { permission: 'pull_requests', level: 'write' },
    handle: ({ world, params }) => {
      const { pull, comment } = commentOf(world, params['comment_id']);
      pull.comments.splice(pull.comments.indexOf(comment), 1);
      return { status: 204 };
    },
  },
} satisfies Routes;
