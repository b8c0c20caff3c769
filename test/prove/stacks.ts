import type { Place } from './fixtures.ts';

/** A goroutine that outlived its function. */
export interface Survivor {
  readonly id: string;
  /** The runtime's wait reason, such as `chan send`; `running` and `runnable` for one that spins. */
  readonly waitReason: string;
  /** The innermost frame in the fixture: where it waits. Null if all of its frames are a library's. */
  readonly parked: Place | null;
  /** The function of that frame without its package, such as `LeakTimeout.func1` or `(*store).count`. */
  readonly function: string;
  /** The `go` statement that started it, if that is in the fixture. */
  readonly spawned: Place | null;
  /** Whether the goroutineleak profile lists it; null where there is no such profile. */
  readonly listed: boolean | null;
}

const frame = /^(?<call>\S.*)\n\t(?<file>\S+):(?<line>\d+)/gmu;

/** Reads one stack as the runtime prints it. `folder` is the import path of the fixture's package. */
export function readStack(stack: string, folder: string, fileFolder: string, leaked: readonly string[] | null): Survivor {
  const [, id = '', state = ''] = /^goroutine (\d+) .*?\[([^\],]+)/u.exec(stack) ?? [];
  const frames = Array.from(stack.matchAll(frame), (match) => {
    const file = match.groups?.['file'] ?? '';
    const inside = file.startsWith(`${folder}/`) && !file.slice(folder.length + 1).includes('/');
    return {
      call: match.groups?.['call'] ?? '',
      place: inside ? { path: `${fileFolder}/${file.slice(folder.length + 1)}`, line: Number(match.groups?.['line']) } : null,
    };
  });
  const isSpawn = (call: string): boolean => call.startsWith('created by ');
  const parked = frames.find((candidate) => candidate.place !== null && !isSpawn(candidate.call));
  const spawn = frames.find((candidate) => isSpawn(candidate.call));
  return {
    id,
    waitReason: state.replace(/ \(leaked\)$/u, ''),
    parked: parked?.place ?? null,
    function: functionName(parked?.call ?? ''),
    spawned: spawn?.place ?? null,
    listed: leaked === null ? null : leaked.includes(id),
  };
}

/** `example/pkg.(*T).run(0x1, 0x2)` → `(*T).run`. */
function functionName(call: string): string {
  const name = call.slice(call.lastIndexOf('/', call.search(/\.\(|\(/u)) + 1);
  return name.replace(/^[^.]*\./u, '').replace(/\([^()]*\)$/u, '');
}
