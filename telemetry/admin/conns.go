package admin

import (
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// conns bounds the connections. A newcomer takes the place of the one that has
// been waiting for a request, or for its handshake, the longest, so that those who
// only hold connections keep nobody out.
type conns struct {
	most     int
	refusals *refusals

	mu   sync.Mutex
	open map[net.Conn]*connection // guarded by mu
	turn uint64                   // of the last change; guarded by mu
}

// connection is what is known of a connection. Guarded by conns.mu.
type connection struct {
	state   http.ConnState
	changed uint64 // in which turn the state was entered
	retired bool   // ends when it is idle
}

func newConns(most int, r *refusals) conns {
	return conns{most: most, refusals: r, open: make(map[net.Conn]*connection)}
}

// changed is http.Server's hook.
func (c *conns) changed(nc net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn++
	switch state {
	case http.StateNew:
		c.enter(nc)
	case http.StateActive, http.StateIdle:
		if k := c.open[nc]; k != nil {
			k.state, k.changed = state, c.turn
			if state == http.StateIdle && k.retired {
				c.end(nc)
			}
		}
	case http.StateClosed, http.StateHijacked:
		k := c.open[nc]
		delete(c.open, nc)
		if t, ok := nc.(*tls.Conn); ok && k != nil && k.state == http.StateNew && !t.ConnectionState().HandshakeComplete {
			c.refusals.note(RefusedHandshake, nc.RemoteAddr().String())
		}
	}
}

// enter makes room for a newcomer, or refuses it.
func (c *conns) enter(nc net.Conn) {
	if len(c.open) >= c.most {
		var oldest net.Conn
		for other, k := range c.open {
			if k.state != http.StateActive && (oldest == nil || k.changed < c.open[oldest].changed) {
				oldest = other
			}
		}
		if oldest == nil {
			oldest = nc
		}
		c.refusals.note(RefusedConnections, oldest.RemoteAddr().String())
		c.end(oldest)
		if oldest == nc {
			return
		}
	}
	c.open[nc] = &connection{state: http.StateNew, changed: c.turn}
}

// retire ends the connections as soon as they answer no request.
func (c *conns) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for nc, k := range c.open {
		k.retired = true
		if k.state == http.StateIdle {
			c.end(nc)
		}
	}
}

// end closes a connection without the words of farewell of TLS, which could block.
func (c *conns) end(nc net.Conn) {
	delete(c.open, nc)
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	_ = nc.Close() // it is gone either way
}

// rareLines passes on at most one line in logEvery: peers can cause as many as
// they like.
type rareLines struct {
	to *log.Logger

	mu   sync.Mutex
	last time.Time // guarded by mu
}

// Write implements [io.Writer].
func (l *rareLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	now := time.Now()
	due := now.Sub(l.last) >= logEvery
	if due {
		l.last = now
	}
	l.mu.Unlock()
	if due {
		l.to.Print(string(line))
	}
	return len(line), nil
}
