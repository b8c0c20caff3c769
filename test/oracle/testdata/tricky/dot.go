package tricky

import (
	. "context"
	_ "embed"
)

func dots(parent Context) {
	ctx, cancel := WithCancel(parent)
	defer cancel()
	<-ctx.Done()
	var c Context = Background()
	_ = c
}
