import { z } from 'zod';
import { compileGlob } from './glob.ts';
import { named } from './leaks/catalogue.ts';
import { languages } from './words.ts';
import type { Language } from './words.ts';

const conclusions = ['neutral', 'failure', 'success'] as const;

export const severities = ['off', 'likely', 'certain'] as const;

/** Far more than anyone needs, and little enough to be gone through for each file of a large change. */
const mostItems = 100;

const globs = z.array(z.string().min(1).max(200).refine((glob) => compileGlob(glob) !== null)).max(mostItems);

const labels = z.array(z.string().min(1).max(100)).max(mostItems);

const severityOfRules = Object.fromEntries(named.map(({ id, title }) => [id, z.enum(severities).optional().describe(title.en)]));

/** The file's schema, all keys optional and with their defaults; `docs/goleash.schema.json` is made from it. */
export const configSchema = z.strictObject({
  'apply-fixes': z.boolean().default(false).describe('Offer a button in the check run that commits all safe fixes. Takes the permission contents: write, which an owner grants to the App.'),
  bots: z.boolean().default(true).describe('Review pull requests that bots opened.'),
  conclusion: z.enum(conclusions).default('neutral').describe('Conclusion of the check run when a certain leak is found.'),
  drafts: z.boolean().default(true).describe('Review drafts.'),
  go: z.string().regex(/^[1-9]\d?\.\d{1,3}(?:\.\d{1,3})?$/u).optional().describe('The Go version whose semantics apply, such as "1.22"; quoted. Without it, go.mod says.'),
  labels: z
    .strictObject({
      only: labels.default([]).describe('Review only pull requests with one of these labels; empty: all.'),
      skip: labels.default([]).describe('Do not review pull requests with one of these labels.'),
    })
    .prefault({})
    .describe('Which pull requests are reviewed, by their labels.'),
  language: z.enum(languages as readonly [Language, ...Language[]]).default('en').describe('Language of comments and the check run.'),
  'max-comments': z.int().min(1).max(30).default(10).describe('The most inline comments of one review; the rest goes to the check run.'),
  paths: z
    .strictObject({
      exclude: globs.default([]).describe('Globs of files that are not reviewed.'),
      include: globs.default([]).describe('Globs of files that are reviewed; empty: all.'),
    })
    .prefault({})
    .describe('Which Go files are reviewed.'),
  rules: z.strictObject(severityOfRules).default({}).describe('What becomes of the findings of a rule: off, at most likely, or always certain.'),
});

export type RawConfig = z.infer<typeof configSchema>;

/** What would be right for a key, in a notation that needs no translation. */
export const expectations: ReadonlyMap<string, string> = new Map([
  ['apply-fixes', 'true | false'],
  ['bots', 'true | false'],
  ['conclusion', conclusions.join(' | ')],
  ['drafts', 'true | false'],
  ['go', '"1.22"'],
  ['labels', '{only: [label, …], skip: [label, …]}'],
  ['labels.only', '[label, …]'],
  ['labels.skip', '[label, …]'],
  ['language', languages.join(' | ')],
  ['max-comments', '1 … 30'],
  ['paths', '{include: [glob, …], exclude: [glob, …]}'],
  ['paths.exclude', '[glob, …]'],
  ['paths.include', '[glob, …]'],
  ['rules', `{rule: ${severities.join(' | ')}, …}`],
]);

/** The JSON Schema for editors, as text. */
export function jsonSchema(): string {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify({ $schema, $id: 'https://raw.githubusercontent.com/goleash/goleash/main/docs/goleash.schema.json', title: 'Goleash', ...schema }, null, 2)}\n`;
}
