// Package usage counts how often each carrier is asked.
package usage

import (
	"sync"
	"time"
)

// meter counts the calls of one carrier. Callers hand their calls over and do not wait for each other's lock.
type meter struct {
	updates chan time.Duration

	mu    sync.Mutex
	calls int
	total time.Duration
}

func newMeter() *meter {
	m := &meter{updates: make(chan time.Duration, 64)}
	go m.run()
	return m
}

// run takes the calls one after the other.
func (m *meter) run() {
	for took := range m.updates {
		m.mu.Lock()
		m.calls++
		m.total += took
		m.mu.Unlock()
	}
}

func (m *meter) add(took time.Duration) {
	m.updates <- took
}
