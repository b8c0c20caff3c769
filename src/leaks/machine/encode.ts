import { eachLive } from './live.ts';
import { prune } from './prune.ts';
import { skeletonOf } from './skeleton.ts';
import type { Obj, Proc, State, Value } from './value.ts';

/**
 * Prunes a state and answers its name: equal for states that differ only in the numbers of their objects and symbols, in registers that are not read
 * again, in objects nothing leads to, in fields that were only looked at, and in facts about symbols that are gone.
 */
export function encode(state: State): string {
  if (state.exited) return 'exited';
  prune(state);
  return new Encoder(state).text();
}

/** What a goroutine looks like by itself: equal for goroutines of one kind at one place that hold equal small values. */
export function shapeOf(proc: Proc): string {
  const frames = proc.frames.map((frame, depth) => {
    let values = '';
    eachLive(frame, proc.frames[depth + 1], (reg, value) => {
      values += `${reg}${value.t === 'int' || value.t === 'bool' ? String(value.v) : value.t},`;
    });
    return `${frame.code.id}@${frame.pc}${frame.returned ? 'R' : ''}${frame.defers.length}[${values}]`;
  });
  return `~${proc.spawn?.code.id ?? -1}:${proc.spawn?.pos ?? -1}${proc.dormant ? 'z' : ''}${frames.join('/')}`;
}

class Encoder {
  readonly #state: State;
  readonly #names = new Map<number, number>();
  readonly #pending: number[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  text(): string {
    const { procs, heap, facts, mostTurns } = this.#state;
    let out = String(mostTurns);
    for (const proc of procs) out += this.#proc(proc);
    this.#name(0); // the package's variables
    for (let at = 0; at < this.#pending.length; at += 1) {
      const id = this.#pending[at] ?? 0;
      const obj = heap.get(id);
      if (obj) out += `;${this.#name(id)}${this.#text(obj)}`;
    }
    if (facts.length === 0) return out;
    const known = facts.map(({ cmp, x, y, holds }) => `${cmp}${this.#text(x)},${this.#text(y)}${holds ? '+' : '-'}`);
    return `${out}|${[...new Set(known)].sort().join(';')}`;
  }

  #proc(proc: Proc): string {
    let out = `P${proc.spawn?.code.id ?? -1}:${proc.spawn?.pos ?? -1}`;
    if (proc.unwinding) out += `u${proc.unwinding.to}`;
    if (proc.timer !== null) out += `${proc.dormant ? 'z' : 'a'}${this.#name(proc.timer)}`;
    if (proc.waiting !== null) out += proc.waiting < 0 ? 'w!' : `w${this.#name(proc.waiting)}`;
    for (const id of proc.done) out += `d${this.#name(id)}`;
    for (const [depth, frame] of proc.frames.entries()) {
      const callee = proc.frames[depth + 1];
      out += `F${frame.code.id}@${frame.pc}`;
      if (frame.returned) {
        out += 'R';
        for (const value of frame.returned) out += this.#text(value);
      }
      eachLive(frame, callee, (reg, value) => {
        out += `${callee ? 'c' : 'r'}${reg}=${this.#text(value)}`;
      });
      if (frame.after) out += `A${this.#name(frame.after.id)}`;
      for (const deferred of frame.defers) {
        out += `D${deferred.pos}`;
        if (deferred.fn) out += this.#text(deferred.fn);
        for (const arg of deferred.args) out += this.#text(arg);
      }
    }
    return out;
  }

  /** What a value or object is, with what it leads to by the names of this state. */
  #text(thing: Obj | Value): string {
    if ('t' in thing && thing.t === 'ref') return `#${this.#name(thing.id)}`;
    if ('t' in thing && thing.t === 'sym') return `?${this.#name(thing.id)}`;
    const { texts, refs } = skeletonOf(thing);
    let out = texts[0] ?? '';
    for (const [at, id] of refs.entries()) out += `${this.#name(id)}${texts[at + 1] ?? ''}`;
    return out;
  }

  #name(id: number): number {
    let name = this.#names.get(id);
    if (name === undefined) {
      name = this.#names.size;
      this.#names.set(id, name);
      this.#pending.push(id);
    }
    return name;
  }
}
