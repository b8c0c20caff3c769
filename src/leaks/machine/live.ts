import type { Code, Reg } from './code.ts';
import type { Frame, Proc, Value } from './value.ts';

const known = new WeakMap<Code, (readonly Reg[])[]>();

/** The registers of code that are read again from an instruction on. */
function liveRegs(code: Code, pc: number): readonly Reg[] {
  let all = known.get(code);
  if (all === undefined) known.set(code, (all = []));
  let regs = all[pc];
  if (regs === undefined) {
    const live = code.live[pc];
    regs = live === undefined ? [] : Array.from({ length: code.regs }, (_, reg) => reg).filter((reg) => ((live[reg >> 5] ?? 0) & (1 << (reg & 31))) !== 0);
    all[pc] = regs;
  }
  return regs;
}

/** Tells of each register of a frame whose value is read again; `callee`: what the frame has called and waits for, whose results are still to come. */
export function eachLive(frame: Frame, callee: Frame | undefined, see: (reg: Reg, value: Value) => void): void {
  if (frame.returned !== null) return;
  for (const reg of liveRegs(frame.code, frame.pc)) {
    const value = frame.regs[reg];
    if (value !== undefined && callee?.dsts.includes(reg) !== true) see(reg, value);
  }
}

/** Tells of each value that a goroutine itself may come back to. */
export function eachHeld(proc: Proc, see: (value: Value) => void): void {
  for (const [depth, frame] of proc.frames.entries()) {
    eachLive(frame, proc.frames[depth + 1], (_, value) => see(value));
    for (const value of frame.returned ?? []) see(value);
    for (const deferred of frame.defers) {
      if (deferred.fn) see(deferred.fn);
      for (const arg of deferred.args) see(arg);
    }
  }
}
