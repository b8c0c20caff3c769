import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultModule } from '../src/go/module.ts';
import { loadParser } from '../src/go/parse.ts';
import { introducedIn } from '../src/introduced.ts';
import { compareWays } from './bench/equal.ts';
import { fc } from './support/fast-check.ts';

const parse = await loadParser();
const root = path.join(import.meta.dirname, '..', 'fixtures');
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

/** Every function of the fixtures, with the package it is in. */
const cases = folders.flatMap((directory) => {
  const files = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.go')).map((name) => ({ path: `${directory}/${name}`, text: readFileSync(path.join(root, directory, name), 'utf8') }));
  return files.flatMap((file) => parse(file.path, file.text).funcs.map(({ pos, end }) => ({ directory, file, pos, end, others: files.filter((one) => one !== file) })));
});

describe('looking at what is needed only', () => {
  test('finds in the fixtures what looking at everything finds, whichever function is added', () => {
    let findings = 0;
    fc.assert(
      fc.property(fc.constantFrom(...cases), ({ directory, file, pos, end, others }) => {
        const change = {
          directory,
          module: { base: defaultModule, head: defaultModule },
          changed: [{ path: file.path, base: file.text.slice(0, pos) + file.text.slice(end), head: file.text, silent: false }],
          others,
          language: 'en',
        } as const;
        const compared = compareWays(change);
        findings += compared.findings;
        expect(compared.differences).toEqual([]);
      }),
      { numRuns: 40 },
    );
    expect(findings).toBeGreaterThan(10);
  });

  const store = { path: 'p/store.go', text: 'package p\n\nimport "sync"\n\ntype store struct {\n\tmu sync.Mutex\n\tn  int\n}\n\nfunc (s *store) begin() { s.mu.Lock() }\n\nfunc (s *store) end() { s.mu.Unlock() }\n' };
  const feed = { path: 'p/feed.go', text: 'package p\n\ntype feed struct {\n\tout  chan int\n\tdone chan struct{}\n}\n\nfunc newFeed() *feed { return &feed{out: make(chan int), done: make(chan struct{})} }\n\nfunc (f *feed) stop() { close(f.done) }\n\nfunc (f *feed) read(use func(int)) {\n\tfor {\n\t\tselect {\n\t\tcase n := <-f.out:\n\t\t\tuse(n)\n\t\tcase <-f.done:\n\t\t\treturn\n\t\t}\n\t}\n}\n\nfunc (f *feed) offer(n int) {\n\tselect {\n\tcase f.out <- n:\n\tcase <-f.done:\n\t}\n}\n' };

  const agent = { path: 'p/agent.go', text: 'package p\n\nimport "context"\n\ntype agent struct {\n\tjobs chan int\n\tstop chan struct{}\n}\n\nfunc (a *agent) halt() { close(a.stop) }\n\nfunc (a *agent) do(job func(context.Context)) {\n\tctx, cancel := context.WithCancel(context.Background())\n\tdefer cancel()\n\tgo func() {\n\t\t<-a.stop\n\t\tcancel()\n\t}()\n\tjob(ctx)\n}\n' };

  test.each([
    ['a lock that only another function names', [store], 'func (s *store) add(n int) bool {\n\ts.begin()\n\tif n < 0 {\n\t\treturn false\n\t}\n\ts.n += n\n\ts.end()\n\treturn true\n}\n', 'missing-unlock'],
    ['a loop over jobs that leave a goroutine each', [agent], 'import "context"\n\nfunc (a *agent) run(job func(context.Context)) {\n\tfor {\n\t\tif _, ok := <-a.jobs; !ok {\n\t\t\treturn\n\t\t}\n\t\ta.do(job)\n\t}\n}\n', 'watcher-outlives-job'],
    ['a send whose receivers are in another file', [feed], 'func (f *feed) put(n int) { f.out <- n }\n', 'unguarded-send'],
  ])('finds %s', (_, others, added, rule) => {
    const change = { directory: 'p', module: { base: defaultModule, head: defaultModule }, changed: [{ path: 'p/new.go', base: null, head: `package p\n\n${added}`, silent: false }], others, language: 'en' } as const;
    expect(introducedIn(change, parse).leaks.map((leak) => leak.rule)).toContain(rule);
    expect(compareWays(change).differences).toEqual([]);
  });
});
