import type { GoPackage } from '../../go/package.ts';
import { takingMethods } from './operations.ts';

/**
 * Whether code may take a lock or wait for a condition, by the names that it mentions. Where none of the functions under study and
 * none that they can come to does, no place of theirs is one that a question about locks could be answered with.
 */
export function mayLock(pkg: GoPackage, reached: GoPackage): boolean {
  return [...takingMethods].some(([name, types]) => {
    const isMeant = types.length === 0 || types.some((type) => pkg.mentions.of(type).length > 0);
    return isMeant && reached.mentioning(name).next().done === false;
  });
}
