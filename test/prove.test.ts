import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Edit, Leak } from '../src/finding.ts';
import type { AnalysedFile, Findings } from './prove/findings.ts';
import { applyEdits } from './prove/fixes.ts';
import { prove } from './prove/proof.ts';
import { readFixture, withoutMarks } from './prove/source.ts';
import { readStack } from './prove/stacks.ts';
import { toolchain } from './prove/toolchain.ts';

const wrong = join(import.meta.dirname, 'prove', 'wrong');
const chain = await toolchain();
const noGo = chain === null ? ': skipped, no Go toolchain was found' : '';
if (noGo !== '') process.stderr.write(`prove: the wrong fixtures are${noGo.slice(1)}\n`);

/** A made-up finding in `name`, whose goroutine is its first closure and sends. */
function leakAt({ path, text }: AnalysedFile, name: string, line: number, edits: readonly Edit[] | null): Leak {
  const spawn = text.split('\n').slice(0, line).findLastIndex((above) => above.includes('go func')) + 1;
  return {
    rule: 'abandoned-send', case: 'Case 1', confidence: 'certain', path, line, endLine: line, side: 'RIGHT', function: '', message: 'made up',
    steps: [{ path, line: spawn, says: 'starts it' }], fix: edits === null ? null : { title: 'mend it', edits }, fingerprint: '', title: '', why: '',
    parked: { function: `pkg.${name}.func1`, waitReason: 'chan send' },
    foundBy: 'walk',
    cause: null,
    yields: null,
    others: [],
  };
}

/** The 1-based number of the first line that holds `part`, at or behind the one that holds `after`. */
function lineOf(text: string, part: string, after = ''): number {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.includes(after));
  return lines.findIndex((line, index) => index >= from && line.includes(part)) + 1;
}

describe.skipIf(chain === null)(`the prover, on fixtures that are wrong on purpose${noGo}`, () => {
  async function complaints(rule: string, findings: Findings | null): Promise<string[]> {
    if (chain === null) return [];
    const proofs = await prove(chain, { root: wrong, findings, rules: [rule], repeats: 2, settleMilliseconds: 150 });
    return proofs.flatMap((proof) => proof.complaints.map((complaint) => `${complaint.subject}: ${complaint.says}`));
  }

  describe('names', () => {
    let said: string[];
    beforeAll(async () => {
      said = await complaints('bad-name', null);
    });

    it('refuses a Leak that leaves nothing', () => {
      expect(said).toContain('LeakNothing: is called Leak and leaves nothing in 4 of 4 runs');
      expect(said).toContain('bad-name/names.go:7: no run leaves a goroutine at this mark');
    });

    it('refuses a Safe that leaves a goroutine', () => {
      expect(said).toContain('SafeNot: is called Safe and leaves a goroutine: [chan send] at bad-name/names.go:14, spawned bad-name/names.go:14');
    });

    it('refuses a function that ends its process unannounced', () => {
      expect(said).toContainEqual(expect.stringMatching(/^SafePanic: ended its process with code 2 .*panic: on purpose/u));
    });

    it('has nothing else to say', () => {
      expect(said).toHaveLength(4);
    });
  });

  it('refuses a change whose function leaks before it', async () => {
    expect(await complaints('bad-before', null)).toEqual([
      'LeakAlready, before the change: leaks already: [chan send] at bad-before/change.go:7, spawned bad-before/change.go:7',
    ]);
  });

  describe('marks', () => {
    let said: string[];
    beforeAll(async () => {
      said = await complaints('bad-park', null);
    });

    it('refuses a parked mark on another line', () => {
      expect(said).toContainEqual(expect.stringMatching(/^LeakElsewhere: leaves a goroutine where no mark says so: \[chan send\] at bad-park\/park\.go:8/u));
      expect(said).toContain('bad-park/park.go:9: no run leaves a goroutine at this mark');
    });

    it("takes a library's goroutine only where a mark says that it is started", () => {
      expect(said).toContain('LeakNotStarted: leaves a goroutine where no mark says so: [select] at a library');
      expect(said).toContain('bad-park/library.go:22: no run leaves a goroutine at this mark');
      expect(said).not.toContainEqual(expect.stringContaining('LeakStarted'));
      expect(said).not.toContainEqual(expect.stringContaining('SafeClosed'));
    });

    it.skipIf(chain?.hasLeakProfile === false)('prints what the two judges do not agree on (skipped without the goroutineleak profile)', () => {
      expect(said).toContainEqual(expect.stringMatching(/^LeakKept: the goroutineleak profile does not list \[chan send\]/u));
      expect(said).toContain('LeakUnkept: is declared reachable, and the goroutineleak profile lists it');
      expect(said).toHaveLength(6);
    });
  });

  describe('comments', () => {
    let said: string[];
    beforeAll(async () => {
      said = await complaints('bad-comment', (files) => Promise.resolve(files.flatMap((file) => [
        leakAt(file, 'LeakFoundByNow', lineOf(file.text, 'ch <- 1', 'LeakFoundByNow()'), null),
        leakAt(file, 'SafeReported', lineOf(file.text, 'ch <- 1', 'SafeReported()'), null),
      ])));
    });

    it.each([
      ['a leak with neither want nor miss', 'LeakUndeclared: leaks, and has neither // want nor // miss'],
      ['a miss that is found', 'LeakFoundByNow: is found, so its // miss is no longer true: bad-comment/comment.go:18 abandoned-send: made up'],
      ['a want that is not found', 'LeakNotFound: is not found at bad-comment/comment.go:24 (want "abandoned-send")'],
      ['noise that is not declared', 'SafeReported: is reported, and is safe: mend it or declare // want and // noise: bad-comment/comment.go:30 abandoned-send: made up'],
      ['noise that is not there', 'SafeQuietByNow: has // noise, but no // want'],
    ])('refuses %s', (_, complaint) => {
      expect(said).toContain(complaint);
    });

    it('has nothing else to say', () => {
      expect(said).toHaveLength(5);
    });
  });

  describe('fixes', () => {
    /** Finds both leaks, and offers to replace the line that holds `part` for the one in `name`. */
    const offering = (name: string, part: string, newText: string): Promise<string[]> => complaints('bad-fix', (files) => Promise.resolve(files.flatMap((file) =>
      ['LeakTimeout', 'LeakRoom'].map((found) => {
        const line = lineOf(file.text, part, part.startsWith('return') ? '' : `${name}()`);
        return leakAt(file, found, lineOf(file.text, '// want', `${found}()`), found === name ? [{ path: file.path, startLine: line, endLine: line, newText }] : null);
      }))));

    it('takes a fix that cures', async () => {
      expect(await offering('LeakTimeout', 'make(chan int)', '\tch := make(chan int, 1)')).toEqual([]);
    });

    it('refuses a fix that does not compile', async () => {
      expect(await offering('LeakTimeout', 'make(chan int)', '\tch := make(chan int, "1")'))
        .toEqual([expect.stringMatching(/^LeakTimeout: the fix "mend it" does not pass go vet: .*fix\.go:8/su)]);
    });

    it('refuses a fix that does not cure', async () => {
      expect(await offering('LeakTimeout', 'time.Sleep', '\t\ttime.Sleep(2 * time.Millisecond)'))
        .toEqual([expect.stringMatching(/^LeakTimeout: the fix "mend it" does not cure: \[chan send\] at bad-fix\/fix\.go:11/u)]);
    });

    it('refuses a fix that ends the process', async () => {
      expect(await offering('LeakTimeout', 'ch <- 1', '\t\tpanic(ch)'))
        .toEqual([expect.stringMatching(/^LeakTimeout: the fix "mend it" ends the process: panic/u)]);
    });

    it('refuses a fix that spoils what was safe', async () => {
      expect(await offering('LeakRoom', 'return make(chan int)', '\treturn make(chan int, 1)'))
        .toEqual([expect.stringMatching(/^LeakRoom: the fix "mend it" spoils SafeRoom, which is called Safe and leaves a goroutine/u)]);
    });

    it('refuses a fix of lines that are not there', async () => {
      expect(await complaints('bad-fix', (files) => Promise.resolve(files.map((file) =>
        leakAt(file, 'LeakTimeout', lineOf(file.text, '// want'), [{ path: file.path, startLine: 900, endLine: 901, newText: '' }])))))
        .toContainEqual(expect.stringMatching(/^LeakTimeout: a fix edits lines that are not there/u));
    });

    it('refuses a finding that says to look for another goroutine than there is', async () => {
      const said = await complaints('bad-fix', (files) => Promise.resolve(files.map((file) =>
        ({ ...leakAt(file, 'LeakTimeout', lineOf(file.text, '// want'), null), steps: [], parked: { function: 'bad-fix.LeakTimeout.func2', waitReason: 'select' } }))));
      expect(said).toContain('LeakTimeout: the finding says to look for LeakTimeout.func2 [select], the profile shows LeakTimeout.func1 [chan send]');
      expect(said).toContain('LeakTimeout: no step of the finding is the go statement that started it: bad-fix/fix.go:9');
    });
  });
});

describe('without a Go toolchain, the prover', () => {
  it('exits 0, and 1 on CI, and says why', async () => {
    const run = promisify(execFile);
    const tsx = join(import.meta.dirname, '..', 'node_modules', 'tsx', 'dist', 'cli.mjs');
    const proveWith = (environment: Record<string, string>): Promise<{ code: number; stderr: string }> =>
      run(process.execPath, [tsx, join(import.meta.dirname, 'prove', 'prove.ts')], { env: { PATH: '/nowhere', ...environment } })
        .then(({ stderr }) => ({ code: 0, stderr }), (error: unknown) => {
          const { code, stderr } = error as { code: number; stderr: string };
          return { code, stderr };
        });
    expect(await proveWith({})).toEqual({ code: 0, stderr: expect.stringContaining('no Go toolchain') as string });
    expect(await proveWith({ CI: 'true' })).toMatchObject({ code: 1 });
  });
});

describe('reading', () => {
  it('reads marks at the end of a line', () => {
    expect(readFixture('a/b.go', 'x <- 1 // want "one" "two" // parked\n// miss: a reason\n').marks).toEqual([
      { kind: 'want', line: 1, text: 'one' },
      { kind: 'want', line: 1, text: 'two' },
      { kind: 'parked', line: 1, text: '' },
      { kind: 'miss', line: 2, text: 'a reason' },
    ]);
  });

  it('takes the marks out, and the lines that hold nothing else', () => {
    expect(withoutMarks('// F does.\n// miss: a reason\nf() // want "x" // parked\n\nx()')).toBe('// F does.\nf()\n\nx()');
  });

  it('reads top-level declarations with their doc comments', () => {
    const { declarations } = readFixture('a/b.go', '// T is.\ntype T struct {\n\tn int\n}\n\nfunc (t *T) run() {\n}\n\nvar x = 1\n');
    expect(declarations.map(({ name, receiver, line, bodyLine, endLine }) => [name, receiver, line, bodyLine, endLine])).toEqual([
      ['T', null, 1, 2, 4],
      ['run', 'T', 6, 6, 7],
      ['x', null, 9, 9, 9],
    ]);
  });

  it('reads a stack: the innermost frame in the fixture, and the go statement', () => {
    const stack = [
      'goroutine 7 [chan receive (leaked), 2 minutes]:',
      'time.Sleep(0x1)', '\t/go/src/time/sleep.go:9 +0x1',
      'm/x.(*T).run(0x1, {0x2, 0x3})', '\tm/x/a.go:12 +0x1e',
      'created by m/x.start in goroutine 1', '\tm/x/b.go:3 +0x5f',
    ].join('\n');
    expect(readStack(stack, 'm/x', 'x', ['7'])).toEqual({
      id: '7', waitReason: 'chan receive', function: '(*T).run', listed: true,
      parked: { path: 'x/a.go', line: 12 }, spawned: { path: 'x/b.go', line: 3 },
    });
  });

  it('applies edits from the last to the first', () => {
    expect(applyEdits('a\nb\nc\nd', [
      { path: '', startLine: 1, endLine: 1, newText: 'A\nA' },
      { path: '', startLine: 3, endLine: 4, newText: '' },
    ])).toBe('A\nA\nb');
  });
});
