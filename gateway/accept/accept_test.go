package accept

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// door is a Hand with room for some connections, and an observer of refusals.
type door struct {
	event.Observer
	room    atomic.Int64
	taken   chan net.Conn
	refused chan event.Refusal
}

func (d *door) Admit() bool {
	if d.room.Add(-1) < 0 {
		d.room.Add(1)
		return false
	}
	return true
}
func (d *door) TakeBack()                                  { d.room.Add(1) }
func (d *door) HTTP2(_ *Listener, nc net.Conn, _ []byte)   { d.taken <- nc }
func (d *door) HTTP1(_ *Listener, nc net.Conn, _ []byte)   { d.taken <- nc }
func (d *door) Refused(_ *event.Listener, r event.Refusal) { d.refused <- r }

// listen returns a listener that serves.
func listen(t *testing.T, room, pending int64) (*Listener, *door) {
	t.Helper()
	l, d := bind(t, room, pending)
	l.Serve()
	return l, d
}

// bind returns a listener that accepts nothing yet.
func bind(t *testing.T, room, pending int64) (*Listener, *door) {
	t.Helper()
	d := &door{taken: make(chan net.Conn, 100), refused: make(chan event.Refusal, 100)}
	d.room.Store(room)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := New(&event.Listener{Name: "edge"}, ln, d, d, slog.New(slog.DiscardHandler))
	l.SetMaxPending(pending)
	t.Cleanup(func() {
		l.Close()
		close(d.taken)
		for nc := range d.taken {
			nc.Close()
		}
	})
	return l, d
}

func dial(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	t.Cleanup(func() { nc.Close() })
	return nc
}

// closed waits until the listener has closed the connection.
func closed(t *testing.T, nc net.Conn) {
	t.Helper()
	if n, err := nc.Read(make([]byte, 1)); n > 0 {
		t.Error("got a byte")
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Error("still open")
	}
}

func TestConnectionWithoutRoomIsRefused(t *testing.T) {
	l, d := listen(t, 1, 10)
	first := dial(t, l)
	if _, err := io.WriteString(first, "GET / HTTP/1.1\r\n"); err != nil {
		t.Fatal(err)
	}
	<-d.taken
	closed(t, dial(t, l))
	if r := <-d.refused; r != event.RefusedMaxConnections {
		t.Errorf("refused for %s", r)
	}
	d.TakeBack() // the first is over
	third := dial(t, l)
	_, _ = io.WriteString(third, "GET / HTTP/1.1\r\n")
	<-d.taken
}

// Who has connected when a listener stops is answered, though it was not accepted
// yet: it would be reset.
func TestStopTakesWhoHasConnected(t *testing.T) {
	const clients = 50
	l, d := bind(t, clients, clients)
	var all []net.Conn
	for range clients {
		all = append(all, dial(t, l))
	}
	l.Serve()
	l.Stop(true)
	if left := d.room.Load(); left != 0 {
		t.Fatalf("%d of %d were not accepted", left, clients)
	}
	for _, nc := range all {
		_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\n")
		served := <-d.taken
		_, _ = io.WriteString(served, "HTTP/1.1 200 OK\r\n")
		served.Close()
	}
	for i, nc := range all {
		if got, err := io.ReadAll(nc); err != nil || string(got) != "HTTP/1.1 200 OK\r\n" {
			t.Fatalf("connection %d got %q, %v", i, got, err)
		}
	}
}

// A listener whose socket others share leaves them what waits.
func TestStopLeavesWhatOthersMayTake(t *testing.T) {
	l, d := bind(t, 1, 1)
	dial(t, l)
	l.Stop(false)
	if d.room.Load() != 1 {
		t.Error("it was accepted")
	}
}

// Those who wait silently lose their place to who comes later, the oldest first,
// and an honest client is served.
func TestOldestPendingConnectionGoes(t *testing.T) {
	l, d := listen(t, 100, 2)
	var silent []net.Conn
	for range 4 {
		silent = append(silent, dial(t, l))
	}
	for _, nc := range silent[:2] {
		closed(t, nc)
		if r := <-d.refused; r != event.RefusedMaxPending {
			t.Errorf("refused for %s", r)
		}
	}
	honest := dial(t, l)
	_, _ = io.WriteString(honest, "GET / HTTP/1.1\r\n")
	<-d.taken
	closed(t, silent[2])
	<-d.refused
	l.Close()
	if left := d.room.Load(); left != 99 {
		t.Errorf("%d places are left, want all but one", left)
	}
}

// Whoever has said at once what it speaks is no pending connection, however many
// of them wait to be accepted.
func TestFloodOfHonestConnectionsIsTaken(t *testing.T) {
	procs := runtime.GOMAXPROCS(1) // one thread does everything
	t.Cleanup(func() { runtime.GOMAXPROCS(procs) })
	const clients = 100
	l, d := bind(t, clients, clients/10)
	for range clients {
		_, _ = io.WriteString(dial(t, l), "GET / HTTP/1.1\r\n")
	}
	l.Serve()
	for range clients {
		select {
		case nc := <-d.taken:
			defer nc.Close()
		case r := <-d.refused:
			t.Fatalf("refused for %s", r)
		}
	}
}
