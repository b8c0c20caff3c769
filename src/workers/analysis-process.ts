import { loadParser } from '../go/parse.ts';
import { introducedIn, type DirectoryChange, type Introduced } from '../introduced.ts';

/** What the process answers to each change it is sent. */
export type Answer = { readonly kind: 'done'; readonly introduced: Introduced; readonly residentBytes: number } | { readonly kind: 'failed'; readonly stack: string };

const parse = await loadParser();

process.on('message', (change: DirectoryChange) => process.send?.(answer(change)));

function answer(change: DirectoryChange): Answer {
  try {
    return { kind: 'done', introduced: introducedIn(change, parse), residentBytes: process.memoryUsage().rss };
  } catch (error) {
    return { kind: 'failed', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
