package http1

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/loop"
)

const (
	testWindow = 64 << 10
	patience   = time.Minute // no test waits so long unless it fails
)

// worker is a real event loop with as much of a worker as bridges need.
type worker struct {
	*loop.Loop
	begun  chan *request        // what Begin brought, unless onBegin is set
	onBeg  func(*request)       // called on the loop
	conns  chan string          // what ConnOpened and ConnClosed brought
	steer  chan *Conn           // what ConnOpened brought
	broken chan rule.Violation  // what Malformed brought
	quit   bool                 // of the loop
	ended  chan struct{}        // closed when the loop has ended
	held   atomic.Int64         // the sum of Held
	open   map[*event.Conn]bool // of the loop
}

func newWorker(t *testing.T) *worker {
	t.Helper()
	l, err := loop.New(event.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{
		Loop: l, begun: make(chan *request, 16), conns: make(chan string, 256), steer: make(chan *Conn, 256), broken: make(chan rule.Violation, 256), ended: make(chan struct{}),
		open: make(map[*event.Conn]bool),
	}
	go func() {
		defer close(w.ended)
		l.Run(w)
	}()
	t.Cleanup(w.stop)
	return w
}

func (w *worker) BatchBegin(event.Time) {}
func (w *worker) BatchEnd() bool        { return !w.quit }
func (w *worker) Held(n int)            { w.held.Add(int64(n)) }

func (w *worker) ConnOpened(c *event.Conn, steer *Conn) {
	w.open[c] = true
	w.steer <- steer
	w.conns <- fmt.Sprintf("%d opened", c.ID)
}

func (w *worker) Malformed(_ *event.Conn, v rule.Violation) { w.broken <- v }

func (w *worker) ConnClosed(c *event.Conn, reason event.CloseReason) {
	if !w.open[c] {
		w.conns <- fmt.Sprintf("%d closed without having been opened", c.ID)
		return
	}
	delete(w.open, c)
	w.conns <- fmt.Sprintf("%d closed: %s", c.ID, reason)
}

func (w *worker) stop() {
	_ = w.Post(do{func() { w.quit = true }})
	<-w.ended
}

// run calls f on the loop and waits for it.
func (w *worker) run(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	if err := w.Post(do{func() { f(); close(done) }}); err != nil {
		t.Fatal(err)
	}
	<-done
}

type do struct{ f func() }

func (d do) Run() { d.f() }

// request is what Begin brought.
type request struct {
	conn    *event.Conn
	down    *Incoming
	head    conn.Head
	list    *header.List
	handler *recorder
}

func (w *worker) Begin(c *event.Conn, down *Incoming, set func(stream.Handler), h conn.Head) {
	r := &request{conn: c, down: down, head: h, list: h.List, handler: newRecorder()}
	r.handler.peer = down
	set(r.handler)
	if w.onBeg != nil {
		w.onBeg(r)
		return
	}
	w.begun <- r
}

// recorder is a stream.Handler that writes down what it is told and, unless hold
// is set, gives all data back as credit.
type recorder struct {
	peer interface{ Credit(n, room int) }
	hold bool // of the loop

	events  chan string   // everything but data, and the end of data
	data    []byte        // of the loop
	written int           // of the loop
	moved   chan struct{} // signalled when data or written has grown
}

func newRecorder() *recorder {
	return &recorder{events: make(chan string, 256), moved: make(chan struct{}, 1)}
}

func (r *recorder) tell(format string, args ...any) { r.events <- fmt.Sprintf(format, args...) }

func (r *recorder) move() {
	select {
	case r.moved <- struct{}{}:
	default:
	}
}

func text(l *header.List) string {
	s := ""
	for i := range l.Len() {
		s += fmt.Sprintf("%s=%s;", l.Name(i), l.Value(i))
	}
	return s
}

func (r *recorder) Headers(l *header.List, end bool) { r.tell("headers %s end=%v", text(l), end) }
func (r *recorder) Trailers(l *header.List)          { r.tell("trailers %s", text(l)) }
func (r *recorder) Sent()                            { r.tell("sent") }

func (r *recorder) Data(p []byte, end bool) {
	r.data = append(r.data, p...)
	if !r.hold {
		r.peer.Credit(len(p), 0)
	}
	r.move()
	if end {
		r.tell("end")
	}
}

func (r *recorder) Written(n int) {
	r.written += n
	r.move()
}

func (r *recorder) Reset(code event.Code, cause stream.Cause, v rule.Violation) {
	r.tell("reset %s cause=%d %s", code.Label(), cause, v)
}

func (r *recorder) Stalled(scope event.Scope, _ event.Time) { r.tell("stalled %s", scope) }

func (r *recorder) Resumed(scope event.Scope, _, _ event.Time) { r.tell("resumed %s", scope) }

// want waits for the next events.
func (r *recorder) want(t *testing.T, events ...string) {
	t.Helper()
	for _, want := range events {
		select {
		case got := <-r.events:
			if got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("waited in vain for %q", want)
		}
	}
}

// until waits until cond, called on the loop, holds; it is looked at whenever
// data was read or written.
func (r *recorder) until(t *testing.T, w *worker, cond func() bool) {
	t.Helper()
	for {
		ok := false
		w.run(t, func() { ok = cond() })
		if ok {
			return
		}
		select {
		case <-r.moved:
		case <-time.After(patience):
			t.Fatalf("waited in vain: %d bytes read, %d written", len(r.data), r.written)
		}
	}
}

func fields(pairs ...string) *header.List {
	l := new(header.List)
	for i := 0; i < len(pairs); i += 2 {
		l.Add(pairs[i], pairs[i+1])
	}
	return l
}

// next returns the next value of a channel.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("waited in vain")
		panic("not reached")
	}
}

// listen calls f with every connection, on a goroutine of its own.
func listen(t *testing.T, f func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			go f(nc)
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// quiet fires when nothing has happened for a while. It ends a test's wait for
// something that must not come, and synchronises nothing.
func quiet() <-chan time.Time { return time.After(200 * time.Millisecond) }
