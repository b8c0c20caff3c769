import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FuncDecl } from '../src/go/ast.ts';
import { defaultModule } from '../src/go/module.ts';
import { displayName, GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { actingFunctions } from '../src/leaks/locks/acting.ts';
import { Locks } from '../src/leaks/locks/locks.ts';
import { relevantFunctions } from '../src/leaks/locks/relevance.ts';
import { summarize } from '../src/leaks/locks/walk.ts';

const parse = await loadParser();
const root = path.join(import.meta.dirname, '..', 'fixtures');

/** The functions that names alone connect with locks, those without any part in them, and of the latter those that a walk finds to have one. */
function judged(pkg: GoPackage): { readonly relevant: number; readonly plain: readonly string[]; readonly wrong: readonly string[] } {
  const locks = new Locks(pkg);
  const relevant = relevantFunctions(pkg);
  const acting = actingFunctions(locks, relevant);
  const plain: FuncDecl[] = [...relevant].filter((decl) => !acting.has(decl));
  const { accesses, operations, callees } = locks;
  const context = { pkg, accesses, operations, callees, summaryOf: locks.summaryOf.bind(locks), noteInlined: () => undefined, noteSuccessor: () => undefined, noteEntered: () => undefined };
  const wrong = Array.from(locks.callees.all()).filter(([func, home]) => {
    if (!plain.includes(home.decl)) return false;
    const { events, exits } = summarize(context, func, home, new Map());
    return events.length > 0 || exits.some(({ held, released }) => held.length + released.length > 0);
  });
  return { relevant: relevant.size, plain: plain.map(displayName), wrong: wrong.map(([, { decl }]) => displayName(decl)) };
}

describe('who has no part in locks', () => {
  test('is found by no walk to have one, in all fixtures', () => {
    let left = 0;
    let of = 0;
    for (const directory of readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
      const files = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.go')).map((name) => parse(`${directory}/${name}`, readFileSync(path.join(root, directory, name), 'utf8')));
      const { relevant, plain, wrong } = judged(new GoPackage(directory, files, defaultModule));
      expect(wrong, directory).toEqual([]);
      left += plain.length;
      of += relevant;
    }
    expect(left).toBeGreaterThan(20);
    expect(of).toBeGreaterThan(left);
  });

  test('is told by types and not by names', () => {
    const text = 'package p\n\nimport "sync"\n\ntype list struct{ n int }\n\nfunc (l *list) Add(n int) { l.n += n }\n\ntype store struct {\n\tmu sync.Mutex\n\tn  list\n}\n\nfunc (s *store) put(n int) {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\ts.n.Add(n)\n}\n\nfunc sum(l *list) { l.Add(1) }\n\nfunc both(s *store) { s.put(2) }\n\nfunc wait(work func()) { work() }\n\nfunc through(s *store) { wait(func() { s.put(1) }) }\n\ntype putter interface{ put(n int) }\n\nfunc any(p putter) { p.put(3) }\n';
    expect(judged(new GoPackage('p', [parse('p/a.go', text)], defaultModule)).plain).toEqual(['sum']);
  });
});
