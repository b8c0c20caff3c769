import type { Language } from '../words.ts';
import type { FixLeftOut } from '../combine-fixes.ts';
import type { NotApplied } from './applied.ts';
import type { LeftAlone } from './left-alone.ts';
import type { Dismissal } from './marker.ts';
import type { LeftOut } from './plan.ts';

/** Every word that a reader of the pull request sees of the App, but for what the rules say. Arguments are Markdown, already safe. */
export interface Words {
  // A comment
  readonly fix: (title: string) => string;
  readonly fixTooLong: string;
  readonly confirm: (functionName: string, waitReason: string) => string;
  readonly aboutRule: string;
  readonly cutOff: string;
  readonly reviewBody: (inCheck: number) => string;
  readonly noLongerReported: (sha: string) => string;
  // Answers to commands
  readonly dismissed: Readonly<Record<Dismissal, (by: string) => string>>;
  readonly commandHelp: (given: string) => string;
  readonly wholePath: string;
  readonly cannotSee: (says: string) => string;
  readonly notReportedAt: (sha: string) => string;
  // The button that commits fixes
  /** At most 20 characters. */
  readonly applyLabel: string;
  /** At most 40 characters. */
  readonly applyDescription: string;
  readonly noButton: Readonly<Record<'fork' | 'permission', string>>;
  readonly commitTitle: (fixes: number) => string;
  readonly fixesCommitted: (fixes: number, sha: string, by: string) => string;
  readonly fixesCommittedBefore: (sha: string) => string;
  readonly noFixCommitted: string;
  readonly notApplied: Readonly<Record<NotApplied, string>>;
  readonly commitRefused: (says: string) => string;
  readonly fixLeftOut: (why: string) => string;
  readonly fixLeftOutWhy: Readonly<Record<FixLeftOut, string>>;
  // The check run
  readonly inProgressTitle: string;
  readonly inProgressSummary: string;
  readonly found: (certain: number, likely: number) => string;
  readonly allDismissed: (leaks: number) => string;
  readonly nothingFound: (files: number) => string;
  readonly nothingFoundIncomplete: (problems: number) => string;
  readonly noGoTitle: string;
  readonly noGoSummary: (files: number) => string;
  readonly allSkippedTitle: string;
  readonly leftAlone: Readonly<Record<LeftAlone['why'], { readonly title: string; readonly summary: (labels: string) => string }>>;
  readonly tableHead: readonly [string, string, string, string, string];
  readonly confidence: Readonly<Record<'certain' | 'likely', string>>;
  readonly commentedHere: string;
  readonly leftOut: Readonly<Record<LeftOut, string>>;
  readonly moreRows: (rows: number) => string;
  readonly howToConfirm: string;
  readonly howToConfirmText: string;
  readonly remainingHeading: string;
  readonly problemsHeading: (files: number) => string;
  readonly skippedHeading: (files: number) => string;
  readonly configHeading: string;
  readonly rulesByConfig: (rules: string) => string;
  readonly existing: (leaks: number) => string;
  readonly suppressed: (leaks: number) => string;
  /** After a title. */
  readonly remarks: (comments: number) => string;
  readonly tidied: (resolved: number, deleted: number, retired: number) => string;
  readonly notTidied: (comments: number) => string;
  readonly filesCut: (read: number) => string;
  readonly cost: (files: number, functions: number, milliseconds: number, requests: number) => string;
  // When the review could not be done
  readonly movedTitle: string;
  /** Null where it is not known what the head is now. */
  readonly movedSummary: (sha: string | null) => string;
  readonly permissionTitle: string;
  readonly permission: (what: string | null, says: string) => string;
  readonly commentsRefused: (says: string) => string;
  readonly gitHubTitle: (status: number | null) => string;
  readonly gitHubDown: (status: number | null) => string;
  readonly rateLimitTitle: string;
  readonly rateLimit: (until: string) => string;
  readonly interruptedTitle: string;
  readonly interrupted: string;
  readonly timedOutTitle: string;
  readonly timedOut: (seconds: number) => string;
  readonly refusedTitle: string;
  readonly refused: (says: string, reference: string) => string;
  readonly notFoundTitle: string;
  readonly notFound: string;
  readonly bugTitle: string;
  readonly bug: (reference: string) => string;
  readonly willRetry: (when: string) => string;
  readonly rerun: string;
}

const goroutineProfile = '`/debug/pprof/goroutine?debug=2`';
const leakProfile = '`/debug/pprof/goroutineleak`';
const experiment = '`GOEXPERIMENT=goroutineleakprofile`';

function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export const words: Readonly<Record<Language, Words>> = {
  en: {
    fix: (title) => `**Fix:** ${title}`,
    fixTooLong: 'The fix is too long to show here.',
    confirm: (functionName, waitReason) =>
      `**Confirm:** in ${goroutineProfile} look for ${functionName} with state ${waitReason}; with Go ≥ 1.26 (${experiment}, always on in 1.27) ${leakProfile} lists it.`,
    aboutRule: 'About this rule',
    cutOff: '*Cut here: the text is longer than GitHub takes.*',
    reviewBody: (inCheck) => `Goleash has ${plural(inCheck, 'more finding')} in the check run.`,
    noLongerReported: (sha) => `No longer reported since ${sha}.`,
    dismissed: {
      ignored: (by) => `Ignored, as ${by} asked: from now on this finding does not count in this pull request's check runs. Delete this reply to take that back.`,
      wrong: (by) => `Noted as wrong, as ${by} says, and counted as such: from now on this finding does not count in this pull request's check runs. Delete this reply to take that back.`,
    },
    commandHelp: (given) =>
      `${given} is not a command. These are: \`/goleash explain\` (the whole path, the case, how to confirm), \`/goleash ignore [reason]\`, \`/goleash wrong [why]\`, \`/goleash review\`.`,
    wholePath: 'The whole path, with the code',
    cannotSee: (says) => `**What this rule does not see:** ${says}`,
    notReportedAt: (sha) => `At ${sha} this is no longer reported, so there is nothing to explain.`,
    applyLabel: 'Apply fixes',
    applyDescription: 'Commits all safe fixes to this branch.',
    noButton: {
      fork: 'The configuration asks for a button that commits the fixes. There is none: the branch is in a fork, which Goleash cannot push to.',
      permission: 'The configuration asks for a button that commits the fixes. There is none: nobody has granted Goleash the permission `contents: write`.',
    },
    commitTitle: (fixes) => `Fix ${plural(fixes, 'goroutine leak')}`,
    fixesCommitted: (fixes, sha, by) => `${plural(fixes, 'fix', 'fixes')} committed as ${sha}, as ${by} asked.`,
    fixesCommittedBefore: (sha) => `The fixes were committed already, as ${sha}.`,
    noFixCommitted: 'No fix was committed.',
    notApplied: {
      moved: 'The branch has moved since this check run; the one on its newest commit has its own button.',
      closed: 'The pull request is closed.',
      'switched-off': 'The configuration on the base branch does not say `apply-fixes: true`.',
      fork: 'The branch is in a fork, which Goleash cannot push to.',
      permission: 'Nobody has granted Goleash the permission `contents: write`.',
      nothing: 'There is no safe fix that can be applied.',
    },
    commitRefused: (says) => `GitHub did not take the commit; it says ${says}.`,
    fixLeftOut: (why) => `Left out: ${why}.`,
    fixLeftOutWhy: {
      overlaps: 'the fix overlaps with another one',
      'hidden-characters': 'the fix holds characters that cannot be seen',
      unreadable: 'the file cannot be written back as it is',
      'not-together': 'together with the other fixes it was not seen to cure',
    },
    inProgressTitle: 'Looking for goroutine leaks',
    inProgressSummary: 'The changed Go code is being read.',
    found: (certain, likely) =>
      [certain > 0 ? plural(certain, 'goroutine leak') : '', likely > 0 ? plural(likely, 'likely leak') : ''].filter((part) => part !== '').join(' and ') + ' introduced by this change',
    allDismissed: (leaks) => `No goroutine leak left; ${plural(leaks, 'finding was', 'findings were')} dismissed`,
    nothingFound: (files) => `No goroutine leak found in ${plural(files, 'Go file')}`,
    nothingFoundIncomplete: (problems) => `No goroutine leak found, but ${plural(problems, 'file was', 'files were')} not analysed in full`,
    noGoTitle: 'No Go code in this change',
    noGoSummary: (files) => `Of ${plural(files, 'changed file')} none is Go code, so there was nothing to review.`,
    allSkippedTitle: 'No Go code to review in this change',
    leftAlone: {
      draft: { title: 'Draft: not reviewed', summary: () => 'The configuration asks to leave drafts alone. The review starts when this pull request is marked as ready.' },
      bot: { title: 'By a bot: not reviewed', summary: () => 'The configuration asks to leave the pull requests of bots alone.' },
      label: { title: 'Not reviewed: a label says so', summary: (labels) => `The configuration asks to leave pull requests with the label ${labels} alone. The review starts when it is removed.` },
      'no-label': { title: 'Not reviewed: no label asks for it', summary: (labels) => `The configuration asks to review only pull requests with one of these labels: ${labels}. The review starts when one is added.` },
    },
    tableHead: ['Case', 'Function', 'Where', 'Confidence', 'Shown'],
    confidence: { certain: 'certain', likely: 'likely' },
    commentedHere: 'comment',
    leftOut: {
      likely: 'only here',
      'outside-diff': 'only here: the line is outside of the diff',
      ignored: 'ignored in its thread',
      wrong: 'called wrong in its thread',
      'over-limit': 'only here: the limit of comments is reached',
      'already-posted': 'comment of an earlier review',
      'merge-group': 'only here: this is a merge group',
      refused: 'only here: GitHub did not take the comment',
    },
    moreRows: (rows) => `… and ${rows} more.`,
    howToConfirm: 'How to confirm',
    howToConfirmText: `Run the code path, then read ${goroutineProfile}: each goroutine below stays in the state beside it. With Go ≥ 1.26 (${experiment}, always on in 1.27) ${leakProfile} lists the leaked goroutines themselves.`,
    remainingHeading: 'Without a comment of their own',
    problemsHeading: (files) => `Not analysed, or only in part: ${plural(files, 'file')}`,
    skippedHeading: (files) => `Skipped on purpose: ${plural(files, 'file')}`,
    configHeading: 'The configuration was not obeyed in full',
    rulesByConfig: (rules) => `Set by the configuration: ${rules}.`,
    existing: (leaks) => `${plural(leaks, 'leak')} in the same packages ${leaks === 1 ? 'was' : 'were'} there before this change and ${leaks === 1 ? 'is' : 'are'} not commented.`,
    tidied: (resolved, deleted, retired) =>
      `Earlier comments whose leaks are no longer reported: ${[resolved > 0 ? `${resolved} resolved` : '', deleted > 0 ? `${deleted} deleted` : '', retired > 0 ? `${retired} marked as such` : ''].filter((part) => part !== '').join(', ')}.`,
    notTidied: (comments) => `GitHub did not let Goleash tidy up ${plural(comments, 'earlier comment')}.`,
    suppressed: (leaks) => `${plural(leaks, 'leak')} ${leaks === 1 ? 'is suppressed by a comment' : 'are suppressed by comments'} in the code.`,
    remarks: (comments) => `; ${plural(comments, 'ignore comment')} to look at`,
    filesCut: (read) => `GitHub lists at most ${read} changed files of a pull request; those beyond were not reviewed.`,
    cost: (files, functions, milliseconds, requests) => `Analysed ${plural(files, 'Go file')} and ${plural(functions, 'function')}; took ${milliseconds} ms and ${plural(requests, 'request')} to GitHub.`,
    movedTitle: 'Superseded by a newer push',
    movedSummary: (sha) => `The head of the pull request moved${sha === null ? '' : ` to ${sha}`} during the review. The newer head has a review of its own.`,
    permissionTitle: 'Not reviewed: Goleash lacks a permission',
    permission: (what, says) =>
      `GitHub did not allow Goleash to go on; it says ${says}.${what === null ? '' : ` The missing permission is ${what}.`} An owner can grant it under *Settings → GitHub Apps → Goleash → Configure*.`,
    commentsRefused: (says) => `GitHub did not take some inline comments: it says ${says}. All findings are listed here.`,
    gitHubTitle: (status) => (status === null ? 'Not reviewed: GitHub did not answer' : `Not reviewed: GitHub answered ${status}`),
    gitHubDown: (status) => (status === null ? 'GitHub closed the connection or did not answer in time.' : `GitHub answered a request with the error ${status}.`),
    rateLimitTitle: 'Not reviewed: GitHub asked to slow down',
    rateLimit: (until) => `GitHub asked Goleash to make no request until ${until}.`,
    interruptedTitle: 'Not reviewed: Goleash was restarted',
    interrupted: 'Goleash was stopped while the review was running.',
    timedOutTitle: 'Not reviewed: it took too long',
    timedOut: (seconds) => `The review was given up after ${plural(seconds, 'second')}.`,
    refusedTitle: 'Not reviewed: GitHub refused a request',
    refused: (says, reference) => `GitHub says ${says}. This is a fault of Goleash, not of this change. The operator finds it in the log as ${reference}.`,
    notFoundTitle: 'Not reviewed: not found',
    notFound: 'GitHub says that the pull request, its repository or its head commit does not exist any more, or that Goleash may not see it.',
    bugTitle: 'Not reviewed: Goleash failed',
    bug: (reference) => `This is a fault of Goleash, not of this change. The operator finds it in the log as ${reference}.`,
    willRetry: (when) => `It is tried again at ${when}.`,
    rerun: 'Press *Re-run* to try again.',
  },
  'zh-CN': {
    fix: (title) => `**修复**：${title}`,
    fixTooLong: '修复内容过长，无法在此显示。',
    confirm: (functionName, waitReason) =>
      `**如何确认**：在 ${goroutineProfile} 中查找状态为 ${waitReason} 的 ${functionName}；Go ≥ 1.26（${experiment}，1.27 起始终启用）时，${leakProfile} 会直接列出它。`,
    aboutRule: '规则说明',
    cutOff: '*内容超过 GitHub 的长度上限，在此截断。*',
    reviewBody: (inCheck) => `Goleash 另有 ${inCheck} 处发现，见 check run。`,
    noLongerReported: (sha) => `自 ${sha} 起不再报告。`,
    dismissed: {
      ignored: (by) => `已按 ${by} 的要求忽略：从现在起，此发现不再计入本 pull request 的 check run。删除此回复即可撤销。`,
      wrong: (by) => `${by} 认为此发现有误，已记录并计数：从现在起，此发现不再计入本 pull request 的 check run。删除此回复即可撤销。`,
    },
    commandHelp: (given) =>
      `${given} 不是可用的命令。可用的命令有：\`/goleash explain\`（完整路径、案例、如何确认）、\`/goleash ignore [原因]\`、\`/goleash wrong [理由]\`、\`/goleash review\`。`,
    wholePath: '完整路径及代码',
    cannotSee: (says) => `**此规则看不到的情况**：${says}`,
    notReportedAt: (sha) => `在 ${sha} 处已不再报告此发现，因此无可说明。`,
    applyLabel: '应用修复',
    applyDescription: '将所有安全的修复提交到此分支。',
    noButton: {
      fork: '配置要求提供提交修复的按钮，但无法提供：该分支位于 fork 中，Goleash 无法推送。',
      permission: '配置要求提供提交修复的按钮，但无法提供：尚未授予 Goleash `contents: write` 权限。',
    },
    commitTitle: (fixes) => `修复 ${fixes} 处 goroutine 泄露`,
    fixesCommitted: (fixes, sha, by) => `已按 ${by} 的要求将 ${fixes} 处修复提交为 ${sha}。`,
    fixesCommittedBefore: (sha) => `这些修复此前已提交为 ${sha}。`,
    noFixCommitted: '没有提交任何修复。',
    notApplied: {
      moved: '此 check run 之后分支已移动；最新提交上的 check run 有自己的按钮。',
      closed: '该 pull request 已关闭。',
      'switched-off': '基准分支上的配置没有设定 `apply-fixes: true`。',
      fork: '该分支位于 fork 中，Goleash 无法推送。',
      permission: '尚未授予 Goleash `contents: write` 权限。',
      nothing: '没有可以应用的安全修复。',
    },
    commitRefused: (says) => `GitHub 未接受该提交，其说明为 ${says}。`,
    fixLeftOut: (why) => `未应用：${why}。`,
    fixLeftOutWhy: {
      overlaps: '该修复与另一处修复重叠',
      'hidden-characters': '该修复含有不可见的字符',
      unreadable: '无法原样写回该文件',
      'not-together': '与其他修复一起应用时未能确认有效',
    },
    inProgressTitle: '正在检查 goroutine 泄露',
    inProgressSummary: '正在读取变更的 Go 代码。',
    found: (certain, likely) => `此变更引入了 ${[certain > 0 ? `${certain} 处 goroutine 泄露` : '', likely > 0 ? `${likely} 处疑似泄露` : ''].filter((part) => part !== '').join('和 ')}`,
    allDismissed: (leaks) => `没有剩余的 goroutine 泄露；${leaks} 处发现已被驳回`,
    nothingFound: (files) => `在 ${files} 个 Go 文件中未发现 goroutine 泄露`,
    nothingFoundIncomplete: (problems) => `未发现 goroutine 泄露，但有 ${problems} 个文件未能完整分析`,
    noGoTitle: '此变更不含 Go 代码',
    noGoSummary: (files) => `${files} 个变更文件中没有 Go 代码，无需审查。`,
    allSkippedTitle: '此变更没有需要审查的 Go 代码',
    leftAlone: {
      draft: { title: '草稿：未审查', summary: () => '配置要求不审查草稿。该 pull request 标记为可审查后将开始审查。' },
      bot: { title: '由机器人提交：未审查', summary: () => '配置要求不审查机器人提交的 pull request。' },
      label: { title: '未审查：标签要求跳过', summary: (labels) => `配置要求不审查带有标签 ${labels} 的 pull request。移除后将开始审查。` },
      'no-label': { title: '未审查：没有要求审查的标签', summary: (labels) => `配置要求只审查带有以下标签之一的 pull request：${labels}。添加后将开始审查。` },
    },
    tableHead: ['案例', '函数', '位置', '可信度', '展示'],
    confidence: { certain: '确定', likely: '疑似' },
    commentedHere: '评论',
    leftOut: {
      likely: '仅在此处',
      'outside-diff': '仅在此处：该行不在 diff 中',
      ignored: '已在其会话中忽略',
      wrong: '已在其会话中被指有误',
      'over-limit': '仅在此处：评论数已达上限',
      'already-posted': '已有先前审查的评论',
      'merge-group': '仅在此处：这是 merge group',
      refused: '仅在此处：GitHub 未接受该评论',
    },
    moreRows: (rows) => `……另有 ${rows} 处。`,
    howToConfirm: '如何确认',
    howToConfirmText: `执行相应的代码路径，然后查看 ${goroutineProfile}：下列 goroutine 会停留在所示状态。Go ≥ 1.26（${experiment}，1.27 起始终启用）时，${leakProfile} 会直接列出泄露的 goroutine。`,
    remainingHeading: '没有单独评论的发现',
    problemsHeading: (files) => `未分析或仅部分分析：${files} 个文件`,
    skippedHeading: (files) => `有意跳过：${files} 个文件`,
    configHeading: '配置未被完全采用',
    rulesByConfig: (rules) => `由配置设定：${rules}。`,
    existing: (leaks) => `相同的包中有 ${leaks} 处泄露在此变更之前就已存在，未作评论。`,
    tidied: (resolved, deleted, retired) =>
      `所涉泄露已不再报告的先前评论：${[resolved > 0 ? `${resolved} 条已解决` : '', deleted > 0 ? `${deleted} 条已删除` : '', retired > 0 ? `${retired} 条已注明` : ''].filter((part) => part !== '').join('，')}。`,
    notTidied: (comments) => `GitHub 不允许 Goleash 整理 ${comments} 条先前的评论。`,
    suppressed: (leaks) => `有 ${leaks} 处泄露被代码中的注释抑制。`,
    remarks: (comments) => `；有 ${comments} 条 ignore 注释需要查看`,
    filesCut: (read) => `GitHub 最多列出一个 pull request 的 ${read} 个变更文件；超出部分未审查。`,
    cost: (files, functions, milliseconds, requests) => `分析了 ${files} 个 Go 文件、${functions} 个函数；共耗时 ${milliseconds} 毫秒，向 GitHub 发出 ${requests} 次请求。`,
    movedTitle: '已被更新的推送取代',
    movedSummary: (sha) => `审查期间，pull request 的 head 移动${sha === null ? '了' : `到了 ${sha}`}。新的 head 会单独审查。`,
    permissionTitle: '未审查：Goleash 缺少权限',
    permission: (what, says) => `GitHub 不允许 Goleash 继续，其说明为 ${says}。${what === null ? '' : `缺少的权限是 ${what}。`}所有者可以在 *Settings → GitHub Apps → Goleash → Configure* 中授予。`,
    commentsRefused: (says) => `GitHub 未接受部分行内评论，其说明为 ${says}。所有发现都列在此处。`,
    gitHubTitle: (status) => (status === null ? '未审查：GitHub 没有应答' : `未审查：GitHub 返回 ${status}`),
    gitHubDown: (status) => (status === null ? 'GitHub 断开了连接，或没有及时应答。' : `GitHub 对一次请求返回了错误 ${status}。`),
    rateLimitTitle: '未审查：GitHub 要求放慢速度',
    rateLimit: (until) => `GitHub 要求 Goleash 在 ${until} 之前不发出请求。`,
    interruptedTitle: '未审查：Goleash 已重启',
    interrupted: '审查进行中时 Goleash 被停止。',
    timedOutTitle: '未审查：耗时过长',
    timedOut: (seconds) => `审查在 ${seconds} 秒后放弃。`,
    refusedTitle: '未审查：GitHub 拒绝了请求',
    refused: (says, reference) => `GitHub 说明为 ${says}。这是 Goleash 的故障，与此变更无关。运维人员可在日志中以 ${reference} 找到它。`,
    notFoundTitle: '未审查：未找到',
    notFound: 'GitHub 表示该 pull request、其仓库或 head 提交已不存在，或 Goleash 无权查看。',
    bugTitle: '未审查：Goleash 出错',
    bug: (reference) => `这是 Goleash 的故障，与此变更无关。运维人员可在日志中以 ${reference} 找到它。`,
    willRetry: (when) => `将在 ${when} 重试。`,
    rerun: '点击 *Re-run* 可重试。',
  },
};
