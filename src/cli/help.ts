import type { Text } from '../words.ts';

export const help: Text = {
  en: `Goleash finds goroutine leaks in Go, without a Go toolchain and without a build.

Usage:
  goleash review [--repo DIR] --base REV --head REV   what a change introduces
  goleash scan PATH...                                everything in files and directories
  goleash rules [ID]                                  the rules, or what one of them says

Options of review:
  --repo DIR        the repository, bare ones too (default: the current directory)
  --base REV        where the change starts; compared from the merge base, as GitHub does
  --head REV        where the change ends
  --two-dot         compare base and head as given, not from their merge base

Options of review and scan:
  --config FILE     a configuration in the place of .github/goleash.yml, which review reads
                    from the base and scan from the repository that the first PATH is in
  --format FORMAT   pretty, json, sarif, rdjsonl or github (default: pretty)
  --fail-on LEVEL   certain, likely or never: what makes the exit code 1 (default: certain)

Options of all:
  --lang LANG       en or zh-CN (default: en)
  --help, --version

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 could not work.
`,
  'zh-CN': `Goleash 检查 Go 代码中的 goroutine 泄露，无需 Go 工具链，也无需构建。

用法：
  goleash review [--repo DIR] --base REV --head REV   某次变更引入的泄露
  goleash scan PATH...                                文件和目录中的全部泄露
  goleash rules [ID]                                  列出规则，或说明其中一条

review 的选项：
  --repo DIR        仓库，可以是裸仓库（默认：当前目录）
  --base REV        变更的起点；与 GitHub 一样，从合并基点开始比较
  --head REV        变更的终点
  --two-dot         按给定的 base 和 head 直接比较，不取合并基点

review 和 scan 的选项：
  --config FILE     用该配置代替 .github/goleash.yml；默认情况下 review 从 base 读取，
                    scan 从第一个 PATH 所在的仓库读取
  --format FORMAT   pretty、json、sarif、rdjsonl 或 github（默认：pretty）
  --fail-on LEVEL   certain、likely 或 never：何种发现使退出码为 1（默认：certain）

通用选项：
  --lang LANG       en 或 zh-CN（默认：en）
  --help, --version

退出码：0 没有达到 --fail-on 的发现，1 有发现，2 无法工作。
`,
};
