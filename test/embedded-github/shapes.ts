/** How GitHub writes things as JSON: what REST answers, and what webhooks carry. */
import { createHash } from 'node:crypto';
import type { ChangedFile } from './diff.ts';
import type { CheckRunState, CommentState, Delivery, PullRequestState, ReviewState, World } from './state.ts';

type Shape = Record<string, unknown>;

export function api(world: World, path: string): string {
  return `${world.url}/api/v3${path}`;
}

/** A path with each of its segments encoded. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export function nodeId(kind: string, id: number | string): string {
  return `${kind}_${Buffer.from(`${kind}:${id}`).toString('base64url')}`;
}

/** The number within a node id that `nodeId` made for that kind, or null. */
export function idOfNode(kind: string, node: string): number | null {
  const decoded = Buffer.from(node.slice(kind.length + 1), 'base64url').toString('utf8');
  const id = Number(decoded.slice(kind.length + 1));
  return node.startsWith(`${kind}_`) && decoded.startsWith(`${kind}:`) && Number.isInteger(id) ? id : null;
}

function stableId(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

export function repositoryId(world: World, owner = world.owner): number {
  return stableId(`${owner}/${world.firstName}`);
}

export function user(world: World, login: string): Shape {
  const bot = login.endsWith('[bot]');
  const self = api(world, `/users/${encodeURIComponent(login)}`);
  const lists = ['followers', 'subscriptions', 'orgs', 'repos', 'received_events'];
  return {
    login,
    id: stableId(login),
    node_id: nodeId(bot ? 'BOT' : 'U', stableId(login)),
    avatar_url: `${world.url}/avatars/${encodeURIComponent(login)}`,
    gravatar_id: '',
    url: self,
    html_url: bot ? `${world.url}/apps/${login.replace('[bot]', '')}` : `${world.url}/${login}`,
    ...Object.fromEntries(lists.map((list) => [list === 'orgs' ? 'organizations_url' : `${list}_url`, `${self}/${list}`])),
    following_url: `${self}/following{/other_user}`,
    gists_url: `${self}/gists{/gist_id}`,
    starred_url: `${self}/starred{/owner}{/repo}`,
    events_url: `${self}/events{/privacy}`,
    type: bot ? 'Bot' : 'User',
    user_view_type: 'public',
    site_admin: false,
  };
}

const repositoryLinks = {
  forks: '', keys: '{/key_id}', collaborators: '{/collaborator}', teams: '', hooks: '', events: '', assignees: '{/user}', branches: '{/branch}',
  tags: '', languages: '', stargazers: '', contributors: '', subscribers: '', subscription: '', commits: '{/sha}', merges: '', downloads: '',
  issues: '{/number}', pulls: '{/number}', milestones: '{/number}', notifications: '{?since,all,participating}', labels: '{/name}',
  releases: '{/id}', deployments: '', comments: '{/number}', statuses: '/{sha}', contents: '/{+path}', compare: '/{base}...{head}',
};

const repositoryLinksElsewhere = {
  blobs_url: '/git/blobs{/sha}', git_tags_url: '/git/tags{/sha}', git_refs_url: '/git/refs{/sha}', trees_url: '/git/trees{/sha}',
  git_commits_url: '/git/commits{/sha}', issue_events_url: '/issues/events{/number}', issue_comment_url: '/issues/comments{/number}',
  archive_url: '/{archive_format}{/ref}',
};

/** The repository as it is inside of pull requests and webhooks; `owner` other than the world's is a fork. */
export function repository(world: World, owner = world.owner): Shape {
  const self = api(world, `/repos/${owner}/${world.repo}`);
  const page = `${world.url}/${owner}/${world.repo}`;
  return {
    id: repositoryId(world, owner),
    node_id: nodeId('R', repositoryId(world, owner)),
    name: world.repo,
    full_name: `${owner}/${world.repo}`,
    private: false,
    owner: user(world, owner),
    html_url: page,
    description: null,
    fork: owner !== world.owner,
    url: self,
    ...Object.fromEntries(Object.entries(repositoryLinks).map(([name, rest]) => [`${name}_url`, `${self}/${name}${rest}`])),
    ...Object.fromEntries(Object.entries(repositoryLinksElsewhere).map(([name, rest]) => [name, `${self}${rest}`])),
    created_at: world.startedAt,
    updated_at: world.startedAt,
    pushed_at: world.startedAt,
    git_url: `git://${new URL(world.url).host}/${owner}/${world.repo}.git`,
    ssh_url: `git@127.0.0.1:${owner}/${world.repo}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: 'Go',
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    mirror_url: null,
    archived: world.archived,
    disabled: false,
    open_issues_count: 0,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: 'public',
    forks: 0,
    open_issues: 0,
    watchers: 0,
    default_branch: world.defaultBranch,
  };
}

export function fullRepository(world: World): Shape {
  return { ...repository(world), network_count: 0, subscribers_count: 0 };
}

export function label(world: World, name: string): Shape {
  const id = stableId(`label ${name}`);
  return { id, node_id: nodeId('LA', id), url: api(world, `/repos/${world.owner}/${world.repo}/labels/${encodeURIComponent(name)}`), name, description: null, color: 'ededed', default: false };
}

/** The part of a pull request that lists and single answers share. */
export function simplePull(world: World, pull: PullRequestState): Shape {
  const repo = api(world, `/repos/${world.owner}/${world.repo}`);
  const self = `${repo}/pulls/${pull.number}`;
  const issue = `${repo}/issues/${pull.number}`;
  const page = `${world.url}/${world.owner}/${world.repo}/pull/${pull.number}`;
  const statuses = `${repo}/statuses/${pull.headSha}`;
  const headOwner = pull.fork ?? world.owner;
  const links = {
    self, html: page, issue, comments: `${issue}/comments`, review_comments: `${self}/comments`,
    review_comment: `${repo}/pulls/comments{/number}`, commits: `${self}/commits`, statuses,
  };
  return {
    url: self,
    id: pull.id,
    node_id: nodeId('PR', pull.number),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    number: pull.number,
    state: pull.state,
    locked: pull.locked,
    title: pull.title,
    user: user(world, pull.author),
    body: pull.body,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: null,
    merge_commit_sha: null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    labels: pull.labels.map((name) => label(world, name)),
    milestone: null,
    draft: pull.draft,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: statuses,
    head: { label: `${headOwner}:${pull.headRef}`, ref: pull.headRef, sha: pull.headSha, user: user(world, headOwner), repo: repository(world, headOwner) },
    base: { label: `${world.owner}:${pull.baseRef}`, ref: pull.baseRef, sha: pull.baseSha, user: user(world, world.owner), repo: repository(world) },
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: pull.fork === null ? 'OWNER' : 'CONTRIBUTOR',
    auto_merge: null,
    active_lock_reason: null,
  };
}

export interface PullNumbers {
  readonly files: readonly ChangedFile[];
  readonly commits: number;
}

export function fullPull(world: World, pull: PullRequestState, { files, commits }: PullNumbers): Shape {
  return {
    ...simplePull(world, pull),
    merged: false,
    mergeable: null,
    rebaseable: null,
    mergeable_state: 'unknown',
    merged_by: null,
    comments: 0,
    review_comments: pull.comments.length,
    maintainer_can_modify: pull.fork !== null,
    commits,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

export function diffEntry(world: World, sha: string, file: ChangedFile): Shape {
  const path = encodePath(file.path);
  return {
    sha: file.oid,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${world.url}/${world.owner}/${world.repo}/blob/${sha}/${path}`,
    raw_url: `${world.url}/${world.owner}/${world.repo}/raw/${sha}/${path}`,
    contents_url: api(world, `/repos/${world.owner}/${world.repo}/contents/${path}?ref=${sha}`),
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

function association(world: World, pull: PullRequestState, author: string): string {
  if (author === world.owner) return 'OWNER';
  return author === pull.author ? 'CONTRIBUTOR' : 'NONE';
}

export function review(world: World, pull: PullRequestState, item: ReviewState): Shape {
  const page = `${world.url}/${world.owner}/${world.repo}/pull/${pull.number}#pullrequestreview-${item.id}`;
  const self = api(world, `/repos/${world.owner}/${world.repo}/pulls/${pull.number}`);
  return {
    id: item.id,
    node_id: nodeId('PRR', item.id),
    user: user(world, item.author),
    body: item.body,
    state: item.state,
    html_url: page,
    pull_request_url: self,
    author_association: association(world, pull, item.author),
    _links: { html: { href: page }, pull_request: { href: self } },
    ...(item.state === 'PENDING' ? {} : { submitted_at: item.submittedAt }),
    commit_id: item.commitId,
  };
}

export function comment(world: World, pull: PullRequestState, item: CommentState): Shape {
  const repo = api(world, `/repos/${world.owner}/${world.repo}`);
  const self = `${repo}/pulls/comments/${item.id}`;
  const page = `${world.url}/${world.owner}/${world.repo}/pull/${pull.number}#discussion_r${item.id}`;
  const reactions = ['+1', '-1', 'laugh', 'hooray', 'confused', 'heart', 'rocket', 'eyes'];
  return {
    url: self,
    pull_request_review_id: item.reviewId,
    id: item.id,
    node_id: nodeId('PRRC', item.id),
    diff_hunk: item.diffHunk,
    path: item.path,
    commit_id: item.commitId,
    original_commit_id: item.originalCommitId,
    user: user(world, item.author),
    body: item.body,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
    html_url: page,
    pull_request_url: `${repo}/pulls/${pull.number}`,
    author_association: association(world, pull, item.author),
    _links: { self: { href: self }, html: { href: page }, pull_request: { href: `${repo}/pulls/${pull.number}` } },
    reactions: { url: `${self}/reactions`, total_count: 0, ...Object.fromEntries(reactions.map((name) => [name, 0])) },
    start_line: item.startLine,
    original_start_line: item.originalStartLine,
    start_side: item.startSide,
    line: item.line,
    original_line: item.originalLine,
    side: item.side,
    original_position: item.position,
    position: item.line === null ? null : item.position,
    subject_type: 'line',
    ...(item.inReplyTo === null ? {} : { in_reply_to_id: item.inReplyTo }),
  };
}

/** Empty where the head is in a fork: "The Checks API only looks for pushes in the repository where the check suite or check run were created." https://docs.github.com/rest/checks/runs */
function pullsOfHead(world: World, sha: string): Shape[] {
  const repo = { id: repositoryId(world), url: api(world, `/repos/${world.owner}/${world.repo}`), name: world.repo };
  return [...world.pulls.values()]
    .filter((pull) => pull.headSha === sha && pull.state === 'open' && pull.fork === null)
    .map((pull) => ({
      id: pull.id,
      number: pull.number,
      url: `${repo.url}/pulls/${pull.number}`,
      head: { ref: pull.headRef, sha: pull.headSha, repo },
      base: { ref: pull.baseRef, sha: pull.baseSha, repo },
    }));
}

export function checkRun(world: World, run: CheckRunState): Shape {
  const self = api(world, `/repos/${world.owner}/${world.repo}/check-runs/${run.id}`);
  const page = `${world.url}/${world.owner}/${world.repo}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CR', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url: self,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: { title: run.title, summary: run.summary, text: run.text, annotations_count: run.annotations.length, annotations_url: `${self}/annotations` },
    check_suite: { id: run.suiteId },
    app: app(world),
    pull_requests: pullsOfHead(world, run.headSha),
  };
}

/** The suite as it is inside of webhooks. */
export function checkSuite(world: World, sha: string, id: number): Shape {
  const self = api(world, `/repos/${world.owner}/${world.repo}/check-suites/${id}`);
  const pulls = [...world.pulls.values()].filter((pull) => pull.headSha === sha && pull.fork === null);
  const runs = [...world.checkRuns.values()].filter((run) => run.suiteId === id);
  return {
    id,
    node_id: nodeId('CS', id),
    head_branch: pulls[0]?.headRef ?? null,
    head_sha: sha,
    status: 'queued',
    conclusion: null,
    url: self,
    before: null,
    after: sha,
    pull_requests: pullsOfHead(world, sha),
    app: app(world),
    created_at: world.startedAt,
    updated_at: world.startedAt,
    rerequestable: true,
    runs_rerequestable: true,
    latest_check_runs_count: runs.length,
    check_runs_url: `${self}/check-runs`,
  };
}

export function app(world: World): Shape {
  return {
    id: world.appId,
    slug: world.slug,
    client_id: `Iv23li${world.slug}`,
    node_id: nodeId('A', world.appId),
    owner: user(world, world.owner),
    name: world.slug,
    description: '',
    external_url: `${world.url}/apps/${world.slug}`,
    html_url: `${world.url}/apps/${world.slug}`,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    permissions: world.permissions,
    events: world.events,
  };
}

export function installation(world: World): Shape {
  const self = api(world, `/app/installations/${world.installationId}`);
  return {
    id: world.installationId,
    client_id: `Iv23li${world.slug}`,
    account: user(world, world.owner),
    repository_selection: 'selected',
    access_tokens_url: `${self}/access_tokens`,
    repositories_url: api(world, '/installation/repositories'),
    html_url: `${world.url}/settings/installations/${world.installationId}`,
    app_id: world.appId,
    app_slug: world.slug,
    target_id: stableId(world.owner),
    target_type: 'User',
    permissions: world.permissions,
    events: world.events,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: world.suspendedAt === null ? null : user(world, world.owner),
    suspended_at: world.suspendedAt,
  };
}

export function deliveryItem(world: World, delivery: Delivery): Shape {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.duration,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: world.installationId,
    repository_id: repositoryId(world),
    throttled_at: null,
  };
}

export function fullDelivery(world: World, delivery: Delivery): Shape {
  return {
    ...deliveryItem(world, delivery),
    url: world.webhookUrl ?? '',
    request: { headers: delivery.requestHeaders, payload: delivery.payload },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  };
}

/** What each webhook of the repository carries. */
export function envelope(world: World, action: string, sender: string): Shape {
  return {
    action,
    repository: repository(world),
    installation: { id: world.installationId, node_id: nodeId('IN', world.installationId) },
    sender: user(world, sender),
  };
}

