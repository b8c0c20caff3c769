import type { Meta } from './rule.ts';

/** What a remark's heading begins with, in the place of a case. */
const heading = 'goleash:ignore';

/** What is said of ignore comments rather than of leaks: findings that are always `likely`, named like rules, so that they can be switched off like rules. */
export const remarks = {
  unused: {
    id: 'unused-ignore',
    case: heading,
    title: { en: 'an ignore that suppresses nothing', 'zh-CN': '没有抑制任何发现的 ignore' },
    why: { en: 'An ignore without a leak hides the next one that appears there.', 'zh-CN': '没有泄露可抑制的 ignore，会掩盖以后在此出现的泄露。' },
    confidence: 'likely',
    cannotSee: {
      en: 'Functions that were not analysed in full, and comments for rules that are switched off: it is then silent.',
      'zh-CN': '未能完整分析的函数，以及针对已关闭规则的注释：此时保持沉默。',
    },
  },
  unexplained: {
    id: 'ignore-without-reason',
    case: heading,
    title: { en: 'an ignore without a reason', 'zh-CN': '没有写明理由的 ignore' },
    why: { en: 'Whoever reads it later cannot tell whether it still holds.', 'zh-CN': '以后的读者无法判断它是否仍然成立。' },
    confidence: 'likely',
    cannotSee: { en: 'Whether a reason is a good one.', 'zh-CN': '理由是否充分。' },
  },
  unknownRule: {
    id: 'ignore-of-unknown-rule',
    case: heading,
    title: { en: 'an ignore of a rule that does not exist', 'zh-CN': '针对不存在的规则的 ignore' },
    why: { en: 'It suppresses nothing.', 'zh-CN': '它不会抑制任何发现。' },
    confidence: 'likely',
    cannotSee: { en: 'Which rule was meant.', 'zh-CN': '本意是哪条规则。' },
  },
} as const satisfies Readonly<Record<string, Meta>>;

const ids: ReadonlySet<string> = new Set(Object.values(remarks).map(({ id }) => id));

/** Whether a finding is about a comment rather than about a leak, by its rule. */
export function isRemark(rule: string): boolean {
  return ids.has(rule);
}
