import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { EnvironmentError, readEnvironment } from '../src/environment.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
const complete = { APP_ID: '7', PRIVATE_KEY: privateKey, WEBHOOK_SECRET: 's3cret' };
const noFile = (): string => {
  throw new Error('ENOENT: no such file');
};

test('reads credentials and fills in the rest', () => {
  expect(readEnvironment(complete, noFile)).toEqual({
    production: false,
    credentials: { appId: 7, privateKey: privateKey.trim(), webhookSecret: 's3cret' },
    webhookPath: '/api/github/webhooks',
    host: 'localhost',
    port: 3000,
    logLevel: 'info',
    webUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    publicUrl: null,
    concurrency: 4,
    jobTimeoutMs: 300_000,
    drainGraceMs: 25_000,
  });
});

test('knows GitHub Enterprise Server', () => {
  expect(readEnvironment({ GHE_HOST: '127.0.0.1:8080', GHE_PROTOCOL: 'http' }, noFile)).toMatchObject({ webUrl: 'http://127.0.0.1:8080', apiUrl: 'http://127.0.0.1:8080/api/v3' });
});

test.each([
  ['as it is', privateKey],
  ['with \\n for line breaks, in quotes', `"${privateKey.replaceAll('\n', '\\n')}"`],
  ['in base64', Buffer.from(privateKey).toString('base64')],
])('takes a key %s', (_, key) => {
  expect(readEnvironment({ ...complete, PRIVATE_KEY: key }, noFile).credentials?.privateKey.trim()).toBe(privateKey.trim());
});

test('takes a key from a file', () => {
  const files: string[] = [];
  const environment = readEnvironment({ ...complete, PRIVATE_KEY: '', PRIVATE_KEY_PATH: 'key.pem' }, (path) => {
    files.push(path);
    return privateKey;
  });
  expect(environment.credentials?.privateKey).toBe(privateKey.trim());
  expect(files).toEqual(['key.pem']);
});

describe('without credentials', () => {
  test('there is nothing to serve but the setup page', () => {
    expect(readEnvironment({}, noFile).credentials).toBeNull();
  });

  test('production does not start', () => {
    expect(() => readEnvironment({ NODE_ENV: 'production' }, noFile)).toThrow(/APP_ID is missing/);
  });
});

test.each([
  ['WEBHOOK_SECRET', { WEBHOOK_SECRET: undefined }, /WEBHOOK_SECRET is missing/],
  ['an empty WEBHOOK_SECRET', { WEBHOOK_SECRET: '' }, /WEBHOOK_SECRET is missing/],
  ['PRIVATE_KEY', { PRIVATE_KEY: undefined }, /PRIVATE_KEY or PRIVATE_KEY_PATH is missing/],
  ['APP_ID', { APP_ID: undefined }, /APP_ID is missing/],
  ["Probot's default secret", { WEBHOOK_SECRET: 'development' }, /WEBHOOK_SECRET must not be "development" in production/],
])('production does not start for %s', (_, told, message) => {
  expect(() => readEnvironment({ ...complete, NODE_ENV: 'production', ...told }, noFile)).toThrow(message);
});

test.each([
  ['APP_ID', 'goleash'],
  ['PORT', '0'],
  ['PORT', '70000'],
  ['LOG_LEVEL', 'loud'],
  ['GHE_HOST', 'https://github.example.com/'],
  ['GHE_PROTOCOL', 'ftp'],
  ['PUBLIC_URL', 'goleash.example.com'],
  ['CONCURRENCY', '0'],
  ['DRAIN_GRACE_SECONDS', 'soon'],
  ['WEBHOOK_PATH', 'webhooks'],
  ['PRIVATE_KEY', 'not a key'],
])('names %s where it is %j', (name, value) => {
  const read = (): unknown => readEnvironment({ ...complete, [name]: value }, noFile);
  expect(read).toThrow(EnvironmentError);
  expect(read).toThrow(new RegExp(`^${name} `));
});

test('says why a key file cannot be read', () => {
  expect(() => readEnvironment({ ...complete, PRIVATE_KEY: undefined, PRIVATE_KEY_PATH: 'key.pem' }, noFile)).toThrow('PRIVATE_KEY_PATH cannot be read: ENOENT');
});
