import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acts, deliverAgain, outcomeOf, sceneOf } from './support/acts.ts';
import { setScene } from './support/scene.ts';
import type { Failure, RecordedRequest } from './embedded-github/index.ts';
import type { Act, Outcome } from './support/acts.ts';
import type { Scene } from './support/scene.ts';

/**
 * Every request of every act × every way in which GitHub can fail it. Which requests there are is read off a run without faults. The cases
 * are played side by side, each on a pull request of its own, on scenes that each play one case at a time.
 */

interface Fault {
  readonly name: string;
  readonly with: Failure;
  /** Whether GitHub may have carried out a write all the same; reads show no difference. */
  readonly applied?: boolean;
  /** Whether the App itself is to make up for it where it passes. */
  readonly passes: boolean;
}

const limited = { status: 403, headers: { 'retry-after': '0.02' }, body: { message: 'You have exceeded a secondary rate limit.' } };

const faults: readonly Fault[] = [
  { name: '500', with: { status: 500 }, passes: true },
  { name: '502', with: { status: 502 }, passes: true },
  { name: '502 though done', with: { status: 502, applied: true }, applied: true, passes: true },
  { name: '403 with retry-after', with: limited, passes: true },
  { name: '404', with: { status: 404, body: { message: 'Not Found' } }, passes: false },
  { name: '422', with: { status: 422, body: { message: 'Unprocessable Entity' } }, passes: false },
  { name: 'no answer', with: 'silence', passes: true },
  { name: 'no answer though done', with: 'apply-then-silence', applied: true, passes: true },
  { name: 'a cut connection', with: 'cut', passes: true },
  { name: 'a cut connection though done', with: 'apply-then-cut', applied: true, passes: true },
];

/** What a request is told apart by: the same in every run of an act. */
function kindOf({ method, route, path, body }: RecordedRequest): string {
  if (route !== '/graphql') return `${method} ${route ?? path}`;
  const query = (body as { readonly query: string }).query.replaceAll(/\s+/g, ' ');
  const [, mutation] = /mutation .*?\{ (\w+)/.exec(query) ?? [];
  return mutation ?? (query.includes('isDraft') ? 'query of the pull request' : query.includes('e0') ? 'query of texts' : query.includes('tree { oid }') ? 'query of files' : query.includes('$ref') ? 'query of a branch' : query.includes('reviewThreads') ? 'query of threads' : 'query of the head');
}

/** A token more does no harm. */
const isRead = (kind: string): boolean => kind.startsWith('GET') || kind.startsWith('query') || kind.endsWith('/access_tokens');

interface Case {
  readonly act: Act;
  readonly kind: string;
  readonly fault: Fault;
}

const scenes: Scene[] = [];
const clean = new Map<Act, Outcome>();
const cases: Case[] = [];

async function play(act: Act, scene: Scene, fault: { readonly kind: string; readonly with: Failure; readonly times: number } | null): Promise<Played> {
  const pull = await act.prepare(scene);
  // A token is kept for an hour.
  if (fault?.kind.includes('access_tokens') === true) await scene.restart();
  scene.github.clearRequests();
  if (fault !== null) scene.github.fail({ match: (request) => kindOf(request) === fault.kind, ...fault });
  const before = scene.github.deliveries.length;
  await act.happen(scene, pull);
  await scene.app.idle();
  scene.github.clearFaults();
  const outcome = outcomeOf(scene, pull);
  const again = async (): Promise<Outcome> => {
    await deliverAgain(scene, before);
    return outcomeOf(scene, pull);
  };
  return { outcome, again };
}

interface Played {
  readonly outcome: Outcome;
  /** What becomes of it when GitHub works again and the webhook is delivered again. */
  readonly again: () => Promise<Outcome>;
}

/** What the App may do, a scene each. Most of the time they wait for answers that do not come; still more of them would keep one another from giving those that do. */
const contents = ['write', 'write', 'write', 'write', 'write', 'write', 'read'] as const;

beforeAll(async () => {
  scenes.push(...(await Promise.all(contents.map((allowed, index) => setScene({ ...sceneOf(allowed), installationId: 1000 + index, pace: { requestTimeoutMs: 1_000, retryUnitMs: 1, backoffMs: [10, 10] } })))));
  const seen = new Set<string>();
  for (const act of acts) {
    const scene = scenes[contents.indexOf(act.contents)];
    if (scene === undefined) throw new Error('There is no such scene.');
    await scene.restart();
    clean.set(act, (await play(act, scene, null)).outcome);
    const kinds = new Set(scene.github.requests.map(kindOf));
    // What is only read is read alike in all acts; and the two acts with commands write alike.
    for (const kind of [...kinds].filter((one) => !seen.has(one) || !(isRead(one) || act.contents === 'read') || one.endsWith('/replies'))) {
      seen.add(kind);
      for (const fault of faults) {
        if (fault.applied !== true || !isRead(kind)) cases.push({ act, kind, fault });
      }
    }
  }
});

afterAll(async () => {
  await Promise.all(scenes.map((scene) => scene.close()));
  for (const { github } of scenes) {
    expect(github.violations).toEqual([]);
    expect(github.unplanned).toEqual([]);
  }
});

/** Plays all cases, and returns what is wrong, a line each. */
async function playAll(those: readonly Case[], times: number, judge: (one: Case, played: Played, expected: Outcome) => Promise<readonly string[]>): Promise<readonly string[]> {
  const wrong: string[] = [];
  const waiting = [...those];
  await Promise.all(
    scenes.map(async (scene, index) => {
      const isMine = ({ act }: Case): boolean => act.contents === contents[index];
      for (let next = waiting.findIndex(isMine); next >= 0; next = waiting.findIndex(isMine)) {
        const [one] = waiting.splice(next, 1);
        const expected = one === undefined ? undefined : clean.get(one.act);
        if (one === undefined || expected === undefined) return;
        const { act, kind, fault } = one;
        const played = await play(act, scene, { kind, with: fault.with, times });
        wrong.push(...(await judge(one, played, expected)).map((what) => `${act.name}: ${kind} meets ${fault.name}: ${what}`));
      }
    }),
  );
  return wrong;
}

/** What is said and is not so, or is there twice. */
function lies({ comments, check, annotations, notes, commits, open, newest }: Outcome, act: Act, expected: Outcome): readonly string[] {
  const found: string[] = [];
  if (open > 0) found.push(`${open} check runs in progress`);
  const twice = [...duplicates(comments.map(whatAbout)), ...duplicates(annotations)];
  if (twice.length > 0) found.push(`there twice: ${twice.join('; ').slice(0, 200)}`);
  if (commits > 1) found.push(`${commits} commits`);
  if (notes.some((note) => note.startsWith('No fix') === commits > 0)) found.push(`${commits} commits, and the check run says: ${notes.join('; ')}`);
  if (newest?.status === 'in_progress') return found;
  if (check.includes(' Not reviewed') || newest === null) {
    if (newest?.conclusion === 'success' || newest?.conclusion === 'failure') found.push(`a verdict without a review: ${check}`);
    return found;
  }
  if (newest.conclusion === 'success' && expected.newest?.conclusion !== 'success') found.push(`too good: ${check}`);
  for (const { fingerprint, message } of act.certain) {
    const isShown = comments.some((comment) => comment.includes(`fp=${fingerprint} `)) || (newest.text ?? '').includes(message);
    if (!isShown) found.push(`${fingerprint} is neither commented nor in the check run`);
  }
  const [, claimed = '0'] = / (\d+) deleted/.exec(newest.summary ?? '') ?? [];
  if (act.contents === 'read' && Number(claimed) > 0 && comments.some((comment) => comment.includes('fp=gone '))) found.push('said to be deleted, and there');
  return found;
}

/** Two comments with the same are one too many. */
function whatAbout(comment: string): string {
  return / (?:fp|re)=\S+/.exec(comment)?.[0] ?? comment;
}

function duplicates(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => texts.indexOf(text) !== index);
}

function differences(outcome: Outcome, expected: Outcome): readonly string[] {
  const keys = ['comments', 'check', 'annotations', 'commits'] as const;
  return keys.flatMap((key) => {
    const [is, should] = [outcome[key], expected[key]].map((value) => (typeof value === 'object' ? [...value].sort() : [String(value)]));
    const [missing, extra] = [should?.filter((one) => is?.includes(one) === false) ?? [], is?.filter((one) => should?.includes(one) === false) ?? []];
    return missing.length + extra.length === 0 && is?.length === should?.length ? [] : [`${key}: missing ${JSON.stringify(missing).slice(0, 300)}, too many ${JSON.stringify(extra).slice(0, 300)}`];
  });
}

describe('whatever request GitHub fails', () => {
  test('the acts have all requests of the App', () => {
    expect([...clean.values()].map(({ open, check }) => [open, check.split(' ').slice(0, 2).join(' ')])).toEqual([[0, 'completed failure'], [0, 'completed failure'], [0, 'completed failure'], [0, 'completed failure'], [0, 'completed success'], [0, 'completed success']]);
    expect([...new Set(cases.map(({ kind }) => kind))].sort()).toMatchInlineSnapshot(`
      [
        "DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}",
        "GET /repos/{owner}/{repo}/check-runs/{check_run_id}",
        "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
        "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
        "GET /repos/{owner}/{repo}/compare/{basehead}",
        "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
        "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
        "PATCH /repos/{owner}/{repo}/git/refs/{ref}",
        "PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}",
        "POST /app/installations/{installation_id}/access_tokens",
        "POST /repos/{owner}/{repo}/check-runs",
        "POST /repos/{owner}/{repo}/git/commits",
        "POST /repos/{owner}/{repo}/git/trees",
        "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies",
        "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
        "minimizeComment",
        "query of a branch",
        "query of files",
        "query of texts",
        "query of the pull request",
        "query of threads",
        "resolveReviewThread",
        "unminimizeComment",
      ]
    `);
  });

  test('once, all is done in the end, and once', { timeout: 180_000 }, async () => {
    const wrong = await playAll(cases, 1, async ({ act, fault }, { outcome, again }, expected) => {
      const found = [...lies(outcome, act, expected)];
      if (fault.passes) return [...found, ...differences(outcome, expected), ...(outcome.checks === expected.checks ? [] : [`${outcome.checks} check runs`])];
      const later = await again();
      return [...found, ...lies(later, act, expected), ...differences(later, expected).map((what) => `after a redelivery, ${what}`)];
    });
    expect(wrong).toEqual([]);
  });

  test('for good, the truth is told as far as GitHub lets it be told, and a redelivery does the rest', { timeout: 180_000 }, async () => {
    // Where nothing is answered at all each case takes seconds, so that only one of each kind of write waits for it, first; and what is not done is failed alike by 500 and 502.
    const silent = new Map(cases.filter(({ kind, fault }) => fault.name === 'no answer' && !isRead(kind)).toReversed().map((one) => [one.kind, one]));
    const lasting = [...silent.values(), ...cases.filter(({ fault }) => !['502', 'no answer', 'no answer though done', 'a cut connection though done'].includes(fault.name))];
    const wrong = await playAll(lasting, 1_000, async ({ act, kind }, { outcome, again }, expected) => {
      const cannotTell = kind === 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}';
      const found = lies(cannotTell ? { ...outcome, open: 0 } : outcome, act, expected);
      const later = await again();
      return [...found, ...lies(later, act, expected).map((what) => `after a redelivery, ${what}`), ...differences(later, expected).map((what) => `after a redelivery, ${what}`)];
    });
    expect(wrong).toEqual([]);
  });
});
