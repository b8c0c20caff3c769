import type { Meta } from './rule.ts';
import { rules } from './rules/index.ts';

/** Every rule's description, in the catalogue's order. */
export const catalogue: readonly Meta[] = rules.map((rule) => rule.meta);
