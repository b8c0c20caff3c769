import { remarks } from './remarks.ts';
import type { Meta } from './rule.ts';
import { rules } from './rules/index.ts';

/** Every rule's description, in the catalogue's order. */
export const catalogue: readonly Meta[] = rules.map((rule) => rule.meta);

/** All that a finding can be named after: the rules, and what is said of ignore comments. */
export const named: readonly Meta[] = [...catalogue, ...Object.values(remarks)];
