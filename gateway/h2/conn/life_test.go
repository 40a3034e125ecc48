package conn

import (
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

func TestPrefaceMayArriveByteByByte(t *testing.T) {
	r := newRig(t, event.Downstream, Config{})
	all := append([]byte(frame.Preface), settings()...)
	for _, b := range append(all, r.get(1)...) {
		r.raw([]byte{b})
	}
	r.want("SETTINGS 0", "WINDOW_UPDATE 0 +983041", "SETTINGS 0 ack")
	r.streams[0].want(t, "request / end")
}

func TestARequestAndItsResponse(t *testing.T) {
	r := server(t)
	r.send(r.post(1), data(1, 5, false), r.headers(1, true, "checksum", "x"))
	s := r.streams[0]
	s.want(t, "request /", "data 5", "trailers 1")
	s.s.WriteHeaders(fields(":status", "103"), false)
	s.s.WriteHeaders(fields(":status", "200"), false)
	s.s.WriteData([]byte("hello"), true)
	r.env.Flush()
	r.want("HEADERS 1 :status=103", "HEADERS 1 :status=200", "DATA 1 5 end")
	s.want(t, "sent")
	if r.c.Streams() != 0 {
		t.Fatal("the stream is still open")
	}
}

// A stream whose last frame is being handled is over: cancelling it then must
// not write RST_STREAM, which peers count as misbehaviour.
func TestCancelAfterTheEndWritesNothing(t *testing.T) {
	r := clientRole(t)
	s := r.open(true)
	r.read()
	r.send(r.headers(1, false, ":status", "200"))
	cancel := &cancelAtEnd{recorder: s}
	s.s.SetHandler(cancel)
	r.send(data(1, 1, true))
	r.want()
	if r.c.Streams() != 0 {
		t.Fatal("the stream is still open")
	}
}

type cancelAtEnd struct{ *recorder }

func (c *cancelAtEnd) Data(p []byte, end bool) {
	if end {
		c.s.Cancel(NoError)
	}
}

func TestRulesThatEndTheConnection(t *testing.T) {
	for name, c := range map[string]struct {
		frames func(r *rig) []byte
		want   string
	}{
		"data on stream 0":            {func(*rig) []byte { return data(0, 1, false) }, "PROTOCOL_ERROR stream_id"},
		"data on an idle stream":      {func(*rig) []byte { return data(5, 1, false) }, "PROTOCOL_ERROR stream_id"},
		"headers on an even stream":   {func(r *rig) []byte { return r.get(2) }, "PROTOCOL_ERROR stream_id"},
		"a frame that is too large":   {func(*rig) []byte { return frame.AppendHeader(nil, frame.Header{Length: 16385}) }, "FRAME_SIZE_ERROR frame_size"},
		"a push":                      {func(*rig) []byte { return frame.AppendHeader(nil, frame.Header{Type: frame.PushPromise, Stream: 1}) }, "PROTOCOL_ERROR push_promise"},
		"a broken header block":       {func(*rig) []byte { return frame.AppendBlock(nil, 1, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, true) }, "COMPRESSION_ERROR header_block"},
		"a continuation of nothing":   {func(*rig) []byte { return frame.AppendHeader(nil, frame.Header{Type: frame.Continuation, Stream: 1}) }, "PROTOCOL_ERROR unexpected_continuation"},
		"a window beyond 2^31-1":      {func(*rig) []byte { return windowUpdate(0, 1<<31-1) }, "FLOW_CONTROL_ERROR window_overflow"},
		"an increment of zero":        {func(*rig) []byte { return windowUpdate(0, 0) }, "PROTOCOL_ERROR window_update"},
		"a short ping":                {func(*rig) []byte { return frame.AppendHeader(nil, frame.Header{Type: frame.Ping}) }, "FRAME_SIZE_ERROR frame_size"},
		"an initial window too large": {func(*rig) []byte { return settings(frame.Setting{ID: frame.InitialWindowSize, Value: 1 << 31}) }, "FLOW_CONTROL_ERROR settings"},
		"a reset of an idle stream":   {func(*rig) []byte { return frame.AppendRSTStream(nil, 1, 0) }, "PROTOCOL_ERROR stream_id"},
		"more settings than anyone needs": {func(*rig) []byte {
			s := make([]frame.Setting, frame.MaxSettings+1)
			for i := range s {
				s[i].ID = 0x77
			}
			return settings(s...)
		}, "ENHANCE_YOUR_CALM settings"},
		"endless continuations": {func(r *rig) []byte {
			p := frame.AppendHeader(nil, frame.Header{Type: frame.Headers, Stream: 1})
			for range maxFragments {
				p = frame.AppendHeader(p, frame.Header{Type: frame.Continuation, Stream: 1})
			}
			return p
		}, "ENHANCE_YOUR_CALM too_many_fragments"},
		"another frame within a header block": {func(r *rig) []byte {
			return append(frame.AppendHeader(nil, frame.Header{Type: frame.Headers, Stream: 1}), data(1, 1, true)...)
		}, "PROTOCOL_ERROR unexpected_frame"},
	} {
		t.Run(name, func(t *testing.T) {
			r := server(t)
			r.send(c.frames(r))
			got := r.read()
			if len(got) != 1 || !strings.HasSuffix(got[0], c.want) || !strings.HasPrefix(got[0], "GOAWAY 0 last 0 ") {
				t.Fatalf("wrote %q, want a GOAWAY with %q", got, c.want)
			}
			if r.closed == nil || *r.closed != event.CloseProtocol || !r.tr.closed {
				t.Fatal("the connection is still open")
			}
			if len(r.sink.violations) != 1 {
				t.Fatalf("violations counted: %v", r.sink.violations)
			}
		})
	}
}

func TestRulesThatEndTheStream(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		want   rule.Violation
	}{
		"upper case":            {[]string{":method", "GET", ":scheme", "http", ":path", "/", "X-Y", "1"}, rule.BadFieldName},
		"connection":            {[]string{":method", "GET", ":scheme", "http", ":path", "/", "connection", "close"}, rule.ConnectionField},
		"te":                    {[]string{":method", "GET", ":scheme", "http", ":path", "/", "te", "gzip"}, rule.ConnectionField},
		"no path":               {[]string{":method", "GET", ":scheme", "http"}, rule.BadPseudoField},
		"two methods":           {[]string{":method", "GET", ":method", "GET", ":scheme", "http", ":path", "/"}, rule.BadPseudoField},
		"pseudo after regular":  {[]string{":method", "GET", ":scheme", "http", "x", "y", ":path", "/"}, rule.BadPseudoField},
		"unknown pseudo":        {[]string{":method", "GET", ":scheme", "http", ":path", "/", ":x", "y"}, rule.BadPseudoField},
		"status in a request":   {[]string{":method", "GET", ":scheme", "http", ":path", "/", ":status", "200"}, rule.BadPseudoField},
		"newline in a value":    {[]string{":method", "GET", ":scheme", "http", ":path", "/", "x", "a\r\nb"}, rule.BadFieldValue},
		"white space at edge":   {[]string{":method", "GET", ":scheme", "http", ":path", "/", "x", " a"}, rule.BadFieldValue},
		"user in authority":     {[]string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "u@h"}, rule.BadAuthority},
		"authority is not host": {[]string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a", "host", "b"}, rule.BadAuthority},
		"two lengths":           {[]string{":method", "GET", ":scheme", "http", ":path", "/", "content-length", "0", "content-length", "1"}, rule.BadContentLength},
		"length without body":   {[]string{":method", "GET", ":scheme", "http", ":path", "/", "content-length", "1"}, rule.BadContentLength},
	} {
		t.Run(name, func(t *testing.T) {
			r := server(t)
			r.send(r.headers(1, true, c.fields...))
			r.want("RST_STREAM 1 PROTOCOL_ERROR")
			if len(r.streams) != 0 || len(r.sink.violations) != 1 || r.sink.violations[0] != c.want {
				t.Fatalf("%d requests, violations %v, want %v", len(r.streams), r.sink.violations, c.want)
			}
			r.send(r.get(3)) // the connection goes on
			r.streams[0].want(t, "request / end")
		})
	}
}

func TestBodyMustHaveItsDeclaredLength(t *testing.T) {
	declared := []string{":method", "POST", ":scheme", "http", ":path", "/", "content-length", "10"}
	for name, frames := range map[string]func(r *rig) []byte{
		"longer":               func(*rig) []byte { return data(1, 11, false) },
		"shorter":              func(*rig) []byte { return data(1, 9, true) },
		"shorter, by trailers": func(r *rig) []byte { return append(data(1, 9, false), r.headers(1, true, "a", "b")...) },
	} {
		t.Run(name, func(t *testing.T) {
			r := server(t)
			r.send(r.headers(1, false, declared...))
			r.send(frames(r))
			r.want("RST_STREAM 1 PROTOCOL_ERROR")
		})
	}
}

func TestHeaderListOverTheLimitIsRefusedAndTheTableStaysInStep(t *testing.T) {
	r := server(t)
	r.send(r.headers(1, true, ":method", "GET", ":scheme", "http", ":path", "/", "big", strings.Repeat("x", 5000), "after", "kept"))
	if len(r.refused) != 1 || r.refused[0] != rule.HeaderListTooLarge {
		t.Fatalf("refused %v", r.refused)
	}
	r.send(r.headers(3, true, ":method", "GET", ":scheme", "http", ":path", "/", "after", "kept"))
	r.streams[1].want(t, "request / end")
}

func TestStreamsBeyondTheLimitAreRefused(t *testing.T) {
	r := server(t)
	for i := range uint32(11) {
		r.send(r.post(2*i + 1))
	}
	r.want("RST_STREAM 21 REFUSED_STREAM")
	if r.c.Streams() != 10 {
		t.Fatalf("%d streams are open", r.c.Streams())
	}
}

func TestLateFramesAfterOurResetAreIgnored(t *testing.T) {
	r := server(t)
	r.send(r.post(1))
	r.streams[0].s.Cancel(Cancel)
	r.env.Flush()
	r.want("RST_STREAM 1 CANCEL")
	r.send(data(1, 100, false), r.headers(1, true, "a", "b"), windowUpdate(1, 5), frame.AppendRSTStream(nil, 1, 8))
	r.want()
}

func TestTheAcknowledgementOfSettingsMeasuresARoundTrip(t *testing.T) {
	r := clientRole(t)
	if got := r.c.Stats().RTT; got != 0 {
		t.Fatalf("%v before it was measured", got)
	}
	r.env.Now += event.Time(3 * time.Millisecond)
	r.send(frame.AppendSettingsAck(nil))
	if got := r.c.Stats().RTT; got != 3*time.Millisecond {
		t.Fatalf("measured %v, want 3ms", got)
	}
}

func TestAnAnsweredUploadGetsAMomentToStop(t *testing.T) {
	r := server(t)
	r.send(r.post(1), r.post(3))
	for _, s := range r.streams {
		s.s.WriteHeaders(fields(":status", "413"), true)
		s.s.Linger()
	}
	r.send(data(1, 100, false), data(3, 100, true)) // 3 stops by itself
	r.want("HEADERS 1 :status=413 end", "HEADERS 3 :status=413 end")
	r.env.Now = event.Time(lingerTime)
	r.c.Sweep(r.env.Now)
	r.env.Flush()
	r.want("RST_STREAM 1 NO_ERROR")
	if r.c.Streams() != 0 {
		t.Fatalf("%d streams are open", r.c.Streams())
	}
}

func TestFramesOnAStreamThatThePeerEndedAreErrors(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	r.send(data(1, 1, false))
	r.want("RST_STREAM 1 STREAM_CLOSED")
}

func TestGracefulDrainFinishesStreams(t *testing.T) {
	r := server(t)
	r.send(r.get(1))
	r.c.Drain()
	r.env.Flush()
	r.want("GOAWAY 0 last 2147483647 NO_ERROR", "PING 0")
	r.send(r.get(3), frame.AppendPing(nil, drainPing, true)) // 3 was on its way
	if !r.c.AwaitsDrainPing() {
		t.Fatal("the drain's PING is not waited for")
	}
	if len(r.pings) != 1 || !IsDrainPing(r.pings[0]) {
		t.Fatal("the answer to the drain's PING was not passed on")
	}
	r.c.DrainNow(event.CloseDrain)
	r.env.Flush()
	r.want("GOAWAY 0 last 3 NO_ERROR")
	if r.c.AwaitsDrainPing() {
		t.Fatal("the drain's PING is waited for after the final GOAWAY")
	}
	r.send(r.get(5)) // ignored: it will be sent elsewhere
	for _, s := range r.streams {
		s.s.WriteHeaders(fields(":status", "200"), true)
	}
	if len(r.streams) != 2 {
		t.Fatalf("%d requests were taken", len(r.streams))
	}
	r.env.Flush()
	r.want("HEADERS 1 :status=200 end", "HEADERS 3 :status=200 end")
	if r.closed == nil || *r.closed != event.CloseDrain {
		t.Fatal("not closed after its last stream")
	}
}

func TestGoAwayFromTheOriginReturnsWhatItDidNotProcess(t *testing.T) {
	r := clientRole(t)
	a, b := r.open(true), r.open(true)
	r.read()
	r.send(frame.AppendGoAway(nil, 1, 0, ""))
	b.want(t, "sent", "goaway NO_ERROR", "reset NO_ERROR cause 2 none")
	if r.c.Slots() != 0 || r.c.Usable() {
		t.Fatal("a connection with GOAWAY still takes streams")
	}
	r.send(r.headers(1, true, ":status", "200"))
	a.want(t, "sent", "goaway NO_ERROR", "headers 200 end")
	if r.closed == nil || *r.closed != event.CloseGoAway {
		t.Fatal("not closed after its last stream")
	}
}

func TestPeerLimitBoundsSlots(t *testing.T) {
	r := clientRole(t, frame.Setting{ID: frame.MaxConcurrentStreams, Value: 2})
	r.open(true)
	if got := r.c.Slots(); got != 1 {
		t.Fatalf("%d slots", got)
	}
	r.open(true)
	before := r.changed
	r.send(r.headers(1, true, ":status", "200"))
	if r.c.Slots() != 1 || r.changed == before {
		t.Fatal("the freed slot was not offered")
	}
}

func TestHostileOrigin(t *testing.T) {
	for name, c := range map[string]struct {
		frames func(r *rig) []byte
		want   string
	}{
		"101":            {func(r *rig) []byte { return r.headers(1, false, ":status", "101") }, "RST_STREAM 1 PROTOCOL_ERROR"},
		"1xx that ends":  {func(r *rig) []byte { return r.headers(1, true, ":status", "100") }, "RST_STREAM 1 PROTOCOL_ERROR"},
		"no status":      {func(r *rig) []byte { return r.headers(1, false, "a", "b") }, "RST_STREAM 1 PROTOCOL_ERROR"},
		"data before it": {func(*rig) []byte { return data(1, 1, false) }, "RST_STREAM 1 PROTOCOL_ERROR"},
		"refused":        {func(*rig) []byte { return frame.AppendRSTStream(nil, 1, 7) }, ""},
		"endless 1xx": {func(r *rig) (p []byte) {
			for range maxInformational + 1 {
				p = append(p, r.headers(1, false, ":status", "103")...)
			}
			return p
		}, "RST_STREAM 1 PROTOCOL_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			r := clientRole(t)
			s := r.open(true)
			r.read()
			r.send(c.frames(r))
			if c.want == "" {
				r.want()
				s.want(t, "sent", "reset REFUSED_STREAM cause 2 none")
				return
			}
			r.want(c.want)
		})
	}
}

func TestLostConnectionResetsEveryStream(t *testing.T) {
	r := clientRole(t)
	s := r.open(false)
	s.s.WriteData(make([]byte, 100000), true)
	r.c.Lost(event.CloseIO, nil)
	r.env.Flush()
	if got := s.take(); got[len(got)-1] != "reset NO_ERROR cause 3 none" {
		t.Fatalf("told %v", got)
	}
	if r.env.Buffered != 0 || !r.tr.closed {
		t.Fatalf("buffered %d", r.env.Buffered)
	}
}
