// Package badpark holds marks at lines where no goroutine stays.
package badpark

// LeakElsewhere waits at its first send, and is marked at the second.
func LeakElsewhere() {
	ch := make(chan int)
	go func() {
		ch <- 1 // want "abandoned-send"
		ch <- 2 // parked
	}()
}

var kept = make(chan int)

// LeakKept can still be received from by anybody who knows kept, which the profile knows.
func LeakKept() {
	go func() { kept <- 1 }() // want "abandoned-send"
}

// LeakUnkept is declared reachable, and is not.
// reachable: it is not
func LeakUnkept() {
	ch := make(chan int)
	go func() { ch <- 1 }() // want "abandoned-send"
}
