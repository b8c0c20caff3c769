import type { GoPackage } from '../../go/package.ts';

/** The types of other packages that may be waited on, by the method that does so: their zero values are there to be waited on. */
const waiting: readonly (readonly [method: string, made: readonly string[]])[] = [
  ['Wait', ['WaitGroup', 'Cond', 'NewCond', 'Group', 'WithContext']],
  ['Do', ['Once']],
  ['Done', ['Background', 'TODO', 'WithoutCancel', 'Context']],
];

/** What makes a channel without saying `chan`, and fields of other packages that hold one: timers, `http.Request.Cancel`, `fsnotify.Watcher.Events`. */
const channels: readonly string[] = ['chan', 'NewTimer', 'NewTicker', 'AfterFunc', 'C', 'Cancel', 'Errors', 'Events'];

/**
 * Whether the code of a package may make something to wait on, by its text alone. Where it does not, no walk finds anything: what comes from
 * elsewhere is in unseen hands. What is sent on or received from may be nil, whose type is not written where it is.
 */
export function mayMake(pkg: GoPackage): boolean {
  return channels.some((name) => pkg.says(name)) || !pkg.saying(/<-/u).next().done || waiting.some(([method, made]) => pkg.says(method) && made.some((name) => pkg.says(name)));
}

/** Whether it may take a lock that the machine knows. */
export function mayTakeLock(pkg: GoPackage): boolean {
  return pkg.says('Lock') || pkg.says('RLock');
}
