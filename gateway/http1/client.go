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
// was read of it before, notes how it ended, and lets a bridge bound how long
// net/http reads.
type client struct {
	net.Conn
	head    []byte // read before; belongs to the reader
	gateway Gateway
	info    *event.Conn
	queue   *queue

	mu     sync.Mutex
	bound  time.Time // reads fail after it, whatever net/http sets; guarded by mu
	failed error     // the first read error that was not asked for; guarded by mu
	cut    bool      // the gateway broke it off; guarded by mu
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
	if err != nil {
		c.mu.Lock()
		c.failed = err
		c.mu.Unlock()
	}
	return n, err
}

// SetReadDeadline implements net.Conn.
func (c *client) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	case c.cut:
		return event.CloseIO
	case c.failed == nil, errors.Is(c.failed, io.EOF):
		return event.ClosePeer
	case errors.Is(c.failed, os.ErrDeadlineExceeded):
		return event.CloseTimeout
	}
	return event.CloseIO
}
