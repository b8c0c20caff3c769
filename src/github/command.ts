/** What a person can ask for in a reply to one of our comments. */
export type Command = { readonly kind: 'explain' | 'ignore' | 'wrong' | 'review' } | { readonly kind: 'unknown'; readonly word: string };

const kinds = ['explain', 'ignore', 'wrong', 'review'] as const;

/** The command that a comment opens with; null where it opens with none. What follows its word is for people to read. */
export function readCommand(body: string): Command | null {
  const [, word] = /^\s*\/goleash(?![\w-])[ \t]*(\S*)/i.exec(body) ?? [];
  if (word === undefined) return null;
  const kind = kinds.find((known) => known === word.toLowerCase());
  return kind === undefined ? { kind: 'unknown', word } : { kind };
}
