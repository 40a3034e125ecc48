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
// There is one for every open stream: what few need is behind a pointer.
type Exchange struct {
	rec    event.Exchange
	w      *Worker
	table  *Table
	route  *Route // nil: none matched
	pool   *pool  // nil: not forwarded
	client *clientInfo
	down   Client
	up     Peer // nil: not yet, or no longer

	// head is the packed header block for the origin, without trace fields but
	// with tracestate. It is held while the request may have to be sent later or
	// again; nil: not held.
	head []byte
	held *held // nil: nothing else is held

	endpoint *upstream.Endpoint // of the current attempt
	written  int64              // request body that left in this attempt, in bytes
	credited int64              // request body that was given back to the client, in bytes

	counters [event.NumDirs]messageCounter

	timer      loop.Timer
	deadline   event.Time // the timeout; 0: none
	lastActive event.Time

	next, prev *Exchange // in Worker.exchanges

	request  requestState
	attempt  attemptState
	answered bool // a final response header block went to the client
	ended    bool // END_STREAM of the response was read from the origin
	done     bool
	// unforwarded: head is without the x-forwarded fields, which are the usual ones.
	unforwarded bool
}

// clientInfo is what is known of who asks. It is immutable.
type clientInfo struct {
	listener *Listener
	conn     *event.Conn
	trusted  bool
	// added are the fields that every request from there gets.
	added header.List
}

// requestState is how far the request has been read.
type requestState struct {
	bodyGone bool // more was read than is held, so the request cannot be repeated
	ended    bool // END_STREAM was read
	head     bool // the method is HEAD
	safe     bool // the method is safe (RFC 9110 §9.2.1)
}

// attemptState is how far the way to the origin is.
type attemptState struct {
	active  bool // rec.Attempt was begun and not ended
	waiting bool // for a connection or a slot
	bridge  bool // over HTTP/1.1
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
		x.credited += int64(len(p))
		x.down.Credit(len(p), 0)
		return
	}
	x.active()
	x.countMessages(event.Read, p)
	if limit := x.table.Limits.MaxBodyBytes; limit > 0 && int64(x.rec.RequestBytes) > limit {
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
	if x.up != nil && !x.ended {
		x.up.Credit(n, x.down.Room())
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
	rest := int64(x.rec.RequestBytes) - x.credited
	x.credited += rest
	x.down.Credit(int(rest), 0)
}

// Reset ends the exchange because the client ended its stream.
func (c *client) Reset(code event.Code, cause stream.Cause, v rule.Violation) {
	x := (*Exchange)(c)
	if _, native := x.down.(*conn.Stream); v != rule.None && !native {
		x.w.sink.Violation(x.client.conn, v) // of HTTP/2 the connection has told
	}
	switch {
	case cause == stream.ConnLost:
		x.end(event.EndClientGone, event.ByClient, code)
	case v == rule.SlowPeer:
		x.end(event.EndSlowPeer, event.ByClient, code)
	case cause == stream.PeerViolation:
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
		x.pool.expect.note(x.rec.ResponseBytes)
		x.pool.release()
	}
	x.down.Release()
	x.w.retire(x)
}

// detach ends the upstream stream, or the wait for one.
func (x *Exchange) detach(code event.Code) {
	if x.attempt.waiting {
		x.attempt.waiting = false
		x.endpoint.Leave(x)
	}
	if up := x.up; up != nil {
		x.up = nil
		up.Cancel(code)
		up.Release()
	}
	if x.attempt.bridge {
		x.attempt.bridge = false
		x.endpoint.Bridged(-1)
		delete(x.w.bridged, x)
	}
}
