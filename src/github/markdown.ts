import { withoutSteering } from '../steering.ts';

/**
 * Markdown that holds words of strangers. GitHub looks for mentions and references in the rendered text, where an entity
 * is already its character, so that only a character in between (U+200B) keeps `@name` and `#1` from linking; code spans are exempt.
 */

/** A safe inline code span of one line: no backtick run of the text can close it. */
export function code(text: string): string {
  const line = oneLine(text);
  if (line.trim() === '') return '` `';
  const fence = '`'.repeat(longestRun(line) + 1);
  // CommonMark strips one space from both ends, so padding is invisible; needed beside a backtick or where the text is itself padded.
  const pad = /^[` ]|[` ]$/.test(line) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A fenced code block; its fence is longer than any run of backticks inside, and its text is kept to the byte. */
export function fenced(language: string, text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${fence}`;
}

/** Makes one line of prose harmless outside of its code spans: no mention, reference, link, HTML or emphasis comes of it. */
export function prose(text: string): string {
  // Four spaces at its start would make a block of code of it.
  const line = oneLine(text).trimStart();
  const parts: string[] = [];
  let rest = 0;
  for (const span of codeSpans(line)) {
    parts.push(escape(line.slice(rest, span.start)), line.slice(span.start, span.end));
    rest = span.end;
  }
  parts.push(escape(line.slice(rest)));
  // At its start a line could also be a heading, a list or a rule.
  return parts.join('').replace(/^([-+=#])/, '\\$1').replace(/^(\d+)([.)])/, '$1\\$2');
}

/** A table's cell: a pipe ends a cell even inside of a code span unless it is escaped. */
export function cell(markdown: string): string {
  return markdown.replace(/\\?\|/g, '\\|').replace(/[\r\n]+/g, ' ');
}

/** Where a line of a file is read, at a revision. `webUrl` is the host's, such as `https://github.com`. */
export function lineUrl(repository: { readonly webUrl: string; readonly owner: string; readonly repo: string; readonly sha: string }, path: string, line: number, endLine: number = line): string {
  const { webUrl, owner, repo, sha } = repository;
  const range = endLine > line ? `#L${line}-L${endLine}` : `#L${line}`;
  return `${webUrl}/${encode(owner)}/${encode(repo)}/blob/${encode(sha)}/${path.split('/').map(encode).join('/')}${range}`;
}

/** At most `limit` UTF-16 units of a text, cut after a whole line, with a note in place of the rest; fences that are cut open are closed. */
export function cut(text: string, limit: number, note: string): string {
  if (text.length <= limit) return text;
  // Room for the note, two line breaks on either side, and a closing fence.
  const room = Math.max(0, limit - note.length - 80);
  const lineEnd = text.lastIndexOf('\n', room);
  let kept = text.slice(0, lineEnd > 0 ? lineEnd : room);
  if (/[\uD800-\uDBFF]$/.test(kept)) kept = kept.slice(0, -1);
  const open = openFence(kept);
  return `${kept}${open === null ? '' : `\n${open.slice(0, 60)}`}\n\n${note}`.slice(0, limit);
}

function openFence(text: string): string | null {
  let open: string | null = null;
  for (const line of text.split('\n')) {
    const fence = /^`{3,}/.exec(line)?.[0];
    if (fence === undefined) continue;
    if (open === null) open = fence;
    else if (fence.length >= open.length && line.trim() === fence) open = null;
  }
  return open;
}

/** No line breaks; characters that steer what shows them are shown as unknown ones. */
function oneLine(text: string): string {
  return visible(text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' '));
}

/** A text of any length in which nothing steers what shows it. */
export function visible(text: string): string {
  return withoutSteering(text, () => '\uFFFD');
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

/** The code spans of a line as CommonMark finds them: a run of backticks up to the next run of the same length. */
function codeSpans(line: string): readonly { readonly start: number; readonly end: number }[] {
  const runs = Array.from(line.matchAll(/`+/g), (run) => ({ start: run.index, length: run[0].length }));
  // For each run the next one of its length, found from the back, so that a long line costs no more than its length.
  const nearest = new Map<number, number>();
  const closing = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index -= 1) {
    const length = runs[index]?.length ?? 0;
    const next = nearest.get(length);
    if (next !== undefined) closing.set(index, next);
    nearest.set(length, index);
  }
  const spans: { start: number; end: number }[] = [];
  for (let index = 0; index < runs.length; index += 1) {
    const close = closing.get(index) ?? -1;
    const [open, end] = [runs[index], runs[close]];
    if (open === undefined || end === undefined) continue;
    spans.push({ start: open.start, end: end.start + end.length });
    index = close;
  }
  return spans;
}

function escape(text: string): string {
  return text
    .replace(/[\\`*_[\]~|<>&]/g, (character) => entities[character] ?? `\\${character}`)
    .replace(/@(?=[\p{L}\p{N}])/gu, '@\u200B')
    .replace(/#(?=\d)/g, '#\u200B')
    .replace(/(gh)-(?=\d)/gi, '$1-\u200B')
    .replace(/(https?|ftp):(?=\/\/)/gi, '$1:\u200B')
    .replace(/(www)\.(?=\S)/gi, '$1.\u200B');
}

const entities: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };

/** `encodeURIComponent` leaves parentheses and quotes, which end a Markdown link. */
function encode(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
