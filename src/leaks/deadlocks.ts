import { firstArgument, operationOf, positionOf, type Analysis, type Wait } from './analysis.ts';
import { callOf, nextStep, type Step } from './machine/machine.ts';
import type { Event } from './machine/value.ts';
import type { Place } from './place.ts';
import { place } from './witness.ts';

/** A goroutine that waits for a lock whose holder waits for it, in a way. */
export interface Deadlock extends Held {
  readonly by: Step;
}

/** A goroutine that waits for a lock which is never released, and who holds it. */
interface Held {
  readonly wait: Wait;
  /** Where the lock that is waited for was taken. */
  readonly held: Event;
  /** `self`: by the waiting goroutine; `ended`: by one that is gone; otherwise by one that waits at this step. */
  readonly by: 'self' | 'ended' | Step;
}

/** Every goroutine that the machine has seen wait for a lock whose holder waits too. */
export function* deadlocksOf(analysis: Analysis): Generator<Deadlock> {
  const facts = analysis.lockWaits().flatMap((wait) => holderOf(wait) ?? []);
  // Whoever waits for one that waits as well is held up by the same cause: it is told once, where it is simplest to see.
  const rank = ({ by }: Held): number => (by === 'self' ? 0 : by === 'ended' ? 1 : 2);
  const told = new Set<number>();
  for (const fact of facts.sort((a, b) => rank(a) - rank(b))) {
    if (typeof fact.by !== 'string' && told.has(positionOf(fact.by))) continue;
    told.add(positionOf(fact.wait.stuck.step));
    // One goroutine by itself, or one that is gone, is what double-lock, recursive-rlock and missing-unlock are about.
    if (typeof fact.by !== 'string') yield { ...fact, by: fact.by };
  }
}

function holderOf(wait: Wait): Held | undefined {
  const { stuck } = wait;
  const self = stuck.state.procs[stuck.proc];
  const id = mutexOf(stuck.step);
  if (!self || id === undefined) return undefined;
  const open: Event[] = [];
  for (const event of stuck.events) {
    if (event.on !== id) continue;
    if (event.kind === 'lock') open.push(event);
    else {
      // Any goroutine may unlock: its own lock first, else the oldest.
      const own = open.findLastIndex((one) => one.proc === event.proc);
      open.splice(own === -1 ? 0 : own, 1);
    }
  }
  const held = open.findLast((one) => one.proc === self.uid) ?? open.at(-1);
  if (!held) return undefined;
  if (held.proc === self.uid) return { wait, held, by: 'self' };
  const holder = stuck.state.procs.find((proc) => proc.uid === held.proc);
  const step = holder && nextStep(holder);
  // Who goes round in a loop for ever, as far as the machine knows, does not wait.
  if (step && neverWaits.has(operationOf(step))) return undefined;
  return { wait, held, by: step ?? 'ended' };
}

const neverWaits: ReadonlySet<string> = new Set(['WaitGroup.Add', 'WaitGroup.Done', 'Mutex.Unlock', 'RWMutex.RUnlock', 'Cond.Signal', 'Cond.Broadcast', 'close', 'call']);

/** The lock a step waits for, as the number of its object. */
function mutexOf(step: Step): number | undefined {
  const value = firstArgument(step);
  return value?.t === 'ref' ? value.id : undefined;
}

/** Where a step waits. */
export function placeOf(step: Step): Place {
  const { file } = step.frame.code;
  const call = callOf(step);
  if (call) return place(file, call.node);
  const pos = positionOf(step);
  return place(file, { pos, end: step.kind === 'instr' && (step.instr.op === 'send' || step.instr.op === 'recv') ? step.instr.expr.end : pos });
}
