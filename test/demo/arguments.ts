import { parseArgs } from 'node:util';
import { languages } from '../../src/words.ts';
import { DemoError } from './demo-error.ts';
import type { Language } from '../../src/words.ts';

/** A change of somebody's repository, to be shown as a pull request. */
export interface AskedChange {
  readonly directory: string;
  readonly base: string;
  readonly head: string;
  /** Compare as given, not from the merge base as GitHub does. */
  readonly twoDot: boolean;
}

export interface DemoArguments {
  /** Live the whole life of the demo's own pull request, in this language; null: only open one. */
  readonly life: Language | null;
  /** Leave when the review is printed, and serve no page. */
  readonly once: boolean;
  readonly help: boolean;
  /** Null: the demo's own repository. */
  readonly change: AskedChange | null;
}

export const usage = `Shows Goleash at work: an embedded GitHub, a pull request, and the real App that reviews it.

  npm run demo                                           the demo's own pull request
  npm run demo -- --life                                 what then happens to it: pushes, commands, a suppression, a re-run, the merge queue
  npm run demo -- --repo DIR --base REV --head REV       a pull request made from your repository, which is only read

  --once      leave when the review is printed; else its page is served until Ctrl-C
  --lang LANG the language of the life: en or zh-CN
  --two-dot   compare base and head as given, not from their merge base as GitHub does
`;

/** What the arguments after the program's name ask for. Throws DemoError. */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  const { once = false, help = false, life = false, lang = 'en', repo, base, head, 'two-dot': twoDot = false } = parse(args);
  const language = languages.find((one) => one === lang);
  if (language === undefined) throw new DemoError(`--lang cannot be "${lang}". It takes ${languages.join(', ')}.`);
  const given = [repo, base, head];
  if (given.every((value) => value === undefined) && !twoDot) return { once, help, life: life ? language : null, change: null };
  if (help) return { once, help, life: null, change: null };
  if (life) throw new DemoError('--life is of the demo\'s own pull request, and takes no --repo.');
  if (repo === undefined || base === undefined || head === undefined || given.includes('')) throw new DemoError('--repo DIR, --base REV and --head REV are needed together.');
  return { once, help, life: null, change: { directory: repo, base, head, twoDot } };
}

const options = {
  once: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  life: { type: 'boolean' },
  lang: { type: 'string' },
  repo: { type: 'string' },
  base: { type: 'string' },
  head: { type: 'string' },
  'two-dot': { type: 'boolean' },
} as const;

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof options }>>['values'] {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    if (error instanceof TypeError) throw new DemoError(error.message);
    throw error;
  }
}
