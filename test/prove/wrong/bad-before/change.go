// Package badbefore holds a change that is not what makes its function leak.
package badbefore

// LeakAlready leaks, as it did before.
func LeakAlready() {
	ch := make(chan int)
	go func() { ch <- 1 }() // want "abandoned-send"
}
