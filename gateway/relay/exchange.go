package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// Exchange is one request and its response. It belongs to its worker's
// goroutine, from begin to finish.
//
// It is the stream.Handler of both its sides, in the shape of client and origin.
type Exchange struct {
	rec   event.Exchange
	w     *Worker
	table *Table
	route *Route // nil: none matched
	pool  *pool  // nil: not forwarded
	down  Client
	up    Peer // nil: not yet, or no longer

	client   clientInfo
	request  requestState
	attempts attemptState

	answered bool // a final response header block went to the client
	ended    bool // END_STREAM of the response was read from the origin
	done     bool

	counters [event.NumDirs]messageCounter

	timer      loop.Timer
	deadline   event.Time // the timeout; 0: none
	lastActive event.Time

	next, prev *Exchange // in Worker.exchanges
}

// clientInfo is what is known of who asks.
type clientInfo struct {
	listener *Listener
	conn     *event.Conn
	trusted  bool
}

// requestState is the request as it can be sent, perhaps again.
type requestState struct {
	// head is the header block for the origin without trace fields, but with
	// tracestate. It is held until a response begins or nothing can be repeated.
	head  *header.List
	body  []byte // what was read of the body; complete unless bodyGone
	trail *header.List
	// bodyGone: more was read than is held, so the request cannot be repeated.
	bodyGone bool
	ended    bool // END_STREAM was read
	head0    bool // the method is HEAD
	safe     bool // the method is safe (RFC 9110 §9.2.1)
	read     int64
	credited int64 // bytes given back to the client
}

// attemptState is the way to the origin.
type attemptState struct {
	ticket   upstream.Ticket
	endpoint *upstream.Endpoint
	tried    []*event.Endpoint // in room, as a rule
	room     [maxAttempts]*event.Endpoint
	active   bool  // rec.Attempt was begun and not ended
	written  int64 // body bytes that left in this attempt
	waiting  bool  // for a connection or a slot
	bridge   bool  // over HTTP/1.1
}

// client is an Exchange as the reader of its downstream stream.
type client Exchange

// origin is an Exchange as the reader of its upstream stream.
type origin Exchange

var (
	_ stream.Handler  = (*client)(nil)
	_ stream.Handler  = (*origin)(nil)
	_ upstream.Waiter = (*Exchange)(nil)
)

// Headers is not called: a request's header block begins the exchange.
func (c *client) Headers(*header.List, bool) {}

// Data takes request body from the client.
func (c *client) Data(p []byte, end bool) {
	x := (*Exchange)(c)
	x.rec.RequestBytes += uint64(len(p))
	if x.answered && x.up == nil {
		// Nobody wants the rest. The client may have to be done with it before it
		// takes the response.
		x.request.ended = end
		x.down.Credit(len(p))
		return
	}
	x.active()
	x.request.read += int64(len(p))
	x.countMessages(event.Read, p)
	if limit := x.table.Limits.MaxBodyBytes; limit > 0 && x.request.read > limit {
		x.refuse(refusal{413, event.EndBodyTooLarge, bodyTooLarge(limit)})
		return
	}
	x.requestData(p, end)
}

// Trailers takes the request's trailer section.
func (c *client) Trailers(l *header.List) {
	x := (*Exchange)(c)
	x.active()
	x.requestTrailers(l)
}

// Written gives the origin credit for response bytes that have left.
func (c *client) Written(n int) {
	x := (*Exchange)(c)
	x.active()
	if x.up != nil {
		x.up.Credit(n)
	}
}

// Sent ends the exchange: the response is on its way to its end.
func (c *client) Sent() {
	x := (*Exchange)(c)
	if x.done {
		return
	}
	if !x.request.ended {
		x.creditRest()
		x.down.Linger()
	}
	if x.rec.Reason == event.EndCompleted {
		x.rec.Origin = event.ByUpstream
	}
	x.finish(conn.NoError)
}

// creditRest gives back what was read for the origin and did not get there: it
// will not be written on, and the client may need the room to come to its end.
func (x *Exchange) creditRest() {
	rest := x.request.read - x.request.credited
	x.request.credited = x.request.read
	x.down.Credit(int(rest))
}

// Reset ends the exchange because the client ended its stream.
func (c *client) Reset(code event.Code, cause stream.Cause, _ rule.Violation) {
	x := (*Exchange)(c)
	switch cause {
	case stream.ConnLost:
		x.end(event.EndClientGone, event.ByClient, code)
	case stream.PeerViolation:
		x.end(event.EndClientError, event.ByClient, code)
	default:
		x.end(event.EndClientReset, event.ByClient, code)
	}
	x.mark(event.MarkResetRead, int64(code))
	x.finish(conn.Cancel)
}

// Stalled and Resumed pass on that response bytes wait for the client.
func (c *client) Stalled(scope event.Scope, at event.Time) {
	(*Exchange)(c).stalled(event.Downstream, scope, at)
}

// Resumed is Stalled's end.
func (c *client) Resumed(scope event.Scope, since, at event.Time) {
	(*Exchange)(c).resumed(event.Downstream, scope, since, at)
}

func (x *Exchange) stalled(s event.Side, scope event.Scope, at event.Time) {
	x.w.sink.StallBegin(&x.rec, s, scope, at)
	x.mark(event.MarkStall, int64(scope))
}

func (x *Exchange) resumed(s event.Side, scope event.Scope, since, at event.Time) {
	x.rec.Stalled[s][scope] += at.Sub(since)
	x.w.sink.StallEnd(&x.rec, s, scope, since, at)
	x.mark(event.MarkResume, int64(scope))
}

// responseWritten is what the client was sent of what was read for it.
func (x *Exchange) responseWritten() uint64 {
	return x.rec.ResponseBytes - min(x.rec.ResponseBytes, uint64(x.down.Buffered()))
}

func (x *Exchange) active() { x.lastActive = x.w.now() }

func (x *Exchange) mark(k event.Kind, detail int64) {
	if x.rec.Trace.Sampled {
		x.w.sink.Mark(&x.rec, x.w.now(), k, detail)
	}
}

// end notes why the exchange ends; the first reason stands.
func (x *Exchange) end(reason event.EndReason, by event.Origin, code event.Code) {
	if x.rec.Origin == event.ByNobody {
		x.rec.Reason, x.rec.Origin, x.rec.Code = reason, by, code
	}
}

// finish lets go of everything and reports the record. code is what the origin
// is told if its stream is still open.
func (x *Exchange) finish(code event.Code) {
	if x.done {
		return
	}
	x.done = true
	x.w.link.Loop.Wheel.Stop(&x.timer)
	if x.rec.Origin == event.ByNobody {
		x.rec.Origin = event.ByUpstream
	}
	x.endAttempt(x.rec.Reason, x.rec.Origin, x.rec.Code, false)
	x.detach(code)
	x.dropRequest()
	x.rec.Finished = x.w.now()
	x.rec.ResponseBytes = x.responseWritten()
	x.w.sink.End(&x.rec)
	x.w.remove(x)
	if x.pool != nil {
		x.pool.release()
	}
}

// detach ends the upstream stream, or the wait for one.
func (x *Exchange) detach(code event.Code) {
	x.attempts.ticket.Leave()
	x.attempts.waiting = false
	if up := x.up; up != nil {
		x.up = nil
		up.Cancel(code)
	}
	if x.attempts.bridge {
		x.attempts.bridge = false
		x.attempts.endpoint.Bridged(-1)
	}
}
