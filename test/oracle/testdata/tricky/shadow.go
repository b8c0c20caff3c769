// Package tricky is what a front end gets wrong: names, types and flow that mean something else than they seem to.
package tricky

import (
	"context"
	"sync"
	tm "time"
)

type table struct {
	mu   sync.Mutex
	done chan struct{}
	rows map[string]*table
}

var done = make(chan int)

const (
	unknown kind = iota
	known
)

type kind int

func (k kind) waits() chan kind { return make(chan kind, k) }

// A result of the type that a parameter has the name of.
func (t *table) table(table string) (*table, bool) {
	t, ok := t.rows[table]
	return t, ok
}

func shadowed(ctx context.Context, done chan string) {
	ch := make(chan int)
	if done := ctx.Done(); done != nil {
		<-done
	} else if ch, ok := <-ch, true; ok {
		_ = ch
	}
	{
		ch := make(chan bool)
		ch <- true
		ch2, ch := ch, ch
		close(ch2)
		_ = ch
	}
	for ch := range ch {
		done <- string(rune(ch))
	}
	switch done := any(done).(type) {
	case chan string, chan int:
		_ = done
	case <-chan bool:
		<-done
	case nil:
		return
	}
	select {
	case v, ok := <-done:
		_, _ = v, ok
	case done <- "x":
	}
	func(done chan error) {
		defer close(done)
		ch, err := make(chan error), <-done
		ch <- err
	}(make(chan error))
	type table struct{ done chan kind }
	local := table{done: known.waits()}
	<-local.done
	var close = func(kind) {}
	close(<-local.done)
	nil := 0
	_ = nil
}

// Keys are fields, values are variables; keys of maps and arrays are variables.
func literals(mu *sync.Mutex, done chan struct{}, rows map[string]*table) []any {
	const index = 1
	key := "k"
	one := table{done: done, rows: rows}
	many := []table{{done: done}, {done: nil, rows: rows}}
	pointers := map[string]*table{key: {done: one.done}, "x": {rows: map[string]*table{key: &many[index]}}}
	array := [...]chan struct{}{index: done}
	nested := map[kind][]struct{ done []chan kind }{known: {{done: []chan kind{unknown: known.waits()}}}}
	<-nested[known][0].done[0]
	<-pointers[key].done
	<-array[index]
	for _, anonymous := range []struct {
		name string
		done chan struct{}
	}{{"a", done}, {name: "b", done: many[0].done}} {
		<-anonymous.done
	}
	mu.Lock()
	defer mu.Unlock()
	return []any{one.done}
}

func manyNames(a, b, c, d, e, f, g, h, i, j chan int, k, l <-chan chan<- int, m ...chan<- chan int) (n, o tm.Duration, p *tm.Timer) {
	<-a
	(<-k) <- <-l2(l)
	m[0] <- j
	p = tm.NewTimer(n)
	<-p.C
	return o, n, p
}

func l2(<-chan chan<- int) (in <-chan int) { return in }
