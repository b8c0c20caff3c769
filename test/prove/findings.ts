import type { Leak } from '../../src/finding.ts';
import { moduleOf } from '../../src/go/module.ts';
import { GoPackage } from '../../src/go/package.ts';
import { loadParser } from '../../src/go/parse.ts';
import { findLeaks } from '../../src/leaks/find-leaks.ts';
import type { Group } from './fixtures.ts';
import type { FixtureFile } from './source.ts';

/** One file of a package, as the prover hands it to the analyser. Paths are relative to the fixtures' module. */
export interface AnalysedFile {
  readonly path: string;
  readonly text: string;
  /** The `go` line of the main module, such as `1.26`. */
  readonly goVersion: string;
}

/** Files of a fixture folder, as they are analysed. */
export function analysed({ goVersion }: Pick<Group, 'goVersion'>, files: readonly FixtureFile[]): AnalysedFile[] {
  return files.map(({ path, text }) => ({ path, text, goVersion }));
}

/** Finds the leaks of one package, and what a change of it has taken away; `before` is empty where it is not compared. */
export type Findings = (files: readonly AnalysedFile[], before: readonly AnalysedFile[]) => Promise<readonly Leak[]>;

/** Whether `findings` asks the engine. Until it does, our verdicts are not compared with it. */
export const engineConnected: boolean = true;

/** The analyser's findings in one package. */
export const findings: Findings = async (files, before) => {
  const parse = await loadParser();
  const module = moduleOf(`go ${files[0]?.goVersion ?? '1.26'}`);
  const packageOf = (of: readonly AnalysedFile[]): GoPackage => new GoPackage('.', of.map((file) => parse(file.path, file.text)), module);
  const { leaks, fixOf } = findLeaks(packageOf(files), { language: 'en', parse, before: () => (before.length === 0 ? undefined : packageOf(before)) });
  return leaks.map((leak) => ({ ...leak, fix: fixOf(leak) }));
};
