import { execFileSync } from 'node:child_process';
import type { DirectoryChange } from '../../src/introduced.ts';
import { review } from '../../src/review.ts';
import { openGit } from '../../src/source/git.ts';

/** The newest commits of a repository that touch Go, merges left out. */
export function commitsOf(repo: string, count: number): string[] {
  return execFileSync('git', ['-C', repo, 'log', '--no-merges', '--format=%H', '-n', String(count), 'HEAD', '--', '*.go'], { encoding: 'utf8' }).trim().split('\n').filter((commit) => commit !== '');
}

/** What a review of one commit hands to the analysis, directory by directory. */
export async function changesOf(repo: string, commit: string): Promise<readonly DirectoryChange[]> {
  await using source = await openGit(repo, { base: `${commit}^`, head: commit, twoDot: true, environment: { PATH: process.env['PATH'] } });
  const changes: DirectoryChange[] = [];
  await review(source, {
    language: 'en',
    analyze: (change) => {
      changes.push(change);
      return Promise.resolve({ leaks: [], existing: 0, suppressed: [], problems: [], functions: 0, files: 0, bytesParsed: 0 });
    },
  });
  return changes;
}
