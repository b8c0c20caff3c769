/** Markup that is safe to put into a page as it stands. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | null | false | readonly Part[];

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function raw(markup: string): Html {
  return { html: markup };
}

function render(part: Part): string {
  if (part === null || part === false) return '';
  if (typeof part === 'string') return escape(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(render).join('');
}

/** A template whose values are escaped unless they are markup themselves. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return raw(strings.map((text, index) => text + (index < parts.length ? render(parts[index] ?? null) : '')).join(''));
}
