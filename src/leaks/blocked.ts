import type { Analysis, Wait } from './analysis.ts';
import type { Code, Instr } from './machine/code.ts';
import type { Value } from './machine/value.ts';
import type { Place } from './place.ts';
import type { Explained } from './rule.ts';
import { spawnSteps, wayOut, type WayOut } from './witness.ts';
import type { Text } from '../words.ts';

/** A wait at an instruction of one kind, as rules ask for it. */
export interface Blocked<Op extends Instr['op']> {
  readonly wait: Wait;
  readonly code: Code;
  readonly instr: Extract<Instr, { op: Op }>;
}

/** The waits at instructions of one kind. */
export function* blockedAt<Op extends Instr['op']>(analysis: Analysis, op: Op): Generator<Blocked<Op>> {
  const isOne = (instr: Instr): instr is Extract<Instr, { op: Op }> => instr.op === op;
  for (const wait of analysis.waits()) {
    const { step } = wait.stuck;
    if (step.kind === 'instr' && isOne(step.instr)) yield { wait, code: step.frame.code, instr: step.instr };
  }
}

/** What a register of the waiting function holds. */
export function heldIn({ stuck }: Wait, reg: number): Value | undefined {
  return stuck.step.frame.regs[reg];
}

/** Whether the function under study is itself the one that waits. */
export function isSelf({ stuck }: Wait): boolean {
  return stuck.state.procs[stuck.proc]?.spawn === null;
}

/** The witness of a wait: where the goroutine starts, the way out that was taken instead of meeting it, and the operation that waits. */
export function witnessOf(analysis: Analysis, wait: Wait, at: Place, says: Text): { readonly way: WayOut | undefined; readonly steps: readonly Explained[] } {
  const way = wayOut(wait);
  return { way, steps: [...spawnSteps(analysis, wait), ...(way ? [{ at: way.at, says: way.says }] : []), { at, says }] };
}
