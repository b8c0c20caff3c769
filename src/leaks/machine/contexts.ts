import type { State } from './value.ts';

/** Whether a context can ever be done: Background's Done is nil. */
export function canEnd(state: State, id: number): boolean {
  const ctx = state.heap.get(id);
  if (ctx?.o !== 'ctx') return true;
  return ctx.open || ctx.cancellable || (ctx.parent !== null && canEnd(state, ctx.parent));
}

/** Whether a context may be done by now: it was cancelled, or may be from outside at any time. */
export function mayBeDone(state: State, id: number): boolean {
  const ctx = state.heap.get(id);
  if (ctx?.o !== 'ctx') return true;
  return ctx.open || ctx.cancelled || (ctx.parent !== null && mayBeDone(state, ctx.parent));
}

/** Whether the walk itself has seen a context done, or one that it comes from. */
export function isDone(state: State, id: number): boolean {
  const ctx = state.heap.get(id);
  return ctx?.o === 'ctx' && (ctx.cancelled || (ctx.parent !== null && isDone(state, ctx.parent)));
}
