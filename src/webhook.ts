import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log.ts';

/** GitHub delivers no larger payloads: https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap */
const largestPayload = 25 * 1024 * 1024;

export interface WebhookEvent {
  /** The delivery's id; a redelivery has the same. */
  readonly id: string;
  readonly name: string;
  readonly payload: unknown;
}

export interface WebhookOptions {
  readonly paths: readonly string[];
  readonly secret: string;
  /** Resolves when the work is accepted; where it rejects, GitHub is told that the delivery failed. */
  readonly receive: (event: WebhookEvent) => Promise<void>;
  readonly isDraining: () => boolean;
  readonly log: Log;
}

/**
 * Answers deliveries in Probot's place, which tells a wrong signature from a wrong request by 400, reads bodies of any size,
 * and puts the messages of its handlers' errors into the answer. The returned handler resolves to false for other requests.
 */
export function createWebhookHandler(options: WebhookOptions): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const path = (request.url ?? '/').split('?')[0]?.replace(/(?<=.)\/+$/, '') ?? '/';
    if (request.method !== 'POST' || !options.paths.includes(path)) return false;
    const { status, says } = await answer(request, options);
    // What is left of a refused body is not read.
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...(request.complete ? {} : { connection: 'close' }) }).end(`${says}\n`);
    return true;
  };
}

interface Answer {
  readonly status: number;
  readonly says: string;
}

async function answer(request: IncomingMessage, { secret, receive, isDraining, log }: WebhookOptions): Promise<Answer> {
  if (isDraining()) return { status: 503, says: 'Shutting down; deliver again later.' };
  const { 'x-github-event': name, 'x-github-delivery': id, 'x-hub-signature-256': signature } = request.headers;
  if (typeof signature !== 'string') return { status: 401, says: 'The signature is missing.' };
  const body = await readBody(request);
  if (body === null) return { status: 413, says: 'The body is larger than 25 MB.' };
  if (!isSignedBy(secret, body, signature)) {
    log.warn({ delivery: id, event: name }, 'A delivery with a wrong signature was refused.');
    return { status: 401, says: 'The signature does not match.' };
  }
  if (typeof name !== 'string' || typeof id !== 'string') return { status: 400, says: 'X-GitHub-Event and X-GitHub-Delivery are required.' };
  const payload = parse(body);
  if (payload === null) return { status: 400, says: 'The body is not a JSON object; set the content type of the webhook to application/json.' };
  try {
    await receive({ id, name, payload });
    return { status: 202, says: 'Accepted.' };
  } catch (error) {
    log.error({ delivery: id, event: name, err: error }, 'A delivery could not be accepted.');
    return { status: 500, says: 'The delivery could not be accepted; its id is in the log.' };
  }
}

/** Null where the body is too large. Rejects where the connection breaks. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > largestPayload) return null;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > largestPayload) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** GitHub signs the raw body: https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries */
function isSignedBy(secret: string, body: Buffer, signature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function parse(body: Buffer): object | null {
  try {
    const payload: unknown = JSON.parse(body.toString('utf8'));
    return typeof payload === 'object' ? payload : null;
  } catch {
    return null;
  }
}
