import { join } from 'node:path';
import type { Leak } from '../../src/finding.ts';
import { scan } from '../../src/scan.ts';
import { openDirectories } from '../../src/source/directory.ts';
import { textTable } from './text-table.ts';

/** The six common patterns of Go's own test corpus, with the functions that each is made of. */
const patterns: Readonly<Record<string, readonly string[]>> = {
  NoCloseRange: ['noCloseRange', 'NoCloseRange'],
  MethodContractViolation: ['worker.Start', 'workerLifecycle', 'MethodContractViolation'],
  DoubleSend: ['doubleSend', 'DoubleSend'],
  EarlyReturn: ['earlyReturn', 'EarlyReturn'],
  NCastLeak: ['nCastLeak', 'NCastLeak'],
  Timeout: ['timeout', 'Timeout'],
};

/** Its small tests, each of which leaks. */
const simple = ['NilRecv', 'NilSend', 'SelectNoCases', 'ChanRecv', 'ChanSend', 'Select', 'WaitGroup', 'MutexStack', 'MutexHeap', 'RWMutexRLock', 'RWMutexLock', 'Cond', 'Mixed'];

/** Its one small test that does not. */
const silent = 'NoLeakGlobal';

/** Scans Go's own corpus of leaks. The answer says per function whether it was found, and ends with the three figures. */
export async function goCorpus(goroot: string): Promise<{ readonly text: string; readonly isAsAimed: boolean }> {
  const directory = join(goroot, 'src', 'runtime', 'testdata', 'testgoroutineleakprofile');
  const { leaks } = await scan(await openDirectories([directory]), { language: 'en' });
  const own = leaks.filter(({ path }) => !path.includes('/goker/'));
  const among = (names: readonly string[]): readonly Leak[] => own.filter((leak) => names.includes(leak.function));
  const rowOf = (name: string, found: readonly Leak[]): string[] => [name, found.map((leak) => `${leak.rule} (${leak.confidence}) line ${leak.line}`).join('; ') || 'silent'];
  const common = Object.entries(patterns).map(([name, functions]) => ({ name, found: among(functions) }));
  const small = simple.map((name) => ({ name, found: among([name]) }));
  const noLeak = among([silent]);
  const share = (some: readonly { readonly found: readonly Leak[] }[]): string => `${some.filter(({ found }) => found.length > 0).length}/${some.length}`;
  const text = [
    textTable([...common, ...small, { name: silent, found: noLeak }].map(({ name, found }) => rowOf(name, found))),
    textTable([['common patterns found', share(common)], ['small tests found', share(small)], [`${silent} silent`, noLeak.length === 0 ? 'yes' : 'no']]),
  ].join('\n\n');
  return { text, isAsAimed: noLeak.length === 0 && common.every(({ found }) => found.length > 0) };
}
