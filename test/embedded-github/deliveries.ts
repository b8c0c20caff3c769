import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { webhookProblems } from './validate.ts';
import { now, type Delivery, type World } from './state.ts';

/** "Your server should respond with a 2XX response within 10 seconds": https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks */
const patience = 10_000;

export interface DeliverOptions {
  /** As if it were another attempt at an event that was delivered before. */
  readonly guid?: string;
  readonly badSignature?: boolean;
}

interface Attempt {
  readonly event: string;
  readonly payload: object;
  readonly guid: string;
  readonly redelivery: boolean;
  readonly badSignature: boolean;
}

/** Deliveries on their way, so that closing can wait for them. */
const underway = new WeakMap<World, Set<Promise<unknown>>>();

/** Posts an event to the App, signed, and records how it was answered. Never rejects. */
export function deliver(world: World, event: string, payload: object, { guid, badSignature = false }: DeliverOptions = {}): Promise<Delivery> {
  return attempt(world, { event, payload, guid: guid ?? randomUUID(), redelivery: false, badSignature });
}

/** Delivers an event of the embedded GitHub's own making: its payload is held against GitHub's description first. */
export function deliverOwn(world: World, event: string, payload: Readonly<Record<string, unknown>>): Promise<Delivery> {
  world.violations.push(...webhookProblems(`${event}.${String(payload['action'])}`, payload).map((problem) => `webhook ${event}.${String(payload['action'])}: ${problem}`));
  return deliver(world, event, payload);
}

/** Tells the App, where it is subscribed, of what it did itself; nobody waits for it. */
export function echo(world: World, event: string, payload: Readonly<Record<string, unknown>>): void {
  if (world.echo && world.events.includes(event)) void deliverOwn(world, event, payload);
}

/** A redelivery is a new delivery of the same guid. */
export function redeliver(world: World, { event, payload, guid }: Delivery): Promise<Delivery> {
  return attempt(world, { event, payload, guid, redelivery: true, badSignature: false });
}

export async function deliveriesDone(world: World): Promise<void> {
  await Promise.all([...(underway.get(world) ?? [])]);
}

async function attempt(world: World, { event, payload, guid, redelivery, badSignature }: Attempt): Promise<Delivery> {
  const body = JSON.stringify(payload);
  const sign = (algorithm: string): string => createHmac(algorithm, badSignature ? `not ${world.webhookSecret}` : world.webhookSecret).update(body).digest('hex');
  const requestHeaders = {
    accept: '*/*',
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/e7f3a1b',
    'x-github-delivery': guid,
    'x-github-event': event,
    'x-github-hook-id': '1',
    'x-github-hook-installation-target-id': String(world.appId),
    'x-github-hook-installation-target-type': 'integration',
    'x-hub-signature': `sha1=${sign('sha1')}`,
    'x-hub-signature-256': `sha256=${sign('sha256')}`,
  };
  const id = world.nextId();
  const deliveredAt = now();
  const started = performance.now();
  const posting = post(world.webhookUrl, requestHeaders, body);
  const pending = underway.get(world) ?? new Set();
  underway.set(world, pending.add(posting));
  const answer = await posting;
  pending.delete(posting);
  const action = 'action' in payload && typeof payload.action === 'string' ? payload.action : null;
  const delivery = { id, guid, event, action, redelivery, deliveredAt, duration: (performance.now() - started) / 1000, requestHeaders, payload, ...answer };
  // In the order of their beginning, whichever was answered first.
  world.deliveries.splice(world.deliveries.findLastIndex((other) => other.id < id) + 1, 0, delivery);
  return delivery;
}

type Answer = Pick<Delivery, 'status' | 'statusCode' | 'responseHeaders' | 'responseBody'>;

function post(url: string | null, headers: Record<string, string>, body: string): Promise<Answer> {
  if (url === null) return Promise.resolve(failed('failed to connect to host', 502));
  return new Promise((resolve) => {
    const timeout = setTimeout(() => {
      resolve(failed('timed out', 504));
      posting.destroy();
    }, patience);
    const done = (answer: Answer): void => {
      clearTimeout(timeout);
      resolve(answer);
    };
    const posting = request(url, { method: 'POST', headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) }, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => done(failed('failed to connect to host', 502)));
      response.on('end', () => {
        const statusCode = response.statusCode ?? 0;
        const responseHeaders = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
        const status = statusCode >= 200 && statusCode < 300 ? 'OK' : `Invalid HTTP Response: ${statusCode}`;
        done({ status, statusCode, responseHeaders, responseBody: Buffer.concat(chunks).toString('utf8') });
      });
    });
    posting.on('error', () => done(failed('failed to connect to host', 502)));
    posting.end(body);
  });
}

function failed(status: string, statusCode: number): Answer {
  return { status, statusCode, responseHeaders: null, responseBody: null };
}
