import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A git repository in a temporary folder, made commit by commit. */
export interface TestRepository {
  /** What the embedded GitHub serves. */
  readonly gitDir: string;
  /** Commits files on a branch, which is made from `from` where it does not exist. Null deletes a file. Resolves to the commit's sha. */
  commit(branch: string, files: Readonly<Record<string, string | Buffer | null>>, options?: { readonly from?: string; readonly amend?: boolean }): string;
  git(...args: string[]): string;
  remove(): void;
}

export function createRepository(): TestRepository {
  const folder = mkdtempSync(path.join(tmpdir(), 'goleash-app-'));
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false', '-c', 'core.autocrlf=false', ...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  git('init', '-q', '-b', 'main');
  return {
    gitDir: path.join(folder, '.git'),
    git,
    commit(branch, files, { from = 'main', amend = false } = {}) {
      const exists = git('branch', '--list', branch) !== '';
      const isFirst = git('for-each-ref') === '';
      if (!isFirst) git('checkout', '-q', '-f', ...(exists ? [branch] : ['-b', branch, from]));
      for (const [name, content] of Object.entries(files)) {
        const file = path.join(folder, name);
        if (content === null) {
          rmSync(file);
        } else {
          mkdirSync(path.dirname(file), { recursive: true });
          writeFileSync(file, content);
        }
      }
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', `Change ${Object.keys(files).join(', ')}`, ...(amend ? ['--amend'] : []));
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
