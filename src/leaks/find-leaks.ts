import { createHash } from 'node:crypto';
import { applyEdits, EditOutOfPlaceError } from '../apply-edits.ts';
import type { Confidence, Fix, FoundBy, Leak, Step } from '../finding.ts';
import { lineAt, type File, type FuncDecl } from '../go/ast.ts';
import { displayName, GoPackage } from '../go/package.ts';
import type { ParseFile } from '../go/parse.ts';
import type { Language } from '../words.ts';
import { Analysis } from './analysis.ts';
import { remarksOn, usedBy } from './ignore-remarks.ts';
import { ignoresOf, isMeant, type Ignore } from './ignores.ts';
import type { Place } from './place.ts';
import type { Repair, Report, Rule, Severity } from './rule.ts';
import { rules } from './rules/index.ts';

/** A witness longer than this is not read. */
const mostSteps = 6;

/** What one package's analysis found. */
export interface PackageLeaks {
  /** Without their fixes. */
  readonly leaks: readonly Leak[];
  /** The fix of one of these leaks, if there is one that cures. Looked for when it is asked for: it costs another exploration. */
  readonly fixOf: (leak: Leak) => Fix | null;
  /** The names of the functions from which the leaks were found, and of those they are in. */
  readonly foundFrom: ReadonlySet<string>;
  /** How many leaks a comment in the code kept from being among them, by the path of the file they are in. */
  readonly suppressed: readonly string[];
  /** Functions that were too much for a walk of the machine. */
  readonly unwalked: readonly { readonly path: string; readonly name: string; readonly walk: Exclude<FoundBy, 'reading'> }[];
  /** Rules that failed, and the path of a file of the package. */
  readonly failures: readonly { readonly path: string; readonly what: string }[];
}

export interface FindOptions {
  readonly language: Language;
  /** For proving a fix, the fixed text is parsed again. */
  readonly parse: ParseFile;
  /** Narrows what is explored. */
  readonly isRoot?: (decl: FuncDecl, file: File) => boolean;
  /** Narrows further what is walked. */
  readonly isWalked?: (decl: FuncDecl) => boolean;
  /** The package as it was before the change under review. */
  readonly before?: (() => GoPackage | undefined) | undefined;
  /** By rule; what is not named keeps its own confidence. */
  readonly severities?: Readonly<Record<string, Severity>>;
}

/** Runs every rule over a package. Never throws: what fails is named in the answer. */
export function findLeaks(pkg: GoPackage, options: FindOptions): PackageLeaks {
  const analysis = new Analysis(pkg, options);
  const found: { rule: Rule; report: Report }[] = [];
  const failures: PackageLeaks['failures'][number][] = [];
  const severities = options.severities ?? {};
  const unasked = new Set(rules.filter(({ meta }) => severities[meta.id] === 'off').map(({ meta }) => meta.id));
  for (const rule of rules.filter(({ meta }) => !unasked.has(meta.id))) {
    try {
      for (const report of rule.check(analysis)) found.push({ rule, report });
    } catch (error) {
      // A fault of ours must not cost the reader the other rules' findings.
      unasked.add(rule.meta.id);
      failures.push({ path: pkg.files[0]?.path ?? pkg.directory, what: `${rule.meta.id}: ${String(error)}` });
    }
  }
  const { waits, locks } = analysis.unwalked;
  const unwalked = ([[waits, 'walk'], [locks, 'lock-walk']] as const).flatMap(([{ exhausted }, walk]) => exhausted.map(({ file, decl }) => ({ path: file.path, name: displayName(decl), walk })));
  const ignores = pkg.files.flatMap(ignoresOf);
  const used = new Set<Ignore>();
  const isIgnored = (rule: Rule, report: Report): boolean => {
    const meant = ignores.filter((ignore) => isMeant(ignore, rule.meta.id, report));
    for (const ignore of meant) used.add(ignore);
    return meant.length > 0;
  };
  const ordinals = new Map<string, number>();
  const suppressed: string[] = [];
  const places = perPlace(withoutCovered(found));
  const causes = new Map<string, Report[]>();
  for (const { rule, reports } of places) {
    const cause = causeOf(rule, reports[0]);
    if (cause !== null) causes.set(cause, [...(causes.get(cause) ?? []), ...reports]);
  }
  // What several places share is cured or not for all of them.
  const cured = new Map<string, boolean>();
  const curesAll = (rule: Rule, report: Report, repair: Repair): boolean => {
    const cause = causeOf(rule, report);
    if (cause === null) return cures(pkg, rule, [report], repair, options.parse);
    const key = `${cause}\n${JSON.stringify(repair.edits)}`;
    const known = cured.get(key) ?? cures(pkg, rule, [report, ...(causes.get(cause) ?? [])], repair, options.parse);
    cured.set(key, known);
    return known;
  };
  const fixes = new Map<Leak, () => Fix | null>();
  const leaks = places.flatMap(({ rule, reports }): Leak[] => {
    const [{ anchor, decl, operation }] = reports;
    const text = (one: { readonly en: string; readonly 'zh-CN': string }): string => one[options.language];
    // Ignored ones count too, so that an ignore that comes or goes does not make others look new.
    const key = [rule.meta.id, anchor.file.path, displayName(decl), operation].join('\n');
    const ordinal = (ordinals.get(key) ?? 0) + 1;
    ordinals.set(key, ordinal);
    const fingerprint = createHash('sha256').update(`${key}\n${ordinal}`).digest('hex').slice(0, 16);
    const [first, ...others] = reports.filter((one) => !isIgnored(rule, one));
    if (first === undefined) {
      suppressed.push(anchor.file.path);
      return [];
    }
    const report = others.reduce(merge, first);
    const leak: Leak = {
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
      fix: null,
      fingerprint,
      title: text(rule.meta.title),
      why: text(rule.meta.why),
      parked: report.parked,
      foundBy: report.foundBy,
      yields: report.yields ?? null,
      cause: causeOf(rule, report),
      others: [],
    };
    fixes.set(leak, () => {
      const repair = report.repairs.find((one) => curesAll(rule, report, one));
      return repair ? { title: text(repair.title), edits: repair.edits } : null;
    });
    return [leak];
  });
  const fixOf = (leak: Leak): Fix | null => fixes.get(leak)?.() ?? null;
  const foundFrom = new Set(places.flatMap(({ reports }) => reports.flatMap(({ decl, roots }) => [decl, ...roots].map(displayName))));
  if (ignores.length === 0) return { leaks, fixOf, foundFrom, suppressed, unwalked, failures };
  const doubtful = usedBy(pkg, [waits, locks].flatMap(({ limited, exhausted }) => [...limited, ...exhausted.map(({ decl }) => decl)]));
  const remarks = remarksOn(ignores, {
    language: options.language,
    severities,
    known: new Set(rules.map(({ meta }) => meta.id)),
    unasked,
    used,
    wasJudged: (decl) => !decl.broken && !doubtful.has(decl) && options.isWalked?.(decl) !== false && (options.isRoot === undefined || pkg.files.some((file) => file.funcs.includes(decl) && options.isRoot?.(decl, file) === true)),
  });
  return { leaks: [...leaks, ...remarks].sort((a, b) => compare(a.path, b.path) || a.line - b.line), fixOf, foundFrom, suppressed, unwalked, failures };
}

function confidenceOf({ confidence }: Report, severity: Severity | undefined): Confidence {
  return severity === undefined || severity === 'off' ? confidence : severity;
}

/** Leaves out what another rule's report says all about, or says more of: one cause, one finding. */
function withoutCovered(found: readonly { readonly rule: Rule; readonly report: Report }[]): { rule: Rule; report: Report }[] {
  const key = ({ file, span }: Place): string => `${file.path}:${span.pos}`;
  const covered = new Map<string, Rule>();
  for (const { rule, report } of found) for (const place of report.covers ?? []) covered.set(key(place), rule);
  return found.filter(({ rule, report }) => [undefined, rule].includes(covered.get(key(report.anchor))));
}

/** What makes findings one: the same rule, function, kind of operation, and channel. */
function causeOf(rule: Rule, { anchor, decl, cause }: Report): string | null {
  return cause === undefined ? null : [rule.meta.id, anchor.file.path, displayName(decl), cause].join('\n');
}

/** All ways to one wait. */
interface AtPlace {
  readonly rule: Rule;
  readonly reports: [Report, ...Report[]];
}

/** Several ways to one wait are one finding. In the order of path and line. */
function perPlace(found: readonly { readonly rule: Rule; readonly report: Report }[]): AtPlace[] {
  const places = new Map<string, AtPlace>();
  for (const { rule, report } of found) {
    const key = `${rule.meta.id}:${report.anchor.file.path}:${startLine(report.anchor)}`;
    const known = places.get(key);
    if (known) known.reports.push(report);
    else places.set(key, { rule, reports: [report] });
  }
  const order = (a: AtPlace, b: AtPlace): number => {
    const [one, other] = [a.reports[0].anchor, b.reports[0].anchor];
    return compare(one.file.path, other.file.path) || startLine(one) - startLine(other) || compare(a.rule.meta.id, b.rule.meta.id);
  };
  return [...places.values()].sort(order);
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
 * Whether a repair really ends the wait, and all others of its cause: the package is analysed again with the repair applied. It must parse, the rule must no
 * longer report these operations there, and nothing new may wait in their stead.
 */
function cures(pkg: GoPackage, rule: Rule, reports: readonly [Report, ...Report[]], repair: Repair, parse: ParseFile): boolean {
  const [report] = reports;
  const files = new Map<string, File>();
  for (const path of new Set(repair.edits.map((edit) => edit.path))) {
    const old = pkg.files.find((file) => file.path === path);
    if (!old) return false;
    const text = edited(old.text, repair.edits.filter((edit) => edit.path === path));
    const file = text === null ? null : parse(path, text);
    if (!file || file.broken || file.funcs.some((decl) => decl.broken)) return false;
    files.set(path, file);
  }
  const names = new Set(reports.flatMap(({ roots }) => roots.map(displayName)));
  const operations = new Set(reports.map(({ operation }) => operation));
  const isRoot = (decl: FuncDecl): boolean => names.has(displayName(decl));
  const fixed = new Analysis(new GoPackage(pkg.directory, pkg.files.map((file) => files.get(file.path) ?? file), pkg.module), { isRoot });
  const before = new Analysis(pkg, { isRoot });
  const isMeantToGo = (one: Report): boolean => operations.has(one.operation) && displayName(one.decl) === displayName(report.decl);
  const left = rule.check(fixed).filter(isMeantToGo);
  const had = rule.check(before).filter(isMeantToGo);
  const ofCause = report.cause === undefined ? 1 : had.filter(({ cause }) => cause === report.cause).length;
  const leftOut = fixed.unwalked.waits.exhausted.length;
  const isJudged = leftOut === 0 || (report.foundBy === 'reading' && leftOut <= before.unwalked.waits.exhausted.length);
  return isJudged && left.length <= Math.max(0, had.length - Math.max(1, ofCause)) && fixed.waits().length <= before.waits().length && fixed.crashes.size <= before.crashes.size;
}

/** The text after edits; null where they cannot be made together, which is no repair. */
function edited(text: string, edits: Repair['edits']): string | null {
  try {
    return applyEdits(text, edits);
  } catch (error) {
    if (error instanceof EditOutOfPlaceError) return null;
    throw error;
  }
}
