import type { File, FuncDecl, Spec } from './ast.ts';
import { textOf } from './ast.ts';
import { atLeast, type GoVersion } from './module.ts';

/**
 * What means something else since a language version, told by its text: loop variables that code may outlive (1.22), and timers'
 * channels (1.23). Sources: https://go.dev/doc/go1.22#language and https://go.dev/doc/go1.23#timer-changes
 */
const changes: readonly { readonly since: readonly [number, number]; readonly text: RegExp }[] = [
  { since: [1, 22], text: /\bfor\b[^]*(?:\bgo\b|\bdefer\b|\bfunc\b|&)/u },
  { since: [1, 23], text: /\b(?:NewTimer|NewTicker|After|AfterFunc|Tick|Timer|Ticker|Reset)\b/u },
];

/** Whether code can mean something else in one version of the language than in another. */
export function changesMeaning(code: string, from: GoVersion, to: GoVersion): boolean {
  return changes.some(({ since: [major, minor], text }) => atLeast(from, major, minor) !== atLeast(to, major, minor) && text.test(code));
}

/** The same of a declaration. */
export function isGovernedByVersion(from: GoVersion, to: GoVersion): (node: FuncDecl | Spec, file: File) => boolean {
  return (node, file) => changesMeaning(textOf(file, node), from, to);
}
