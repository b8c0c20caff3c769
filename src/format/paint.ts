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
 * A text from reviewed code that cannot steer the terminal: control characters become their pictures, and the marks that turn
 * the direction of writing, by which source can be made to look like something else, become their code points. Tabs stay.
 */
export function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (mark) => {
    const code = mark.codePointAt(0) ?? 0;
    if (mark === '\t') return mark;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}
