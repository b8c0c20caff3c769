import type { Span } from './ast.ts';

/** Comments, literals that may hold what looks like one, and white space. */
export const trivia = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|\s+/gu;

/** Comments that ask Goleash for silence, in its own form or in golangci-lint's. */
const ignore = /^\/\/[\t ]*(?:goleash:ignore(?![\w-])|nolint:[^\n/]*\bgoleash\b)/u;

/** Whether a comment is one that changes what is reported. */
export function isIgnoreComment(comment: string): boolean {
  return ignore.test(comment);
}

/** The comments of one line each, `//` included and the line break not. */
export function lineComments(code: string): Span[] {
  return Array.from(code.matchAll(trivia)).flatMap(({ index, 0: part }) => (part.startsWith('//') ? [{ pos: index, end: index + part.trimEnd().length }] : []));
}
