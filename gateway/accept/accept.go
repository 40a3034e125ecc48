// Package accept takes connections in: it listens, completes TLS handshakes,
// finds out which protocol a peer speaks, and hands the connection on. What it
// does for one connection runs on a goroutine of that connection's own, which is
// over once the connection has been handed on.
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

// introTimeout bounds the time from accepting a connection to knowing what it
// speaks: TLS handshake and first bytes.
const introTimeout = 10 * time.Second

// Hand takes over a connection whose first bytes were read already. Its methods
// do not block.
type Hand interface {
	// Admit reports whether there is room for one more connection. Each that is
	// admitted is either handed on or taken back.
	Admit() bool
	TakeBack()
	HTTP2(l *Listener, nc net.Conn, head []byte)
	HTTP1(l *Listener, nc net.Conn, head []byte)
}

// Listener accepts connections at one address.
type Listener struct {
	ln       net.Listener
	tls      atomic.Pointer[tls.Config] // nil: plain text
	pending  atomic.Int64               // limits.max_pending_connections
	hand     Hand
	name     *event.Listener
	observer event.Observer
	log      *slog.Logger

	mu     sync.Mutex
	intro  list.List // guarded by mu: net.Conns not yet handed on, the oldest first
	closed bool      // guarded by mu

	accepting sync.WaitGroup
	done      sync.WaitGroup // introductions
}

// New makes a listener of a bound socket, which it owns from then on. Nothing is
// accepted before Serve; what is accepted is plain text unless SetTLS says
// otherwise.
func New(name *event.Listener, ln net.Listener, hand Hand, o event.Observer, log *slog.Logger) *Listener {
	return &Listener{ln: ln, hand: hand, name: name, observer: o, log: log}
}

// Name returns the listener's name.
func (l *Listener) Name() *event.Listener { return l.name }

// Addr returns the bound address.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// SetTLS replaces the TLS configuration for connections that are accepted from
// now on; nil: plain text.
func (l *Listener) SetTLS(cfg *tls.Config) { l.tls.Store(cfg) }

// SetMaxPending bounds the connections that are not handed on yet.
func (l *Listener) SetMaxPending(n int64) { l.pending.Store(n) }

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
// given up, which introTimeout bounds.
func (l *Listener) Wait() { l.done.Wait() }

// Close stops accepting and ends connections that were not handed on yet.
func (l *Listener) Close() {
	l.Stop(false)
	l.mu.Lock()
	l.closed = true
	for e := l.intro.Front(); e != nil; e = e.Next() {
		e.Value.(net.Conn).Close()
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
	if !l.hand.Admit() {
		nc.Close()
		l.refused(nc, event.RefusedMaxConnections)
		return
	}
	place := l.enter(nc)
	if place == nil {
		nc.Close()
		l.hand.TakeBack()
		return
	}
	l.done.Go(func() {
		if !l.introduce(nc) {
			nc.Close()
			l.hand.TakeBack()
		}
		l.leave(place)
	})
	// In a flood there is always one more to accept. Those that were accepted are
	// looked at first: most have said what they speak, and what is open goes on.
	runtime.Gosched()
}

// enter gives a connection a place among those that are not handed on yet; nil:
// the listener is closed. Where there are too many the oldest has to go: an
// honest client needs its place for a moment only, and gets one in any flood that
// does not fill them all in that moment.
func (l *Listener) enter(nc net.Conn) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	if limit := l.pending.Load(); limit > 0 && int64(l.intro.Len()) >= limit {
		oldest := l.intro.Remove(l.intro.Front()).(net.Conn)
		oldest.Close() // its introduction fails and tidies up
		l.refused(oldest, event.RefusedMaxPending)
	}
	return l.intro.PushBack(nc)
}

func (l *Listener) leave(place *list.Element) {
	l.mu.Lock()
	l.intro.Remove(place) // does nothing if it had to go
	l.mu.Unlock()
}

func (l *Listener) refused(nc net.Conn, why event.Refusal) {
	l.observer.Refused(l.name, why)
	l.log.Debug("connection refused", "listener", l.name.Name, "peer", nc.RemoteAddr().String(), "reason", why.String())
}

// introduce finds out what a connection speaks and hands it on. If that fails
// nobody has taken the connection.
//
// A goroutine begins with a stack of 2 KiB, or 4 where the runtime sees that stacks
// grow anyway (GODEBUG=adaptivestackstart). Until the first bytes are there the
// calls are few and have small frames, so that it suffices: whoever says nothing,
// or its ClientHello byte by byte, costs no more. What needs more comes after.
func (l *Listener) introduce(nc net.Conn) (ok bool) {
	_ = nc.SetDeadline(time.Now().Add(introTimeout))
	if cfg := l.tls.Load(); cfg != nil {
		head, err := readHello(nc)
		return l.secure(nc, cfg, head, err)
	}
	head, h2, err := sniff(nc)
	if err != nil {
		l.noteTimeout(nc, err)
		return false
	}
	_ = nc.SetDeadline(time.Time{})
	if h2 {
		l.hand.HTTP2(l, nc, head)
	} else {
		l.hand.HTTP1(l, nc, head)
	}
	return true
}

// secure completes the TLS handshake of a connection of which head was read, with
// err if that was less than the first record, and hands the connection on.
func (l *Listener) secure(nc net.Conn, cfg *tls.Config, head []byte, err error) (ok bool) {
	var t *loop.Detachable
	if err == nil {
		t = loop.ServerTLS(nc, head, cfg)
		err = t.Handshake() // its time is bounded by nc's deadline
	}
	l.observer.Handshake(l.name, nil, err)
	if err != nil {
		l.log.Debug("TLS handshake failed", "listener", l.name.Name, "peer", nc.RemoteAddr().String(), "error", err)
		l.noteTimeout(nc, err)
		return false
	}
	_ = nc.SetDeadline(time.Time{})
	if t.ConnectionState().NegotiatedProtocol == "h2" {
		l.hand.HTTP2(l, t, nil)
	} else {
		l.hand.HTTP1(l, t, nil)
	}
	return true
}

// noteTimeout tells of a peer that took too long to say what it speaks.
func (l *Listener) noteTimeout(nc net.Conn, err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.refused(nc, event.RefusedTimeout)
	}
}
