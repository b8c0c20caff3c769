import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { configSchema, expectations, severities } from './config-schema.ts';
import type { Document, Node } from 'yaml';
import type { RawConfig } from './config-schema.ts';
import type { Severity } from './leaks/rule.ts';
import type { FileText } from './source/source.ts';
import type { Language } from './words.ts';

/** Where a repository keeps its wishes; read from the base branch, so that a pull request cannot switch off its own review. */
export const configPath = '.github/goleash.yml';

/** What the check run concludes when there are certain findings. */
export type ConclusionOnFindings = RawConfig['conclusion'];

/** Which files are reviewed, as globs; an empty `include` is all. */
export interface PathRules {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export interface Config {
  /** Whether the check run has a button that commits the safe fixes. */
  readonly applyFixes: boolean;
  /** Whether the pull requests of bots are reviewed. */
  readonly bots: boolean;
  readonly conclusion: ConclusionOnFindings;
  /** Whether drafts are reviewed. */
  readonly drafts: boolean;
  /** The Go version whose semantics apply, such as `1.22`; null: go.mod's. */
  readonly go: string | null;
  /** Labels of which a pull request must have one (none: it need not), and labels that it must not have. */
  readonly labels: { readonly only: readonly string[]; readonly skip: readonly string[] };
  readonly language: Language;
  /** The most inline comments of one review; the rest goes to the check run. */
  readonly maxComments: number;
  readonly paths: PathRules;
  /** By rule; a rule that is not named keeps its own confidence. */
  readonly rules: Readonly<Record<string, Severity>>;
}

/** Something in a file that was not obeyed; `line` is 1-based. */
export interface ConfigProblem {
  /** The file as a reader knows it. */
  readonly file: string;
  readonly line: number;
  /** The key as written, such as `max-comments` or `paths.include`; null where the text as a whole is not to be used. */
  readonly key: string | null;
  readonly kind: 'syntax' | 'too-large' | 'unreadable' | 'unknown-key' | 'unknown-rule' | 'wrong-value';
  /** What would be right, for `wrong-value`; YAML's own message, for `syntax`; else empty. */
  readonly expected: string;
}

export interface ConfigReading {
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
}

/** A file that may not be there. */
export interface ConfigFile {
  /** As a reader knows it. */
  readonly name: string;
  readonly text: FileText;
}

/** Far more than all keys with many globs; YAML's parser takes a second for much more than this. */
const longestText = 32_000;

/** No value here needs more nesting. */
const deepest = 20;

const tooDeep = `> ${deepest} levels`;

export const defaultConfig: Config = toConfig(configSchema.parse({}));

/**
 * Reads the configuration from files, the first of which wins key by key. Whatever is wrong in one is reported and left
 * out; what is right is obeyed all the same. A file that is not there says nothing. Never throws.
 */
export function readConfig(files: readonly ConfigFile[]): ConfigReading {
  const read = files.map(readFile);
  const values = Object.assign({}, ...read.map((one) => one.values).reverse()) as Readonly<Record<string, unknown>>;
  return { config: toConfig(configSchema.parse(values)), problems: read.flatMap((one) => one.problems) };
}

interface FileReading {
  /** By key, each right by itself. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly ConfigProblem[];
}

function readFile({ name, text: file }: ConfigFile): FileReading {
  const nothing = (kind: ConfigProblem['kind'], line = 1, expected = ''): FileReading => ({ values: {}, problems: [{ file: name, line, key: null, kind, expected }] });
  if (file.kind === 'unreadable') return file.why === 'absent' ? { values: {}, problems: [] } : nothing(file.why === 'too-large' ? 'too-large' : 'unreadable');
  if (file.text.length > longestText) return nothing('too-large');
  const deep = tooDeepLine(file.text);
  if (deep !== null) return nothing('syntax', deep, tooDeep);
  const lines = new LineCounter();
  // Warnings are of tags, which are then plain values that the schema judges.
  const document = parseDocument(file.text, { lineCounter: lines, logLevel: 'error', prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) return nothing('syntax', lines.linePos(error.pos[0]).line, firstLine(error.message));
  if (document.contents === null) return { values: {}, problems: [] };
  if (!isMap(document.contents)) return nothing('syntax', 1, 'key: value');
  const values = plain(document);
  if (typeof values === 'string') return nothing('syntax', 1, values);
  return judge(name, document, lines, values);
}

/**
 * The line where brackets, or a line's own indicators, may nest deeper than anything sensible, strings and comments counted
 * along; else null. Such a text is not given to the parser, whose recursion takes it so close to the end of the stack that V8,
 * compiling a regular expression there, has ended the whole process.
 */
function tooDeepLine(text: string): number | null {
  let open = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (Array.from(line.matchAll(/[-?:](?=\s|$)/gu)).length > deepest) return index + 1;
    for (const [bracket] of line.matchAll(/[[\]{}]/gu)) {
      open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
      if (open > deepest) return index + 1;
    }
  }
  return null;
}

/** The document as plain values, or why it has none. */
function plain(document: Document.Parsed): Record<string, unknown> | string {
  try {
    const values: unknown = document.toJS({ maxAliasCount: 50 });
    if (isDeeper(values, deepest)) return tooDeep;
    const go = isMap(document.contents) ? document.contents.get('go', true) : undefined;
    // Written without quotes, 1.20 is the number 1.2.
    return { ...(values as Record<string, unknown>), ...(isScalar(go) && typeof go.value === 'number' ? { go: go.source ?? String(go.value) } : {}) };
  } catch (error) {
    // Aliases that multiply, or that lead nowhere.
    if (error instanceof ReferenceError || error instanceof RangeError) return firstLine(error.message);
    throw error;
  }
}

/** Aliases can make a value hold itself: then it is deeper than any bound. */
function isDeeper(value: unknown, levels: number): boolean {
  return typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1)));
}

/** Takes out what is wrong, piece by piece, until the rest is right. */
function judge(file: string, document: Document.Parsed, lines: LineCounter, values: Record<string, unknown>): FileReading {
  const problems: ConfigProblem[] = [];
  // A copy in which what an alias shares is held twice, and can be taken out once.
  const kept = JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
  for (let result = configSchema.safeParse(kept); !result.success; result = configSchema.safeParse(kept)) {
    const places = wrongPlaces(result.error.issues);
    problems.push(...places.map((place) => problemAt(file, document, lines, place)));
    // From the back, so that the places of a list's earlier items hold.
    for (const place of places.toReversed()) remove(kept, place);
  }
  const told = new Map(problems.map((problem) => [`${problem.line} ${problem.key ?? ''}`, problem]));
  return { values: kept, problems: [...told.values()].sort((a, b) => a.line - b.line) };
}

type Place = readonly PropertyKey[];

/** Each place once, outer places without what is in them. */
function wrongPlaces(issues: readonly { readonly code: string; readonly path: Place; readonly keys?: readonly string[] }[]): readonly Place[] {
  const places = issues.flatMap(({ code, path, keys }) => (code === 'unrecognized_keys' ? (keys ?? []).map((key) => [...path, key]) : [path]));
  const unique = [...new Map(places.map((place) => [place.join('\0'), place])).values()];
  return unique.filter((place) => !unique.some((other) => other.length < place.length && other.every((part, index) => part === place[index])));
}

function problemAt(file: string, document: Document.Parsed, lines: LineCounter, place: Place): ConfigProblem {
  const key = place.filter((part) => typeof part !== 'number').join('.');
  const isRule = place[0] === 'rules' && place.length === 2;
  const expected = (isRule ? undefined : expectations.get(key)) ?? '';
  const isKnown = isRule ? Object.hasOwn(configSchema.shape.rules.unwrap().shape, String(place[1])) : expected !== '';
  return {
    file,
    line: lineOf(document, lines, place),
    key,
    kind: isKnown ? 'wrong-value' : isRule ? 'unknown-rule' : 'unknown-key',
    expected: isKnown && isRule ? severities.join(' | ') : expected,
  };
}

/** The line of the key, or of the item of a list; where an alias stands in its way, the nearest line above. */
function lineOf(document: Document.Parsed, lines: LineCounter, place: Place): number {
  let node: unknown = document.contents;
  let line = 1;
  for (const part of place) {
    const pair = isMap(node) ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part)) : undefined;
    const start = pair === undefined ? itemAt(node, part) : pair.key;
    node = pair === undefined ? start : pair.value;
    const range = (start as Node | undefined)?.range;
    if (!range) break;
    line = lines.linePos(range[0]).line;
  }
  return line;
}

function itemAt(node: unknown, part: PropertyKey): unknown {
  const items = typeof node === 'object' && node !== null && 'items' in node ? node.items : [];
  return Array.isArray(items) && typeof part === 'number' ? (items as unknown[])[part] : undefined;
}

function remove(values: Record<string, unknown>, place: Place): void {
  const last = place.at(-1);
  const owner = place.slice(0, -1).reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)[part], values);
  if (Array.isArray(owner)) owner.splice(Number(last), 1);
  else if (last !== undefined) Reflect.deleteProperty(owner as object, last);
}

function toConfig(raw: RawConfig): Config {
  const rules = Object.entries(raw.rules).filter((entry): entry is [string, Severity] => entry[1] !== undefined);
  return {
    applyFixes: raw['apply-fixes'],
    bots: raw.bots,
    conclusion: raw.conclusion,
    drafts: raw.drafts,
    go: raw.go ?? null,
    labels: raw.labels,
    language: raw.language,
    maxComments: raw['max-comments'],
    paths: raw.paths,
    rules: Object.fromEntries(rules),
  };
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
