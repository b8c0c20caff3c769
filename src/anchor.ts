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
  const near = [own, ...changes.filter((change) => change !== own && change.path.endsWith('.go') && directoryOf(change.path) === directoryOf(leak.path))].filter((change) => change !== undefined);
  for (const change of near) {
    const line = removedLine(change, leak);
    if (line !== null) return { ...leak, path: change.path, line, endLine: line, side: 'LEFT' };
  }
  const shown = at(steps.find(({ path, line }) => isShown(path, line)));
  if (shown) return shown;
  for (const change of near) {
    const line = nearestLine(change.hunks ?? [], change === own ? leak.line : 0);
    if (line !== null) return { ...leak, path: change.path, line, endLine: line };
  }
  return null;
}

/** The old number of the removed line that did most to release a goroutine, the one nearest to the leak first. */
function removedLine(change: FileChange, leak: Leak): number | null {
  const removed = (change.hunks ?? []).flatMap((hunk) =>
    hunk.lines.flatMap((line) => (line.newLine === null && line.oldLine !== null && release.test(line.text) ? [{ line: line.oldLine, distance: change.path === leak.path ? Math.abs(hunk.newStart - leak.line) : 0 }] : [])),
  );
  removed.sort((a, b) => a.distance - b.distance);
  return removed[0]?.line ?? null;
}

function nearestLine(hunks: readonly Hunk[], line: number): number | null {
  const lines = hunks.flatMap((hunk) => hunk.lines.flatMap((one) => (one.newLine === null ? [] : [one.newLine])));
  lines.sort((a, b) => Math.abs(a - line) - Math.abs(b - line));
  return lines[0] ?? null;
}
