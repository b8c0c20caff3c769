import type { File } from '../go/ast.ts';
import { commandLines, terminals } from '../go/module.ts';
import type { GoPackage } from '../go/package.ts';
import { isTestFile } from './of-tests.ts';

/**
 * Whether code is that of a program's own commands: below a directory `cmd`, `cli`, `cliutil`, `commands` or `examples`, in a package that uses a library for command
 * lines, in a file that uses one for terminals, or in a module that is a tool. What it leaves behind mostly ends with its process, soon.
 * Source of the directory: https://go.dev/doc/modules/layout
 */
export function isOfCommands({ path, imports }: Pick<File, 'path' | 'imports'>, pkg: GoPackage): boolean {
  if (pkg.module.isTool || /(?:^|\/)(?:cmds?|cli(?:utils?|helpers?)?|commands?|_?examples?)\//u.test(path) || imports.some((one) => terminals.test(one.path))) return true;
  return pkg.files.some((file) => !isTestFile(file) && file.imports.some((one) => commandLines.test(one.path)));
}
