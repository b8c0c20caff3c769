import type { Text } from './words.ts';

/** Why a Go file is left out on purpose; null for one that is reviewed. Source for the header: `go help generate`. */
export function leftOut(path: string, text: string | null): Text | null {
  const parts = path.split('/');
  if (parts.includes('vendor') || parts.includes('third_party') || parts.includes('node_modules')) return { en: 'vendored', 'zh-CN': '第三方代码（vendored）' };
  if (parts.includes('testdata')) return { en: 'test data, which Go itself does not build', 'zh-CN': '测试数据，Go 本身不会编译' };
  if (text !== null && isGenerated(text)) return { en: 'generated', 'zh-CN': '自动生成的代码' };
  return null;
}

/** The header stands on a line of its own before the package clause. */
function isGenerated(text: string): boolean {
  const header = /^\/\/ Code generated .* DO NOT EDIT\.\r?$/mu.exec(text);
  if (!header) return false;
  const clause = /^package\s/mu.exec(text);
  return clause === null || header.index < clause.index;
}

/** What a goroutine that can wait for ever cannot do without, nor one behind a thing that must be given back: a file with none of it is not even parsed for its own sake. */
const concurrency = /<-|\bgo\s|\bchan\b|\bclose\(|\bselect\s*\{|"sync"|"time"|"context"|\berrgroup\b|"net\/http|"database\/sql"|"io"|"iter"|"os\/signal"|\bLock\(|\/(?:grpc|fsnotify|concurrency|clientv?3?|tail|b?bolt|walletdb|sqlx|pgxpool|pgxtype|s3|joincontext)"/u;

export function mentionsConcurrency(text: string): boolean {
  return concurrency.test(text);
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** Files that other platforms build under the same names: of two declarations of a function the one for Linux is looked at. */
const foreign = /_(windows|darwin|freebsd|netbsd|openbsd|dragonfly|plan9|solaris|aix|js|wasip1|android|ios|illumos|zos)(_[a-z0-9]+)?(_test)?\.go$/u;

/** Orders a package's files so that those for Linux and for every platform come before those for others. */
export function byPlatform(a: { readonly path: string }, b: { readonly path: string }): number {
  return Number(foreign.test(a.path)) - Number(foreign.test(b.path)) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}
