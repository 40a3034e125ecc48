package loop

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// waiter takes what it is told.
type waiter chan error

func (w waiter) Arrived()         { w <- nil }
func (w waiter) Missed(err error) { w <- err }

// batches counts rounds, and ends the loop when it is run as a task.
type batches struct {
	arrived []int // in each round so far
	told    *int
	over    bool
}

func (b *batches) BatchBegin(event.Time) { *b.told = 0 }
func (b *batches) BatchEnd() bool {
	b.arrived = append(b.arrived, *b.told)
	return !b.over
}
func (b *batches) Run() { b.over = true }

// crowd is the Waiter of one of many.
type crowd struct {
	told *int
	left *int
	end  *batches
}

func (c crowd) Arrived() {
	*c.told++
	if *c.left--; *c.left == 0 {
		c.end.Run()
	}
}
func (c crowd) Missed(error) {}

// accepted returns both ends of a connection over TCP.
func accepted(t *testing.T) (client, server net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
	})
	return client, server
}

func TestAwaitTellsOnceAndLetsGo(t *testing.T) {
	l := run(t)
	client, server := accepted(t)
	w, failed := make(waiter, 2), make(chan error, 1)
	if err := l.Post(task(func() { failed <- l.Await(server, w, time.Hour) })); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if _, err := ReadNow(server, make([]byte, 1)); err != ErrWouldBlock || Ready(server) {
		t.Errorf("something to read: %v", err)
	}
	_, _ = client.Write([]byte("ab"))
	if err := <-w; err != nil {
		t.Errorf("told of %v", err)
	}
	// Nobody waits any more: the connection is its owner's, and can be waited for anew.
	b := make([]byte, 1)
	if n, err := ReadNow(server, b); n != 1 || b[0] != 'a' || err != nil || !Ready(server) {
		t.Errorf("read %q, %v", b[:n], err)
	}
	_ = l.Post(task(func() { failed <- l.Await(server, w, time.Hour) }))
	if err := errors.Join(<-failed, <-w); err != nil {
		t.Error(err)
	}
	if len(w) != 0 {
		t.Error("told twice")
	}
	_ = server.SetReadDeadline(time.Now().Add(time.Minute))
	if n, err := server.Read(b); n != 1 || b[0] != 'b' || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
}

func TestAwaitEndsInTimeAndWithTheLoop(t *testing.T) {
	l, err := New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	_, late := accepted(t)
	_, stopped := accepted(t)
	w, told := make(waiter, 2), 0
	b := &batches{told: &told}
	_ = l.Post(task(func() {
		if err := errors.Join(l.Await(stopped, w, time.Hour), l.Await(late, w, time.Millisecond)); err != nil {
			t.Error(err)
		}
	}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.Run(b)
	}()
	if err := <-w; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("told of %v", err)
	}
	_ = l.Post(b)
	<-ended
	if err := <-w; !errors.Is(err, ErrStopped) {
		t.Errorf("told of %v", err)
	}
	// It is still its owner's to close.
	if err := stopped.Close(); err != nil {
		t.Error(err)
	}
}

// What is open is served between newcomers, however many come at once.
func TestCrowdOfNewcomersIsToldOfInTurns(t *testing.T) {
	l, err := New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	const size = 5 * maxArrived / 2
	told, left := 0, size
	b := &batches{told: &told}
	for range size {
		client, server := accepted(t)
		_, _ = client.Write([]byte("x"))
		_ = l.Post(task(func() {
			if err := l.Await(server, crowd{&told, &left, b}, time.Hour); err != nil {
				t.Error(err)
			}
		}))
	}
	l.Run(b)
	all := 0
	for _, n := range b.arrived {
		if all += n; n > maxArrived {
			t.Errorf("%d in one batch", n)
		}
	}
	if all != size {
		t.Errorf("%d of %d", all, size)
	}
}

func TestPumpedLoopCannotAwait(t *testing.T) {
	_, server := accepted(t)
	if err := NewPumped(event.NewClock()).Await(server, make(waiter, 1), time.Hour); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	if _, err := ReadNow(a, make([]byte, 1)); err != ErrWouldBlock || Ready(a) {
		t.Errorf("read from memory: %v", err)
	}
}
