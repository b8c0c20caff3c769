import hljs from 'highlight.js/lib/common';
import MarkdownIt from 'markdown-it';
import { escape, html, raw, type Html } from './html.ts';

/** The only HTML that passes, without attributes but `open`: what GitHub allows and the App may use. */
const allowed = /<\/?(?:details|summary|sub|sup|kbd|br)(?: open)?\s*\/?>/g;

/** Drops hidden comments (an unclosed one to its end), keeps the few tags above, escapes the rest. */
function sanitise(markup: string): string {
  const visible = markup.replace(/<!--[\s\S]*?(?:-->|$)/g, '');
  const tags = visible.match(allowed) ?? [];
  return visible.split(allowed).map((text, index) => escape(text) + (tags[index] ?? '')).join('');
}

export function highlight(code: string, language: string): Html {
  return raw(hljs.getLanguage(language) === undefined ? escape(code) : hljs.highlight(code, { language, ignoreIllegals: true }).value);
}

/** A ```suggestion block, as a change of the lines that the comment is on. */
function suggestion(content: string, { lines, language, inapplicable }: Commented): Html {
  const suggested = content === '' ? [] : content.replace(/\n$/, '').split('\n');
  const row = (sign: '-' | '+', text: string): Html => html`<tr class="${sign === '-' ? 'removed' : 'added'}"><td class="sign">${sign}</td><td class="code">${highlight(text, language)}</td></tr>`;
  const unchanged = suggested.join('\n') === lines.join('\n') ? 'This suggestion is invalid because no changes were made to the code.' : null;
  const why = inapplicable ?? unchanged;
  return html`<div class="suggestion"><div class="suggestion-head">Suggested change</div>
    <table class="diff">${lines.map((line) => row('-', line))}${suggested.map((line) => row('+', line))}</table>
    <div class="suggestion-foot">${why === null ? html`<span class="button">Commit suggestion</span>` : html`<span class="quiet">${why}</span>`}</div></div>`;
}

/** The lines that a review comment is on. */
export interface Commented {
  readonly lines: readonly string[];
  readonly language: string;
  /** Why a suggestion here could not be applied, whatever it says; or null. */
  readonly inapplicable: string | null;
}

function create(breaks: boolean): MarkdownIt {
  const markdown = new MarkdownIt({ html: true, linkify: true, breaks });
  const { rules } = markdown.renderer;
  rules.html_block = (tokens, index) => sanitise(tokens[index]?.content ?? '');
  rules.html_inline = rules.html_block;
  rules.fence = (tokens, index, _options, env: { commented: Commented | null }) => {
    const { info = '', content = '' } = tokens[index] ?? {};
    const language = info.trim().split(/\s+/)[0] ?? '';
    if (language === 'suggestion' && env.commented !== null) return suggestion(content, env.commented).html;
    return html`<pre class="code"><code>${highlight(content, language)}</code></pre>`.html;
  };
  return markdown;
}

/** In comments a line break is a line break; in a check run's texts it is a space. */
const renderers = { comment: create(true), document: create(false) };

export function markdown(text: string, kind: keyof typeof renderers, commented: Commented | null = null): Html {
  return html`<div class="markdown">${raw(renderers[kind].render(text, { commented }))}</div>`;
}
