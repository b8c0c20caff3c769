package tricky

import (
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

type number interface {
	~int | ~int64 | ~uint8
}

type queue[T any, N number] struct {
	items chan T
	size  N
	next  *queue[T, N]
	last  atomic.Pointer[queue[T, N]]
}

type waiter[T any] interface {
	comparable
	wait() <-chan T
}

type alias = queue[string, int]
type pairOf[A any] = map[string]chan A

func (q *queue[E, M]) wait() <-chan E { return q.items }

func (q *queue[E, _]) push(e E) *queue[E, int] {
	q.items <- e
	return &queue[E, int]{items: q.last.Load().items}
}

func newQueue[T any, N number](of T, size N) *queue[T, N] {
	return &queue[T, N]{items: make(chan T, int(size)), size: size}
}

func drain[C ~chan T, T any](c C) (all []T) {
	for one := range c {
		all = append(all, one)
	}
	return all
}

func apply[T, U any](of []T, to func(T) chan U) (all []chan U) {
	for _, one := range of {
		all = append(all, to(one))
	}
	return all
}

func any2[W waiter[T], T any](w W) <-chan T { return w.wait() }

func generic(all []chan int, byName map[string]chan kind, p pairOf[error]) {
	q := newQueue("s", 3)
	<-q.items
	<-q.push("t").items
	<-q.next.next.wait()
	var a alias
	a.items <- "u"
	<-any2[*queue[string, int]](&a)
	for _, c := range apply([]int{1}, func(i int) chan kind { return kind(i).waits() }) {
		<-c
	}
	for _, c := range slices.Backward(all) {
		<-c
	}
	for _, c := range maps.All(byName) {
		<-c
	}
	for c := range each(all) {
		<-c
	}
	next, stop := iter.Pull(slices.Values(all))
	defer stop()
	if c, ok := next(); ok {
		<-c
	}
	<-p["x"]
	<-slices.Clone(all)[0]
	once := sync.OnceValue(func() chan kind { return known.waits() })
	<-once()
	f := drain[chan int]
	_ = f(all[0])
	for i := range 10 {
		_ = i
	}
	for range 3 {
	}
	x := new(known.waits())
	<-*x
}

func each[T any](all []T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, one := range all {
			if !yield(one) {
				return
			}
		}
	}
}
