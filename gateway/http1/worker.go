package http1

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/loop"
)

// Poster is what a bridge needs of its worker. Post may be called from any
// goroutine, the rest from the worker's only.
type Poster interface {
	// Post runs a task on the worker's goroutine, in the order of posting.
	Post(loop.Task) error
	// Now returns the time of the worker's current batch.
	Now() event.Time
	// Held adds n, which may be negative, to the bytes that the worker holds for
	// peers that do not take them.
	Held(n int)
}

// Gateway is what an HTTP/1.1 connection needs of its worker.
type Gateway interface {
	Poster
	// ConnOpened and ConnClosed frame everything else about c, which steer steers.
	ConnOpened(c *event.Conn, steer *Conn)
	ConnClosed(c *event.Conn, reason event.CloseReason)
	// Malformed tells of a request that breaks a rule and is refused: no Begin
	// follows.
	Malformed(c *event.Conn, v rule.Violation)
	// Begin brings a request. It has to call set before it answers.
	Begin(c *event.Conn, down *Incoming, set func(stream.Handler), h conn.Head)
}
