import type { Confidence, Parked, Step } from '../finding.ts';
import type { Text } from '../words.ts';

/** Where a reader learns what Goleash is. */
export const homepage = 'https://github.com/goleash/goleash';

/** The words of reports, apart from those the rules say. */
export const words = {
  confidence: {
    certain: { en: 'certain', 'zh-CN': '确定' },
    likely: { en: 'likely', 'zh-CN': '可能' },
  } satisfies Record<Confidence, Text>,
  removedLine: { en: 'removed line', 'zh-CN': '被删除的行' },
  fix: { en: 'Fix', 'zh-CN': '修复' },
  rule: { en: 'Rule', 'zh-CN': '规则' },
  confirm: { en: 'To confirm', 'zh-CN': '如何确认' },
  problems: { en: 'Problems', 'zh-CN': '问题' },
  skipped: { en: 'Skipped', 'zh-CN': '已跳过' },
} satisfies Record<string, Text | Record<string, Text>>;

/** What to look for in a running program. Source: the casebook's second half; Go 1.26's release notes for the leak profile. */
export function howToConfirm({ function: name, waitReason }: Parked): Text {
  return {
    en: `look in /debug/pprof/goroutine?debug=2 for ${name} in "${waitReason}"; with Go 1.27, or 1.26 built with GOEXPERIMENT=goroutineleakprofile, in /debug/pprof/goroutineleak`,
    'zh-CN': `在 /debug/pprof/goroutine?debug=2 中查找处于 “${waitReason}” 的 ${name}；Go 1.27（或以 GOEXPERIMENT=goroutineleakprofile 构建的 1.26）可直接查看 /debug/pprof/goroutineleak`,
  };
}

export function leaksFound(certain: number, likely: number): Text {
  const total = certain + likely;
  return {
    en: `${plural(total, 'goroutine leak', 'goroutine leaks')}: ${certain} certain, ${likely} likely`,
    'zh-CN': `发现 ${total} 处 goroutine 泄露：${certain} 处确定，${likely} 处可能`,
  };
}

export const nothingFound: Text = { en: 'No goroutine leaks found', 'zh-CN': '未发现 goroutine 泄露' };

export const noGo: Text = { en: 'No Go files to review', 'zh-CN': '没有需要审查的 Go 文件' };

export function wereThereBefore(count: number): Text {
  return {
    en: `${plural(count, 'leak', 'leaks')} of these packages ${count === 1 ? 'was' : 'were'} there before`,
    'zh-CN': `这些包中另有 ${count} 处泄露此前已存在`,
  };
}

export function areSuppressed(count: number): Text {
  return { en: `${count} suppressed by ${count === 1 ? 'a comment' : 'comments'}`, 'zh-CN': `${count} 处被注释抑制` };
}

export function remarksMade(count: number): Text {
  return { en: `${plural(count, 'ignore comment', 'ignore comments')} to look at`, 'zh-CN': `${count} 条 ignore 注释需要查看` };
}

export function readInTime(files: number, functions: number, milliseconds: number): Text {
  const seconds = (milliseconds / 1000).toFixed(1);
  return {
    en: `${plural(files, 'file', 'files')}, ${plural(functions, 'function', 'functions')}, ${seconds} s`,
    'zh-CN': `${files} 个文件，${functions} 个函数，${seconds} 秒`,
  };
}

/** The witness as plain lines, for readers who see text alone. */
export function stepList(steps: readonly Step[]): readonly string[] {
  return steps.map((step, index) => `${index + 1}. ${step.path}:${step.line} ${step.says}`);
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
