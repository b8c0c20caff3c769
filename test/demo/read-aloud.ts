import MarkdownIt, { type Token } from 'markdown-it';
import { harmless, type Paint } from '../../src/format/paint.ts';
import { wrap } from './wrap.ts';

export interface Terminal {
  readonly paint: Paint;
  readonly width: number;
}

const markdown = new MarkdownIt({ html: true });

/**
 * Markdown as a reader of its page sees it, as lines of a terminal: without hidden comments, and with addresses only where words alone are linked, not places. Suggestions are
 * shown as changes of `commented`, the lines that the comment is on.
 */
export function readAloud(text: string, { paint, width }: Terminal, commented: readonly string[] = []): string[] {
  const lines: string[] = [];
  /** The number of the next item, for each list around. */
  const lists: number[] = [];
  let start = '';
  for (const token of markdown.parse(text, {})) {
    if (token.type === 'ordered_list_open') lists.push(Number(token.attrGet('start') ?? 1));
    if (token.type === 'bullet_list_open') lists.push(Number.NaN);
    if (token.type === 'list_item_open') {
      const number = lists.pop() ?? Number.NaN;
      lists.push(number + 1);
      start = Number.isNaN(number) ? '- ' : `${number}. `;
    }
    if (token.type === 'inline') {
      lines.push(...wrap(start + inline(token.children ?? [], paint), width, ' '.repeat(start.length)));
      if (lists.length === 0) lines.push('');
      start = '';
    }
    if (token.type === 'html_block') lines.push(...[harmless(withoutTags(token.content).replaceAll('\n', ' ').trim())].filter(Boolean));
    if (token.type === 'fence' || token.type === 'code_block') lines.push(...block(token, paint, commented), '');
    if (token.type.endsWith('_list_close')) {
      lists.pop();
      lines.push('');
    }
  }
  return lines.join('\n').trimEnd().split('\n');
}

/** Also what is written inside of links and emphasis. */
function inline(tokens: readonly Token[], paint: Paint): string {
  let strong = false;
  const parts = tokens.map((token, index) => {
    if (token.type === 'link_open' && tokens[index + 1]?.type === 'text') return '';
    if (token.type === 'link_close' && tokens[index - 1]?.type === 'text') return paint.aside(harmless(`: ${tokens[index - 2]?.attrGet('href') ?? ''}`));
    if (token.type === 'strong_open') strong = true;
    if (token.type === 'strong_close') strong = false;
    if (token.type === 'softbreak' || token.type === 'hardbreak') return '\n';
    if (token.type === 'code_inline') return paint.place(harmless(token.content));
    if (token.type === 'html_inline') return harmless(withoutTags(token.content));
    const text = harmless(token.content);
    return strong ? paint.heading(text) : text;
  });
  return parts.join('');
}

function withoutTags(html: string): string {
  return html.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '').replaceAll(/<[^>]*>/g, '');
}

function block({ info, content }: Token, paint: Paint, commented: readonly string[]): string[] {
  const written = content.replace(/\n$/, '').split('\n');
  const lines = info.trim() === 'suggestion' ? [...commented.map((line) => `-${line}`), ...(content === '' ? [] : written).map((line) => `+${line}`)] : written;
  return lines.map((line) => {
    const shown = `    ${harmless(line).replaceAll('\t', '    ')}`;
    return line.startsWith('+') ? paint.added(shown) : line.startsWith('-') ? paint.removed(shown) : line.startsWith('@@') ? paint.aside(shown) : shown;
  });
}
