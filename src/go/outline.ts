import type { Span } from './ast.ts';

/** A declaration at the top of a file, as its text shows it. */
export interface Chunk extends Span {
  readonly keyword: 'package' | 'import' | 'func' | 'type' | 'var' | 'const';
}

const keywords: ReadonlySet<string> = new Set(['package', 'import', 'func', 'type', 'var', 'const']);

const [tab, newline, carriageReturn, space, doubleQuote, quote, leftParen, rightParen, star, slash, semicolon, leftBracket, backslash, rightBracket, backquote, leftBrace, rightBrace] = [9, 10, 13, 32, 34, 39, 40, 41, 42, 47, 59, 91, 92, 93, 96, 123, 125];

/**
 * Where the declarations of a Go file begin and end, without a parse; null where that cannot be told from brackets, literals and
 * comments alone, such as in code with a syntax error. It is many times faster than the grammar, so that only the declarations
 * that something asks about need be parsed.
 */
export function outline(text: string): Chunk[] | null {
  const chunks: Chunk[] = [];
  const { length } = text;
  /** Whether a line break would end what was read last: Go's rule for the semicolons that nobody writes. */
  let ends = false;
  let start = -1;
  let end = 0;
  let keyword: Chunk['keyword'] = 'package';
  const open: number[] = [];
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === space || code === tab || code === carriageReturn) continue;
    if (code === slash) {
      const next = text.charCodeAt(at + 1);
      if (next === slash) {
        const stop = text.indexOf('\n', at);
        at = (stop < 0 ? length : stop) - 1;
        continue;
      }
      if (next === star) {
        const stop = text.indexOf('*/', at + 2);
        if (stop < 0) return null;
        const breaks = text.slice(at, stop).includes('\n');
        at = stop + 1;
        if (!breaks) continue;
        if (open.length === 0 && ends && start >= 0) {
          chunks.push({ keyword, pos: start, end });
          start = -1;
        }
        continue;
      }
    }
    if (code === newline || code === semicolon) {
      if (open.length === 0 && start >= 0 && (ends || code === semicolon)) {
        chunks.push({ keyword, pos: start, end });
        start = -1;
      }
      continue;
    }
    if (start < 0) {
      const word = /[a-z]*/uy;
      word.lastIndex = at;
      const found = word.exec(text)?.[0] ?? '';
      if (!isKeyword(found)) return null;
      start = at;
      keyword = found;
      at += found.length - 1;
      ends = false;
      continue;
    }
    switch (code) {
      case leftParen:
      case leftBracket:
      case leftBrace:
        open.push(code === leftParen ? rightParen : code === leftBracket ? rightBracket : rightBrace);
        ends = false;
        break;
      case rightParen:
      case rightBracket:
      case rightBrace:
        if (open.pop() !== code) return null;
        ends = true;
        break;
      case doubleQuote:
      case quote:
        for (at += 1; text.charCodeAt(at) !== code; at += 1) {
          const inner = text.charCodeAt(at);
          if (inner === newline || at >= length) return null;
          if (inner === backslash) at += 1;
        }
        ends = true;
        break;
      case backquote: {
        const stop = text.indexOf('`', at + 1);
        if (stop < 0) return null;
        at = stop;
        ends = true;
        break;
      }
      default:
        ends = isWord(code);
    }
    end = at + 1;
  }
  if (open.length > 0) return null;
  if (start >= 0) chunks.push({ keyword, pos: start, end });
  return chunks[0]?.keyword === 'package' ? chunks : null;
}

function isKeyword(word: string): word is Chunk['keyword'] {
  return keywords.has(word);
}

function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code > 127;
}
