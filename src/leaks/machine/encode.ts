import type { Proc, State, Value } from './value.ts';

/**
 * Drops from a state what nothing leads to any more, and answers its name: equal for states that differ only in the numbers of their objects and symbols, in registers that are not read
 * again, in objects nothing leads to, and in facts about symbols that are gone.
 */
export function encode(state: State): string {
  if (state.exited) return 'exited';
  return new Encoder(state).text();
}

/** What a goroutine looks like by itself: equal for goroutines of one kind at one place that hold equal small values. */
export function shapeOf(proc: Proc): string {
  const frames = proc.frames.map((frame) => {
    const live = frame.code.live[frame.pc];
    const values = frame.regs.map((value, reg) => (value === undefined || live === undefined || ((live[reg >> 5] ?? 0) & (1 << (reg & 31))) === 0 ? '' : value.t === 'int' || value.t === 'bool' ? String(value.v) : value.t));
    return `${frame.code.id}@${frame.pc}${frame.returned ? 'R' : ''}${frame.defers.length}[${values.join(',')}]`;
  });
  return `~${proc.spawn?.code.id ?? -1}:${proc.spawn?.pos ?? -1}${proc.dormant ? 'z' : ''}${frames.join('/')}`;
}

class Encoder {
  readonly #state: State;
  readonly #refs = new Map<number, number>();
  readonly #syms = new Map<number, number>();
  readonly #pending: number[] = [];
  readonly #out: string[] = [];

  constructor(state: State) {
    this.#state = state;
  }

  text(): string {
    const out = this.#out;
    for (const proc of this.#state.procs) {
      out.push('P', String(proc.spawn?.code.id ?? -1), ':', String(proc.spawn?.pos ?? -1), proc.unwinding ? `u${String(proc.unwinding.to)}` : '', proc.timer === null ? '' : `${proc.dormant ? 'z' : 'a'}${this.#ref(proc.timer)}`);
      if (proc.waiting !== null) out.push('w', proc.waiting < 0 ? '!' : this.#ref(proc.waiting));
      for (const id of proc.done) out.push('d', this.#ref(id));
      for (const [depth, frame] of proc.frames.entries()) {
        out.push('F', String(frame.code.id), '@', String(frame.pc));
        if (frame.returned) {
          out.push('R');
          for (const value of frame.returned) this.#value(value);
        } else {
          const live = frame.code.live[frame.pc];
          const waitsForCall = depth < proc.frames.length - 1;
          for (const [reg, value] of frame.regs.entries()) {
            if (value === undefined || live === undefined || ((live[reg >> 5] ?? 0) & (1 << (reg & 31))) === 0) continue;
            out.push(waitsForCall ? 'c' : 'r', String(reg), '=');
            this.#value(value);
          }
        }
        if (frame.after) out.push('A', this.#ref(frame.after.id));
        for (const deferred of frame.defers) {
          out.push('D', String(deferred.pos));
          if (deferred.fn) this.#value(deferred.fn);
          for (const arg of deferred.args) this.#value(arg);
        }
      }
    }
    this.#ref(0); // the package's variables
    for (let id = this.#pending.shift(); id !== undefined; id = this.#pending.shift()) this.#object(id);
    const facts: string[] = [];
    this.#state.facts = this.#state.facts.filter(({ cmp, x, y, holds }) => {
      const left = this.#known(x);
      const right = this.#known(y);
      if (left === undefined || right === undefined) return false;
      facts.push(`${cmp}${left},${right}${holds ? '+' : '-'}`);
      return true;
    });
    this.#state.heap = new Map([...this.#state.heap].filter(([id]) => this.#refs.has(id) || this.#syms.has(id)));
    return `${out.join('')}|${[...new Set(facts)].sort().join(';')}`;
  }

  #ref(id: number): string {
    let name = this.#refs.get(id);
    if (name === undefined) {
      name = this.#refs.size;
      this.#refs.set(id, name);
      this.#pending.push(id);
    }
    return `#${name}`;
  }

  #sym(id: number): string {
    let name = this.#syms.get(id);
    if (name === undefined) {
      name = this.#syms.size;
      this.#syms.set(id, name);
      if (this.#state.heap.has(id)) this.#pending.push(id);
    }
    return `?${name}`;
  }

  #value(value: Value): void {
    const out = this.#out;
    switch (value.t) {
      case 'nil':
        out.push('n');
        return;
      case 'bool':
        out.push(value.v ? 't' : 'f');
        return;
      case 'int':
        out.push('i', String(value.v));
        return;
      case 'sym':
        out.push(this.#sym(value.id));
        return;
      case 'const':
        out.push('k', value.v);
        return;
      case 'ref':
        out.push(this.#ref(value.id));
        return;
      case 'cancel':
        out.push('x', this.#ref(value.ctx));
        return;
      case 'func':
        out.push('(', String(value.func.pos));
        for (const capture of value.captures) this.#value(capture);
        if (value.recv) this.#value(value.recv);
        out.push(')');
        return;
      case 'cmp':
        out.push('{', value.negated ? '!' : '', value.cmp);
        this.#value(value.x);
        this.#value(value.y);
        out.push('}');
    }
  }

  /** The name of a value that the state still holds; undefined for one that is gone. */
  #known(value: Value): string | undefined {
    switch (value.t) {
      case 'sym': {
        const name = this.#syms.get(value.id);
        return name === undefined ? undefined : `?${name}`;
      }
      case 'ref': {
        const name = this.#refs.get(value.id);
        return name === undefined ? undefined : `#${name}`;
      }
      case 'nil':
        return 'n';
      case 'bool':
        return value.v ? 't' : 'f';
      case 'int':
        return `i${value.v}`;
      case 'const':
        return `k${value.v}`;
      default:
        return undefined;
    }
  }

  #object(id: number): void {
    const out = this.#out;
    const obj = this.#state.heap.get(id);
    out.push(';', this.#syms.has(id) ? this.#sym(id) : this.#ref(id));
    switch (obj?.o) {
      case 'chan':
        out.push('C', String(obj.site?.code.id ?? -1), ':', String(obj.site?.pos ?? -1), '/', String(obj.cap), obj.closed ? 'x' : '', obj.escaped ? 'e' : '');
        for (const value of obj.buf) this.#value(value);
        if (obj.of.kind === 'done') out.push('d', this.#ref(obj.of.ctx));
        else if (obj.of.kind === 'timer') out.push('t', this.#ref(obj.of.timer));
        else out.push(obj.of.kind === 'time' ? 'T' : '');
        return;
      case 'cell':
        out.push('c', obj.escaped ? 'e' : '');
        this.#value(obj.v);
        return;
      case 'struct':
        out.push('S', obj.opaque ? 'o' : '', obj.escaped ? 'e' : '');
        for (const [name, value] of [...obj.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
          out.push(',', name, '=');
          this.#value(value);
        }
        return;
      case 'list':
        out.push('L', obj.escaped ? 'e' : '');
        for (const value of obj.elems) this.#value(value);
        return;
      case 'mutex':
        out.push('M', obj.writer ? 'w' : '', String(obj.readers), obj.escaped ? 'e' : '');
        return;
      case 'waitGroup':
        out.push('W', String(obj.n), obj.escaped ? 'e' : '');
        return;
      case 'once':
        out.push('O', obj.state, obj.escaped ? 'e' : '');
        return;
      case 'cond':
        out.push('V', obj.escaped ? 'e' : '');
        this.#value(obj.locker);
        return;
      case 'ctx':
        out.push('X', obj.open ? 'o' : '', obj.cancelled ? 'c' : '', obj.cancellable ? '' : 'n', obj.parent === null ? '' : this.#ref(obj.parent));
        return;
      case 'timer':
        out.push('K', obj.state, obj.escaped ? 'e' : '', obj.kind);
        return;
      case 'group':
        out.push('G', String(obj.n), obj.escaped ? 'e' : '', obj.ctx === null ? '' : this.#ref(obj.ctx));
        return;
      case undefined:
        out.push('!');
    }
  }
}
