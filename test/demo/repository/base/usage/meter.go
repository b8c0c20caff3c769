// Package usage counts how often each carrier is asked.
package usage

import (
	"sync"
	"time"
)

// meter counts the calls of one carrier.
type meter struct {
	mu    sync.Mutex
	calls int
	total time.Duration
}

func newMeter() *meter {
	return &meter{}
}

func (m *meter) add(took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.total += took
}
