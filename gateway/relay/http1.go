package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/http1"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// HTTP1 is a worker as a downstream connection that speaks HTTP/1.1 sees it: an
// http1.Gateway.
type HTTP1 struct {
	Worker   *Worker
	Listener *Listener
}

var _ http1.Gateway = HTTP1{}

// Conn describes a connection of the listener. It may be called from any
// goroutine.
func (h HTTP1) Conn(peer string) *event.Conn {
	return &event.Conn{
		ID: h.Worker.nextID(), Side: event.Downstream, Proto: event.HTTP1, TLS: h.Listener.Scheme == "https",
		Peer: peer, Listener: h.Listener.Event, OpenedAt: h.Worker.link.Loop.Clock().Now(),
	}
}

// Post implements http1.Gateway.
func (h HTTP1) Post(t loop.Task) error { return h.Worker.Post(t) }

// Now implements http1.Gateway.
func (h HTTP1) Now() event.Time { return h.Worker.now() }

// Held implements http1.Gateway.
func (h HTTP1) Held(n int) { h.Worker.link.Env.Buffered += int64(n) }

// ConnOpened implements http1.Gateway.
func (h HTTP1) ConnOpened(c *event.Conn, _ *http1.Conn) { h.Worker.sink.ConnOpened(c) }

// ConnClosed implements http1.Gateway.
func (h HTTP1) ConnClosed(c *event.Conn, r event.CloseReason) {
	h.Worker.shared.Connections.Add(-1)
	h.Worker.sink.ConnClosed(c, r)
}

// Malformed implements http1.Gateway.
func (h HTTP1) Malformed(c *event.Conn, v rule.Violation) { h.Worker.sink.Violation(c, v) }

// Begin implements http1.Gateway.
func (h HTTP1) Begin(c *event.Conn, down *http1.Incoming, set func(stream.Handler), head conn.Head) {
	h.Worker.begin(newClientInfo(h.Listener, c), down, set, head)
}

// bridge sends the request to an HTTP/1.1 endpoint.
func (x *Exchange) bridge(e *upstream.Endpoint) {
	x.slotHad()
	e.Bridged(1)
	x.attempt.bridge = true
	c := x.route.Cluster
	end := x.wholeRequest()
	o := http1.Open(HTTP1{Worker: x.w}, c.HTTP1, c.Scheme(), e.Info.Address, x.injected(), end,
		int(x.table.Limits.StreamWindow), (*origin)(x))
	x.up = o
	x.requestSent()
	if !end {
		x.sendBody()
	}
}
