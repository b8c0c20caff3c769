/** Comments, literals that may hold what looks like one, and white space. */
const parts = /\/\/[^\n]*|\/\*[^]*?\*\/|"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])*'|\s+/gu;

/** Go code without its comments and with single spaces: what is the same after it says the same. */
export function normalised(code: string): string {
  return code.replace(parts, (part) => (/^["`']/u.test(part) ? part : ' ')).replace(/ {2,}/gu, ' ').trim();
}
