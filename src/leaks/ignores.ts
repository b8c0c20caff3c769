import { lineAt, walk, type File, type FuncDecl, type Span } from '../go/ast.ts';
import { isIgnoreComment, lineComments } from '../go/comments.ts';
import type { Report } from './rule.ts';

/** A comment that asks for silence: `//goleash:ignore RULE reason` or `//nolint:goleash`. */
export interface Ignore {
  readonly file: File;
  readonly place: Span;
  /** As it was written. */
  readonly text: string;
  /** Null: all of them. */
  readonly rules: readonly string[] | null;
  /** Null where its form asks for none. */
  readonly reason: string | null;
  /** The lines it speaks for, its own included. */
  readonly first: number;
  readonly last: number;
  /** The line of the statement or function that it stands on or above. */
  readonly target: number;
  /** The function that it stands in or above. */
  readonly decl: FuncDecl | null;
}

/** A file's ignores: each for what begins on its line, or, where it has a line of its own, on the next line that is no comment. */
export function ignoresOf(file: File): Ignore[] {
  if (!/goleash/u.test(file.text)) return [];
  const comments = lineComments(file.text);
  const alone = new Set(comments.filter(({ pos }) => file.text.slice(file.lineStarts[lineAt(file, pos) - 1], pos).trim() === '').map(({ pos }) => lineAt(file, pos)));
  return comments.flatMap((place): Ignore[] => {
    const text = file.text.slice(place.pos, place.end);
    if (!isIgnoreComment(text)) return [];
    const first = lineAt(file, place.pos);
    let target = first;
    while (alone.has(target)) target += 1;
    const decl = file.funcs.find((one) => lineAt(file, one.pos) <= target && target <= lastLine(file, one)) ?? null;
    return [{ file, place, text, ...asked(text), first, target, last: Math.max(target, ...endsOfNodesAt(file, target)), decl }];
  });
}

/** What the words after `//goleash:ignore` or `//nolint:` ask for. */
function asked(text: string): Pick<Ignore, 'rules' | 'reason'> {
  const [, words] = /goleash:ignore[\t ]*(.*)$/u.exec(text) ?? [];
  if (words === undefined) return { rules: null, reason: null };
  const [, rules = '', rest = ''] = /^(\S*)\s*(.*)$/u.exec(words) ?? [];
  // A reason may come as a comment of its own, as golangci-lint wants it.
  return { rules: rules.startsWith('//') ? [] : rules.split(',').filter((rule) => rule !== ''), reason: rest.replace(/^(?:\/\/|--|:)\s*/u, '').trim() };
}

/** The last lines of all that begins on a line. */
function endsOfNodesAt(file: File, line: number): number[] {
  const ends: number[] = [];
  for (const node of [...file.funcs, ...file.specs]) {
    if (lineAt(file, node.pos) > line || lastLine(file, node) < line) continue;
    walk(node, (inner) => {
      if (lineAt(file, inner.pos) === line) ends.push(lastLine(file, inner));
      return undefined;
    });
  }
  return ends;
}

function lastLine(file: File, { pos, end }: Span): number {
  return lineAt(file, Math.max(pos, end - 1));
}

/**
 * Whether an ignore is meant for a finding: it speaks for the line where the goroutine waits, or stands at a step on the way
 * there, which is where the comment is read when the diff does not show the wait itself.
 */
export function isMeant(ignore: Ignore, rule: string, { anchor, steps }: Report): boolean {
  if (ignore.rules !== null && !ignore.rules.includes(rule)) return false;
  const line = lineAt(anchor.file, anchor.span.pos);
  if (anchor.file === ignore.file && ignore.first <= line && line <= ignore.last) return true;
  const isOfFunction = ignore.decl !== null && lineAt(ignore.file, ignore.decl.pos) === ignore.target;
  return !isOfFunction && steps.some(({ at }) => at.file === ignore.file && [ignore.first, ignore.target].includes(lineAt(at.file, at.span.pos)));
}
