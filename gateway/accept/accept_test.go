package accept

import (
	"io"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// door is a Hand with room for some connections and one worker, which keeps what it
// gets, and an observer of refusals.
type door struct {
	event.Observer
	*loop.Loop
	room    atomic.Int64
	taken   chan net.Conn
	refused chan event.Refusal

	row, most atomic.Int64 // accepted since the worker's last batch; most ever
}

func (d *door) Admit() bool {
	d.most.Store(max(d.most.Load(), d.row.Add(1))) // one goroutine accepts
	if d.room.Add(-1) < 0 {
		d.room.Add(1)
		return false
	}
	return true
}
func (d *door) TakeBack()                                         { d.room.Add(1) }
func (d *door) Next() Worker                                      { return d }
func (d *door) HTTP2(nc net.Conn, _ []byte) Handover              { return taking{d, nc} }
func (d *door) HTTP1(nc net.Conn, _ []byte)                       { d.taken <- nc }
func (d *door) Refused(_ *event.Listener, r event.Refusal)        { d.refused <- r }
func (d *door) Handshake(*event.Listener, *event.Endpoint, error) {}

// taking is a Handover to a door.
type taking struct {
	d  *door
	nc net.Conn
}

func (t taking) Run()    { t.d.taken <- t.nc }
func (t taking) Cancel() { t.nc.Close() }

// shift is a loop.Batcher, and the task that ends it.
type shift struct {
	d    *door
	over bool
}

func (s *shift) BatchBegin(event.Time) { s.d.row.Store(0) }
func (s *shift) BatchEnd() bool        { return !s.over }
func (s *shift) Run()                  { s.over = true }

// introTime is how long a test's connections have to say what they speak.
const introTime = 10 * time.Second

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
	work, err := loop.New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	return bindTo(t, work, room, pending)
}

// bindTo returns a listener whose connections a loop waits for, which it runs.
func bindTo(t *testing.T, work *loop.Loop, room, pending int64) (*Listener, *door) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return bindOn(t, ln, work, room, pending)
}

// bindOn returns a listener of a socket.
func bindOn(t *testing.T, ln net.Listener, work *loop.Loop, room, pending int64) (*Listener, *door) {
	t.Helper()
	d := &door{Loop: work, taken: make(chan net.Conn, 100), refused: make(chan event.Refusal, 100)}
	d.room.Store(room)
	end := &shift{d: d}
	var worker sync.WaitGroup
	worker.Go(func() { work.Run(end) })
	l := New(&event.Listener{Name: "edge"}, ln, d, d, slog.New(slog.DiscardHandler))
	l.SetLimits(Limits{Pending: pending, Time: introTime})
	t.Cleanup(func() {
		l.Close()
		if err := work.Post(end); err != nil {
			t.Error(err)
		}
		worker.Wait()
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

// held is a task that keeps a worker from its other work until it is closed.
type held chan struct{}

func (h held) Run() { <-h }

// Who has spoken keeps its place while the gateway has no time to listen, and the
// next ones wait for theirs.
func TestWhoWasNotHeardYetKeepsItsPlace(t *testing.T) {
	const limit = 10
	l, d := bind(t, 100, limit)
	var passed atomic.Int64
	l.now = func() time.Time { return time.Unix(0, passed.Load()) }
	l.Serve()
	busy := make(held)
	if err := d.Post(busy); err != nil {
		t.Fatal(err)
	}
	var early []net.Conn
	for range limit {
		early = append(early, dial(t, l))
	}
	pending := func() int {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.intro.Len()
	}
	for end := time.Now().Add(time.Minute); pending() < limit; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d connections were accepted", pending(), limit)
		}
	}
	for _, nc := range early {
		_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\n")
	}
	passed.Store(int64(limit * perNewcomer)) // a silent one would have to go now
	for range limit {
		_, _ = io.WriteString(dial(t, l), "GET / HTTP/1.1\r\n")
	}
	close(busy)
	for range 2 * limit {
		select {
		case nc := <-d.taken:
			nc.Close()
		case r := <-d.refused:
			t.Fatalf("refused for %s", r)
		}
	}
}

// queue is a net.Listener of connections in memory.
type queue struct {
	conns chan net.Conn
	end   chan struct{}
}

func (q *queue) Accept() (net.Conn, error) {
	select {
	case nc := <-q.conns:
		return nc, nil
	case <-q.end:
		return nil, net.ErrClosed
	}
}
func (q *queue) Close() error   { close(q.end); return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

// A pending connection has its turn before another may take its place, however many
// wait; and silent ones hold accepting back no longer than that.
func TestPendingConnectionHasItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit, clients = 10, 95
		q := &queue{make(chan net.Conn, clients), make(chan struct{})}
		l, d := bindOn(t, q, pumped(), clients, limit)
		var all []net.Conn
		for range clients {
			client, served := net.Pipe()
			t.Cleanup(func() { client.Close() })
			all = append(all, client)
			q.conns <- served
		}
		l.Serve()
		// Those that got a place speak just before their turn is over.
		const turn = limit * perNewcomer
		time.Sleep(turn - time.Nanosecond)
		for _, nc := range all[:limit] {
			_, _ = io.WriteString(nc, "GET / HTTP/1.1\r\n")
		}
		synctest.Wait()
		if len(d.taken) != limit || len(d.refused) != 0 {
			t.Errorf("%d were taken and %d refused, want %d and none", len(d.taken), len(d.refused), limit)
		}
		// The others say nothing: all but as many as may be pending have to go, each
		// after its turn, and a place that is free is found with a look.
		rounds := time.Duration(clients/limit) * (turn + lookAgain)
		time.Sleep(rounds)
		synctest.Wait()
		if want := clients - 2*limit; len(d.refused) != want {
			t.Errorf("%d were refused in %v, want %d", len(d.refused), rounds, want)
		}
	})
}

// Where a reload allows fewer, all that are too many have to go, not one for each that
// comes.
func TestFewerMayBePendingAfterAReload(t *testing.T) {
	const before, after = 20, 5
	l, d := listen(t, 100, before)
	for range before {
		dial(t, l)
	}
	for d.room.Load() > 100-before {
		time.Sleep(time.Millisecond)
	}
	l.SetLimits(Limits{Pending: after, Time: introTime})
	dial(t, l)
	for gone := range before + 1 - after {
		select {
		case <-d.refused:
		case <-time.After(time.Minute):
			t.Fatalf("%d had to go, want %d", gone, before+1-after)
		}
	}
}

// pumped is a loop that cannot wait for sockets, as on systems without epoll.
func pumped() *loop.Loop { return loop.NewPumped(event.NewClock()) }

// Whoever does not say all at once is waited for: by the loop, by a goroutine, and
// by a goroutine where the loop cannot.
func TestFirstLineMayComeInPieces(t *testing.T) {
	for name, l := range map[string]*Listener{
		"epoll": first(listen(t, 100, 100)), "pumped": first(serve(bindTo(t, pumped(), 100, 100))),
	} {
		t.Run(name, func(t *testing.T) {
			d := l.hand.(*door)
			silent, partly := dial(t, l), dial(t, l)
			_, _ = io.WriteString(partly, "GET / HT")
			// By now both were accepted: whoever connects later is served.
			_, _ = io.WriteString(dial(t, l), "GET / HTTP/1.1\r\n")
			(<-d.taken).Close()
			_, _ = io.WriteString(silent, "PRI * HTTP/2.0\r\n")
			(<-d.taken).Close()
			_, _ = io.WriteString(partly, "TP/1.1\r\n")
			(<-d.taken).Close()
		})
	}
}

// Whoever leaves without a word gives its place back, and so does who waits when the
// listener closes.
func TestThoseWhoSayNothingGiveTheirPlaceBack(t *testing.T) {
	for name, l := range map[string]*Listener{
		"epoll": first(listen(t, 3, 3)), "pumped": first(serve(bindTo(t, pumped(), 3, 3))),
	} {
		t.Run(name, func(t *testing.T) {
			d := l.hand.(*door)
			room := func(want int64) {
				t.Helper()
				for end := time.Now().Add(time.Minute); d.room.Load() != want; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%d of 3 places are left, want %d", d.room.Load(), want)
					}
				}
			}
			silent, partly := dial(t, l), dial(t, l)
			_, _ = io.WriteString(partly, "GET")
			room(1)
			silent.Close()
			partly.Close()
			room(3)
			dial(t, l)
			_, _ = io.WriteString(dial(t, l), "GET")
			room(1)
			l.Close()
			room(3)
		})
	}
}

func first(l *Listener, _ *door) *Listener { return l }

func serve(l *Listener, d *door) (*Listener, *door) {
	l.Serve()
	return l, d
}
