import { anchorOf, changedFiles, hunksOf, mapLine, mergeBase, type ChangedFile } from './diff.ts';
import { notFound, page, Refusal, type ApiResponse, type Routes } from './router.ts';
import { api, diffEntry, fullPull, simplePull, user } from './shapes.ts';
import type { PullRequestState, World } from './state.ts';

/** "Responses include a maximum of 3000 files": https://docs.github.com/rest/pulls/pulls#list-pull-requests-files */
const maximumFiles = 3000;

/** https://docs.github.com/repositories/creating-and-managing-repositories/repository-limits: the `.diff` of more is refused with 406. */
const maximumRawDiff = { files: 300, lines: 20_000 };

export function pullOf(world: World, number: string | number | undefined): PullRequestState {
  const pull = world.pulls.get(Number(number));
  if (pull === undefined) throw notFound();
  return pull;
}

/** What GitHub's three dots start from. */
export async function mergeBaseOf(world: World, pull: PullRequestState): Promise<string> {
  const base = await mergeBase(world.git, pull.baseSha, pull.headSha);
  if (base === null) throw new Error(`pull request ${pull.number} has no history in common with ${pull.baseRef}`);
  return base;
}

function diffOf(world: World, from: string, to: string): Promise<readonly ChangedFile[]> {
  const key = `${from}..${to}`;
  const known = world.diffs.get(key);
  if (known !== undefined) return known;
  const made = changedFiles(world.git, from, to);
  world.diffs.set(key, made);
  return made;
}

export async function filesOf(world: World, pull: PullRequestState): Promise<readonly ChangedFile[]> {
  return diffOf(world, await mergeBaseOf(world, pull), pull.headSha);
}

export async function describe(world: World, pull: PullRequestState): Promise<Record<string, unknown>> {
  const commits = Number(await world.git.text('rev-list', '--count', `${pull.baseSha}..${pull.headSha}`));
  return fullPull(world, pull, { files: await filesOf(world, pull), commits });
}

/** After a push: comments follow their lines, or become outdated where these are gone or left the diff. */
export async function moveComments(world: World, pull: PullRequestState): Promise<void> {
  const base = await mergeBaseOf(world, pull);
  const files = await filesOf(world, pull);
  for (const comment of pull.comments) {
    const hunks = hunksOf(files.find((file) => file.path === comment.path)?.patch ?? '');
    const move = async (line: number | null): Promise<number | null> => {
      if (line === null) return null;
      const moved = comment.side === 'RIGHT'
        ? await mapLine(world.git, comment.originalCommitId, pull.headSha, comment.path, line)
        : await mapLine(world.git, comment.originalMergeBase, base, comment.path, line);
      return moved === null || anchorOf(hunks, comment.side, moved) === null ? null : moved;
    };
    comment.line = await move(comment.originalLine);
    comment.startLine = comment.line === null ? null : await move(comment.originalStartLine);
    if (comment.line !== null) comment.commitId = pull.headSha;
  }
}

async function rawDiff(world: World, pull: PullRequestState): Promise<ApiResponse> {
  const base = await mergeBaseOf(world, pull);
  const content = await world.git.bytes('diff', '--no-color', '--no-ext-diff', '--find-renames', base, pull.headSha);
  const files = (await filesOf(world, pull)).length;
  if (files > maximumRawDiff.files) throw new Refusal(406, `Sorry, the diff exceeded the maximum number of files (${maximumRawDiff.files}). Consider using 'List pull requests files' API or locally cloning the repository instead.`, [{ resource: 'PullRequest', field: 'diff', code: 'too_large' }]);
  if (content.toString('latin1').split('\n').length > maximumRawDiff.lines) throw new Refusal(406, `Sorry, the diff exceeded the maximum number of lines (${maximumRawDiff.lines})`, [{ resource: 'PullRequest', field: 'diff', code: 'too_large' }]);
  return { status: 200, raw: { type: 'application/vnd.github.diff; charset=utf-8', content } };
}

interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: { readonly name: string; readonly email: string; readonly date: string };
  readonly committer: { readonly name: string; readonly email: string; readonly date: string };
  readonly message: string;
}

async function commits(world: World, ...revisions: string[]): Promise<Commit[]> {
  const format = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x1f');
  const log = await world.git.text('log', '-z', '--reverse', `--format=${format}`, ...revisions);
  return log.split('\0').filter(Boolean).map((line) => {
    const [sha = '', tree = '', parents = '', an = '', ae = '', aI = '', cn = '', ce = '', cI = '', message = ''] = line.split('\x1f');
    return { sha, tree, parents: parents.split(' ').filter(Boolean), author: { name: an, email: ae, date: aI }, committer: { name: cn, email: ce, date: cI }, message: message.trimEnd() };
  });
}

function commitShape(world: World, { sha, tree, parents, author, committer, message }: Commit): Record<string, unknown> {
  const repo = api(world, `/repos/${world.owner}/${world.repo}`);
  const pageOf = (id: string): string => `${world.url}/${world.owner}/${world.repo}/commit/${id}`;
  return {
    sha,
    node_id: `C_${sha}`,
    url: `${repo}/commits/${sha}`,
    html_url: pageOf(sha),
    comments_url: `${repo}/commits/${sha}/comments`,
    commit: {
      url: `${repo}/git/commits/${sha}`, author, committer, message, comment_count: 0, tree: { sha: tree, url: `${repo}/git/trees/${tree}` },
      verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
    },
    author: user(world, world.owner),
    committer: user(world, world.owner),
    parents: parents.map((parent) => ({ sha: parent, url: `${repo}/commits/${parent}`, html_url: pageOf(parent) })),
  };
}

export const pullRoutes = {
  'GET /repos/{owner}/{repo}/pulls': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: (request) => {
      const { world, query } = request;
      const state = query.get('state') ?? 'open';
      const [head, base] = [query.get('head'), query.get('base')];
      const pulls = [...world.pulls.values()]
        .filter((pull) => state === 'all' || pull.state === state)
        .filter((pull) => head === null || head === `${pull.fork ?? world.owner}:${pull.headRef}`)
        .filter((pull) => base === null || base === pull.baseRef);
      const ascending = query.get('direction') === 'asc';
      return page(request, (ascending ? pulls : pulls.toReversed()).map((pull) => simplePull(world, pull)));
    },
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: async ({ world, params, headers }) => {
      const pull = pullOf(world, params['pull_number']);
      if (/application\/vnd\.github\.(?:v3\.)?diff/.test(headers.accept ?? '')) return rawDiff(world, pull);
      return { status: 200, body: await describe(world, pull) };
    },
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: async (request) => {
      const pull = pullOf(request.world, request.params['pull_number']);
      const files = (await filesOf(request.world, pull)).slice(0, maximumFiles);
      return page(request, files.map((file) => diffEntry(request.world, pull.headSha, file)));
    },
  },

  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': {
    needs: { permission: 'pull_requests', level: 'read' },
    handle: async (request) => {
      const { world } = request;
      const sha = await world.git.commit(request.params['commit_sha'] ?? '');
      if (sha === null) throw new Refusal(422, `No commit found for SHA: ${request.params['commit_sha'] ?? ''}`);
      const among = await Promise.all([...world.pulls.values()].map(async (pull) => {
        const own = await world.git.text('rev-list', `${pull.baseSha}..${pull.headSha}`);
        return own.split('\n').includes(sha) ? [pull] : [];
      }));
      return page(request, among.flat().map((pull) => simplePull(world, pull)));
    },
  },

  'GET /repos/{owner}/{repo}/compare/{basehead}': {
    needs: { permission: 'contents', level: 'read' },
    handle: async (request) => {
      const { world, params, query } = request;
      const basehead = params['basehead'] ?? '';
      const [from = '', to = ''] = basehead.split('...');
      const [base, head] = await Promise.all([world.git.commit(from), world.git.commit(to)]);
      const common = base === null || head === null ? null : await mergeBase(world.git, base, head);
      if (base === null || head === null || common === null) throw notFound();
      const [ahead, behind] = await Promise.all([commits(world, `${base}..${head}`), commits(world, `${head}..${base}`)]);
      const [baseCommit, commonCommit] = await Promise.all([commits(world, '-1', base), commits(world, '-1', common)]);
      const { body, headers = {} } = page(request, ahead.map((commit) => commitShape(world, commit)));
      // "The list of changed files is only shown on the first page of results, and it includes up to 300 changed files."
      const files = Number(query.get('page') ?? 1) > 1 ? undefined : (await diffOf(world, common, head)).slice(0, 300).map((file) => diffEntry(world, head, file));
      const self = `${world.url}/${world.owner}/${world.repo}/compare/${basehead}`;
      const status = ahead.length > 0 ? (behind.length > 0 ? 'diverged' : 'ahead') : behind.length > 0 ? 'behind' : 'identical';
      const [baseShape, commonShape] = [baseCommit, commonCommit].map((list) => list.map((commit) => commitShape(world, commit))[0]);
      return {
        status: 200,
        headers,
        body: {
          url: api(world, `/repos/${world.owner}/${world.repo}/compare/${basehead}`), html_url: self, permalink_url: self, diff_url: `${self}.diff`, patch_url: `${self}.patch`,
          base_commit: baseShape, merge_base_commit: commonShape, status, ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length,
          commits: body, ...(files === undefined ? {} : { files }),
        },
      };
    },
  },
} satisfies Routes;
