// Package depot lets one process at a time dispatch the parcels of a depot.
package depot

import (
	"log"
	"sync"
	"time"
)

const lease = 10 * time.Second

// Store is where leases are kept.
type Store interface {
	Renew(depot string, until time.Time) error
}

// Lock is a lease on a depot, renewed until it is released.
type Lock struct {
	store Store
	depot string
	done  chan struct{}
	once  sync.Once
}

// Acquire takes the lease and keeps it.
func Acquire(store Store, depot string) (*Lock, error) {
	if err := store.Renew(depot, time.Now().Add(lease)); err != nil {
		return nil, err
	}
	l := &Lock{store: store, depot: depot, done: make(chan struct{})}
	go l.keepAlive()
	return l, nil
}

// Release lets the lease run out.
func (l *Lock) Release() {
	l.once.Do(func() { close(l.done) })
}

// keepAlive renews the lease long before it ends.
func (l *Lock) keepAlive() {
	timer := time.NewTimer(lease / 3)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			if err := l.store.Renew(l.depot, time.Now().Add(lease)); err != nil {
				log.Printf("depot %s: %v", l.depot, err)
			}
			timer.Reset(lease / 3)
		case <-l.done:
			if !timer.Stop() {
				<-timer.C
			}
			break
		}
	}
}
