import type { Leak } from '../../src/finding.ts';
import { moduleOf } from '../../src/go/module.ts';
import { GoPackage } from '../../src/go/package.ts';
import { loadParser } from '../../src/go/parse.ts';
import { findLeaks } from '../../src/leaks/find-leaks.ts';

/** One file of a package, as the prover hands it to the analyser. Paths are relative to the fixtures' module. */
export interface AnalysedFile {
  readonly path: string;
  readonly text: string;
  /** The `go` line of the main module, such as `1.26`. */
  readonly goVersion: string;
}

/** Finds the leaks of one package. */
export type Findings = (files: readonly AnalysedFile[]) => Promise<readonly Leak[]>;

/** Whether `findings` asks the engine. Until it does, our verdicts are not compared with it. */
export const engineConnected: boolean = true;

/** The analyser's findings in one package. */
export const findings: Findings = async (files) => {
  const parse = await loadParser();
  const module = moduleOf(`go ${files[0]?.goVersion ?? '1.26'}`);
  const pkg = new GoPackage('.', files.map((file) => parse(file.path, file.text)), module);
  const { leaks, fixOf } = findLeaks(pkg, { language: 'en', parse });
  return leaks.map((leak) => ({ ...leak, fix: fixOf(leak) }));
};
