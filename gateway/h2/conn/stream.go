package conn

import (
	"slices"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// Handler is told what a stream reads; see package stream.
type Handler = stream.Handler

type headerList = header.List

// Stream is one stream of a connection. It belongs to the connection's
// goroutine. After its handler's Reset, after Cancel, and after END_STREAM both
// ways, every method is a no-op.
type Stream struct {
	c       *Conn
	handler Handler
	backlog *backlog // nil: nothing waits

	from     uint64 // of the connection's bytes; where the request begins (client role)
	declared int64  // content-length not yet read; -1: not declared
	id       uint32
	send     flow.Window
	recv     flow.Receiver
	unsent   uint32 // bytes that waited when the stream ended
	owed     uint32 // entries of the connection's ledger

	state         stream.State
	informational uint8 // 1xx responses read
	endQueued     bool  // END_STREAM waits behind the data, or was sent
	headersRead   bool  // request headers, or the final response headers
	noBody        bool  // the response to it has no body (client role)
	gone          bool  // from the connection's table
	held          bool  // by its handler's owner, until Release
	lingers       bool
	retired       bool // rests until the end of the batch
}

func (c *Conn) newStream(id uint32) *Stream {
	s := c.env.takeStream()
	s.c, s.id, s.send, s.declared = c, id, flow.Window(c.peer.initialWindow), -1
	s.recv = flow.NewReceiver(c.in.initial.sent)
	c.streams.add(s)
	return s
}

// ID returns the stream's id.
func (s *Stream) ID() uint32 { return s.id }

// Conn returns the stream's connection.
func (s *Stream) Conn() *Conn { return s.c }

// SetHandler says who is told what the stream reads. Its owner calls Release when
// it is done with the stream.
func (s *Stream) SetHandler(h Handler) { s.handler, s.held = h, true }

// Buffered returns the bytes that wait to be sent or, after the stream's end,
// that never were.
func (s *Stream) Buffered() int { return s.waiting() + int(s.unsent) }

// Windows returns the stream's flow-control windows.
func (s *Stream) Windows() *event.Windows {
	return &event.Windows{Send: int64(s.send), Receive: int64(s.recv.Left()), ConnectionSend: int64(s.c.out.window)}
}

// Stall returns the ongoing stall, if there is one.
func (s *Stream) Stall() (scope event.Scope, since event.Time, ok bool) {
	if b := s.backlog; b != nil && b.stalled {
		return b.stallScope, b.stallSince, true
	}
	return 0, 0, false
}

// WriteHeaders sends a response header block, 1xx or final.
func (s *Stream) WriteHeaders(l *header.List, end bool) {
	if s.state.CanWrite() && !s.endQueued {
		s.writeBlock(l, end)
	}
}

// writeBlock encodes at the moment of sending: HPACK's state depends on order.
func (s *Stream) writeBlock(l *header.List, end bool) {
	c := s.c
	c.room(blockRoom)
	before := len(c.out.buf)
	c.out.buf = frame.AppendHeader(c.out.buf, frame.Header{}) // its place
	c.out.buf = c.out.enc.Append(c.out.buf, l)
	if block := c.out.buf[before+frame.HeaderLen:]; len(block) <= frame.MaxPayload {
		frame.PutBlockHeader(c.out.buf[before:], s.id, len(block), end)
		c.env.count(c.Info.Side, event.Written, uint8(frame.Headers), frame.HeaderLen+len(block))
	} else {
		c.out.buf = frame.AppendBlock(c.out.buf[:before], s.id, slices.Clone(block), end)
		c.countBlock(len(c.out.buf) - before)
	}
	c.out.total += uint64(len(c.out.buf) - before)
	c.touch()
	if end {
		s.wroteEnd()
	}
}

// blockRoom is room for nearly every header block, in bytes.
const blockRoom = 1 << 10

// countBlock counts a HEADERS frame and its CONTINUATION frames.
func (c *Conn) countBlock(size int) {
	const whole = frame.HeaderLen + frame.MaxPayload
	c.env.count(c.Info.Side, event.Written, uint8(frame.Headers), whole)
	for size -= whole; size > 0; size -= whole {
		c.env.count(c.Info.Side, event.Written, uint8(frame.Continuation), min(size, whole))
	}
}

// Credit gives back n bytes that Data brought: they have been written on. When it
// tells the peer, it lets it send up to room bytes ahead, if that is more than
// before. See [Stream.Room].
func (s *Stream) Credit(n, room int) {
	if s.c.life.closed || !s.state.CanRead() {
		return
	}
	if inc := s.recv.Return(n); inc > 0 {
		s.c.windowUpdate(s.id, inc+s.grow(room))
	}
}

// Widen lets the peer send up to room bytes ahead, if that is more than before.
func (s *Stream) Widen(room int) {
	if s.c.life.closed || !s.state.CanRead() {
		return
	}
	if inc := s.grow(room); inc > 0 {
		s.c.windowUpdate(s.id, inc)
	}
}

func (s *Stream) grow(room int) uint32 {
	return s.recv.Grow(min(uint32(room), s.c.wantedWindow()))
}

// Cancel ends the stream with RST_STREAM, unless it is over. Its handler is not
// told anything any more.
func (s *Stream) Cancel(code event.Code) {
	if s.c.streams.get(s.id) != s {
		return
	}
	if s.state != stream.Closed { // its last frame may be the one being handled
		s.c.writeRST(s.id, code)
	}
	if s.backlog != nil {
		s.resume() // a stall that was told of has to end
	}
	s.handler = nil
	s.close()
}

func (s *Stream) readData(data []byte, charged int, end bool) {
	if !s.state.CanRead() {
		s.violate(codeStreamClosed, rule.StreamClosed) // RFC 9113 §6.1
		return
	}
	if !s.headersRead {
		s.violate(codeProtocol, rule.UnexpectedFrame) // DATA before the final response headers
		return
	}
	if !s.recv.Charge(charged) && s.recv.Left()+s.c.in.initial.slack() < 0 {
		s.violate(codeFlowControl, rule.WindowExceeded)
		return
	}
	if s.declared >= 0 {
		s.declared -= int64(len(data))
		if s.declared < 0 || end && s.declared != 0 {
			s.violate(codeProtocol, rule.BadContentLength) // RFC 9113 §8.1.1
			return
		}
	}
	if end {
		s.state = s.state.ReadEnd()
	} else if pad := charged - len(data); pad > 0 {
		s.Credit(pad, 0)
	}
	if len(data) > 0 || end {
		s.handler.Data(data, end)
	}
	s.maybeClose()
}

func (s *Stream) wroteEnd() {
	s.state = s.state.WroteEnd()
	s.endQueued = true
	s.maybeClose()
	if s.handler != nil {
		s.handler.Sent()
	}
}

func (s *Stream) maybeClose() {
	if s.state == stream.Closed {
		if !s.gone {
			s.c.useful(gainStream)
		}
		s.close()
	}
}

// close forgets the stream. Credits for bytes on their way are still paid to a
// handler that remains.
func (s *Stream) close() {
	c := s.c
	if c.streams.get(s.id) != s {
		return
	}
	s.state = stream.Closed
	if c.streams.remove(s); c.streams.len() == 0 {
		c.life.unused = c.env.Now
	}
	s.gone = true
	if n := s.waiting(); n > 0 {
		s.unsent = uint32(n)
		c.env.Buffered -= int64(n)
	}
	s.dropBacklog()
	if !c.server() && !c.life.closed {
		c.owner.Changed(c)
	}
	c.closeIfDone(event.CloseGoAway)
	s.retire()
}

// finish ends the stream and tells its handler.
func (s *Stream) finish(code event.Code, cause stream.Cause, v rule.Violation) {
	h := s.handler
	s.close()
	s.handler = nil
	if h != nil {
		h.Reset(code, cause, v)
	}
}

func (s *Stream) peerReset(code event.Code) {
	cause := stream.PeerReset
	if code == codeRefused && !s.c.server() {
		cause = stream.Unprocessed // RFC 9113 §8.7
	}
	s.finish(code, cause, rule.None)
}

// violate resets the stream because the peer broke a rule on it.
func (s *Stream) violate(code event.Code, v rule.Violation) {
	c := s.c
	c.noteViolation(v)
	c.writeRST(s.id, code)
	s.finish(code, stream.PeerViolation, v)
	c.glitch(costReset, rule.TooManyResets)
}
