package tricky

type platform struct{ c chan int }

func (p platform) channel() chan int { return p.c }
