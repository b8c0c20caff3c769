import { addedLines, hunkAtNewLine, type FileChange, type Hunk } from './diff.ts';
import type { Leak, Step } from './finding.ts';
import { directoryOf } from './go-files.ts';

/** What a removed line may have done to keep a goroutine from waiting for ever. */
const release = /\bclose\(|<-|\bdefer\b|\breturn\b|\bcancel\w*\(|\.(?:Done|Unlock|RUnlock|Stop|Close|Signal|Broadcast|Release)\(|\bmake\(/u;

/**
 * Puts a leak on a line of the diff: its own where the diff shows it, else a step of its witness that the change added, else the
 * removed line that most likely kept it away, else a step that the diff shows, else the diff's nearest line. Null where the change shows nothing of its package.
 */
export function anchorIn(leak: Leak, changes: readonly FileChange[]): Leak | null {
  const byPath = new Map(changes.map((change) => [change.path, change]));
  const own = byPath.get(leak.path);
  if (own) {
    const hunk = hunkAtNewLine(own, leak.line);
    if (hunk) return { ...leak, endLine: Math.min(leak.endLine, hunk.newStart + hunk.newLines - 1) };
  }
  const isAdded = (path: string, line: number): boolean => {
    const change = byPath.get(path);
    return change !== undefined && addedLines(change).has(line);
  };
  const isShown = (path: string, line: number): boolean => {
    const change = byPath.get(path);
    return change !== undefined && hunkAtNewLine(change, line) !== undefined;
  };
  const steps = leak.steps.toReversed();
  const at = (step: Step | undefined): Leak | null => (step ? { ...leak, path: step.path, line: step.line, endLine: step.line } : null);
  const added = at(steps.find(({ path, line }) => isAdded(path, line)));
  if (added) return added;
  const inPackage = (change: FileChange): boolean => [change.path, change.previousPath].some((path) => path?.endsWith('.go') === true && directoryOf(path) === directoryOf(leak.path));
  const near = [own, ...changes.filter((change) => change !== own && inPackage(change))].filter((change) => change !== undefined);
  const removed = removedLine(near, leak);
  if (removed) return { ...leak, ...removed, endLine: removed.line, side: 'LEFT' };
  const shown = at(steps.find(({ path, line }) => isShown(path, line)));
  if (shown) return shown;
  const module = changes.filter(({ path }) => /(?:^|\/)go\.mod$/u.test(path) && leak.path.startsWith(path.slice(0, -'go.mod'.length)));
  for (const change of [...near, ...module]) {
    const line = module.includes(change) ? addedGoLine(change) : nearestLine(change.hunks ?? [], change === own ? leak.line : 0);
    if (line !== null) return { ...leak, path: change.path, line, endLine: line };
  }
  return null;
}

/** The removed line that did most to release the goroutine: one that names what it waits on or acts on it, in the leak's own file, near it. */
function removedLine(near: readonly FileChange[], leak: Leak): { readonly path: string; readonly line: number } | null {
  const named = new Set([leak.message, ...leak.steps.map(({ says }) => says)].flatMap(namesIn));
  const removed = near.flatMap((change, order) =>
    (change.hunks ?? []).flatMap((hunk) =>
      hunk.lines.flatMap((line) => {
        if (line.newLine !== null || line.oldLine === null || !release.test(line.text)) return [];
        const names = (line.text.match(/\w+/gu) ?? []).some((word) => named.has(word));
        return [{ path: change.path, line: line.oldLine, rank: [names ? 0 : 1, order, Math.abs(hunk.newStart - leak.line)] }];
      }),
    ),
  );
  removed.sort((a, b) => a.rank.map((one, index) => one - (b.rank[index] ?? 0)).find((difference) => difference !== 0) ?? 0);
  return removed[0] ?? null;
}

/** The last parts of what a text quotes as code: `jobs` of `p.jobs`. */
function namesIn(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]*)`/gu), ([, code]) => /(\w+)\W*$/u.exec(code ?? '')?.[1] ?? '').filter((name) => name !== '');
}

/** The line that says since when the module's code means what it means. */
function addedGoLine(change: FileChange): number | null {
  return (change.hunks ?? []).flatMap(({ lines }) => lines).find((line) => line.oldLine === null && /^\s*go\s/u.test(line.text))?.newLine ?? null;
}

function nearestLine(hunks: readonly Hunk[], line: number): number | null {
  const lines = hunks.flatMap((hunk) => hunk.lines.flatMap((one) => (one.newLine === null ? [] : [one.newLine])));
  lines.sort((a, b) => Math.abs(a - line) - Math.abs(b - line));
  return lines[0] ?? null;
}
