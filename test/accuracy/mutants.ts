import { review } from '../../src/review.ts';
import { memorySource } from '../../src/source/memory.ts';
import type { TreePackage } from '../../src/source/tree.ts';
import type { CommitTree } from './commit-tree.ts';
import { isTestCode } from './test-code.ts';

/** What a mutant takes away, or makes smaller: mostly a leak then, but not always, as where a body is read to its end. */
export type MutantKind = 'unlock before a return' | 'deferred unlock' | 'Done' | 'close' | 'cancel' | 'body' | 'rows' | 'resource' | 'buffer' | 'return on Done' | 'case on Done';

/** A text with one line changed. */
export interface Mutant {
  readonly kind: MutantKind;
  /** From 1 on. */
  readonly line: number;
  readonly text: string;
}

/** What was said of the change that makes a mutant of a file. */
export interface Tried {
  readonly kind: MutantKind;
  /** `path:line`. */
  readonly at: string;
  readonly found: readonly { readonly rule: string; readonly confidence: 'certain' | 'likely' }[];
}

const lines: readonly { readonly kind: MutantKind; readonly line: RegExp; readonly next?: RegExp; readonly becomes?: (line: string) => string }[] = [
  { kind: 'unlock before a return', line: /^\t+[\w.]+\.R?Unlock\(\)$/u, next: /^\t+return\b/u },
  { kind: 'deferred unlock', line: /^\t+defer [\w.]+\.R?Unlock\(\)$/u },
  { kind: 'Done', line: /^\t+(?:defer )?\w*[wW][gG]\w*\.Done\(\)$/u },
  { kind: 'close', line: /^\t+(?:defer )?close\(\w+\)$/u },
  { kind: 'cancel', line: /^\t+defer cancel\(\)$/u },
  { kind: 'body', line: /^\t+defer [\w.]+\.Body\.Close\(\)$/u },
  { kind: 'rows', line: /^\t+defer rows\.Close\(\)$/u },
  { kind: 'resource', line: /^\t+defer (?:conn|client|cc|watcher|sess|session|pw|pr|tx)\.(?:Close|Stop|Rollback)\(\)$/u },
  { kind: 'buffer', line: /^\t+\w+ :?= make\(chan [^()]+, 1\)$/u, becomes: (line) => line.replace(', 1)', ')') },
  { kind: 'case on Done', line: /^\t+case <-\w*ctx\w*\.Done\(\):$/u, next: /^\t+return\b/u },
];

/** All mutants of a Go file, as gofmt writes it. */
export function mutantsOf(text: string): readonly Mutant[] {
  const all = text.split('\n');
  const changed = (from: number, ...by: readonly string[]): string => all.toSpliced(from, by.length, ...by).join('\n');
  return all.flatMap((line, index): Mutant[] => {
    const next = all[index + 1] ?? '';
    const at = index + 1;
    const plain = lines.filter((one) => one.kind !== 'case on Done' && one.line.test(line) && (one.next?.test(next) ?? true)).map(({ kind, becomes }) => ({ kind, line: at, text: changed(index, becomes?.(line) ?? '') }));
    const onDone = lines.some((one) => one.kind === 'case on Done' && one.line.test(line) && one.next?.test(next) === true);
    if (!onDone) return plain;
    const sends = /^\t+case [\w.]+ <- /u.test(all[index - 2] ?? '') || /^\t+case [\w.]+ <- /u.test(all[index + 2] ?? '');
    return [{ kind: 'return on Done', line: at + 1, text: changed(index + 1, '') }, ...(sends ? [{ kind: 'case on Done' as const, line: at, text: changed(index, '', '') }] : [])];
  });
}

/** Packages with more text than this are left out: a reader of the figures waits for them. */
const mostText = 600_000;

/** Reviews mutants of a repository: of each kind so many at most, and one of a package. What the code itself already has is not introduced, and so not found. */
export async function* tryMutants(tree: CommitTree, perKind: number): AsyncGenerator<Tried> {
  const counts = new Map<MutantKind, number>();
  for await (const found of tree.packages()) {
    const base = await readable(tree, found);
    const seen = new Set<MutantKind>();
    for (const [path, text] of base ? Object.entries(base) : []) {
      if (!path.endsWith('.go') || isTestCode(path) || /^package main$/mu.test(text)) continue;
      for (const mutant of mutantsOf(text)) {
        const count = counts.get(mutant.kind) ?? 0;
        if (seen.has(mutant.kind) || count >= perKind) continue;
        seen.add(mutant.kind);
        counts.set(mutant.kind, count + 1);
        const { leaks } = await review(memorySource({ base: { ...base }, head: { ...base, [path]: mutant.text } }), { language: 'en' });
        yield { kind: mutant.kind, at: `${path}:${mutant.line}`, found: leaks.map(({ rule, confidence }) => ({ rule, confidence })) };
      }
    }
  }
}

/** The files of one package and its go.mod, by path; undefined where some cannot be read, or where they are too much. */
async function readable(tree: CommitTree, { directory, files }: TreePackage): Promise<Readonly<Record<string, string>> | undefined> {
  const texts = files.map(({ path, text }) => [path, text.kind === 'text' ? text.text : null] as const);
  if (texts.some(([, text]) => text === null) || texts.reduce((sum, [, text]) => sum + (text?.length ?? 0), 0) > mostText) return undefined;
  const own = texts.flatMap(([path, text]) => (text === null ? [] : [[path, text] as const]));
  const mod = await tree.goMod(directory);
  return Object.fromEntries(mod?.text.kind === 'text' ? [...own, [mod.path, mod.text.text] as const] : own);
}
