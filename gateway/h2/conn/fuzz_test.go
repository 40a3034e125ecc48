package conn

import (
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// answerer answers each request with as many bytes as it is sent, and more.
type answerer struct {
	*recorder
	begun bool
}

func (a *answerer) Data(p []byte, end bool) {
	a.s.Credit(len(p), 0)
	if !a.begun {
		a.begun = true
		a.s.WriteHeaders(fields(":status", "200"), false)
	}
	a.s.WriteData(make([]byte, 2*len(p)+1000), end)
}

// Sent and Reset let go of the stream, so that it is used again.
func (a *answerer) Sent() {
	if a.s.state.CanRead() {
		a.s.Linger()
	}
	a.s.Release()
}

func (a *answerer) Reset(event.Code, stream.Cause, rule.Violation) { a.s.Release() }

func (a *answerer) Trailers(l *header.List) { a.s.WriteTrailers(fields("a", "b")) }

// answering is an owner that answers.
type answering struct{ *rig }

func (o answering) Request(s *Stream, h Head) {
	a := &answerer{recorder: &recorder{s: s}}
	s.SetHandler(a)
	if h.End {
		s.WriteHeaders(fields(":status", "200"), false)
		s.WriteData(make([]byte, 100000), true)
	}
}

// FuzzServer feeds arbitrary bytes, in pieces, to a connection in the server role
// whose transport is now and then full. Whatever arrives, nothing may be left
// over when the connection is gone.
func FuzzServer(f *testing.F) {
	seed := func(frames ...[]byte) {
		p := []byte(frame.Preface)
		for _, b := range append([][]byte{settings()}, frames...) {
			p = append(p, b...)
		}
		f.Add(p, uint16(7), uint16(5000))
	}
	r := newRig(&testing.T{}, event.Downstream, Config{})
	seed(r.get(1), windowUpdate(1, 100), windowUpdate(0, 1<<20))
	seed(r.post(1), data(1, 500, false), data(1, 3, true), frame.AppendPing(nil, [8]byte{}, false))
	seed(settings(frame.Setting{ID: frame.InitialWindowSize, Value: 3}), r.post(1), data(1, 9, false), frame.AppendRSTStream(nil, 1, 8))
	seed(r.post(1), r.headers(1, true, "a", "b"), frame.AppendGoAway(nil, 0, 0, ""))
	f.Fuzz(func(t *testing.T, p []byte, piece, room uint16) {
		r := newRig(t, event.Downstream, Config{})
		r.c.owner = answering{r}
		run(r, p, int(piece), int(room))
	})
}

// FuzzClient does the same in the client role, against a hostile origin.
func FuzzClient(f *testing.F) {
	r := newRig(&testing.T{}, event.Downstream, Config{})
	seed := func(frames ...[]byte) {
		p := settings()
		for _, b := range frames {
			p = append(p, b...)
		}
		f.Add(p, uint16(7), uint16(5000))
	}
	seed(r.headers(1, false, ":status", "103"), r.headers(1, false, ":status", "200"), data(1, 10, true))
	seed(r.headers(1, true, ":status", "204"), frame.AppendRSTStream(nil, 3, 7), frame.AppendGoAway(nil, 3, 2, "x"))
	f.Fuzz(func(t *testing.T, p []byte, piece, room uint16) {
		r := newRig(t, event.Upstream, Config{})
		r.env.Flush()
		for range 3 {
			s := r.open(false)
			s.s.WriteData(make([]byte, 30000), true)
		}
		run(r, p, int(piece), int(room))
	})
}

func run(r *rig, p []byte, piece, room int) {
	r.tr.room = room
	for n := 0; len(p) > 0; n++ {
		k := min(max(piece, 1), len(p))
		r.raw(p[:k])
		p = p[k:]
		if n%3 == 2 && r.tr.room == 0 {
			r.tr.room = room
			r.c.Writable()
			r.env.Flush()
		}
		if r.env.Buffered < 0 {
			r.t.Fatalf("buffered %d", r.env.Buffered)
		}
	}
	r.c.Lost(event.ClosePeer, nil)
	r.env.Flush()
	if r.env.Buffered != 0 || r.c.Streams() != 0 || r.closed == nil || !r.tr.closed {
		r.t.Fatalf("left over: %d bytes, %d streams, closed %v", r.env.Buffered, r.c.Streams(), r.closed)
	}
}
