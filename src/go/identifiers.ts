/** The names in a piece of Go: those that follow a dot are members of something, and no others are. Keywords are among the latter. */
export interface Identifiers {
  readonly members: ReadonlySet<string>;
  readonly others: ReadonlySet<string>;
}

/** The identifiers and keywords in a piece of Go, from its text alone; what stands in comments and literals is not among them. */
export function identifiersIn(text: string): Identifiers {
  const members = new Set<string>();
  const others = new Set<string>();
  const { length } = text;
  /** How many dots were read since anything else: one leads to a member, three to the type of the arguments. */
  let dots = 0;
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 32 || code === 9 || code === 10 || code === 13) continue;
    if (code === 47 && text.charCodeAt(at + 1) === 47) {
      at = endOf(text, '\n', at);
      continue;
    }
    if (code === 47 && text.charCodeAt(at + 1) === 42) {
      at = endOf(text, '*/', at + 2) + 1;
      continue;
    }
    if (code === 46) {
      dots += 1;
      continue;
    }
    if (isLetter(code)) {
      const start = at;
      while (isLetter(text.charCodeAt(at + 1)) || isDigit(text.charCodeAt(at + 1))) at += 1;
      (dots === 1 ? members : others).add(text.slice(start, at + 1));
    } else if (isDigit(code)) {
      while (isLetter(text.charCodeAt(at + 1)) || isDigit(text.charCodeAt(at + 1))) at += 1;
    } else if (code === 34 || code === 39) {
      for (at += 1; at < length && text.charCodeAt(at) !== code; at += 1) if (text.charCodeAt(at) === 92) at += 1;
    } else if (code === 96) {
      at = endOf(text, '`', at + 1);
    }
    dots = 0;
  }
  return { members, others };
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code > 127;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
