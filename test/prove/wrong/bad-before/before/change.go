// Package badbefore holds a change that is not what makes its function leak.
package badbefore

// LeakAlready leaks.
func LeakAlready() {
	ch := make(chan int)
	go func() { ch <- 1 }()
}
