import type { File } from '../go/ast.ts';
import { isForPeople } from '../go/module.ts';
import type { GoPackage } from '../go/package.ts';
import { isTestFile } from './of-tests.ts';

/**
 * Whether code is that of a program's own commands: below a directory `cmd`, `cli` or `commands`, in a package that uses a library for command
 * lines or terminals, or in a module that is a tool. What it leaves behind mostly ends with its process, soon. Source of the directory: https://go.dev/doc/modules/layout
 */
export function isOfCommands({ path }: Pick<File, 'path'>, pkg: GoPackage): boolean {
  return /(?:^|\/)(?:cmds?|cli|commands?)\//u.test(path) || pkg.module.isTool || pkg.files.some((file) => !isTestFile(file) && file.imports.some((one) => isForPeople(one.path)));
}
