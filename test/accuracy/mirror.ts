import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AccuracyError } from './accuracy-error.ts';

/** The local git directory of a repository named `owner/name`, below a directory that holds them as `owner+name` or `owner/name`, bare or not. */
export async function repositoryIn(mirror: string, name: string): Promise<string> {
  const below = [name.replace('/', '+'), name];
  const candidates = below.flatMap((one) => [join(mirror, one, 'repo'), join(mirror, one, 'repo.git'), join(mirror, `${one}.git`), join(mirror, one)]);
  for (const candidate of candidates) {
    if ((await isThere(join(candidate, 'HEAD'))) || (await isThere(join(candidate, '.git')))) return candidate;
  }
  throw new AccuracyError(`${name} is not below ${mirror}. Fetch it, bare or not: git clone --bare https://github.com/${name} ${join(mirror, below[0] ?? name)}`);
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(() => true, () => false);
}
