import { operationOf, positionOf, type Wait } from '../analysis.ts';
import type { End } from './ends.ts';

/** Whether the machine has found a goroutine that waits for good at a send. */
export function isAt({ stuck: { step } }: Wait, send: End): boolean {
  return operationOf(step) === 'send' && step.frame.code.file === send.file && positionOf(step) === send.node.pos;
}
