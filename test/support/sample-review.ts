import type { Leak } from '../../src/finding.ts';
import type { Report } from '../../src/format/report.ts';
import type { Review } from '../../src/review.ts';

/** A file as it is at head, with a leak on line 6 and room for its fix on line 4. */
export const fetchGo = `package pkg

func fetch(ctx context.Context) (int, error) {
	ch := make(chan int)
	go func() {
		ch <- slow()
	}()
	select {
	case v := <-ch:
		return v, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
`;

/** A certain leak with a fix, whose texts try to break out of every format. */
export const certainLeak: Leak = {
  rule: 'abandoned-send',
  case: 'Case 1',
  confidence: 'certain',
  path: 'pkg/fe tch,1.go',
  line: 6,
  endLine: 7,
  side: 'RIGHT',
  function: 'fetch',
  message: 'The goroutine waits for ever on `ch <- slow()`: 100% of receivers are gone, "all": yes.',
  steps: [
    { path: 'pkg/fe tch,1.go', line: 5, says: 'spawned here' },
    { path: 'pkg/fe tch,1.go', line: 12, says: 'the receiver leaves' },
    { path: 'pkg/fe tch,1.go', line: 6, says: 'waits for ever' },
  ],
  fix: { title: 'give the channel room for one value', edits: [{ path: 'pkg/fe tch,1.go', startLine: 4, endLine: 4, newText: '\tch := make(chan int, 1)' }] },
  fingerprint: 'abandoned-send:pkg/fetch:fetch:ch:0',
  title: 'abandoned send',
  why: 'The goroutine stays.',
  parked: { function: 'pkg.fetch.func1', waitReason: 'chan send' },
  foundBy: 'walk',
  cause: null,
  yields: null,
  others: [],
};

/** A likely leak that a removed line explains; without a fix. */
export const likelyLeak: Leak = {
  ...certainLeak,
  rule: 'missing-close',
  case: 'Case 2',
  confidence: 'likely',
  path: 'pool.go',
  line: 9,
  endLine: 9,
  side: 'LEFT',
  function: 'Pool.Stop',
  message: 'Nothing closes p.jobs any more.',
  steps: [
    { path: 'worker.go', line: 3, says: 'ranges for ever' },
    { path: 'pool.go', line: 9, says: 'the close that was removed' },
  ],
  fix: null,
  fingerprint: 'missing-close:pool:Pool.Stop:p.jobs:0',
  title: 'channel never closed',
};

export const sampleReview: Review = {
  goFiles: 2,
  leaks: [certainLeak, likelyLeak],
  existing: 1,
  suppressed: 0,
  skipped: [{ path: 'vendor/x.go', says: 'vendored' }],
  problems: [{ path: 'big.go', says: 'larger than 10 MB' }],
  stats: { files: 3, functions: 12, bytesParsed: 4096, milliseconds: 240 },
};

export const sampleReport: Report = {
  review: sampleReview,
  language: 'en',
  version: '1.2.3',
  colors: false,
  textOf: (side, path) => {
    if (side === 'RIGHT' && path === certainLeak.path) return fetchGo;
    if (side === 'LEFT' && path === 'pool.go') return '\n'.repeat(8) + '\tclose(p.jobs)\n';
    return undefined;
  },
};
