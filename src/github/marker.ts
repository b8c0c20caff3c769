/** What a person dismissed a finding with: `ignored` is theirs to decide, `wrong` says that Goleash is mistaken. */
export type Dismissal = 'ignored' | 'wrong';

/** What a hidden line in one of our comments says. Trust it only in comments that our App wrote. */
export interface Marker {
  readonly fingerprint: string;
  /** Of the other places that the comment names. */
  readonly also: readonly string[];
  /** The head that the comment was written for. */
  readonly sha: string;
  /** Null in comments of versions that did not write it. */
  readonly rule: string | null;
  /** The head at which the finding was no longer reported, where the comment says so. */
  readonly gone: string | null;
}

/** What a hidden line in one of our replies says. */
export interface ReplyMarker {
  /** The id of the comment that is answered. */
  readonly answers: string;
  readonly dismissal: Dismissal | null;
}

/** The hidden line that tells our comments apart and what they are about. */
export function marker({ fingerprint, also, sha, rule, gone }: Marker): string {
  return line({ fp: fingerprint, also: also.length === 0 ? null : also.join(','), sha, rule, gone });
}

/** What a comment's marker says; null for a comment without one. */
export function readMarker(body: string): Marker | null {
  const { fp, also, sha, rule, gone } = lastLine(body) ?? {};
  return fp === undefined || sha === undefined ? null : { fingerprint: fp, also: also?.split(',') ?? [], sha, rule: rule ?? null, gone: gone ?? null };
}

/** The hidden line of a reply, by which it is found again: no command is answered twice, and no dismissal is forgotten. */
export function replyMarker({ answers, dismissal }: ReplyMarker): string {
  return line({ re: answers, as: dismissal });
}

/** What a reply's marker says; null for a comment without one. */
export function readReplyMarker(body: string): ReplyMarker | null {
  const { re, as } = lastLine(body) ?? {};
  return re === undefined ? null : { answers: re, dismissal: as === 'ignored' || as === 'wrong' ? as : null };
}

function line(fields: Readonly<Record<string, string | null>>): string {
  const pairs = Object.entries(fields).flatMap(([key, value]) => (value === null ? [] : [`${key}=${safe(value)}`]));
  return `<!-- goleash:v1 ${pairs.join(' ')} -->`;
}

/** The last one counts: the text above it can hold anything. */
function lastLine(body: string): Readonly<Record<string, string | undefined>> | null {
  const pairs = Array.from(body.matchAll(/<!-- goleash:v1 ((?:[a-z]+=\S+ )+)-->/g)).at(-1)?.[1];
  if (pairs === undefined) return null;
  try {
    return Object.fromEntries(pairs.trim().split(' ').map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]));
  } catch {
    // Someone edited the comment; a marker that we did not write says nothing.
    return null;
  }
}

/** No space and no `-->` can end the marker early. */
function safe(value: string): string {
  return encodeURIComponent(value).replaceAll('--', '%2D%2D');
}
