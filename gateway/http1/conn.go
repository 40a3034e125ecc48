package http1

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// Conn is a client's connection as its worker steers it. Its methods are safe for
// concurrent use and do not block.
type Conn struct{ client *client }

// Unused returns for how long no request has been under way; 0: one is.
func (c *Conn) Unused() time.Duration { return c.client.unused() }

// Leave has the next response announce the end of the connection, for a reason.
// CloseIdle follows when the client had time enough to send another request.
func (c *Conn) Leave(reason event.CloseReason) { c.client.toLeave(reason) }

// CloseIdle ends the connection for a reason, unless a request is under way.
func (c *Conn) CloseIdle(reason event.CloseReason) { c.client.closeIdle(reason) }

// leave is how a connection comes to its end in order.
type leave struct {
	idle   time.Time // since when; zero: it is not
	on     bool      // responses announce the end, which comes for reason
	reason event.CloseReason
	ended  bool // nothing more is read
}

func (c *client) isBusy() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave.idle = time.Time{}
}

func (c *client) isIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave.idle = time.Now()
	c.guard.busy = false
}

func (c *client) unused() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leave.idle.IsZero() || !c.guard.quiet() {
		return 0
	}
	return time.Since(c.leave.idle)
}

func (c *client) toLeave(reason event.CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave.on, c.leave.reason = true, reason
}

// leaving reports whether responses announce the end.
func (c *client) leaving() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leave.on || c.queue.draining.Load()
}

func (c *client) closeIdle(reason event.CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cut || c.leave.idle.IsZero() || !c.guard.quiet() {
		return
	}
	// net/http, which waits for a request, closes the connection.
	c.leave.on, c.leave.reason, c.leave.ended = true, reason, true
	c.bound = time.Now()
	_ = c.setReadDeadline(c.bound)
}
