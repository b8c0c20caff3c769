import { createHash } from 'node:crypto';
import { applyEdits } from '../apply-edits.ts';
import type { Confidence, Fix, Leak, Step } from '../finding.ts';
import { lineAt, type File, type FuncDecl } from '../go/ast.ts';
import { displayName, GoPackage } from '../go/package.ts';
import type { ParseFile } from '../go/parse.ts';
import type { Language } from '../words.ts';
import { Analysis } from './analysis.ts';
import type { Place, Repair, Report, Rule, Severity } from './rule.ts';
import { rules } from './rules/index.ts';

/** A witness longer than this is not read. */
const mostSteps = 6;

/** What one package's analysis found. */
export interface PackageLeaks {
  readonly leaks: readonly Leak[];
  /** Functions that were too much for the machine, and rules that failed: by path, in words. */
  readonly unanalysed: readonly { readonly path: string; readonly function: string; readonly why: 'too-complex' | 'internal-error' }[];
}

export interface FindOptions {
  readonly language: Language;
  /** For proving a fix, the fixed text is parsed again. */
  readonly parse: ParseFile;
  /** Narrows what is explored. */
  readonly isRoot?: (decl: FuncDecl, file: File) => boolean;
  /** Fixes are looked for only where they are shown: they cost another exploration. */
  readonly withFixes: (fingerprint: string) => boolean;
  /** By rule; what is not named keeps its own confidence. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

/** Runs every rule over a package. Never throws: what fails is named in the answer. */
export function findLeaks(pkg: GoPackage, options: FindOptions): PackageLeaks {
  const analysis = new Analysis(pkg, options.isRoot);
  const found: { rule: Rule; report: Report }[] = [];
  const unanalysed: PackageLeaks['unanalysed'][number][] = [];
  for (const rule of rules.filter(({ meta }) => options.severities?.[meta.id] !== 'off')) {
    try {
      for (const report of rule.check(analysis)) found.push({ rule, report });
    } catch (error) {
      // A fault of ours must not cost the reader the other rules' findings.
      unanalysed.push({ path: pkg.files[0]?.path ?? pkg.directory, function: `${rule.meta.id}: ${String(error)}`, why: 'internal-error' });
    }
  }
  for (const { file, decl } of analysis.exhausted) unanalysed.push({ path: file.path, function: displayName(decl), why: 'too-complex' });
  const first = onePerPlace(found);
  const ordinals = new Map<string, number>();
  const leaks = first.map(({ rule, report }): Leak => {
    const { anchor } = report;
    const text = (one: { readonly en: string; readonly 'zh-CN': string }): string => one[options.language];
    const key = [rule.meta.id, anchor.file.path, displayName(report.decl), report.operation].join('\n');
    const ordinal = (ordinals.get(key) ?? 0) + 1;
    ordinals.set(key, ordinal);
    const fingerprint = createHash('sha256').update(`${key}\n${ordinal}`).digest('hex').slice(0, 16);
    const repair = options.withFixes(fingerprint) ? report.repairs.find((one) => cures(pkg, rule, report, one, options.parse)) : undefined;
    const fix: Fix | null = repair ? { title: text(repair.title), edits: repair.edits } : null;
    return {
      rule: rule.meta.id,
      case: rule.meta.case,
      confidence: confidenceOf(report, options.severities?.[rule.meta.id]),
      path: anchor.file.path,
      line: startLine(anchor),
      endLine: endLine(anchor),
      side: 'RIGHT',
      function: displayName(report.decl),
      message: text(report.message),
      steps: report.steps.map(({ at, says }): Step => ({ path: at.file.path, line: startLine(at), says: text(says) })),
      fix,
      fingerprint,
      title: text(rule.meta.title),
      why: text(rule.meta.why),
      parked: report.parked,
    };
  });
  return { leaks, unanalysed };
}

function confidenceOf({ confidence }: Report, severity: Severity | undefined): Confidence {
  return severity === undefined || severity === 'off' ? confidence : severity;
}

/** Several ways to one wait are one finding. In the order of path and line. */
function onePerPlace(found: readonly { readonly rule: Rule; readonly report: Report }[]): { rule: Rule; report: Report }[] {
  const places = new Map<string, { rule: Rule; report: Report }>();
  for (const one of found) {
    const key = `${one.rule.meta.id}:${one.report.anchor.file.path}:${startLine(one.report.anchor)}`;
    const known = places.get(key);
    places.set(key, known ? { rule: known.rule, report: merge(known.report, one.report) } : one);
  }
  return [...places.values()].sort((a, b) => compare(a.report.anchor.file.path, b.report.anchor.file.path) || startLine(a.report.anchor) - startLine(b.report.anchor) || compare(a.rule.meta.id, b.rule.meta.id));
}

/** Two ways to one wait: the first one's words, with the place where the other one's goroutine is started. */
function merge(first: Report, other: Report): Report {
  const [start, ...rest] = first.steps;
  const [otherStart] = other.steps;
  const isNew = start && otherStart && first.steps.length < mostSteps && otherStart.says.en === start.says.en && !first.steps.some((step) => step.at.span.pos === otherStart.at.span.pos);
  return { ...first, steps: isNew ? [start, otherStart, ...rest] : first.steps, roots: [...new Set([...first.roots, ...other.roots])] };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function startLine({ file, span }: Place): number {
  return lineAt(file, span.pos);
}

function endLine({ file, span }: Place): number {
  return lineAt(file, Math.max(span.pos, span.end - 1));
}

/**
 * Whether a repair really ends the wait: the package is analysed again with the repair applied. It must parse, the rule must no
 * longer report that operation there, and nothing new may wait in its stead.
 */
function cures(pkg: GoPackage, rule: Rule, report: Report, repair: Repair, parse: ParseFile): boolean {
  const edited = new Map<string, File>();
  for (const path of new Set(repair.edits.map((edit) => edit.path))) {
    const old = pkg.files.find((file) => file.path === path);
    if (!old) return false;
    const file = parse(path, applyEdits(old.text, repair.edits.filter((edit) => edit.path === path)));
    if (file.broken || file.funcs.some((decl) => decl.broken)) return false;
    edited.set(path, file);
  }
  const names = new Set(report.roots.map(displayName));
  const isRoot = (decl: FuncDecl): boolean => names.has(displayName(decl));
  const fixed = new Analysis(new GoPackage(pkg.directory, pkg.files.map((file) => edited.get(file.path) ?? file), pkg.goVersion), isRoot);
  const before = new Analysis(pkg, isRoot);
  const left = rule.check(fixed).filter((one) => one.operation === report.operation && displayName(one.decl) === displayName(report.decl));
  const had = rule.check(before).filter((one) => one.operation === report.operation && displayName(one.decl) === displayName(report.decl));
  return fixed.exhausted.length === 0 && left.length < Math.max(1, had.length) && fixed.waits().length <= before.waits().length;
}
