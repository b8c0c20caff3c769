import { MalformedDiffError, parsePatch } from '../diff.ts';
import type { ChangeStatus, FileChange, Hunk } from '../diff.ts';
import type { Client, PullAddress } from './client.ts';

/** A page of what GitHub lists of a pull request's files. */
export interface FilesPage {
  readonly changes: readonly FileChange[];
  /** The head that the page was made for, where GitHub's links name it. */
  readonly head: string | null;
  /** Whether there may be another page. */
  readonly more: boolean;
}

/** GitHub lists no more files than this: https://docs.github.com/rest/pulls/pulls#list-pull-requests-files */
export const mostListedFiles = 3000;

const pageSize = 100;

interface ListedFile {
  readonly filename: string;
  readonly previous_filename?: string;
  readonly status: string;
  readonly changes: number;
  readonly patch?: string;
  readonly contents_url: string;
}

/** All pages, a request each, up to `mostListedFiles`. Rejects as the client does. */
export async function* listFiles(client: Client, { owner, repo, number }: PullAddress): AsyncGenerator<FilesPage, void, undefined> {
  for (let page = 1; page <= mostListedFiles / pageSize; page += 1) {
    const { data } = await client.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', { owner, repo, pull_number: number, per_page: pageSize, page });
    const more = data.length === pageSize && page < mostListedFiles / pageSize;
    yield { changes: data.flatMap(toChange), head: headOf(data), more };
    if (!more) return;
  }
}

/** GitHub lists no more files of a comparison than this: https://docs.github.com/rest/commits/commits#compare-two-commits */
export const mostComparedFiles = 300;

/** What a commit changes since another that it is built on. Rejects as the client does. */
export async function compareFiles(client: Client, { owner, repo }: PullAddress, base: string, head: string): Promise<readonly FileChange[]> {
  const { data } = await client.request('GET /repos/{owner}/{repo}/compare/{basehead}', { owner, repo, basehead: `${base}...${head}`, per_page: 1 });
  return (data.files ?? []).flatMap(toChange);
}

function toChange(file: ListedFile): readonly FileChange[] {
  const status = statuses[file.status];
  if (status === undefined) return [];
  return [{ path: file.filename, previousPath: file.previous_filename ?? null, status, hunks: hunksOf(file) }];
}

/** GitHub's words; `unchanged` files, which it never lists here, are none of ours. A copy is added, from its original. */
const statuses: Readonly<Record<string, ChangeStatus>> = {
  added: 'added',
  removed: 'removed',
  modified: 'modified',
  renamed: 'renamed',
  copied: 'added',
  changed: 'modified',
};

function hunksOf(file: ListedFile): readonly Hunk[] | null {
  // No patch and no changed line: a pure rename, a mode, an empty file; or a binary file, which its text tells.
  if (file.patch === undefined) return file.changes === 0 ? [] : null;
  try {
    return parsePatch(file.patch);
  } catch (error) {
    if (error instanceof MalformedDiffError) return null;
    throw error;
  }
}

/** The list has no revision of its own, but each file links to its contents at the head. */
function headOf(files: readonly ListedFile[]): string | null {
  const [first] = files;
  if (first === undefined) return null;
  return /[?&]ref=([0-9a-f]{40,64})(?:&|$)/.exec(first.contents_url)?.[1] ?? null;
}
