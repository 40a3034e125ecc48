package conn

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// rig is a connection whose peer is a script: send feeds it frames, want says
// which frames it must have written since.
type rig struct {
	t       *testing.T
	env     *Env
	sink    *sink
	tr      *transport
	c       *Conn
	enc     *hpack.Encoder
	dec     *hpack.Decoder
	streams []*recorder // in the order in which they were opened
	refused []rule.Violation
	closed  *event.CloseReason
	changed int
	pings   [][8]byte
}

// transport takes bytes until it is full.
type transport struct {
	out        []byte
	room       int // -1: endless
	unread     int // of out, by the peer
	closed     bool
	unanswered bool
}

func (t *transport) Write(p []byte) (int, error) {
	n := len(p)
	if t.room >= 0 {
		n = min(n, t.room)
		t.room -= n
	}
	t.out = append(t.out, p[:n]...)
	return n, nil
}

func (t *transport) Unacked() int { return t.unread }

func (t *transport) Close() { t.closed = true }

func (t *transport) Unanswered() bool { return t.unanswered }

// sink counts violations; the rest of what a connection tells is dropped.
type sink struct {
	event.Sink
	violations []rule.Violation
	frames     event.FrameCounts
	timeouts   int // PINGs without an answer
}

func (s *sink) Violation(_ *event.Conn, v event.Violation) { s.violations = append(s.violations, v) }
func (s *sink) PingTimeout(*event.Conn)                    { s.timeouts++ }
func (s *sink) Frames(f *event.FrameCounts)                { s.frames = *f }
func (s *sink) Reset(*event.Conn, event.Dir, event.Code)   {}
func (s *sink) GoAway(*event.Conn, event.Dir, event.Code)  {}
func (s *sink) ConnOpened(*event.Conn)                     {}
func (s *sink) ConnClosed(*event.Conn, event.CloseReason)  {}

// recorder is a stream's handler that writes down what it is told.
type recorder struct {
	s       *Stream
	log     []string
	written int
}

func (r *recorder) Headers(l *header.List, end bool) {
	r.note("headers %s%s", l.Value(0), ending(end))
}
func (r *recorder) Data(p []byte, end bool) { r.note("data %d%s", len(p), ending(end)) }
func (r *recorder) Trailers(l *header.List) { r.note("trailers %d", l.Len()) }
func (r *recorder) Written(n int)           { r.written += n }
func (r *recorder) GoAway(code event.Code)  { r.note("goaway %s", code.Label()) }
func (r *recorder) Sent()                   { r.note("sent") }
func (r *recorder) Reset(code event.Code, cause stream.Cause, v rule.Violation) {
	r.note("reset %s cause %d %s", code.Label(), cause, v)
}
func (r *recorder) Stalled(scope event.Scope, _ event.Time)    { r.note("stalled %s", scope) }
func (r *recorder) Resumed(scope event.Scope, _, _ event.Time) { r.note("resumed %s", scope) }
func (r *recorder) note(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf(format, args...))
}
func (r *recorder) take() (log []string) { log, r.log = r.log, nil; return log }

func ending(end bool) string {
	if end {
		return " end"
	}
	return ""
}

func newRig(t *testing.T, side event.Side, cfg Config) *rig {
	r := &rig{t: t, sink: &sink{}, tr: &transport{room: -1}, enc: hpack.NewEncoder(), dec: hpack.NewDecoder(new(hpack.Scratch), 1<<20, 1000)}
	r.env = &Env{Sink: r.sink}
	if cfg.StreamWindow == 0 {
		cfg = Config{MaxConcurrentStreams: 10, StreamWindow: 65535, ConnWindow: 1 << 20, MaxHeaderBytes: 4096, MaxHeaderFields: 50}
	}
	r.c = New(r.env, cfg, &event.Conn{Side: side}, r, r.tr)
	return r
}

// server returns a connection in the server role whose handshake is done.
func server(t *testing.T) *rig {
	r := newRig(t, event.Downstream, Config{})
	r.raw([]byte(frame.Preface))
	r.send(settings())
	r.read()
	return r
}

// clientRole returns a connection in the client role whose handshake is done.
func clientRole(t *testing.T, s ...frame.Setting) *rig {
	r := newRig(t, event.Upstream, Config{})
	r.env.Flush()
	r.tr.out = r.tr.out[len(frame.Preface):]
	r.send(settings(s...))
	r.read()
	return r
}

func (r *rig) Request(s *Stream, h Head) {
	rec := &recorder{s: s}
	s.SetHandler(rec)
	r.streams = append(r.streams, rec)
	if h.Refused != rule.None {
		r.refused = append(r.refused, h.Refused)
	}
	rec.note("request %s%s", h.Request.Path, ending(h.End))
}
func (r *rig) Changed(*Conn)                            { r.changed++ }
func (r *rig) PingAck(_ *Conn, p [8]byte)               { r.pings = append(r.pings, p) }
func (r *rig) Closed(_ *Conn, reason event.CloseReason) { r.closed = &reason }

// open opens a stream in the client role.
func (r *rig) open(end bool) *recorder {
	rec := &recorder{}
	rec.s = r.c.Open(fields(":method", "GET", ":scheme", "http", ":path", "/", ":authority", "x"), end, false, rec)
	r.streams = append(r.streams, rec)
	r.env.Flush()
	return rec
}

func (r *rig) raw(p []byte) {
	buf := make([]byte, MinReadBuffer+len(p))
	n := r.c.Fill(buf)
	n += copy(buf[n:], p)
	r.c.Consume(buf[:n])
	r.env.Flush()
}

func (r *rig) send(frames ...[]byte) { r.raw(slices.Concat(frames...)) }

func settings(s ...frame.Setting) []byte { return frame.AppendSettings(nil, s...) }

func fields(kv ...string) *header.List {
	l := new(header.List)
	for i := 0; i < len(kv); i += 2 {
		l.Add(kv[i], kv[i+1])
	}
	return l
}

func (r *rig) headers(id uint32, end bool, kv ...string) []byte {
	return frame.AppendBlock(nil, id, r.enc.Append(nil, fields(kv...)), end)
}

func (r *rig) get(id uint32) []byte {
	return r.headers(id, true, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "x")
}

func (r *rig) post(id uint32) []byte {
	return r.headers(id, false, ":method", "POST", ":scheme", "http", ":path", "/", ":authority", "x")
}

func data(id uint32, n int, end bool) []byte { return frame.AppendData(nil, id, make([]byte, n), end) }

func windowUpdate(id, n uint32) []byte { return frame.AppendWindowUpdate(nil, id, n) }

// read returns the frames that were written since, one line each.
func (r *rig) read() (lines []string) {
	r.t.Helper()
	p := r.tr.out
	var block []byte
	for len(p) >= frame.HeaderLen {
		h := frame.ParseHeader(p)
		if len(p) < frame.HeaderLen+int(h.Length) {
			break
		}
		body := p[frame.HeaderLen : frame.HeaderLen+int(h.Length)]
		p = p[frame.HeaderLen+int(h.Length):]
		line := fmt.Sprintf("%s %d", event.FrameName(uint8(h.Type)), h.Stream)
		switch h.Type {
		case frame.Data:
			line += fmt.Sprintf(" %d%s", len(body), ending(h.Flags.Has(frame.FlagEndStream)))
		case frame.Headers, frame.Continuation:
			block = append(block, body...)
			if !h.Flags.Has(frame.FlagEndHeaders) {
				continue
			}
			var l header.List
			if err := r.dec.Decode(block, &l); err != nil {
				r.t.Fatal(err)
			}
			block = nil
			line = fmt.Sprintf("HEADERS %d %s=%s%s", h.Stream, l.Name(0), l.Value(0), ending(h.Flags.Has(frame.FlagEndStream)))
		case frame.RSTStream:
			line += " " + event.Code(binary.BigEndian.Uint32(body)).Label()
		case frame.GoAway:
			line += fmt.Sprintf(" last %d %s %s", binary.BigEndian.Uint32(body), event.Code(binary.BigEndian.Uint32(body[4:])).Label(), body[8:])
		case frame.WindowUpdate:
			line += fmt.Sprintf(" +%d", binary.BigEndian.Uint32(body))
		case frame.Settings, frame.Ping:
			if h.Flags.Has(frame.FlagAck) {
				line += " ack"
			}
		}
		lines = append(lines, strings.TrimSpace(line))
	}
	r.tr.out = append([]byte(nil), p...)
	return lines
}

func (r *rig) want(lines ...string) {
	r.t.Helper()
	if got := r.read(); !slices.Equal(got, lines) {
		r.t.Fatalf("wrote\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

func (r *recorder) want(t *testing.T, lines ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, lines) {
		t.Fatalf("was told\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}
