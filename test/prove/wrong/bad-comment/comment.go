// Package badcomment holds comments that do not state our verdict, or not any more.
package badcomment

func send(ch chan<- int) {
	ch <- 1 // parked
}

// LeakUndeclared has neither want nor miss.
func LeakUndeclared() {
	ch := make(chan int)
	go send(ch)
}

// LeakFoundByNow is declared to be missed.
// miss: the analyser had not learned it
func LeakFoundByNow() {
	ch := make(chan int)
	go func() { ch <- 1 }() // parked
}

// LeakNotFound is declared to be found.
func LeakNotFound() {
	ch := make(chan int)
	go func() { ch <- 1 }() // want "abandoned-send"
}

// SafeReported is reported, and is safe.
func SafeReported() int {
	ch := make(chan int)
	go func() { ch <- 1 }()
	return <-ch
}

// SafeQuietByNow is declared to be reported.
// noise: the analyser had not learned it
func SafeQuietByNow() int {
	ch := make(chan int)
	go func() { ch <- 1 }()
	return <-ch
}
