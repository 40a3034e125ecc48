package relay

import (
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
)

// prepared is the header block that a worker is about to send: the list that was
// decoded, changed in place.
type prepared struct {
	of         *Exchange // nil: it is nobody's
	list       *header.List
	tracestate []byte // what the client sent
	// common is how many fields come before those that addForwarded can add again;
	// 0: it cannot, because a proxy before us or the route had a say in them.
	common int
	own    header.List
}

// unpack fills the worker's own list from what x holds.
func (p *prepared) unpack(x *Exchange) {
	p.list = &p.own
	p.list.Unpack(x.head)
	p.tracestate = p.tracestate[:0]
	n := 0
	for i := range p.list.Len() {
		if p.list.Token(i) == header.Tracestate {
			p.tracestate = appendTracestate(p.tracestate, p.list.Value(i))
			continue
		}
		p.list.Keep(n, i)
		n++
	}
	p.list.Truncate(n)
	if x.unforwarded {
		authority, _ := p.list.Get(header.Authority)
		x.addForwarded(p.list, &forwarded{chain: x.w.chain[:0]}, authority)
	}
}

// appendTracestate joins several fields in order (W3C Trace Context §3.3).
func appendTracestate(dst, value []byte) []byte {
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	return append(dst, value...)
}

// maxReplay is how much of a request body is held so that it can be sent again,
// in bytes.
const maxReplay = 16 << 10

// held is what of a request is held beside its head.
type held struct {
	body  []byte // what was read of the body; complete unless bodyGone
	trail *header.List
	tried [maxAttempts - 1]*event.Endpoint // by earlier attempts
}

// hold packs the prepared header block, which only the first attempt can use as
// it is: a later one may follow, or the first may have to wait for a connection.
func (x *Exchange) hold() {
	x.pack()
	x.w.link.Env.Buffered += int64(len(x.head))
}

func (x *Exchange) pack() {
	p := &x.w.prepared
	n := p.list.Len()
	switch {
	case len(p.tracestate) > 0:
		header.AddField(p.list, tracestateName, p.tracestate, header.Meta{Token: header.Tracestate})
		x.head = p.list.AppendPacked(x.w.blocks.take(p.list.PackedSize(n+1)), n+1)
		p.list.Truncate(n)
		return
	case p.common > 0:
		n, x.unforwarded = p.common, true
	}
	x.head = p.list.AppendPacked(x.w.blocks.take(p.list.PackedSize(n)), n)
}

var tracestateName = []byte("tracestate")

// needHeld returns what is held beside the head, which it makes if there is none.
func (x *Exchange) needHeld() *held {
	if x.held == nil {
		x.held = x.w.takeHeld()
	}
	return x.held
}

// heldBody returns what is held of the request body.
func (x *Exchange) heldBody() []byte {
	if x.held == nil {
		return nil
	}
	return x.held.body
}

// wholeRequest reports whether the request is its header block alone.
func (x *Exchange) wholeRequest() bool {
	return x.request.ended && (x.held == nil || len(x.held.body) == 0 && x.held.trail == nil)
}

// tried returns the endpoints of all attempts so far.
func (x *Exchange) tried() []*event.Endpoint {
	all := x.w.tried[:0]
	if x.held != nil {
		for _, e := range x.held.tried {
			if e != nil {
				all = append(all, e)
			}
		}
	}
	x.w.tried = append(all, x.rec.Attempt.Endpoint)
	return x.w.tried
}

// noteTried remembers the endpoint of the current attempt for the next ones.
func (x *Exchange) noteTried() {
	if n := x.rec.Attempt.Number; n > 0 && n < maxAttempts {
		x.needHeld().tried[n-1] = x.rec.Attempt.Endpoint
	}
}

// sendBody sends what was read of the body so far.
func (x *Exchange) sendBody() {
	h := x.held
	if h == nil {
		return
	}
	if len(h.body) > 0 {
		x.up.WriteData(h.body, x.request.ended && h.trail == nil)
	}
	if x.up != nil && h.trail != nil {
		x.up.WriteTrailers(h.trail)
	}
	x.trimBody()
}

// trimBody lets go of a body that has become too large to be sent again.
func (x *Exchange) trimBody() {
	if x.up != nil && len(x.heldBody()) > maxReplay {
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
	if x.head != nil && !x.request.bodyGone {
		h := x.needHeld()
		h.body = x.w.blocks.grow(h.body, p)
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
	if x.head != nil && !x.request.bodyGone {
		h := x.needHeld()
		h.trail = new(header.List)
		h.trail.CopyFrom(l)
		x.w.link.Env.Buffered += int64(h.trail.Size())
	}
	if x.up != nil {
		x.up.WriteTrailers(l)
	}
}

// mayRepeat reports whether the route allows any attempt after the first.
func (x *Exchange) mayRepeat() bool { return x.route.Retry != config.RetryNone }

// dropRequest lets go of everything that only a repetition needs.
func (x *Exchange) dropRequest() {
	if x.w.prepared.of == x {
		x.w.prepared.of = nil
	}
	if x.head != nil {
		x.w.link.Env.Buffered -= int64(len(x.head))
		x.w.blocks.give(x.head)
		x.head = nil
	}
	if h := x.held; h != nil {
		x.dropBody()
		if h.trail != nil {
			x.w.link.Env.Buffered -= int64(h.trail.Size())
		}
		x.w.giveHeld(h)
		x.held = nil
	}
}

func (x *Exchange) dropBody() {
	if h := x.held; h != nil && h.body != nil {
		x.w.link.Env.Buffered -= int64(len(h.body))
		x.w.blocks.give(h.body)
		h.body = nil
	}
}
