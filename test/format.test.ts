import type { Log } from 'sarif';
import { describe, expect, test } from 'vitest';
import { applyEdits, EditOutOfPlaceError } from '../src/apply-edits.ts';
import type { Edit } from '../src/finding.ts';
import { formats } from '../src/format/format.ts';
import { pathsShown, type Report } from '../src/format/report.ts';
import { languages } from '../src/words.ts';
import { certainLeak, fetchGo, likelyLeak, sampleReport, sampleReview } from './support/sample-review.ts';

const empty: Report = { ...sampleReport, review: { ...sampleReview, goFiles: 0, leaks: [], existing: 0, skipped: [], problems: [] } };
const withLeaks = (...leaks: Report['review']['leaks']): Report => ({ ...sampleReport, review: { ...sampleReview, leaks } });

describe('json', () => {
  const printed = JSON.parse(formats.json(sampleReport)) as Record<string, unknown> & { findings: Record<string, unknown>[] };

  test('holds what is promised, in the promised order', () => {
    expect(Object.keys(printed)).toEqual(['version', 'findings', 'stats', 'problems']);
    expect(Object.keys(printed.findings[0] ?? {})).toEqual([
      'rule', 'case', 'confidence', 'path', 'line', 'endLine', 'side', 'function', 'message', 'steps', 'fix', 'fingerprint',
    ]);
    expect(printed['version']).toBe(1);
    expect(printed['stats']).toEqual({ files: 3, functions: 12, bytesParsed: 4096, milliseconds: 240 });
    expect(printed['problems']).toEqual([{ path: 'big.go', says: 'larger than 10 MB' }, { path: 'vendor/x.go', says: 'vendored' }]);
  });

  test('holds each finding whole', () => {
    const { title, why, parked, foundBy, cause, others, yields, ...published } = certainLeak;
    expect([title, why, parked, foundBy, cause === null, yields === null, others].every(Boolean)).toBe(true);
    expect(printed.findings[0]).toEqual(published);
    expect(printed.findings[1]?.['fix']).toBeNull();
  });
});

describe('pretty', () => {
  test('shows a leak as its author needs it', () => {
    expect(formats.pretty(withLeaks(certainLeak))).toMatchInlineSnapshot(`
      "pkg/fe tch,1.go:6 Case 1 · abandoned send (certain)
        The goroutine waits for ever on \`ch <- slow()\`: 100% of receivers are gone, "all": yes.

        pkg/fe tch,1.go:5 spawned here
            go func() {
        pkg/fe tch,1.go:12 the receiver leaves
            return 0, ctx.Err()
        pkg/fe tch,1.go:6 waits for ever
            ch <- slow()

        Fix: give the channel room for one value
          --- a/pkg/fe tch,1.go
          +++ b/pkg/fe tch,1.go
          @@ -1,7 +1,7 @@
           package pkg
           
           func fetch(ctx context.Context) (int, error) {
          -	ch := make(chan int)
          +	ch := make(chan int, 1)
           	go func() {
           		ch <- slow()
           	}()

        To confirm: look in /debug/pprof/goroutine?debug=2 for pkg.fetch.func1 in "chan send"; with Go 1.27, or 1.26 built with GOEXPERIMENT=goroutineleakprofile, in /debug/pprof/goroutineleak
        Rule: abandoned-send https://github.com/goleash/goleash/blob/main/fixtures/abandoned-send/README.md

      Problems:
        big.go larger than 10 MB

      Skipped:
        vendor/x.go vendored

      1 goroutine leak: 1 certain, 0 likely · 1 leak of these packages was there before · 3 files, 12 functions, 0.2 s
      "
    `);
  });

  test('shows the removed line that a leak sits on', () => {
    expect(formats.pretty(withLeaks(likelyLeak))).toMatchInlineSnapshot(`
      "pool.go:9 (removed line) Case 2 · channel never closed (likely)
        Nothing closes p.jobs any more.

        worker.go:3 ranges for ever
        pool.go:9 the close that was removed
            close(p.jobs)

        To confirm: look in /debug/pprof/goroutine?debug=2 for pkg.fetch.func1 in "chan send"; with Go 1.27, or 1.26 built with GOEXPERIMENT=goroutineleakprofile, in /debug/pprof/goroutineleak
        Rule: missing-close https://github.com/goleash/goleash/blob/main/fixtures/missing-close/README.md

      Problems:
        big.go larger than 10 MB

      Skipped:
        vendor/x.go vendored

      1 goroutine leak: 0 certain, 1 likely · 1 leak of these packages was there before · 3 files, 12 functions, 0.2 s
      "
    `);
  });

  test('says that all is well', () => {
    expect(formats.pretty(empty)).toBe('No Go files to review · 3 files, 12 functions, 0.2 s\n');
    expect(formats.pretty({ ...empty, review: { ...empty.review, goFiles: 1 } })).toMatch(/^No goroutine leaks found · /);
  });

  test('speaks Chinese', () => {
    const printed = formats.pretty({ ...sampleReport, language: 'zh-CN' });
    expect(printed).toContain('发现 2 处 goroutine 泄露：1 处确定，1 处可能 · 这些包中另有 1 处泄露此前已存在 · 3 个文件，12 个函数，0.2 秒');
    for (const word of ['To confirm', 'Fix:', 'Rule:', 'certain', 'Skipped']) expect(printed).not.toContain(word);
  });

  test('has colours only where they are wanted', () => {
    expect(formats.pretty(sampleReport)).not.toContain('\u001b');
    expect(formats.pretty({ ...sampleReport, colors: true })).toContain('\u001b[32m+\tch := make(chan int, 1)\u001b[0m');
  });

  test('lets reviewed code neither steer the terminal nor turn its text round', () => {
    const evil = { ...certainLeak, message: 'a\u001b[2J\u0007\u009b31m\u202e', steps: [{ path: 'x\r.go', line: 1, says: '\u2066' }] };
    const printed = formats.pretty(withLeaks(evil));
    expect(printed).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
    expect(printed).toContain('a␛[2J␇<U+009B>31m<U+202E>');
  });

  test('shows what a fix puts in where the file is not at hand', () => {
    expect(formats.pretty({ ...withLeaks(certainLeak), textOf: () => undefined })).toContain('    @@ -4 @@\n    +\tch := make(chan int, 1)\n');
  });
});

describe('sarif', () => {
  const log = JSON.parse(formats.sarif(sampleReport)) as Log;
  const run = log.runs[0];

  test('tells what ran, and what it could not read', () => {
    expect(log.version).toBe('2.1.0');
    expect(run?.tool.driver).toMatchObject({ name: 'goleash', semanticVersion: '1.2.3' });
    expect(run?.tool.driver.rules?.[0]).toMatchObject({ id: 'abandoned-send', shortDescription: { text: 'Case 1 · abandoned send' } });
    expect(run?.invocations?.[0]?.toolExecutionNotifications).toMatchObject([{ message: { text: 'larger than 10 MB' }, locations: [{ physicalLocation: { artifactLocation: { uri: 'big.go' } } }] }]);
  });

  test('places a leak, its witness and its fix', () => {
    const uri = 'pkg/fe%20tch%2C1.go';
    expect(run?.results?.[0]).toMatchObject({
      ruleId: 'abandoned-send',
      ruleIndex: 0,
      level: 'warning',
      locations: [{ physicalLocation: { artifactLocation: { uri }, region: { startLine: 6, endLine: 7 } }, logicalLocations: [{ fullyQualifiedName: 'fetch' }] }],
      partialFingerprints: { 'goleash/v1': certainLeak.fingerprint },
      codeFlows: [{ threadFlows: [{ locations: certainLeak.steps.map(({ line, says }) => ({ location: { physicalLocation: { region: { startLine: line } }, message: { text: says } } })) }] }],
      fixes: [{ description: { text: 'give the channel room for one value' }, artifactChanges: [{ artifactLocation: { uri }, replacements: [{ deletedRegion: { startLine: 4, endLine: 4 }, insertedContent: { text: '\tch := make(chan int, 1)' } }] }] }],
    });
  });

  test('places a leak of a removed line where it then waits', () => {
    const result = run?.results?.[1];
    expect(result).toMatchObject({ level: 'note', locations: [{ physicalLocation: { artifactLocation: { uri: 'worker.go' }, region: { startLine: 3, endLine: 3 } } }] });
    expect(result).not.toHaveProperty('fixes');
  });

  test('deletes lines with their break, and keeps the kind of break', () => {
    const edits: Edit[] = [{ path: 'a.go', startLine: 2, endLine: 3, newText: '' }, { path: 'a.go', startLine: 5, endLine: 5, newText: 'x\ny' }];
    const leak = { ...certainLeak, path: '/abs/a b.go', fix: { title: 'delete it', edits } };
    const other = JSON.parse(formats.sarif({ ...withLeaks(leak), textOf: () => 'a\r\nb\r\n' })) as Log;
    const result = other.runs[0]?.results?.[0];
    expect(result?.locations?.[0]?.physicalLocation?.artifactLocation?.uri).toBe('file:///abs/a%20b.go');
    expect(result?.fixes?.[0]?.artifactChanges[0]?.replacements).toEqual([
      { deletedRegion: { startLine: 2, startColumn: 1, endLine: 4, endColumn: 1 } },
      { deletedRegion: { startLine: 5, endLine: 5 }, insertedContent: { text: 'x\r\ny' } },
    ]);
  });
});

describe('rdjsonl', () => {
  test('is one diagnostic a line, with its suggestion', () => {
    const lines = formats.rdjsonl(sampleReport).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      {
        message: `Case 1 · abandoned send: ${certainLeak.message}\n1. \`pkg/fe tch,1.go:5\` spawned here\n2. \`pkg/fe tch,1.go:12\` the receiver leaves\n3. \`pkg/fe tch,1.go:6\` waits for ever`,
        location: { path: 'pkg/fe tch,1.go', range: { start: { line: 6 }, end: { line: 7 } } },
        severity: 'WARNING',
        source: { name: 'goleash' },
        code: { value: 'abandoned-send' },
        suggestions: [{ range: { start: { line: 4 }, end: { line: 4 } }, text: '\tch := make(chan int, 1)' }],
      },
      { location: { path: 'worker.go', range: { start: { line: 3 }, end: { line: 3 } } }, severity: 'INFO' },
    ]);
  });

  test('suggests nothing where the fix reaches into another file', () => {
    const edits = [...(certainLeak.fix?.edits ?? []), { path: 'other.go', startLine: 1, endLine: 1, newText: 'x' }];
    expect(formats.rdjsonl(withLeaks({ ...certainLeak, fix: { title: 'fix both', edits } }))).not.toContain('suggestions');
  });

  test('is nothing where nothing was found', () => expect(formats.rdjsonl(empty)).toBe(''));
});

describe('github', () => {
  test('is one escaped command a finding', () => {
    expect(formats.github(sampleReport).split('\n')).toEqual([
      '::warning file=pkg/fe tch%2C1.go,line=6,endLine=7,title=Case 1 · abandoned send::The goroutine waits for ever on `ch <- slow()`: 100%25 of receivers are gone, "all": yes.%0A1. pkg/fe tch,1.go:5 spawned here%0A2. pkg/fe tch,1.go:12 the receiver leaves%0A3. pkg/fe tch,1.go:6 waits for ever',
      '::notice file=worker.go,line=3,endLine=3,title=Case 2 · channel never closed::Nothing closes p.jobs any more.%0A1. worker.go:3 ranges for ever%0A2. pool.go:9 the close that was removed',
      '::notice file=big.go,title=Problems::larger than 10 MB',
      '',
    ]);
  });

  test('cannot be made to give other commands', () => {
    const printed = formats.github(withLeaks({ ...certainLeak, path: 'a\n::error::x', steps: [], message: '\r\n::set-output name=x::y' }));
    expect(printed.split('\n').filter((line) => line.startsWith('::'))).toHaveLength(2);
    expect(printed).not.toContain('\r');
  });
});

describe('every format', () => {
  test.each(Object.keys(formats) as (keyof typeof formats)[])('%s ends each line, in every language', (format) => {
    for (const language of languages) expect(formats[format]({ ...sampleReport, language })).toMatch(/[^\n]\n$/);
  });

  test('asks for the texts it shows', () => {
    expect(pathsShown(sampleReview.leaks)).toEqual({ RIGHT: ['pkg/fe tch,1.go', 'pool.go', 'worker.go'], LEFT: ['pool.go'] });
  });
});

describe('edits', () => {
  const edit = (startLine: number, endLine: number, newText: string): Edit => ({ path: 'a.go', startLine, endLine, newText });

  test.each<[string, readonly Edit[], string]>([
    ['a\nb\nc\n', [edit(2, 2, 'B')], 'a\nB\nc\n'],
    ['a\nb\nc\n', [edit(1, 2, '')], 'c\n'],
    ['a\nb\nc\n', [edit(1, 1, 'x\ny'), edit(3, 3, 'z')], 'x\ny\nb\nz\n'],
    ['a\nb\nc\n', [edit(3, 3, 'z'), edit(1, 1, '')], 'b\nz\n'],
    ['a\r\nb\r\n', [edit(2, 2, 'x\ny')], 'a\r\nx\r\ny\r\n'],
    ['a\nb', [edit(2, 2, 'x\ny')], 'a\nx\ny'],
    ['a\nb', [edit(1, 1, ''), edit(2, 2, 'x')], 'x'],
  ])('turn %j by %j into %j', (before, edits, after) => expect(applyEdits(before, edits)).toBe(after));

  test.each([[[edit(0, 1, 'x')]], [[edit(2, 1, 'x')]], [[edit(15, 15, 'x')]], [[edit(1, 2, 'x'), edit(2, 3, 'y')]]])('are refused out of place: %j', (edits) => {
    expect(() => applyEdits(fetchGo, edits)).toThrow(EditOutOfPlaceError);
  });
});
