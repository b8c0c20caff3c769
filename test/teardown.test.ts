import { expect, test } from 'vitest';
import { moduleOf } from '../src/go/module.ts';
import { GoPackage } from '../src/go/package.ts';
import { loadParser } from '../src/go/parse.ts';
import { runsOnce } from '../src/leaks/teardown.ts';
import { leaksIn } from './support/leaks-in.ts';

const parse = await loadParser();

/** Whether `f` of a package runs once in the life of the process. */
function runs(name: string, text: string): boolean {
  const pkg = new GoPackage('x', [parse('x/x.go', `package ${name}\nimport "github.com/urfave/cli/v2"\n${text}`)], moduleOf('go 1.24'));
  const decl = [...pkg.funcs()].find((one) => one.decl.name.name === 'f')?.decl;
  if (!decl) throw new Error('no f');
  return runsOnce(pkg, decl);
}

test.each([
  ['main calls it', 'main', 'func f() {}\nfunc main() { f() }', true],
  ['what main calls calls it', 'main', 'func f() {}\nfunc g() { f() }\nfunc main() { g() }', true],
  ['a command that a variable holds calls it', 'command', 'func f() {}\nvar publish = &cli.Command{Action: func(c *cli.Context) error { f(); return nil }}', true],
  ['a command and another function call it', 'command', 'func f() {}\nvar publish = &cli.Command{Action: func(c *cli.Context) error { f(); return nil }}\nfunc Serve() { f() }', false],
  ['a variable holds it', 'command', 'func f() {}\nvar handler = f', false],
  ['a function that a variable holds calls it', 'command', 'func f() {}\nvar handler = func() { f() }', false],
  ['it is called Main', 'shared', 'func Main() { f() }\nfunc f() {}', true],
  ['nobody calls it', 'command', 'func f() {}', false],
  ['it calls itself only', 'command', 'func f() { f() }', false],
])('%s', (_, name, text, is) => {
  expect(runs(name, text)).toBe(is);
});

test.each([
  ['flush', []],
  ['Close', ['missing-close:11']],
])('a loop that runs as long as its owner is not what ends it, though it is called flush; %s', async (method, found) => {
  const text = `package p

type hook struct{ lines chan string }

func Start(h *hook) {
	h.lines = make(chan string, 8)
	go h.flush()
}

func (h *hook) flush() {
	for line := range h.lines {
		println(line)
	}
}

func (h *hook) Log(line string) { h.lines <- line }
${method === 'flush' ? '' : `
func (h *hook) ${method}() { println("bye") }
`}`;
  expect((await leaksIn('p/a.go', text)).map(({ rule, line }) => `${rule}:${line}`)).toEqual(found);
});

test.each([
  ['what holds the owner is dropped from a map', 'type mount struct{ fs *system }\nvar mounts = map[int]*mount{}\nfunc drop(k int) { delete(mounts, k) }', ['missing-close:11']],
  ['what points back to the owner is dropped from its map', 'type file struct{ fs *system }\nfunc (s *system) drop(k int) { delete(s.files, k) }', []],
])('%s', async (_, rest, found) => {
  const text = `package p

type system struct{ lines chan string; files map[int]*file }

func Start(s *system) {
	s.lines = make(chan string, 8)
	go s.loop()
}

func (s *system) loop() {
	for line := range s.lines {
		println(line)
	}
}

func (s *system) Log(line string) { s.lines <- line }
${rest.includes('type file') ? '' : 'type file struct{}\n'}
${rest}
`;
  expect((await leaksIn('p/a.go', text)).map(({ rule, line }) => `${rule}:${line}`)).toEqual(found);
});

test.each([
  ['Close() error', 'l.up = false; return nil', true],
  ['CloseNotified() error', 'l.up = false; return nil', false],
  ['Endpoint() string', 'l.up = true; return ""', false],
  ['Close() error', 'return nil', false],
  ['Close() error', 'panic("not implemented")', false],
])('%s { %s } ends its object: %s', async (method, body, ends) => {
  const text = `package p

type link struct {
	acks chan int
	up   bool
}

func NewLink() *link {
	l := &link{acks: make(chan int, 4)}
	go l.run()
	return l
}

func (l *link) Put(ack int) { l.acks <- ack }

func (l *link) run() {
	for ack := range l.acks {
		println(ack)
	}
}

func (l *link) ${method} { ${body} }
`;
  expect((await leaksIn('p/p.go', text)).map(({ rule, line }) => `${rule}:${line}`)).toEqual(ends ? ['missing-close:17'] : []);
});

test.each([
  ['', 'certain'],
  ['if err := a.start(); err != nil {\n\t\tdelete(agents, k)\n\t}', 'likely'],
])('an object that is dropped because it failed may have ended its goroutine; %s', async (failing, confidence) => {
  const text = `package p

type agent struct{ work chan int }

func (a *agent) start() error {
	a.work = make(chan int)
	go func() {
		for n := range a.work {
			println(n)
		}
	}()
	return check(a)
}

func check(a *agent) error { return nil }

var agents = map[int]*agent{}

func Add(k int) {
	a := &agent{}
	agents[k] = a
	${failing || 'if a.start() == nil {\n\t\tdelete(agents, k)\n\t}'}
}
`;
  expect((await leaksIn('p/a.go', text)).map((leak) => `${leak.rule} ${leak.confidence}`)).toEqual([`missing-close ${confidence}`]);
});

test.each([
  ['Stop tells it to stop', 's.todo <- "stop"', []],
  ['Stop does something else', 'println("bye")', ['missing-close:12']],
  ['Stop does what the loop does', 's.stop()', ['missing-close:12']],
])('a loop that is told to stop through its channel goes on to be told to start; %s', async (_, stop, found) => {
  const text = `package p

type server struct{ todo chan string }

func New() *server {
	s := &server{todo: make(chan string)}
	go s.run()
	return s
}

func (s *server) run() {
	for what := range s.todo {
		println(what)
		if what == "stop" {
			s.stop()
		}
	}
}

func (s *server) stop() { println("stopped") }

func (s *server) Start() { s.todo <- "start" }

func (s *server) Stop() { ${stop} }
`;
  expect((await leaksIn('p/a.go', text)).map(({ rule, line }) => `${rule}:${line}`)).toEqual(found);
});

test.each([
  ['its object', 'Stop() { println("bye") }', ['missing-close:20']],
  ['what it serves', 'Stop(ctx context.Context, r *Request) (*Answer, error) { return &Answer{}, ctx.Err() }', []],
])('a method that ends %s', async (_, method, found) => {
  const text = `package p

import "context"

type (
	Request struct{}
	Answer  struct{}
	server  struct{ exits chan int }
)

var _ context.Context

func New() *server {
	s := &server{exits: make(chan int)}
	go s.watch()
	return s
}

func (s *server) watch() {
	for code := range s.exits {
		println(code)
	}
}

func (s *server) Exited(code int) { s.exits <- code }

func (s *server) ${method}
`;
  expect((await leaksIn('p/a.go', text)).map(({ rule, line }) => `${rule}:${line}`)).toEqual(found);
});

test('a method that ends the process ends no object in it', async () => {
  const text = (ends: string): string => `package p

import (
	"os"
	"time"
)

type node struct{ quit chan struct{} }

func (n *node) Start() {
	go n.sync()
}

func (n *node) sync() {
	for {
		time.Sleep(time.Second)
	}
}

func (n *node) ShutDown() {
	close(n.quit)
	${ends}
}

var _ = os.Exit
`;
  expect((await leaksIn('p/p.go', text('n.quit = nil'))).map(({ rule }) => rule)).toEqual(['loop-without-exit']);
  expect(await leaksIn('p/p.go', text('os.Exit(0)'))).toEqual([]);
});

test.each([
  ['Close', 'certain'],
  ['StopAll', 'certain'],
  ['stopTimer', 'likely'],
])('%s is %s to end an object', async (method, confidence) => {
  const text = `package p

type server struct {
	updates chan int
	n       int
}

func newServer() *server {
	s := &server{updates: make(chan int)}
	go s.run()
	return s
}

func (s *server) run() {
	for n := range s.updates {
		s.n += n
	}
}

func (s *server) add(n int) { s.updates <- n }

func (s *server) ${method}() { s.n = 0 }
`;
  expect((await leaksIn('p/a.go', text)).map((leak) => `${leak.rule} ${leak.confidence}`)).toEqual([`missing-close ${confidence}`]);
});
