import { eachHeld } from './live.ts';
import { skeletonOf } from './skeleton.ts';
import type { Obj, State, Value } from './value.ts';

/**
 * Drops from a state what makes no difference to any run: objects that nothing leads to, facts about what is gone, and fields that were only
 * looked at. Such a field holds what reading it would make up again, and nobody else has it, so that having read it is as good as not.
 */
export function prune(state: State): void {
  const counts = new Map<number, number>();
  const order: number[] = [];
  const count = (id: number): void => {
    const times = counts.get(id);
    counts.set(id, (times ?? 0) + 1);
    if (times === undefined && state.heap.has(id)) order.push(id);
  };
  const countAll = (thing: Obj | Value): void => {
    for (const id of skeletonOf(thing).refs) count(id);
  };
  count(0); // the package's variables
  for (const proc of state.procs) {
    if (proc.timer !== null) count(proc.timer);
    if (proc.waiting !== null && proc.waiting >= 0) count(proc.waiting);
    for (const id of proc.done) count(id);
    for (const frame of proc.frames) if (frame.after) count(frame.after.id);
    eachHeld(proc, (value) => {
      if (value.t === 'ref' || value.t === 'sym') count(value.id);
      else if (value.t === 'func' || value.t === 'cmp' || value.t === 'cancel') countAll(value);
    });
  }
  for (const id of order) {
    const obj = state.heap.get(id);
    if (obj) countAll(obj);
  }
  const isKept = (value: Value): boolean => (value.t === 'sym' || value.t === 'ref' ? counts.has(value.id) : value.t !== 'func' && value.t !== 'cmp' && value.t !== 'cancel');
  if (state.facts.length > 0) {
    state.facts = state.facts.filter(({ x, y }) => isKept(x) && isKept(y));
    for (const { x, y } of state.facts) for (const value of [x, y]) if (value.t === 'sym' || value.t === 'ref') count(value.id);
  }
  for (const id of state.heap.keys()) if (!counts.has(id)) state.heap.delete(id);
  const isAlone = (id: number): boolean => counts.get(id) === 1;
  // What was found later lies deeper: emptied first, it lets what leads to it be emptied too.
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const id = order[at] ?? 0;
    const obj = state.heap.get(id);
    if (obj?.o !== 'struct' || obj.read === undefined) continue;
    const isMadeUp = obj.opaque || obj.escaped ? isOpaque : isZero;
    const idle = [...obj.read].filter((name) => {
      const value = obj.fields.get(name);
      // A lock among the package's variables ties the goroutines that use it: see components.ts.
      return value !== undefined && isMadeUp(state, value, isAlone) && !(id === 0 && state.get(value)?.o === 'mutex');
    });
    if (idle.length === 0) continue;
    const fields = new Map(obj.fields);
    for (const name of idle) {
      const value = fields.get(name);
      if (value?.t === 'ref') state.heap.delete(value.id);
      fields.delete(name);
    }
    if (fields.size === 0 && obj.ofSymbol === true) state.heap.delete(id);
    else state.heap.set(id, { ...obj, fields, read: new Set([...obj.read].filter((name) => fields.has(name))) });
  }
}

type IsAlone = (id: number) => boolean;

/** Whether a value is one that unseen code hands out, of which nothing has been learned since. */
function isOpaque(state: State, value: Value, isAlone: IsAlone): boolean {
  if (value.t === 'sym') return value.lossy !== true && isAlone(value.id) && !state.heap.has(value.id);
  if (value.t !== 'ref' || !isAlone(value.id)) return false;
  const obj = state.heap.get(value.id);
  switch (obj?.o) {
    case 'chan':
      return obj.escaped && obj.of.kind === 'plain';
    case 'struct':
      return obj.opaque && obj.fields.size === 0;
    case 'ctx':
      return obj.parent === null && obj.open && !obj.cancelled && obj.cancellable;
    case 'mutex':
      return !obj.writer && obj.readers === 0 && !obj.escaped;
    case 'waitGroup':
      return obj.escaped;
    case 'once':
      return obj.escaped && obj.state === 'new';
    case 'cond':
      return obj.escaped && obj.locker.t === 'nil';
    case 'group':
      return obj.escaped && obj.ctx === null;
    default:
      return false;
  }
}

/** Whether a value is the zero value still. */
function isZero(state: State, value: Value, isAlone: IsAlone): boolean {
  switch (value.t) {
    case 'nil':
      return value.of === undefined;
    case 'bool':
      return !value.v;
    case 'int':
      return value.v === 0;
    case 'const':
      return value.v === '""';
    case 'sym':
      return value.lossy === true && isAlone(value.id) && !state.heap.has(value.id);
    case 'ref':
      break;
    default:
      return false;
  }
  if (!isAlone(value.id)) return false;
  const obj = state.heap.get(value.id);
  if (obj === undefined || ('escaped' in obj && obj.escaped)) return false;
  switch (obj.o) {
    case 'struct':
      return !obj.opaque && obj.fields.size === 0;
    case 'list':
      return obj.elems.length === 0;
    case 'mutex':
      return !obj.writer && obj.readers === 0;
    case 'waitGroup':
      return obj.n === 0;
    case 'once':
      return obj.state === 'new';
    case 'cond':
      return obj.locker.t === 'nil';
    case 'group':
      return obj.n === 0 && obj.ctx === null;
    default:
      return false;
  }
}
