package conn

import (
	"encoding/binary"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// MinReadBuffer is the least capacity of a buffer passed to Fill: the largest
// frame that a peer may send.
const MinReadBuffer = frame.HeaderLen + frame.MaxPayload

// Fill copies what is left of an incomplete frame to the front of buf and
// returns its length; the owner reads behind it and calls Consume with the whole.
func (c *Conn) Fill(buf []byte) int {
	n := copy(buf, c.in.partial)
	c.in.partial = c.in.partial[:0]
	return n
}

// Consume handles every whole frame in p, returns how many they were, and keeps a
// copy of what is left. p may be reused afterwards.
func (c *Conn) Consume(p []byte) (frames int) {
	c.alive.heard = c.env.Now
	if c.in.preface > 0 {
		var ok bool
		if p, ok = c.readPreface(p); !ok {
			return 0
		}
	}
	before := len(p)
	for len(p) >= frame.HeaderLen && !c.over() {
		h := frame.ParseHeader(p)
		if h.Length > frame.MaxPayload {
			c.violate(codeFrameSize, rule.BadFrameSize) // RFC 9113 §4.2
			break
		}
		size := frame.HeaderLen + int(h.Length)
		if len(p) < size {
			break
		}
		c.env.count(c.Info.Side, event.Read, uint8(h.Type), size)
		c.read(h, p[frame.HeaderLen:size])
		p = p[size:]
		frames++
	}
	if c.over() {
		c.in.partial = nil
		return frames
	}
	if len(p) > 0 {
		c.in.partial = append(c.in.partial[:0], p...)
		c.noteCut(len(p) < before)
	} else if cap(c.in.partial) > 0 {
		c.in.partial = nil
	}
	return frames
}

// noteCut notes since when a frame has not been whole that no other timeout ends:
// no stream exists before the whole header block, and of what type a frame is
// says its header. fresh: it is another one than the last time.
func (c *Conn) noteCut(fresh bool) {
	if p := c.in.partial; len(p) >= frame.HeaderLen {
		if t := frame.ParseHeader(p).Type; t != frame.Headers && t != frame.Continuation {
			c.in.cut = 0
			return
		}
	}
	if fresh || c.in.cut == 0 {
		c.in.cut = c.env.Now
	}
}

// over reports whether frames are no longer looked at.
func (c *Conn) over() bool { return c.life.closing || c.life.closed }

func (c *Conn) readPreface(p []byte) (rest []byte, ok bool) {
	want := frame.Preface[len(frame.Preface)-c.in.preface:]
	n := min(len(want), len(p))
	if string(p[:n]) != want[:n] {
		c.violate(codeProtocol, rule.BadPreface) // RFC 9113 §3.4
		return nil, false
	}
	c.in.preface -= n
	return p[n:], c.in.preface == 0
}

// read handles one frame whose payload is p.
func (c *Conn) read(h frame.Header, p []byte) {
	switch {
	case !c.in.settled && (h.Type != frame.Settings || h.Flags.Has(frame.FlagAck)):
		c.violate(codeProtocol, rule.BadPreface) // RFC 9113 §3.4
		return
	case c.in.block.active && (h.Type != frame.Continuation || h.Stream != c.in.block.stream):
		c.violate(codeProtocol, rule.UnexpectedFrame) // RFC 9113 §6.10
		return
	}
	switch h.Type {
	case frame.Data:
		c.alive.next = 0
		c.readData(h, p)
	case frame.Headers:
		c.alive.next = 0
		c.readHeaders(h, p)
	case frame.Continuation:
		c.readContinuation(h, p)
	case frame.Priority:
		c.readPriority(h, p)
	case frame.RSTStream:
		c.readRST(h, p)
	case frame.Settings:
		c.readSettings(h, p)
	case frame.PushPromise:
		// RFC 9113 §8.4: a client must not push, and we disabled it as a client.
		c.violate(codeProtocol, rule.BadPushPromise)
	case frame.Ping:
		c.readPing(h, p)
	case frame.GoAway:
		c.readGoAway(h, p)
	case frame.WindowUpdate:
		c.readWindowUpdate(h, p)
	default:
		c.glitch(costControl, rule.TooManyControlFrames) // RFC 9113 §5.5: unknown types are ignored
	}
}

// idle reports whether the stream has never been opened.
func (c *Conn) idle(id uint32) bool {
	if c.server() {
		return id%2 == 0 || id > c.in.lastID
	}
	return id%2 == 0 || id >= c.out.nextID
}

func (c *Conn) readPriority(h frame.Header, p []byte) {
	switch {
	case h.Stream == 0:
		c.violate(codeProtocol, rule.BadStreamID)
	case len(p) != 5:
		c.streamViolation(h.Stream, codeFrameSize, rule.BadFrameSize) // RFC 9113 §6.3
	case binary.BigEndian.Uint32(p)&(1<<31-1) == h.Stream:
		c.streamViolation(h.Stream, codeProtocol, rule.BadPriority) // RFC 7540 §5.3.1
	default:
		c.glitch(costControl, rule.TooManyControlFrames)
	}
}

func (c *Conn) readRST(h frame.Header, p []byte) {
	switch {
	case h.Stream == 0 || c.idle(h.Stream):
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §6.4
		return
	case len(p) != 4:
		c.violate(codeFrameSize, rule.BadFrameSize)
		return
	}
	code := event.Code(binary.BigEndian.Uint32(p))
	c.env.Sink.Reset(c.Info, event.Read, code)
	s := c.streams.get(h.Stream)
	if s == nil {
		c.glitch(costAnswered, rule.TooManyResets)
		return
	}
	s.peerReset(code)
	if c.server() && c.glitches.isYoung(h.Stream, c.env.Now) {
		c.glitch(costReset, rule.TooManyResets)
	}
}

func (c *Conn) readWindowUpdate(h frame.Header, p []byte) {
	if len(p) != 4 {
		c.violate(codeFrameSize, rule.BadFrameSize) // RFC 9113 §6.9
		return
	}
	n := int(binary.BigEndian.Uint32(p) & (1<<31 - 1))
	c.env.Counts.Credit[c.Info.Side][event.Read] += uint64(n)
	if h.Stream == 0 {
		switch {
		case n == 0:
			c.violate(codeProtocol, rule.BadWindowUpdate)
		default:
			cost := creditCost(n, c.out.window, c.out.ready.head != nil)
			if !c.out.window.Add(n) {
				c.violate(codeFlowControl, rule.WindowOverflow) // RFC 9113 §6.9.1
				return
			}
			c.out.credited += uint64(n)
			c.touch()
			c.glitch(cost, rule.TooManyControlFrames)
		}
		return
	}
	if c.idle(h.Stream) {
		c.violate(codeProtocol, rule.BadStreamID)
		return
	}
	s := c.streams.get(h.Stream)
	switch {
	case s == nil: // closed; RFC 9113 §5.1 allows it for a while
		c.glitch(costControl, rule.TooManyControlFrames)
	case n == 0:
		c.streamViolation(h.Stream, codeProtocol, rule.BadWindowUpdate)
	default:
		cost := creditCost(n, s.send, s.waiting() > 0)
		if !s.send.Add(n) {
			c.streamViolation(h.Stream, codeFlowControl, rule.WindowOverflow)
			return
		}
		s.windowOpened()
		c.glitch(cost, rule.TooManyControlFrames)
	}
}

// creditCost returns what it costs to be given credit for n bytes. The window may
// have been opened a little already by frames of the same batch.
func creditCost(n int, window flow.Window, waited bool) int32 {
	if n < dribble && window < dribble && waited {
		return costDribble
	}
	return costControl
}

func (c *Conn) readData(h frame.Header, p []byte) {
	if h.Stream == 0 {
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §6.1
		return
	}
	if c.idle(h.Stream) {
		c.violate(codeProtocol, rule.BadStreamID)
		return
	}
	// Charge before anything is rejected, padding included, and give the
	// connection's credit back at once: its window must never depend on what one
	// stream's reader does.
	charged := len(p)
	if !c.in.window.Charge(charged) {
		c.violate(codeFlowControl, rule.WindowExceeded)
		return
	}
	if n := c.in.window.Return(charged); n > 0 {
		c.windowUpdate(0, n)
	}
	data, ok := frame.TrimPadding(p, h.Flags, 0)
	if !ok {
		c.violate(codeProtocol, rule.BadPadding)
		return
	}
	end := h.Flags.Has(frame.FlagEndStream)
	if len(data) == 0 && !end {
		// Allowed, but useless: a peer that sends nothing else is abusing us.
		if c.in.empty++; c.in.empty > maxEmptyFrames {
			c.violate(codeCalm, rule.EmptyFrames)
			return
		}
		if c.glitch(costEmpty, rule.EmptyFrames); c.over() {
			return
		}
	} else {
		c.in.empty = 0
		c.useful(gainRead)
	}
	s := c.streams.get(h.Stream)
	if s == nil {
		c.closedStreamFrame(h.Stream)
		return
	}
	s.readData(data, charged, end)
}

// maxEmptyFrames is how many empty DATA frames in a row a connection may send
// (CVE-2019-9518).
const maxEmptyFrames = 100

// closedStreamFrame answers DATA on a stream that is gone.
func (c *Conn) closedStreamFrame(id uint32) {
	if c.disregards(id) {
		return
	}
	c.noteViolation(rule.StreamClosed)
	c.writeRST(id, codeStreamClosed)
	c.glitch(costReset, rule.TooManyResets)
}

// disregards reports whether frames for a stream that is gone are no fault of
// the peer's: it may have sent them before it read our RST_STREAM or GOAWAY.
func (c *Conn) disregards(id uint32) bool { return c.in.late.may(id) || c.aboveGoAway(id) }

// aboveGoAway reports whether a stream of the peer's is not and will not be
// processed (RFC 9113 §6.8).
func (c *Conn) aboveGoAway(id uint32) bool {
	return c.server() && c.life.goAwayWritten && id > c.life.lastID
}

// streamViolation ends a stream whose peer broke a rule. On a stream that was
// never opened it ends the connection: there is no stream to reset.
func (c *Conn) streamViolation(id uint32, code event.Code, v rule.Violation) {
	if c.idle(id) {
		c.violate(code, v)
		return
	}
	if s := c.streams.get(id); s != nil {
		s.violate(code, v)
		return
	}
	c.noteViolation(v)
	c.writeRST(id, code)
	c.glitch(costReset, rule.TooManyResets)
}
