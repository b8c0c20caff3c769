import { isIgnoreComment, trivia } from './comments.ts';

/** Go code without its comments, but for those that decide on what is reported, and with single spaces: what is the same after it says the same. */
export function normalised(code: string): string {
  return code.replace(trivia, (part) => (/^["`']/u.test(part) ? part : isIgnoreComment(part) ? ` ${part} ` : ' ')).replace(/ {2,}/gu, ' ').trim();
}
