import type { DiffLine, Hunk } from './diff.ts';

/** How many unchanged lines a hunk shows around its changes, as git does by default. */
const contextLines = 3;

interface Pair {
  readonly old: string | null;
  readonly new: string | null;
}

/** The hunks that turn one text into another, as `git diff` would show them. Pure; for texts at hand, where no host computes the diff. */
export function diffTexts(before: string, after: string): readonly Hunk[] {
  const pairs = pairLines(splitLines(before), splitLines(after));
  const changed = pairs.flatMap((pair, index) => (pair.old !== null && pair.new !== null ? [] : [index]));
  const groups: { from: number; to: number }[] = [];
  for (const index of changed) {
    const last = groups.at(-1);
    if (last !== undefined && index - last.to <= 2 * contextLines) last.to = index + 1;
    else groups.push({ from: index, to: index + 1 });
  }
  return groups.map(({ from, to }) => hunk(pairs, Math.max(0, from - contextLines), Math.min(pairs.length, to + contextLines)));
}

/** Lines with their breaks, so that a last line without one differs from the same line with one. */
function splitLines(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function hunk(pairs: readonly Pair[], from: number, to: number): Hunk {
  const oldBefore = pairs.slice(0, from).filter((pair) => pair.old !== null).length;
  const newBefore = pairs.slice(0, from).filter((pair) => pair.new !== null).length;
  let oldLine = oldBefore;
  let newLine = newBefore;
  const lines = pairs.slice(from, to).map((pair): DiffLine => {
    const raw = pair.new ?? pair.old ?? '';
    return {
      oldLine: pair.old === null ? null : ++oldLine,
      newLine: pair.new === null ? null : ++newLine,
      text: raw.endsWith('\n') ? raw.slice(0, -1) : raw,
      ...(raw.endsWith('\n') ? {} : { unterminated: true }),
    };
  });
  const oldLines = oldLine - oldBefore;
  const newLines = newLine - newBefore;
  // An empty side is named by the line before it, as git does.
  return { oldStart: oldLines === 0 ? oldBefore : oldBefore + 1, oldLines, newStart: newLines === 0 ? newBefore : newBefore + 1, newLines, lines };
}

/** Beyond so many edits in one place the shortest way is not looked for: its cost grows with their square. */
const mostEdits = 1000;

/** Pairs equal lines: those at both ends, and between them by a longest common subsequence; removed lines before added ones. */
function pairLines(before: readonly string[], after: readonly string[]): readonly Pair[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (line: string): Pair => ({ old: line, new: line });
  const middle = pairMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)];
}

/** Myers' greedy algorithm. */
function pairMiddle(before: readonly string[], after: readonly string[]): readonly Pair[] {
  const replaced = (): readonly Pair[] => [...before.map((line): Pair => ({ old: line, new: null })), ...after.map((line): Pair => ({ old: null, new: line }))];
  if (before.length === 0 || after.length === 0) return replaced();
  const trace = furthestPaths(before, after);
  if (trace === null) return replaced();
  const pairs: Pair[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const reached = trace[edits] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -edits || (k !== edits && (reached.get(k - 1) ?? 0) < (reached.get(k + 1) ?? 0));
    const startX = edits === 0 ? 0 : (reached.get(down ? k + 1 : k - 1) ?? 0);
    const startY = edits === 0 ? 0 : startX - (down ? k + 1 : k - 1);
    const snakeX = edits === 0 ? 0 : down ? startX : startX + 1;
    for (; x > snakeX; x--, y--) pairs.push({ old: before[x - 1] ?? '', new: after[y - 1] ?? '' });
    if (edits === 0) break;
    pairs.push(down ? { old: null, new: after[startY] ?? '' } : { old: before[startX] ?? '', new: null });
    x = startX;
    y = startY;
  }
  return pairs.reverse();
}

/** For each number of edits, how far (in lines of `before`) each diagonal was reached by fewer edits, until the end of both texts is. Null where that takes too many. */
function furthestPaths(before: readonly string[], after: readonly string[]): readonly ReadonlyMap<number, number>[] | null {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let edits = 0; edits <= mostEdits; edits++) {
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const left = furthest.get(k - 1) ?? 0;
      const above = furthest.get(k + 1) ?? 0;
      let x = k === -edits || (k !== edits && left < above) ? above : left + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      furthest.set(k, x);
      if (x >= before.length && x - k >= after.length) return trace;
    }
  }
  return null;
}
