import type { File } from '../go/ast.ts';
import type { GoPackage } from '../go/package.ts';
import { isTestFile } from './of-tests.ts';

const commandLines = /^(?:github\.com\/(?:spf13\/cobra|urfave\/cli|codegangsta\/cli|mitchellh\/cli|hashicorp\/cli|alecthomas\/(?:kingpin|kong)|jessevdk\/go-flags)|gopkg\.in\/(?:alecthomas\/kingpin|urfave\/cli))(?:\/v\d+|\.v\d+)?$/u;

/**
 * Whether code is that of a program's own commands: below a directory `cmd`, `cli` or `commands`, or in a package that uses a library for command
 * lines. What it leaves behind mostly ends with its process, soon. Source of the directory: https://go.dev/doc/modules/layout
 */
export function isOfCommands({ path }: Pick<File, 'path'>, pkg: GoPackage): boolean {
  return /(?:^|\/)(?:cmds?|cli|commands?)\//u.test(path) || pkg.files.some((file) => !isTestFile(file) && file.imports.some((one) => commandLines.test(one.path)));
}
