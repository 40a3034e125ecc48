// Package accept takes connections in: it listens, completes TLS handshakes,
// finds out which protocol a peer speaks, and hands the connection on. What it
// does for one connection runs on a goroutine of that connection's own, which is
// over once the connection has been handed on.
package accept

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
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
	HTTP2(l *Listener, nc net.Conn, head []byte)
	HTTP1(l *Listener, nc net.Conn, head []byte)
}

// Listener accepts connections at one address.
type Listener struct {
	ln       net.Listener
	tls      atomic.Pointer[tls.Config] // nil: plain text
	hand     Hand
	name     *event.Listener
	observer event.Observer
	log      *slog.Logger

	mu     sync.Mutex
	intro  map[net.Conn]struct{} // guarded by mu: not yet handed on
	closed bool                  // guarded by mu
	done   sync.WaitGroup
}

// Listen binds an address. Nothing is accepted before Serve.
func Listen(name *event.Listener, address string, cfg *tls.Config, hand Hand, o event.Observer, log *slog.Logger) (*Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &Listener{ln: ln, hand: hand, name: name, observer: o, log: log, intro: make(map[net.Conn]struct{})}
	l.tls.Store(cfg)
	return l, nil
}

// Name returns the listener's name.
func (l *Listener) Name() *event.Listener { return l.name }

// Addr returns the bound address.
func (l *Listener) Addr() net.Addr { return l.ln.Addr() }

// SetTLS replaces the TLS configuration for connections that are accepted from
// now on.
func (l *Listener) SetTLS(cfg *tls.Config) { l.tls.Store(cfg) }

// Serve begins to accept.
func (l *Listener) Serve() { l.done.Go(l.serve) }

// Close stops accepting and ends connections that were not handed on yet.
func (l *Listener) Close() {
	l.mu.Lock()
	l.closed = true
	for nc := range l.intro {
		nc.Close()
	}
	l.mu.Unlock()
	l.ln.Close()
	l.done.Wait()
}

func (l *Listener) serve() {
	pause := time.Duration(0)
	for {
		nc, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely: those who wait in the backlog get
			// their turn when some are free again.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			l.log.Warn("accepting failed", "listener", l.name.Name, "error", err, "retry_in", pause)
			time.Sleep(pause)
			continue
		}
		pause = 0
		if l.enter(nc) {
			l.done.Go(func() { l.introduce(nc) })
		}
	}
}

func (l *Listener) enter(nc net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		nc.Close()
		return false
	}
	l.intro[nc] = struct{}{}
	return true
}

func (l *Listener) leave(nc net.Conn) {
	l.mu.Lock()
	delete(l.intro, nc)
	l.mu.Unlock()
}

// introduce finds out what a connection speaks and hands it on.
func (l *Listener) introduce(nc net.Conn) {
	defer l.leave(nc)
	deadline := time.Now().Add(introTimeout)
	_ = nc.SetDeadline(deadline)
	if cfg := l.tls.Load(); cfg != nil {
		t := loop.ServerTLS(nc, cfg)
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		err := t.HandshakeContext(ctx)
		cancel()
		l.observer.Handshake(l.name, nil, err)
		if err != nil {
			l.log.Debug("TLS handshake failed", "listener", l.name.Name, "peer", nc.RemoteAddr().String(), "error", err)
			nc.Close()
			return
		}
		_ = nc.SetDeadline(time.Time{})
		if t.ConnectionState().NegotiatedProtocol == "h2" {
			l.hand.HTTP2(l, t, nil)
		} else {
			l.hand.HTTP1(l, t, nil)
		}
		return
	}
	head, h2, err := sniff(nc)
	if err != nil {
		nc.Close()
		return
	}
	_ = nc.SetDeadline(time.Time{})
	if h2 {
		l.hand.HTTP2(l, nc, head)
	} else {
		l.hand.HTTP1(l, nc, head)
	}
}
