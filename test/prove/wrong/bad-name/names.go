// Package badname holds functions whose names do not tell the truth.
package badname

// LeakNothing is received from.
func LeakNothing() int {
	ch := make(chan int)
	go func() { ch <- 1 }() // want "abandoned-send"
	return <-ch
}

// SafeNot leaves its sender behind.
func SafeNot() {
	ch := make(chan int)
	go func() { ch <- 1 }()
}

// SafePanic ends its process.
func SafePanic() {
	panic("on purpose")
}
