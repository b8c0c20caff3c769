import { push } from '../../go/push.ts';
import { eachHeld } from './live.ts';
import type { Proc, State, Value } from './value.ts';

/**
 * Groups goroutines that share anything one of them could wait for or change: goroutines of different groups run beside each
 * other without meeting, so each group can be walked by itself instead of in all interleavings with the others.
 * What unseen code knows too does not tie, for an operation on it never waits, except where locks are followed: a lock may lie in it; and
 * except for channels that it does not close.
 */
export function components(state: State, withLocks: boolean): number[][] {
  const groupOf = new Map<number, number>();
  const parent = state.procs.map((_, index) => index);
  const find = (index: number): number => {
    let at = index;
    while (parent[at] !== at) at = parent[at] ?? at;
    return at;
  };
  for (const [index, proc] of state.procs.entries()) {
    for (const id of reachable(state, proc, withLocks)) {
      const first = groupOf.get(id);
      if (first === undefined) groupOf.set(id, index);
      else parent[find(index)] = find(first);
    }
  }
  const groups = new Map<number, number[]>();
  for (const index of state.procs.keys()) {
    const root = find(index);
    push(groups, root, index);
  }
  return [...groups.values()];
}

/** The objects of its own that a goroutine can come to. */
function reachable(state: State, proc: Proc, withLocks: boolean): Set<number> {
  const seen = new Set<number>();
  const work: Value[] = [];
  const globals = withLocks ? state.heap.get(0) : undefined;
  if (globals?.o === 'struct') work.push(...globals.fields.values());
  const add = (value: Value | null | undefined): void => {
    if (value) work.push(value);
  };
  eachHeld(proc, add);
  for (const id of [...proc.done, ...(proc.timer === null ? [] : [proc.timer]), ...(proc.waiting === null || proc.waiting < 0 ? [] : [proc.waiting])]) work.push({ t: 'ref', id });
  for (let value = work.pop(); value; value = work.pop()) {
    if (value.t === 'func') {
      for (const capture of value.captures) add(capture);
      add(value.recv);
    } else if (value.t === 'cmp') {
      add(value.x);
      add(value.y);
    }
    const id = value.t === 'ref' || value.t === 'sym' ? value.id : value.t === 'cancel' ? value.ctx : null;
    if (id === null || seen.has(id)) continue;
    const obj = state.heap.get(id);
    if (!obj || ('escaped' in obj && obj.escaped && !(withLocks && obj.o === 'struct') && !(obj.o === 'chan' && obj.closedHere))) continue;
    if (obj.o === 'ctx' && obj.open && !obj.cancellable) continue;
    seen.add(id);
    switch (obj.o) {
      case 'cell':
        add(obj.v);
        break;
      case 'struct':
        for (const field of obj.fields.values()) add(field);
        break;
      case 'list':
        for (const elem of obj.elems) add(elem);
        break;
      case 'chan':
        for (const one of obj.buf) add(one);
        if (obj.of.kind === 'done') work.push({ t: 'ref', id: obj.of.ctx });
        if (obj.of.kind === 'timer') work.push({ t: 'ref', id: obj.of.timer });
        break;
      case 'cond':
        add(obj.locker);
        break;
      case 'ctx':
        if (obj.parent !== null) work.push({ t: 'ref', id: obj.parent });
        break;
      case 'group':
        if (obj.ctx !== null) work.push({ t: 'ref', id: obj.ctx });
        break;
      default:
    }
  }
  return seen;
}
