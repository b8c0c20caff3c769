package tricky

import "testing"

func helper(t *testing.T) {
	t.Helper()
	t.Fatal("x")
	println("dead")
}

func TestInside(t *testing.T) {
	c := known.waits()
	<-c
	<-t.Context().Done()
	helper(t)
	println("dead")
}
