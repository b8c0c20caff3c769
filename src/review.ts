import { anchorIn } from './anchor.ts';
import type { Config } from './config.ts';
import type { FileChange } from './diff.ts';
import type { Leak } from './finding.ts';
import { directoryOf, leftOut } from './go-files.ts';
import { normalised } from './go/normalised.ts';
import { defaultModule, inVersion, moduleOf, type Module } from './go/module.ts';
import { loadParser } from './go/parse.ts';
import { push } from './go/push.ts';
import { changesMeaning } from './go/version-semantics.ts';
import { introducedIn, type ChangedFile, type DirectoryChange, type Introduced } from './introduced.ts';
import { isRemark } from './leaks/remarks.ts';
import { perCause } from './one-cause.ts';
import { everyPath, pathFilter } from './path-filter.ts';
import type { Problem } from './problem.ts';
import type { FileText, Revision, Source } from './source/source.ts';
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
  /** Leaks of the analysed functions that a comment in the code suppresses. */
  readonly suppressed: number;
  /** Files left out on purpose: vendored, generated, removed, binary. */
  readonly skipped: readonly Problem[];
  /** Files that should have been analysed and were not, or only in part. */
  readonly problems: readonly Problem[];
  readonly stats: Stats;
}

/** Why a directory could not be analysed: it took too long, needed too much memory, or met a fault of ours. */
export type AnalysisFailure = 'time' | 'memory' | 'crash';

/** Carries out the comparison of one directory: in this thread, or in one that may be stopped. */
export type Analyze = (change: DirectoryChange) => Promise<Introduced | AnalysisFailure>;

/** Why a file is not reviewed that the configuration's `paths` leave out. */
export const excluded: Text = { en: 'left out by `paths` of the configuration', 'zh-CN': '被配置中的 `paths` 排除' };

/** A whole configuration will do; what is not told is as if nobody had configured anything. */
export interface ReviewOptions extends Partial<Pick<Config, 'go' | 'paths' | 'rules'>> {
  readonly language: Language;
  /** Where the analysis runs; in this thread where it is not told. */
  readonly analyze?: Analyze;
}

/** A larger file is not analysed: the largest that people write are below 1 MB. */
const mostFileLength = 3_000_000;

/** A package of more Go source than this is analysed by its changed files alone. */
const mostPackageBytes = 4_000_000;

/** Directories are read together, in few requests, up to so many files. */
const mostFilesAtOnce = 400;

/** Where the language version changes, all packages of a module are looked at, up to so many files. */
const mostModuleFiles = 2000;

const says = {
  removed: { en: 'removed', 'zh-CN': '已删除' },
  noDiff: { en: 'GitHub shows no diff of it, so what it changes is not known; it was not reviewed', 'zh-CN': 'GitHub 没有给出它的 diff，无法得知改动内容，未被审查' },
  largePackage: { en: 'its package is too large to be read as a whole; only the changed files were analysed', 'zh-CN': '所在的包过大，无法整体读取；只分析了改动的文件' },
  largeModule: { en: 'its `go` line changes what timers and loop variables mean, but the module is too large to be looked at as a whole; only a part of it was', 'zh-CN': '其 `go` 行改变了定时器和循环变量的含义，但该模块过大，无法整体查看；只查看了一部分' },
  time: { en: 'its package was not analysed: the time for this pull request was over', 'zh-CN': '所在的包未被分析：此 Pull Request 的时间预算已用完' },
  memory: { en: 'its package was not analysed: it needs more memory than an analysis may take', 'zh-CN': '所在的包未被分析：所需内存超出了允许的上限' },
  crash: { en: 'its package was not analysed, which is a fault of Goleash', 'zh-CN': '所在的包未被分析，这是 Goleash 的缺陷' },
  elsewhere: (path: string, line: number): Text => ({ en: `This change reaches \`${path}:${line}\`. `, 'zh-CN': `此改动影响到 \`${path}:${line}\`。` }),
  here: { en: 'this is the place', 'zh-CN': '就是这个位置' },
} satisfies Record<string, Text | ((path: string, line: number) => Text)>;

/** Whether a change can concern Go code: Go files, and the `go` line of a go.mod. */
export function concernsGo({ path, previousPath, status, hunks }: FileChange): boolean {
  if (path.endsWith('.go') || (previousPath?.endsWith('.go') ?? false)) return true;
  return isGoMod(path) && status === 'modified' && (hunks ?? []).some(({ lines }) => lines.some((line) => (line.oldLine === null || line.newLine === null) && /^\s*go\s/u.test(line.text)));
}

/** Reviews a change: what it introduces, at the cost of the change. Rejects only where the source does. */
export async function review(source: Source, options: ReviewOptions): Promise<Review> {
  const started = performance.now();
  const run = new Run(source, options);
  const changes = await source.diff();
  const { groups, goFiles } = await run.sort(changes);
  const leaks: Leak[] = [];
  for (const wave of waves(await run.listed(groups))) leaks.push(...(await run.compare(wave, changes)));
  leaks.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line));
  return { goFiles, leaks: perCause(leaks, options.language), existing: run.existing, suppressed: run.suppressed, skipped: run.skipped, problems: run.problems, stats: { ...run.stats, milliseconds: Math.round(performance.now() - started) } };
}

/** A directory to compare, with the paths of its files that did not change. */
interface Listed {
  readonly directory: string;
  readonly changed: readonly ChangedFile[];
  readonly others: readonly string[];
}

/** One review's reading and counting. */
class Run {
  readonly #source: Source;
  readonly #language: Language;
  readonly #options: ReviewOptions;
  readonly #isReviewed: (path: string) => boolean;
  readonly #analyze: Analyze;
  readonly skipped: Problem[] = [];
  readonly problems: Problem[] = [];
  readonly stats = { files: 0, functions: 0, bytesParsed: 0 };
  existing = 0;
  suppressed = 0;

  constructor(source: Source, options: ReviewOptions) {
    this.#source = source;
    this.#language = options.language;
    this.#options = options;
    this.#isReviewed = pathFilter(options.paths ?? everyPath);
    this.#analyze = options.analyze ?? (async (change) => introducedIn(change, await loadParser()));
  }

  #skip(path: string, why: Text): void {
    this.skipped.push({ path, says: why[this.#language] });
  }

  #problem(path: string, why: Text): void {
    this.problems.push({ path, says: why[this.#language] });
  }

  /** Reads the changed Go files and groups those worth a review by directory; names the others. */
  async sort(changes: readonly FileChange[]): Promise<{ groups: Map<string, ChangedFile[]>; goFiles: number }> {
    const reviewed = new Set(changes.flatMap(({ path }) => (path.endsWith('.go') && this.#isReviewed(path) ? [directoryOf(path)] : [])));
    const candidates = changes.filter((change) => {
      if (!change.path.endsWith('.go')) return false;
      const why = leftOut(change.path, null) ?? (this.#isReviewed(change.path) ? null : excluded);
      if (why) this.#skip(change.path, why);
      // What is left out is still read where the rest of its package is reviewed.
      return why === null || (why === excluded && reviewed.has(directoryOf(change.path)));
    });
    const present = candidates.filter((change) => change.status !== 'removed').map((change) => change.path);
    const modules = [...new Set(candidates.map(({ path }) => directoryOf(path)))].flatMap(goModPaths);
    const [head, base] = await Promise.all([
      this.#source.texts('head', [...new Set([...present, ...modules])]),
      this.#source.texts('base', candidates.filter((change) => change.status !== 'added').map((change) => change.previousPath ?? change.path)),
    ]);
    const groups = new Map<string, ChangedFile[]>();
    const add = (file: ChangedFile): void => {
      // Nothing that matters is only written in another way.
      if (file.base !== null && file.head !== null && normalised(file.base) === normalised(file.head)) return;
      const directory = directoryOf(file.path);
      push(groups, directory, file);
    };
    let goFiles = 0;
    for (const change of candidates) {
      const before = base.get(change.previousPath ?? change.path);
      const baseText = change.status !== 'added' && before?.kind === 'text' ? before.text : null;
      if (change.status === 'removed') {
        if (this.#isReviewed(change.path)) this.#skip(change.path, says.removed);
        if (baseText !== null) add({ path: change.path, base: baseText, head: null, silent: false });
        continue;
      }
      const text = head.get(change.path);
      if (!this.#isReadable(change, text, before)) continue;
      const why = leftOut(change.path, text.text);
      const silent = why !== null || !this.#isReviewed(change.path);
      if (why && this.#isReviewed(change.path)) this.#skip(change.path, why);
      if (!silent && text.text.length > mostFileLength) {
        this.#problem(change.path, unreadable['too-large']);
        continue;
      }
      if (!silent) goFiles += 1;
      // A renamed file has its new name at base too, so that a leak in it is the same leak.
      add({ path: change.path, base: baseText, head: text.text, silent });
      if (change.previousPath !== null && directoryOf(change.previousPath) !== directoryOf(change.path) && baseText !== null) {
        add({ path: change.previousPath, base: baseText, head: null, silent });
      }
    }
    await this.#addModules(changes, groups);
    return { groups, goFiles };
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

  /** Where the `go` line of a go.mod changes what code means, all packages of its module are compared. */
  async #addModules(changes: readonly FileChange[], groups: Map<string, ChangedFile[]>): Promise<void> {
    for (const change of changes.filter((one) => isGoMod(one.path) && concernsGo(one))) {
      const directory = directoryOf(change.path);
      const [base, head] = await Promise.all([this.#module('base', directory), this.#module('head', directory)]);
      // Any code that the versions differ on.
      if (!changesMeaning('for go Timer', base.goVersion, head.goVersion)) continue;
      const { paths, complete } = await this.#source.below(directory);
      const nested = paths.filter((path) => isGoMod(path) && path !== change.path).map(directoryOf);
      const ours = paths.filter((path) => path.endsWith('.go') && leftOut(path, null) === null && !nested.some((inner) => path.startsWith(`${inner}/`)));
      if (!complete || ours.length > mostModuleFiles) this.#problem(change.path, says.largeModule);
      for (const path of ours.slice(0, mostModuleFiles)) if (!groups.has(directoryOf(path))) groups.set(directoryOf(path), []);
    }
  }

  /** The other files of the changed files' packages; tests only where tests changed. */
  async listed(groups: ReadonlyMap<string, readonly ChangedFile[]>): Promise<Listed[]> {
    const listings = groups.size === 0 ? new Map<string, never[]>() : await this.#source.directories('head', [...groups.keys()]);
    return [...groups].map(([directory, changed]) => {
      const withTests = changed.length === 0 || changed.some(({ path }) => path.endsWith('_test.go'));
      const ours = new Set(changed.map(({ path }) => path));
      const prefix = directory === '' ? '' : `${directory}/`;
      const wanted = (listings.get(directory) ?? []).filter(({ name }) => name.endsWith('.go') && !ours.has(prefix + name) && (withTests || !name.endsWith('_test.go')));
      if (wanted.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) <= mostPackageBytes) return { directory, changed, others: wanted.map(({ name }) => prefix + name) };
      this.#problem(directory, says.largePackage);
      return { directory, changed, others: [] };
    });
  }

  /** What the change introduces in some directories. */
  async compare(wave: readonly Listed[], changes: readonly FileChange[]): Promise<Leak[]> {
    const texts = await this.#source.texts('head', wave.flatMap(({ others }) => others));
    const compared = wave.map(async ({ directory, changed, others }): Promise<readonly Leak[]> => {
      const [base, head] = await Promise.all([this.#module('base', directory), this.#module('head', directory)]);
      const read = others.flatMap((path) => {
        const text = texts.get(path);
        return text?.kind === 'text' ? [{ path, text: text.text }] : [];
      });
      if (changed.length === 0 && !read.some(({ text }) => changesMeaning(text, base.goVersion, head.goVersion))) return [];
      const result = await this.#analyze({ directory, module: { base, head }, changed, others: read, language: this.#language, severities: this.#options.rules ?? {} });
      if (typeof result === 'string') {
        for (const { path } of changed) this.#problem(path, says[result]);
        if (changed.length === 0) this.#problem(directory, says[result]);
        return [];
      }
      this.existing += result.existing;
      this.suppressed += result.suppressed.filter(this.#isReviewed).length;
      this.problems.push(...result.problems);
      this.stats.files += result.files;
      this.stats.functions += result.functions;
      this.stats.bytesParsed += result.bytesParsed;
      return result.leaks;
    });
    // Files that did not change can be left out too.
    const leaks = (await Promise.all(compared)).flat().filter(({ path }) => this.#isReviewed(path));
    return leaks.flatMap((leak) => this.#anchored(leak, changes));
  }

  /** A comment that stands elsewhere says at first where the goroutine is that it speaks of. */
  #anchored(leak: Leak, changes: readonly FileChange[]): Leak[] {
    // A remark is read in the check run, where any line can be shown.
    if (isRemark(leak.rule)) return [leak];
    const anchored = anchorIn(leak, changes);
    if (anchored === null) return [];
    const isThere = anchored.side === 'RIGHT' && anchored.path === leak.path && anchored.line === leak.line;
    if (isThere) return [anchored];
    const isTold = leak.steps.some(({ path, line }) => path === leak.path && line === leak.line);
    const steps = isTold ? anchored.steps : [...anchored.steps, { path: leak.path, line: leak.line, says: says.here[this.#language] }];
    return [{ ...anchored, message: says.elsewhere(leak.path, leak.line)[this.#language] + anchored.message, steps }];
  }

  async #module(revision: Revision, directory: string): Promise<Module> {
    return inVersion(await this.#nearestModule(revision, directory), this.#options.go);
  }

  async #nearestModule(revision: Revision, directory: string): Promise<Module> {
    const paths = goModPaths(directory);
    const texts = await this.#source.texts(revision, paths);
    for (const path of paths) {
      const text = texts.get(path);
      if (text?.kind === 'text') return moduleOf(text.text);
    }
    return defaultModule;
  }
}

/** Directories that are read together. */
function waves(directories: readonly Listed[]): Listed[][] {
  const parts: Listed[][] = [];
  let files = 0;
  for (const listed of directories) {
    files += listed.others.length;
    const last = parts.at(-1);
    if (last === undefined || files > mostFilesAtOnce) {
      parts.push([listed]);
      files = listed.others.length;
    } else last.push(listed);
  }
  return parts;
}

function isGoMod(path: string): boolean {
  return path === 'go.mod' || path.endsWith('/go.mod');
}

/** Where a directory's go.mod may be, the nearest first. */
function goModPaths(directory: string): string[] {
  const parts = directory === '' ? [] : directory.split('/');
  return parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/go.mod`).concat('go.mod');
}
