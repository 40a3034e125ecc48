package conn

import (
	"strconv"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// pair is a connection in the role of the client and one in the role of the
// server, joined by a transport that cuts anywhere, and applications on both.
type pair struct {
	t         *testing.T
	steps     script
	near, far *rig // client, server
	calls     []*call
	draining  bool
	quiet     bool // everything is given back at once
}

// call is a stream with both its ends.
type call struct{ client, server half }

// half is what an application has of a stream.
type half struct {
	p     *pair
	r     *rig
	other *half
	s     *Stream // nil: not begun, or let go

	begun               bool
	wrote, read, held   int // bytes of body
	answered            bool
	ended, sent         bool // we asked for END_STREAM; it has gone
	trailers            bool // it came with trailers
	gotEnd, gotTrailers bool
	reset, cancelled    bool
}

// pattern is the byte of a body at an offset: a body that loses, repeats or mixes
// anything is noticed.
func pattern(at int) byte { return byte(at ^ at>>7 ^ at>>13) }

func (h *half) Headers(l *header.List, end bool) {
	if h.answered || string(l.Value(0)) != "200" {
		h.p.t.Fatalf("a response begins with %q", text(l))
	}
	h.answered = true
	h.readEnd(end)
}

func (h *half) Data(b []byte, end bool) {
	for i, c := range b {
		if c != pattern(h.read+i) {
			h.p.t.Fatalf("byte %d of a body is %d, want %d", h.read+i, c, pattern(h.read+i))
		}
	}
	h.read += len(b)
	if h.read > h.other.wrote {
		h.p.t.Fatalf("%d bytes arrive of %d", h.read, h.other.wrote)
	}
	if h.held += len(b); h.p.quiet {
		h.credit(h.held)
	}
	h.readEnd(end)
}

func (h *half) Trailers(l *header.List) {
	if text(l) != "sum="+strconv.Itoa(h.other.wrote)+"\n" {
		h.p.t.Fatalf("trailers %q after %d bytes", text(l), h.other.wrote)
	}
	h.gotTrailers = true
	h.readEnd(true)
}

func (h *half) readEnd(end bool) {
	if h.gotEnd || h.reset || h.cancelled {
		h.p.t.Fatal("something follows the end")
	}
	if h.gotEnd = end; h.gotEnd && h.sent {
		h.release()
	}
}

func (h *half) Written(int) {}

func (h *half) Sent() {
	if h.sent = true; h.gotEnd {
		h.release()
	}
}

func (h *half) Reset(code event.Code, cause stream.Cause, v rule.Violation) {
	if code != codeCancel || cause != stream.PeerReset {
		h.p.t.Fatalf("reset with %s, cause %d, %s", code.Label(), cause, v)
	}
	h.reset = true
	h.release()
}

func (h *half) Stalled(event.Scope, event.Time)             {}
func (h *half) Resumed(event.Scope, event.Time, event.Time) {}

func (h *half) release() { h.s.Release(); h.s = nil }

func (h *half) credit(n int) {
	if h.s != nil {
		h.held -= n
		room := 0
		if !h.s.c.server() {
			room = 7 * n
		}
		h.s.Credit(n, room)
	}
}

func (h *half) cancel() {
	if h.s != nil {
		h.cancelled = true
		h.s.Cancel(codeCancel)
		h.release()
	}
}

// write sends n bytes more; kind says whether the body ends there, and how.
func (h *half) write(n int, kind byte) {
	if h.s == nil || h.ended {
		return
	}
	if h == &h.call().server && !h.answered {
		h.answered = true
		h.s.WriteHeaders(fields(":status", "200"), false)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = pattern(h.wrote + i)
	}
	h.wrote += n
	h.ended = kind > 0
	if h.s.WriteData(b, kind == 1); kind == 2 {
		h.trailers = true
		h.s.WriteTrailers(fields("sum", strconv.Itoa(h.wrote)))
	}
}

func (h *half) call() *call {
	for _, c := range h.p.calls {
		if h == &c.client || h == &c.server {
			return c
		}
	}
	panic("a half of no call")
}

// serving is the server's owner.
type serving struct {
	*rig
	p *pair
}

func (o serving) Request(s *Stream, h Head) {
	n, err := strconv.Atoi(string(h.Request.Path[1:]))
	if err != nil || n >= len(o.p.calls) || o.p.calls[n].server.begun {
		o.p.t.Fatalf("request %q", h.Request.Path)
	}
	e := &o.p.calls[n].server
	e.s, e.begun = s, true
	s.SetHandler(e)
	if h.End {
		e.gotEnd = true
	}
}

func (o serving) PingAck(c *Conn, data [8]byte) {
	if IsDrainPing(data) {
		c.DrainNow(event.CloseDrain)
	}
}

func (p *pair) open(end bool) {
	if p.near.c.Slots() == 0 || len(p.calls) == 60 {
		return
	}
	c := &call{client: half{p: p, r: p.near, begun: true, ended: end}, server: half{p: p, r: p.far}}
	c.client.other, c.server.other = &c.server, &c.client
	p.calls = append(p.calls, c)
	path := "/" + strconv.Itoa(len(p.calls)-1)
	c.client.s = p.near.c.Open(fields(":method", "POST", ":scheme", "http", ":path", path, ":authority", "a"), end, false, &c.client)
}

// carry moves at most n bytes from one connection to the other.
func (p *pair) carry(from, to *rig, n int) {
	n = min(n, len(from.tr.out))
	b := from.tr.out[:n:n]
	from.tr.out = from.tr.out[n:]
	if n > 0 && !to.c.Closed() {
		to.raw(b)
	}
	if len(from.tr.out) == 0 && from.tr.closed && !to.c.Closed() {
		to.c.Lost(event.ClosePeer, nil)
		to.env.Flush()
	}
}

func (p *pair) step() {
	op := p.steps.byte()
	from, to := p.near, p.far
	if op&0x80 != 0 {
		from, to = to, from
	}
	kind := op >> 4 & 7
	switch op % 16 {
	case 0:
		p.open(kind == 1)
	case 1, 2, 3:
		if h := p.pick(from); h != nil {
			h.write(p.steps.below(80_000), [8]byte{4: 1, 5: 1, 6: 2}[kind])
		}
	case 4:
		if h := p.pick(from); h != nil && kind == 7 {
			h.cancel()
		} else if h != nil {
			h.credit(h.held)
		}
	case 5, 6:
		if h := p.pick(from); h != nil {
			h.credit(p.steps.below(h.held + 1))
		}
	case 7:
		from.env.StreamWindowCap = [8]uint32{0, 1, 100, 4096, 20_000, 65_534, 0, 0}[kind]
		from.c.FollowWindow()
	case 8:
		from.tr.room = p.steps.below(100_000)
		from.c.Writable()
	case 9:
		from.tr.room = -1
		from.c.Writable()
	case 10:
		if kind == 7 && !p.draining {
			p.draining = true
			p.far.c.Drain()
		}
	case 11:
		from.c.Ping([8]byte{op})
	case 12:
		p.carry(from, to, p.steps.below(300))
	case 13, 14:
		p.carry(from, to, p.steps.below(100_000))
	case 15:
		p.carry(from, to, len(from.tr.out))
	}
	p.near.env.Flush()
	p.far.env.Flush()
}

// pick returns one side of a call.
func (p *pair) pick(side *rig) *half {
	if len(p.calls) == 0 {
		return nil
	}
	c := p.calls[p.steps.below(len(p.calls))]
	if side == p.near {
		return &c.client
	}
	return &c.server
}

// quiet reports whether nothing is on its way to the other side, its end included.
func (t *transport) quiet(to *rig) bool {
	return len(t.out) == 0 && (!t.closed || to.c.Closed())
}

// settle carries everything over until nothing moves any more.
func (p *pair) settle() {
	p.t.Helper()
	for _, r := range []*rig{p.near, p.far} {
		r.tr.room = -1
		r.c.Writable()
		r.env.Flush()
	}
	for range 100_000 {
		if p.near.tr.quiet(p.far) && p.far.tr.quiet(p.near) {
			return
		}
		p.carry(p.near, p.far, len(p.near.tr.out))
		p.carry(p.far, p.near, len(p.far.tr.out))
	}
	p.t.Fatal("the two never stop to talk")
}

// finish lets every call come to its end and looks at what is left.
func (p *pair) finish() {
	p.t.Helper()
	p.quiet = true
	for _, r := range []*rig{p.near, p.far} {
		r.env.StreamWindowCap = 0
		r.c.FollowWindow()
	}
	for _, c := range p.calls {
		c.client.credit(c.client.held)
		c.server.credit(c.server.held)
		c.client.write(0, 1)
	}
	p.settle()
	for _, c := range p.calls {
		c.server.write(10, 1)
	}
	p.settle()
	for i, c := range p.calls {
		c.client.compare(i)
		c.server.compare(i)
	}
	for _, r := range []*rig{p.near, p.far} {
		if r.env.Buffered != 0 || r.c.Streams() != 0 || len(r.sink.violations) > 0 || len(r.c.out.ledger) > 0 {
			p.t.Fatalf("left over on side %d: %d bytes, %d streams, violations %v", r.c.Info.Side, r.env.Buffered, r.c.Streams(), r.sink.violations)
		}
		if (r.closed != nil) != p.draining {
			p.t.Fatalf("side %d: closed %v, drained %v", r.c.Info.Side, r.closed != nil, p.draining)
		}
	}
}

// compare checks what an application has got in the end.
func (h *half) compare(i int) {
	h.p.t.Helper()
	o := h.other
	switch {
	case h.s != nil:
		h.p.t.Fatalf("call %d: still open: %+v", i, *h)
	case h.cancelled, !h.begun:
	case h.gotEnd && h.read == o.wrote && h.gotTrailers == o.trailers:
	case h.reset && o.cancelled:
	default:
		h.p.t.Fatalf("call %d: %d of %d bytes, %+v", i, h.read, o.wrote, *h)
	}
	if h.reset && !o.cancelled {
		h.p.t.Fatalf("call %d: reset by nobody", i)
	}
}

// FuzzPair joins our two roles. Whatever their applications do, and wherever the
// transport cuts, bodies and trailers arrive whole and in order, cancelled streams
// end on both sides, a drain loses nothing, and nothing is left over.
func FuzzPair(f *testing.F) {
	f.Add([]byte{15, 0x8f, 15, 0, 1, 0, 0xff, 0xff, 15, 0x81, 0, 0xff, 0x8f, 0x41, 0, 1})
	f.Add([]byte{15, 0x8f, 15, 0x00, 0x10, 0x61, 0, 0xff, 0xff, 12, 9, 12, 99, 15, 0xe1, 1, 0xff, 0x8c, 50, 0x8f, 0x85, 0, 0xff})
	f.Add([]byte{15, 0x8f, 15, 0, 0, 0, 1, 0, 0xff, 0xff, 1, 1, 0xff, 0xff, 15, 0x74, 0, 0x81, 1, 0x80, 0xf4, 1, 15})
	f.Add([]byte{15, 0x8f, 15, 0, 0x87, 0x9f, 0x7a, 0, 0x8f, 15, 0x81, 0, 0xff, 0xff})
	f.Add([]byte{15, 0x8f, 15, 0, 0x08, 0, 50, 0x01, 0, 0xff, 0xff, 0x0f, 0xd7, 0x8f, 9, 15, 0x97, 0x8f})
	f.Fuzz(func(t *testing.T, steps []byte) {
		p := &pair{t: t, steps: script{steps[:min(len(steps), 2000)]}}
		p.near, p.far = newRig(t, event.Upstream, Config{}), newRig(t, event.Downstream, Config{})
		p.far.c.owner = serving{p.far, p}
		p.near.env.Flush()
		p.far.env.Flush()
		for !p.steps.done() {
			p.step()
		}
		p.finish()
	})
}
