/** What a local repository could not do for us. Each message says what is wrong and what to do about it. */
export class GitError extends Error {
  override readonly name: string = 'GitError';
}

export class GitMissingError extends GitError {
  override readonly name = 'GitMissingError';
  constructor() {
    super('Cannot run git. Install it, and see that it is on the PATH.');
  }
}

export class NotARepositoryError extends GitError {
  override readonly name = 'NotARepositoryError';
  constructor(repo: string) {
    super(`"${repo}" is not a git repository. Name one with --repo.`);
  }
}

export class UnknownRevisionError extends GitError {
  override readonly name = 'UnknownRevisionError';
  constructor(revision: string, shallow: boolean) {
    const hint = shallow ? 'This clone is shallow: fetch the commit first (git fetch --unshallow).' : 'Check its spelling, or fetch it first.';
    super(`"${revision}" is no commit of this repository. ${hint}`);
  }
}

export class NoMergeBaseError extends GitError {
  override readonly name = 'NoMergeBaseError';
  constructor(base: string, head: string, shallow: boolean) {
    const hint = shallow ? 'This clone is shallow: fetch its history (git fetch --unshallow), or' : 'To compare them as they are,';
    super(`"${base}" and "${head}" have no common ancestor. ${hint} add --two-dot.`);
  }
}

export class MissingObjectError extends GitError {
  override readonly name = 'MissingObjectError';
  constructor(object: string) {
    super(`Object ${object} is not in this repository, and a review reads without fetching. If this is a partial clone, complete it: git fetch --refetch --no-filter.`);
  }
}
