package conn

import (
	"fmt"
	"testing"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// phase is a stream's state as RFC 9113 §5.1 draws it, and how it was closed,
// on which the reaction to late frames depends.
type phase uint8

const (
	idle phase = iota
	open
	halfLocal
	halfRemote
	closedEnded // END_STREAM both ways
	closedByPeer
	closedByUs
	passedOver // never opened, below one that was
	numPhases
)

func (p phase) String() string {
	return [...]string{"idle", "open", "half-closed (local)", "half-closed (remote)", "closed", "closed by the peer's RST_STREAM", "closed by our RST_STREAM", "passed over"}[p]
}

// received is a frame that the peer sends on a stream.
type received uint8

const (
	inHeaders    received = iota // HEADERS
	inHeadersEnd                 // HEADERS with END_STREAM
	inData
	inDataEnd
	inReset
	inWindow
	inPriority
	numInputs
)

func (i received) String() string {
	return [...]string{"HEADERS", "HEADERS+END_STREAM", "DATA", "DATA+END_STREAM", "RST_STREAM", "WINDOW_UPDATE", "PRIORITY"}[i]
}

// reaction is what a frame leads to.
type reaction struct {
	next phase
	// conn and reset are the codes of the errors that it is answered with, none
	// if it is handled or ignored.
	conn, reset event.Code
}

func goesTo(p phase) reaction           { return reaction{next: p} }
func resets(code event.Code) reaction   { return reaction{next: closedByUs, reset: code} }
func endsConn(code event.Code) reaction { return reaction{conn: code} }

// transitions is RFC 9113 §5.1 for frames that are read. What depends on more
// than the state, the order of HEADERS and DATA within a message (§8.1), is in
// expect.
//
// Where the RFC leaves a choice (any frame "MAY" be a connection error on a closed
// stream), it holds what this implementation has decided on: HEADERS end the
// connection, because a client that sends them has lost count; DATA the stream.
var transitions = [numPhases][numInputs]reaction{
	idle: {
		inHeaders: goesTo(open), inHeadersEnd: goesTo(halfRemote),
		inData: endsConn(codeProtocol), inDataEnd: endsConn(codeProtocol),
		inReset: endsConn(codeProtocol), inWindow: endsConn(codeProtocol),
		inPriority: goesTo(idle),
	},
	open: {
		inHeaders: goesTo(open), inHeadersEnd: goesTo(halfRemote),
		inData: goesTo(open), inDataEnd: goesTo(halfRemote),
		inReset: goesTo(closedByPeer), inWindow: goesTo(open), inPriority: goesTo(open),
	},
	halfLocal: {
		inHeaders: goesTo(halfLocal), inHeadersEnd: goesTo(closedEnded),
		inData: goesTo(halfLocal), inDataEnd: goesTo(closedEnded),
		inReset: goesTo(closedByPeer), inWindow: goesTo(halfLocal), inPriority: goesTo(halfLocal),
	},
	halfRemote: {
		inHeaders: resets(codeStreamClosed), inHeadersEnd: resets(codeStreamClosed),
		inData: resets(codeStreamClosed), inDataEnd: resets(codeStreamClosed),
		inReset: goesTo(closedByPeer), inWindow: goesTo(halfRemote), inPriority: goesTo(halfRemote),
	},
	closedEnded: {
		inHeaders: endsConn(codeStreamClosed), inHeadersEnd: endsConn(codeStreamClosed),
		inData: resets(codeStreamClosed), inDataEnd: resets(codeStreamClosed),
		inReset: goesTo(closedEnded), inWindow: goesTo(closedEnded), inPriority: goesTo(closedEnded),
	},
	closedByPeer: {
		inHeaders: endsConn(codeStreamClosed), inHeadersEnd: endsConn(codeStreamClosed),
		inData: resets(codeStreamClosed), inDataEnd: resets(codeStreamClosed),
		inReset: goesTo(closedByPeer), inWindow: goesTo(closedByPeer), inPriority: goesTo(closedByPeer),
	},
	closedByUs: { // the peer may not know yet: everything is ignored
		inHeaders: goesTo(closedByUs), inHeadersEnd: goesTo(closedByUs),
		inData: goesTo(closedByUs), inDataEnd: goesTo(closedByUs),
		inReset: goesTo(closedByUs), inWindow: goesTo(closedByUs), inPriority: goesTo(closedByUs),
	},
	passedOver: { // RFC 9113 §5.1.1: a new stream's id is above all before
		inHeaders: endsConn(codeProtocol), inHeadersEnd: endsConn(codeProtocol),
		inData: resets(codeStreamClosed), inDataEnd: resets(codeStreamClosed),
		inReset: goesTo(passedOver), inWindow: goesTo(passedOver), inPriority: goesTo(passedOver),
	},
}

// modelStream is what the table says about one stream.
type modelStream struct {
	phase
	headersRead bool // the message's header block
	rec         *recorder
}

// states runs a connection beside the table.
type states struct {
	*rig
	streams [4]modelStream // ids 1, 3, 5 and 7
}

func idAt(i int) uint32 { return uint32(2*i + 1) }

// expect says what a frame on stream i must lead to.
func (m *states) expect(i int, in received) reaction {
	s := &m.streams[i]
	if s.phase == idle && !m.c.server() && in != inPriority {
		return endsConn(codeProtocol) // RFC 9113 §5.1.1: only a client opens streams
	}
	if canRead := s.phase == open || s.phase == halfLocal; canRead {
		switch {
		case (in == inData || in == inDataEnd) && !s.headersRead:
			return resets(codeProtocol) // RFC 9113 §8.1: the header block comes first
		case in == inHeaders && s.headersRead:
			return resets(codeProtocol) // RFC 9113 §8.1: trailers end the stream
		}
	}
	return transitions[s.phase][in]
}

// read has the peer send a frame and compares.
func (m *states) read(i int, in received) {
	m.t.Helper()
	id, s := idAt(i), &m.streams[i]
	want := m.expect(i, in)
	before := s.phase
	m.send(m.frame(id, in, s))
	var conn, reset event.Code
	for _, w := range m.frames() {
		switch w.Type {
		case frame.GoAway:
			conn = w.code()
		case frame.RSTStream:
			if w.Stream != id || reset != 0 {
				m.t.Fatalf("%s on stream %d (%s) resets stream %d", in, id, before, w.Stream)
			}
			reset = w.code()
		default:
			m.t.Fatalf("%s on stream %d (%s) is answered with a %s", in, id, before, event.FrameName(uint8(w.Type)))
		}
	}
	if conn != want.conn || reset != want.reset || m.c.over() != (want.conn != codeNone) {
		m.t.Fatalf("%s on stream %d (%s): connection error %s, stream error %s; want %s, %s", in, id, before,
			conn.Label(), reset.Label(), want.conn.Label(), want.reset.Label())
	}
	if want.conn != codeNone {
		return
	}
	m.follow(i, in, want.next)
	m.compare(fmt.Sprintf("%s on stream %d (%s)", in, id, before))
}

// follow moves the model on.
func (m *states) follow(i int, in received, next phase) {
	s := &m.streams[i]
	if s.phase == idle && next != idle { // RFC 9113 §5.1.1: those below it are closed
		for j := range i {
			if m.streams[j].phase == idle {
				m.streams[j].phase = passedOver
			}
		}
		s.headersRead = true
		s.rec = m.rig.streams[len(m.rig.streams)-1]
	}
	if (in == inHeaders || in == inHeadersEnd) && next != closedByUs {
		s.headersRead = true
	}
	s.phase = next
}

// frame makes a frame that is valid as far as its content goes.
func (m *states) frame(id uint32, in received, s *modelStream) []byte {
	switch in {
	case inHeaders, inHeadersEnd:
		end := in == inHeadersEnd
		switch {
		case m.c.server() && s.phase == idle && end:
			return m.get(id)
		case m.c.server() && s.phase == idle:
			return m.post(id)
		case !m.c.server() && !s.headersRead:
			return m.headers(id, end, ":status", "200")
		default:
			return m.headers(id, end, "a", "b")
		}
	case inData, inDataEnd:
		return data(id, 3, in == inDataEnd)
	case inReset:
		return frame.AppendRSTStream(nil, id, uint32(codeCancel))
	case inWindow:
		return windowUpdate(id, 5)
	default:
		return append(frame.AppendHeader(nil, frame.Header{Length: 5, Type: frame.Priority, Stream: id}), 0, 0, 0, 0, 1)
	}
}

// write has us act on a stream that our application holds.
func (m *states) write(i int, action byte) {
	m.t.Helper()
	s := &m.streams[i]
	if s.rec == nil {
		if !m.c.server() && m.c.Slots() > 0 && (i == 0 || m.streams[i-1].phase != idle) {
			end := action&1 != 0
			s.rec, s.phase = m.rig.open(end), open
			if end {
				s.phase = halfLocal
			}
			m.wrote(i, open, frame.Headers, end)
		}
		return
	}
	before, st := s.phase, s.rec.s
	canWrite := before == open || before == halfRemote
	end := action&4 != 0
	switch action % 4 {
	case 0, 1:
		st.WriteData([]byte("abc"), end)
		m.env.Flush()
		m.wrote(i, before, frame.Data, end)
	case 2:
		st.WriteTrailers(fields("a", "b"))
		m.env.Flush()
		end = true
		m.wrote(i, before, frame.Headers, end)
	case 3:
		st.Cancel(Cancel)
		m.env.Flush()
		m.wrote(i, before, frame.RSTStream, false)
		if before < closedEnded {
			s.phase = closedByUs
		}
		end = false
	}
	if canWrite && end {
		if s.phase = halfLocal; before == halfRemote {
			s.phase = closedEnded
		}
	}
	m.compare(fmt.Sprintf("we wrote (%d) on stream %d (%s)", action%4, idAt(i), before))
}

// wrote checks that a write gave the one frame that the state allows, or none.
func (m *states) wrote(i int, before phase, want frame.Type, end bool) {
	m.t.Helper()
	allowed := before == open || before == halfRemote || want == frame.RSTStream && before == halfLocal
	got := m.frames()
	if !allowed {
		if len(got) > 0 {
			m.t.Fatalf("stream %d is %s, and we send %s", idAt(i), before, event.FrameName(uint8(got[0].Type)))
		}
		return
	}
	if len(got) != 1 || got[0].Type != want || got[0].Stream != idAt(i) ||
		want != frame.RSTStream && got[0].Flags.Has(frame.FlagEndStream) != end {
		m.t.Fatalf("stream %d is %s: want one %s (end %v), wrote %v", idAt(i), before, event.FrameName(uint8(want)), end, got)
	}
}

// compare compares the connection with the model.
func (m *states) compare(after string) {
	m.t.Helper()
	alive := 0
	for i := range m.streams {
		s := &m.streams[i]
		real := m.c.streams.get(idAt(i))
		is := closedEnded
		if real != nil {
			alive++
			is = map[stream.State]phase{stream.Open: open, stream.HalfLocal: halfLocal, stream.HalfRemote: halfRemote}[real.state]
		} else if m.c.idle(idAt(i)) {
			is = idle
		}
		if is != min(s.phase, closedEnded) {
			m.t.Fatalf("%s: stream %d is %s, want %s", after, idAt(i), is, s.phase)
		}
		if s.rec != nil {
			m.told(after, i)
		}
	}
	if m.c.Streams() != alive {
		m.t.Fatalf("%s: %d streams are counted, %d are open", after, m.c.Streams(), alive)
	}
}

// told checks that a handler is told once that its stream is over, and nothing
// afterwards.
func (m *states) told(after string, i int) {
	m.t.Helper()
	over := false
	for _, line := range m.streams[i].rec.log {
		if over {
			m.t.Fatalf("%s: stream %d was told %q after its end", after, idAt(i), m.streams[i].rec.log)
		}
		over = len(line) > 5 && line[:5] == "reset"
	}
}

// FuzzStates plays random frames and actions on a few streams and compares each
// reaction with the table, in the role of the server or of the client.
func FuzzStates(f *testing.F) {
	f.Add(true, []byte{0, 0x12, 0x13, 0x80, 0x84, 4, 5, 6, 0x01, 0x11})
	f.Add(true, []byte{0x21, 0x00, 0x22, 0x84 | 0x20, 0x22, 0x23, 0x20})
	f.Add(false, []byte{0x80, 0x00, 0x02, 0x84, 0x01, 0x90, 0x12, 0x14})
	f.Add(false, []byte{0x81, 0x01, 0x03, 0x05, 0x04})
	for in := range byte(numInputs) { // each frame on a stream in each state
		f.Add(true, []byte{in})
		f.Add(true, []byte{0x00, in, in})
		f.Add(true, []byte{0x00, 0x84, in, in})
		f.Add(true, []byte{0x01, in, in})
		f.Add(true, []byte{0x01, 0x84, in, in})
		f.Add(true, []byte{0x00, 0x04, in, in})
		f.Add(true, []byte{0x00, 0x83, in, in})
		f.Add(true, []byte{0x20, 0x10 | in, 0x10 | in})
		f.Add(false, []byte{in})
		f.Add(false, []byte{0x80, in, in})
		f.Add(false, []byte{0x80, 0x00, in, in})
		f.Add(false, []byte{0x81, in, in})
		f.Add(false, []byte{0x80, 0x01, in, in})
		f.Add(false, []byte{0x81, 0x01, in, in})
		f.Add(false, []byte{0x80, 0x04, in, in})
		f.Add(false, []byte{0x80, 0x83, in, in})
	}
	f.Fuzz(func(t *testing.T, asServer bool, steps []byte) {
		m := &states{}
		if asServer {
			m.rig = server(t)
		} else {
			m.rig = clientRole(t)
		}
		// A step: who acts, on which stream, and what it does.
		for _, b := range steps[:min(len(steps), 200)] {
			if m.c.over() {
				break
			}
			if i := int(b >> 4 & 3); b&0x80 == 0 {
				m.read(i, received(b&0xf)%numInputs)
			} else {
				m.write(i, b&0xf)
			}
		}
	})
}
