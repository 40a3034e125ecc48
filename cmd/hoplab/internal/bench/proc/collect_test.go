package proc

import (
	"runtime"
	"runtime/debug"
	"testing"
)

var garbage []byte

func TestUncollectedGarbageLies(t *testing.T) {
	collections := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumGC
	}
	litter := func() uint32 {
		before := collections()
		for range 64 {
			garbage = make([]byte, 1<<20)
		}
		return collections() - before
	}
	percent := debug.SetGCPercent(100)
	defer debug.SetGCPercent(percent)
	Uncollected(func() {
		if n := litter(); n > 0 {
			t.Errorf("%d collections", n)
		}
	})
	if litter() == 0 {
		t.Error("no collection afterwards")
	}
}
