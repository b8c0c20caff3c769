package p

func f() {
	break
	continue L
	goto nowhere
L:
	for {
		fallthrough
	}
}
