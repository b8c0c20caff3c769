import type { Leak } from '../../src/finding.ts';

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
export const engineConnected: boolean = false;

/** The analyser's findings in one package. */
export const findings: Findings = () => Promise.resolve([]);
