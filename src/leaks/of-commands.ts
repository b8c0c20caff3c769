import type { File } from '../go/ast.ts';

/**
 * Whether code is that of a program's own commands, below a directory `cmd`: what it leaves behind mostly ends with its process, soon.
 * Source: https://go.dev/doc/modules/layout
 */
export function isOfCommands({ path }: Pick<File, 'path'>): boolean {
  return /(?:^|\/)cmds?\//u.test(path);
}
