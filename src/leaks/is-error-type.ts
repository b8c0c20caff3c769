import type { GoPackage } from '../go/package.ts';
import { deref, type Type } from '../go/type.ts';

/** How packages name types of errors; of what they declare no more is known here. */
const errorName = /Err(?:or)?$/u;

/** Whether a value of a type is an error: `error` itself, what has its method, or embeds it, and what another package calls one. */
export function isErrorType(pkg: GoPackage, type: Type): boolean {
  const target = deref(type);
  if (target.kind === 'basic') return target.name === 'error';
  if (target.kind !== 'named') return false;
  if (target.path !== '') return errorName.test(target.name);
  const under = pkg.infer.underlying(target);
  return pkg.infer.selectIn(target, 'Error') !== undefined || (under.kind === 'interface' && under.embeddeds.some((one) => isErrorType(pkg, one)));
}
