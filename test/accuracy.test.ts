import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scan } from '../src/scan.ts';
import { openCommit } from './accuracy/commit-tree.ts';
import { readLeakLabels, type LeakLabel } from './accuracy/labels.ts';
import { lineMap } from './accuracy/line-map.ts';
import { repositoryIn } from './accuracy/mirror.ts';
import { mutantsOf, tryMutants } from './accuracy/mutants.ts';
import { mutantsText } from './accuracy/mutants-report.ts';
import { goCommits, mendReplayed, readReplayed, replayInto } from './accuracy/noise.ts';
import { noiseText } from './accuracy/noise-report.ts';
import { recall } from './accuracy/recall.ts';
import { recallTables } from './accuracy/recall-report.ts';
import { worthInCured, worthInKernel } from './accuracy/score-kernel.ts';
import { meets } from './accuracy/score-leak.ts';
import { isTestCode } from './accuracy/test-code.ts';
import { GitRepository } from './support/git-repository.ts';
import { aLeak, leakingProgram } from './support/leak.ts';

const label: LeakLabel = {
  id: 'one', repo: 'owner/name', fix: null, path: 'fetch/fetch.go', function: 'Fetch', leak_line: 8, spawn_line: 7, also_lines: [6], class: 'abandoned-send', scope: 'function', syntactic: true,
};
const cured = leakingProgram.replace('make(chan int)', 'make(chan int, 1)');

async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'goleash-accuracy-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

describe('what meets a label', () => {
  const alone = (line: number) => aLeak({ line, steps: [] });
  const far = { ...label, leak_line: 40, spawn_line: 30, also_lines: [20] };

  test('a finding within a line of the leak, of its start, or of a place as right', () => {
    expect([39, 41].map((line) => meets(far, alone(line)))).toEqual(['at the leak', 'at the leak']);
    expect(meets(far, alone(31))).toBe('at the start');
    expect(meets(far, alone(19))).toBe('beside it');
    expect([38, 42, 28, 22].map((line) => meets(far, alone(line)))).toEqual([null, null, null, null]);
  });

  test('a step on the leak, but none on its start', () => {
    const by = (line: number) => aLeak({ line: 99, steps: [{ path: label.path, line, says: 'waits' }] });
    expect(meets(far, by(40))).toBe('by a step');
    expect(meets(far, by(30))).toBeNull();
  });

  test('nothing of another file, and no removed line', () => {
    expect(meets(label, aLeak({ path: 'other.go', line: 8, steps: [] }))).toBeNull();
    expect(meets(far, aLeak({ line: 40, side: 'LEFT', steps: [] }))).toBeNull();
  });
});

describe('what a report in a kernel is worth', () => {
  const lines = { leak_lines: [10], cause_lines: [20], victim_lines: [30], also_true_lines: [40] };
  const at = (line: number, ...steps: number[]) => ({ line, steps: steps.map((step) => ({ path: 'k.go', line: step, says: '' })) });

  test('hit, neutral, false alarm', () => {
    expect([at(11), at(99, 19), at(29), at(41), at(50), at(99, 30)].map((report) => worthInKernel(lines, report))).toEqual(['hit', 'hit', 'neutral', 'neutral', 'false-alarm', 'false-alarm']);
  });

  test('in the cured kernel all is false but what was neutral', () => {
    const moved = (line: number): number | null => (line > 5 ? line - 2 : null);
    expect([at(32), at(12), at(22), at(3)].map((report) => worthInCured(lines, report, moved))).toEqual(['neutral', 'false-alarm', 'false-alarm', 'false-alarm']);
  });
});

test('lines are found again in the older text', () => {
  const numbers = Array.from({ length: 40 }, (_, index) => `line ${index + 1}`);
  const after = numbers.toSpliced(4, 1, 'changed').toSpliced(20, 0, 'new', 'newer');
  const before = lineMap(numbers.join('\n'), after.join('\n'));
  for (const [index, text] of after.entries()) {
    const at = numbers.indexOf(text);
    expect(before(index + 1), text).toBe(at === -1 ? null : at + 1);
  }
});

test('code of tests is told by where it is', () => {
  expect(['a/b_test.go', 'test/e2e/x.go', 'internal/testutil/x.go', 'pkg/httptest/x.go'].filter(isTestCode)).toHaveLength(4);
  expect(['a/b.go', 'attestation/a.go', 'contest.go', 'latest.go'].filter(isTestCode)).toEqual([]);
});

describe('labels', () => {
  test('are read line by line, and what is none is named with its line', async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, 'dev.jsonl');
      await writeFile(file, `${JSON.stringify(label)}\n\n`);
      expect(await readLeakLabels(file)).toEqual([label]);
      await writeFile(file, `${JSON.stringify(label)}\n{"id": "two"}\n`);
      await expect(readLeakLabels(file)).rejects.toThrow(/dev\.jsonl:2 is no label/u);
    });
  });

  test('missing ones, and a missing mirror, are said with what to do', async () => {
    await expect(readLeakLabels('/nowhere/dev.jsonl')).rejects.toThrow(/There are no labels at \/nowhere\/dev\.jsonl.*--labels/u);
    await expect(repositoryIn('/nowhere', 'owner/name')).rejects.toThrow(/owner\/name is not below \/nowhere.*git clone --bare/u);
  });
});

describe('a repository', () => {
  test('recall finds the leak in the reversed fix, and nothing after it', async () => {
    using repository = new GitRepository();
    const parent = repository.commit('main', { 'fetch/fetch.go': leakingProgram });
    const fix = repository.commit('main', { 'fetch/fetch.go': cured }, parent);
    const name = basename(repository.directory);
    const mirror = dirname(repository.directory);
    const found = await recall({ ...label, repo: name, fix }, mirror);
    expect([found.hit?.met, found.hit?.leak.rule, found.stillFlagged]).toEqual(['at the leak', 'abandoned-send', []]);
    const unfixed = await recall({ ...label, repo: name, at: parent }, mirror);
    expect(unfixed.hit?.met).toBe('at the leak');
    // A label of a leak that the fix does not cure: it is missed in what the change introduces, and flagged after it.
    const other = repository.commit('main', { 'fetch/fetch.go': `${leakingProgram}\n// Done.\n` }, parent);
    const uncured = await recall({ ...label, repo: name, fix: other }, mirror);
    expect([uncured.hit, uncured.stillFlagged.map((leak) => leak.line)]).toEqual([null, [8]]);
    expect(recallTables([found, unfixed, uncured])).toMatch(/^all +2\/3 +2\/3 +2 +1$/mu);
  });

  test('a bare commit is scanned, all of it or some directories', async () => {
    using repository = new GitRepository();
    const commit = repository.commit('main', { 'go.mod': 'module m\n\ngo 1.25\n', 'fetch/fetch.go': leakingProgram, 'cured/cured.go': cured, 'vendor/v/v.go': leakingProgram });
    await using whole = await openCommit(repository.directory, 'main');
    expect(whole.commit).toBe(commit);
    expect((await scan(whole, { language: 'en' })).leaks.map(({ path, line }) => `${path}:${line}`)).toEqual(['fetch/fetch.go:8']);
    expect((await whole.goMod('fetch'))?.path).toBe('go.mod');
    await using part = await openCommit(repository.directory, 'main', ['cured']);
    expect(await scan(part, { language: 'en' })).toMatchObject({ leaks: [], goFiles: 1 });
    await expect(openCommit(repository.directory, 'nothing')).rejects.toThrow(/has no commit nothing/u);
  });

  test('mutants are what one line less makes of a file, and are found by what they leak', async () => {
    const text = `package p

import (
	"context"
	"sync"
)

type store struct {
	mu  sync.Mutex
	all map[string]int
}

func (s *store) Get(name string) int {
	s.mu.Lock()
	if s.all == nil {
		s.mu.Unlock()
		return 0
	}
	defer s.mu.Unlock()
	return s.all[name]
}

func Feed(ctx context.Context, names []string) <-chan string {
	out := make(chan string, 1)
	go func() {
		defer close(out)
		for _, name := range names {
			select {
			case out <- name:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
`;
    const mutants = mutantsOf(text);
    expect(mutants.map(({ kind, line }) => `${kind}:${line}`)).toEqual(['unlock before a return:16', 'deferred unlock:19', 'buffer:24', 'close:26', 'return on Done:31']);
    const changed = mutants.map((mutant) => mutant.text.split('\n').filter((line, index) => line !== text.split('\n')[index]));
    expect(changed).toEqual([[''], [''], ['\tout := make(chan string)'], [''], ['']]);
    const only = 'package p\n\nfunc send(ctx context.Context, c chan int) {\n\tfor {\n\t\tselect {\n\t\tcase <-ctx.Done():\n\t\t\treturn\n\t\tcase c <- 1:\n\t\t}\n\t}\n}\n';
    expect(mutantsOf(only).map(({ kind, line }) => `${kind}:${line}`)).toEqual(['return on Done:7', 'case on Done:6']);
    using repository = new GitRepository();
    repository.commit('main', { 'go.mod': 'module m\n\ngo 1.25\n', 'p/p.go': text, 'p/p_test.go': text, 'main.go': text.replace('package p', 'package main') });
    await using tree = await openCommit(repository.directory, 'main');
    const tried = [];
    for await (const one of tryMutants(tree, 1)) tried.push(one);
    expect(tried.map(({ kind, at }) => `${kind} ${at}`)).toEqual(['unlock before a return p/p.go:16', 'deferred unlock p/p.go:19', 'buffer p/p.go:24', 'close p/p.go:26', 'return on Done p/p.go:31']);
    expect(mutantsText(tried)).toMatch(/^HIT {2}unlock before a return {2}p\/p\.go:16 {2}missing-unlock \(certain\)[^]*\ndeferred unlock +1\/1 +100 % +1$/mu);
  });

  test('commits that touch Go are replayed, and a stopped replay goes on', async () => {
    using repository = new GitRepository('--initial-branch=main');
    const first = repository.commit('main', { 'a.md': '' });
    const leaking = repository.commit('main', { 'fetch/fetch.go': leakingProgram }, first);
    const documented = repository.commit('main', { 'fetch/fetch.go': leakingProgram, 'a.md': 'text' }, leaking);
    const fixed = repository.commit('main', { 'fetch/fetch.go': cured }, documented);
    const commits = await goCommits(repository.directory, 10);
    expect(commits).toEqual([fixed, leaking]);
    await inDirectory(async (directory) => {
      const out = join(directory, 'noise.jsonl');
      await replayInto(out, repository.directory, commits.slice(0, 1), () => undefined);
      await writeFile(out, '{"commit": "cut o', { flag: 'a' });
      expect([...(await readReplayed(out)).keys()]).toEqual([fixed]);
      await mendReplayed(out);
      let done = 0;
      await replayInto(out, repository.directory, commits, (count) => (done = count));
      expect(done).toBe(1);
      const text = noiseText([...(await readReplayed(out)).values()]);
      expect(text).toContain(`${leaking.slice(0, 12)} certain production abandoned-send fetch/fetch.go:8 Fetch`);
      expect(text).toMatch(/^certain +1 +1 +0 +1 +50\.00$/mu);
    });
  });
});
