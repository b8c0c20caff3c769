/**
 * Holds requests, responses and webhooks against GitHub's own OpenAPI description (`schema/openapi.json`, made by
 * `scripts/extract-openapi.ts`). Schemas compile on first use.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { endpoints, type Endpoint } from './endpoints.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = Record<string, Json>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Body {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

type Reference = { readonly $ref: string };

interface Operation {
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Body & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Body | Reference>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly 'x-webhooks': Readonly<Record<string, Schema>>;
  readonly components: { readonly schemas: Schema; readonly parameters: Record<string, Parameter>; readonly responses: Record<string, Body> };
}

const description = JSON.parse(readFileSync(new URL('schema/openapi.json', import.meta.url), 'utf8')) as Description;

// Compiled once and used a few times: optimising and inlining would cost more than they save.
const ajv = new Ajv({ strict: false, allErrors: true, inlineRefs: false, code: { optimize: false } });
formats.default(ajv);
// URI templates as GitHub writes them (`…/pulls{/number}`); ajv-formats' own pattern takes them too, but not `{+path}`.
ajv.addFormat('uri-template', /^https?:\/\/\S+$/);
ajv.addSchema({ components: { schemas: convert(description.components.schemas, true) } }, 'github');

/** Answers that any endpoint may give, whether its description lists them or not. */
const everywhere = new Set([401, 403, 404, 422, 500]);

const compiled = new Map<string, ValidateFunction>();

function validator(key: string, schema: () => Json): ValidateFunction {
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = ajv.compile(schema() as Schema);
  compiled.set(key, made);
  return made;
}

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes an alternative, references lead into the one registered schema. */
function convert(value: Json, areNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => convert(item));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref: reference, nullable, ...rest } = value;
  if (!areNames && typeof reference === 'string') return { $ref: `github${reference}` };
  const entries = Object.entries(areNames ? value : rest).map(([key, child]): [string, Json] => [key, convert(child, key === 'properties' && !areNames)]);
  const converted = Object.fromEntries(entries);
  return !areNames && nullable === true ? { anyOf: [{ type: 'null' }, converted] } : converted;
}

/** GitHub ignores unknown properties of a request; here they are mistakes. Alternatives restate what surrounds them, so they stay open. */
function closed(value: Json): Json {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, Json> = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === 'properties' && typeof child === 'object' && child !== null && !Array.isArray(child)) copy[key] = Object.fromEntries(Object.entries(child).map(([name, schema]) => [name, closed(schema)]));
    else copy[key] = key === 'anyOf' || key === 'oneOf' || key === 'allOf' ? child : closed(child);
  }
  if ('properties' in copy && !('additionalProperties' in copy)) copy['additionalProperties'] = false;
  return copy;
}

function operationOf(endpoint: Endpoint): Operation {
  const [method = '', path = ''] = endpoint.split(' ');
  const operation = description.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`schema/openapi.json lacks ${endpoint}: run scripts/extract-openapi.ts`);
  return operation;
}

function resolved<T extends object>(value: T | Reference, among: Readonly<Record<string, T>>): T {
  if (!('$ref' in value)) return value;
  const target = among[value.$ref.split('/').at(-1) ?? ''];
  if (target === undefined) throw new Error(`schema/openapi.json lacks ${value.$ref}`);
  return target;
}

/** What is wrong with a request, in GitHub's words where it has words for it. */
export function requestProblems(endpoint: Endpoint, params: Readonly<Record<string, string>>, query: URLSearchParams, body: unknown): string[] {
  const operation = operationOf(endpoint);
  const parameters = (operation.parameters ?? []).map((parameter) => resolved(parameter, description.components.parameters));
  const problems: string[] = [];
  for (const parameter of parameters) {
    const given = parameter.in === 'path' ? params[parameter.name] : parameter.in === 'query' ? query.get(parameter.name) ?? undefined : undefined;
    if (given === undefined) {
      if (parameter.required === true) problems.push(`"${parameter.name}" wasn't supplied.`);
      continue;
    }
    const check = validator(`${endpoint} ${parameter.in} ${parameter.name}`, () => convert(parameter.schema));
    if (!check(coerce(given, parameter.schema)) && !(parameter.name === 'per_page' && /^\d+$/.test(given))) problems.push(...words(check.errors, `"${parameter.name}"`));
  }
  for (const name of query.keys()) if (!parameters.some((parameter) => parameter.in === 'query' && parameter.name === name)) problems.push(`"${name}" is not a permitted query parameter.`);

  const schema = operation.requestBody?.content?.['application/json']?.schema;
  if (schema === undefined) {
    if (body !== undefined && JSON.stringify(body) !== '{}') problems.push('The request must have no body.');
  } else if (body === undefined) {
    if (operation.requestBody?.required === true) problems.push('A JSON body wasn\'t supplied.');
  } else {
    const check = validator(`${endpoint} request`, () => closed(convert(dereferenced(schema))));
    if (!check(body)) problems.push(...words(check.errors));
  }
  return [...new Set(problems)];
}

/** A request's schema with its references replaced, so that it can be closed: responses' schemas must stay open. */
function dereferenced(value: Json): Json {
  if (Array.isArray(value)) return value.map(dereferenced);
  if (typeof value !== 'object' || value === null) return value;
  const reference = value['$ref'];
  if (typeof reference === 'string') return dereferenced(description.components.schemas[reference.split('/').at(-1) ?? ''] ?? null);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, dereferenced(child)]));
}

/** Compiles all that requests and answers are held against, so that the first of each need not wait for it. */
export function compileAll(): void {
  for (const endpoint of endpoints) {
    requestProblems(endpoint, {}, new URLSearchParams(), {});
    for (const status of Object.keys(operationOf(endpoint).responses)) responseProblems(endpoint, Number(status), null);
  }
  for (const event of Object.keys(description['x-webhooks'])) webhookProblems(event, {});
}

/** What is wrong with an answer of the embedded GitHub. */
export function responseProblems(endpoint: Endpoint, status: number, body: unknown): string[] {
  const response = operationOf(endpoint).responses[String(status)];
  if (response === undefined) {
    if (!everywhere.has(status)) return [`GitHub's description has no status ${status} here`];
    const check = validator('basic-error', () => ({ type: 'object', required: ['message', 'documentation_url', 'status'], properties: { message: { type: 'string' }, documentation_url: { type: 'string' }, status: { type: 'string' } } }));
    return check(body) ? [] : words(check.errors);
  }
  const schema = resolved(response, description.components.responses).content?.['application/json']?.schema;
  if (schema === undefined) return body === undefined ? [] : ['GitHub answers without a body here'];
  const check = validator(`${endpoint} ${status}`, () => convert(schema));
  return check(body) ? [] : words(check.errors);
}

/** What is wrong with a webhook's payload; `event` is `event.action`. */
export function webhookProblems(event: string, payload: object): string[] {
  const schema = description['x-webhooks'][event];
  if (schema === undefined) return ['not among the webhooks that were extracted from GitHub\'s description'];
  const check = validator(`webhook ${event}`, () => convert(schema));
  return check(payload) ? [] : words(check.errors);
}

function coerce(text: string, { type }: Schema): Json {
  if ((type === 'integer' || type === 'number') && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return type === 'boolean' && (text === 'true' || text === 'false') ? text === 'true' : text;
}

/** GitHub says: "body" wasn't supplied. / "foo" is not a permitted key. */
function words(errors: readonly ErrorObject[] | null | undefined, subject = ''): string[] {
  return (errors ?? []).map(({ instancePath, keyword, params, message = 'is not valid' }) => {
    const where = instancePath === '' ? subject : instancePath.slice(1);
    const of = where === '' ? '' : ` (in ${where})`;
    const { missingProperty, additionalProperty, allowedValues } = params as { missingProperty?: string; additionalProperty?: string; allowedValues?: unknown[] };
    if (keyword === 'required') return `"${missingProperty ?? ''}" wasn't supplied.${of}`;
    if (keyword === 'additionalProperties') return `"${additionalProperty ?? ''}" is not a permitted key.${of}`;
    return `For '${where}', ${message}${allowedValues === undefined ? '' : `: ${JSON.stringify(allowedValues)}`}.`;
  });
}
