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

// maxReplay is how much of a request body is held so that it can be sent again.
const maxReplay = 16 << 10

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
	x.attempt(e)
}

// attempt asks an endpoint for a stream.
func (x *Exchange) attempt(e *upstream.Endpoint) {
	x.attempts.endpoint = e
	if x.attempts.tried == nil {
		x.attempts.tried = x.attempts.room[:0]
	}
	x.attempts.tried = append(x.attempts.tried, e.Info)
	x.attempts.active, x.attempts.written = true, 0
	x.rec.Attempts++
	x.rec.Attempt = event.Attempt{Number: x.rec.Attempts, Endpoint: e.Info, Begin: x.w.now()}
	x.w.sink.AttemptBegin(&x.rec)
	if x.rec.Attempts > 1 {
		x.mark(event.MarkRetry, int64(x.rec.Attempts))
	}
	if x.route.Cluster.HTTP1 != nil {
		x.bridge(e)
		return
	}
	x.attempts.waiting = true
	e.Enter(&x.attempts.ticket)
	if x.attempts.waiting {
		x.mark(event.MarkSlotWait, 0)
		x.rearm()
	}
}

// unreachable answers a request that no endpoint took.
func (x *Exchange) unreachable(err error) {
	x.refuse(refusal{503, event.EndUnreachable, "upstream " + x.route.Event.Upstream.Name + " is unreachable: " + err.Error()})
}

// Ready implements upstream.Waiter: c has a free slot.
func (x *Exchange) Ready(c *conn.Conn) {
	x.slotHad()
	list := x.injected()
	end := x.request.ended && len(x.request.body) == 0 && x.request.trail == nil
	s := c.Open(list, end, x.request.head0, (*origin)(x))
	x.up = s
	x.rec.Attempt.Conn, x.rec.Attempt.StreamID = c.Info, s.ID()
	x.requestSent()
	if !end {
		x.sendBody()
	}
}

// slotHad notes that the wait for a connection is over.
func (x *Exchange) slotHad() {
	x.attempts.waiting = false
	x.rec.Attempt.SlotWait = x.w.now().Sub(x.rec.Attempt.Begin)
	x.w.sink.SlotWait(&x.rec, x.rec.Attempt.SlotWait)
}

// injected returns the header block of this attempt.
func (x *Exchange) injected() *header.List {
	list := &x.w.scratch
	list.Reset()
	head := x.request.head
	tracestate := x.w.tracestate[:0]
	for i := range head.Len() {
		if head.Token(i) == header.Tracestate {
			if len(tracestate) > 0 {
				tracestate = append(tracestate, ',') // in order (W3C Trace Context §3.3)
			}
			tracestate = append(tracestate, head.Value(i)...)
			continue
		}
		list.AddFrom(head, i)
	}
	x.w.tracestate = tracestate
	x.w.sink.Inject(&x.rec, tracestate, list)
	return list
}

func (x *Exchange) requestSent() {
	x.rec.RequestSent = x.w.now()
	x.w.sent = append(x.w.sent, x)
	x.mark(event.MarkRequestSent, 0)
}

// sendBody sends what was read of the body so far.
func (x *Exchange) sendBody() {
	if len(x.request.body) > 0 {
		x.up.WriteData(x.request.body, x.request.ended && x.request.trail == nil)
	}
	if x.up != nil && x.request.trail != nil {
		x.up.WriteTrailers(x.request.trail)
	}
	x.trimBody()
}

// trimBody lets go of a body that has become too large to be sent again.
func (x *Exchange) trimBody() {
	if x.up != nil && len(x.request.body) > maxReplay {
		x.dropBody()
		x.request.bodyGone = true
	}
}

// requestData passes request body on, and keeps a copy while an attempt may have
// to be repeated.
func (x *Exchange) requestData(p []byte, end bool) {
	x.request.ended = end
	if end {
		x.mark(event.MarkRequestEnd, 0)
	}
	if x.request.head != nil && !x.request.bodyGone {
		x.request.body = append(x.request.body, p...)
		x.w.link.Env.Buffered += int64(len(p))
	}
	if x.up == nil {
		return // sent when a stream is had; the client's window bounds it
	}
	x.up.WriteData(p, end)
	x.trimBody()
}

func (x *Exchange) requestTrailers(l *header.List) {
	x.request.ended = true
	x.mark(event.MarkRequestEnd, 0)
	if x.request.head != nil && !x.request.bodyGone {
		x.request.trail = new(header.List)
		x.request.trail.CopyFrom(l)
	}
	if x.up != nil {
		x.up.WriteTrailers(l)
	}
}

// dropRequest lets go of everything that only a repetition needs.
func (x *Exchange) dropRequest() {
	x.dropBody()
	if x.request.head != nil {
		x.w.giveList(x.request.head)
	}
	x.request.head, x.request.trail = nil, nil
	x.attempts.tried = nil
}

func (x *Exchange) dropBody() {
	x.w.link.Env.Buffered -= int64(len(x.request.body))
	x.request.body = nil
}

// endAttempt reports the end of the current attempt, if one is active.
func (x *Exchange) endAttempt(reason event.EndReason, by event.Origin, code event.Code, retry bool) {
	if !x.attempts.active {
		return
	}
	x.attempts.active = false
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
	x.failed(failure{reason: event.EndUnreachable, by: event.ByUpstream, unsent: true, err: err})
}

// failure is why an attempt got no response.
type failure struct {
	reason event.EndReason
	by     event.Origin
	code   event.Code
	unsent bool // the origin has not processed it, and says so or never got it
	lost   bool // the connection was lost
	err    error
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
		x.attempt(next)
		return
	}
	x.end(f.reason, f.by, f.code)
	name := x.route.Event.Upstream.Name
	switch {
	case f.reason == event.EndUnreachable:
		x.unreachable(f.err)
	case f.unsent:
		x.refuse(refusal{503, f.reason, "upstream " + name + " refused the stream"})
	case f.lost:
		x.refuse(refusal{502, f.reason, "the connection to upstream " + name + " was lost before it answered"})
	case f.err != nil:
		x.refuse(refusal{502, f.reason, "upstream " + name + " sent an invalid response: " + f.err.Error()})
	default:
		x.refuse(refusal{502, f.reason, "upstream " + name + " reset the stream: " + f.code.Label()})
	}
}

// again picks the endpoint for another attempt: one that was not tried, else,
// unless it could not even be reached, one that was.
func (x *Exchange) again(f failure) *upstream.Endpoint {
	e, err := x.pool.Pick(x.attempts.tried)
	if err == upstream.ErrAllTried && f.reason != event.EndUnreachable {
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
	case !allowed || x.answered || x.request.head == nil:
		return event.RetryForbidden
	case x.request.bodyGone:
		return event.RetryBodyGone
	case x.rec.Attempts >= maxAttempts:
		return event.RetryNoAttempts
	case f.reason != event.EndUnreachable && !x.pool.budget.take(x.w.now()):
		return event.RetryBudget
	}
	return event.RetryDone
}

// causeOf translates how an upstream stream ended.
func causeOf(code event.Code, cause stream.Cause) failure {
	f := failure{reason: event.EndUpstreamReset, by: event.ByUpstream, code: code}
	switch cause {
	case stream.Unprocessed:
		f.unsent = true
	case stream.ConnLost:
		f.reason, f.lost = event.EndUpstreamGone, true
	case stream.PeerViolation:
		f.reason = event.EndBadResponse
	case stream.Unreachable:
		f.reason, f.unsent = event.EndUnreachable, true
	}
	return f
}
