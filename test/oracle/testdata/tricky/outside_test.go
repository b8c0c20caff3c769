package tricky_test

import (
	"testing"

	. "example.com/tricky/tricky"
)

// The same name as in the package under test, which is another one.
type table struct{ done chan bool }

func TestOutside(t *testing.T) {
	for _, one := range []table{{done: make(chan bool)}} {
		t.Run("x", func(t *testing.T) {
			if t.Failed() {
				t.SkipNow()
			}
			<-one.done
			_ = Exported
		})
	}
}
