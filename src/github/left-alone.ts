import type { Config } from '../config.ts';

/** Why the configuration leaves a pull request alone, with the labels that say so. */
export type LeftAlone = { readonly why: 'draft' | 'bot' } | { readonly why: 'label' | 'no-label'; readonly labels: readonly string[] };

/** Whether any of these labels can decide on a review. */
export function matters(some: readonly string[], { labels }: Config): boolean {
  const named = new Set([...labels.only, ...labels.skip].map((label) => label.toLowerCase()));
  return some.some((label) => named.has(label.toLowerCase()));
}

/** What of a pull request the decision depends on. */
interface Pull {
  readonly draft: boolean;
  readonly byBot: boolean;
  readonly labels: readonly string[];
}

/** Null where the pull request is to be reviewed. Labels are compared as GitHub does: upper and lower case are the same. */
export function leftAlone(pull: Pull, { drafts, bots, labels }: Config): LeftAlone | null {
  if (pull.draft && !drafts) return { why: 'draft' };
  if (pull.byBot && !bots) return { why: 'bot' };
  const own = new Set(pull.labels.map((label) => label.toLowerCase()));
  const has = (label: string): boolean => own.has(label.toLowerCase());
  const skip = labels.skip.filter(has);
  if (skip.length > 0) return { why: 'label', labels: skip };
  return labels.only.length > 0 && !labels.only.some(has) ? { why: 'no-label', labels: labels.only } : null;
}
