package accept

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// turns is a shift that counts how many connections are accepted between two batches.
type turns struct {
	shift
	row, most atomic.Int64
}

func (b *turns) BatchBegin(event.Time) { b.row.Store(0) }

// crowd is a Hand whose worker's batches are counted.
type crowd struct {
	*door
	turns *turns
}

func (c crowd) Admit() bool {
	n := c.turns.row.Add(1)
	for most := c.turns.most.Load(); n > most && !c.turns.most.CompareAndSwap(most, n); most = c.turns.most.Load() {
	}
	return c.door.Admit()
}

// Whoever has connected at once does not keep the worker from what is open, even if
// they share the only processor, and whether there is room for them or not.
func TestCrowdGivesTheWorkerItsTurn(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const size = 100
	for _, room := range []int64{size, 0} {
		work, err := loop.New(event.NewClock())
		if err != nil {
			t.Fatal(err)
		}
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		c := crowd{&door{Loop: work, taken: make(chan net.Conn, size), refused: make(chan event.Refusal, size)}, &turns{}}
		c.room.Store(room)
		var worker sync.WaitGroup
		worker.Go(func() { work.Run(c.turns) })
		l := New(&event.Listener{Name: "edge"}, ln, c, c, slog.New(slog.DiscardHandler))
		l.SetLimits(Limits{Time: introTime})
		for range size { // into the kernel's queue
			_, _ = io.WriteString(dial(t, l), "GET / HTTP/1.1\r\n")
		}
		l.Serve()
		for range size {
			select {
			case nc := <-c.taken:
				nc.Close()
			case <-c.refused:
			}
		}
		l.Close()
		if err := work.Post(&c.turns.shift); err != nil {
			t.Error(err)
		}
		worker.Wait()
		if most := c.turns.most.Load(); most > maxInTurn {
			t.Errorf("room for %d: %d connections were accepted in a row, want at most %d", room, most, maxInTurn)
		}
	}
}
