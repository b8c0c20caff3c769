import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { startEmbeddedGitHub } from '../embedded-github/index.ts';
import { startApp, testSecret } from './app-under-test.ts';
import { leakingProgram } from './leak.ts';
import { createRepository } from './repository.ts';
import type { EmbeddedGitHub, EmbeddedGitHubOptions, RecordedRequest } from '../embedded-github/index.ts';
import type { AppUnderTest, AppUnderTestOptions } from './app-under-test.ts';
import type { TestRepository } from './repository.ts';

export const keys = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs1', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });

const manifest = parse(readFileSync(path.join(import.meta.dirname, '../../app.yml'), 'utf8')) as { default_permissions: Record<string, 'read' | 'write'>; default_events: string[] };

/** A repository with a pull request to be opened, the GitHub it is on, and the App. */
export interface Scene {
  readonly repository: TestRepository;
  readonly github: EmbeddedGitHub;
  /** The one that runs now. */
  readonly app: AppUnderTest;
  /** Ends the App at once, and starts another that knows nothing of it. */
  restart(): Promise<void>;
  /** `METHOD /path` of the requests so far, but those for tokens; the repository's prefix is left out. */
  requests(): readonly string[];
  close(): Promise<void>;
}

export interface SceneOptions extends Partial<Omit<AppUnderTestOptions, 'github' | 'privateKey'>> {
  /** Files of the base branch beside go.mod and a README. */
  readonly base?: Readonly<Record<string, string>>;
  /** Files of the branch `feature`; the leaking program where it is not told. */
  readonly feature?: Readonly<Record<string, string | Buffer | null>>;
  readonly permissions?: Record<string, 'read' | 'write'>;
  readonly roles?: EmbeddedGitHubOptions['roles'];
  readonly installationId?: number;
  /** Files of the owner's repository `.github`; there is none where it is not told. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** The permissions and events are those of app.yml. */
export async function setScene({ base = {}, feature = { 'fetch/fetch.go': leakingProgram }, permissions, roles = {}, defaults, installationId, ...options }: SceneOptions = {}): Promise<Scene> {
  const repository = createRepository();
  repository.commit('main', { 'README.md': '# Service\n', 'go.mod': 'module example.com/service\n\ngo 1.22\n', ...base });
  repository.commit('feature', feature);
  const github = await startEmbeddedGitHub({
    gitDir: repository.gitDir,
    publicKey: keys.publicKey,
    webhookSecret: testSecret,
    permissions: permissions ?? manifest.default_permissions,
    events: manifest.default_events,
    roles,
    ...(defaults === undefined ? {} : { defaults }),
    ...(installationId === undefined ? {} : { installationId }),
  });
  let app = await startApp({ github, privateKey: keys.privateKey, ...options });
  return {
    repository,
    github,
    get app() {
      return app;
    },
    async restart() {
      await app.close(0);
      app = await startApp({ github, privateKey: keys.privateKey, ...options });
    },
    requests: () => github.requests.filter((request) => !isToken(request)).map(({ method, path: at }) => `${method} ${at.replace(`/repos/${github.owner}/${github.repo}`, '')}`),
    async close() {
      await app.close(0);
      await github.close();
      repository.remove();
    },
  };
}

function isToken(request: RecordedRequest): boolean {
  return request.path.endsWith('/access_tokens');
}
