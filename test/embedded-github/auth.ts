import { createPublicKey, randomBytes, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Need, Refusal } from './router.ts';
import type { Permissions, Token, World } from './state.ts';

const hour = 3_600_000;

/** Clocks differ; GitHub's guide puts `iat` a minute into the past for it. */
const drift = 60;

interface Claims {
  readonly iss?: unknown;
  readonly iat?: unknown;
  readonly exp?: unknown;
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/**
 * Why a JWT is not the App's, or null where it is.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
function jwtProblem(world: World, jwt: string): string | null {
  const [header = '', payload = '', signature = '', ...more] = jwt.split('.');
  const [head, claims] = [decode(header) as { alg?: unknown } | null, decode(payload) as Claims | null];
  if (head === null || claims === null || more.length > 0 || head.alg !== 'RS256') return 'A JSON web token could not be decoded';
  const key = createPublicKey(world.publicKey);
  if (!verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'))) return 'A JSON web token could not be decoded';
  const seconds = Date.now() / 1000;
  const { iss, iat, exp } = claims;
  if (String(iss) !== String(world.appId)) return "'Issuer' claim ('iss') must be an Integer or the App's client ID, and be this App's";
  if (typeof iat !== 'number' || iat > seconds + drift) return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  if (typeof exp !== 'number' || exp <= seconds) return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  if (exp > seconds + 600 + drift) return "'Expiration time' claim ('exp') is too far in the future";
  return null;
}

/** Tokens are longer than the 40 characters they once had, and hold dots: GitHub began to send such in 2026. */
export function mintToken(world: World, permissions: Permissions): { token: string; expiresAt: string } {
  const part = (size: number): string => randomBytes(size).toString('base64url');
  const token = `ghs_${world.appId}_${part(30)}.${part(180)}.${part(64)}`;
  const expiresAt = Date.now() + hour;
  world.tokens.set(token, { permissions, expiresAt });
  return { token, expiresAt: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z') };
}

export function allows(permissions: Permissions, { permission, level }: Exclude<Need, 'app'>): boolean {
  // Each installation may read a repository's metadata.
  const granted = permissions[permission] ?? (permission === 'metadata' ? 'read' : undefined);
  return granted === 'write' || granted === level;
}

export const forbidden = (): Refusal => new Refusal(403, 'Resource not accessible by integration');

/** The installation's token of a request, or null where the App itself asks; throws the refusal. */
export function authenticate(world: World, headers: IncomingHttpHeaders): Token | null {
  const [, scheme = '', credentials = ''] = /^(\w+) (\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (!['bearer', 'token'].includes(scheme.toLowerCase())) throw new Refusal(401, 'Requires authentication');
  const token = world.tokens.get(credentials);
  if (token === undefined && credentials.startsWith('ey')) {
    const problem = jwtProblem(world, credentials);
    if (problem !== null) throw new Refusal(401, problem);
    return null;
  }
  if (token === undefined || token.expiresAt <= Date.now()) throw new Refusal(401, 'Bad credentials');
  if (world.suspendedAt !== null) throw new Refusal(403, 'This installation has been suspended');
  return token;
}

/** Throws where the credentials do not reach as far as an endpoint needs. */
export function authorise(need: Need, token: Token | null): void {
  if (need === 'app') {
    if (token !== null) throw new Refusal(401, 'A JSON web token could not be decoded');
  } else if (token === null) {
    throw new Refusal(401, 'Bad credentials');
  } else if (!allows(token.permissions, need)) {
    throw forbidden();
  }
}
