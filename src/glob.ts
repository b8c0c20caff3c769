/**
 * Globs over paths, in time that grows with pattern and path alone. Libraries turn a glob into a regular expression that backtracks:
 * picomatch takes minutes for `*a*a*a*a*b` on a path of 300 letters, and both pattern and path are a stranger's here.
 *
 * As in a .gitignore: a pattern without a slash matches at any depth, one that names a directory means all that is in it, and `**` is
 * any number of directories. `*` and `?` do not match a slash; `{a,b}` is either.
 */
export type Glob = (path: string) => boolean;

/** So many patterns one with braces may stand for. */
const mostAlternatives = 100;

/** Null where the pattern says nothing, or its braces say too much. */
export function compileGlob(pattern: string): Glob | null {
  const alternatives = expandBraces(pattern);
  if (alternatives === null) return null;
  const all = alternatives.map(segmentsOf);
  if (all.some((segments) => segments.length === 0)) return null;
  return (path) => {
    const parts = path.split('/');
    return all.some((segments) => isMatch(segments, parts, isAnyDepth, matchesSegment));
  };
}

const anyDepth = '**';

function isAnyDepth(segment: string): boolean {
  return segment === anyDepth;
}

/** What is below a match is matched too. */
function segmentsOf(pattern: string): string[] {
  const trimmed = pattern.replace(/^\.?\/+/u, '').replace(/\/+$/u, '');
  if (trimmed === '') return [];
  const isAnchored = pattern.replace(/\/+$/u, '').includes('/');
  return [...(isAnchored ? [] : [anyDepth]), ...trimmed.split(/\/+/u), ...(trimmed.endsWith(anyDepth) ? [] : [anyDepth])];
}

function matchesSegment(segment: string, part: string): boolean {
  return isMatch(Array.from(segment), Array.from(part), (one) => one === '*', (one, letter) => one === '?' || one === letter);
}

/**
 * Matches a sequence with wildcards for any number of items. Only the last wildcard is ever widened: where the part after it
 * matches at all, its first match leaves most room for the rest.
 */
function isMatch<P, I>(pattern: readonly P[], items: readonly I[], isWild: (one: P) => boolean, matches: (one: P, item: I) => boolean): boolean {
  let at = 0;
  let from = 0;
  let wild = -1;
  let widened = 0;
  while (from < items.length) {
    const one = pattern[at];
    if (one !== undefined && isWild(one)) {
      wild = at;
      at += 1;
      widened = from;
    } else if (one !== undefined && matches(one, items[from] as I)) {
      at += 1;
      from += 1;
    } else if (wild >= 0) {
      widened += 1;
      at = wild + 1;
      from = widened;
    } else return false;
  }
  return pattern.slice(at).every(isWild);
}

/** `a{b,c}` → `ab`, `ac`; braces may hold braces. Null where that becomes too many. An unmatched brace is a letter. */
function expandBraces(pattern: string): readonly string[] | null {
  let patterns: readonly string[] = [pattern];
  for (;;) {
    const next = patterns.flatMap(expandInnermost);
    if (next.length > mostAlternatives) return null;
    if (next.length === patterns.length && next.every((one, index) => one === patterns[index])) return next;
    patterns = next;
  }
}

function expandInnermost(pattern: string): readonly string[] {
  const innermost = /\{([^{}]*,[^{}]*)\}/u.exec(pattern);
  if (innermost === null) return [pattern];
  const [whole, choices = ''] = innermost;
  return choices.split(',').map((choice) => `${pattern.slice(0, innermost.index)}${choice}${pattern.slice(innermost.index + whole.length)}`);
}
