import { ExplainedError } from '../explained-error.ts';

/** What a local repository could not do for us. */
export class GitError extends ExplainedError {
  override readonly name: string = 'GitError';
}

export class GitMissingError extends GitError {
  override readonly name = 'GitMissingError';
  constructor() {
    super({
      en: 'Cannot run git. Install it, and see that it is on the PATH.',
      'zh-CN': '无法运行 git。请安装 git，并确认它在 PATH 中。',
    });
  }
}

export class NotARepositoryError extends GitError {
  override readonly name = 'NotARepositoryError';
  constructor(repo: string) {
    super({
      en: `"${repo}" is not a git repository. Name one with --repo.`,
      'zh-CN': `“${repo}” 不是 git 仓库。请用 --repo 指定一个仓库。`,
    });
  }
}

export class UnknownRevisionError extends GitError {
  override readonly name = 'UnknownRevisionError';
  constructor(revision: string, shallow: boolean) {
    super({
      en: `"${revision}" is no commit of this repository. ${shallow ? 'This clone is shallow: fetch the commit first (git fetch --unshallow).' : 'Check its spelling, or fetch it first.'}`,
      'zh-CN': `此仓库中没有提交 “${revision}”。${shallow ? '这是浅克隆：请先获取该提交（git fetch --unshallow）。' : '请检查拼写，或先 fetch。'}`,
    });
  }
}

export class NoMergeBaseError extends GitError {
  override readonly name = 'NoMergeBaseError';
  constructor(base: string, head: string, shallow: boolean) {
    super({
      en: `"${base}" and "${head}" have no common ancestor. ${shallow ? 'This clone is shallow: fetch its history (git fetch --unshallow), or' : 'To compare them as they are,'} add --two-dot.`,
      'zh-CN': `“${base}” 与 “${head}” 没有共同祖先。${shallow ? '这是浅克隆：请获取完整历史（git fetch --unshallow），或' : '若要直接比较二者，请'}加上 --two-dot。`,
    });
  }
}

export class MissingObjectError extends GitError {
  override readonly name = 'MissingObjectError';
  constructor(object: string) {
    super({
      en: `Object ${object} is not in this repository, and a review reads without fetching. If this is a partial clone, complete it: git fetch --refetch --no-filter.`,
      'zh-CN': `此仓库中缺少对象 ${object}，而审查只读取、不下载。如果这是部分克隆，请先补全：git fetch --refetch --no-filter。`,
    });
  }
}

export class ChangeTooLargeError extends GitError {
  override readonly name = 'ChangeTooLargeError';
  constructor() {
    super({
      en: 'This change is too large to review: its Go diff exceeds 400 MB. Review it in smaller steps.',
      'zh-CN': '此变更过大，无法审查：其 Go diff 超过 400 MB。请分成较小的步骤审查。',
    });
  }
}

/** Git said or did something that is not foreseen here. */
export class GitFailedError extends GitError {
  override readonly name = 'GitFailedError';
  constructor(command: string, reason: string) {
    super({ en: `git ${command} failed: ${reason}`, 'zh-CN': `git ${command} 失败：${reason}` });
  }
}

/**
 * The error for a command that failed. In a partial clone git ends at the first object it may not fetch, and says so in words
 * alone; the commands run with `LC_ALL=C`, so that they are these.
 */
export function gitFailure(command: string, stderr: string): GitError {
  const object = /(?:could not fetch|unable to read) ([0-9a-f]{40,64})/.exec(stderr)?.[1];
  return object === undefined ? new GitFailedError(command, stderr) : new MissingObjectError(object);
}
