import type { RecordedRequest } from './state.ts';

/** How GitHub answers instead. */
export type Failure =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown; readonly applied?: boolean }
  /** The connection is cut. */
  | 'cut'
  | 'apply-then-cut'
  /** No answer, ever. */
  | 'silence'
  | 'apply-then-silence'
  /** The right answer, late, or when this is over. */
  | { readonly delayMs: number }
  | { readonly until: Promise<unknown> }
  /** What is applied is carried out although the answer says otherwise, or is lost: GitHub answers so to reviews of many comments. */
  | 'apply-then-502';

export interface Fault {
  readonly match: ((request: RecordedRequest) => boolean) | { readonly method?: string; readonly path: RegExp };
  /** How many matching requests fail; once where it is not told. */
  readonly times?: number;
  readonly with: Failure;
}

export interface Faults {
  readonly add: (fault: Fault) => void;
  /** The failure that this request is to meet, or null; uses it up. */
  readonly take: (request: RecordedRequest) => Failure | null;
  readonly clear: () => void;
}

export function createFaults(): Faults {
  const faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    take: (request) => {
      const found = faults.find(({ fault, left }) => left > 0 && matches(fault, request));
      if (found === undefined) return null;
      found.left -= 1;
      return found.fault.with;
    },
    clear: () => void faults.splice(0),
  };
}

function matches({ match }: Fault, request: RecordedRequest): boolean {
  if (typeof match === 'function') return match(request);
  return (match.method === undefined || match.method.toUpperCase() === request.method) && match.path.test(request.path);
}
