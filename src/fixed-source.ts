import { diffTexts } from './diff-texts.ts';
import type { FileChange } from './diff.ts';
import type { FileText, Source } from './source/source.ts';

/** A change as it would be if these files, by path, had these texts at head: a review of it tells what they leave behind. */
export function fixedSource(source: Source, fixed: ReadonlyMap<string, string>): Source {
  async function diff(): Promise<readonly FileChange[]> {
    const changes = await source.diff();
    const untouched = [...fixed.keys()].filter((path) => !changes.some((change) => change.path === path));
    const all = [...changes, ...untouched.map((path): FileChange => ({ path, previousPath: null, status: 'modified', hunks: null }))];
    const wasAt = (change: FileChange): string => change.previousPath ?? change.path;
    const before = await source.texts('base', all.filter(({ path, status }) => fixed.has(path) && status !== 'added').map(wasAt));
    return all.map((change) => {
      const after = fixed.get(change.path);
      if (after === undefined) return change;
      const base: FileText | undefined = change.status === 'added' ? { kind: 'text', text: '' } : before.get(wasAt(change));
      return { ...change, hunks: base?.kind === 'text' ? diffTexts(base.text, after) : null };
    });
  }

  return {
    diff,
    async texts(revision, paths) {
      const texts = await source.texts(revision, paths);
      if (revision === 'base') return texts;
      return new Map([...texts].map(([path, text]) => [path, fixed.has(path) ? { kind: 'text', text: fixed.get(path) ?? '' } : text]));
    },
    directories: (revision, directories) => source.directories(revision, directories),
    below: (directory) => source.below(directory),
  };
}
