/** The languages every word of a review exists in. */
export type Language = 'en' | 'zh-CN';

export const languages: readonly Language[] = ['en', 'zh-CN'];

/** A text in every language; leaving one out does not compile. */
export type Text = Readonly<Record<Language, string>>;

/** How people read a case of the casebook, `Case 3`; the numbers of the catalogue's shapes, `S48`, are the same in every language. */
export function caseName(id: string, language: Language): string {
  return language === 'zh-CN' ? id.replace(/^Case (?=\d)/u, '案例 ') : id;
}

/** What stands between a sentence and the next one: Chinese has no space there. */
export function gapAfter(sentence: string): string {
  return sentence.endsWith('。') ? '' : ' ';
}
