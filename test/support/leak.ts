import type { Leak } from '../../src/finding.ts';
import type { Review } from '../../src/review.ts';

/** A certain leak of the first case, but for what is told. */
export function aLeak(told: Partial<Leak> = {}): Leak {
  return {
    rule: 'abandoned-send',
    case: 'Case 1',
    title: 'abandoned send',
    confidence: 'certain',
    path: 'fetch/fetch.go',
    line: 7,
    endLine: 7,
    side: 'RIGHT',
    function: 'Fetch',
    message: 'The goroutine waits for ever on `ch <- slow()`: after the timeout nobody receives from `ch`.',
    why: 'The goroutine, and everything it holds, stays until the process ends.',
    steps: [
      { path: 'fetch/fetch.go', line: 7, says: 'the goroutine is spawned' },
      { path: 'fetch/fetch.go', line: 12, says: '`Fetch` returns on the timeout' },
      { path: 'fetch/fetch.go', line: 8, says: 'this send then waits for ever' },
    ],
    fix: { title: 'Give `ch` room for the one value', edits: [{ path: 'fetch/fetch.go', startLine: 6, endLine: 6, newText: '\tch := make(chan int, 1)' }] },
    fingerprint: 'f00d',
    parked: { function: 'fetch.Fetch.func1', waitReason: 'chan send' },
    foundBy: 'walk',
    cause: null,
    yields: null,
    others: [],
    ...told,
  };
}

export function aReview(told: Partial<Review> = {}): Review {
  return { goFiles: 1, leaks: [], existing: 0, suppressed: 0, skipped: [], problems: [], stats: { files: 1, functions: 2, bytesParsed: 300, milliseconds: 1 }, ...told };
}

/** The program that `aLeak` is about, with its lines. */
export const leakingProgram = `package fetch

import "time"

func Fetch(d time.Duration) int {
	ch := make(chan int)
	go func() {
		ch <- slow()
	}()
	select {
	case v := <-ch:
		return v
	case <-time.After(d):
		return 0
	}
}

func slow() int { return 1 }
`;
