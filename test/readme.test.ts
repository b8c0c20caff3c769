import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { formats } from '../src/format/format.ts';
import { configPath, readConfig } from '../src/config.ts';
import { configSchema } from '../src/config-schema.ts';
import { readEnvironment } from '../src/environment.ts';
import { catalogue } from '../src/leaks/catalogue.ts';
import { GitRepository } from './support/git-repository.ts';
import { leakingProgram } from './support/leak.ts';
import { keys } from './support/scene.ts';

const root = path.dirname(import.meta.dirname);
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const readme = read('README.md');
const documents = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'];
const scripts = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json'))).scripts;
const ci = read('.ci/run');

/** Fenced blocks of a language; indented ones too. */
function blocks(text: string, language: string): readonly string[] {
  return Array.from(text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm), ([, , name, content]) => ({ name, content })).filter(({ name }) => name === language).map(({ content }) => content ?? '');
}

const commandsOf = (text: string): readonly string[] => blocks(text, 'sh').flatMap((block) => block.split('\n').map((line) => line.trim()).filter((line) => line !== ''));

/** Rows of the table below this heading's columns, cells without backticks. */
function table(text: string, columns: readonly string[]): readonly (readonly string[])[] {
  const lines = text.split('\n');
  const head = lines.indexOf(`| ${columns.join(' | ')} |`);
  expect(head, `README.md has a table of ${columns.join(', ')}`).toBeGreaterThan(-1);
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

describe('every command of README.md is held by something', () => {
  /** Commands that are not run below: by what else they are held, or why they are not. */
  const elsewhere: Readonly<Record<string, () => void>> = {
    // CI runs both halves; without --once the demo serves until Ctrl-C.
    'npm ci && npm run demo': () => {
      expect(ci).toMatch(/^npm ci\b/m);
      expect(ci).toMatch(/^.*\bnpm run demo -- --once\b/m);
      expect(existsSync(path.join(root, /\S+\.ts$/.exec(scripts['demo'] ?? '')?.[0] ?? 'no demo'))).toBe(true);
    },
    'npm ci && npm test': () => {
      expect(ci).toMatch(/^npm run check\b/m);
      expect(scripts['check']).toContain('npm test');
    },
    // It serves until it is stopped: test/server.test.ts runs src/index.ts so, and reads its page.
    'PUBLIC_URL=https://goleash.example.com npm start': () => {
      expect(scripts['start']).toBe('node dist/index.js');
      expect(read('test/server.test.ts')).toContain("serve({ PUBLIC_URL: 'https://goleash.example.com/' })");
    },
    // No container engine where the tests run: test/packaging.test.ts reads the Dockerfile instead, and never builds it.
    'docker build -t goleash .': () => expect(existsSync(path.join(root, 'Dockerfile'))).toBe(true),
    // No container engine. Docker hands on what the setup page wrote to `.env` as it stands there, with quotes and \n.
    'docker run --env-file .env -p 3000:3000 goleash': () => {
      expect(read('Dockerfile')).toContain('EXPOSE 3000');
      const PRIVATE_KEY = `"${keys.privateKey.replaceAll('\n', '\\n')}"`;
      expect(readEnvironment({ NODE_ENV: 'production', APP_ID: '1', PRIVATE_KEY, WEBHOOK_SECRET: 'secret' }, () => '').credentials?.appId).toBe(1);
    },
  };
  const commands = commandsOf(readme);
  const isCli = (command: string): boolean => command.startsWith('node dist/cli.js ');

  test('and nothing is held that is not there', () => {
    expect(commands.filter((command) => !isCli(command)).sort()).toEqual(Object.keys(elsewhere).sort());
    expect(scripts['build']).toBe('tsc -p tsconfig.build.json');
    expect(scripts['prepare']).toBe('npm run build');
  });

  test.each(Object.keys(elsewhere))('%s', (command) => {
    elsewhere[command]?.();
  });

  // A folder beside this one, named as in README.md, and the command's source in the place of what is built from it.
  const beside = mkdtempSync(path.join(tmpdir(), 'goleash-readme-'));
  const repository = new GitRepository();
  afterAll(() => {
    rmSync(beside, { recursive: true, force: true });
    repository[Symbol.dispose]();
  });
  const goMod = 'module example.com/service\n\ngo 1.26\n';
  repository.commit('main', { 'go.mod': goMod });
  repository.commit('feature', { 'go.mod': goMod, 'internal/fetch.go': leakingProgram }, 'main');
  repository.git('clone', '--quiet', '--branch', 'feature', '.', path.join(beside, 'service'));
  spawnSync('git', ['-C', path.join(beside, 'service'), 'branch', 'main', 'origin/main']);
  const here = path.join(beside, 'goleash');
  mkdirSync(here);
  writeFileSync(path.join(here, 'package.json'), '{"type": "module"}\n');

  const exits: Readonly<Record<string, number>> = { review: 1, scan: 1, rules: 0, '--help': 0 };
  test.each(commands.filter(isCli))('%s', (command) => {
    const args = command.split(' ').slice(2);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), path.join(root, 'src/cli.ts'), ...args], { cwd: here, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(command.includes('--fail-on never') ? 0 : exits[args[0] ?? '']);
    expect(stdout).not.toBe('');
    if (command.includes('sarif')) expect(JSON.parse(stdout)).toMatchObject({ version: '2.1.0' });
  });

  test('every format of the command line is named', () => {
    for (const format of Object.keys(formats)) expect(readme).toContain(`\`${format}\``);
  });
});

test('the npm scripts that the documents name exist', () => {
  const named = documents.flatMap((name) => Array.from(read(name).matchAll(/npm (?:run ([\w-]+)|(test|start)\b)/g), ([, script, short]) => ({ name, script: script ?? short ?? '' })));
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter(({ script }) => !(script in scripts))).toEqual([]);
  // CONTRIBUTING's table has them all but the one that npm itself runs.
  for (const script of Object.keys(scripts).filter((one) => one !== 'prepare')) expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`^\\| \`npm (?:run )?${script}(?: ID)?\` \\|`, 'm'));
});

test.each(documents)('what %s links to is there', (name) => {
  const text = read(name);
  const links = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => target ?? '').filter((target) => !/^https?:/.test(target));
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((target) => !existsSync(path.join(root, path.dirname(name), target.replace(/#.*$/, ''))))).toEqual([]);
  const named = Array.from(text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').matchAll(/`((?:src|test|fixtures|docs|scripts)\/[\w./-]*|\.ci\/run)`/g), ([, file]) => file ?? '').filter((file) => !file.includes('/ID'));
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

test('the table of the environment has the variables of src/environment.ts, with their defaults', () => {
  const rows = table(readme, ['variable', 'default', 'what it says']);
  const source = /const schema = z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(read('src/environment.ts'))?.[1] ?? '';
  const variables = source.split('\n').map((line) => ({ name: /^ {2}([A-Z_]+):/.exec(line)?.[1] ?? '', otherwise: /\.default\('?([^')]*)'?\)/.exec(line)?.[1] ?? '' }));
  expect(variables.length).toBeGreaterThan(10);
  expect(rows.map(([name, otherwise]) => ({ name, otherwise }))).toEqual(variables);
  // Defaults as they are taken, so that the source's text is not trusted alone.
  const environment = readEnvironment({}, () => '');
  const said = Object.fromEntries(rows.map(([name = '', otherwise = '']) => [name, otherwise]));
  expect(said).toMatchObject({
    WEBHOOK_PATH: environment.webhookPath,
    HOST: environment.host,
    PORT: String(environment.port),
    LOG_LEVEL: environment.logLevel,
    CONCURRENCY: String(environment.concurrency),
    JOB_TIMEOUT_SECONDS: String(environment.jobTimeoutMs / 1000),
    DRAIN_GRACE_SECONDS: String(environment.drainGraceMs / 1000),
  });
});

test('the table of permissions and the events are those of app.yml, with their reasons', () => {
  const manifest = z.object({ default_permissions: z.record(z.string(), z.string()), default_events: z.array(z.string()) }).parse(parse(read('app.yml')));
  const rows = table(readme, ['permission', 'access', 'why']);
  expect(Object.fromEntries(rows.map(([name = '', access = '']) => [name, access]))).toEqual(manifest.default_permissions);
  const unquoted = read('app.yml').replaceAll('`', '');
  for (const [name = '', access = '', why = ''] of rows) expect(unquoted).toContain(`  ${name}: ${access} # ${why}\n`);
  const events = /for the events (.*)\.$/m.exec(readme)?.[1] ?? '';
  expect(Array.from(events.matchAll(/`(\w+)`/g), ([, event]) => event)).toEqual(manifest.default_events);
});

test('the table of rules is the catalogue', () => {
  const rows = table(readme, ['rule', 'case', 'what']);
  expect(rows).toEqual(catalogue.map(({ id, case: name, title }) => [`[${id}](fixtures/${id}/README.md)`, name, title.en]));
});

test('the configuration that is shown has every key, with its default', () => {
  const [shown = ''] = blocks(readme, 'yaml');
  expect(readConfig([{ name: configPath, text: { kind: 'text', text: shown } }]).problems).toEqual([]);
  // These two have no default: without them go.mod and each rule decide.
  expect(Object.keys(configSchema.shape).filter((key) => !shown.includes(`${key}:`))).toEqual([]);
  const { go, rules, ...others } = parse(shown) as Record<string, unknown>;
  expect([go, rules]).toEqual(['1.22', { 'timer-drain': 'likely' }]);
  const { rules: none, ...defaults } = configSchema.parse({});
  expect(others).toEqual(defaults);
  expect(none).toEqual({});
});
