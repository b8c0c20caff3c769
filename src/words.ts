/** The languages every word of a review exists in. */
export type Language = 'en' | 'zh-CN';

export const languages: readonly Language[] = ['en', 'zh-CN'];

/** A text in every language; leaving one out does not compile. */
export type Text = Readonly<Record<Language, string>>;

/** What stands between a sentence and the next one: Chinese has no space there. */
export function gapAfter(sentence: string): string {
  return sentence.endsWith('。') ? '' : ' ';
}
