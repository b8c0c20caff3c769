import { withoutSteering } from '../steering.ts';

/** Colours of a terminal, by what they mean here. */
export interface Paint {
  readonly place: (text: string) => string;
  readonly heading: (text: string) => string;
  readonly aside: (text: string) => string;
  readonly added: (text: string) => string;
  readonly removed: (text: string) => string;
}

export function paint(colors: boolean): Paint {
  const style = (code: number) => (text: string) => (colors && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { place: style(36), heading: style(1), aside: style(2), added: style(32), removed: style(31) };
}

/**
 * A text from reviewed code that cannot steer the terminal: control characters become their pictures, and the marks that turn the
 * direction of writing their code points; tabs stay. Nor can it command a runner of GitHub Actions that prints it, which obeys
 * lines that begin with `::`, white space before it or not, and `##[` wherever it stands.
 */
export function harmless(text: string): string {
  return withoutSteering(text, pictured)
    .replaceAll(/[\r\n]/gu, pictured)
    .replace(/^(\s*:)(?=:)/u, '$1\u200B')
    .replaceAll('##[', '#\u200B#[');
}

function pictured(mark: string): string {
  const code = mark.codePointAt(0) ?? 0;
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
