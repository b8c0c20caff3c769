/**
 * Extracts from GitHub's own OpenAPI description just what the embedded GitHub serves and delivers, into
 * `test/embedded-github/schema/openapi.json`. The description comes from npm's `@octokit/openapi`, which is far too large
 * to depend on (385 MB installed), so it is packed into a temporary folder. Run it as
 * `npx tsx scripts/extract-openapi.ts [VERSION]`.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { endpoints, webhooks } from '../test/embedded-github/endpoints.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

const target = path.join(import.meta.dirname, '../test/embedded-github/schema/openapi.json');

/** Prose, examples and extensions: nothing of it validates. */
const dropped = new Set(['title', 'description', 'summary', 'example', 'examples', 'externalDocs', 'deprecated', 'readOnly', 'tags', 'operationId', 'headers', 'links', 'discriminator', 'security']);

/** Under these keywords the keys are names of properties or components, not keywords. */
const maps = new Set(['properties', 'schemas', 'parameters', 'responses', 'paths']);

/** Where the description contradicts what GitHub answers; `set` goes over what is found at `at`. Each needs its reason. */
const corrections: readonly { why: string; at: readonly string[]; set: JsonObject }[] = [
  { why: 'an outdated comment has no line', at: ['components', 'schemas', 'pull-request-review-comment', 'properties', 'line'], set: { nullable: true } },
  { why: 'an outdated comment has no position', at: ['components', 'schemas', 'pull-request-review-comment', 'properties', 'position'], set: { nullable: true } },
  {
    why: 'an account would have to be a user and an enterprise at once (allOf); a single installation is described right',
    at: ['paths', '/app/installations', 'get', 'responses', '200', 'content', 'application/json', 'schema'],
    set: { items: { $ref: '#/components/schemas/installation' } },
  },
  ...['requested', 'rerequested'].map((action) => ({
    why: 'the list of events that an App may subscribe to lacks the newer ones',
    at: ['components', 'schemas', `webhook-check-suite-${action}`, 'properties', 'check_suite', 'properties', 'app', 'properties', 'events'],
    set: { items: { type: 'string' } },
  })),
];

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function strip(value: Json, areNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => strip(item));
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    if (!areNames && (dropped.has(key) || key.startsWith('x-'))) continue;
    kept[key] = strip(child, !areNames && maps.has(key) && isObject(child));
  }
  return kept;
}

function referencesIn(value: Json, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) referencesIn(item, found);
  else if (isObject(value)) {
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string') found.add(child);
      else referencesIn(child, found);
    }
  }
}

function at(root: JsonObject, ...keys: string[]): JsonObject {
  let value: Json | undefined = root;
  for (const key of keys) value = isObject(value) ? value[key] : undefined;
  if (!isObject(value)) throw new Error(`GitHub's description has no ${keys.join(' → ')}`);
  return value;
}

/** Only JSON bodies are validated; other media types are the raw file or diff. */
function operation(source: JsonObject): JsonObject {
  const kept = strip(source);
  if (!isObject(kept)) throw new Error('an operation is not an object');
  return kept;
}

function download(version: string): JsonObject {
  const folder = mkdtempSync(path.join(tmpdir(), 'goleash-openapi-'));
  try {
    execFileSync('npm', ['pack', `@octokit/openapi@${version}`, '--silent'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error('npm pack left no archive');
    execFileSync('tar', ['xzf', archive, 'package/generated/api.github.com.json'], { cwd: folder });
    return JSON.parse(readFileSync(path.join(folder, 'package/generated/api.github.com.json'), 'utf8')) as JsonObject;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function extract(source: JsonObject): JsonObject {
  for (const correction of corrections) Object.assign(at(source, ...correction.at), correction.set);
  const paths: Record<string, JsonObject> = {};
  for (const endpoint of endpoints) {
    const [method = '', route = ''] = endpoint.split(' ');
    (paths[route] ??= {})[method.toLowerCase()] = operation(at(source, 'paths', route, method.toLowerCase()));
  }
  const delivered: JsonObject = {};
  for (const [event, name] of Object.entries(webhooks)) {
    delivered[event] = strip(at(source, 'x-webhooks', name, 'post', 'requestBody', 'content', 'application/json', 'schema'));
  }

  const components: Record<string, JsonObject> = {};
  const pending = new Set<string>();
  referencesIn(paths, pending);
  referencesIn(delivered, pending);
  for (const reference of pending) {
    const [, , kind = '', name = ''] = reference.split('/');
    const component = strip(at(source, 'components', kind, name));
    (components[kind] ??= {})[name] = component;
    referencesIn(component, pending);
  }

  const info = at(source, 'info');
  return {
    openapi: source['openapi'] ?? '3.0.3',
    info: { title: 'The part of GitHub\'s REST API that the embedded GitHub speaks', version: info['version'] ?? '', 'x-source': `@octokit/openapi ${JSON.stringify(info['version'])}, generated/api.github.com.json` },
    paths,
    'x-webhooks': delivered,
    components,
  };
}

const extracted = JSON.stringify(extract(download(process.argv[2] ?? 'latest')));
writeFileSync(target, `${extracted}\n`);
console.log(`${path.relative(process.cwd(), target)}: ${endpoints.length} operations, ${Math.round(extracted.length / 1024)} KiB`);
