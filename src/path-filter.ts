import type { PathRules } from './config.ts';
import { compileGlob } from './glob.ts';

/** What holds where nobody has configured anything. */
export const everyPath: PathRules = { include: [], exclude: [] };

/** Whether a file is to be reviewed. */
export function pathFilter({ include, exclude }: PathRules): (path: string) => boolean {
  const [included, excluded] = [include, exclude].map((globs) => globs.flatMap((glob) => compileGlob(glob) ?? []));
  return (path) => (included?.length === 0 || included?.some((matches) => matches(path)) === true) && excluded?.some((matches) => matches(path)) !== true;
}
