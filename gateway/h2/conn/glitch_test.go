package conn

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

const testHeaderTimeout = 10 * time.Second

// guarded returns a connection in the server role that has 1,000 points, of which
// 100 come back each second.
func guarded(t *testing.T) *rig {
	r := newRig(t, event.Downstream, Config{
		MaxConcurrentStreams: 1000, StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50,
		MaxGlitches: 1000, GlitchRecovery: 100, HeaderTimeout: testHeaderTimeout,
	})
	r.env.Now = event.Time(time.Hour)
	r.raw([]byte(frame.Preface))
	r.send(settings())
	r.read()
	return r
}

func rst(id uint32) []byte { return frame.AppendRSTStream(nil, id, uint32(codeCancel)) }

// endsAfter repeats step until the connection is over and wants it to be the nth
// time, for the rule, with ENHANCE_YOUR_CALM.
func (r *rig) endsAfter(n int, v rule.Violation, step func(i int)) {
	r.t.Helper()
	for i := range 2 * n {
		if step(i); !r.c.over() {
			continue
		}
		if i+1 != n || !slices.Contains(r.sink.violations, v) {
			r.t.Errorf("ended after %d, want %d: %v", i+1, n, r.sink.violations[len(r.sink.violations)-1])
		}
		lines := r.read()
		if last := lines[len(lines)-1]; !strings.HasPrefix(last, "GOAWAY") || !strings.Contains(last, "ENHANCE_YOUR_CALM "+v.String()) {
			r.t.Errorf("the last frame is %s", last)
		}
		return
	}
	r.t.Error("the connection goes on")
}

func (r *rig) goesOn(n int, step func(i int)) {
	r.t.Helper()
	for i := range n {
		if step(i); r.c.over() {
			r.t.Fatalf("ended after %d: %v", i+1, r.sink.violations)
		}
		for _, s := range r.streams {
			s.s.Release()
		}
		r.streams = r.streams[:0]
		r.read()
	}
}

func id(i int) uint32 { return uint32(2*i + 1) }

func TestFloodsEndTheConnection(t *testing.T) {
	flood := func(name string, n int, v rule.Violation, frames ...[]byte) {
		t.Run(name, func(t *testing.T) {
			r := guarded(t)
			r.endsAfter(n, v, func(int) { r.send(frames...) })
		})
	}
	const control = rule.TooManyControlFrames
	flood("SETTINGS", 201, control, settings())
	flood("PING", 501, control, frame.AppendPing(nil, [8]byte{}, false))
	flood("PING ack", 1001, control, frame.AppendPing(nil, [8]byte{}, true))
	flood("WINDOW_UPDATE", 1001, control, windowUpdate(0, 1))
	flood("PRIORITY", 1001, control, append(frame.AppendHeader(nil, frame.Header{Length: 5, Type: frame.Priority, Stream: 1}), 0, 0, 0, 3, 1))
	flood("unknown type", 1001, control, frame.AppendHeader(nil, frame.Header{Type: 0xee}))
}

func TestRapidResetEndsTheConnection(t *testing.T) {
	r := guarded(t)
	r.endsAfter(101, rule.TooManyResets, func(i int) { r.send(r.post(id(i)), rst(id(i))) })
}

func TestResetsThatThePeerMakesUsSendEndTheConnection(t *testing.T) {
	r := guarded(t)
	r.endsAfter(101, rule.TooManyResets, func(i int) { r.send(r.post(id(i)), windowUpdate(id(i), 0)) })
}

func TestMalformedRequestsEndTheConnection(t *testing.T) {
	r := guarded(t)
	r.endsAfter(101, rule.TooManyResets, func(i int) { r.send(r.headers(id(i), true, ":method", "GET", ":path", "/")) })
}

func TestEmptyDataBetweenBytesEndsTheConnection(t *testing.T) {
	r := guarded(t)
	r.send(r.post(1))
	r.endsAfter(250, rule.EmptyFrames, func(int) { r.send(data(1, 0, false), data(1, 1, false)) })
}

func TestResetsOfAClientThatWorksAreAllowed(t *testing.T) {
	r := guarded(t)
	n := 0
	r.goesOn(2000, func(int) { // hedging: one call is cancelled for each that completes
		first, second := id(n), id(n+1)
		n += 2
		r.send(r.get(first), r.get(second), rst(first))
		r.streams[len(r.streams)-1].s.WriteHeaders(fields(":status", "200"), true)
		r.env.Flush()
	})
}

func TestCallsThatRanIntoTheirDeadlineAreNoAbuse(t *testing.T) {
	r := guarded(t)
	n := 0
	r.goesOn(20, func(int) {
		from := n
		for range 500 {
			r.send(r.post(id(n)))
			n++
		}
		r.env.Now += event.Time(3 * time.Second)
		for i := from; i < n; i++ {
			r.send(rst(id(i)))
		}
	})
}

func TestCreditForWhatWasSentIsNoAbuse(t *testing.T) {
	r := guarded(t)
	r.send(r.get(1))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "200"), false)
	r.streams = r.streams[:0]
	r.goesOn(5000, func(int) {
		s.WriteData(make([]byte, 100), false)
		r.send(windowUpdate(1, 100), windowUpdate(0, 100))
	})
}

// As net/http's server does: it gives credit for what its handler reads.
func TestCreditInSmallStepsIsNoAbuse(t *testing.T) {
	r := guarded(t)
	r.send(r.get(1), windowUpdate(0, 1<<20))
	s := r.streams[0].s
	s.WriteHeaders(fields(":status", "200"), false)
	r.streams = r.streams[:0]
	r.goesOn(500, func(int) {
		s.WriteData(make([]byte, 16<<10), false)
		r.env.Flush()
		for range 16 {
			r.send(windowUpdate(1, 1<<10), windowUpdate(0, 1<<10))
		}
	})
}

func TestGlitchesAreForgivenInTime(t *testing.T) {
	r := guarded(t)
	r.goesOn(100, func(int) { // 45 a second are fewer than come back
		for range 45 {
			r.send(frame.AppendPing(nil, [8]byte{}, false))
		}
		r.env.Now += event.Time(time.Second)
	})
}

func TestOnlyYoungStreamsCount(t *testing.T) {
	var g glitches
	at := func(d time.Duration) event.Time { return event.Time(time.Hour + d) }
	g.opening(1, at(0))
	g.opening(3, at(500*time.Millisecond))
	g.opening(5, at(1100*time.Millisecond))
	for _, c := range []struct {
		id   uint32
		at   time.Duration
		want bool
	}{
		{1, 1200 * time.Millisecond, true},
		{5, 1200 * time.Millisecond, true},
		{5, 3200 * time.Millisecond, false},
	} {
		if got := g.isYoung(c.id, at(c.at)); got != c.want {
			t.Errorf("stream %d at %v: young is %v", c.id, c.at, got)
		}
	}
	g.opening(7, at(10*time.Second))
	if g.isYoung(5, at(10*time.Second)) || !g.isYoung(7, at(10*time.Second)) {
		t.Error("a stream from long ago counts as young")
	}
	g.opening(9, at(11*time.Second))
	if g.isYoung(5, at(11*time.Second)) || !g.isYoung(7, at(11*time.Second)) {
		t.Error("the windows do not follow each other")
	}
}

func TestHeaderBlockThatDoesNotEndIsNotWaitedForForever(t *testing.T) {
	r := guarded(t)
	block := r.enc.Append(nil, fields(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "x"))
	head := frame.AppendHeader(nil, frame.Header{Length: uint32(len(block)), Type: frame.Headers, Stream: 1})
	r.send(append(head, block...))
	r.env.Now += event.Time(testHeaderTimeout - 1)
	r.c.Sweep(r.env.Now)
	r.env.Flush()
	r.want()
	r.env.Now++
	r.c.Sweep(r.env.Now)
	r.env.Flush()
	r.want("GOAWAY 0 last 0 ENHANCE_YOUR_CALM slow_headers")
}
