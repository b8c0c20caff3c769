import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultModule } from '../src/go/module.ts';
import { displayName, GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { Closures } from '../src/leaks/machine/closures.ts';
import { Compiler } from '../src/leaks/machine/compile.ts';
import { mayMake, mayTakeLock } from '../src/leaks/machine/may-make.ts';
import { MayWait } from '../src/leaks/machine/may-wait.ts';

const parse = await loadParser();
const root = path.join(import.meta.dirname, '..', 'fixtures');
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe('code that makes nothing to wait on, by its names', () => {
  test('is never what the machine walks, in all fixtures', () => {
    let walked = 0;
    let locking = 0;
    for (const directory of folders) {
      const files = readdirSync(path.join(root, directory)).filter((name) => name.endsWith('.go')).map((name) => parse(`${directory}/${name}`, readFileSync(path.join(root, directory, name), 'utf8')));
      const pkg = new GoPackage(directory, files, defaultModule);
      const [compiler, withLocks] = [new Compiler(pkg, { withLocks: false }), new Compiler(pkg, { withLocks: true })];
      const mayWait = new MayWait(new Closures(compiler));
      for (const { decl } of pkg.funcs()) {
        const part = pkg.around((one) => one === decl);
        if (decl.body && compiler.relevance.ofFunc(decl) && mayWait.of(compiler.codeOf(decl))) {
          walked += 1;
          expect(mayMake(part), displayName(decl)).toBe(true);
        }
        if (withLocks.relevance.locksIn(decl)) {
          locking += 1;
          expect(mayTakeLock(part), displayName(decl)).toBe(true);
        }
      }
    }
    expect(walked).toBeGreaterThan(100);
    expect(locking).toBeGreaterThan(20);
  });

  test.each([
    ['a channel that a type of another file is', 'type pipe chan int\n\nfunc f() {\n\tp := make(pipe)\n\tp <- 1\n}\n', true],
    ['a field that holds a counter', 'type g struct{ wg sync.WaitGroup }\n\nfunc f(x *g) { x.wg.Wait() }\n', true],
    ['the end of a context', 'func f() { <-context.Background().Done() }\n', true],
    ['nil, of a type that other code has', 'type g interface{ Events() }\n\nfunc f(x any) {\n\te := x.(g).Events()\n\te = nil\n\t<-e\n}\n', true],
    ['a channel that it is given by other code', 'type g struct{ n int }\n\nfunc f(x *g, wait func()) { wait() }\n', false],
    ['a channel of a function that it does not lead to', 'func f() int { return 1 }\n\nfunc g() { <-make(chan int) }\n', false],
  ])('%s', (_, text, may) => {
    const pkg = new GoPackage('p', [parse('p/a.go', `package p\n\nimport (\n\t"context"\n\t"sync"\n)\n\n${text}`)], defaultModule);
    expect(mayMake(pkg.around((decl) => decl.name.name === 'f'))).toBe(may);
  });
});
