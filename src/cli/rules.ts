import { words } from '../format/words.ts';
import { named } from '../leaks/catalogue.ts';
import { pageUrl } from '../leaks/page-url.ts';
import { caseName, type Language, type Text } from '../words.ts';
import { UsageError } from './usage-error.ts';

const cannotSee: Text = { en: 'Cannot see', 'zh-CN': '看不到的情况' };
const page: Text = { en: 'Page', 'zh-CN': '页面' };

/** The named, one rule a line. */
export function listRules(language: Language): string {
  const idWidth = Math.max(...named.map((meta) => meta.id.length));
  const caseWidth = Math.max(...named.map((meta) => meta.case.length));
  return named.map((meta) => `${meta.id.padEnd(idWidth)}  ${meta.case.padEnd(caseWidth)}  ${meta.title[language]}\n`).join('');
}

/** What one rule says of itself. Throws UsageError where there is none of that name. */
export function describeRule(id: string, language: Language): string {
  const meta = named.find((it) => it.id === id);
  if (meta === undefined) {
    throw new UsageError({
      en: `There is no rule "${id}". See the list with: goleash rules`,
      'zh-CN': `没有规则 “${id}”。运行 goleash rules 查看列表。`,
    });
  }
  const lines = [
    `${meta.id}: ${caseName(meta.case, language)} · ${meta.title[language]} (${words.confidence[meta.confidence][language]})`,
    meta.why[language],
    `${cannotSee[language]}: ${meta.cannotSee[language]}`,
    `${page[language]}: ${pageUrl(meta.id)}`,
  ];
  return `${lines.join('\n')}\n`;
}
