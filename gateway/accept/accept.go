// Package accept takes connections in: it listens, completes TLS handshakes,
// finds out which protocol a peer speaks, and hands the connection on. The first
// bytes of a connection are waited for by its worker. If those do not say all, it
// gets a goroutine of its own, which is over once it has been handed on.
package accept

import (
	"container/list"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/loop"
)

// Hand takes connections. Its methods do not block.
type Hand interface {
	// Admit reports whether there is room for one more connection. Each that is
	// admitted is either handed on or taken back.
	Admit() bool
	TakeBack()
	// Next returns the worker whose turn it is to get a connection.
	Next() Worker
}

// Worker takes over connections whose first bytes were read already, head. Its
// methods do not block, and may be called on any goroutine but for Await.
type Worker interface {
	// Post runs a task on the worker's goroutine.
	Post(loop.Task) error
	// Await has a waiter told when a connection has something to read. It is called
	// on the worker's goroutine. An error says that nobody will be told.
	Await(nc net.Conn, w loop.Waiter, limit time.Duration) error
	HTTP2(nc net.Conn, head []byte) Handover
	HTTP1(nc net.Conn, head []byte)
}

// Handover is a task for the worker: it takes a connection over.
type Handover interface {
	loop.Task
	loop.Canceller
}

// Listener accepts connections at one address.
type Listener struct {
	ln       net.Listener
	tls      atomic.Pointer[tls.Config] // nil: plain text
	limits   atomic.Pointer[Limits]
	hand     Hand
	name     *event.Listener
	observer event.Observer
	log      *slog.Logger
	now      func() time.Time
	inTurn   int // accepted since a worker had its turn; belongs to whoever accepts

	mu    sync.Mutex
	intro list.List // guarded by mu: newcomers not yet handed on, the oldest first

	accepting sync.WaitGroup
	done      sync.WaitGroup // introductions
}

// Limits are those of connections that are not handed on yet.
type Limits struct {
	Pending int64         // of them at a time; 0: any number
	Time    time.Duration // from being accepted to saying what they speak: TLS handshake and first bytes
}

// New makes a listener of a bound socket, which it owns from then on. Nothing is
// accepted before Serve, before which SetLimits has to be called; what is accepted is
// plain text unless SetTLS says otherwise.
func New(name *event.Listener, ln net.Listener, hand Hand, o event.Observer, log *slog.Logger) *Listener {
	return &Listener{ln: ln, hand: hand, name: name, observer: o, log: log, now: time.Now}
}

// Name returns the listener's name.
func (l *Listener) Name() *event.Listener { return l.name }

// Addr returns the bound address.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// SetTLS replaces the TLS configuration for connections that are accepted from
// now on; nil: plain text.
func (l *Listener) SetTLS(cfg *tls.Config) { l.tls.Store(cfg) }

// SetLimits replaces the limits.
func (l *Listener) SetLimits(to Limits) { l.limits.Store(&to) }

// Serve begins to accept.
func (l *Listener) Serve() { l.accepting.Go(l.serve) }

// Stop stops accepting. Every connection that was accepted is admitted by then,
// and handed on as soon as it has said what it speaks; Wait waits for that.
//
// With last, nobody else listens on the socket: who has connected and waits in the
// kernel's queue is accepted before, because the end of the socket would reset
// them.
func (l *Listener) Stop(last bool) {
	if ln, ok := l.ln.(interface{ SetDeadline(time.Time) error }); ok && last {
		if ln.SetDeadline(time.Unix(1, 0)) == nil { // past: serve ends
			l.accepting.Wait()
			if err := queued(l.ln, l.take); err != nil {
				l.failed(err)
			}
		}
	}
	l.ln.Close()
	l.accepting.Wait()
}

// Wait waits, after Stop or Close, until every connection has been handed on or
// given up, which Limits.Time bounds.
func (l *Listener) Wait() { l.done.Wait() }

// Close stops accepting and ends connections that were not handed on yet.
func (l *Listener) Close() {
	l.Stop(false)
	l.mu.Lock()
	for e := l.intro.Front(); e != nil; e = l.intro.Front() {
		e.Value.(*newcomer).evict()
	}
	l.mu.Unlock()
	l.Wait()
}

func (l *Listener) serve() {
	pause := time.Duration(0)
	for {
		nc, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely: those who wait in the backlog get
			// their turn when some are free again.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			l.failed(err)
			time.Sleep(pause)
			continue
		}
		pause = 0
		l.take(nc)
	}
}

func (l *Listener) failed(err error) {
	l.observer.AcceptFailed(l.name, err)
	l.log.Warn("accepting failed", "listener", l.name.Name, "error", err)
}

// take admits a connection that was accepted and begins its introduction.
func (l *Listener) take(nc net.Conn) {
	to := l.hand.Next()
	if l.hand.Admit() {
		p := &newcomer{l: l, nc: nc, to: to, tls: l.tls.Load()}
		l.enter(p)
		p.begin()
	} else {
		nc.Close()
		l.refused(nc, event.RefusedMaxConnections)
	}
	if l.inTurn++; l.inTurn < maxInTurn {
		runtime.Gosched() // to those that look at what was accepted
		return
	}
	l.inTurn = 0
	giveTurn(to)
}

// maxInTurn is how many connections are accepted before what is open has its turn. In
// a flood there is always one more, and while a goroutine can run Go's scheduler asks
// the system only every ten milliseconds whether others could too: who accepts for all
// that time takes a processor away from the worker that waits for its sockets.
const maxInTurn = 16

// giveTurn waits until the worker has run.
func giveTurn(to Worker) {
	t := make(turn)
	if to.Post(t) == nil {
		<-t
	}
}

// turn is a task that tells that it ran, or that it never will.
type turn chan struct{}

// Run implements loop.Task.
func (t turn) Run() { close(t) }

// Cancel implements loop.Canceller.
func (t turn) Cancel() { close(t) }

// enter gives a connection a place among those that are not handed on yet. Where
// there are too many the oldest has to go, unless makeRoom finds it better to let the
// new one wait.
func (l *Listener) enter(p *newcomer) {
	l.done.Add(1)
	for !l.makeRoom() {
		time.Sleep(lookAgain)
	}
	p.entered = l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	p.place = l.intro.PushBack(p)
}

// perNewcomer is for how long a pending connection keeps its place in any case,
// multiplied by max_pending_connections: a second by default. Silent ones so hold
// accepting back to one in perNewcomer, which is about what accepting takes anyway.
const perNewcomer = 100 * time.Microsecond

// lookAgain is how long accepting waits before it looks for room once more.
const lookAgain = time.Millisecond

// makeRoom reports whether there is room for one more pending connection, for which
// the oldest may have to go, or several after a reload that allows fewer: an honest
// client needs its place for a moment only, and gets one in any flood that does not
// fill them all in that moment.
//
// Who has had less than that moment stays, and so does who has said something that
// nobody has read yet: it is the gateway then that takes its time, as when all clients
// of a gateway that was lost come at once. The next ones wait in the kernel's queue
// meanwhile. What may be said, and for how long, before a connection is handed on is
// bounded, so nobody can make it wait for longer than the gateway needs to read it.
func (l *Listener) makeRoom() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit := l.limits.Load().Pending
	for limit > 0 && int64(l.intro.Len()) >= limit {
		oldest := l.intro.Front().Value.(*newcomer)
		turn := time.Duration(limit) * perNewcomer
		if l.now().Sub(oldest.entered) < turn || loop.Ready(oldest.nc) {
			return false
		}
		oldest.evict()
		l.refused(oldest.nc, event.RefusedMaxPending)
	}
	return true
}

// leave takes a connection's place away. It reports whether the connection still
// had one.
func (l *Listener) leave(p *newcomer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.place == nil {
		return false
	}
	l.intro.Remove(p.place)
	p.place = nil
	return true
}

func (l *Listener) refused(nc net.Conn, why event.Refusal) {
	l.observer.Refused(l.name, why)
	l.log.Debug("connection refused", "listener", l.name.Name, "peer", nc.RemoteAddr().String(), "reason", why.String())
}
