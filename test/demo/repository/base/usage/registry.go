package usage

import (
	"sync"
	"time"
)

// Registry holds a meter for each carrier.
type Registry struct {
	mu     sync.Mutex
	meters map[string]*meter
}

// NewRegistry returns a registry without meters.
func NewRegistry() *Registry {
	return &Registry{meters: make(map[string]*meter)}
}

// Add counts a call of a carrier.
func (r *Registry) Add(carrier string, took time.Duration) {
	r.meterOf(carrier).add(took)
}

func (r *Registry) meterOf(carrier string) *meter {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.meters[carrier]
	if !ok {
		m = newMeter()
		r.meters[carrier] = m
	}
	return m
}

// Remove forgets a carrier, as when its contract ends.
func (r *Registry) Remove(carrier string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.meters, carrier)
}
