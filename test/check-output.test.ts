import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { parsePatch } from '../src/diff.ts';
import { failedOutput, leftAloneOutput, longestOutput, movedOutput, noGoOutput, reviewedOutput } from '../src/github/check-output.ts';
import { plan } from '../src/github/plan.ts';
import { nothingTidied } from '../src/github/tidied.ts';
import { languages } from '../src/words.ts';
import { aLeak, aReview } from './support/leak.ts';
import type { CheckOutput, ReviewedInput } from '../src/github/check-output.ts';
import type { Failure } from '../src/github/failure.ts';
import type { Leak } from '../src/finding.ts';

const markdown = new MarkdownIt({ html: true });
const at = Date.UTC(2026, 10, 23, 8, 5, 9);

function outputOf(leaks: readonly Leak[], told: Partial<ReviewedInput> = {}): CheckOutput {
  const changes = [{ path: 'fetch/fetch.go', previousPath: null, status: 'added', hunks: parsePatch(`@@ -0,0 +1,20 @@\n${'+x\n'.repeat(20).trimEnd()}`) } as const];
  const review = aReview({ leaks });
  return reviewedOutput({
    plan: plan({ leaks, changes, posted: new Set(), dismissed: new Map(), texts: new Map(), maxComments: 10, conclusion: 'neutral', incomplete: false }),
    review,
    context: { webUrl: 'https://github.com', owner: 'acme', repo: 'service', sha: 'abc', language: 'en' },
    config: { rules: {} },
    configProblems: [],
    filesCut: null,
    requests: 6,
    milliseconds: 812.4,
    commentsRefused: null,
    tidied: nothingTidied, fixes: 'none',
    ...told,
  });
}

describe('the check run of a review', () => {
  test('holds a table, how to confirm, and what it cost', () => {
    const { title, summary, conclusion } = outputOf([aLeak(), aLeak({ line: 12, endLine: 14, confidence: 'likely', fingerprint: 'b', parked: { function: 'fetch.Fetch', waitReason: 'select' } })]);
    expect(title).toBe('1 goroutine leak and 1 likely leak introduced by this change');
    expect(conclusion).toBe('neutral');
    expect(summary).toBe(`| Case | Function | Where | Confidence | Shown |
| --- | --- | --- | --- | --- |
| Case 1 · abandoned send | \`Fetch\` | [\`fetch/fetch.go:7\`](https://github.com/acme/service/blob/abc/fetch/fetch.go#L7) | certain | comment |
| Case 1 · abandoned send | \`Fetch\` | [\`fetch/fetch.go:12\`](https://github.com/acme/service/blob/abc/fetch/fetch.go#L12-L14) | likely | only here |

### How to confirm

Run the code path, then read \`/debug/pprof/goroutine?debug=2\`: each goroutine below stays in the state beside it. With Go ≥ 1.26 (\`GOEXPERIMENT=goroutineleakprofile\`, always on in 1.27) \`/debug/pprof/goroutineleak\` lists the leaked goroutines themselves.

- \`fetch.Fetch.func1\` · \`chan send\`
- \`fetch.Fetch\` · \`select\`

Analysed 1 Go file and 2 functions; took 812 ms and 6 requests to GitHub.`);
  });

  test('stays within the limits of GitHub, however much there is to say', () => {
    const leaks = Array.from({ length: 500 }, (_, index) => aLeak({ confidence: 'likely', fingerprint: `fp${index}`, message: 'word '.repeat(2_000), function: `F${index}|${'x'.repeat(500)}` }));
    const output = outputOf(leaks, { review: aReview({ leaks, problems: Array.from({ length: 900 }, (_, index) => ({ path: `p${index}/${'y'.repeat(400)}.go`, says: 'too large' })) }) });
    expect(output.summary.length).toBeLessThanOrEqual(longestOutput);
    expect(output.text.length).toBeLessThanOrEqual(longestOutput);
    expect(output.annotations).toHaveLength(500);
    expect(output.annotations.every(({ message, title }) => message.length <= 16_000 && title.length <= 255)).toBe(true);
    expect(output.text).toContain('Cut here');
  });

  test('joins sentences as their language does', () => {
    const says = (message: string): string | undefined => outputOf([aLeak({ confidence: 'likely', message, why: 'WHY', steps: [] })]).annotations[0]?.message;
    expect([says('Waits.'), says('永远等待。')]).toEqual(['Waits. WHY', '永远等待。WHY']);
  });

  test('shows names of the pull request as code, in five columns, whatever they are', () => {
    const { summary } = outputOf([aLeak({ path: 'a|b`@octocat.go', function: '@octocat|`#1' })]);
    const html = markdown.render(summary);
    expect(html.match(/<td>/g)).toHaveLength(5);
    expect(html.replace(/<code>.*?<\/code>/g, '')).not.toMatch(/@octocat|#1/);
  });

  test('says that GitHub lists no more files', () => {
    expect(outputOf([], { filesCut: 3000 }).summary).toContain('GitHub lists at most 3000 changed files');
  });
});

describe('in every language', () => {
  const failures: readonly Failure[] = [
    { kind: 'permission', needed: 'checks=write', says: 'Resource not accessible by integration' },
    { kind: 'rate-limit', until: at },
    { kind: 'github', status: 502 },
    { kind: 'github', status: null },
    { kind: 'not-found' },
    { kind: 'refused', says: 'Validation Failed' },
    { kind: 'interrupted' },
    { kind: 'timed-out', seconds: 300 },
    { kind: 'bug' },
  ];

  test.each(languages)('%s: a failure is neutral, and says what happened, when it is tried again, and what to press', (language) => {
    const titles = failures.map((failure) => {
      const { conclusion, title, summary } = failedOutput(failure, { language, reference: 'the-delivery', retryAt: at });
      expect(conclusion).toBe('neutral');
      expect(summary).toContain('2026-11-23 08:05:09 UTC');
      expect(summary).toContain('*Re-run*');
      return title;
    });
    expect(new Set(titles).size).toBe(failures.length);
    expect(failedOutput({ kind: 'bug' }, { language, reference: 'the-delivery', retryAt: null }).summary).toContain('`the-delivery`');
    expect(failedOutput({ kind: 'permission', needed: 'checks=write', says: 'No' }, { language, reference: '', retryAt: null }).summary).toContain('`checks=write`');
  });

  test.each(languages)('%s: no Go, drafts and moved heads are never red', (language) => {
    expect(noGoOutput(3, [], nothingTidied, language).conclusion).toBe('success');
    for (const alone of [{ why: 'draft' }, { why: 'bot' }, { why: 'label', labels: ['@x'] }, { why: 'no-label', labels: ['a`b'] }] as const) {
      expect(leftAloneOutput(alone, [], language)).toMatchObject({ conclusion: 'neutral', title: expect.stringMatching(/./) as string, summary: expect.stringMatching(/./) as string });
    }
    expect(movedOutput('0123456789abcdef', language)).toMatchObject({ conclusion: 'cancelled', text: '' });
    expect(movedOutput('0123456789abcdef', language).summary).toContain('`0123456789ab`');
  });
});
