// Package badfix holds leaks for which the test offers fixes that are no good, and one that is.
package badfix

import "time"

// LeakTimeout waits for the timer alone.
func LeakTimeout() {
	ch := make(chan int)
	go func() {
		time.Sleep(time.Millisecond)
		ch <- 1 // want "abandoned-send"
	}()
}

// roomFor makes a channel.
func roomFor() chan int {
	return make(chan int)
}

// SafeRoom relies on its channel having no room.
func SafeRoom() {
	ch := roomFor()
	select {
	case ch <- 1:
		go func() { ch <- 2 }()
	default:
	}
}

// LeakRoom relies on nothing.
func LeakRoom() {
	ch := roomFor()
	go func() { ch <- 1 }() // want "abandoned-send"
}
