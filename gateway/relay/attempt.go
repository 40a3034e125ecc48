package relay

import (
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/stream"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// maxAttempts bounds the attempts of one exchange.
const maxAttempts = 3

// start makes the first attempt.
func (x *Exchange) start() {
	x.pool = x.w.pool(x.route.Cluster)
	x.pool.users++
	x.pool.budget.deposit()
	e, err := x.pool.Pick(nil)
	if err != nil {
		x.unreachable(err)
		return
	}
	x.try(e)
}

// try asks an endpoint for a stream.
func (x *Exchange) try(e *upstream.Endpoint) {
	x.noteTried()
	x.endpoint = e
	x.attempt.active, x.written = true, 0
	x.rec.Attempts++
	x.rec.Attempt = event.Attempt{Number: x.rec.Attempts, Endpoint: e.Info, Begin: x.w.now()}
	x.w.sink.AttemptBegin(&x.rec)
	if x.rec.Attempts > 1 {
		x.mark(event.MarkRetry, int64(x.rec.Attempts))
	}
	if x.route.Cluster.Protocol == config.HTTP1 {
		x.bridge(e)
		return
	}
	x.attempt.waiting = true
	e.Enter(x)
	if x.attempt.waiting {
		if x.head == nil {
			x.hold()
		}
		x.mark(event.MarkSlotWait, 0)
		x.rearm()
	}
}

// unreachable answers a request that no endpoint took.
func (x *Exchange) unreachable(err error) {
	name := x.route.Event.Upstream.Name
	switch err {
	case errNoSlot:
		x.refuse(refusal{503, event.EndNoSlot, "upstream " + name + " is busy: " + err.Error()})
	case errNoConnection:
		x.refuse(refusal{503, event.EndUnreachable, "upstream " + name + " is unreachable: " + err.Error()})
	default:
		x.refuse(refusal{503, event.EndUnreachable, "upstream " + name + " is unreachable: " + upstream.Public(err)})
	}
}

// Ready implements upstream.Waiter: c has a free slot.
func (x *Exchange) Ready(c *conn.Conn) {
	x.slotHad()
	list := x.injected()
	whole := x.wholeRequest()
	s := c.Open(list, whole, x.request.head, (*origin)(x))
	x.up = s
	if x.pool.expect.large() {
		s.Widen(x.down.Room())
	}
	x.rec.Attempt.Conn, x.rec.Attempt.StreamID = c.Info, s.ID()
	x.requestSent()
	if !whole {
		x.sendBody()
	}
}

// slotHad notes that the wait for a connection is over.
func (x *Exchange) slotHad() {
	x.attempt.waiting = false
	x.rec.Attempt.SlotWait = x.w.now().Sub(x.rec.Attempt.Begin)
	x.w.sink.SlotWait(&x.rec, x.rec.Attempt.SlotWait)
}

// injected returns the header block of this attempt: the worker's list if it
// still holds this request, else what was packed.
func (x *Exchange) injected() *header.List {
	w := x.w
	if w.prepared.of != x {
		w.prepared.unpack(x)
	}
	w.prepared.of = nil // it is about to be changed
	w.sink.Inject(&x.rec, w.prepared.tracestate, w.prepared.list)
	return w.prepared.list
}

func (x *Exchange) requestSent() {
	x.rec.RequestSent = x.w.now()
	x.w.sent = append(x.w.sent, x)
	x.mark(event.MarkRequestSent, 0)
}

// endAttempt reports the end of the current attempt, if one is active.
func (x *Exchange) endAttempt(reason event.EndReason, by event.Origin, code event.Code, retry bool) {
	if !x.attempt.active {
		return
	}
	x.attempt.active = false
	a := &x.rec.Attempt
	a.End, a.Reason, a.Origin, a.Code, a.Retry = x.w.now(), reason, by, code, retry
	x.w.sink.AttemptEnd(&x.rec)
}

// Failed implements upstream.Waiter: nothing was sent.
func (x *Exchange) Failed(err error) {
	if x.done {
		return
	}
	x.slotHad()
	f := failure{reason: event.EndUnreachable, by: event.ByUpstream, unsent: true, err: err}
	if err == errNoSlot {
		f.reason = event.EndNoSlot
	}
	x.failed(f)
}

// failure is why an attempt got no response.
type failure struct {
	reason event.EndReason
	by     event.Origin
	code   event.Code
	unsent bool // the origin has not processed it, and says so or never got it
	lost   bool // the connection was lost
	// orderly: the connection came to its end in order, which says nothing bad of
	// the origin. All that is on its way is refused at once.
	orderly bool
	err     error
}

// untaken reports whether the endpoint never got to see the attempt.
func (f *failure) untaken() bool {
	return f.reason == event.EndUnreachable || f.reason == event.EndNoSlot
}

// failed repeats an attempt that got no response, if that is allowed, or answers
// the client.
func (x *Exchange) failed(f failure) {
	var next *upstream.Endpoint
	result := x.mayRetry(f)
	if result == event.RetryDone {
		if next = x.again(f); next == nil {
			result = event.RetryNoAttempts
		}
	}
	if result != event.RetryForbidden {
		x.w.sink.Retry(&x.rec, result)
	}
	x.endAttempt(f.reason, f.by, f.code, result == event.RetryDone)
	x.detach(conn.Cancel)
	if result == event.RetryDone {
		x.try(next)
		return
	}
	x.end(f.reason, f.by, f.code)
	name := x.route.Event.Upstream.Name
	switch {
	case f.untaken():
		x.unreachable(f.err)
	case f.unsent:
		x.refuse(refusal{503, f.reason, "upstream " + name + " refused the stream"})
	case f.lost:
		x.refuse(refusal{502, f.reason, "the connection to upstream " + name + " was lost before it answered"})
	case f.reason == event.EndSlowPeer:
		x.refuse(refusal{504, f.reason, "upstream " + name + " took the request too slowly (limits.slow_peer_rate)"})
	case f.err != nil:
		x.refuse(refusal{502, f.reason, "upstream " + name + " sent an invalid response: " + f.err.Error()})
	default:
		x.refuse(refusal{502, f.reason, "upstream " + name + " reset the stream: " + f.code.Label()})
	}
}

// again picks the endpoint for another attempt: one that was not tried, else,
// unless it could not even be reached, one that was.
func (x *Exchange) again(f failure) *upstream.Endpoint {
	e, err := x.pool.Pick(x.tried())
	if err == upstream.ErrAllTried && !f.untaken() {
		e, err = x.pool.Pick(nil)
	}
	if err != nil {
		return nil
	}
	return e
}

// mayRetry decides whether another attempt may follow (http2.md, Retry).
func (x *Exchange) mayRetry(f failure) event.RetryResult {
	policy := x.route.Retry
	allowed := policy != config.RetryNone && f.unsent ||
		policy == config.RetrySafeMethods && x.request.safe && f.lost
	switch {
	case !allowed || x.answered || x.head == nil:
		return event.RetryForbidden
	case x.request.bodyGone:
		return event.RetryBodyGone
	case x.rec.Attempts >= maxAttempts:
		return event.RetryNoAttempts
	case !f.untaken() && !f.orderly && !x.pool.budget.take(x.w.now()):
		return event.RetryBudget
	}
	return event.RetryDone
}

// causeOf translates how an upstream stream ended.
func causeOf(code event.Code, cause stream.Cause) failure {
	f := failure{reason: event.EndUpstreamReset, by: event.ByUpstream, code: code}
	switch cause {
	case stream.Unprocessed:
		f.unsent, f.orderly = true, code == conn.NoError
	case stream.ConnLost:
		f.reason, f.lost = event.EndUpstreamGone, true
	case stream.PeerViolation:
		f.reason = event.EndBadResponse
	case stream.Unreachable:
		f.reason, f.unsent = event.EndUnreachable, true
	}
	return f
}
