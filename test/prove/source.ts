/** A Go file of a fixture, as text and as what its comments declare. */
export interface FixtureFile {
  /** Relative to the fixtures' module, such as `abandoned-send/timeout.go`. */
  readonly path: string;
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly declarations: readonly Declaration[];
}

/**
 * What a comment at the end of a line declares of that line, or of the function it is in:
 * - `want`: we report a finding here whose rule and message match the regular expression;
 * - `parked`: the run leaves a goroutine waiting here;
 * - `spins`: the run leaves a goroutine running from here to the function's end;
 * - `started`: the run leaves a goroutine of a library that this call has started;
 * - `miss`, `noise`: we do not find this leak, or find one where there is none, for the reason given;
 * - `reachable`: a goroutine waits for ever, but what it waits for can still be reached, so the profile does not list it;
 * - `exits`: the function ends its process;
 * - `example`: the rule's page shows this leak, and how its cure differs.
 */
export interface Mark {
  readonly kind: MarkKind;
  readonly line: number;
  /** The regular expression of a `want`, otherwise the reason. */
  readonly text: string;
}

export type MarkKind = 'want' | 'parked' | 'spins' | 'started' | 'miss' | 'noise' | 'reachable' | 'exits' | 'example';

/** A top-level function, method or type; `line` is that of its doc comment if it has one. */
export interface Declaration {
  readonly name: string;
  /** The receiver's type of a method, else null. */
  readonly receiver: string | null;
  readonly path: string;
  readonly line: number;
  /** Where the declaration itself begins, behind its doc comment. */
  readonly bodyLine: number;
  readonly endLine: number;
  readonly text: string;
}

const markComment = /\/\/ (want|parked|spins|started|miss|noise|reachable|exits|example)\b:?\s*((?:(?!\s\/\/ ).)*)/gu;
const quoted = /"((?:[^"\\]|\\.)*)"|`([^`]*)`/gu;

function marksOf(line: string, number: number): Mark[] {
  return Array.from(line.matchAll(markComment)).flatMap((match): Mark[] => {
    const kind = match[1] as MarkKind;
    const text = (match[2] ?? '').trim();
    if (kind !== 'want') return [{ kind, line: number, text }];
    return Array.from(text.matchAll(quoted), (regexp) => ({ kind, line: number, text: regexp[1] ?? regexp[2] ?? '' }));
  });
}

const declarationStart = /^(?:func (?:\((?:\w+ )?\*?(\w+)[^)]*\) )?(\w+)|type (\w+)|(?:var|const) (\w+|\())/u;

/** The top-level declarations of gofmt'ed text: each begins in column 1 and ends at the first closing bracket there. */
function declarationsOf(path: string, lines: readonly string[]): Declaration[] {
  return lines.flatMap((line, index): Declaration[] => {
    const match = declarationStart.exec(line);
    if (match === null) return [];
    const opens = /[{(]$/u.test(line.replace(/\s*\/\/.*$/u, ''));
    const close = opens ? lines.findIndex((later, at) => at > index && /^[})]/u.test(later)) : index;
    const end = close === -1 ? lines.length - 1 : close;
    let first = index;
    while (first > 0 && lines[first - 1]?.startsWith('//') === true) first--;
    return [{
      name: match[2] ?? match[3] ?? match[4] ?? '',
      receiver: match[1] ?? null,
      path,
      line: first + 1,
      bodyLine: index + 1,
      endLine: end + 1,
      text: lines.slice(index, end + 1).join('\n'),
    }];
  });
}

/** Reads one gofmt'ed file. */
export function readFixture(path: string, text: string): FixtureFile {
  const lines = text.split('\n');
  return {
    path,
    text,
    marks: lines.flatMap((line, index) => marksOf(line, index + 1)),
    declarations: declarationsOf(path, lines),
  };
}

/** The Go version that a `//goleash:go` directive at the top of a file asks for. */
export function directiveVersion(text: string): string | undefined {
  return /^\/\/goleash:go (\d+\.\d+)\s*$/mu.exec(text.slice(0, text.search(/^package /mu)))?.[1];
}

/** The text without its marks: what a reader of the page sees, and what an engine should judge by. */
export function withoutMarks(text: string): string {
  return text.split('\n').flatMap((line) => {
    const bare = line.replace(markComment, '').trimEnd();
    return bare === '' && line.trim() !== '' ? [] : [bare];
  }).join('\n');
}
