import { describe, expect, test } from 'vitest';
import { review } from '../src/review.ts';
import { memorySource } from '../src/source/memory.ts';
import { leaksIn } from './support/leaks-in.ts';

/** What is found in a new file, and how surely. */
async function foundIn(path: string, text: string): Promise<string[]> {
  return (await leaksIn(path, text)).map(({ rule, line, confidence }) => `${rule}:${line} ${confidence}`);
}

describe('a send into a buffer', () => {
  const vacuum = (size: string): string => `package p

import "time"

type places struct{ all []string }

func (p *places) Length() int { return len(p.all) }

func vacuum(p *places, n int, run func(string) bool) bool {
	done := make(chan bool, ${size})
	for _, one := range p.all {
		go func() {
			done <- run(one)
		}()
	}
	for range p.all {
		select {
		case <-done:
		case <-time.After(time.Minute):
			return false
		}
	}
	return true
}
`;

  test('is likely to wait where only a run tells the size, and certain where it is written', async () => {
    for (const size of ['p.Length()', 'n']) expect(await foundIn('p/p.go', vacuum(size))).toEqual(['abandoned-send:13 likely']);
    expect(await foundIn('p/p.go', vacuum('1'))).toEqual(['abandoned-send:13 certain']);
    expect(await foundIn('p/p.go', vacuum('len(p.all)'))).toEqual([]);
  });
});

describe('what a test leaves behind', () => {
  const counting = (given: string): string => `package p

import (
	"os"
	"testing"
)

func drain(ch chan int, each func(int) bool) {
	for n := range ch {
		if !each(n) {
			return
		}
	}
}

func TestDrain(t *testing.T) {
	ch := make(chan int)
	go func() {
		defer close(ch)
		for n := 0; n < 5; n++ {
			ch <- n
		}
	}()
	out := os.Stdout
	drain(ch, func(n int) bool {
		_, err := out.Write([]byte{byte(n)})
		return ${given}
	})
}
`;

  test('is certain where all runs leave it, and likely where that takes a guess', async () => {
    expect(await foundIn('p/p_test.go', counting('err == nil'))).toEqual(['abandoned-send:21 likely']);
    expect(await foundIn('p/p_test.go', counting('false'))).toEqual(['abandoned-send:21 certain']);
    expect(await foundIn('p/p_test.go', counting('true'))).toEqual([]);
  });
});

test('what a command leaves behind is likely to end with its process', async () => {
  const run = `package run

func Await(stop chan bool, work func() error) error {
	failed := make(chan error)
	go func() { failed <- work() }()
	select {
	case <-stop:
		return nil
	case err := <-failed:
		return err
	}
}
`;
  expect(await foundIn('run/run.go', run)).toEqual(['abandoned-send:5 certain']);
  expect(await foundIn('cmd/run/run.go', run)).toEqual(['abandoned-send:5 likely']);
  for (const path of ['_examples/run/run.go', 'pkg/cliutil/run.go']) expect(await foundIn(path, run)).toEqual(['abandoned-send:5 likely']);
  expect(await foundIn('internal/run/run.go', run.replace('run\n', 'run\n\nimport "github.com/spf13/cobra"\n\nvar _ cobra.Command\n'))).toEqual(['abandoned-send:9 likely']);
  expect(await foundIn('internal/run/run.go', run.replace('run\n', 'run\n\nimport "golang.org/x/term"\n\nvar width, _, _ = term.GetSize(0)\n'))).toEqual(['abandoned-send:9 likely']);
  const inModule = async (requires: string): Promise<string[]> => (await leaksIn('run/run.go', run, { 'go.mod': `module m\n\ngo 1.26\n\nrequire (\n\tgithub.com/spf13/cobra v1.8.0\n${requires})\n` })).map(({ confidence }) => confidence);
  expect(await inModule('')).toEqual(['likely']);
  expect(await inModule('\tgithub.com/prometheus/client_golang v1.20.0\n')).toEqual(['certain']);
});

test('a function in a struct of another package may be called by it', async () => {
  const text = `package p

import (
	"sync"

	"example.com/lib"
)

func params(done func()) *lib.Params { return &lib.Params{Done: done} }

func Run(vus []lib.VU) {
	var wg sync.WaitGroup
	done := func() { wg.Done() }
	for _, vu := range vus {
		wg.Add(1)
		vu.Activate(params(done))
	}
	wg.Wait()
}
`;
  expect(await foundIn('p/p.go', text)).toEqual([]);
});

test('a function that hangs by itself is likely where that takes a guess, and certain where it does not', async () => {
  const text = (condition: string): string => `package p

import "context"

func Query(stall bool) {
	ctx := context.Background()
	if ${condition} {
		select {
		case <-make(chan struct{}):
		case <-ctx.Done():
		}
	}
}
`;
  expect(await foundIn('p/p.go', text('stall'))).toEqual(['stuck-select:8 likely']);
  expect(await foundIn('p/p.go', text('true'))).toEqual(['stuck-select:8 certain']);
});

test('a connection is lent to the client that is returned, however deep in the call', async () => {
  const text = (returned: string): string => `package p

import (
	"example.com/pb"
	"google.golang.org/grpc"
)

func Current(to string) (*pb.Client, error) {
	conn, err := grpc.NewClient(to)
	if err != nil {
		return nil, err
	}
	${returned}
}
`;
  expect(await foundIn('p/p.go', text('return pb.Wrap(pb.NewBridgeClient(conn), 1), nil'))).toEqual(['unclosed-resource:9 likely']);
  expect(await foundIn('p/p.go', text('return pb.Idle(), nil'))).toEqual(['unclosed-resource:9 certain']);
});

test('what a helper of tests leaves open is likely to end with them', async () => {
  const text = (imported: string): string => `package nwo

import (
	"net/http"

	"${imported}"
)

func Remove(url string) int {
	resp, err := http.Get(url)
	gomega.Expect(err)
	return resp.StatusCode
}
`;
  expect(await foundIn('nwo/nwo.go', text('github.com/onsi/gomega'))).toEqual(['unclosed-body:10 likely']);
  expect(await foundIn('nwo/nwo.go', text('example.com/gomega'))).toEqual(['unclosed-body:10 certain']);
});

test('what an interface of another package hides may be used through it', async () => {
  const text = `package p

import "example.com/backend"

type slow struct {
	backend.Writer
	begun chan struct{}
}

func (s *slow) Write(b []byte) error {
	s.begun <- struct{}{}
	return s.Writer.Write(b)
}

type block struct{ to backend.Writer }

func newBlock(to backend.Writer) *block { return &block{to: to} }

func (b *block) complete() error { return b.to.Write(nil) }

func Complete(w backend.Writer) error {
	begun := make(chan struct{})
	b := newBlock(&slow{Writer: w, begun: begun})
	go func() {
		<-begun
	}()
	return b.complete()
}
`;
  expect(await foundIn('p/p.go', text)).toEqual([]);
});

test('a loop of as many turns as a buffer has room rests on a size that only a run tells', async () => {
  const text = `package p

import (
	"context"
	"sync/atomic"
)

func Pick(ctx context.Context, urls *atomic.Value, connect func(string) error) error {
	results := make(chan error, len(urls.Load().([]string)))
	for _, url := range urls.Load().([]string) {
		go func() { results <- connect(url) }()
	}
	picked := make(chan struct{}, 1)
	go func() {
		for n := 0; n < cap(results); n++ {
			if err := <-results; err == nil {
				continue
			}
		}
		picked <- struct{}{}
	}()
	select {
	case <-picked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
`;
  expect((await foundIn('p/p.go', text)).filter((one) => one.endsWith('certain'))).toEqual([]);
});

test('locks that one goroutine takes in both orders are likely, those that two may are certain', async () => {
  const text = (start: string): string => `package p

import "sync"

type framer struct {
	control, data sync.Mutex
	frames        int
}

func (f *framer) Append() int {
	f.control.Lock()
	defer f.control.Unlock()
	f.data.Lock()
	defer f.data.Unlock()
	return f.frames
}

func (f *framer) Reject() {
	f.data.Lock()
	defer f.data.Unlock()
	f.control.Lock()
	defer f.control.Unlock()
	f.frames = 0
}

type conn struct {
	framer framer
	events chan int
}

func New() *conn {
	c := &conn{events: make(chan int)}
	go c.run()
	return c
}

func (c *conn) run() {
	for event := range c.events {
		c.handle(event)
	}
}

func (c *conn) handle(event int) {
	if event == 0 {
		${start}c.framer.Reject()
		return
	}
	c.framer.Append()
}

func (c *conn) Close() { close(c.events) }
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['lock-order:13 likely']);
  expect(await foundIn('p/p.go', text('go '))).toEqual(['lock-order:13 certain']);
});

test('a connection whose clients are kept in a variable of the package may be meant to last', async () => {
  const text = (keep: string): string => `package p

import (
	"google.golang.org/grpc"

	"example.com/pb"
)

type client struct{ tasks pb.TasksClient }

var shared *client

func Use(address string) error {
	conn, err := grpc.NewClient(address)
	if err != nil {
		return err
	}
	${keep}&client{tasks: pb.NewTasksClient(conn)}
	return nil
}
`;
  expect(await foundIn('p/p.go', text('shared = '))).toEqual(['unclosed-resource:14 likely']);
  expect(await foundIn('p/p.go', text('_ = '))).toEqual(['unclosed-resource:14 certain']);
});

test('a connection that its client is returned with is lost only on the ways that do not return it', async () => {
  const text = (check: string): string => `package p

import (
	"google.golang.org/grpc"

	"example.com/pb"
)

type Client struct{ tasks pb.TasksClient }

func Dial(address string) (*Client, error) {
	conn, err := grpc.NewClient(address)
	if err != nil {
		return nil, err
	}
	tasks := pb.NewTasksClient(conn)
	${check}
	return &Client{tasks: tasks}, nil
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['unclosed-resource:12 likely']);
  expect(await foundIn('p/p.go', text('if err := tasks.Ping(); err != nil {\n\t\treturn nil, err\n\t}'))).toEqual(['unclosed-resource:12 certain']);
  // Where what a program needs cannot be made it mostly does not start.
  expect(await foundIn('p/p.go', text('if err := tasks.Ping(); err != nil {\n\t\treturn nil, err\n\t}').replace('func Dial', 'func NewClient'))).toEqual(['unclosed-resource:12 likely']);
});

test('a second value for who takes one is likely where only what the sender reads tells whether there is one', async () => {
  const text = (loop: string, send: string): string => `package p

import "example.com/wire"

func Pull(d *wire.Decoder, items []string) string {
	results := make(chan string)
	go func() {
		defer close(results)
		for ${loop} {
			${send}
		}
	}()
	return <-results
}
`;
  expect(await foundIn('p/p.go', text('d.More()', 'if item := d.Next(); item != "" {\n\t\t\t\tresults <- item\n\t\t\t}'))).toEqual(['abandoned-send:11 likely']);
  expect(await foundIn('p/p.go', text('_, item := range items', 'results <- item'))).toEqual(['abandoned-send:10 certain']);
});

test('a callee that locks only what it does not find is likely to lock again, one that always locks is certain to', async () => {
  const text = (find: string): string => `package p

import "sync"

type cache struct {
	mu    sync.Mutex
	names sync.Map
	byID  sync.Map
}

func (c *cache) byName(name string) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.names.Load(name)
	if !ok {
		return nil, nil
	}
	return c.get(id)
}

func (c *cache) get(id any) (any, error) {
	${find}
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, _ := c.byID.Load(id)
	return entry, nil
}
`;
  expect(await foundIn('p/p.go', text('if entry, ok := c.byID.Load(id); ok {\n\t\treturn entry, nil\n\t}'))).toEqual(['double-lock:25 likely']);
  expect(await foundIn('p/p.go', text(''))).toEqual(['double-lock:23 certain']);
});

test('a channel of things to do that a method closes is no word to other goroutines to end', async () => {
  const text = (elem: string, send: string): string => `package p

import "time"

type server struct {
	events  chan ${elem}
	clients int
}

func newServer() *server {
	s := &server{events: make(chan ${elem})}
	go s.broadcast()
	go s.reload()
	return s
}

func (s *server) broadcast() {
	for range s.events {
		s.clients++
	}
}

func (s *server) reload() {
	for {
		time.Sleep(time.Second)
		s.clients--
	}
}

${send}

func (s *server) Shutdown() { close(s.events) }
`;
  const told = async (elem: string, send: string): Promise<string[]> => (await leaksIn('p/p.go', text(elem, send))).map(({ rule, line, message }) => `${rule}:${line} ${message.split(',')[0] ?? ''}`);
  expect(await told('int', 'func (s *server) put(event int) { s.events <- event }')).toEqual(['loop-without-exit:25 This goroutine outlives its owner: nothing in the loop leaves it']);
  expect(await told('struct{}', '')).toEqual(['loop-without-exit:25 This goroutine outlives its owner: `server.Shutdown` tells goroutines to end']);
});

test('a loop that does not listen to the end of its owner is likely to end with the process', async () => {
  const text = `package p

import "time"

type server struct {
	stop    chan struct{}
	clients int
}

func newServer() *server {
	s := &server{stop: make(chan struct{})}
	go s.watch()
	go s.reload()
	return s
}

func (s *server) watch() {
	<-s.stop
}

func (s *server) reload() {
	for {
		time.Sleep(time.Second)
		s.clients--
	}
}

func (s *server) Close() { close(s.stop) }
`;
  expect(await foundIn('p/p.go', text)).toEqual(['loop-without-exit:23 likely']);
});

describe('behind what hardly ever fails', () => {
  const kept = (asked: string): string => `package p

import (
	"encoding/json"
	"os"
	"sync"

	"example.com/pool"
)

type cache struct {
	mu    sync.Mutex
	items map[string]any
}

func (c *cache) Put(key string, value any) error {
	c.mu.Lock()
	${asked}
		return os.ErrInvalid
	}
	c.items[key] = one
	c.mu.Unlock()
	return nil
}

func (c *cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.items)
}

var _ = json.Marshal
var _ = pool.New
`;
  const sent = (asked: string): string => `package p

import (
	"context"
	"os"

	"example.com/pool"
)

func Fetch(ctx context.Context, name string, load func(string) int) (int, error) {
	found := make(chan int)
	go func() {
		found <- load(name)
	}()
	${asked}
	if err != nil {
		return 0, err
	}
	_ = one
	return <-found, nil
}

var _ = os.Open
var _ = pool.New
`;

  test('a lock is likely to be let go of, and certain to be kept where what fails goes somewhere', async () => {
    for (const asked of ['one, ok := value.(string)\n\tif !ok {', 'one, err := json.Marshal(value)\n\tif err != nil {', 'one, err := pool.NewPool(3)\n\tif err != nil {']) expect(await foundIn('p/p.go', kept(asked)), asked).toEqual(['missing-unlock:17 likely']);
    for (const asked of ['one, ok := c.items[key]\n\tif !ok {', 'one, err := os.ReadFile(key)\n\tif err != nil {']) expect(await foundIn('p/p.go', kept(asked)), asked).toEqual(['missing-unlock:17 certain']);
  });

  test('a send is likely to be received', async () => {
    expect(await foundIn('p/p.go', sent('one, err := pool.NewPool(3)'))).toEqual(['abandoned-send:13 likely']);
    for (const asked of ['one, err := pool.NewPool(ctx, 3)', 'one, err := os.Open(name)']) expect(await foundIn('p/p.go', sent(asked)), asked).toEqual(['abandoned-send:13 certain']);
  });

  test('rows are likely to be closed', async () => {
    const text = (asked: string): string => `package p

import "database/sql"

func Names(db *sql.DB) ([]string, error) {
	rows, err := db.Query("SELECT 1")
	if err != nil {
		return nil, err
	}
	names, err := ${asked}
	if err != nil {
		return nil, err
	}
	rows.Close()
	return names, nil
}

func load(db *sql.DB) ([]string, error) { return nil, db.Ping() }
`;
    expect(await foundIn('p/p.go', text('rows.Columns()'))).toEqual(['unclosed-rows:6 likely']);
    expect(await foundIn('p/p.go', text('load(db)'))).toEqual(['unclosed-rows:6 certain']);
  });
});

test('what stands in for something in tests is likely to be found wanting by them', async () => {
  const text = `package p

import "sync"

type Store struct {
	mu  sync.Mutex
	err error
}

func (s *Store) Get() error {
	s.mu.Lock()
	if s.err != nil {
		return s.err
	}
	s.mu.Unlock()
	return nil
}
`;
  expect(await foundIn('store/store.go', text)).toEqual(['missing-unlock:11 certain']);
  for (const path of ['store/mocks/store.go', 'store/storefake/store.go', 'store/fake_store.go', 'store/store_mock.go']) expect(await foundIn(path, text), path).toEqual(['missing-unlock:11 likely']);
});

test('who is started again after a stop keeps the goroutines that its constructor started', async () => {
  const text = (begin: string, start: string): string => `package p

type worker struct {
	isOn bool
	jobs chan int
}

func New() *worker {
	w := &worker{jobs: make(chan int)}
	${begin}
	return w
}

func (w *worker) run() {
	go func() {
		for range w.jobs {
		}
	}()
}

func (w *worker) Start() {
	w.isOn = true
	${start}
}

func (w *worker) Stop() { w.isOn = false }

func (w *worker) Add(n int) { w.jobs <- n }
`;
  expect(await foundIn('p/p.go', text('w.run()', ''))).toEqual(['missing-close:16 likely']);
  expect(await foundIn('p/p.go', text('', 'w.run()'))).toEqual(['missing-close:16 certain']);
});

test('locks that a loop takes for reading are all let go of by the calls it defers', async () => {
  const text = `package p

import "sync"

type filters struct {
	mu     sync.RWMutex
	hidden map[string]bool
}

func (f *filters) first(names []string) string {
	for _, name := range names {
		f.mu.RLock()
		defer f.mu.RUnlock()
		if !f.hidden[name] {
			return name
		}
	}
	return ""
}

func (f *filters) hide(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hidden[name] = true
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['recursive-rlock:12 likely']);
});

test('what locking another package\'s mutex answers may let go of it', async () => {
  const text = (use: string): string => `package p

import "example.com/utils"

type store struct {
	inner utils.Mutex
	n     int
}

func (s *store) clear() {
	${use}
}

func (s *store) add() int {
	s.inner.Lock()
	s.n++
	s.inner.Unlock()
	return s.n
}
`;
  expect(await foundIn('p/p.go', text('s.inner.Lock()\n\tif s.n > 0 {\n\t\treturn\n\t}\n\ts.inner.Unlock()'))).toEqual(['missing-unlock:11 certain']);
  expect(await foundIn('p/p.go', text('for range s.inner.Lock() {\n\t\ts.n = 0\n\t}'))).toEqual([]);
});

test('unseen code that is given what was recovered makes nothing of no panic', async () => {
  const text = (given: string): string => `package p

import (
	"context"

	"example.com/recovery"
)

func run(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if err := recovery.Handle(${given}, "work"); err != nil {
				done <- err
			}
		}()
		done <- work()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
`;
  expect(await foundIn('p/p.go', text('recover()'))).toEqual([]);
  expect(await foundIn('p/p.go', text('ctx'))).toEqual(['abandoned-send:14 likely']);
});

test('a call that unlocks an element unlocks the one that is locked by another name', async () => {
  const text = (unlock: string): string => `package p

import "sync"

type shard struct {
	mu   sync.Mutex
	size int
}

type mapper struct{ shards []shard }

func (m *mapper) run(full func(int) bool) {
	for i := range m.shards {
		sh := &m.shards[i]
		if full(i) {
			sh.mu.Lock()
			go m.write(i)
		}
	}
	for i := range m.shards {
		sh := &m.shards[i]
		if sh.size > 0 {
			sh.mu.Lock()
			m.write(i)
		}
		m.shards[i].mu.Lock()
	}
}

func (m *mapper) write(index int) {
	m.shards[index].size = 0
	${unlock}
}
`;
  expect(await foundIn('p/p.go', text('m.shards[index].mu.Unlock()'))).toEqual([]);
  expect(await foundIn('p/p.go', text(''))).toContain('double-lock:26 certain');
});

test('a context that nothing in a test cancels is done in a test only as a guess', async () => {
  const relay = `package p

import "context"

func relay(ctx context.Context, in <-chan int, out chan<- int) {
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-in:
			select {
			case out <- v:
			case <-ctx.Done():
				return
			}
		}
	}
}
`;
  const text = (end: string): string => `package p

import (
	"context"
	"testing"
	"time"
)

func TestRelay(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in, out := make(chan int), make(chan int, 1)
	go relay(ctx, in, out)
	go func() { in <- 1 }()
	${end}
}
`;
  const found = async (end: string): Promise<string[]> => (await leaksIn('p/p_test.go', text(end), { 'p/p.go': relay })).map(({ rule, line, confidence }) => `${rule}:${line} ${confidence}`);
  expect(await found('time.Sleep(time.Second)\n\tprintln(len(out))')).toEqual(['abandoned-send:14 certain']);
  expect(await found('<-out')).toEqual(['abandoned-send:14 likely', 'abandoned-receive:15 likely']);
});

test('a lock that a function picks may be unlocked by whoever picks it again', async () => {
  const text = (lock: string): string => `package p

import "sync"

type memory struct {
	mu    sync.Mutex
	one   sync.Mutex
	locks map[string]*sync.Mutex
}

func (m *memory) pick(id string) *sync.Mutex {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.locks[id]
}

func (m *memory) Get(id string) string {
	lock := ${lock}
	lock.Lock()
	return id
}

func (m *memory) Size() int {
	m.one.Lock()
	defer m.one.Unlock()
	return len(m.locks)
}
`;
  expect((await foundIn('p/p.go', text('m.pick(id)'))).filter((one) => one.endsWith('certain'))).toEqual([]);
  expect(await foundIn('p/p.go', text('&m.one'))).toEqual(['missing-unlock:19 certain']);
});

test('a place that other code gives back may have been handed on with what was sent', async () => {
  const text = (rest: string): string => `package p

import (
	"context"

	"golang.org/x/sync/semaphore"
)

type network struct {
	active *semaphore.Weighted
	peers  []string
}

func (n *network) Send(ctx context.Context, request []byte) error {
	if err := n.active.Acquire(ctx, 1); err != nil {
		return err
	}
	if len(n.peers) > 0 {
		return n.send(n.peers[0], request)
	}
	n.active.Release(1)
	return nil
}

func (n *network) send(peer string, request []byte) error { println(peer, len(request)); return nil }
${rest}`;
  expect(await foundIn('p/p.go', text('\nfunc (n *network) Answered() { n.active.Release(1) }\n'))).toEqual(['unreleased-semaphore:15 likely']);
  expect(await foundIn('p/p.go', text(''))).toEqual(['unreleased-semaphore:15 certain']);
  // However the semaphore is written.
  expect(await foundIn('p/p.go', text('').replace('active *', 'active map[int]*').replaceAll('n.active.', 'n.active[len(n.peers)].'))).toEqual(['unreleased-semaphore:15 certain']);
});

test('who drains a channel until the sender itself says that it goes is there for every send', async () => {
  const text = (drain: string): string => `package p

type client struct {
	ops     chan int
	failed  chan error
	close   chan struct{}
	closing chan struct{}
}

func New(next func() (int, error)) *client {
	c := &client{ops: make(chan int), failed: make(chan error), close: make(chan struct{}), closing: make(chan struct{})}
	go c.dispatch(next)
	return c
}

func (c *client) Close() { close(c.close) }

func (c *client) Put(op int) {
	select {
	case c.ops <- op:
	case <-c.closing:
	}
}

func (c *client) read(next func() (int, error)) {
	for {
		op, err := next()
		if err != nil {
			c.failed <- err
			return
		}
		c.ops <- op
	}
}

func (c *client) dispatch(next func() (int, error)) {
	defer func() {
		close(c.closing)
		${drain}
	}()
	go c.read(next)
	for {
		select {
		case <-c.close:
			return
		case op := <-c.ops:
			println(op)
		}
	}
}

func (c *client) drain() {
	for {
		select {
		case <-c.ops:
		case <-c.failed:
			return
		}
	}
}
`;
  const found = async (drain: string): Promise<string[]> => (await foundIn('p/p.go', text(drain))).filter((one) => one.startsWith('unguarded-send:32'));
  expect(await found('c.drain()')).toEqual([]);
});

test('answers about one number are held against each other', async () => {
  const text = (second: string): string => `package p

import "sync"

type recorder struct {
	mu    sync.Mutex
	sizes int
}

func (r *recorder) Start(retry int) {
	if retry == 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sizes++
	}
	if ${second} {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sizes--
	}
}
`;
  for (const second of ['retry > 0', 'retry < 0', 'retry == 1', '0 < retry', 'retry >= 1']) expect(await foundIn('p/p.go', text(second))).toEqual([]);
  for (const second of ['retry >= 0', 'retry < 1', 'retry != 1']) expect(await foundIn('p/p.go', text(second))).toEqual(['double-lock:17 certain']);
});

test('a request may be left in a queue whose server can go, unless the queue has no room or others take from it', async () => {
  const text = (room: string, more = ''): string => `package p

type request struct {
	n      int
	answer chan error
}

type server struct {
	queue chan request
	stop  chan struct{}
	do    func(int) error
}

func New(do func(int) error) *server { return &server{make(chan request), make(chan struct{}), do}.with() }

func (s server) with() *server {
	s.queue = make(chan request${room})
	return &s
}

func (s *server) Serve() {
	for {
		select {
		case <-s.stop:
			return
		case r := <-s.queue:
			r.answer <- s.do(r.n)
		}
	}
}

func (s *server) Ask(n int) error {
	answer := make(chan error, 1)
	s.queue <- request{n, answer}
	return <-answer
}
${more}`;
  const isLeft = async (...given: Parameters<typeof text>): Promise<boolean> => (await foundIn('p/p.go', text(...given))).includes('abandoned-receive:35 likely');
  expect(await isLeft(', 8')).toBe(true);
  expect(await isLeft('')).toBe(false);
  expect(await isLeft(', 0')).toBe(false);
  expect(await isLeft(', 8', '\nfunc (s *server) Drain() {\n\tfor r := range s.queue {\n\t\tr.answer <- nil\n\t}\n}\n')).toBe(false);
});

test('a send under a lock that its receiver needs is likely to wait for ever where other packages can see the channel, and they may receive where this one does not', async () => {
  const text = (field: string, receives: boolean): string => `package p

import "sync"

type Job struct{ ${field} chan *Job }

type Manager struct {
	mu      sync.Mutex
	updates chan *Job
	jobs    map[*Job]bool
}

func New() *Manager {
	m := &Manager{updates: make(chan *Job), jobs: map[*Job]bool{}}
	go m.watch()
	return m
}

func (m *Manager) watch() {
	${receives ? 'for j := range m.updates {\n\t\tm.mu.Lock()\n\t\tdelete(m.jobs, j)\n\t\tm.mu.Unlock()\n\t}' : ''}
}

func (m *Manager) Add(j *Job) {
	m.mu.Lock()
	defer m.mu.Unlock()
	j.${field} = m.updates
	m.jobs[j] = true
	j.${field} <- j
}
`;
  expect(await foundIn('p/p.go', text('Updates', true))).toEqual(['blocked-under-lock:32 likely']);
  expect(await foundIn('p/p.go', text('updates', true))).toEqual(['blocked-under-lock:32 likely']);
  expect(await foundIn('p/p.go', text('Updates', false))).toEqual([]);
});

test('rows and transactions of sqlx and pgxpool are left open like those of database/sql', async () => {
  const text = (pool: string, asks: string, closes: string): string => `package p

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
)

var (
	_ *pgxpool.Pool
	_ *sqlx.DB
)

func Version(ctx context.Context, db *${pool}) (n int, err error) {
	got, err := ${asks}
	if err != nil {
		return 0, err
	}
	${closes}
	return n, err
}
`;
  const read = 'got.Next()\n\terr = got.Scan(&n)';
  expect(await foundIn('p/p.go', text('sqlx.DB', 'db.Queryx("SELECT n FROM v")', read))).toEqual(['unclosed-rows:16 certain']);
  expect(await foundIn('p/p.go', text('sqlx.DB', 'db.Queryx("SELECT n FROM v")', `defer got.Close()\n\t${read}`))).toEqual([]);
  expect(await foundIn('p/p.go', text('sqlx.DB', 'db.Queryx("SELECT n FROM v")', 'for got.Next() {\n\t\tn++\n\t}'))).toEqual([]);
  expect(await foundIn('p/p.go', text('sqlx.DB', 'db.Beginx()', 'if _, err = got.Exec("UPDATE v SET n = 1"); err != nil {\n\t\treturn 0, err\n\t}\n\terr = got.Commit()'))).toEqual(['unclosed-rows:16 certain']);
  // Its context may end, and gives it back.
  expect(await foundIn('p/p.go', text('pgxpool.Pool', 'db.Query(ctx, "SELECT n FROM v")', read))).toEqual(['unclosed-rows:16 likely']);
  expect(await foundIn('p/p.go', text('pgxpool.Pool', 'db.Query(ctx, "SELECT n FROM v")', 'n, err = pgx.CollectOneRow(got, pgx.RowTo[int])').replace('pgxpool"', 'pgxpool"\n\t"github.com/jackc/pgx/v5"'))).toEqual([]);
});

test('a part leads back to its whole, also behind an interface of another package, but not by what names another end', async () => {
  const text = (result: string, back: string): string => `package p

import (
	"io"
	"sync"
)

type view struct {
	mu   sync.Mutex
	snap *snapshot
}

type snapshot struct{ ${back} *view }

func (v *view) Snapshot() ${result} { return v.snapshot() }

func (v *view) snapshot() *snapshot { return v.snap }

func (s *snapshot) Close() error {
	s.${back}.mu.Lock()
	defer s.${back}.mu.Unlock()
	return nil
}

var _ io.Closer = (*snapshot)(nil)

func (v *view) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.Snapshot().Close()
}
`;
  expect(await foundIn('p/p.go', text('*snapshot', 'view'))).toEqual(['double-lock:20 likely']);
  expect(await foundIn('p/p.go', text('io.Closer', 'view'))).toEqual(['double-lock:20 likely']);
  expect(await foundIn('p/p.go', text('io.Closer', 'peer'))).toEqual([]);
});

test('an object that locks its parent under its own lock may meet one that locks its children so', async () => {
  const text = (up: string, down: string): string => `package p

import "sync"

type queue struct {
	mu       sync.Mutex
	parent   *queue
	children map[string]*queue
	n        int
}

func (q *queue) Add(n int) {
	${up}
	if q.parent != nil {
		q.parent.Add(n)
	}
}

func (q *queue) Sum() int {
	${down}
	sum := q.n
	for _, child := range q.children {
		sum += child.Sum()
	}
	return sum
}
`;
  const [holds, frees] = ['q.mu.Lock()\n\tdefer q.mu.Unlock()\n\tq.n++', 'q.mu.Lock()\n\tq.n++\n\tq.mu.Unlock()'];
  expect(await foundIn('p/p.go', text(holds, holds))).toEqual(['lock-order:13 likely']);
  expect(await foundIn('p/p.go', text(frees, holds))).toEqual([]);
  expect(await foundIn('p/p.go', text(holds, frees))).toEqual([]);
});

test('a break that was meant for a loop does no harm where nobody ever tells the loop to end', async () => {
  const text = (stop: string): string => `package p

type agent struct {
	jobs chan int
	stop chan struct{}
}

func newAgent() *agent {
	a := &agent{jobs: make(chan int), stop: make(chan struct{})}
	go a.run()
	return a
}

func (a *agent) run() {
	for {
		select {
		case n := <-a.jobs:
			println(n)
		case <-a.stop:
			break
		}
	}
}

func (a *agent) do(n int) { a.jobs <- n }
${stop}`;
  expect(await foundIn('p/p.go', text('\nfunc (a *agent) Close() { close(a.stop) }\n'))).toEqual(['break-in-select:20 certain']);
  expect(await foundIn('p/p.go', text(''))).toEqual(['break-in-select:20 likely']);
});

test('what a type declared by another shares with it is one field', async () => {
  const text = (type: string): string => `package p

import "sync"

type pool struct {
	wg sync.WaitGroup
	n  int
}

type ticket ${type}

func (p *pool) Take() *ticket {
	p.wg.Add(1)
	return (*ticket)(p)
}

func (t *ticket) Back() { t.wg.Done() }

func (p *pool) Close() { p.wg.Wait() }
`;
  expect(await foundIn('p/p.go', text('pool'))).toEqual([]);
  expect((await foundIn('p/p.go', text('pool').replace('t.wg.Done()', 't.n--'))).map((one) => one.split(':')[0])).toEqual(['waitgroup-count']);
});

test('a transaction of bolt keeps its locks until it is rolled back', async () => {
  const text = (closes: string): string => `package p

import (
	"errors"

	"go.etcd.io/bbolt"
)

func Names(db *bbolt.DB) ([]string, error) {
	tx, err := db.Begin(true)
	if err != nil {
		return nil, err
	}
	${closes}
	if tx.Bucket([]byte("names")) == nil {
		return nil, errors.New("no names")
	}
	return nil, tx.Commit()
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['unclosed-rows:10 certain']);
  expect(await foundIn('p/p.go', text('defer tx.Rollback()'))).toEqual([]);
});

test('a mutex of another package is one by its name, and may run code with itself held', async () => {
  const text = (close: string, remove = 'p.mu.Lock()\n\tdefer p.mu.Unlock()'): string => `package p

import "example.com/sync2"

type pool struct {
	mu  sync2.InvariantMutex
	all map[int]bool
}

func (p *pool) Close() {
	${close}
}

func (p *pool) remove(n int) {
	${remove}
	delete(p.all, n)
}
`;
  expect(await foundIn('p/p.go', text('p.mu.Lock()\n\tdefer p.mu.Unlock()\n\tp.remove(1)'))).toEqual(['double-lock:17 certain']);
  expect(await foundIn('p/p.go', text('p.mu.WithLock(func() {\n\t\tp.remove(1)\n\t})'))).toEqual(['double-lock:17 certain']);
  expect(await foundIn('p/p.go', text('p.mu.WithLock(func() {\n\t\tp.all = nil\n\t})\n\tp.remove(1)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('p.mu.WithRLock(func() {\n\t\tp.remove(1)\n\t})', 'p.mu.WithRLock(func() { println(len(p.all)) })'))).toEqual([]);
});

test('a response of an own interface is likely to have a body that waits, unless the package makes such responses', async () => {
  const text = (use: string, more = ''): string => `package p

import (
	"net/http"

	json "example.com/hexjson"
)

type getter interface {
	Get(url string) (*http.Response, error)
}

func Ask(g getter) (n int, err error) {
	resp, err := g.Get("https://example.com")
	if err != nil {
		return 0, err
	}
	${use}
	return n, nil
}
${more}`;
  const decode = 'if err := json.NewDecoder(resp.Body).Decode(&n); err != nil {\n\t\treturn 0, err\n\t}';
  expect(await foundIn('p/p.go', text(decode))).toEqual(['unclosed-body:14 likely']);
  expect(await foundIn('p/p.go', text(`defer resp.Body.Close()\n\t${decode}`))).toEqual([]);
  expect(await foundIn('p/p_test.go', text(decode))).toEqual([]);
  expect(await foundIn('p/p.go', text(decode, '\nfunc fake() (*http.Response, error) { return &http.Response{}, nil }\n'))).toEqual([]);
});

test('a channel that no code can close is looped over for ever by whoever runs the loop', async () => {
  const text = (send: string, more = '', body = 'println(n)'): string => `package p

import "example.com/bundle"

func Sum(b *bundle.Bundle, in []int) error {
	numbers := make(chan int, 10)
	b.Add(func() error {
		for _, n := range in {
			${send}
		}
		${more}
		return nil
	})
	b.Add(func() error {
		for n := range numbers {
			${body}
		}
		return nil
	})
	return b.Join()
}
`;
  expect(await foundIn('p/p.go', text('numbers <- n'))).toEqual(['missing-close:15 likely']);
  expect(await foundIn('p/p.go', text('numbers <- n', 'close(numbers)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('numbers <- n', 'b.Last(numbers)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('numbers <- n', '', 'if n == 0 {\n\t\t\t\treturn nil\n\t\t\t}'))).toEqual([]);
});

test('a channel that no code can close is looped over for ever by the function that is handed it', async () => {
  const text = (loop: string, call = 'b.Add(func() error { return total(numbers) })'): string => `package p

import "example.com/bundle"

func Sum(b *bundle.Bundle, in []int) error {
	numbers := make(chan int, 10)
	b.Add(func() error { return fill(numbers, in) })
	${call}
	return b.Join()
}

func fill(numbers chan<- int, in []int) error {
	for _, n := range in {
		numbers <- n
	}
	return nil
}

func total(numbers <-chan int) error {
	for n := range numbers {
		${loop}
	}
	return nil
}

func check(n int) error { return nil }
`;
  const failing = 'if err := check(n); err != nil {\n\t\t\treturn err\n\t\t}';
  expect(await foundIn('p/p.go', text(failing))).toEqual(['missing-close:20 likely']);
  expect(await foundIn('p/p.go', text(failing, 'b.Add(func() error { return total(numbers) })\n\tb.Add(func() error { return end(numbers) })'))).toEqual([]);
  expect(await foundIn('p/p.go', text('if n == 0 {\n\t\t\treturn nil\n\t\t}'))).toEqual([]);
  // Who sends for as long as there is something to send may never be done.
  for (const lasting of ['for {\n\t\tnumbers <- len(in)\n\t}', 'for n := range source {\n\t\tnumbers <- n\n\t}']) expect(await foundIn('p/p.go', text(failing).replace('for _, n := range in {\n\t\tnumbers <- n\n\t}', lasting).concat('\nvar source = make(chan int)\n')), lasting).toEqual([]);
});

test('who waits in a method for what only its object sends may wait for ever once that is closed', async () => {
  const text = (next: string, close: string, elem = 'int'): string => `package p

type size struct{ width int }

type session struct {
	sizes chan ${elem}
	over  chan bool
	n     int
}

func New() *session { return &session{sizes: make(chan ${elem}), over: make(chan bool)} }

func (s *session) Read(n ${elem}) { s.sizes <- n }

func (s *session) Next() (got ${elem}) {
	${next}
	return got
}

func (s *session) Close() {
	${close}
	s.n--
}
`;
  expect(await foundIn('p/p.go', text('got = <-s.sizes', ''))).toEqual(['missing-close:16 likely']);
  expect(await foundIn('p/p.go', text('select {\n\tcase got = <-s.sizes:\n\t}', ''))).toEqual(['missing-close:17 likely']);
  expect(await foundIn('p/p.go', text('got = <-s.sizes', 'close(s.sizes)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('select {\n\tcase got = <-s.sizes:\n\tcase <-s.over:\n\t}', 'close(s.over)'))).not.toContain('missing-close:17 likely');
  expect(await foundIn('p/p.go', text('got = <-s.sizes', '', 'struct{}'))).toEqual([]);
});

test('a channel that Done hands out should be closed by somebody', async () => {
  const text = (close: string, made = 'job{done: make(chan struct{})}', more = ''): string => `package p

type job struct {
	done chan struct{}
}

func New() *job { j := &${made}; return j }

func (j *job) Done() <-chan struct{} { return j.done }

func (j *job) Stop() { ${close} }
${more}`;
  expect(await foundIn('p/p.go', text('println("stop")'))).toEqual(['missing-close:7 likely']);
  expect(await foundIn('p/p.go', text('println("stop")', 'job{make(chan struct{})}'))).toEqual(['missing-close:7 likely']);
  expect(await foundIn('p/p.go', text('println("stop")', 'job{make(chan struct{})}').replace('j := ', 'done := make(chan struct{}); j := ').replace('{make(chan struct{})}', '{done}'))).toEqual(['missing-close:7 likely']);
  expect(await foundIn('p/p.go', text('close(j.done)'))).toEqual([]);
  // A context may never be done.
  expect(await foundIn('p/p.go', text('println("stop")', undefined, '\nfunc (j *job) Value(any) any { return nil }\n'))).toEqual([]);
});

test('a transaction of bolt waits for another that its own goroutine runs', async () => {
  const text = (outer: string, inner: string): string => `package p

import "go.etcd.io/bbolt"

type store struct{ db *bbolt.DB }

func (s *store) id() (id string) {
	_ = s.db.${inner}(func(tx *bbolt.Tx) error {
		id = tx.Bucket(nil).String()
		return nil
	})
	return id
}

func (s *store) Ask() error {
	return s.db.${outer}(func(tx *bbolt.Tx) error {
		return tx.Bucket(nil).Put([]byte(s.id()), nil)
	})
}

func (s *store) Clear() error {
	return s.db.Update(func(tx *bbolt.Tx) error { return tx.DeleteBucket(nil) })
}
`;
  expect(await foundIn('p/p.go', text('Update', 'Update'))).toEqual(['double-lock:8 certain']);
  // It takes the lock of those that read only where it needs more room.
  expect(await foundIn('p/p.go', text('View', 'Update'))).toEqual(['double-lock:8 likely']);
  expect(await foundIn('p/p.go', text('View', 'View'))).toEqual(['recursive-rlock:8 likely']);
  expect(await foundIn('p/p.go', text('Update', 'View'))).toEqual([]);
});

test('a lock that a callee leaves only in some states is likely to be held', async () => {
  const text = (isAsked: boolean): string => {
    const asked = (line: string): string => (isAsked ? `if s.isOpen {\n\t\t${line}\n\t}` : line);
    return `package p

import "sync"

type store struct {
	turn, log sync.Mutex
	isOpen    bool
}

func (s *store) fetch() {
	${asked('s.log.Lock()')}
}

func (s *store) Export(write func()) {
	s.turn.Lock()
	s.fetch()
	s.turn.Unlock()
	write()
	s.log.Unlock()
}

func (s *store) Import(read func()) {
	s.fetch()
	s.turn.Lock()
	read()
	s.turn.Unlock()
	s.log.Unlock()
}
`;
  };
  expect(await foundIn('p/p.go', text(true))).toEqual(['lock-order:26 likely']);
  expect(await foundIn('p/p.go', text(false))).toEqual(['lock-order:24 certain']);
});

test('nothing was obtained where an error of a type of its own says so', async () => {
  const text = (failure: string, error: string): string => `package p

import "google.golang.org/grpc"

${failure}

func dial(host string) (*grpc.ClientConn, ${error}) {
	conn, err := grpc.NewClient(host)
	if err != nil {
		return nil, wrapped(err)
	}
	return conn, nil
}

func wrapped(err error) ${error} { panic(err) }

func Ask(host string, do func(*grpc.ClientConn) ${error}) ${error} {
	conn, err := dial(host)
	if err != nil {
		return err
	}
	err = do(conn)
	conn.Close()
	return err
}
`;
  expect(await foundIn('p/p.go', text('type Failure interface {\n\terror\n\tCode() int\n}', 'Failure'))).toEqual([]);
  expect(await foundIn('p/p.go', text('type Failure struct{ text string }\n\nfunc (f *Failure) Error() string { return f.text }', '*Failure'))).toEqual([]);
});

test('a loop that picks the turn in which it locks is likely to pick one', async () => {
  const text = (lock: string): string => `package p

import "sync"

func scan(mu *sync.Mutex, next func() bool) {
	n := 0
	for next() {
		n++
		${lock}
	}
}
`;
  expect(await foundIn('p/p.go', text('if n == 1 {\n\t\t\tmu.Lock()\n\t\t\tdefer mu.Unlock()\n\t\t}'))).toEqual(['double-lock:10 likely']);
  expect(await foundIn('p/p.go', text('mu.Lock()\n\t\tdefer mu.Unlock()'))).toEqual(['double-lock:9 certain']);
});

test('a pipe that another goroutine reads through what reads to the end is likely to be closed by its writer', async () => {
  const text = (read: string): string => `package p

import (
	"bufio"
	"io"
	"os/exec"
	"time"
)

func FirstLine(cmd *exec.Cmd) string {
	r, w := io.Pipe()
	cmd.Stdout = w
	go func() {
		defer w.Close()
		_, _ = w.Write(nil)
		_ = cmd.Run()
	}()
	lines := make(chan string, 1)
	${read}
	select {
	case line := <-lines:
		return line
	case <-time.After(time.Second):
		return ""
	}
}

func scan(in *bufio.Reader, lines chan string) {
	for {
		line, err := in.ReadString('\\n')
		select {
		case lines <- line:
		default:
		}
		if err != nil {
			return
		}
	}
}
`;
  expect(await foundIn('p/p.go', text('go scan(bufio.NewReader(r), lines)'))).toEqual(['unclosed-pipe:11 likely']);
  expect(await foundIn('p/p.go', text('first := make([]byte, 8)\n\tif _, err := r.Read(first); err != nil {\n\t\treturn ""\n\t}\n\tlines <- string(first)'))).toEqual(['unclosed-pipe:11 certain']);
});

test('a channel that is a key of a map is sent on by who walks over the map', async () => {
  const text = (keep: string): string => `package p

import "sync"

type agent struct {
	mu        sync.Mutex
	listeners map[chan<- string]struct{}
	last      chan<- string
}

func (a *agent) listen(ch chan<- string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	${keep}
}

func (a *agent) Write(line string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for ch := range a.listeners {
		ch <- line
	}
}

func (a *agent) Monitor(show func(string)) {
	lines := make(chan string)
	a.listen(lines)
	go func() {
		for line := range lines {
			show(line)
		}
	}()
}
`;
  expect((await foundIn('p/p.go', text('a.listeners[ch] = struct{}{}'))).filter((one) => /:2\d /u.test(one))).toEqual([]);
  expect((await foundIn('p/p.go', text('println(ch)'))).filter((one) => /:2\d /u.test(one))).toEqual(['missing-close:29 certain']);
});

test('a function that does nothing after it has locked is likely to mean to keep the lock', async () => {
  const text = (body: string): string => `package p

import "sync"

type engine struct {
	mu   sync.Mutex
	jobs int
}

func (e *engine) disable() {
	${body}
}

func (e *engine) add() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.jobs++
}
`;
  expect(await foundIn('p/p.go', text('e.jobs = 0\n\te.mu.Lock()'))).toEqual(['missing-unlock:12 likely']);
  expect(await foundIn('p/p.go', text('e.mu.Lock()\n\te.jobs = 0'))).toEqual(['missing-unlock:11 certain']);
});

test('a return that several ways lead to with the lock held is one way out, and is cured once', async () => {
  const text = `package p

import "sync"

type store struct {
	writers sync.Mutex
	all     sync.Mutex
	n       int
}

func (s *store) add(writes bool, n int) bool {
	if writes {
		s.writers.Lock()
	}
	s.all.Lock()
	if s.n < n {
		s.all.Unlock()
		if writes {
			s.writers.Unlock()
		}
		return false
	}
	return true
}

func (s *store) len() int {
	s.all.Lock()
	defer s.all.Unlock()
	return s.n
}
`;
  const found = (await leaksIn('p/p.go', text)).find(({ line }) => line === 15);
  expect(found?.message).toContain('other ways through it unlock, one does not');
  expect(found?.fix?.edits).toEqual([{ path: 'p/p.go', startLine: 23, endLine: 23, newText: '\ts.all.Unlock()\n\treturn true' }]);
});

test('what only the end of the process leads to is likely to end with it', async () => {
  const text = (signals: string): string => `package p

import (
	"os"
	"os/signal"
	"time"
)

func Handle(save func()) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, ${signals})
	<-c
	Save(save)
}

func Save(save func()) bool {
	saved := make(chan bool)
	go func() {
		save()
		saved <- true
	}()
	select {
	case <-saved:
		return true
	case <-time.After(time.Minute):
		return false
	}
}
`;
  expect(await foundIn('p/p.go', text('os.Interrupt'))).toEqual(['abandoned-send:20 likely']);
  expect(await foundIn('p/p.go', text('reload'))).toEqual(['abandoned-send:20 certain']);
});

test('a ticker of the package ticks as long as the process', async () => {
  const text = (kept: string, ticker: string): string => `package p

import "time"

type meter struct{ ticker *time.Ticker }

${kept}

func (m *meter) start(log func()) (stop func()) {
	go m.run(log)
	return func() { ${ticker}.Stop() }
}

func (m *meter) run(log func()) {
	for range ${ticker}.C {
		log()
	}
}
`;
  expect(await foundIn('p/p.go', text('var ticker = time.NewTicker(time.Minute)', 'ticker'))).toEqual(['ticker-loop:15 likely']);
  expect(await foundIn('p/p.go', text('', 'm.ticker'))).toEqual(['ticker-loop:15 certain']);
});

test('the rows of a transaction are closed by its end', async () => {
  const text = (of: string): string => `package p

import "database/sql"

func names(db *sql.DB, tx *sql.Tx, read func(*sql.Rows) error) error {
	rows, err := ${of}.Query("SELECT name FROM users")
	if err != nil {
		return err
	}
	var name string
	if err := rows.Scan(&name); err != nil {
		return err
	}
	return rows.Close()
}
`;
  expect(await foundIn('p/p.go', text('tx'))).toEqual([]);
  expect(await foundIn('p/p.go', text('db'))).toEqual(['unclosed-rows:6 certain']);
});

test('a connection that lives on in the object that is returned by name may be meant to last', async () => {
  const text = (client: string): string => `package p

import "google.golang.org/grpc"

type EventsClient interface{ List() error }

func NewEventsClient(conn grpc.ClientConnInterface) EventsClient { return nil }

type events struct {
	client EventsClient
	all    []string
}

func dial(addr string) (*events, error) {
	conn, err := grpc.Dial(addr)
	if err != nil {
		return nil, err
	}
	client := NewEventsClient(conn)
	found := &events{${client}}
	found.all = append(found.all, addr)
	return found, client.List()
}
`;
  expect(await foundIn('p/p.go', text('client: client'))).toEqual(['unclosed-resource:15 likely']);
  expect(await foundIn('p/p.go', text(''))).toEqual(['unclosed-resource:15 certain']);
});

test('locks in both orders are likely to meet where the second depends on the state of their object', async () => {
  const text = (between: string): string => `package p

import "sync"

type conn struct {
	handshake sync.Mutex
	in        sync.Mutex
	done      bool
	n         int
}

func (c *conn) Handshake() {
	c.handshake.Lock()
	defer c.handshake.Unlock()
	${between}
	c.in.Lock()
	c.n++
	c.in.Unlock()
}

func (c *conn) Read() {
	c.in.Lock()
	defer c.in.Unlock()
	c.handshake.Lock()
	c.n--
	c.handshake.Unlock()
}
`;
  expect(await foundIn('p/p.go', text('c.n = 0'))).toEqual(['lock-order:16 certain']);
  expect(await foundIn('p/p.go', text('if c.done {\n\t\treturn\n\t}'))).toEqual(['lock-order:18 likely']);
});

test('locks of the package in both orders are likely to meet where the second depends on what a variable says', async () => {
  const text = (between: string): string => `package p

import "sync"

var (
	queue   sync.Mutex
	filling sync.Mutex
	isBusy  bool
)

func Fill() {
	queue.Lock()
	${between}
	filling.Lock()
	filling.Unlock()
	queue.Unlock()
}

func Wait() {
	filling.Lock()
	queue.Lock()
	queue.Unlock()
	filling.Unlock()
}
`;
  expect(await foundIn('p/p.go', text('isBusy = true'))).toEqual(['lock-order:21 certain']);
  expect(await foundIn('p/p.go', text('if isBusy {\n\t\tqueue.Unlock()\n\t\treturn\n\t}'))).toEqual(['lock-order:24 likely']);
});

test('a send that nobody waits for is certain where its sender listens elsewhere, but where a loop throws away what comes late, and where all ends with the process', async () => {
  const text = (rest: string, name = 'p', listens = '\t\tselect {\n\t\tcase <-t.ctx.Done():\n\t\t\treturn\n\t\tdefault:\n\t\t}\n'): string => `package ${name}

import "context"

type task struct {
	ctx    context.Context
	events chan int
	seen   int
}

func newTask(ctx context.Context) *task {
	return &task{ctx: ctx, events: make(chan int)}
}

func (t *task) emit(n int) {
	select {
	case t.events <- n:
	case <-t.ctx.Done():
	}
}

func (t *task) move(n int) {
	go func() {
${listens}		t.events <- n
	}()
}

func (t *task) next() {
	select {
	case n := <-t.events:
		t.seen += n
	case <-t.ctx.Done():
	}
}
${rest}`;
  const drain = `
func (t *task) discard() {
	for {
		select {
		case <-t.events:
		case <-t.ctx.Done():
			return
		}
	}
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['unguarded-send:29 certain']);
  expect(await foundIn('p/p.go', text('', 'p', ''))).toEqual(['unguarded-send:24 likely']);
  expect(await foundIn('p/p.go', text(drain))).toEqual(['unguarded-send:29 likely']);
  // What only main makes ends with the process.
  const main = '\nfunc main() { serve(newTask(context.Background())) }\n\nfunc serve(t *task) {\n\tfor n := range 10 {\n\t\tt.move(n)\n\t\tt.next()\n\t}\n}\n\nfunc (t *task) Move() { t.move(0) }\n';
  expect(await foundIn('p/p.go', text(main, 'main'))).toEqual(['unguarded-send:29 likely']);
  expect(await foundIn('cmd/p/p.go', text(''))).toEqual(['unguarded-send:29 likely']);
});

test('a lock that a function leaves on what it returns is let go of by the name the caller gives it', async () => {
  const text = (unlock: string): string => `package p

import "sync"

type file struct {
	sync.RWMutex
	size int
}

type store struct {
	current *file
	open    map[int]*file
}

func (s *store) get(n int) (*file, error) {
	if n == 0 {
		s.current.RLock()
		return s.current, nil
	}
	found, ok := s.open[n]
	if !ok {
		return nil, errors.New("not open")
	}
	found.RLock()
	return found, nil
}

func (s *store) read(n int) (int, error) {
	one, err := s.get(n)
	if err != nil {
		return 0, err
	}
	size := one.size
	${unlock}
	return size, nil
}

func (s *store) close() {
	s.current.Lock()
	s.current.size = 0
	s.current.Unlock()
}
`;
  expect(await foundIn('p/p.go', text('one.RUnlock()'))).toEqual([]);
});

test('what a sync.Map is given lives on in it', async () => {
  const text = (keep: string): string => `package p

import "sync"

type routine struct{ jobs chan func() }

func (r *routine) start() {
	go func() {
		for job := range r.jobs {
			job()
		}
	}()
}

func (r *routine) stop() { close(r.jobs) }

func begin(routines *sync.Map, name string) {
	one := &routine{jobs: make(chan func())}
	${keep}
	one.start()
}

func end(routines *sync.Map, name string) {
	if one, ok := routines.LoadAndDelete(name); ok {
		one.(*routine).stop()
	}
}
`;
  expect(await foundIn('p/p.go', text('routines.Store(name, one)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('println(name)'))).toEqual(['missing-close:9 certain']);
});

test('a channel that a function answers is likely to be nil, one that is never made is certain to be', async () => {
  const text = (get: string): string => `package p

func find(all map[string]chan int, name string) chan int {
	found, ok := all[name]
	if !ok {
		return nil
	}
	return found
}

func sum(all map[string]chan int, add func(int)) {
	${get}
	go func() {
		for n := range events {
			add(n)
		}
	}()
}
`;
  expect(await foundIn('p/p.go', text('events := find(all, "sum")'))).toEqual(['nil-channel:14 likely']);
  expect(await foundIn('p/p.go', text('var events chan int'))).toEqual(['nil-channel:14 certain']);
  expect(await foundIn('p/p.go', text('events := make(chan int)\n\tevents = nil'))).toEqual(['nil-channel:15 certain']);
});

test('a receive under a lock of a place that the goroutine was given is likely not to wait', async () => {
  const text = (type: string, room: string): string => `package p

import "sync"

type pool struct {
	mu     sync.Mutex
	places chan ${type}
	n      int
}

func newPool() *pool { return &pool{places: make(chan ${type}${room})} }

func (p *pool) Expire(one ${type}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case p.places <- one:
		go p.expire()
	default:
	}
	p.n++
}

func (p *pool) Wake(one ${type}) {
	p.mu.Lock()
	p.places <- one
	p.mu.Unlock()
}

func (p *pool) expire() {
	p.mu.Lock()
	p.n = 0
	<-p.places
	p.mu.Unlock()
}
`;
  const blocked = async (type: string, room: string): Promise<string[]> => (await foundIn('p/p.go', text(type, room))).filter((one) => one.startsWith('blocked-under-lock:33'));
  expect(await blocked('struct{}', ', 1')).toEqual(['blocked-under-lock:33 likely']);
  expect(await blocked('int', '')).toEqual(['blocked-under-lock:33 certain']);
});

test('a lock that is let go of through another variable may be the same one', async () => {
  const text = (unlock: string): string => `package p

import "sync"

type inode struct {
	mu   sync.Mutex
	size int
}

type entry struct{ inode *inode }

func (i *inode) grow(e *entry, by int) bool {
	i.mu.Lock()
	if by == 0 {
		i.mu.Unlock()
		return false
	}
	i.size += by
	${unlock}
	return true
}

func (i *inode) len() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.size
}
`;
  expect(await foundIn('p/p.go', text('e.inode.mu.Unlock()'))).toEqual([]);
  expect(await foundIn('p/p.go', text('e.inode.size++'))).toEqual(['missing-unlock:13 certain']);
});

test('a function that lets go of its caller\'s lock and takes it again leaves it to its caller', async () => {
  const text = (wait: string): string => `package p

import "sync"

type provider struct {
	mu     sync.Mutex
	config *int
}

func (p *provider) wait(more <-chan *int) {
	${wait}
	config := <-more
	p.mu.Lock()
	p.config = config
}

func (p *provider) start(more <-chan *int) {
	p.wait(more)
	println(p.config)
}
`;
  expect(await foundIn('p/p.go', text('p.mu.Unlock()'))).toEqual([]);
  expect(await foundIn('p/p.go', text('println(p)'))).toEqual(['missing-unlock:13 certain']);
});

test('a receive from a channel that nothing else names is meant to wait for ever', async () => {
  const text = (rest: string): string => `package p

func park(free func() error) {
	go func() {
		if free() != nil {
			stop := make(chan struct{})
			${rest}
			<-stop
		}
	}()
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual([]);
  expect(await foundIn('p/p.go', text('if cap(stop) > 0 {\n\t\t\t\tstop <- struct{}{}\n\t\t\t}'))).toHaveLength(1);
});

test('a function that asks of more numbers than can be held against each other is walked without', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `n${index}`);
  const text = `package p

import "sync"

type sums struct {
	mu  sync.Mutex
	all []int
}

func (s *sums) add(${names.join(', ')} int) bool {
	s.mu.Lock()
	if n0 < 0 {
		return false
	}
${names.map((one) => `\tif ${one} > 0 {\n\t\ts.all = append(s.all, ${one})\n\t}\n\tif ${one} > 9 {\n\t\ts.all = nil\n\t}\n`).join('')}	s.mu.Unlock()
	return true
}

func (s *sums) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['missing-unlock:11 certain']);
});

test('who goes round in a loop with a lock held does not wait', async () => {
  const text = `package p

import (
	"context"
	"sync"
)

type queue struct {
	ctx   context.Context
	sem   chan struct{}
	lock  sync.Mutex
	group sync.WaitGroup
	jobs  []func()
}

func newQueue(ctx context.Context, most uint16) *queue {
	return &queue{ctx: ctx, sem: make(chan struct{}, most), jobs: make([]func(), 0, 8)}
}

func (q *queue) Add(job func()) {
	q.jobs = append(q.jobs, job)
	q.group.Add(1)
}

func (q *queue) Run() {
	for range q.jobs {
		select {
		case q.sem <- struct{}{}:
			go q.work()
		case <-q.ctx.Done():
			q.drop()
		default:
		}
	}
	q.group.Wait()
}

func (q *queue) work() {
	for job := q.next(); job != nil; job = q.next() {
		job()
		q.group.Done()
	}
}

func (q *queue) next() func() {
	q.lock.Lock()
	defer q.lock.Unlock()
	if len(q.jobs) == 0 {
		return nil
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job
}

func (q *queue) drop() {
	q.lock.Lock()
	defer q.lock.Unlock()
	for len(q.jobs) != 0 {
		q.jobs = q.jobs[1:]
		q.group.Done()
	}
}

func All(ctx context.Context, jobs []func()) {
	q := newQueue(ctx, 4)
	for _, job := range jobs {
		q.Add(job)
	}
	q.Run()
}
`;
  expect((await foundIn('p/p.go', text)).filter((one) => one.startsWith('deadlock'))).toEqual([]);
});

test('a part of a list has its own length', async () => {
  const text = (part: string): string => `package p

func first(send func() int) int {
	all := []int{1, 2}
	rest := all${part}
	found := make(chan int)
	go func() { found <- send() }()
	if len(rest) == 1 {
		return <-found
	}
	return 0
}
`;
  expect(await foundIn('p/p.go', text('[1:]'))).toEqual([]);
  expect(await foundIn('p/p.go', text('[:1]'))).toEqual([]);
  expect(await foundIn('p/p.go', text('[:]'))).toEqual(['abandoned-send:7 certain']);
});

test('a variable that a literal sets which others run may have another value at any time', async () => {
  const text = (run: string): string => `package p

import "sync"

type store struct {
	mu    sync.Mutex
	free  *sync.Cond
	taken bool
}

func newStore() *store {
	s := &store{}
	s.free = sync.NewCond(&s.mu)
	return s
}

func (s *store) update(run func(begin func()) error) error {
	var begun *int
	begin := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for s.taken {
			s.free.Wait()
		}
		s.taken, begun = true, new(int)
	}
	${run}
	s.mu.Lock()
	defer s.mu.Unlock()
	if begun != nil {
		s.taken = false
		s.free.Signal()
	}
	return nil
}
`;
  expect(await foundIn('p/p.go', text('if err := run(begin); err != nil {\n\t\treturn err\n\t}'))).toEqual([]);
});

test('goroutines that are given nothing of a function do not keep it from being followed', async () => {
  const fields = Array.from({ length: 8 }, (_, at) => `c${at}`);
  const turns = fields.map((name, at) => `\t\tif p.flags[${at}] {\n\t\t\tn${at % 5}++\n\t\t\tp.${name} <- n${at % 5}\n\t\t}\n`).join('');
  const handlers = fields.map((_, at) => `\nfunc (p *peer) handle${at}() {\n\tvar n0, n1, n2, n3, n4 int\n\tfor {\n${turns}\t}\n}\n`);
  const text = `package p

import (
	"errors"
	"time"
)

type peer struct {
	${fields.join(', ')} chan int
	flags [8]bool
}
${handlers.join('')}
func (p *peer) meet(negotiate func() error) error {
	done := make(chan error)
	go func() { done <- negotiate() }()
	select {
	case err := <-done:
		if err != nil {
			return err
		}
	case <-time.After(time.Second):
		return errors.New("late")
	}
${fields.map((_, at) => `	go p.handle${at}()
`).join('')}	return nil
}
`;
  expect((await foundIn('p/p.go', text)).filter((one) => one.startsWith('abandoned-send'))).toEqual([expect.stringMatching(/^abandoned-send:\d+ certain$/u)]);
});

test('code that is not seen does with a channel no more than what the literal does that it is given', async () => {
  const text = (more: string): string => `package p

func each(run func(func(int)) error, use func(int) bool) bool {
	found := make(chan int)
	go func() {
		defer close(found)
		err := run(func(n int) {
			found <- n${more}
		})
		if err != nil {
			found <- -1
		}
	}()
	for n := range found {
		if !use(n) {
			return false
		}
	}
	return true
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['abandoned-send:11 likely']);
  expect(await foundIn('p/p.go', text('\n\t\t\tfor range found {\n\t\t\t}'))).toEqual([]);
});

test('a lock that nobody unlocks is likely where others could, and where a literal shares it', async () => {
  const text = (name: string, field: string): string => `package p

import "sync"

type Items struct {
	${field}
	all []int
}

func (i *Items) ${name}() (all []int) {
	i.Lock()
	all = append(all, i.all...)
	return all
}

func (i *Items) Add(n int) {
	i.Lock()
	defer i.Unlock()
	i.all = append(i.all, n)
}

func Count(each func(func(int) error) error) (n int, err error) {
	var mu sync.Mutex
	seen := map[int]bool{}
	err = each(func(one int) error {
		mu.Lock()
		if seen[one] {
			return nil
		}
		seen[one] = true
		mu.Unlock()
		return nil
	})
	return len(seen), err
}
`;
  expect(await foundIn('p/p.go', text('All', 'sync.Mutex'))).toEqual(['missing-unlock:11 likely', 'missing-unlock:26 likely']);
  expect(await foundIn('p/p.go', text('Acquire', 'sync.Mutex'))).toEqual(['missing-unlock:26 likely']);
});

test('a counter that a loop may not count down to zero is likely to hold up who waits, though what it turns on is data', async () => {
  const text = (add: string): string => `package p

import "sync"

func each(parts map[int][]int, n []int, use func([]int)) {
	var wg sync.WaitGroup
	${add === '' ? 'wg.Add(len(n))' : ''}
	for _, at := range n {
		part := parts[at]
		if len(part) == 0 {
			continue
		}
		${add}
		go func() {
			defer wg.Done()
			use(part)
		}()
	}
	wg.Wait()
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['waitgroup-count:19 likely']);
  expect(await foundIn('p/p.go', text('wg.Add(1)'))).toEqual([]);
});

describe('a goroutine that waits for the end of what outlives its job', () => {
  const text = ({ signal = '<-a.stop', call = 'a.do(ctx, job)', around = '', name = 'do' }): string => `package p

import (
	"context"
	"time"
)

type agent struct {
	jobs chan func(context.Context)
	stop chan struct{}
}

func (a *agent) halt() { close(a.stop) }

func (a *agent) run(ctx context.Context) {
	${around}
	for job := range a.jobs {
		${call}
	}
}

func (a *agent) ${name}(ctx context.Context, job func(context.Context)) {
	mine, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	go func() {
		${signal}
		cancel()
	}()
	job(mine)
}
`;

  test('is sure of a channel where a loop leads to the job, and likely where it is a context, or other packages may come again', async () => {
    expect(await foundIn('p/p.go', text({}))).toEqual(['watcher-outlives-job:26 certain']);
    expect(await foundIn('p/p.go', text({ signal: '<-ctx.Done()' }))).toEqual(['watcher-outlives-job:26 likely']);
    expect(await foundIn('p/p.go', text({ call: '_ = job', name: 'Do' }))).toEqual(['watcher-outlives-job:26 likely']);
  });

  test('is silent where nothing leads to the job twice, the signal is another one each time, or it runs as long as its object', async () => {
    expect(await foundIn('p/p.go', text({ call: '_ = job' }))).toEqual([]);
    expect(await foundIn('p/p.go', text({ call: 'a.do(ctx, job)\n\t\ta.halt()\n\t\ta = &agent{jobs: a.jobs, stop: make(chan struct{})}' }))).toEqual([]);
    expect(await foundIn('p/p.go', text({ call: '_ = job', name: 'Serve' }))).toEqual([]);
    // What the package itself calls, and once only, is there for that.
    expect(await foundIn('p/p.go', text({ around: 'a.Do(ctx, <-a.jobs)', call: '_ = job', name: 'Do' }))).toEqual([]);
    const own = 'ctx, cancel := context.WithCancel(ctx)\n\tdefer cancel()';
    expect(await foundIn('p/p.go', text({ around: `${own}\n\ta.do(ctx, <-a.jobs)`, call: '_ = job', signal: '<-ctx.Done()' }))).toEqual([]);
    expect(await foundIn('p/p_test.go', text({}))).toEqual([]);
  });

  test('is likely to be left behind by a command', async () => {
    expect(await foundIn('cmd/p/p.go', text({}))).toEqual(['watcher-outlives-job:26 likely']);
  });

  test('is waited for in vain by a job that ends its thing itself, and may be waited for where it does not', async () => {
    const waits = (own: string, start = 'go serve(ctx, conn, handle)'): string => `package p

import (
	"context"
	"io"
	"sync"
)

func Serve(ctx context.Context, conns <-chan io.Closer, handle func(io.Closer)) {
	var all sync.WaitGroup
	for conn := range conns {
		${start}
	}
	all.Wait()
}

func serve(ctx context.Context, conn io.Closer, handle func(io.Closer)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
		_ = conn.Close()
	}()
	${own}
	handle(conn)
}
`;
    expect(await foundIn('p/p.go', waits('defer conn.Close()'))).toEqual(['watcher-outlives-job:23 likely']);
    expect(await foundIn('p/p.go', waits('defer conn.Close()', 'all.Go(func() { serve(ctx, conn, handle) })'))).toEqual(['watcher-outlives-job:23 likely']);
    expect(await foundIn('p/p.go', waits(''))).toEqual([]);
  });
});

test('who alone fills a buffer is only likely to take too much out of it', async () => {
  const text = `package p

func track(n int, out <-chan int, in <-chan int, known func(int) bool, use func(int)) {
	free := make(chan struct{}, n)
	go func() {
		for {
			select {
			case one := <-out:
				if known(one) {
					<-free
				}
			case free <- struct{}{}:
				use(<-in)
			}
		}
	}()
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['abandoned-receive:10 likely']);
});

test('a function with many questions of data is followed where nothing else is', async () => {
  const asked = Array.from({ length: 10 }, (_, at) => `a${at}`);
  const each = asked.map((name, at) => `\tif ${name} {\n\t\tnotify <- ${at}\n\t}\n`).join('');
  const text = `package p

import "time"

func wait(run func() error, notify chan<- int, ${asked.join(', ')} bool) error {
${each}${each}	done := make(chan error)
	go func() { done <- run() }()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Second):
		return nil
	}
}
`;
  expect(await foundIn('p/p.go', text)).toEqual([expect.stringMatching(/^abandoned-send:\d+ certain$/u)]);
});

test('a send in another file that watches for the end speaks for those that do not', async () => {
  const text = (signal: string): Record<string, string> => ({
    'p/a.go': `package p\n\ntype Feed struct {\n\tC    chan int\n\tquit chan struct{}\n}\n\nfunc (f *Feed) Start(next func() int) {\n\tgo func() {\n\t\tfor {\n\t\t\tf.C <- next()\n\t\t}\n\t}()\n}\n`,
    'p/b.go': `package p\n\n// Put gives up.\nfunc (f *Feed) Put(n int) {\n\tselect {\n\tcase f.C <- n:\n\tcase <-${signal}:\n\t}\n}\n`,
  });
  const found = async (signal: string): Promise<string[]> => (await review(memorySource({ base: {}, head: text(signal) }), { language: 'en' })).leaks.map(({ rule, path, line }) => `${rule} ${path}:${line}`);
  expect(await found('f.quit')).toEqual(['uncancellable-send p/a.go:11']);
  expect(await found('other')).toEqual([]);
});

test('an answer to who has given up is told of in production code, and not in a test, which fails then', async () => {
  const text = `package p

import "time"

type question struct{ answer chan int }

type desk struct{ questions []*question }

func (d *desk) serve() {
	for _, one := range d.questions {
		one.answer <- 1
	}
}

func (d *desk) ask() int {
	one := &question{answer: make(chan int)}
	d.questions = append(d.questions, one)
	select {
	case n := <-one.answer:
		return n
	case <-time.After(time.Second):
		return 0
	}
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['unguarded-send:11 likely']);
  expect(await foundIn('p/p_test.go', text)).toEqual([]);
});

test.each([
  ['what asks', '', 'certain'],
  ['what starts', 'func (s *Server) Start(stop chan bool) error { return s.ask(stop) }', 'likely'],
  ['what starts it through others', 'func (s *Server) Start(stop chan bool) error { return s.again(stop) }\nfunc (s *Server) again(stop chan bool) error { return s.ask(stop) }', 'likely'],
  ['what starts, over and over', 'func (s *Server) Start(stop chan bool) {\n\tfor {\n\t\t_ = s.ask(stop)\n\t}\n}', 'certain'],
  ['what starts, and something else', 'func (s *Server) Start(stop chan bool) error { return s.ask(stop) }\nfunc (s *Server) Ping(stop chan bool) error { return s.ask(stop) }', 'certain'],
  ['a handler of what starts', 'func (s *Server) Start(stop chan bool) {\n\thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { _ = s.ask(stop) })\n}', 'certain'],
  ['a handler that has the name of what starts', 'func (s *Server) Serve(w http.ResponseWriter, r *http.Request) { _ = s.ask(nil) }', 'certain'],
  ['what has a name that only begins like one that starts', 'func (s *Server) Newest(stop chan bool) error { return s.ask(stop) }', 'certain'],
])('what is left behind once for its object is left as the process ends, likely: %s', async (_, user, confidence) => {
  expect(await foundIn('p/p.go', `package p

import "net/http"

type Server struct{ work func() error }

func (s *Server) ask(stop chan bool) error {
	failed := make(chan error)
	go func() { failed <- s.work() }()
	select {
	case <-stop:
		return nil
	case err := <-failed:
		return err
	}
}

${user}
`)).toEqual([`abandoned-send:9 ${confidence}`]);
});

test('a wait for a context that never ends is likely where who has started it goes round for ever as well', async () => {
  const text = (after: string): string => `package p

import (
	"context"
	"time"
)

func Watch() { go sync(context.Background()) }

func sync(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	go func() {
		<-ctx.Done()
		ticker.Stop()
	}()
	${after}
}
`;
  expect(await foundIn('p/p.go', text('for range ticker.C {\n\t\tprintln("tick")\n\t}'))).toEqual(['uncancellable-wait:13 likely']);
  expect(await foundIn('p/p.go', text('println("done")'))).toEqual(['uncancellable-wait:13 certain']);
});

describe('a context that was seen to be done', () => {
  const drain = (asks: string): string => `package p

import (
	"context"
	"sync"

	"example.org/auth"
)

func drain(ctx context.Context, items []string, size int, process func(string)) {
	ctx = auth.With(ctx)
	tokens := make(chan struct{}, size)
	var wg sync.WaitGroup
	for _, item := range items {
		select {
		case tokens <- struct{}{}:
		case <-ctx.Done():
		}
		${asks}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-tokens }()
			process(item)
		}()
	}
	wg.Wait()
}
`;

  test('stays done, so that who asks again goes no further', async () => {
    expect(await foundIn('p/p.go', drain('if ctx.Err() != nil { wg.Wait(); return }'))).toEqual([]);
    expect(await foundIn('p/p.go', drain(''))).toEqual(['abandoned-receive:23 likely']);
  });
});

describe('the length of a channel', () => {
  const draining = (size: string): string => `package p

func drain(done chan struct{}, each func(int)) chan<- int {
	entries := make(chan int${size})
	go func() {
		<-done
		for len(entries) > 0 {
			each(<-entries)
		}
	}()
	return nil
}
`;

  test('is nothing without a buffer', async () => {
    expect(await foundIn('p/p.go', draining(''))).toEqual([]);
    expect(await foundIn('p/p.go', draining(', 1'))).toEqual(['abandoned-receive:8 likely']);
  });
});

test('a receive is likely to wait where it takes a guess that nobody sends, and certain where nobody can', async () => {
  const text = (sends: string): string => `package p

func wait(work func() bool, ask func()) {
	done := make(chan bool)
	go func() {
		${sends}
		ask()
	}()
	go func() {
		<-done
	}()
}
`;
  expect(await foundIn('p/p.go', text('if work() { done <- true }'))).toEqual(['abandoned-receive:10 likely']);
  expect(await foundIn('p/p.go', text('_ = done'))).toEqual(['abandoned-receive:10 certain']);
});

test('a default that a loop comes back from is how a test gives up, and certain elsewhere', async () => {
  const text = `package p

import "time"

type conn interface{ Close() error }

func closing(c conn) error {
	closed := make(chan error)
	go func() { closed <- c.Close() }()
	for range 5 {
		select {
		case err := <-closed:
			return err
		default:
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['abandoned-send:9 certain']);
  expect(await foundIn('p/p_test.go', text)).toEqual(['abandoned-send:9 likely']);
});

describe('a lock that is left locked', () => {
  const setup = (name: string, rest: string): string => `package p

import "sync"

type registry struct {
	mu  sync.Mutex
	all map[string]int
}

func (r *registry) ${name}(key string) bool {
	r.mu.Lock()
	${rest}
	return true
}

func (r *registry) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}
`;
  const forgets = 'if key == "" {\n\t\treturn false\n\t}\n\tr.mu.Unlock()';

  test('is certain where one way forgets it, and likely where what brings something up fails, or what ends an object keeps it', async () => {
    expect(await foundIn('p/p.go', setup('Add', forgets))).toEqual(['missing-unlock:11 certain']);
    expect(await foundIn('p/p.go', setup('Init', forgets))).toEqual(['missing-unlock:11 likely']);
    expect(await foundIn('p/p.go', setup('Shutdown', 'r.all[key] = 1'))).toEqual(['missing-unlock:11 likely']);
  });
});

test('a response whose body a helper has closed already, if it has one, owes nothing', async () => {
  const text = (closes: string): string => `package p

import "net/http"

func head(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	${closes}
	return resp, nil
}

func exists(url string) (bool, error) {
	resp, err := head(url)
	if err != nil {
		return false, err
	}
	return resp.StatusCode == http.StatusOK, nil
}
`;
  expect(await foundIn('p/p.go', text('if resp.Body != nil { resp.Body.Close() }'))).toEqual([]);
  expect(await foundIn('p/p.go', text('_ = resp.Status'))).toEqual(['unclosed-body:15 certain']);
});

test('what brings a database up mostly ends the program where it fails', async () => {
  const text = (name: string): string => `package p

import "database/sql"

func ${name}(dsn string) (*sql.DB, error) {
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec("SET x"); err != nil {
		return nil, err
	}
	return db, nil
}
`;
  expect(await foundIn('p/p.go', text('OpenDB'))).toEqual(['unclosed-resource:6 likely']);
  expect(await foundIn('p/p.go', text('check'))).toEqual(['unclosed-resource:6 certain']);
});

test('a function with too many conditions is followed without keeping them in mind, and then likely', async () => {
  const conditions = Array.from({ length: 16 }, (_, n) => n);
  const text = (way: string): string => `package p

type config struct{ ${conditions.map((n) => `f${n}`).join(', ')}, early bool }

func run(c *config, errs chan<- int) {
	done := make(chan bool)
	go func() {
		done <- true
	}()
${conditions.map((n) => `	if c.f${n} {\n		errs <- ${n}\n	}`).join('\n')}
	${way}
	<-done
}
`;
  expect(await foundIn('p/p.go', text('if c.early { return }'))).toEqual(['abandoned-send:8 likely']);
  expect(await foundIn('p/p.go', text(''))).toEqual([]);
});

test('a lock that a callee puts into what is returned is handed on with it', async () => {
  const text = (lock: string, unlocks: string): string => `package p

import "sync"

type pool struct{ mu ${lock} }

type rows struct{ unlocks sync.Locker }

func (r *rows) Close() { r.unlocks.Unlock() }

func (p *pool) query(fail bool) *rows {
	p.mu.Lock()
	r := p.locked(fail)
	if r == nil {
		p.mu.Unlock()
		return nil
	}
	return r
}

func (p *pool) locked(fail bool) *rows {
	if fail {
		return nil
	}
	return &rows{${unlocks}}
}

func (p *pool) ping() {
	p.mu.Lock()
	defer p.mu.Unlock()
}
`;
  for (const lock of ['sync.Mutex', 'struct{ sync.Mutex }']) {
    expect(await foundIn('p/p.go', text(lock, '&p.mu'))).toEqual([]);
    expect(await foundIn('p/p.go', text(lock, '&sync.Mutex{}'))).toEqual(['missing-unlock:12 certain']);
  }
});

test('the other end of a pipe that its goroutine only closes is written to by others, perhaps', async () => {
  const text = (writes: string): string => `package p

import (
	"bufio"
	"io"
	"os/exec"
)

func first(cmd *exec.Cmd) (string, error) {
	r, w := io.Pipe()
	cmd.Stdout = w
	go func() {
		${writes}
		w.CloseWithError(cmd.Wait())
	}()
	line, err := bufio.NewReader(r).ReadString('\\n')
	if err != nil {
		return "", err
	}
	return line, r.Close()
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['unclosed-pipe:10 likely']);
  expect(await foundIn('p/p.go', text('w.Write(nil)'))).toEqual(['unclosed-pipe:10 certain']);
});

describe('what a constructor of an unknown package returns', () => {
  const text = (ends: string): string => `package p

import "example.org/bus"

type sender struct{ client *bus.Client }

func open(address string) (*sender, error) {
	client, err := bus.NewClient(address)
	if err != nil {
		return nil, err
	}
	if err := client.Ping(); err != nil {
		return nil, err
	}
	return &sender{client: client}, nil
}

func (s *sender) Close() error {
	${ends}
}
`;

  test('is likely lost where the function fails, if the package ends it elsewhere', async () => {
    expect(await foundIn('p/p.go', text('return s.client.Close()'))).toEqual(['unclosed-resource:8 likely']);
    expect(await foundIn('p/p.go', text('return s.client.Flush()'))).toEqual([]);
  });

  test('is so, too, where a function of the package calls it, and where what ends it takes a context', async () => {
    const through = text('return s.client.Disconnect(nil)').replace('bus.NewClient(address)', 'dial(address)');
    expect(await foundIn('p/p.go', `${through}\nfunc dial(address string) (*bus.Client, error) {\n\treturn bus.Connect(address)\n}\n`)).toEqual(['unclosed-resource:8 likely']);
  });

  test('is not lost where it is ended there, too, or where it is no such object', async () => {
    const closed = text('return s.client.Close()');
    expect(await foundIn('p/p.go', closed.replace('Ping(); err != nil {', 'Ping(); err != nil {\n\t\tclient.Close()'))).toEqual([]);
    expect(await foundIn('p/p.go', closed.replace('bus.NewClient', 'bus.NewReader'))).toEqual([]);
  });
});

test('a timer that is set for later, and stopped as long as that takes, has not fired', async () => {
  const text = (duration: string): string => `package p

import (
	"math"
	"time"
)

type conn struct{ timer *time.Timer }

func open(stop func()) *conn {
	c := &conn{}
	c.timer = time.AfterFunc(${duration}, stop)
	if !c.timer.Stop() {
		<-c.timer.C
	}
	return c
}

var _ = math.MaxInt64
`;
  expect(await foundIn('p/p.go', text('math.MaxInt64'))).toEqual([]);
  expect(await foundIn('p/p.go', text('time.Minute'))).toHaveLength(1);
});

test('a double lock behind another one is not told of, since nobody comes to it', async () => {
  const text = (first: string): string => `package p

import "sync"

type batches struct {
	mu   sync.Mutex
	todo []int
}

func (b *batches) next() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	${first}
	return b.take()
}

func (b *batches) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.todo)
}

func (b *batches) take() []int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.todo
}
`;
  expect(await foundIn('p/p.go', text('_ = b.count()'))).toEqual(['double-lock:18 certain']);
  expect(await foundIn('p/p.go', text('if len(b.todo) > 2 { b.count() }'))).toEqual(['double-lock:18 certain', 'double-lock:24 certain']);
});

test('a channel that its function closes itself is not closed by code that is not seen', async () => {
  const text = (body: string): string => `package p

import "example.com/lib"

func walk(path string) error {
	found := make(chan string)
	go func() {
		for one := range found {
			println(one)
		}
	}()
	${body}
}
`;
  const early = 'if err := lib.Walk(path, found); err != nil {\n\t\treturn err\n\t}';
  expect(await foundIn('p/p.go', text(`${early}\n\tclose(found)\n\treturn nil`))).toEqual(['missing-close:8 likely']);
  // Whoever it is given to may close it: on success, where the function does so only where that fails; or by a literal that it is given.
  expect(await foundIn('p/p.go', text(`if err := lib.Walk(path, found); err != nil {\n\t\tclose(found)\n\t\treturn err\n\t}\n\treturn nil`))).toEqual([]);
  expect(await foundIn('p/p.go', text(`lib.OnEnd(func() { close(found) })\n\t${early}\n\treturn nil`))).toEqual([]);
});

test('a counter waits for all it counts, of whom one needs the lock', async () => {
  const text = (counted: string): string => `package p

import "sync"

type hub struct {
	mu   sync.Mutex
	wg   sync.WaitGroup
	quit chan struct{}
	n    int
}

func (h *hub) start() {
	h.wg.Add(2)
	go h.idle()
	go h.count()
}

func (h *hub) idle() {
	defer h.wg.Done()
	<-h.quit
}

func (h *hub) count() {
	defer h.wg.Done()
	<-h.quit
	${counted}
}

func (h *hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	close(h.quit)
	h.wg.Wait()
}
`;
  expect(await foundIn('p/p.go', text('h.mu.Lock()\n\th.n = 0\n\th.mu.Unlock()'))).toEqual(['blocked-under-lock:35 likely']);
  expect(await foundIn('p/p.go', text('h.n = 0'))).toEqual([]);
});

test('who has a lock never sees what is counted up and down again under it', async () => {
  const text = (between: string): string => `package p

import "sync"

type hub struct {
	mu sync.Mutex
	wg sync.WaitGroup
}

func (h *hub) Start(open func() bool) {
	h.mu.Lock()
	h.wg.Add(1)
	${between}
	open()
	h.wg.Done()
	h.mu.Unlock()
}

func (h *hub) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wg.Wait()
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual([]);
  expect(await foundIn('p/p.go', text('h.mu.Unlock()\n\topen()\n\th.mu.Lock()'))).toEqual(['blocked-under-lock:24 certain']);
});

test('a deferred call that an endless loop puts off gives back too late', async () => {
  const text = (head: string, then = ''): string => `package p

import "net/http"

func poll(url string, urls chan string) {
	${head}
		resp, err := http.Get(url)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		println(resp.StatusCode)
		${then}
	}
}
`;
  expect(await foundIn('p/p.go', text('for {\n\t\turl = <-urls'))).toEqual(['unclosed-body:8 likely']);
  expect(await foundIn('p/p.go', text('for range 3 {\n\t\turl = <-urls'))).toEqual([]);
  // A few tries.
  expect(await foundIn('p/p.go', text('for {', 'url = <-urls'))).toEqual([]);
});

test('a buffer ends, and fails in no other way', async () => {
  const text = (type: string): string => `package p

import (
	"bufio"
	"bytes"
	"io"
)

func lines(in *${type}, out *bytes.Buffer) *bufio.Writer {
	for {
		line, err := in.ReadBytes('\\n')
		out.Write(line)
		if err == io.EOF {
			return nil
		}
	}
}
`;
  expect(await foundIn('p/p.go', text('bufio.Reader'))).toEqual(['failed-stream-loop:11 likely']);
  expect(await foundIn('p/p.go', text('bytes.Buffer'))).toEqual([]);
});

test('a connection of another package is likely to be lost where nothing of it is kept', async () => {
  const text = (made: string, then: string): string => `package p

import "example.com/stun"

func ask() (string, error) {
	c, err := stun.${made}("udp", "host:1")
	if err != nil {
		return "", err
	}
	${then}
	if err := c.Do("who"); err != nil {
		return "", err
	}
	return c.Answer(), nil
}
`;
  expect(await foundIn('p/p.go', text('Dial', ''))).toEqual(['unclosed-resource:6 likely']);
  expect(await foundIn('p/p.go', text('DialTLS', ''))).toEqual(['unclosed-resource:6 likely']);
  for (const ends of ['c.Close()', 'c.Quit()', 'c.Close(1000, "")']) expect(await foundIn('p/p.go', text('Dial', `defer ${ends}`))).toEqual([]);
  // Who dials nobody has somebody else keep the connection.
  expect(await foundIn('p/p.go', text('Dial', '').replace('"udp", "host:1"', ''))).toEqual([]);
  // Nothing says that these have a Close.
  for (const made of ['NewQuestion', 'Dialect']) expect(await foundIn('p/p.go', text(made, ''))).toEqual([]);
});

test('what a package for logs calls Fatal ends the process, also where it is returned', async () => {
  const text = (fails: string): string => `package p

import (
	"errors"
	"sync"

	"example.com/kit/log"
)

var _ = log.Debug
var errFull = errors.New("full")

type store struct {
	mu sync.Mutex
	n  int
}

func (s *store) add() error {
	s.mu.Lock()
	if s.n > 3 {
		return ${fails}
	}
	s.n++
	s.mu.Unlock()
	return nil
}
`;
  expect(await foundIn('p/p.go', text('errFull'))).toEqual(['missing-unlock:19 certain']);
  expect(await foundIn('p/p.go', text('log.Fatalf("full: %d", s.n)'))).toEqual([]);
  expect(await foundIn('p/p.go', text('log.Wrapf(errFull, "%d", s.n)'))).toEqual(['missing-unlock:19 certain']);
});

test('a send that happens only if a pipe cannot be closed does not happen', async () => {
  const text = (closes: string): string => `package p

import (
	"io"
	"os"
)

func split(from io.Reader, fail bool) error {
	r, w := io.Pipe()
	errs := make(chan error)
	go func() {
		defer r.Close()
		if err := ${closes}.Close(); err != nil {
			errs <- err
		}
	}()
	if fail {
		return io.ErrUnexpectedEOF
	}
	return <-errs
}
`;
  const found = await foundIn('p/p.go', text('w'));
  expect(found.filter((one) => one.startsWith('abandoned-send'))).toEqual([]);
  expect(await foundIn('p/p.go', text('os.Stdin'))).toContain('abandoned-send:14 certain');
});

test('a sender that asks first whether its context is done is likely to meet who leaves with it', async () => {
  const text = (asks: string): string => `package p

import "context"

func ask(ctx context.Context, work func() error) error {
	errs := make(chan error)
	go func() {
		if err := work(); ${asks} {
			errs <- err
		}
	}()
	select {
	case <-ctx.Done():
		return nil
	case err := <-errs:
		return err
	}
}
`;
  expect(await foundIn('p/p.go', text('err != nil'))).toEqual(['abandoned-send:9 certain']);
  expect(await foundIn('p/p.go', text('err != nil && ctx.Err() == nil'))).toEqual(['abandoned-send:9 likely']);
});

test('code that gives up waiting after a time does so only as a guess where a test asks it', async () => {
  const code = (name: string, params: string): string => `package p

import (
	"testing"
	"time"
)

var _ testing.TB

func await(done chan int) int {
	select {
	case n := <-done:
		return n
	case <-time.After(time.Second):
		return 0
	}
}

func ${name}(${params}) {
	done := make(chan int)
	go func() { done <- 1 }()
	await(done)
}
`;
  expect(await foundIn('p/p.go', code('Ask', ''))).toEqual(['abandoned-send:21 certain']);
  expect(await foundIn('p/p_test.go', code('TestAwait', 't *testing.T'))).toEqual(['abandoned-send:21 likely']);
});

test('a client that comes from the caller may have a time-out', async () => {
  const text = (params: string, client: string): string => `package p

import "net/http"

func ask(${params}) (int, error) {
	resp, err := ${client}.Get("http://host")
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
`;
  expect(await foundIn('p/p.go', text('', 'http.DefaultClient'))).toEqual(['unclosed-body:6 certain']);
  expect(await foundIn('p/p.go', text('c *http.Client', 'c'))).toEqual(['unclosed-body:6 likely']);
});

test('a lock that is embedded beside types of other packages is that lock', async () => {
  const text = `package p

import (
	"sync"

	"example.com/kit"
)

type cache struct {
	sync.Mutex
	kit.Reader
	kit.Writer
	n int
}

func (c *cache) size() int {
	c.Lock()
	defer c.Unlock()
	return c.n
}

func (c *cache) grow() {
	c.Lock()
	defer c.Unlock()
	c.n = c.size() + 1
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['double-lock:17 certain']);
});

test('what ctxhttp answers is closed like what a client does, in the end by its context', async () => {
  const text = `package p

import (
	"context"
	"net/http"

	"golang.org/x/net/context/ctxhttp"
)

func ask(ctx context.Context, client *http.Client) (int, error) {
	resp, err := ctxhttp.Get(ctx, client, "http://host")
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['unclosed-body:11 likely']);
});

test('a lock that a call gives is to be let go of on every way, whatever is logged on it', async () => {
  const text = (second: string): string => `package p

import (
	"context"

	"example.com/locks"
	log "github.com/sirupsen/logrus"
)

func Create(ctx context.Context, name string, find func(string) (string, error)) (string, error) {
	lock, err := locks.Lock(ctx, name)
	if err != nil {
		return "", err
	}
	id, err := find(name)
	if err != nil {
		log.Error(err)
		lock.Unlock()
		return "", err
	}
	other, err := find(id)
	if err != nil {
		log.Error(err)
		${second}
		return "", nil
	}
	lock.Unlock()
	return other, nil
}
`;
  expect(await foundIn('p/p.go', text('println(id)'))).toEqual(['unclosed-resource:11 likely']);
  expect(await foundIn('p/p.go', text('lock.Unlock()'))).toEqual([]);
});

test('a test that wants an error goes on only with one', async () => {
  const text = `package p

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	log "github.com/sirupsen/logrus"
)

func ask(t *testing.T, url string) {
	resp, err := http.Get(url)
	require.Error(t, err)
	println(resp)
}

func Ask(url string) {
	resp, err := http.Get(url)
	log.Error(err)
	if err == nil {
		println(resp.Status)
	}
}
`;
  expect(await foundIn('p/p.go', text)).toEqual(['unclosed-body:18 certain']);
});

describe('what is given back where something fails', () => {
  const begun = (guard: string, second: string): string => `package p

import (
	"context"

	"example.com/store"
)

func Commit(ctx context.Context, s *store.Store, measure func(string) (int, error)) ${guard} {
	ctx, tx, err := s.Transaction(ctx, true)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tx.Rollback()
		}
	}()
	${second}
	if err := store.Save(ctx, size); err != nil {
		return err
	}
	return tx.Commit()
}
`;
  const shadowed = 'size := 0\n\tif s != nil {\n\t\tused, err := measure("a")\n\t\tif err != nil {\n\t\t\treturn err\n\t\t}\n\t\tsize = used\n\t}';

  test('is kept where the error that is returned is another than the one that is asked for', async () => {
    expect(await foundIn('p/p.go', begun('error', shadowed))).toEqual(['unclosed-resource:10 likely']);
    expect(await foundIn('p/p.go', begun('(err error)', shadowed))).toEqual([]);
    const same = 'size, err := measure("a")\n\tif err != nil {\n\t\treturn err\n\t}';
    // The last of its errors is one of its own, too.
    expect(await foundIn('p/p.go', begun('error', same).replace('if err := store.Save', 'if err = store.Save'))).toEqual([]);
  });

  test('is a body that is copied to somebody who may go away', async () => {
    const text = (writer: string, close = ''): string => `package p

import (
	"bytes"
	"io"
	"net/http"
)

func Forward(w http.ResponseWriter, r *http.Request, buf *bytes.Buffer) {
	resp, err := http.Get(r.URL.String())
	if err != nil {
		return
	}
	${close}
	_, err = io.Copy(${writer}, resp.Body)
	if err != nil {
		http.Error(w, err.Error(), 500)
		return
	}
	println(buf.Len())
}
`;
    const [found, ...more] = await leaksIn('p/p.go', text('w'));
    expect(more).toEqual([]);
    expect(`${found?.rule}:${found?.line} ${found?.confidence} ${found?.message.split('.')[0] ?? ''}`).toBe('unclosed-body:10 likely `Forward` can return without ever calling `resp');
    expect(await foundIn('p/p.go', text('buf'))).toEqual([]);
    expect(await foundIn('p/p.go', text('w', 'defer resp.Body.Close()'))).toEqual([]);
  });
});

test('a response whose body is put back is one whose body is to be closed', async () => {
  const text = (back: string): string => `package p

import (
	"bytes"
	"io"
	"net/http"
)

func try(url string) (resp *http.Response, err error) {
	for i := 0; i < 3; i++ {
		resp, err = http.Get(url)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == 200 {
			return resp, nil
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		${back}
	}
	return resp, err
}

func Status(url string) (int, error) {
	resp, err := try(url)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}
`;
  expect(await foundIn('p/p.go', text('resp.Body = io.NopCloser(bytes.NewReader(text))'))).toEqual(['unclosed-body:29 certain']);
  expect(await foundIn('p/p.go', text('resp = wrap(resp, bytes.NewReader(text))'))).toEqual([]);
});

test('a generated client of the package does not close its connection', async () => {
  const text = `package p

import "google.golang.org/grpc"

type treeClient struct{ cc grpc.ClientConnInterface }

func NewTreeClient(cc grpc.ClientConnInterface) *treeClient { return &treeClient{cc} }

func (c *treeClient) Sync() error { return nil }

func Sync(addr string) error {
	cc, err := grpc.NewClient(addr)
	if err != nil {
		return err
	}
	return NewTreeClient(cc).Sync()
}
`;
  expect(await foundIn('p/tree_grpc.pb.go', text)).toEqual(['unclosed-resource:12 certain']);
  expect(await foundIn('p/tree.go', text)).toEqual([]);
});

test('a lock is held on the way back to the function that took it', async () => {
  const text = (log: string): string => `package p

import (
	"os"
	"sync"
)

type logger struct {
	mu   sync.Mutex
	name string
	size int64
}

func (l *logger) Log(text string) {
	l.mu.Lock()
	l.write(text)
	l.mu.Unlock()
}

func (l *logger) write(text string) {
	l.rotate()
	l.size += int64(len(text))
}

func (l *logger) rotate() {
	info, err := os.Stat(l.name)
	if err != nil {
		${log}
		return
	}
	l.size = info.Size()
}
`;
  expect(await foundIn('p/p.go', text('l.Log(err.Error())'))).toEqual(['double-lock:15 likely']);
  expect(await foundIn('p/p.go', text('l.write(err.Error())'))).toEqual([]);
});

test('what is both locked and unlocked has a lock, likely, whatever package it is of', async () => {
  const text = (lock: string, unlock: string): string => `package p

import "example.com/inode"

func Missing(in *inode.Dir, names []string) (found []string) {
	for _, name := range names {
		${lock}
		one := in.LookUp(name)
		${unlock}
		if one != "" {
			found = append(found, one)
		}
	}
	return found
}
`;
  expect(await foundIn('p/p.go', text('in.Lock()', 'defer in.Unlock()'))).toEqual(['double-lock:7 likely']);
  for (const [lock, unlock] of [['in.Lock()', 'in.Unlock()'], ['if err := in.Lock(); err != nil {\n\t\t\tbreak\n\t\t}', 'defer in.Unlock()'], ['in.Lock(name)', 'defer in.Unlock()']] as const) expect(await foundIn('p/p.go', text(lock, unlock)), lock).toEqual([]);
});

test('a full buffer makes who sends under a lock wait for a receiver that needs the lock', async () => {
  const text = (room: string, reset: string): string => `package p

import "sync"

type allocator struct {
	mu     sync.Mutex
	used   int
	notify chan struct{}
}

func New() *allocator {
	a := &allocator{notify: make(chan struct{}, ${room})}
	go a.watch()
	return a
}

func (a *allocator) Next() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.used++
	a.notify <- struct{}{}
	return a.used
}

func (a *allocator) watch() {
	for range a.notify {
		${reset}
	}
}

func (a *allocator) reset() {
	a.mu.Lock()
	a.used = 0
	a.mu.Unlock()
}
`;
  const [found, ...more] = await leaksIn('p/p.go', text('1', 'a.reset()'));
  expect(more).toEqual([]);
  expect(`${found?.rule}:${found?.line} ${found?.confidence} ${found?.message ?? ''}`).toMatch(/^blocked-under-lock:21 likely This waits for `a\.notify`, once its buffer is full, while/u);
  expect(await foundIn('p/p.go', text('1', 'println()'))).toEqual([]);
});

test('a thing is lost where the constructor that should have taken it fails', async () => {
  const text = (before: string, last: string): string => `package p

import (
	"context"
	"errors"

	clientv3 "go.etcd.io/etcd/client/v3"
)

type Client struct{ etcd *clientv3.Client }

func Connect(ctx context.Context, cfg clientv3.Config) (*Client, error) {
	etcd, err := clientv3.New(cfg)
	if err != nil {
		return nil, err
	}
	${last}
}

func wrap(ctx context.Context, etcd *clientv3.Client) (*Client, error) {
	if len(etcd.Endpoints()) == 0 {
		${before}
		return nil, errors.New("none")
	}
	return &Client{etcd: etcd}, nil
}
`;
  const checked = (close: string): string => `c, err := wrap(ctx, etcd)\n\tif err != nil {\n\t\t${close}\n\t\treturn nil, err\n\t}\n\treturn c, nil`;
  for (const last of ['return wrap(ctx, etcd)', checked('println()')]) {
    expect(await foundIn('p/p.go', text('println()', last)), last).toEqual(['unclosed-resource:13 likely']);
    expect(await foundIn('p/p.go', text('etcd.Close()', last)), last).toEqual([]);
  }
  expect(await foundIn('p/p.go', text('println()', checked('etcd.Close()')))).toEqual([]);
});

test('who sends to receives that wait once, and not for ever, may find nobody', async () => {
  const text = (spawn: string, wait: string): string => `package p

import "time"

type conn struct {
	spawned chan struct{}
	closed  chan struct{}
}

func New() *conn { return &conn{spawned: make(chan struct{}), closed: make(chan struct{})} }

func (c *conn) Spawn() bool {
	${wait}
	return true
}

func (c *conn) handle(kind int) {
	if kind == 1 {
		${spawn}
	}
}

func (c *conn) Listen(kinds []int) {
	for _, kind := range kinds {
		c.handle(kind)
	}
}

func (c *conn) Close() { close(c.closed) }
`;
  const brief = 'select {\n\tcase <-c.closed:\n\t\treturn false\n\tcase <-time.After(time.Minute):\n\t\treturn false\n\tcase <-c.spawned:\n\t}';
  expect(await foundIn('p/p.go', text('c.spawned <- struct{}{}', brief))).toEqual(['unguarded-send:25 likely']);
  expect(await foundIn('p/p.go', text('close(c.spawned)', brief))).toEqual([]);
  expect(await foundIn('p/p.go', text('c.spawned <- struct{}{}', '<-c.spawned'))).toEqual([]);
});

test('what has a body and a status is a response, whatever client answers with it', async () => {
  const text = (close: string, status = 'resp.StatusCode'): string => `package p

import (
	"encoding/json"
	"errors"

	"example.com/engine"
)

func Version(client *engine.Client) (v string, err error) {
	resp, err := client.Get("/version")
	if err != nil {
		return "", err
	}
	${close}
	if ${status} != 200 {
		return "", errors.New("no version")
	}
	err = json.NewDecoder(resp.Body).Decode(&v)
	return v, err
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['unclosed-body:11 likely']);
  expect(await foundIn('p/p.go', text('defer resp.Body.Close()'))).toEqual([]);
  expect(await foundIn('p/p.go', text('', 'resp.StatusCode()'))).toEqual([]);
});

test('a loop over a channel that nobody closes is never over for who goes on after it', async () => {
  const text = (after: string, close = ''): string => `package p

import "sync"

func Ask(hosts []string, ask func(string) int) (all []int) {
	answers := make(chan int, len(hosts))
	var wg sync.WaitGroup
	for _, host := range hosts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			answers <- ask(host)
		}()
	}
	wg.Wait()
	${close}
	for one := range answers {
		all = append(all, one)
	}
	${after}
}

func Serve(handle func(int)) {
	events := make(chan int)
	go produce(events)
	for one := range events {
		handle(one)
	}
}

func produce(events chan<- int) {
	for i := 0; ; i++ {
		events <- i
	}
}
`;
  expect(await foundIn('p/p.go', text('return all'))).toEqual(['missing-close:17 certain']);
  expect(await foundIn('p/p.go', text('return all', 'close(answers)'))).toEqual([]);
});

test('a transaction that is only ever committed is left open where something fails', async () => {
  const text = (failing: string): string => `package p

import (
	"context"

	"example.com/store"
)

func Save(ctx context.Context, s *store.Store, check func() error) error {
	tx, err := s.BeginWrite(ctx)
	if err != nil {
		return err
	}
	if err := check(); err != nil {
		${failing}
		return err
	}
	return tx.Commit()
}
`;
  expect(await foundIn('p/p.go', text('println()'))).toEqual(['unclosed-resource:10 likely']);
  expect(await foundIn('p/p.go', text('tx.Rollback()'))).toEqual([]);
});

describe('a channel that nobody sends on or closes', () => {
  test('is waited for for ever by a function that is handed out', async () => {
    const text = (close: string): string => `package p

import "context"

func Run(ctx context.Context, run func(context.Context)) func() {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		${close}
		run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}
`;
    expect(await foundIn('p/p.go', text('println()'))).toEqual(['missing-close:7 likely']);
    expect(await foundIn('p/p.go', text('defer close(done)'))).toEqual([]);
  });

  test('is waited for for ever by a function that means to go on', async () => {
    const text = (close: string, after: string): string => `package p

import "example.com/rtc"

func Gather(g *rtc.Gatherer) error {
	done := make(chan struct{})
	g.OnCandidate(func(c *rtc.Candidate) {
		if c == nil {
			${close}
		}
	})
	<-done
	${after}
}
`;
    expect(await foundIn('p/p.go', text('println()', 'return g.Start()'))).toEqual(['abandoned-receive:12 certain']);
    expect(await foundIn('p/p.go', text('close(done)', 'return g.Start()'))).toEqual([]);
    expect(await foundIn('p/p.go', text('println()', '').replace(' error {', ' {'))).toEqual([]);
  });

  test('is waited for for ever by who gets it, unless it may be meant never to say anything', async () => {
    const text = (body: string, result = '<-chan struct{}'): string => `package p

import "time"

func Refresh(refresh func() error) ${result} {
	over := make(chan struct{})
	${body}
	return over
}

var _ = time.Second
`;
    const loop = (close: string): string => `go func() {\n\t\t${close}\n\t\tfor refresh() == nil {\n\t\t\ttime.Sleep(time.Second)\n\t\t}\n\t}()`;
    expect(await foundIn('p/p.go', text(loop('println()')))).toEqual(['missing-close:6 likely']);
    expect(await foundIn('p/p.go', text(loop('defer close(over)')))).toEqual([]);
    expect(await foundIn('p/p.go', text('println()'))).toEqual([]);
    expect(await foundIn('p/p.go', text(loop('println()'), 'chan struct{}'))).toEqual([]);
  });
});

test('a literal that another package is given to run with Go runs beside its function', async () => {
  const text = (room: string, start: string): string => `package p

import (
	"context"

	"example.com/gopool"
)

type asker struct{ pool *gopool.Pool }

func (a *asker) Ask(ctx context.Context, ask func() int) (int, error) {
	answer := make(chan int${room})
	${start}(func(context.Context) error {
		answer <- ask()
		return nil
	})
	select {
	case n := <-answer:
		return n, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
`;
  for (const start of ['a.pool.Go', 'gopool.Go', 'gopool.GoSafe']) {
    expect(await foundIn('p/p.go', text('', start)), start).toEqual(['abandoned-send:14 certain']);
    expect(await foundIn('p/p.go', text(', 1', start)), start).toEqual([]);
  }
});

test('a WaitGroup that nobody counts down is waited for for ever, wherever it is handed', async () => {
  const text = (done: string, log = ''): string => `package p

import "sync"

type store struct{ errs []error }

func (s *store) All(names []string, each func(func(string) bool), load func(string) error) {
	var wg sync.WaitGroup
	each(func(name string) bool {
		wg.Add(1)
		go s.load(&wg, name, load)
		return true
	})
	wg.Wait()
	println(len(s.errs))
}

func (s *store) load(wg *sync.WaitGroup, name string, load func(string) error) {
	${done}
	if err := load(name); err != nil {
		s.errs = append(s.errs, err)
		return
	}
	${log}
}
`;
  expect(await foundIn('p/p.go', text(''))).toEqual(['waitgroup-count:14 certain']);
  expect(await foundIn('p/p.go', text('defer wg.Done()'))).toEqual([]);
  expect(await foundIn('p/p.go', text('', 'finish(wg)'))).toEqual([]);
  // The last thing that a function does may be meant to last.
  expect(await foundIn('p/p.go', text('').replace('\tprintln(len(s.errs))\n', ''))).toEqual([]);
});

test('a goroutine that ends with a lock leaves it locked, however its function is written', async () => {
  const text = (unlock: string, start: string): string => `package p

import "sync"

type hub struct {
	mu   sync.Mutex
	subs map[string]bool
}

func (h *hub) Watch(id string, over <-chan struct{}, group interface{ Go(func()) }) {
	${start}func() {
		<-over
		h.mu.Lock()
		delete(h.subs, id)
		${unlock}
	}${start.endsWith('(') ? ')' : '()'}
}

func (h *hub) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}
`;
  for (const start of ['go ', 'group.Go(']) {
    expect(await foundIn('p/p.go', text('', start)), start).toEqual(['missing-unlock:13 certain']);
    expect(await foundIn('p/p.go', text('h.mu.Unlock()', start)), start).toEqual([]);
  }
});

test('a lock that is only ever tried is kept on purpose, and nobody waits for it', async () => {
  const text = (other: string): string => `package p

import (
	"errors"
	"sync"
)

var once sync.Mutex

func Setup(set func()) error {
	if !once.TryLock() {
		return errors.New("set up already")
	}
	set()
	return nil
}

func Reset() { ${other} }
`;
  expect(await foundIn('p/p.go', text(''))).toEqual([]);
  expect(await foundIn('p/p.go', text('once.Lock()\n\tdefer once.Unlock()'))).toEqual(['missing-unlock:11 certain']);
});

describe('what was read for the twenty-sixth time', () => {
  test('a receiver that is nil has no lock that it could keep', async () => {
    const text = (guard: string): string => `package p

import "sync"

type file struct {
	mu   sync.RWMutex
	name string
}

func (f *file) rUnlock() {
	if ${guard} {
		return
	}
	f.mu.RUnlock()
}

func (f *file) Name() string {
	f.mu.RLock()
	name := f.name
	f.rUnlock()
	f.mu.Lock()
	f.mu.Unlock()
	return name
}
`;
    expect(await foundIn('p/p.go', text('f == nil'))).toEqual([]);
    expect((await foundIn('p/p.go', text('f.name == ""'))).map((one) => one.split(':')[0])).toContain('double-lock');
  });

  test('a channel of what each turn is given is another one each time', async () => {
    const text = (channel: string): string => `package p

type client struct{ done chan struct{} }

type sink struct {
	leave chan *client
	over  chan struct{}
	seen  int
}

func (s *sink) Run() {
	go func() {
		for {
			c := <-s.leave
			<-${channel}
			s.seen += len(c.done)
		}
	}()
}

func (c *client) Close() { close(c.done) }

func (s *sink) Close() { close(s.over) }
`;
    expect((await foundIn('p/p.go', text('s.over'))).map((one) => one.split(':')[0])).toContain('closed-receive-loop');
    expect((await foundIn('p/p.go', text('c.done'))).map((one) => one.split(':')[0])).not.toContain('closed-receive-loop');
  });

  test('code that is built for tests is code of tests', async () => {
    const text = (tags: string): string => `${tags}package p

import "time"

func Ask(ask func() int) int {
	answer := make(chan int)
	go func() { answer <- ask() }()
	select {
	case n := <-answer:
		return n
	case <-time.After(time.Second):
		return 0
	}
}
`;
    for (const tags of ['', '//go:build linux\n\n', '//go:build !integration\n\n']) expect((await foundIn('p/p.go', text(tags)))[0], tags).toMatch(/certain$/u);
    for (const tags of ['//go:build integration\n\n', '//go:build unit || integration\n\n', '//go:build (linux && e2e)\n\n']) expect((await foundIn('p/p.go', text(tags)))[0], tags).toMatch(/likely$/u);
  });

  test('what ends a transaction well is told where nothing else ends it', async () => {
    const text = (end: string): string => `package p

import "database/sql"

func Save(db *sql.DB, check func() error) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	if err := check(); err != nil {
		return err
	}
	return tx.${end}()
}
`;
    for (const end of ['Commit', 'Rollback']) expect((await leaksIn('p/p.go', text(end)))[0]?.message).toContain(`calls \`tx.${end}()\` on other ways`);
  });
});
