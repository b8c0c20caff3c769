package tricky

import (
	"log"
	"os"
	"runtime"
)

type failer struct{ quiet bool }

func (f failer) fail(err error) {
	if f.quiet {
		os.Exit(1)
	}
	log.Fatal(err)
}

func must(err error) {
	if err != nil {
		failer{}.fail(err)
	}
}

func never() { panic("never") }

func saved() {
	defer func() { _ = recover() }()
	never()
}

func flow(in, out chan int, f failer, err error) (n int) {
outer:
	for {
		select {
		case v, ok := <-in:
			if !ok {
				break outer
			}
			n += v
		case out <- n:
			continue outer
		default:
			break
		}
		switch {
		case n > 3:
			fallthrough
		case n > 2:
			n++
		default:
			break outer
		}
		n--
	}
	for i := 0; ; i++ {
		if i > n {
			goto end
		}
		if i == n {
			continue
		}
		must(err)
	}
	n = 7 // dead
end:
	saved()
	switch x := any(n).(type) {
	case int:
		f.fail(err)
		n = x // dead
	case string, nil:
		runtime.Goexit()
		n = 9 // dead
	default:
		func() {
			never()
			n = 8 // dead
		}()
		return n
	}
	n = 10 // dead
	return n
}

func blocks() {
	defer println("x")
	select {}
	println("dead")
}

func labelled(m map[string][]int) {
again:
	for k, all := range m {
		for range all {
			if k == "" {
				goto again
			}
			continue again
		}
	}
pick:
	switch {
	case len(m) > 1:
		for {
			if m == nil {
				break pick
			}
			select {
			default:
				break pick
			}
		}
	}
	for len(m) > 0 {
		goto empty
	}
	for {
	}
	println("dead")
empty:
}
