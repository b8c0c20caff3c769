import { defines, targets, uses, type Instr, type Intrinsic } from './code.ts';

/** Instructions that do nothing but fill their register. */
const filling: ReadonlySet<Instr['op']> = new Set<Instr['op']>(['nil', 'int', 'bool', 'const', 'unknown', 'recover', 'zero', 'move', 'newCell', 'loadCell', 'methodValue', 'funcValue', 'list', 'makeList', 'len', 'cap', 'field', 'global', 'add', 'not']);

/** Code without what no run can tell from its absence: registers filled in vain, calls that do nothing, jumps to jumps. `live`: for each instruction the registers read from there on. */
export function withoutDeadCode(code: readonly Instr[], regs: number, idle: ReadonlySet<Intrinsic>): { readonly instrs: readonly Instr[]; readonly live: readonly Uint32Array[] } {
  const threaded = code.map((instr) => retarget(instr, (to) => endOfJumps(code, to)));
  const reached = reachable(threaded);
  const live = liveness(threaded, regs, idle);
  const isKept = threaded.map((instr, pc) => reached.has(pc) && !isVain(instr, live[pc + 1], idle));
  // A jump over nothing is a step for nothing.
  for (const [pc, instr] of threaded.entries()) {
    if (instr.op === 'jump' && instr.to > pc && !isKept.slice(pc + 1, instr.to).includes(true)) isKept[pc] = false;
  }
  const moved: number[] = [];
  let count = 0;
  for (const kept of isKept) {
    moved.push(count);
    if (kept) count += 1;
  }
  return {
    instrs: threaded.filter((_, pc) => isKept[pc]).map((instr) => retarget(instr, (to) => moved[to] ?? count)),
    live: live.filter((_, pc) => isKept[pc]),
  };
}

function endOfJumps(code: readonly Instr[], start: number): number {
  const seen = new Set<number>();
  let at = start;
  for (let instr = code[at]; instr?.op === 'jump' && !seen.has(at); instr = code[at]) {
    seen.add(at);
    at = instr.to;
  }
  return at;
}

function retarget(instr: Instr, move: (to: number) => number): Instr {
  switch (instr.op) {
    case 'jump':
      return { ...instr, to: move(instr.to) };
    case 'branch':
      return { ...instr, then: move(instr.then), else: move(instr.else) };
    case 'fork':
      return { ...instr, to: instr.to.map(move) };
    case 'select':
      return { ...instr, arms: instr.arms.map((arm) => ({ ...arm, to: move(arm.to) })), otherwise: instr.otherwise === null ? null : move(instr.otherwise) };
    case 'rangeNext':
      return { ...instr, done: move(instr.done) };
    default:
      return instr;
  }
}

function reachable(code: readonly Instr[]): ReadonlySet<number> {
  const seen = new Set([0]);
  for (const pc of seen) {
    const instr = code[pc];
    if (instr) for (const to of targets(instr, pc)) seen.add(to);
  }
  return seen;
}

/** Whether an instruction is without effect, given what is read after it. */
function isVain(instr: Instr, after: Uint32Array | undefined, idle: ReadonlySet<Intrinsic>): boolean {
  if (instr.op === 'call') {
    const { callee } = instr.call;
    const doesNothing = callee.kind === 'unknown' ? callee.inert : callee.kind === 'intrinsic' && idle.has(callee.op);
    if (!doesNothing) return false;
  } else if (!filling.has(instr.op)) return false;
  return defines(instr).every((reg) => ((after?.[reg >> 5] ?? 0) & (1 << (reg & 31))) === 0);
}

/** Backward liveness of registers, as bit sets per instruction; what is read in vain does not count. */
function liveness(instrs: readonly Instr[], regs: number, idle: ReadonlySet<Intrinsic>): Uint32Array[] {
  const words = Math.max(1, Math.ceil(regs / 32));
  const live = instrs.map(() => new Uint32Array(words));
  for (let changed = true; changed; ) {
    changed = false;
    for (let pc = instrs.length - 1; pc >= 0; pc -= 1) {
      const instr = instrs[pc];
      const mine = live[pc];
      if (!instr || !mine) continue;
      const next = new Uint32Array(words);
      for (const to of targets(instr, pc)) {
        const after = Uint32Array.from(live[to] ?? []);
        if (instr.op === 'select') for (const arm of instr.arms) if (arm.to === to && arm.dir === 'recv') for (const reg of [arm.value, arm.ok]) after[reg >> 5] = (after[reg >> 5] ?? 0) & ~(1 << (reg & 31));
        for (let word = 0; word < words; word += 1) next[word] = (next[word] ?? 0) | (after[word] ?? 0);
      }
      if (!isVain(instr, next, idle)) {
        for (const reg of defines(instr)) next[reg >> 5] = (next[reg >> 5] ?? 0) & ~(1 << (reg & 31));
        for (const reg of uses(instr)) next[reg >> 5] = (next[reg >> 5] ?? 0) | (1 << (reg & 31));
      }
      for (let word = 0; word < words; word += 1) {
        if ((next[word] ?? 0) !== (mine[word] ?? 0)) {
          mine[word] = next[word] ?? 0;
          changed = true;
        }
      }
    }
  }
  return live;
}
