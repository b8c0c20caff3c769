import type { IncomingHttpHeaders } from 'node:http';
import type { Endpoint } from './endpoints.ts';
import type { Token, World } from './state.ts';

/** What an endpoint asks for: the App's own JWT, or an installation's token with a permission. */
export type Need = 'app' | { readonly permission: string; readonly level: 'read' | 'write' };

export interface ApiRequest {
  readonly world: World;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** Of the installation; null where the App itself asks. */
  readonly token: Token | null;
  /** The request's address without its query, for the links to other pages. */
  readonly address: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of a JSON body: a file or a diff in its own media type. */
  readonly raw?: { readonly type: string; readonly content: Buffer | string };
}

export interface Route {
  readonly needs: Need;
  readonly handle: (request: ApiRequest) => Promise<ApiResponse> | ApiResponse;
}

export type Routes = Partial<Record<Endpoint, Route>>;

/** A refusal in GitHub's words. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export const notFound = (): Refusal => new Refusal(404, 'Not Found');

/** createReview and replies answer so, and do not say which comment it is: https://github.com/QwenLM/qwen-code/issues/6711 */
export const unprocessable = (...errors: readonly string[]): Refusal => new Refusal(422, 'Unprocessable Entity', errors);

/** These parameters may hold slashes; the path of contents may be left out, with its slash. */
const multiSegment: Readonly<Record<string, string>> = { '/{path}': '(?:/(?<path>.*))?', '/{basehead}': '/(?<basehead>.+)', '/{ref}': '/(?<ref>.+)' };

const patterns = new Map<string, RegExp>();

function patternOf(template: string): RegExp {
  const known = patterns.get(template);
  if (known !== undefined) return known;
  const source = template.replace(/\/\{(\w+)\}/g, (segment, name: string) => multiSegment[segment] ?? `/(?<${name}>[^/]+)`);
  const pattern = new RegExp(`^${source}$`);
  patterns.set(template, pattern);
  return pattern;
}

/** The endpoint that a request is for, and the path's parameters, decoded. */
export function match(endpoints: readonly Endpoint[], method: string, path: string): { endpoint: Endpoint; params: Record<string, string> } | null {
  for (const endpoint of endpoints) {
    const [verb = '', template = ''] = endpoint.split(' ');
    if (verb !== method) continue;
    const found = patternOf(template).exec(path);
    if (found === null) continue;
    try {
      return { endpoint, params: Object.fromEntries(Object.entries(found.groups ?? {}).map(([name, value]) => [name, decodeURIComponent((value as string | undefined) ?? '')])) };
    } catch {
      return null;
    }
  }
  return null;
}

/** A page of a list, with GitHub's `Link` header: 30 items unless told, 100 at most. */
export function page(request: ApiRequest, items: readonly unknown[], wrap: (items: readonly unknown[]) => unknown = (all) => all): ApiResponse {
  const size = Math.min(Math.max(Number(request.query.get('per_page') ?? 30), 1), 100);
  const current = Math.max(Number(request.query.get('page') ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (number: number, rel: string): string => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(number));
    return `<${request.address}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(current > 1 ? [link(Math.min(current - 1, last), 'prev')] : []),
    ...(current < last ? [link(current + 1, 'next'), link(last, 'last')] : []),
    ...(current > 1 ? [link(1, 'first')] : []),
  ];
  const body = wrap(items.slice((current - 1) * size, current * size));
  return { status: 200, body, headers: links.length === 0 ? {} : { link: links.join(', ') } };
}
