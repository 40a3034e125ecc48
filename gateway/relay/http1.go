package relay

import (
	"time"

	"github.com/hopscope/hopscope/gateway/config"
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

// http1Conn is a client's connection over HTTP/1.1.
type http1Conn struct {
	steer   *http1.Conn
	leaving event.CloseReason // of the drain that began at drainAt
	drainAt event.Time        // 0: none
}

// drain begins to end the connection: its next response says so, and the sweep
// ends it if there is none within pingWait. Its client may be sending a request
// already, and would not know whether a closed connection took it.
func (c *http1Conn) drain(now event.Time, reason event.CloseReason) {
	c.leaving, c.drainAt = reason, now
	c.steer.Leave(reason)
}

// sweepHTTP1 ends connections that are drained or have had no request for long; 0:
// none has to go for that.
func (w *Worker) sweepHTTP1(idle time.Duration) {
	for _, c := range w.http1 {
		if c.drainAt != 0 && w.now().Sub(c.drainAt) >= pingWait {
			c.steer.CloseIdle(c.leaving)
		}
		if idle > 0 && c.steer.Unused() >= idle {
			c.steer.CloseIdle(event.CloseIdle)
		}
		w.watch()
	}
}

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
func (h HTTP1) ConnOpened(c *event.Conn, steer *http1.Conn) {
	h.Worker.http1[c] = &http1Conn{steer: steer}
	h.Worker.sink.ConnOpened(c)
	h.Worker.watch()
}

// ConnClosed implements http1.Gateway.
func (h HTTP1) ConnClosed(c *event.Conn, r event.CloseReason) {
	delete(h.Worker.http1, c)
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
	o := http1.Open(HTTP1{Worker: x.w}, c.Transport(e.Info), c.Scheme(), e.Info.Address, x.injected(), end,
		int(x.table.Limits.StreamWindow), patience(&x.table.Limits), (*origin)(x))
	x.up = o
	x.w.bridged[x] = o
	x.requestSent()
	if !end {
		x.sendBody()
	}
}

// patience is what limits allow a peer that says nothing.
func patience(l *config.Limits) http1.Patience {
	return http1.Patience{After: l.PingAfter, Timeout: l.PingTimeout}
}

// sweepBridges gives up endpoints that have vanished while a request is open.
func (w *Worker) sweepBridges() {
	for x, o := range w.bridged {
		// Once the response is whole, net/http may have given the socket to another
		// request.
		if !x.ended && o.Vanished(patience(&w.table.Limits)) {
			e := x.rec.Attempt.Endpoint
			w.sink.PingTimeout(&event.Conn{Side: event.Upstream, Proto: event.HTTP1, Peer: e.Address, Endpoint: e})
			o.Lost()
		}
	}
}
