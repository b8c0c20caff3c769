import { operationOf, positionOf, type Wait } from '../analysis.ts';
import type { End } from './ends.ts';

/** Whether the machine has found a goroutine that waits for good at a send or receive. */
export function isAt({ stuck: { step } }: Wait, { kind, file, node }: End): boolean {
  return operationOf(step) === (kind === 'receive' ? 'recv' : kind) && step.frame.code.file === file && positionOf(step) === node.pos;
}
