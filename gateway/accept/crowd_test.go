package accept

import (
	"io"
	"runtime"
	"testing"
)

// Whoever has connected at once does not keep the worker from what is open, even if
// they share the only processor, and whether there is room for them or not.
func TestCrowdGivesTheWorkerItsTurn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const size = 100
	for _, room := range []int64{size, 0} {
		l, d := bind(t, room, 0)
		for range size { // into the kernel's queue
			_, _ = io.WriteString(dial(t, l), "GET / HTTP/1.1\r\n")
		}
		l.Serve()
		for range size {
			select {
			case nc := <-d.taken:
				nc.Close()
			case <-d.refused:
			}
		}
		if most := d.most.Load(); most > maxInTurn {
			t.Errorf("room for %d: %d connections were accepted in a row, want at most %d", room, most, maxInTurn)
		}
	}
}
