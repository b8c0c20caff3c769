/**
 * GraphQL against GitHub's own schema, executed by the reference implementation. Resolvers exist for what the App asks;
 * any other field is an error and is recorded as unplanned, never a silent null.
 */
import { buildSchema, execute, GraphQLError, parse, validate, type DocumentNode, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { allows, forbidden } from './auth.ts';
import { Refusal } from './router.ts';
import { idOfNode, nodeId, repositoryId } from './shapes.ts';
import { findComment, now, type CommentState, type PullRequestState, type Token, type World } from './state.ts';

type Source = Record<string, unknown>;

/** `Blob.text` is cut here and `isTruncated` set, as https://github.com/sveltia/sveltia-cms/issues/950 found. */
const longestText = 512_000;

/** "Values of first and last must be within 1-100": https://docs.github.com/graphql/overview/rate-limits-and-node-limits-for-the-graphql-api */
const mostNodes = 100;

/** https://github.com/github/rest-api-description/issues/3795 shows ids beyond 2^31 - 1, which is all that an Int holds. */
const outgrown = 'PullRequestReviewComment.databaseId is a 32-bit Int that today\'s ids do not fit in: ask for fullDatabaseId, a string';

let building: Promise<GraphQLSchema> | undefined;

/** 1.2 MB of SDL, so it is loaded and built on the first query only. */
export function githubSchema(): Promise<GraphQLSchema> {
  building ??= import('@octokit/graphql-schema').then(({ schema }) => buildSchema(schema.idl, { assumeValid: true, assumeValidSDL: true }));
  return building;
}

export interface GraphQLRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

/** Always an HTTP 200, as on GitHub; what went wrong is in `errors`. */
export async function answerGraphQL(world: World, token: Token, request: GraphQLRequest): Promise<object> {
  if (typeof request.query !== 'string') return { errors: [{ message: 'A query attribute must be specified and must be a string.' }] };
  let document: DocumentNode;
  try {
    document = parse(request.query);
  } catch (error) {
    return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
  }
  const schema = await githubSchema();
  const problems = validate(schema, document);
  if (problems.length > 0) {
    world.violations.push(...problems.map((problem) => `GraphQL: ${problem.message}`));
    return { errors: problems };
  }
  const result = await execute({
    schema,
    document,
    rootValue: root(world, token),
    variableValues: (request.variables ?? {}) as Record<string, unknown>,
    operationName: typeof request.operationName === 'string' ? request.operationName : null,
    fieldResolver: resolve(world),
  });
  return { ...result, ...(result.errors === undefined ? {} : { errors: result.errors.map((error) => shown(error)) }) };
}

/** GitHub puts a `type` beside the message. */
function shown(error: GraphQLError): object {
  const { type, ...extensions } = error.extensions;
  const cause = error.originalError instanceof Refusal ? (error.originalError.status === 403 ? 'FORBIDDEN' : 'NOT_FOUND') : type;
  return { ...error.toJSON(), extensions, ...(cause === undefined ? {} : { type: cause }) };
}

function resolve(world: World): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, _context, info) => {
    const parent = source as Source;
    if (!(info.fieldName in parent)) {
      const unplanned = `GraphQL ${info.parentType.name}.${info.fieldName}`;
      world.unplanned.push(unplanned);
      throw new GraphQLError(`The embedded GitHub does not resolve ${unplanned}`);
    }
    const value = parent[info.fieldName];
    return typeof value === 'function' ? (value as (args: unknown) => unknown)(args) : value;
  };
}

function notResolved(what: string): GraphQLError {
  return new GraphQLError(`Could not resolve to a ${what}.`, { extensions: { type: 'NOT_FOUND' } });
}

function need(token: Token, permission: string, level: 'read' | 'write'): void {
  if (!allows(token.permissions, { permission, level })) throw forbidden();
}

function root(world: World, token: Token): Source {
  return {
    repository: ({ owner, name }: { owner: string; name: string }) => {
      if (owner === world.owner && name === '.github' && world.defaults !== null) return defaultsRepository(world.defaults);
      // Renamed repositories are followed, as `followRenames` has it by default.
      if (owner !== world.owner || (name !== world.repo && name !== world.firstName)) throw notResolved(`Repository with the name '${owner}/${name}'`);
      return repository(world, token);
    },
    rateLimit: () => ({ cost: 1, limit: 5000, remaining: 4999, used: 1, nodeCount: 1, resetAt: now() }),
    resolveReviewThread: ({ input }: { input: { threadId: string; clientMutationId?: string } }) => setResolved(world, token, input, true),
    unresolveReviewThread: ({ input }: { input: { threadId: string; clientMutationId?: string } }) => setResolved(world, token, input, false),
    minimizeComment: ({ input }: { input: { subjectId: string; classifier: string; clientMutationId?: string } }) => {
      const found = findComment(world, idOfNode('PRRC', input.subjectId) ?? -1);
      if (found === null) throw notResolved(`node with the global id of '${input.subjectId}'`);
      need(token, 'pull_requests', 'write');
      found.comment.minimized = input.classifier.toLowerCase();
      return { minimizedComment: comment(world, token, found.pull, found.comment), clientMutationId: input.clientMutationId ?? null };
    },
    unminimizeComment: ({ input }: { input: { subjectId: string; clientMutationId?: string } }) => {
      const found = findComment(world, idOfNode('PRRC', input.subjectId) ?? -1);
      if (found === null) throw notResolved(`node with the global id of '${input.subjectId}'`);
      need(token, 'pull_requests', 'write');
      found.comment.minimized = null;
      return { unminimizedComment: comment(world, token, found.pull, found.comment), clientMutationId: input.clientMutationId ?? null };
    },
  };
}

/** "Contents: write" is what App tokens need for it: https://github.com/orgs/community/discussions/44650 */
function setResolved(world: World, token: Token, input: { threadId: string; clientMutationId?: string }, resolved: boolean): Source {
  const found = findComment(world, idOfNode('PRRT', input.threadId) ?? -1);
  if (found === null) throw notResolved(`node with the global id of '${input.threadId}'`);
  need(token, 'contents', 'write');
  need(token, 'pull_requests', 'write');
  found.comment.resolved = resolved;
  return { thread: thread(world, token, found.pull, found.comment), clientMutationId: input.clientMutationId ?? null };
}

function repository(world: World, token: Token): Source {
  return {
    id: nodeId('R', repositoryId(world)),
    name: world.repo,
    nameWithOwner: `${world.owner}/${world.repo}`,
    owner: actor(world.owner),
    url: `${world.url}/${world.owner}/${world.repo}`,
    isPrivate: false,
    isArchived: world.archived,
    defaultBranchRef: { name: world.defaultBranch },
    object: async ({ expression, oid }: { expression?: string | null; oid?: string | null }) => {
      need(token, 'contents', 'read');
      return gitObject(world, expression ?? oid ?? '');
    },
    pullRequest: ({ number }: { number: number }) => {
      need(token, 'pull_requests', 'read');
      const pull = world.pulls.get(number);
      if (pull === undefined) throw notResolved(`PullRequest with the number of ${number}`);
      return pullRequest(world, token, pull);
    },
  };
}

/** The owner's repository of defaults: its files at HEAD, and nothing else. */
function defaultsRepository(files: Readonly<Record<string, string>>): Source {
  return {
    name: '.github',
    object: ({ expression }: { expression?: string | null }) => {
      const text = files[(expression ?? '').replace(/^HEAD:/, '')];
      return text === undefined ? null : { __typename: 'Blob', ...blob(Buffer.from(text)) };
    },
  };
}

async function gitObject(world: World, expression: string): Promise<Source | null> {
  // `SHA:dir/` names a tree for git and for GitHub alike.
  const object = await world.git.object(expression);
  if (object === null) return null;
  const base = { id: nodeId(object.type, object.oid), oid: object.oid, abbreviatedOid: object.oid.slice(0, 7) };
  switch (object.type) {
    case 'blob': return { __typename: 'Blob', ...base, ...blob(object.content) };
    case 'tree': return { __typename: 'Tree', ...base, entries: () => entries(world, object.oid, expression) };
    case 'commit': return {
      __typename: 'Commit', ...base, message: object.content.toString('utf8').split('\n\n').slice(1).join('\n\n').trimEnd(),
      tree: () => gitObject(world, `${object.oid}^{tree}`),
      file: async ({ path }: { path: string }) => {
        const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
        return (await entries(world, `${object.oid}:${folder}`, `${object.oid}:${folder}`)).find((entry) => entry['path'] === path) ?? null;
      },
    };
    case 'tag': return { __typename: 'Tag', ...base };
  }
}

function blob(content: Buffer): Source {
  const isBinary = content.subarray(0, 8000).includes(0);
  const isTruncated = content.length > longestText;
  const text = isBinary ? null : (isTruncated ? content.subarray(0, longestText) : content).toString('utf8');
  return { text, isTruncated, isBinary, byteSize: content.length };
}

async function entries(world: World, oid: string, expression: string): Promise<Source[]> {
  const directory = expression.includes(':') ? expression.slice(expression.indexOf(':') + 1).replace(/\/+$/, '') : '';
  const found = await world.git.tree(oid, false);
  return (found ?? []).map((entry) => ({
    name: entry.name,
    path: directory === '' ? entry.name : `${directory}/${entry.name}`,
    extension: /\.[^.]+$/.exec(entry.name)?.[0] ?? '',
    type: entry.type,
    mode: parseInt(entry.mode, 8),
    oid: entry.oid,
    size: entry.size ?? 0,
    // Names and sizes are read without the blobs; these are read where their text is asked for.
    object: () => (entry.type === 'blob' ? lazyBlob(world, entry.oid, entry.size ?? 0) : entry.type === 'tree' ? gitObject(world, entry.oid) : null),
  }));
}

function lazyBlob(world: World, oid: string, byteSize: number): Source {
  const field = (name: string) => async (): Promise<unknown> => blob((await world.git.object(oid))?.content ?? Buffer.alloc(0))[name];
  return { __typename: 'Blob', id: nodeId('blob', oid), oid, abbreviatedOid: oid.slice(0, 7), byteSize, text: field('text'), isTruncated: byteSize > longestText, isBinary: field('isBinary') };
}

/** GraphQL names a bot without the `[bot]` of REST. */
function actor(login: string): Source {
  const bot = login.endsWith('[bot]');
  return { __typename: bot ? 'Bot' : 'User', login: login.replace('[bot]', '') };
}

function pullRequest(world: World, token: Token, pull: PullRequestState): Source {
  return {
    id: nodeId('PR', pull.number),
    fullDatabaseId: String(pull.id),
    number: pull.number,
    title: pull.title,
    body: pull.body ?? '',
    url: `${world.url}/${world.owner}/${world.repo}/pull/${pull.number}`,
    state: pull.state === 'open' ? 'OPEN' : 'CLOSED',
    closed: pull.state === 'closed',
    merged: false,
    locked: pull.locked,
    isDraft: pull.draft,
    isCrossRepository: pull.fork !== null,
    headRefOid: pull.headSha,
    headRefName: pull.headRef,
    baseRefOid: pull.baseSha,
    baseRefName: pull.baseRef,
    author: actor(pull.author),
    labels: (args: Page) => connection('labels', args, pull.labels.map((name) => ({ __typename: 'Label', id: nodeId('LA', name), name }))),
    commits: async (args: Page) => {
      const oids = (await world.git.text('rev-list', '--reverse', `${pull.baseSha}..${pull.headSha}`)).split('\n').filter(Boolean);
      return connection('commits', args, oids.map((oid) => ({ id: nodeId('PRC', `${pull.number}:${oid}`), commit: { oid, checkSuites: (filter: SuiteFilter) => checkSuites(world, token, oid, filter) } })));
    },
    reviewThreads: (args: Page) => connection('reviewThreads', args, pull.comments.filter((item) => item.inReplyTo === null).map((item) => thread(world, token, pull, item))),
  };
}

interface SuiteFilter extends Page {
  readonly filterBy?: { readonly checkName?: string | null; readonly appId?: number | null } | null;
}

interface RunFilter extends Page {
  readonly filterBy?: { readonly checkName?: string | null; readonly status?: string | null; readonly checkType?: 'ALL' | 'LATEST' | null } | null;
}

/** The App's own suite, where it has runs of the name that is asked for. */
function checkSuites(world: World, token: Token, oid: string, { filterBy, ...suites }: SuiteFilter): Source {
  need(token, 'checks', 'read');
  const all = [...world.checkRuns.values()].filter(({ headSha }) => headSha === oid);
  const isAsked = all.some(({ name }) => (filterBy?.checkName ?? name) === name) && (filterBy?.appId ?? world.appId) === world.appId;
  const checkRuns = ({ filterBy: by, ...page }: RunFilter): Source => {
    const runs = all.filter(({ name, status }) => (by?.checkName ?? name) === name && (by?.status ?? status).toLowerCase() === status);
    // "The latest run of each check name" is what is shown where nothing else is asked for.
    const shown = by?.checkType === 'ALL' ? runs : runs.filter((run, index) => runs.findLastIndex(({ name }) => name === run.name) === index);
    return connection('checkRuns', page, shown.map(({ name, externalId, status }) => ({ name, externalId, status: status.toUpperCase() })));
  };
  return connection('checkSuites', suites, isAsked ? [{ checkRuns }] : []);
}

function thread(world: World, token: Token, pull: PullRequestState, first: CommentState): Source {
  const may = allows(token.permissions, { permission: 'contents', level: 'write' }) && allows(token.permissions, { permission: 'pull_requests', level: 'write' });
  const items = pull.comments.filter((item) => item === first || item.inReplyTo === first.id);
  return {
    id: nodeId('PRRT', first.id),
    isResolved: first.resolved,
    isOutdated: first.line === null,
    isCollapsed: first.resolved,
    viewerCanResolve: may && !first.resolved,
    viewerCanUnresolve: may && first.resolved,
    viewerCanReply: !pull.locked,
    path: first.path,
    line: first.line,
    startLine: first.startLine,
    originalLine: first.originalLine,
    originalStartLine: first.originalStartLine,
    diffSide: first.side,
    startDiffSide: first.startSide,
    subjectType: 'LINE',
    comments: (args: Page) => connection('comments', args, items.map((item) => comment(world, token, pull, item))),
  };
}

function comment(world: World, token: Token, pull: PullRequestState, item: CommentState): Source {
  return {
    __typename: 'PullRequestReviewComment',
    id: nodeId('PRRC', item.id),
    databaseId: () => {
      world.violations.push(`GraphQL: ${outgrown}`);
      throw new GraphQLError(outgrown);
    },
    fullDatabaseId: String(item.id),
    body: item.body,
    author: actor(item.author),
    path: item.path,
    line: item.line,
    startLine: item.startLine,
    originalLine: item.originalLine,
    outdated: item.line === null,
    isMinimized: item.minimized !== null,
    minimizedReason: item.minimized,
    viewerDidAuthor: item.author === `${world.slug}[bot]`,
    viewerCanDelete: allows(token.permissions, { permission: 'pull_requests', level: 'write' }),
    viewerCanMinimize: allows(token.permissions, { permission: 'pull_requests', level: 'write' }),
    createdAt: item.createdAt,
    updatedAt: item.updatedAt,
    url: `${world.url}/${world.owner}/${world.repo}/pull/${pull.number}#discussion_r${item.id}`,
    replyTo: item.inReplyTo === null ? null : { id: nodeId('PRRC', item.inReplyTo), fullDatabaseId: String(item.inReplyTo) },
  };
}

interface Page {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
}

function connection(name: string, { first, last, after }: Page, items: readonly Source[]): Source {
  const size = first ?? last;
  if (size === null || size === undefined) throw new GraphQLError(`You must provide a \`first\` or \`last\` value to properly paginate the \`${name}\` connection.`, { extensions: { type: 'MISSING_PAGINATION_BOUNDARIES' } });
  if (size < 1 || size > mostNodes) throw new GraphQLError(`Requesting ${size} records on the \`${name}\` connection exceeds the \`first\` limit of ${mostNodes} records.`, { extensions: { type: 'EXCESSIVE_PAGINATION' } });
  const from = typeof after === 'string' ? Number(Buffer.from(after, 'base64').toString('utf8').replace('cursor:', '')) : first === undefined || first === null ? Math.max(items.length - size, 0) : 0;
  const nodes = items.slice(from, from + size);
  const cursor = (index: number): string => Buffer.from(`cursor:${index}`).toString('base64');
  return {
    nodes,
    edges: nodes.map((node, index) => ({ node, cursor: cursor(from + index + 1) })),
    totalCount: items.length,
    pageInfo: {
      hasNextPage: from + size < items.length,
      hasPreviousPage: from > 0,
      startCursor: nodes.length === 0 ? null : cursor(from + 1),
      endCursor: nodes.length === 0 ? null : cursor(from + nodes.length),
    },
  };
}
