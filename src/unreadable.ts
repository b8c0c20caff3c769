import type { FileText } from './source/source.ts';
import type { Text } from './words.ts';

/** Why a file could not be read, for the reader. */
export const unreadable: Readonly<Record<Extract<FileText, { kind: 'unreadable' }>['why'], Text>> = {
  absent: { en: 'is not there', 'zh-CN': '文件不存在' },
  binary: { en: 'is a binary file', 'zh-CN': '是二进制文件' },
  'not-utf8': { en: 'is not valid UTF-8', 'zh-CN': '不是有效的 UTF-8' },
  symlink: { en: 'is a symbolic link', 'zh-CN': '是符号链接' },
  submodule: { en: 'is a submodule', 'zh-CN': '是子模块' },
  'too-large': { en: 'is too large to be analysed', 'zh-CN': '文件过大，无法分析' },
};
