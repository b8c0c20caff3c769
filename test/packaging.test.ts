import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = path.dirname(import.meta.dirname);
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');

/** The instructions of the Dockerfile, continued lines joined, by stage. */
const stages = read('Dockerfile')
  .replace(/^\s*#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.startsWith('FROM '))
  .map((stage) => stage.trim().split(/\n+/));

test('the image is built in two stages and runs as nobody in particular', () => {
  expect(stages).toHaveLength(2);
  const [build = [], run = []] = stages;
  expect(build[0]).toMatch(/^FROM node:22-slim AS build$/);
  expect(build).toContain('RUN npm ci --ignore-scripts');
  expect(build.at(-1)).toMatch(/^RUN npm run build && npm prune --omit=dev --ignore-scripts && /);
  expect(run).toContain('USER node');
  expect(run.indexOf('USER node')).toBeLessThan(run.findIndex((line) => line.startsWith('CMD')));
  expect(run).toContain('ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000');
  expect(run.at(-1)).toBe('CMD ["node", "dist/index.js"]');
  expect(run.some((line) => /^HEALTHCHECK .* CMD \["node", "-e", ".*\/healthz.*"\]$/.test(line))).toBe(true);
});

test('what the image copies is sent to the builder, and the wasm it needs is in its dependencies', () => {
  const sent = read('.dockerignore').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const copied = stages.flat().filter((line) => line.startsWith('COPY ') && !line.includes('--from')).flatMap((line) => line.split(' ').slice(1, -1));
  expect([...sent].sort()).toEqual([...copied].sort());
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  for (const wasm of ['web-tree-sitter/web-tree-sitter.wasm', 'tree-sitter-go/tree-sitter-go.wasm']) {
    expect(Object.keys(dependencies)).toContain(wasm.split('/')[0]);
    expect(existsSync(path.join(root, 'node_modules', wasm))).toBe(true);
    expect(read('Dockerfile')).toContain(`test -f node_modules/${wasm}`);
  }
});

interface Manifest {
  readonly public: boolean;
  readonly default_permissions: Record<string, string>;
  readonly default_events: readonly string[];
}

test('the App asks for the least, each permission and event with its reason', () => {
  const manifest = parse(read('app.yml')) as Manifest;
  expect(manifest.default_permissions).toEqual({ checks: 'write', pull_requests: 'write', contents: 'read', merge_queues: 'read', metadata: 'read' });
  expect(manifest.public).toBe(false);
  const handled = Array.from(read('src/app.ts').matchAll(/'([a-z_]+)\.[a-z_]+'(?=[,\]])/g), ([, event]) => event);
  expect([...manifest.default_events].sort()).toEqual([...new Set(handled)].sort());
  const asked = [...Object.keys(manifest.default_permissions).map((name) => `  ${name}:`), ...manifest.default_events.map((name) => `  - ${name} `)];
  for (const line of asked) expect(read('app.yml').split('\n').find((candidate) => candidate.startsWith(line))).toMatch(/ # ./);
});
