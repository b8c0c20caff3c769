import type { Obj, Value } from './value.ts';

/** What a value or object says apart from the numbers of what it leads to: those numbers, and the text around them. */
export interface Skeleton {
  /** One more than there are numbers. */
  readonly texts: readonly string[];
  readonly refs: readonly number[];
}

const known = new WeakMap<Obj | Value, Skeleton>();

/** The skeleton of an object or a value, which never change: made once. */
export function skeletonOf(thing: Obj | Value): Skeleton {
  let skeleton = known.get(thing);
  if (skeleton === undefined) {
    const builder = new Builder();
    if ('t' in thing) builder.value(thing);
    else builder.object(thing);
    skeleton = builder.done();
    known.set(thing, skeleton);
  }
  return skeleton;
}

class Builder {
  readonly #texts: string[] = [];
  readonly #refs: number[] = [];
  #text = '';

  done(): Skeleton {
    return { texts: [...this.#texts, this.#text], refs: this.#refs };
  }

  #ref(mark: string, id: number): void {
    this.#texts.push(this.#text + mark);
    this.#refs.push(id);
    this.#text = '';
  }

  value(value: Value): void {
    switch (value.t) {
      case 'nil':
        this.#text += 'n';
        return;
      case 'bool':
        this.#text += value.v ? 't' : 'f';
        return;
      case 'int':
        this.#text += `i${value.v}`;
        return;
      case 'sym':
        this.#ref('?', value.id);
        return;
      case 'const':
        this.#text += `k${value.v}`;
        return;
      case 'ref':
        this.#ref('#', value.id);
        return;
      case 'cancel':
        this.#ref('x#', value.ctx);
        return;
      case 'func':
        this.#text += `(${value.func.pos}`;
        for (const capture of value.captures) this.value(capture);
        if (value.recv) this.value(value.recv);
        this.#text += ')';
        return;
      case 'cmp':
        this.#text += `{${value.negated ? '!' : ''}${value.cmp}`;
        this.value(value.x);
        this.value(value.y);
        this.#text += '}';
    }
  }

  object(obj: Obj): void {
    const escaped = 'escaped' in obj && obj.escaped ? 'e' : '';
    switch (obj.o) {
      case 'chan':
        // Of a channel in unseen hands nothing else counts: it never holds anybody up, and what comes out of it is not known.
        if (obj.escaped && obj.of.kind === 'plain' && !obj.closedHere) {
          this.#text += 'Ce';
          return;
        }
        this.#text += `C${obj.site?.code.id ?? -1}:${obj.site?.pos ?? -1}/${obj.cap}${obj.closed ? 'x' : ''}${obj.fed === true ? 'f' : ''}${escaped}${obj.closedHere ? 'h' : ''}`;
        for (const value of obj.buf) this.value(value);
        if (obj.of.kind === 'done') this.#ref('d#', obj.of.ctx);
        else if (obj.of.kind === 'timer') this.#ref('t#', obj.of.timer);
        else this.#text += obj.of.kind === 'time' ? 'T' : '';
        return;
      case 'cell':
        this.#text += `c${escaped}`;
        this.value(obj.v);
        return;
      case 'struct':
        this.#text += `S${obj.opaque ? 'o' : ''}${escaped}`;
        for (const [name, value] of [...obj.fields].sort(([a], [b]) => (a < b ? -1 : 1))) {
          this.#text += `,${name}=`;
          this.value(value);
        }
        return;
      case 'list':
        this.#text += `L${escaped}`;
        for (const value of obj.elems) this.value(value);
        return;
      case 'mutex':
        this.#text += `M${obj.writer ? 'w' : ''}${obj.readers}${escaped}`;
        return;
      case 'waitGroup':
        this.#text += obj.escaped ? 'We' : `W${obj.n}`;
        return;
      case 'once':
        this.#text += `O${obj.state}${escaped}`;
        return;
      case 'cond':
        this.#text += `V${escaped}`;
        this.value(obj.locker);
        return;
      case 'ctx':
        this.#text += `X${obj.open ? 'o' : ''}${obj.cancelled ? 'c' : ''}${obj.cancellable ? '' : 'n'}`;
        if (obj.parent !== null) this.#ref('#', obj.parent);
        return;
      case 'timer':
        this.#text += `K${obj.state}${escaped}${obj.kind}`;
        return;
      case 'group':
        this.#text += `G${obj.escaped ? 'e' : obj.n}`;
        if (obj.ctx !== null) this.#ref('#', obj.ctx);
    }
  }
}
