import { describe, expect, test } from 'vitest';
import { lineAt, walk, type File } from '../src/go/ast.ts';
import { buildCfg, reachableFrom } from '../src/go/cfg.ts';
import { defaultModule } from '../src/go/module.ts';
import { GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { importName } from '../src/go/scope.ts';
import { typeString } from '../src/go/type.ts';

const parse = await loadParser();

function packageOf(text: string): GoPackage {
  return new GoPackage('', [parse('p.go', `package p\n${text}`)], defaultModule);
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

  test('takes the outermost literals of variables for functions under the name of the variable', () => {
    const text = 'package p\nvar a, b = func() { func() {}() }, run{f: func(x int) {}}\nfunc c() {}\nvar _ = func() {}\nvar n = g(1)\n';
    const { funcs } = parse('p.go', text);
    expect(funcs.map(({ name, pos, isLiteral }) => [name.name, text.slice(pos, pos + 8), isLiteral])).toEqual([['a', 'func() {', true], ['b', 'func(x i', true], ['c', 'func c()', false]]);
    expect(new GoPackage('p', [parse('p.go', text)], defaultModule).scopes.packageLevel('a')?.kind).toBe('var');
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

  test('understands new of an expression and a make that is none, which the grammar does not', () => {
    const file = parse('p.go', 'package p\nfunc f() { a, b := new(T(x)), new([]int); make := f; c := new(12); make(c, -1); make(-1); _, _, _ = a, b, c }\n');
    expect(file.funcs.map((decl) => decl.broken)).toEqual([false]);
    const names: string[] = [];
    for (const decl of file.funcs) {
      walk(decl, (node) => {
        if (node.kind === 'CallExpr' && node.fun.kind === 'Ident') names.push(node.fun.name);
        return undefined;
      });
    }
    expect(names).toEqual(['new', 'T', 'new', 'new', 'make', 'make']);
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
    ['an element of a literal without its type', 'type T struct{ done chan bool }\nfunc f() { for _, one := range []T{{done: nil}} { d := one.done; _ = d } }', 'd', 'chan bool'],
    ['a method by the type of a repeated constant', 'type K int\nfunc (K) ch() chan int { return nil }\nconst ( A K = iota; B )\nfunc f() { c := B.ch(); _ = c }', 'c', 'chan int'],
    ['a result whose type has the name of a parameter', 'type t struct{ c chan int }\nfunc g(t string) *t { return nil }\nfunc f() { c := g("").c; _ = c }', 'c', 'chan int'],
    ['a parameter in a list longer than the grammar likes', 'func f(a, b, c, d, e, f, g, h, i, j chan int) { x := a; _ = x }', 'x', 'chan int'],
    ['what an atomic pointer holds', 'import "sync/atomic"\ntype t struct{ c chan int }\nfunc f(p *atomic.Pointer[t]) { c := p.Load().c; _ = c }', 'c', 'chan int'],
    ['what an iterator yields', 'import "iter"\nfunc all() iter.Seq2[int, chan string] { return nil }\nfunc f() { for _, c := range all() { _ = c } }', 'c', 'chan string'],
    ['a generic function of the standard library', 'import "slices"\nfunc f(all []chan int) { for _, c := range slices.Clone(all) { _ = c } }', 'c', 'chan int'],
    ['a type parameter by its constraint', 'func f[C ~chan T, T any](c C) { for v := range c { c2 := make(chan T); c2 <- v; _ = c2 } }', 'c2', 'chan T'],
    ['a method of an embedded interface', 'type a interface{ c() chan int }\ntype b interface{ a }\nfunc f(x b) { c := x.c(); _ = c }', 'c', 'chan int'],
    ['a field of a lock that is embedded beside others of another package', 'import ("sync"; "example.com/x")\ntype t struct { sync.Cond; x.A; x.B }\nfunc f(c t) { l := c.L; _ = l }', 'l', 'sync.Locker'],
    ['a field of an own type beside an embedded one of another package', 'import "sync"\ntype own struct{ done chan int }\ntype t struct { sync.Mutex; own }\nfunc f(x t) { d := x.done; _ = d }', 'd', 'chan int'],
    ['a generic type that is declared by itself', 'type F[T any] func(func(F[T]))\nfunc f(F[int]) {}\nfunc g[T any](F[T]) chan T { return nil }\nfunc h() { c := g(f); _ = c }', 'c', 'chan unknown'],
    ['the second result of a call that is not known', 'import "example.com/x"\nfunc f() { _, c := x.Make(); _ = c }', 'c', 'unknown'],
    ['a channel to send channels on', 'func f(c chan<- chan int, d chan<- <-chan int) { e, g := c, d; _, _ = e, g }', 'e', 'chan<- chan int'],
    ['a variable of unseen code that is received from', 'import "example.com/x"\nfunc f() { c, err := x.Make(); if err == nil { <-c } }', 'c', 'chan unknown'],
    ['a package that the repository keeps a copy of', 'import "example.com/x/Godeps/_workspace/src/golang.org/x/net/context"\nfunc f() { ctx, cancel := context.WithCancel(nil); d := ctx.Done(); _, _ = d, cancel }', 'd', '<-chan struct'],
    ['nothing that the files do not say', 'import "example.com/x"\nfunc f() { c := x.Make(); _ = c }', 'c', 'unknown'],
  ])('of %s', (_, text, name, type) => {
    expect(typeOfLast(packageOf(text), name)).toBe(type);
  });

  test('of a name that platforms declare differently, as the file that uses it is built', () => {
    const files = [
      parse('ch_linux.go', 'package p\nvar ch chan int\nfunc (t) open() chan int { return nil }'),
      parse('ch_other.go', '//go:build !linux\n\npackage p\nvar ch chan string\nfunc (t) open() chan string { return nil }'),
      parse('use.go', 'package p\ntype t struct{}\nfunc f() { plain := ch; _ = plain }'),
      parse('use_windows.go', 'package p\nfunc g(x t) { c := ch; d := x.open(); _, _ = c, d }'),
      parse('use_unix.go', '//go:build linux && !appengine\n// +build linux\n\npackage p\nfunc h(x t) { e := x.open(); _ = e }'),
    ];
    const pkg = new GoPackage('', files, defaultModule);
    expect(['plain', 'c', 'd', 'e'].map((name) => typeOfLast(pkg, name))).toEqual(['chan int', 'chan string', 'chan string', 'chan int']);
  });

  test('of a package with many functions that were read and not resolved yet', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `func f${index}() { _ = t{c: nil} }`);
    const pkg = packageOf(`type t struct{ c chan int }\n${many.join('\n')}\nfunc g() { last := t{c: nil}; _ = last }`);
    for (const { decl } of pkg.funcs()) expect(decl.body).not.toBeNull();
    expect(typeOfLast(pkg, 'last')).toBe('t');
  });

  test('of names from a dot import, and of an import whose name is not that of its path', () => {
    const pkg = packageOf('import . "time"\nimport "example.com/go-lib.go/errgroup-v2"\nfunc f() { t := NewTimer(1); _ = t; errgroup.Do() }');
    expect(typeOfLast(pkg, 't')).toBe('*time.Timer');
    const names: string[] = [];
    for (const { decl } of pkg.funcs()) {
      walk(decl, (node) => {
        const obj = node.kind === 'Ident' ? pkg.objectOf(node) : undefined;
        if (obj?.kind === 'package') names.push(obj.path);
        return undefined;
      });
    }
    expect(names).toEqual(['example.com/go-lib.go/errgroup-v2']);
  });

  test('keys of struct literals are no uses of variables, those of maps are', () => {
    const pkg = packageOf('type T struct{ ch int }\ntype M map[string]int\nfunc f(ch string) { _ = T{ch: 1}; _ = M{ch: 2} }');
    const keys: (string | undefined)[] = [];
    for (const { decl } of pkg.funcs()) {
      walk(decl, (node) => {
        if (node.kind === 'KeyValueExpr' && node.key.kind === 'Ident') keys.push(pkg.objectOf(node.key)?.kind ?? pkg.infer.keyOf(node)?.kind);
        return undefined;
      });
    }
    expect(keys).toEqual(['field', 'var']);
  });

  test.each([['golang.org/x/sync/errgroup', 'errgroup'], ['k8s.io/klog/v2', 'klog'], ['gopkg.in/yaml.v3', 'yaml'], ['github.com/mattn/go-isatty', 'isatty'], ['time', 'time']])('the name of import %s is %s', (path, name) => {
    expect(importName(path)).toBe(name);
  });
});

describe('control flow', () => {
  /** Names of the functions called in blocks that can be reached: the program says itself which those are. */
  function reached(body: string): string[] {
    const pkg = packageOf(`func f() {\n${body}\n}\ntype dier int\nfunc (dier) die() { panic(1) }\nfunc saved() { defer func() { recover() }(); panic(1) }`);
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
    ['nothing is behind a method that never returns', 'var x dier\nx.die()\ndead()', []],
    ['a deferred recover lets a function return', 'saved()\nlive()', ['live', 'saved']],
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
