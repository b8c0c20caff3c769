import { analyzeDirectory, type Analysed } from './analyze.ts';
import { anchorIn } from './anchor.ts';
import type { FileChange } from './diff.ts';
import type { Leak } from './finding.ts';
import { directoryOf, leftOut, mentionsConcurrency } from './go-files.ts';
import type { File, FuncDecl } from './go/ast.ts';
import { defaultGoVersion, displayName, goVersionOf, type GoVersion } from './go/package.ts';
import { loadParser, type ParseFile } from './go/parse.ts';
import { affectedFunctions } from './affected.ts';
import type { FileText, Source } from './source/source.ts';
import type { Problem } from './problem.ts';
import { unreadable } from './unreadable.ts';
import type { Language, Text } from './words.ts';

export interface Stats {
  /** Go files that were parsed, counted once however many revisions were read. */
  readonly files: number;
  readonly functions: number;
  readonly bytesParsed: number;
  readonly milliseconds: number;
}

/** What a review has to say; nothing of it is posted here. */
export interface Review {
  /** Go files among the changed ones that are neither removed, vendored, generated nor excluded. Zero: the change has no Go to review. */
  readonly goFiles: number;
  /** Leaks that this change introduces, each anchored on a line of the diff, in the order of path and line. */
  readonly leaks: readonly Leak[];
  /** Leaks of the analysed functions that were there before. */
  readonly existing: number;
  /** Files left out on purpose: vendored, generated, removed, binary. */
  readonly skipped: readonly Problem[];
  /** Files that should have been analysed and were not, or only in part. */
  readonly problems: readonly Problem[];
  readonly stats: Stats;
}

export interface ReviewOptions {
  readonly language: Language;
}

/** A package of more Go source than this is analysed by its changed files alone. */
const mostPackageBytes = 4_000_000;

const says = {
  removed: { en: 'removed', 'zh-CN': '已删除' },
  noDiff: { en: 'GitHub shows no diff of it, so what it changes is not known; it was not reviewed', 'zh-CN': 'GitHub 没有给出它的 diff，无法得知改动内容，未被审查' },
  largePackage: { en: 'its package is too large to be read as a whole; only the changed files were analysed', 'zh-CN': '所在的包过大，无法整体读取；只分析了改动的文件' },
} satisfies Record<string, Text>;

/** Reviews a change: what it introduces, at the cost of the change. Rejects only where the source does. */
export async function review(source: Source, options: ReviewOptions): Promise<Review> {
  const started = performance.now();
  const run = new Run(source, options, await loadParser());
  const changes = await source.diff();
  const { reviewed, goFiles } = await run.sort(changes);
  const leaks: Leak[] = [];
  for (const [directory, group] of reviewed) leaks.push(...(await run.directory(directory, group, changes)));
  leaks.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
  return { goFiles, leaks, existing: run.existing, skipped: run.skipped, problems: run.problems, stats: { ...run.stats(), milliseconds: Math.round(performance.now() - started) } };
}

/** A changed Go file with its texts on both sides; null where it is not there. */
interface ChangedFile {
  readonly change: FileChange;
  readonly head: string | null;
  readonly base: string | null;
}

/** One review's reading and counting. */
class Run {
  readonly #source: Source;
  readonly #language: Language;
  readonly #parse: ParseFile;
  readonly #parsed = new Map<string, File>();
  readonly skipped: Problem[] = [];
  readonly problems: Problem[] = [];
  existing = 0;
  #functions = 0;
  #bytes = 0;

  constructor(source: Source, { language }: ReviewOptions, parse: ParseFile) {
    this.#source = source;
    this.#language = language;
    this.#parse = (path, text) => {
      const key = `${path}\n${text}`;
      const known = this.#parsed.get(key);
      if (known) return known;
      const file = parse(path, text);
      this.#parsed.set(key, file);
      this.#bytes += Buffer.byteLength(text);
      return file;
    };
  }

  stats(): Omit<Stats, 'milliseconds'> {
    return { files: new Set([...this.#parsed.values()].map((file) => file.path)).size, functions: this.#functions, bytesParsed: this.#bytes };
  }

  #skip(path: string, why: Text): void {
    this.skipped.push({ path, says: why[this.#language] });
  }

  #problem(path: string, why: Text): void {
    this.problems.push({ path, says: why[this.#language] });
  }

  /** Reads the changed Go files and groups those worth a review by directory; names the others. */
  async sort(changes: readonly FileChange[]): Promise<{ reviewed: Map<string, ChangedFile[]>; goFiles: number }> {
    const candidates = changes.filter((change) => {
      if (!change.path.endsWith('.go')) return false;
      const why = leftOut(change.path, null);
      if (why) this.#skip(change.path, why);
      return why === null;
    });
    const present = candidates.filter((change) => change.status !== 'removed').map((change) => change.path);
    const modules = [...new Set(present.map(directoryOf))].flatMap(goModPaths);
    const [head, base] = await Promise.all([
      this.#source.texts('head', [...new Set([...present, ...modules])]),
      this.#source.texts('base', candidates.filter((change) => change.status !== 'added').map((change) => change.previousPath ?? change.path)),
    ]);
    const groups = new Map<string, ChangedFile[]>();
    let goFiles = 0;
    for (const change of candidates) {
      const before = base.get(change.previousPath ?? change.path);
      const baseText = change.status !== 'added' && before?.kind === 'text' ? before.text : null;
      let headText: string | null = null;
      if (change.status === 'removed') this.#skip(change.path, says.removed);
      else {
        const text = head.get(change.path);
        if (!this.#isReadable(change, text, before)) continue;
        const generated = leftOut(change.path, text.text);
        if (generated) {
          this.#skip(change.path, generated);
          continue;
        }
        goFiles += 1;
        headText = text.text;
      }
      const directory = directoryOf(change.path);
      groups.set(directory, [...(groups.get(directory) ?? []), { change, head: headText, base: baseText }]);
    }
    for (const [directory, group] of groups) {
      // What no side of the change mentions cannot have begun to leak by it.
      if (!group.some(({ head: h, base: b }) => mentionsConcurrency(h ?? '') || mentionsConcurrency(b ?? ''))) groups.delete(directory);
    }
    return { reviewed: groups, goFiles };
  }

  #isReadable(change: FileChange, text: FileText | undefined, before: FileText | undefined): text is Extract<FileText, { kind: 'text' }> {
    if (text?.kind !== 'text') {
      const why = unreadable[text?.why ?? 'absent'];
      if (text?.why === 'binary' || text?.why === 'symlink' || text?.why === 'submodule') this.#skip(change.path, why);
      else this.#problem(change.path, why);
      return false;
    }
    if (change.status !== 'added' && change.hunks === null && before?.kind !== 'text') {
      this.#problem(change.path, says.noDiff);
      return false;
    }
    return true;
  }

  /** What the change introduces in one directory. */
  async directory(directory: string, group: readonly ChangedFile[], changes: readonly FileChange[]): Promise<Leak[]> {
    const others = await this.#others(directory, group);
    const goVersion = await this.#goVersion(directory);
    const headFiles = [...group.flatMap(({ change, head }) => (head === null ? [] : [this.#parse(change.path, head)])), ...others];
    // A renamed file keeps its new name at base, so that a leak in it is the same leak.
    const baseFiles = [...group.flatMap(({ change, base }) => (base === null ? [] : [this.#parse(change.path, base)])), ...others];
    const affected = affectedFunctions(baseFiles, headFiles);
    const isRoot = (decl: FuncDecl): boolean => affected.has(displayName(decl));
    const analyze = (files: readonly File[], withFixes: (fingerprint: string) => boolean): Analysed =>
      analyzeDirectory(directory, files, { language: this.#language, parse: this.#parse, goVersion, isRoot, withFixes });
    const before = analyze(baseFiles, () => false);
    const known = new Set(before.leaks.map((leak) => leak.fingerprint));
    const after = analyze(headFiles, (fingerprint) => !known.has(fingerprint));
    this.#functions += after.functions;
    const changed = new Set(group.map(({ change }) => change.path));
    this.problems.push(...after.problems.filter((problem) => changed.has(problem.path)));
    const introduced = withoutRenamed(after.leaks, before.leaks, headFiles).filter((leak) => {
      const wasTooComplex = before.unanalysed.has(leak.function);
      return !wasTooComplex;
    });
    this.existing += after.leaks.length - introduced.length;
    return introduced.flatMap((leak) => anchorIn(leak, changes) ?? []);
  }

  /** The other files of the changed files' package; tests only where tests changed. */
  async #others(directory: string, group: readonly ChangedFile[]): Promise<File[]> {
    const withTests = group.some(({ change }) => change.path.endsWith('_test.go'));
    const changed = new Set(group.map(({ change }) => change.path));
    const entries = (await this.#source.directories('head', [directory])).get(directory) ?? [];
    const prefix = directory === '' ? '' : `${directory}/`;
    const wanted = entries.filter(({ name }) => name.endsWith('.go') && !changed.has(prefix + name) && (withTests || !name.endsWith('_test.go')));
    if (wanted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) > mostPackageBytes) {
      this.#problem(directory, says.largePackage);
      return [];
    }
    const texts = await this.#source.texts('head', wanted.map(({ name }) => prefix + name));
    return [...texts].flatMap(([path, text]) => (text.kind === 'text' ? [this.#parse(path, text.text)] : []));
  }

  async #goVersion(directory: string): Promise<GoVersion> {
    const paths = goModPaths(directory);
    const texts = await this.#source.texts('head', paths);
    for (const path of paths) {
      const text = texts.get(path);
      if (text?.kind === 'text') return goVersionOf(text.text);
    }
    return defaultGoVersion;
  }
}

/** Where a directory's go.mod may be, the nearest first. */
function goModPaths(directory: string): string[] {
  const parts = directory === '' ? [] : directory.split('/');
  return parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/go.mod`).concat('go.mod');
}

/** Leaks that are not at base: not under their fingerprint, nor, where their function is new, under the name of one that is gone. */
function withoutRenamed(after: readonly Leak[], before: readonly Leak[], headFiles: readonly File[]): Leak[] {
  const known = new Set(before.map((leak) => leak.fingerprint));
  const still = new Set(headFiles.flatMap((file) => file.funcs.map(displayName)));
  const gone = before.filter((leak) => !still.has(leak.function));
  const isRenamed = (leak: Leak): boolean => {
    const at = gone.findIndex((old) => old.rule === leak.rule && old.message.replaceAll(old.function, '') === leak.message.replaceAll(leak.function, ''));
    if (at >= 0) gone.splice(at, 1);
    return at >= 0;
  };
  return after.filter((leak) => !known.has(leak.fingerprint) && !isRenamed(leak));
}
