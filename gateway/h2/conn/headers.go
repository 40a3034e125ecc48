package conn

import (
	"encoding/binary"
	"errors"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/hpack"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// blockState is a header block that CONTINUATION frames are still expected for.
type blockState struct {
	active    bool
	end       bool // END_STREAM of the HEADERS frame
	selfDep   bool // its priority depends on itself
	stream    uint32
	fragments int
	buf       []byte
	since     event.Time // when it began
}

// maxFragments bounds the frames of one header block (CVE-2024-27316 and
// relatives): a peer that needs more than that for a list within our limit is
// sending it byte by byte.
const maxFragments = 8

// maxBlockBytes bounds the encoded bytes of one header block. It is above what
// any acceptable list can take.
func (c *Conn) maxBlockBytes() int { return max(64<<10, 4*int(c.cfg.MaxHeaderBytes)) }

func (c *Conn) readHeaders(h frame.Header, p []byte) {
	if h.Stream == 0 || c.server() && h.Stream%2 == 0 {
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §5.1.1
		return
	}
	if !c.server() && c.idle(h.Stream) {
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §5.1.1: only clients open these
		return
	}
	priority := 0
	if h.Flags.Has(frame.FlagPriority) {
		priority = 5
	}
	p, ok := frame.TrimPadding(p, h.Flags, priority)
	if !ok {
		c.violate(codeProtocol, rule.BadPadding)
		return
	}
	selfDep := priority > 0 && binary.BigEndian.Uint32(p)&(1<<31-1) == h.Stream
	b := blockState{stream: h.Stream, end: h.Flags.Has(frame.FlagEndStream), selfDep: selfDep}
	p = p[priority:]
	if h.Flags.Has(frame.FlagEndHeaders) {
		c.block(b, p)
		return
	}
	b.active, b.fragments, b.since = true, 1, c.env.Now
	b.buf = append([]byte(nil), p...)
	c.in.block = b
}

func (c *Conn) readContinuation(h frame.Header, p []byte) {
	b := &c.in.block
	if !b.active {
		c.violate(codeProtocol, rule.UnexpectedContinuation) // RFC 9113 §6.10
		return
	}
	if len(p) == 0 {
		if c.glitch(costEmpty, rule.EmptyFrames); c.over() {
			return
		}
	}
	b.fragments++
	if b.fragments > maxFragments || len(b.buf)+len(p) > c.maxBlockBytes() {
		c.violate(codeCalm, rule.TooManyFragments)
		return
	}
	b.buf = append(b.buf, p...)
	if h.Flags.Has(frame.FlagEndHeaders) {
		whole := *b
		*b = blockState{}
		c.block(whole, whole.buf)
	}
}

// block handles a whole header block. It is decoded in every case, so that the
// compression state stays in step (RFC 9113 §4.3).
func (c *Conn) block(b blockState, p []byte) {
	list := &c.env.list
	list.Reset()
	var over rule.Violation
	switch err := c.in.dec.Decode(p, list); {
	case errors.Is(err, hpack.ErrListTooLarge):
		over = rule.HeaderListTooLarge
	case errors.Is(err, hpack.ErrTooManyFields):
		over = rule.TooManyFields
	case err == hpack.ErrBomb:
		c.violate(codeCalm, rule.HeaderListTooLarge)
		return
	case err != nil:
		c.violate(codeCompression, rule.BadHeaderBlock)
		return
	}
	s := c.streams.get(b.stream)
	switch {
	case s != nil && b.selfDep:
		s.violate(codeProtocol, rule.BadPriority)
	case s != nil && c.server():
		s.readRequestTrailers(list, b.end, over)
	case s != nil:
		s.readResponse(list, b.end, over)
	case c.server() && b.stream > c.in.lastID:
		c.open(b, list, over)
	case c.disregards(b.stream):
		c.glitch(costAnswered, rule.TooManyControlFrames) // one or two may have been under way
	case c.in.skipped.has(b.stream):
		c.violate(codeProtocol, rule.StreamIDReused) // RFC 9113 §5.1.1
	default:
		// RFC 9113 §5.1: HEADERS on a closed stream.
		c.violate(codeStreamClosed, rule.StreamClosed)
	}
}

// open begins a stream that the peer opened (server role).
func (c *Conn) open(b blockState, list *header.List, over rule.Violation) {
	c.in.skipped.note(c.in.lastID, b.stream)
	c.in.lastID = b.stream
	if c.aboveGoAway(b.stream) {
		return // RFC 9113 §6.8: ignored; the client will send it elsewhere
	}
	c.opened++
	c.glitches.opening(b.stream, c.env.Now)
	if b.selfDep {
		c.reject(b.stream, codeProtocol, rule.BadPriority)
		return
	}
	if c.streams.len() >= int(c.cfg.MaxConcurrentStreams) {
		// RFC 9113 §5.1.2. The peer may not have seen our SETTINGS: refuse, so
		// that it can try again.
		c.reject(b.stream, codeRefused, rule.TooManyStreams)
		return
	}
	head := Head{List: list, End: b.end, Refused: over}
	if over == rule.None {
		var v rule.Violation
		if head.Request, v = header.ValidateRequest(list); v != rule.None {
			c.reject(b.stream, codeProtocol, v) // RFC 9113 §8.1.1
			return
		}
		if b.end && head.Request.ContentLength > 0 {
			c.reject(b.stream, codeProtocol, rule.BadContentLength)
			return
		}
	} else {
		c.noteViolation(over)
		if c.glitch(costRefused, over); c.over() {
			return
		}
	}
	s := c.newStream(b.stream)
	if over == rule.None {
		s.declared = head.Request.ContentLength
	}
	s.headersRead = true
	if b.end {
		s.state = s.state.ReadEnd()
	}
	c.owner.Request(s, head)
}

// reject resets a stream that never came to be.
func (c *Conn) reject(id uint32, code event.Code, v rule.Violation) {
	c.noteViolation(v)
	c.writeRST(id, code)
	c.glitch(costReset, rule.TooManyResets)
}

func (s *Stream) readRequestTrailers(list *header.List, end bool, over rule.Violation) {
	if !s.state.CanRead() {
		s.violate(codeStreamClosed, rule.StreamClosed) // RFC 9113 §5.1
		return
	}
	if !end {
		s.violate(codeProtocol, rule.BadTrailers) // RFC 9113 §8.1
		return
	}
	s.readTrailers(list, over)
}

func (s *Stream) readTrailers(list *header.List, over rule.Violation) {
	v := over
	if v == rule.None {
		v = header.ValidateTrailers(list)
	}
	if v == rule.None && s.declared > 0 {
		v = rule.BadContentLength // Σ DATA ≠ content-length (RFC 9113 §8.1.1)
	}
	if v != rule.None {
		s.violate(codeProtocol, v)
		return
	}
	s.state = s.state.ReadEnd()
	s.handler.Trailers(list)
	s.maybeClose()
}

// readResponse handles a header block that an origin sent (client role).
func (s *Stream) readResponse(list *header.List, end bool, over rule.Violation) {
	switch {
	case !s.state.CanRead():
		s.violate(codeStreamClosed, rule.StreamClosed)
		return
	case s.headersRead && !end:
		s.violate(codeProtocol, rule.BadTrailers)
		return
	case s.headersRead:
		s.readTrailers(list, over)
		return
	case over != rule.None:
		s.violate(codeProtocol, over)
		return
	}
	r, v := header.ValidateResponse(list)
	if v == rule.None {
		v = s.checkResponse(r, end)
	}
	if v != rule.None {
		s.violate(codeProtocol, v)
		return
	}
	if r.Status >= 200 {
		s.headersRead = true
		s.c.opened++
		s.declared = r.ContentLength
		if s.noBody || r.Status == 204 || r.Status == 304 {
			s.declared = 0 // it describes a body that is not sent (RFC 9110 §8.6)
			s.noBody = true
		}
	}
	if end {
		s.state = s.state.ReadEnd()
	}
	s.handler.Headers(list, end)
	s.maybeClose()
}

// maxInformational bounds the 1xx responses of one stream.
const maxInformational = 64

func (s *Stream) checkResponse(r header.Response, end bool) rule.Violation {
	if r.Status < 200 {
		s.informational++
		// RFC 9113 §8.1: a 1xx cannot end a stream; §8.6: 101 does not exist.
		if end || r.Status == 101 || s.informational > maxInformational {
			return rule.BadInformational
		}
		return rule.None
	}
	if end && r.ContentLength > 0 && !s.noBody && r.Status != 204 && r.Status != 304 {
		return rule.BadContentLength
	}
	return rule.None
}

// maxStreamID is the last id a client may use (RFC 9113 §5.1.1).
const maxStreamID = 1<<31 - 1

// Open opens a stream and writes its request header block (client role). The
// caller has made sure that Slots is not zero. head says that the method is
// HEAD, whose response has no body.
func (c *Conn) Open(list *header.List, end, head bool, h Handler) *Stream {
	s := c.newStream(c.out.nextID)
	c.out.nextID += 2
	s.SetHandler(h)
	s.noBody = head
	s.from = c.out.total
	s.writeBlock(list, end)
	if c.out.nextID > maxStreamID {
		c.DrainNow(event.CloseGoAway) // RFC 9113 §5.1.1: go on with another connection
	}
	return s
}
