import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { appRoutes } from './app.ts';
import { authenticate, authorise } from './auth.ts';
import { checkRoutes } from './checks.ts';
import { contentRoutes } from './contents.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import type { Failure, Faults } from './faults.ts';
import { gitDataRoutes } from './git-data.ts';
import { answerGraphQL } from './graphql.ts';
import { answerPage } from './page.ts';
import { pullRoutes } from './pulls.ts';
import { reviewRoutes } from './reviews.ts';
import { match, notFound, Refusal, type ApiResponse, type Route } from './router.ts';
import { repositoryId } from './shapes.ts';
import type { RecordedRequest, World } from './state.ts';
import { requestProblems, responseProblems } from './validate.ts';

const routes: Readonly<Record<Endpoint, Route>> = { ...appRoutes, ...gitDataRoutes, ...pullRoutes, ...reviewRoutes, ...checkRoutes, ...contentRoutes };

/** https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const hourlyLimit = 5000;

interface Found {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Serves REST under `/api/v3`, GraphQL at `/api/graphql`, as GitHub Enterprise Server does, and pages for a browser beside them. */
export function createGitHubServer(world: () => World, faults: Faults): Server {
  return createServer((request, response) => {
    void serve(world(), faults, request, response).catch((error: unknown) => {
      const message = `The embedded GitHub failed at ${request.method ?? ''} ${request.url ?? ''}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      world().violations.push(message);
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify({ message }));
    });
  });
}

async function serve(world: World, faults: Faults, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', world.url);
  const [, asked = null] = /^\/api(?:\/v3)?(?=\/|$)(.*)$/.exec(url.pathname) ?? [];
  const api = asked?.replace(`/repositories/${repositoryId(world)}/`, `/repos/${world.owner}/${world.repo}/`) ?? null;
  if (api === null) {
    const { status, type, content } = await answerPage(world, url.pathname);
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(content);
    return;
  }

  const incoming = { request, method: request.method ?? 'GET', path: api, query: url.searchParams, body: await readBody(request) };
  const found = match(endpoints, incoming.method, api);
  const recorded: RecordedRequest = {
    method: incoming.method, path: api, query: url.search, route: api === '/graphql' ? api : (found?.endpoint.split(' ')[1] ?? null), status: 0, body: incoming.body, at: Date.now(),
  };
  world.requests.push(recorded);

  if (world.repo !== world.firstName && api.startsWith(`/repos/${world.owner}/${world.firstName}/`)) {
    // https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    recorded.status = incoming.method === 'GET' ? 301 : 307;
    const rest = api.slice(`/repos/${world.owner}/${world.firstName}`.length);
    response.writeHead(recorded.status, { location: `${world.url}/api/v3/repositories/${repositoryId(world)}${rest}${url.search}` }).end();
    return;
  }

  const failure = faults.take(recorded);
  if (failure === 'apply-then-cut' || failure === 'apply-then-silence') await respond(world, incoming, found);
  if (failure === 'silence' || failure === 'apply-then-silence') return;
  if (failure === 'cut' || failure === 'apply-then-cut') {
    request.socket.destroy();
    return;
  }
  const answer = await fail(failure, () => respond(world, incoming, found));
  recorded.status = answer.status;
  send(world, response, answer);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Answers a request, or with the failure that it is to meet. */
async function fail(failure: Exclude<Failure, 'cut' | 'silence' | 'apply-then-cut' | 'apply-then-silence'> | null, answer: () => Promise<ApiResponse>): Promise<ApiResponse> {
  if (failure === null) return answer();
  if (failure === 'apply-then-502') return fail({ status: 502, applied: true }, answer);
  if ('until' in failure) await failure.until;
  if ('delayMs' in failure) await sleep(failure.delayMs);
  if (!('status' in failure)) return answer();
  if (failure.applied === true) await answer();
  return { status: failure.status, body: failure.body ?? { message: 'Server Error' }, headers: failure.headers ?? {} };
}

async function respond(world: World, incoming: Incoming, found: Found | null): Promise<ApiResponse> {
  const at = `${incoming.method} ${incoming.path}`;
  try {
    // "Requests with no User-Agent header will be rejected."
    if (incoming.request.headers['user-agent'] === undefined) throw new Refusal(403, 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header');
    if (incoming.path === '/graphql' && incoming.method === 'POST') {
      const token = authenticate(world, incoming.request.headers);
      if (token === null) throw new Refusal(401, 'Bad credentials');
      return { status: 200, body: await answerGraphQL(world, token, (incoming.body ?? {})) };
    }
    if (found === null) {
      world.unplanned.push(at);
      throw notFound();
    }
    const answer = await run(world, incoming, found);
    if (answer.raw !== undefined) return answer;
    return conforming(world, at, found.endpoint, answer);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const body = {
      message: error.message, ...(error.errors === undefined ? {} : { errors: error.errors }),
      documentation_url: 'https://docs.github.com/rest', status: String(error.status),
    };
    const answer = { status: error.status, body };
    return found === null ? answer : conforming(world, at, found.endpoint, answer);
  }
}

async function run(world: World, { request, query, body, path }: Incoming, { endpoint, params }: Found): Promise<ApiResponse> {
  const route = routes[endpoint];
  const token = authenticate(world, request.headers);
  authorise(route.needs, token);
  if (world.archived && route.needs !== 'app' && route.needs.level === 'write') throw new Refusal(403, 'Repository was archived so is read-only.');
  const problems = requestProblems(endpoint, params, query, body);
  if (problems.length > 0) {
    world.violations.push(...problems.map((problem) => `request ${endpoint}: ${problem}`));
    throw new Refusal(422, `Invalid request.\n\n${problems.join('\n')}`);
  }
  const { owner = world.owner, repo = world.repo } = params;
  if (owner.toLowerCase() !== world.owner.toLowerCase() || repo.toLowerCase() !== world.repo.toLowerCase()) throw notFound();
  return route.handle({ world, params, query, headers: request.headers, body, token, address: `${world.url}/api/v3${path}` });
}

/** An answer that GitHub's description does not allow is a fault of the embedded GitHub, told loudly. */
function conforming(world: World, at: string, endpoint: Endpoint, answer: ApiResponse): ApiResponse {
  const body: unknown = answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body));
  const problems = responseProblems(endpoint, answer.status, body);
  if (problems.length === 0) return answer;
  const violations = problems.map((problem) => `response ${answer.status} to ${at}: ${problem}`);
  world.violations.push(...violations);
  return { status: 500, body: { message: 'The embedded GitHub answered against GitHub\'s description', errors: violations } };
}

function send(world: World, response: ServerResponse, { status, body, headers = {}, raw }: ApiResponse): void {
  const content = raw?.content ?? (body === undefined ? '' : JSON.stringify(body));
  response.writeHead(status, {
    ...(status === 204 ? {} : { 'content-type': raw?.type ?? 'application/json; charset=utf-8' }),
    'x-github-media-type': 'github.v3; format=json',
    'x-github-request-id': `EMBD:${world.requests.length}`,
    'x-ratelimit-limit': String(hourlyLimit),
    'x-ratelimit-remaining': String(hourlyLimit - 1),
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    ...headers,
  });
  response.end(content);
}
