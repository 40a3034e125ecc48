package http1

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// client is a connection with a client, as net/http sees it. It gives back what
// was read of it before, notes how it ended, lets a bridge bound how long net/http
// reads, gives up a client that hardly takes what is written, and guards against
// requests that net/http reads otherwise than we do.
type client struct {
	net.Conn
	head    []byte // read before; belongs to the reader
	pace    pace
	gateway Gateway
	info    *event.Conn
	queue   *queue

	mu     sync.Mutex
	bound  time.Time // reads fail after it, whatever net/http sets; guarded by mu
	failed error     // the first read error that was not asked for; guarded by mu
	woken  bool      // net/http ended a read of its own that was under way; guarded by mu
	cut    bool      // the gateway broke it off; guarded by mu
	slow   bool      // it took less than pace asks for; guarded by mu
	guard  guard     // guarded by mu
	leave  leave     // guarded by mu
}

func newClient(nc net.Conn, head []byte, g Gateway, info *event.Conn, p pace) *client {
	c := &client{Conn: nc, head: head, gateway: g, info: info, pace: p}
	c.guard.read(head)
	c.leave.idle = time.Now()
	return c
}

// pace is what a client has to take of what is written to it: piece bytes in each
// patience, so that a piece is what the least rate makes of it. No patience: it may
// take its time.
type pace struct {
	piece    int
	patience time.Duration
}

func newPace(rate uint32, patience time.Duration) pace {
	return pace{max(int(float64(rate)*patience.Seconds()), 1), patience}
}

// Write implements net.Conn.
func (c *client) Write(p []byte) (n int, err error) {
	c.noteAnswer(p)
	if c.pace.patience <= 0 {
		return c.Conn.Write(p)
	}
	for n < len(p) && err == nil {
		c.hurry()
		var m int
		m, err = c.Conn.Write(p[n:min(n+c.pace.piece, len(p))])
		n += m
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.mu.Lock()
		c.slow = !c.cut
		c.mu.Unlock()
	}
	return n, err
}

// hurry sets the time by which the next piece has to be taken.
func (c *client) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.cut {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(c.pace.patience))
	}
}

// wasSlow reports whether the client was given up for that.
func (c *client) wasSlow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slow
}

// Read implements net.Conn.
func (c *client) Read(p []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(p, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	c.head = nil
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave.ended {
		return 0, os.ErrDeadlineExceeded
	}
	c.guard.read(p[:n])
	if err != nil && !c.woken {
		c.failed = err
	}
	return n, err
}

// SetReadDeadline implements net.Conn.
func (c *client) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.woken = !t.IsZero() && t.Before(time.Now())
	return c.setReadDeadline(t)
}

func (c *client) setReadDeadline(t time.Time) error {
	if !c.bound.IsZero() && (t.IsZero() || t.After(c.bound)) {
		t = c.bound
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite sends everything and then the end, where the connection can.
func (c *client) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// linger bounds how long net/http waits for the rest of a request that is not
// needed any more.
func (c *client) linger(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bound = time.Now().Add(d)
	_ = c.setReadDeadline(c.bound)
}

// abort ends reads and writes after grace, also those that are under way. It does
// not block, so the closing is left to net/http.
func (c *client) abort(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
	c.bound = time.Now().Add(grace)
	_ = c.Conn.SetDeadline(c.bound)
}

// reason says why the connection was closed.
func (c *client) reason() event.CloseReason {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.queue.draining.Load():
		return event.CloseDrain
	case c.guard.refused:
		return event.CloseProtocol
	case c.slow: // which is why it was cut then
		return event.CloseTimeout
	case c.cut:
		return event.CloseIO
	case c.leave.on:
		return c.leave.reason
	case c.failed == nil, errors.Is(c.failed, io.EOF):
		return event.ClosePeer
	case errors.Is(c.failed, os.ErrDeadlineExceeded):
		return event.CloseTimeout
	}
	return event.CloseIO
}
