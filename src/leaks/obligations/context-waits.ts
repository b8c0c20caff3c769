import type { Analysis, Wait } from '../analysis.ts';
import type { Loss } from './loss.ts';

/** Whether a goroutine waits, possibly among other things, for the end of a context that the code made and nobody can end any more. */
export function waitsForContext({ stuck }: Wait): boolean {
  const { step, state } = stuck;
  if (step.kind !== 'instr') return false;
  const isDone = (reg: number): boolean => {
    const obj = state.get(step.frame.regs[reg]);
    if (obj?.o !== 'chan' || obj.of.kind !== 'done') return false;
    const ctx = state.heap.get(obj.of.ctx);
    return ctx?.o === 'ctx' && ctx.cancellable && !ctx.open;
  };
  if (step.instr.op === 'recv') return isDone(step.instr.chan);
  return step.instr.op === 'select' && step.instr.arms.some((arm) => isDone(arm.chan));
}

/** The wait for a context whose cancel function this loss is about: in a goroutine that the same function, or one that leads to it, has started. */
export function waitBehind(analysis: Analysis, { obligation, decl }: Loss): Wait | undefined {
  if (obligation.rule !== 'lost-cancel' || obligation.until !== 'ever') return undefined;
  const isBehind = (wait: Wait): boolean => wait.roots.includes(decl) || wait.stuck.state.procs[wait.stuck.proc]?.spawn?.code.decl === decl;
  return analysis.waits().find((wait) => isBehind(wait) && waitsForContext(wait));
}

/** Whether a wait is told as a lost cancel function already. */
export function isToldAsLoss(analysis: Analysis, wait: Wait): boolean {
  return waitsForContext(wait) && analysis.obligations().some((loss) => waitBehind(analysis, loss) === wait);
}
