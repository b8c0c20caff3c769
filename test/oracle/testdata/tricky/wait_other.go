//go:build !linux

package tricky

type platform struct{ c chan string }

func (p platform) channel() chan string { return p.c }
