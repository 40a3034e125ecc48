package http1

import (
	"net"
	"sync"
	"sync/atomic"

	"github.com/hopscope/hopscope/gateway/event"
)

// queue is a net.Listener for connections that were accepted elsewhere.
type queue struct {
	draining atomic.Bool

	mu      sync.Mutex
	change  sync.Cond
	waiting []*client // guarded by mu
	open    int       // guarded by mu: connections that were pushed and are not closed
	closed  bool      // guarded by mu
}

func newQueue() *queue {
	q := &queue{}
	q.change.L = &q.mu
	return q
}

// push hands over a connection, and tells its worker. It does not block.
func (q *queue) push(c *client) {
	c.queue = q
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		go c.Conn.Close() // TLS says good-bye, which can block
		return
	}
	_ = c.gateway.Post(connOpened{c}) // before anything that its goroutine posts
	q.open++
	q.waiting = append(q.waiting, c)
	q.change.Signal()
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.waiting) == 0 {
		q.change.Wait()
	}
	if q.closed {
		return nil, net.ErrClosed
	}
	c := q.waiting[0]
	q.waiting[0] = nil
	q.waiting = q.waiting[1:]
	return c, nil
}

// Close implements net.Listener.
func (q *queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, c := range q.waiting {
		_ = c.gateway.Post(connClosed{c, event.CloseDrain})
		go c.Conn.Close()
	}
	q.open -= len(q.waiting)
	q.waiting = nil
	q.change.Broadcast()
	return nil
}

// left notes that a connection which was accepted is closed.
func (q *queue) left() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open--
}

// unused reports whether every connection is closed.
func (q *queue) unused() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.open == 0
}

// Addr implements net.Listener; there is no address.
func (q *queue) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "queue" }
func (address) String() string  { return "queue" }
