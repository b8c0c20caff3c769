import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describeProblem } from '../config-problem.ts';
import { configPath, readConfig, type Config, type ConfigFile } from '../config.ts';
import { ExplainedError } from '../explained-error.ts';
import { pathFilter } from '../path-filter.ts';
import type { Problem } from '../problem.ts';
import { fileText } from '../source/file-text.ts';
import type { GitSource } from '../source/git.ts';
import type { Language } from '../words.ts';

/** A configuration as the command line obeys it, and what was wrong in it. */
export interface Obeyed {
  readonly config: Config;
  readonly problems: readonly Problem[];
}

/** What a review obeys: the file that was named, else the base's own. Rejects with an ExplainedError where there is no such file. */
export async function configOfReview(named: string | null, source: GitSource, language: Language): Promise<Obeyed> {
  return obey(named === null ? { name: configPath, text: await source.config() } : await readNamed(named), language);
}

/** What a scan obeys: the file that was named, else that of the repository which the path is in; globs are of that repository. */
export async function configOfScan(named: string | null, path: string, language: Language): Promise<Obeyed & { readonly isReviewed: (path: string) => boolean }> {
  const root = await repositoryOf(resolve(path));
  const own: ConfigFile = { name: shown(join(relative('.', root), configPath)), text: await readIfThere(join(root, configPath)) };
  const obeyed = obey(named === null ? own : await readNamed(named), language);
  const isReviewed = pathFilter(obeyed.config.paths);
  return { ...obeyed, isReviewed: (file) => isReviewed(shown(relative(root, resolve(file)))) };
}

function obey(file: ConfigFile, language: Language): Obeyed {
  const { config, problems } = readConfig([file]);
  return { config, problems: problems.map((problem) => ({ path: `${problem.file}:${problem.line}`, says: describeProblem(problem, (text) => `\`${text}\``)[language] })) };
}

async function readNamed(path: string): Promise<ConfigFile> {
  const text = await readIfThere(path);
  if (text.kind === 'unreadable' && text.why === 'absent') {
    throw new ExplainedError({ en: `There is no configuration "${path}".`, 'zh-CN': `没有配置文件 “${path}”。` });
  }
  return { name: path, text };
}

async function readIfThere(path: string): Promise<ConfigFile['text']> {
  const bytes = await readFile(path).catch(() => null);
  return bytes === null ? { kind: 'unreadable', why: 'absent' } : fileText(bytes);
}

/** The nearest directory above with a repository, or with a configuration; where there is none, where the command was given. */
async function repositoryOf(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    if ((await isThere(join(at, '.git'))) || (await isThere(join(at, configPath)))) return at;
    if (at === dirname(at)) return resolve('.');
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}

function shown(path: string): string {
  return path.replaceAll(sep, '/');
}
