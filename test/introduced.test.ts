import { describe, expect, test } from 'vitest';
import { hunkAtNewLine, hunkAtOldLine } from '../src/diff.ts';
import type { Leak } from '../src/finding.ts';
import { review, type Review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';

type Files = Readonly<Record<string, string>>;

const mod = { 'go.mod': 'module m\n\ngo 1.26\n' };

async function reviewed(base: Files, head: Files): Promise<Review> {
  const source = memorySource({ base: { ...mod, ...base }, head: { ...mod, ...head } });
  const found = await review(source, { language: 'en' });
  const changes = new Map((await source.diff()).map((change) => [change.path, change]));
  for (const { path, line, side } of found.leaks) {
    const change = changes.get(path);
    expect(change && (side === 'LEFT' ? hunkAtOldLine(change, line) : hunkAtNewLine(change, line)), `${path}:${line} is a line of the diff`).toBeDefined();
  }
  return found;
}

function places(leaks: readonly Leak[]): string[] {
  return leaks.map(({ rule, path, line, side }) => `${rule} ${path}:${line} ${side}`);
}

/** A change of one file that holds all, and where its comment is to be. */
async function changed(before: string, after: string): Promise<Review> {
  return reviewed({ 'p/a.go': before }, { 'p/a.go': after });
}

const filler = (name: string): string => Array.from({ length: 12 }, (_, index) => `func ${name}${index}() int { return ${index} }\n`).join('\n');

describe('a guard that is taken away:', () => {
  const hub = (emit: string): string => `package p\n\ntype Hub struct{ sinks map[int]chan int }\n\nfunc (h *Hub) Emit(v int) {\n\tfor _, sink := range h.sinks {\n${emit}\t}\n}\n`;
  const guarded = '\t\tselect {\n\t\tcase sink <- v:\n\t\tdefault:\n\t\t}\n';
  const bare = '\t\tsink <- v\n';

  test('a send that nobody could be seen to receive is told where it had another case, as likely', async () => {
    const { leaks } = await changed(hub(guarded), hub(bare));
    expect(places(leaks)).toEqual(['lost-guard p/a.go:7 RIGHT']);
    expect(leaks[0]?.confidence).toBe('likely');
    expect(leaks[0]?.message).toContain('`default`');
  });

  test('it is not where it never had one, nor where it gets one', async () => {
    expect((await reviewed({}, { 'p/a.go': hub(bare) })).leaks).toEqual([]);
    expect((await changed(hub(bare), hub(guarded))).leaks).toEqual([]);
    expect((await changed(hub(bare), hub(bare).replace('range h.sinks', 'range h.sinks /* all */'))).leaks).toEqual([]);
  });

  test('it is not told twice where the machine has found the wait itself', async () => {
    const fetch = (send: string): string => `package p\n\nfunc Fetch(late <-chan int) int {\n\tch := make(chan int)\n\tgo func() {\n${send}\t}()\n\tselect {\n\tcase v := <-ch:\n\t\treturn v\n\tcase v := <-late:\n\t\treturn v\n\t}\n}\n`;
    const { leaks } = await changed(fetch('\t\tselect {\n\t\tcase ch <- 1:\n\t\tdefault:\n\t\t}\n'), fetch('\t\tch <- 1\n'));
    expect(places(leaks)).toEqual(['abandoned-send p/a.go:6 RIGHT']);
  });

  test('nor is a receive', async () => {
    const fetch = (receive: string): string => `package p\n\nfunc Fetch(late <-chan int) {\n\tch := make(chan int)\n\tgo func() {\n${receive}\t}()\n\tselect {\n\tcase ch <- 1:\n\tcase <-late:\n\t}\n}\n`;
    const { leaks } = await changed(fetch('\t\tselect {\n\t\tcase <-ch:\n\t\tdefault:\n\t\t}\n'), fetch('\t\t<-ch\n'));
    expect(places(leaks)).toEqual(['abandoned-receive p/a.go:6 RIGHT']);
  });

  test('one that moves to another function with its send is still there', async () => {
    const moved = 'package p\n\ntype Hub struct{ sinks map[int]chan int }\n\nfunc (h *Hub) Emit(v int) {\n\tfor _, sink := range h.sinks {\n\t\ttell(sink, v)\n\t}\n}\n\nfunc tell(sink chan int, v int) {\n\tselect {\n\tcase sink <- v:\n\tdefault:\n\t}\n}\n';
    expect((await changed(hub(guarded), moved)).leaks).toEqual([]);
  });
});

describe('born by deletion:', () => {
  const gather = (lines: string): string => `package p

func gather(urls []string) []string {
	results := make(chan string)
	go func() {
		for _, url := range urls {
			results <- url
		}
${lines}	}()
	var all []string
	for one := range results {
		all = append(all, one)
	}
	return all
}
`;

  test('a removed close strands the loop that waits for it', async () => {
    const { leaks } = await changed(gather('\t\tclose(results)\n'), gather(''));
    expect(places(leaks)).toEqual(['missing-close p/a.go:11 RIGHT']);
  });

  test('so does one in a literal of a variable, where the change is in what the literal calls', async () => {
    const command = 'package p\n\nvar fetch = &command{run: func(urls []string) {\n\tresults := make(chan string)\n\tgo send(results, urls)\n\tfor one := range results {\n\t\tprintln(one)\n\t}\n}}\n';
    const send = (close: string): string => `package p\n\ntype command struct{ run func([]string) }\n\nfunc send(results chan<- string, urls []string) {\n\tfor _, url := range urls {\n\t\tresults <- url\n\t}\n${close}}\n`;
    const { leaks } = await reviewed({ 'p/a.go': command, 'p/b.go': send('\tclose(results)\n') }, { 'p/a.go': command, 'p/b.go': send('') });
    expect(leaks.map((leak) => [leak.rule, leak.path, leak.function])).toEqual([['missing-close', 'p/b.go', 'fetch']]);
  });

  test('a removed receive strands the sender', async () => {
    const before = 'package p\n\nfunc run() {\n\tdone := make(chan int)\n\tgo func() {\n\t\twork()\n\t\tdone <- 1\n\t}()\n\twork()\n\t<-done\n}\n\nfunc work() {}\n';
    const { leaks } = await changed(before, before.replace('\t<-done\n', ''));
    expect(places(leaks)).toEqual(['abandoned-send p/a.go:7 RIGHT']);
  });

  test('a removed buffer size strands the sender that nobody waits for any more', async () => {
    const before = `package p\n\nimport "context"\n\nfunc fetch(ctx context.Context) (int, error) {\n\tch := make(chan int, 1)\n${'\tprintln()\n'.repeat(8)}\tgo func() { ch <- work() }()\n\tselect {\n\tcase v := <-ch:\n\t\treturn v, nil\n\tcase <-ctx.Done():\n\t\treturn 0, ctx.Err()\n\t}\n}\n\nfunc work() int { return 1 }\n`;
    const { leaks } = await changed(before, before.replace('make(chan int, 1)', 'make(chan int)'));
    expect(places(leaks)).toEqual(['abandoned-send p/a.go:6 LEFT']);
    expect(leaks[0]?.message).toMatch(/^This change reaches `p\/a.go:15`\./u);
    expect(leaks[0]?.steps.filter(({ path, line }) => path === 'p/a.go' && line === 15)).not.toHaveLength(0);
  });

  test('a removed return lets the goroutine send once more than anybody receives', async () => {
    const before = 'package p\n\nfunc ask(bad bool) int {\n\tch := make(chan int)\n\tgo func() {\n\t\tif bad {\n\t\t\tch <- 0\n\t\t\treturn\n\t\t}\n\t\tch <- 1\n\t}()\n\treturn <-ch\n}\n';
    const { leaks } = await changed(before, before.replace('\t\t\treturn\n', ''));
    expect(places(leaks)).toEqual(['abandoned-send p/a.go:9 RIGHT']);
  });

  test('a close removed in another file of the package is told where it was, with the loop that it strands', async () => {
    const owner = `package p\n\ntype pool struct{ jobs chan int }\n\nfunc newPool() *pool {\n\tp := &pool{jobs: make(chan int)}\n\tgo p.loop()\n\treturn p\n}\n\nfunc (p *pool) loop() {\n\tfor range p.jobs {\n\t}\n}\n\n${filler('owner')}`;
    const flush = (close: string): string => `package p\n\nfunc (p *pool) Close() {\n\tdefer println("closed")\n\tprintln("closing")\n${close}}\n`;
    const { leaks } = await reviewed({ 'p/a.go': owner, 'p/flush.go': flush('\tclose(p.jobs)\n') }, { 'p/a.go': owner, 'p/flush.go': flush('') });
    expect(places(leaks)).toEqual(['missing-close p/flush.go:6 LEFT']);
    expect(leaks[0]?.message).toMatch(/^This change reaches `p\/a.go:12`\. /u);
    expect(leaks[0]?.steps.filter(({ path, line }) => path === 'p/a.go' && line === 12)).not.toHaveLength(0);
  });

  test('a call of what closes, removed where nothing else tells of goroutines', async () => {
    const work = `package p\n\nfunc consume(jobs chan int) {\n\tfor range jobs {\n\t}\n}\n\nfunc finish(jobs chan int) { close(jobs) }\n`;
    const run = (finish: string): string => `package p\n\nfunc run() {\n\tjobs := make(chan int)\n\tgo consume(jobs)\n\tjobs <- 1\n${finish}}\n`;
    const { leaks } = await reviewed({ 'p/work.go': work, 'p/run.go': run('\tfinish(jobs)\n') }, { 'p/work.go': work, 'p/run.go': run('') });
    expect(leaks.map(({ rule, path }) => `${rule} ${path}`)).toEqual(['missing-close p/run.go']);
  });

  test('a `Done` removed far from the `Wait`, which no place in the runtime is named for', async () => {
    const pool = (done: string): string => `package p\n\nimport "sync"\n\ntype pool struct{ wg sync.WaitGroup }\n\nfunc (p *pool) Start() {\n\tp.wg.Add(1)\n\tgo p.loop()\n}\n\nfunc (p *pool) Stop() { p.wg.Wait() }\n\n${filler('pool')}\nfunc (p *pool) loop() {\n${done}\tprintln()\n}\n`;
    const { leaks } = await changed(pool('\tdefer p.wg.Done()\n'), pool(''));
    expect(places(leaks)).toEqual(['waitgroup-count p/a.go:39 LEFT']);
  });

  test('the file with the close removed as a whole', async () => {
    const owner = 'package p\n\ntype pool struct{ jobs chan int }\n\nfunc newPool() *pool {\n\tp := &pool{jobs: make(chan int)}\n\tgo p.loop()\n\treturn p\n}\n\nfunc (p *pool) loop() {\n\tfor range p.jobs {\n\t}\n}\n\nfunc (p *pool) Stop() { println() }\n';
    const { leaks } = await reviewed({ 'p/a.go': owner, 'p/shut.go': 'package p\n\nfunc (p *pool) shut() {\n\tclose(p.jobs)\n}\n' }, { 'p/a.go': owner });
    expect(places(leaks)).toEqual(['missing-close p/shut.go:4 LEFT']);
  });
});

describe('born otherwise:', () => {
  test('by code moved into a goroutine', async () => {
    const before = 'package p\n\nfunc ask(fail bool) int {\n\tch := make(chan int, 1)\n\tch <- work()\n\tif fail {\n\t\treturn 0\n\t}\n\treturn <-ch\n}\n\nfunc work() int { return 1 }\n';
    const after = before.replace('make(chan int, 1)', 'make(chan int)').replace('\tch <- work()\n', '\tgo func() {\n\t\tch <- work()\n\t}()\n');
    expect(places((await changed(before, after)).leaks)).toEqual(['abandoned-send p/a.go:6 RIGHT']);
  });

  test('by a constant in another file', async () => {
    const size = (n: number): string => `package p\n\nconst size = ${n}\n`;
    const ask = 'package p\n\nfunc ask(fail bool) int {\n\tch := make(chan int, size)\n\tgo func() { ch <- 1 }()\n\tif fail {\n\t\treturn 0\n\t}\n\treturn <-ch\n}\n';
    const { leaks } = await reviewed({ 'p/a.go': ask, 'p/size.go': size(1) }, { 'p/a.go': ask, 'p/size.go': size(0) });
    // What a constant is worth is not followed: nothing is claimed, and nothing breaks.
    expect(places(leaks).every((place) => place.includes('p/size.go'))).toBe(true);
  });

  test('by the go line of go.mod alone, in every package of its module and in no other', async () => {
    const drain = 'package p\n\nimport "time"\n\nfunc wait() {\n\tt := time.NewTimer(time.Hour)\n\tt.Stop()\n\t<-t.C\n}\n';
    const at = (go: string): Files => ({ 'go.mod': `module m\n\ngo ${go}\n\nrequire example.com/x v1.0.0\n`, 'p/a.go': drain, 'p/q/b.go': drain, 'plain/c.go': 'package plain\n', 'other/go.mod': 'module o\n\ngo 1.22\n', 'other/d.go': drain });
    const { leaks, existing } = await reviewed(at('1.22'), at('1.23'));
    expect(places(leaks)).toEqual(['timer-drain go.mod:3 RIGHT', 'timer-drain go.mod:3 RIGHT']);
    expect(leaks.map(({ message }) => /`(p\/[a-z/.]*:\d+)`/u.exec(message)?.[1])).toEqual(['p/a.go:8', 'p/q/b.go:8']);
    expect(existing).toBe(0);
    expect((await reviewed(at('1.23'), at('1.24'))).leaks).toEqual([]);
    expect((await reviewed(at('1.23'), at('1.22'))).leaks).toEqual([]);
  });
});

describe('not born by the change:', () => {
  const leaky = 'package p\n\nimport "time"\n\nfunc fetch() int {\n\tch := make(chan int)\n\tgo func() { ch <- work() }()\n\tselect {\n\tcase v := <-ch:\n\t\treturn v\n\tcase <-time.After(time.Second):\n\t\treturn 0\n\t}\n}\n';
  const work = '\nfunc work() int { return 1 }\n';

  test.each<[string, Files, Files]>([
    ['reformatted code', { 'p/a.go': leaky + work }, { 'p/a.go': `${leaky.replaceAll('\t', '    ').replace('go func() { ch <- work() }()', 'go func() {\n        ch <- work()\n    }()')}${work}` }],
    ['a renamed function', { 'p/a.go': leaky + work }, { 'p/a.go': `${leaky.replaceAll('fetch', 'load')}${work}` }],
    ['a renamed variable', { 'p/a.go': leaky + work }, { 'p/a.go': `${leaky.replaceAll('ch', 'results')}${work}` }],
    ['a renamed file', { 'p/a.go': leaky + work }, { 'p/b.go': leaky + work }],
    ['a function moved to another file', { 'p/a.go': leaky, 'p/b.go': `package p\n${work}` }, { 'p/a.go': `package p\n${work}`, 'p/b.go': leaky }],
    ['code moved to a function of its own', { 'p/a.go': leaky + work }, { 'p/a.go': `package p\n\nimport "time"\n\nfunc fetch() int {\n\tprintln("asking")\n\treturn ask()\n}\n${leaky.slice(leaky.indexOf('\nfunc')).replace('fetch', 'ask')}${work}` }],
    ['a leak beside the change', { 'p/a.go': leaky + work }, { 'p/a.go': leaky.replace('func fetch() int {', 'func fetch() int {\n\tprintln("asked")') + work }],
    ['a leak in a function that calls what changed', { 'p/a.go': leaky + work }, { 'p/a.go': leaky + work.replace('return 1', 'return 2') }],
  ])('%s', async (_, base, head) => {
    expect(places((await reviewed(base, head)).leaks)).toEqual([]);
  });

  test('such leaks are counted', async () => {
    const { existing } = await reviewed({ 'p/a.go': leaky + work }, { 'p/a.go': leaky.replace('func fetch() int {', 'func fetch() int {\n\tprintln("asked")') + work });
    expect(existing).toBe(1);
  });

  test('a leak that another function than before leads to', async () => {
    const calls = (a: boolean, b: boolean): string => `package p\n\nfunc a() { run(${String(a)}) }\n\nfunc b() { run(${String(b)}) }\n\nfunc run(leave bool) {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif leave {\n\t\treturn\n\t}\n\t<-ch\n}\n`;
    expect((await changed(calls(false, true), calls(true, false))).leaks).toEqual([]);
    expect((await changed(calls(false, false), calls(true, false))).leaks).toHaveLength(1);
  });

  test('a leak that is cured and another one that comes are told apart', async () => {
    const two = (first: string, second: string): string => `${leaky.replace('make(chan int)', first)}\n${leaky.slice(leaky.indexOf('func')).replace('fetch', 'other').replace('make(chan int)', second)}${work}`;
    const { leaks } = await changed(two('make(chan int)', 'make(chan int, 1)'), two('make(chan int, 1)', 'make(chan int)'));
    expect(leaks.map(({ function: name }) => name)).toEqual(['other']);
  });
});

describe('only what the change affects is walked:', () => {
  const leak = (name: string, type: string): string => `func ${name}(v ${type}) {\n\tch := make(chan ${type})\n\tgo func() { ch <- v }()\n\tif v.n > 0 {\n\t\treturn\n\t}\n\t<-ch\n}\n`;

  test('a changed type affects who uses it, and no other', async () => {
    const file = (fields: string): string => `package p\n\ntype a struct{ n int${fields} }\n\ntype b struct{ n int }\n\n${leak('usesA', 'a')}\n${leak('usesB', 'b')}`;
    const { leaks, existing } = await changed(file(''), file('; m int'));
    expect(leaks).toEqual([]);
    expect(existing).toBe(1);
  });

  test('a changed type affects who uses it through other types, functions and variables', async () => {
    const file = (fields: string): string =>
      `package p\n\ntype a struct{ n int${fields} }\n\ntype holder struct{ held a }\n\nvar shared holder\n\nfunc newHolder() *holder { return &holder{} }\n\nfunc through() {\n\tch := make(chan int)\n\th := newHolder()\n\tgo func() { ch <- 1 }()\n\tif h.held.n > 0 {\n\t\treturn\n\t}\n\t<-ch\n}\n\nfunc byVariable() {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif shared.held.n > 0 {\n\t\treturn\n\t}\n\t<-ch\n}\n\nfunc aside(n int) {\n\tch := make(chan int)\n\tgo func() { ch <- 1 }()\n\tif n > 0 {\n\t\treturn\n\t}\n\t<-ch\n}\n`;
    expect((await changed(file(''), file('; m int'))).existing).toBe(2);
  });
});

