#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { languageOf } from './cli/arguments.ts';
import { run } from './cli/run.ts';
import { UsageError } from './cli/usage-error.ts';
import { ExplainedError } from './explained-error.ts';

const args = process.argv.slice(2);
const language = languageOf(args);

// A reader such as `head` that has seen enough is no fault: without a listener its absence would end the process with a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

try {
  const { output, exitCode } = await run(args, { environment: process.env, language, version: ownVersion(), colors: wantsColors() });
  process.exitCode = exitCode;
  process.stdout.write(output);
} catch (error) {
  process.exitCode = 2;
  console.error(`goleash: ${explain(error)}`);
}

/** What is wrong, in words; a fault of Goleash's own with all that a report of it needs. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.says[language]}\n${{ en: 'See goleash --help.', 'zh-CN': '参见 goleash --help。' }[language]}`;
  if (error instanceof ExplainedError) return error.says[language];
  const report = { en: 'This is a fault of Goleash. Please report it', 'zh-CN': '这是 Goleash 自身的错误，请报告' }[language];
  return `${report}: https://github.com/goleash/goleash/issues\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** See https://no-color.org: set and not empty. */
function wantsColors(): boolean {
  return process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Beside src/ and beside dist/ alike. */
function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
