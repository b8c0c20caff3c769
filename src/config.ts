import { LineCounter, parseDocument, isMap, isScalar } from 'yaml';
import { z } from 'zod';
import type { Document } from 'yaml';
import { languages } from './words.ts';
import type { Language } from './words.ts';

/** Where a repository keeps its wishes; read from the base branch, so that a pull request cannot switch off its own review. */
export const configPath = '.github/goleash.yml';

/** What the check run concludes when there are certain findings. */
export type ConclusionOnFindings = 'neutral' | 'failure' | 'success';

export interface Config {
  readonly conclusion: ConclusionOnFindings;
  /** Whether drafts are reviewed. */
  readonly drafts: boolean;
  readonly language: Language;
  /** The most inline comments of one review; the rest goes to the check run. */
  readonly maxComments: number;
}

/** Something in the file that was not obeyed; `line` is 1-based. */
export interface ConfigProblem {
  readonly line: number;
  /** The key as written, such as `max-comments`; null where the text as a whole is no YAML mapping. */
  readonly key: string | null;
  readonly kind: 'syntax' | 'unknown-key' | 'wrong-value';
  /** What would be right, for `wrong-value`; YAML's own message, for `syntax`; empty for `unknown-key`. */
  readonly expected: string;
}

export interface ConfigReading {
  readonly config: Config;
  readonly problems: readonly ConfigProblem[];
}

const conclusions = ['neutral', 'failure', 'success'] as const satisfies readonly ConclusionOnFindings[];

const keys = {
  conclusion: { schema: z.enum(conclusions), expected: conclusions.join(' | ') },
  drafts: { schema: z.boolean(), expected: 'true | false' },
  language: { schema: z.enum(languages as readonly [Language, ...Language[]]), expected: languages.join(' | ') },
  'max-comments': { schema: z.int().min(1).max(30), expected: '1 … 30' },
} as const;

/** The file's schema; an editor's JSON Schema comes from `z.toJSONSchema`. */
export const configSchema = z.strictObject({
  conclusion: keys.conclusion.schema.default('neutral'),
  drafts: keys.drafts.schema.default(true),
  language: keys.language.schema.default('en'),
  'max-comments': keys['max-comments'].schema.default(10),
});

export const defaultConfig: Config = toConfig({});

/**
 * Reads the configuration. Whatever is wrong is reported and its default is used; what is right is obeyed all the same.
 * Null or an empty text gives the defaults. Never throws.
 */
export function readConfig(text: string | null): ConfigReading {
  if (text === null || text.trim() === '') return { config: defaultConfig, problems: [] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const syntax = document.errors.map((error): ConfigProblem => ({ line: lines.linePos(error.pos[0]).line, key: null, kind: 'syntax', expected: firstLine(error.message) }));
  if (syntax.length > 0) return { config: defaultConfig, problems: syntax };
  if (document.contents === null) return { config: defaultConfig, problems: [] };
  if (!isMap(document.contents)) return { config: defaultConfig, problems: [{ line: 1, key: null, kind: 'syntax', expected: 'key: value' }] };
  return readPairs(document, lines);
}

function readPairs(document: Document.Parsed, lines: LineCounter): ConfigReading {
  const problems: ConfigProblem[] = [];
  const accepted: Record<string, unknown> = {};
  for (const pair of isMap(document.contents) ? document.contents.items : []) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const line = lines.linePos(pair.key.range[0]).line;
    if (!Object.hasOwn(keys, key)) {
      problems.push({ line, key, kind: 'unknown-key', expected: '' });
      continue;
    }
    const { schema, expected } = keys[key as keyof typeof keys];
    const value = schema.safeParse(isScalar(pair.value) ? pair.value.value : undefined);
    if (value.success) accepted[key] = value.data;
    else problems.push({ line, key, kind: 'wrong-value', expected });
  }
  return { config: toConfig(accepted), problems };
}

function toConfig(values: Readonly<Record<string, unknown>>): Config {
  const parsed = configSchema.parse(values);
  return { conclusion: parsed.conclusion, drafts: parsed.drafts, language: parsed.language, maxComments: parsed['max-comments'] };
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}
