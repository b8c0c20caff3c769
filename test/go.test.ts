import { describe, expect, test } from 'vitest';
import { lineAt, walk, type File } from '../src/go/ast.ts';
import { buildCfg, reachableFrom } from '../src/go/cfg.ts';
import { GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { importName } from '../src/go/scope.ts';
import { typeString } from '../src/go/type.ts';

const parse = await loadParser();

function packageOf(text: string): GoPackage {
  return new GoPackage('', [parse('p.go', `package p\n${text}`)], [1, 26]);
}

/** The type of the last use of a variable, as text. */
function typeOfLast(pkg: GoPackage, name: string): string {
  let found = 'not there';
  for (const { decl } of pkg.funcs()) {
    walk(decl, (node) => {
      if (node.kind === 'Ident' && node.name === name && pkg.objectOf(node)?.kind === 'var') found = typeString(pkg.typeOf(node));
      return undefined;
    });
  }
  return found;
}

function bad(file: File): string[] {
  const found: string[] = [];
  for (const decl of file.funcs) {
    walk(decl, (node) => {
      if (node.kind === 'BadExpr' || node.kind === 'BadStmt') found.push(`${node.kind} ${file.text.slice(node.pos, node.end)}`);
      return undefined;
    });
  }
  return found;
}

describe('parsing', () => {
  test('understands every statement and expression of the language', () => {
    const file = parse('p.go', `package p
func (a *T[K]) f(x, y int, z ...string) (n int, err error) {
	for i := range 10 { _ = i }
	for k, v = range m {}
	for range ch {}
	for {}
	select { case v, ok := <-ch: foo(v, ok); case ch <- 1: case <-x: case x = <-y: default: bar() }
	switch x := y.(type) { case int, string: _ = x; default: }
	switch z := 1; x { case 1, 2: fallthrough; default: _ = z }
L: for { break L }
	a.b[c].d(1, x...)
	go func() {}()
	defer close(ch)
	var q, r chan<- int = make(chan int, 3), nil
	_ = map[string]int{"a": 1, b: {c: 2}}
	f[int, string](3)
	y := *p.q
	if v, ok := x[1]; !ok { } else if a { } else { }
	z = (<-chan int)(x)
	type T struct { sync.Mutex; *Foo; a, b int }
	a[1:2:3] = 4
	goto L
	return 1, nil
}`);
    expect(bad(file)).toEqual([]);
    expect(file.broken).toBe(false);
    expect(file.funcs.map((decl) => [decl.name.name, decl.broken])).toEqual([['f', false]]);
  });

  test('a syntax error spoils only the function it is in', () => {
    const file = parse('p.go', 'package p\nfunc a() { x := }\nfunc b() { <-ch }\n');
    expect(file.funcs.map((decl) => [decl.name.name, decl.broken, decl.body === null])).toEqual([['a', true, true], ['b', false, false]]);
  });

  test('keeps offsets with a byte order mark, CRLF and text beyond ASCII', () => {
    const text = '\uFEFFpackage p\r\n// 通道\r\nfunc f() {\r\n\tch <- "🙂"\r\n}\r\n';
    const file = parse('p.go', text);
    let line = 0;
    for (const decl of file.funcs) {
      walk(decl, (node) => {
        if (node.kind === 'SendStmt') {
          line = lineAt(file, node.pos);
          expect(text.slice(node.pos, node.end)).toBe('ch <- "🙂"');
        }
        return undefined;
      });
    }
    expect(line).toBe(4);
  });

  test('survives nesting deeper than any person writes', () => {
    const file = parse('p.go', `package p\nfunc deep() { _ = ${'('.repeat(5000)}1${')'.repeat(5000)} }\nfunc fine() { <-ch }\n`);
    expect(file.funcs.find((decl) => decl.name.name === 'fine')?.broken).toBe(false);
  });
});

describe('types', () => {
  test.each([
    ['a channel made here', 'func f() { ch := make(chan int, 3); _ = ch }', 'ch', 'chan int'],
    ['a shadowed name', 'func f() { ch := 1; { ch := make(<-chan string); _ = ch } }', 'ch', '<-chan string'],
    ['a field through an embedded pointer', 'type B struct{ done chan struct{} }\ntype A struct{ *B }\nfunc f(a A) { d := a.done; _ = d }', 'd', 'chan struct'],
    ['a result of a function of the package', 'func g() (chan error, int) { return nil, 0 }\nfunc f() { errs, n := g(); _, _ = errs, n }', 'errs', 'chan error'],
    ['a generic function by its argument', 'func mk[T any](v T) chan T { return nil }\nfunc f() { c := mk("s"); _ = c }', 'c', 'chan string'],
    ['a field of a generic type', 'type Q[T any] struct{ items chan T }\nfunc f(q *Q[int]) { c := q.items; _ = c }', 'c', 'chan int'],
    ['the standard library by import path', 'import tm "time"\nfunc f() { t := tm.NewTimer(1); c := t.C; _ = c }', 'c', '<-chan time.Time'],
    ['a context and its Done', 'import "context"\nfunc f(ctx context.Context) { d := ctx.Done(); _ = d }', 'd', '<-chan struct'],
    ['the value of a range over channels', 'func f(all []chan bool) { for _, one := range all { _ = one } }', 'one', 'chan bool'],
    ['a type switch with one type', 'func f(v any) { switch c := v.(type) { case chan int: _ = c } }', 'c', 'chan int'],
    ['nothing that the files do not say', 'import "example.com/x"\nfunc f() { c := x.Make(); _ = c }', 'c', 'unknown'],
  ])('of %s', (_, text, name, type) => {
    expect(typeOfLast(packageOf(text), name)).toBe(type);
  });

  test.each([['golang.org/x/sync/errgroup', 'errgroup'], ['k8s.io/klog/v2', 'klog'], ['gopkg.in/yaml.v3', 'yaml'], ['github.com/mattn/go-isatty', 'isatty'], ['time', 'time']])('the name of import %s is %s', (path, name) => {
    expect(importName(path)).toBe(name);
  });
});

describe('control flow', () => {
  /** Names of the functions called in blocks that can be reached: the program says itself which those are. */
  function reached(body: string): string[] {
    const pkg = packageOf(`func f() {\n${body}\n}`);
    const [only] = [...pkg.funcs()];
    if (!only?.decl.body) throw new Error('no body');
    const cfg = buildCfg(only.decl.body, (call) => pkg.endingOf(call) !== null);
    const calls: string[] = [];
    for (const block of reachableFrom(cfg.entry)) {
      for (const node of block.nodes) {
        if (node.kind === 'ExprStmt' && node.x.kind === 'CallExpr' && node.x.fun.kind === 'Ident') calls.push(node.x.fun.name);
      }
    }
    return calls.sort();
  }

  test.each([
    ['break leaves the select only', 'for { select { case <-ch: break }\nlive() }\ndead()', ['live']],
    ['break with a label leaves the loop', 'L:\nfor { select { case <-ch: break L } }\nlive()', ['live']],
    ['nothing is behind an endless loop', 'for { live() }\ndead()', ['live']],
    ['panic ends a path', 'live()\npanic(1)\ndead()', ['live', 'panic']],
    ['a select without cases blocks', 'live()\nselect {}\ndead()', ['live']],
    ['fallthrough goes on in the next case', 'switch x { case 1: fallthrough\ncase 2: live(); return\n}', ['live']],
    ['a switch with default has no other way', 'switch { case x: return\ndefault: return }\ndead()', []],
    ['goto goes forward', 'goto end\ndead()\nend:\nlive()', ['live']],
    ['continue skips the rest', 'for x { if y { continue }\nlive() }\nlive()', ['live', 'live']],
  ])('%s', (_, body, live) => {
    expect(reached(body)).toEqual(live);
  });

  test('a select has one edge per case, and no operation stands before the choice', () => {
    const pkg = packageOf('func f() { select { case v := <-in: use(v); case out <- get(): default: } }');
    const [only] = [...pkg.funcs()];
    if (!only) throw new Error('no function');
    const { entry } = pkg.cfgOf(only.decl);
    if (entry.exit.kind !== 'select') throw new Error(`exit is ${entry.exit.kind}`);
    expect(entry.exit.cases.map(({ clause, to }) => [clause.comm?.kind ?? 'default', to.nodes[0]?.kind ?? 'nothing'])).toEqual([['AssignStmt', 'AssignStmt'], ['SendStmt', 'SendStmt'], ['default', 'nothing']]);
    expect(entry.nodes.map((node) => node.kind)).toEqual(['Ident', 'Ident', 'CallExpr']);
  });
});
