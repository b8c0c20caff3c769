import type { File } from '../../go/ast.ts';
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

/** Whether a place is one of those where an endless loop waits. */
export function waitsAt({ body, loop }: EndlessGoroutine, file: File, pos: number): boolean {
  return body.file === file && loop.ops.some((op) => spanOf(loop, op).pos <= pos && pos < spanOf(loop, op).end);
}
