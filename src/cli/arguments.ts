import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Confidence } from '../finding.ts';
import { formats, type Format } from '../format/format.ts';
import { languages, type Language, type Text } from '../words.ts';
import { UsageError } from './usage-error.ts';

/** The least confidence that makes the exit code 1. */
export type FailOn = Confidence | 'never';

interface Output {
  /** A configuration to obey in the place of the repository's own; null: its own. */
  readonly config: string | null;
  readonly format: Format;
  readonly failOn: FailOn;
}

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'rules'; readonly id: string | null }
  | ({ readonly kind: 'review'; readonly repo: string; readonly base: string; readonly head: string; readonly twoDot: boolean } & Output)
  | ({ readonly kind: 'scan'; readonly paths: readonly string[] } & Output);

const common = {
  lang: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} satisfies ParseArgsConfig['options'];

const output = { config: { type: 'string' }, format: { type: 'string' }, 'fail-on': { type: 'string' } } satisfies ParseArgsConfig['options'];

const ofReview = {
  repo: { type: 'string' },
  base: { type: 'string' },
  head: { type: 'string' },
  'two-dot': { type: 'boolean' },
} satisfies ParseArgsConfig['options'];

const failOns: readonly FailOn[] = ['certain', 'likely', 'never'];

/** The language of everything said, complaints about the other arguments included; English where none is rightly asked for. */
export function languageOf(args: readonly string[]): Language {
  const { values } = parseArgs({ args: [...args], options: common, strict: false, allowPositionals: true });
  return languages.find((language) => language === values.lang) ?? 'en';
}

/** The command of the arguments after the program's name. Throws UsageError. */
export function parseCommand(args: readonly string[]): Command {
  const [name, ...rest] = args;
  switch (name) {
    case 'review':
      return reviewCommand(rest);
    case 'scan':
      return scanCommand(rest);
    case 'rules':
      return rulesCommand(rest);
    default:
      return noCommand(args);
  }
}

/** The command comes first; before it only `--help` and `--version` make sense. */
function noCommand(args: readonly string[]): Command {
  const { values, positionals } = orUsageError(() => parseArgs({ args: [...args], options: common, allowPositionals: true }));
  const [name] = positionals;
  const other = informative(values);
  if (other !== null) return other;
  throw name === undefined || name !== args[0]
    ? new UsageError({ en: 'Say first what to do: review, scan or rules.', 'zh-CN': '请先说明要做什么：review、scan 或 rules。' })
    : new UsageError({ en: `"${name}" is no command. There are review, scan and rules.`, 'zh-CN': `没有命令 “${name}”。可用命令：review、scan、rules。` });
}

function reviewCommand(args: string[]): Command {
  const { values, positionals } = orUsageError(() => parseArgs({ args, options: { ...common, ...output, ...ofReview }, allowPositionals: true }));
  const other = informative(values);
  if (other !== null) return other;
  if (positionals[0] !== undefined) throw unexpected(positionals[0]);
  return {
    kind: 'review',
    repo: values.repo ?? '.',
    base: required(values.base, '--base'),
    head: required(values.head, '--head'),
    twoDot: values['two-dot'] ?? false,
    ...outputOf(values),
  };
}

function scanCommand(args: string[]): Command {
  const { values, positionals } = orUsageError(() => parseArgs({ args, options: { ...common, ...output }, allowPositionals: true }));
  const other = informative(values);
  if (other !== null) return other;
  if (positionals.length === 0) throw new UsageError({ en: 'Say which files or directories to scan.', 'zh-CN': '请指定要扫描的文件或目录。' });
  return { kind: 'scan', paths: positionals, ...outputOf(values) };
}

function rulesCommand(args: string[]): Command {
  const { values, positionals } = orUsageError(() => parseArgs({ args, options: common, allowPositionals: true }));
  const other = informative(values);
  if (other !== null) return other;
  if (positionals[1] !== undefined) throw unexpected(positionals[1]);
  return { kind: 'rules', id: positionals[0] ?? null };
}

interface CommonValues {
  readonly lang?: string | undefined;
  readonly help?: boolean | undefined;
  readonly version?: boolean | undefined;
}

function informative(values: CommonValues): Command | null {
  if (values.help === true) return { kind: 'help' };
  if (values.version === true) return { kind: 'version' };
  oneOf(values.lang, languages, 'en', '--lang');
  return null;
}

function outputOf(values: { readonly config?: string | undefined; readonly format?: string | undefined; readonly 'fail-on'?: string | undefined }): Output {
  return {
    config: values.config ?? null,
    format: oneOf(values.format, Object.keys(formats) as Format[], 'pretty', '--format'),
    failOn: oneOf(values['fail-on'], failOns, 'certain', '--fail-on'),
  };
}

function oneOf<T extends string>(value: string | undefined, allowed: readonly T[], otherwise: T, option: string): T {
  if (value === undefined) return otherwise;
  const found = allowed.find((it) => it === value);
  if (found !== undefined) return found;
  throw new UsageError({
    en: `${option} cannot be "${value}". It takes ${allowed.join(', ')}.`,
    'zh-CN': `${option} 不能是 “${value}”。可选值：${allowed.join('、')}。`,
  });
}

function required(value: string | undefined, option: string): string {
  if (value !== undefined && value !== '') return value;
  throw new UsageError({ en: `${option} is missing.`, 'zh-CN': `缺少 ${option}。` });
}

function unexpected(argument: string): UsageError {
  return new UsageError({ en: `"${argument}" is one argument too many.`, 'zh-CN': `多余的参数 “${argument}”。` });
}

/** Node's parser throws TypeErrors with an English sentence for the user. */
function orUsageError<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const says: Text = { en: error.message, 'zh-CN': `无法理解命令行：${error.message}` };
    throw new UsageError(says);
  }
}
