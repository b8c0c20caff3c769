import { unreadable } from './unreadable.ts';
import type { ConfigProblem } from './config.ts';
import type { Text } from './words.ts';

/** What is wrong in a configuration, and what is done instead. `code` shows a piece of the file so that it does no harm. */
export function describeProblem({ key: name, kind, expected: right }: ConfigProblem, code: (text: string) => string): Text {
  const key = code(name ?? '');
  const expected = code(right);
  switch (kind) {
    case 'syntax':
      return { en: `this is no configuration in YAML (${expected}); nothing of it is used.`, 'zh-CN': `不是有效的 YAML 配置（${expected}）；其内容全部未采用。` };
    case 'too-large':
      return { en: 'this is too large for a configuration; nothing of it is used.', 'zh-CN': '文件过大，不是合理的配置；其内容全部未采用。' };
    case 'unreadable':
      return { en: `this is no text (it ${unreadable.binary.en} or ${unreadable['not-utf8'].en}); nothing of it is used.`, 'zh-CN': '不是文本文件；其内容全部未采用。' };
    case 'unknown-key':
      return { en: `${key} is not a known key; it is ignored.`, 'zh-CN': `${key} 不是已知的键；已忽略。` };
    case 'unknown-rule':
      return { en: `${key}: there is no such rule; it is ignored.`, 'zh-CN': `${key}：没有这条规则；已忽略。` };
    case 'wrong-value':
      return { en: `${key} must be ${expected}; its default is used.`, 'zh-CN': `${key} 必须是 ${expected}；使用默认值。` };
  }
}
