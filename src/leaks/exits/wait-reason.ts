import type { Place } from '../place.ts';
import type { EndlessGoroutine } from './exits.ts';
import type { EndlessLoop, Op } from './loops.ts';

/** The runtime's word for what a goroutine is at, in a goroutine profile. */
export function waitReason(op: Op | undefined): string {
  switch (op?.kind) {
    case 'select':
      // The compiler makes a plain receive of a select with one case.
      return op.node.clauses.length === 1 ? 'chan receive' : 'select';
    case 'receive':
    case 'range':
      return 'chan receive';
    case 'send':
      return 'chan send';
    case 'sleep':
      return 'sleep';
    case 'call':
      return 'IO wait';
    case undefined:
      return 'runnable';
  }
}

/** The text span a reader should look at: the head of a range or select, or the operation; the word `for` where the loop waits for nothing. */
export function spanOf({ loop }: EndlessLoop, op: Op | undefined): { readonly pos: number; readonly end: number } {
  if (!op) return { pos: loop.pos, end: loop.pos + 'for'.length };
  switch (op.kind) {
    case 'range':
      return { pos: op.node.pos, end: op.node.x.end };
    case 'select':
      return { pos: op.node.pos, end: op.node.pos + 'select'.length };
    default:
      return op.node;
  }
}

/** Where an endless loop waits: what a clear finding of it has already said all about. */
export function waitsOf({ body, loop }: EndlessGoroutine): Place[] {
  return loop.ops.map((op) => ({ file: body.file, span: spanOf(loop, op) }));
}
