package conn

import (
	"errors"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// The error codes of RFC 9113 §7 that we send.
const (
	codeNone         event.Code = 0x0
	codeProtocol     event.Code = 0x1
	codeFlowControl  event.Code = 0x3
	codeSettings     event.Code = 0x4
	codeStreamClosed event.Code = 0x5
	codeFrameSize    event.Code = 0x6
	codeRefused      event.Code = 0x7
	codeCancel       event.Code = 0x8
	codeCompression  event.Code = 0x9
	codeCalm         event.Code = 0xb
)

// violate ends the connection because its peer broke a rule: GOAWAY with the
// code and the rule's name (RFC 9113 §5.4.1), then every stream, then the
// transport.
func (c *Conn) violate(code event.Code, v rule.Violation) {
	if c.over() {
		return
	}
	c.noteViolation(v)
	c.life.closing, c.life.reason = true, event.CloseProtocol
	last := c.in.lastID
	if c.life.goAwayWritten {
		last = c.life.lastID // RFC 9113 §6.8: it must not grow
	}
	c.goAway(last, code, v.String())
	c.endStreams(code, stream.PeerViolation, v)
	if !c.server() {
		c.owner.Changed(c)
	}
}

// noteViolation tells that the peer broke a rule.
func (c *Conn) noteViolation(v rule.Violation) {
	c.broken = v
	c.env.Sink.Violation(c.Info, v)
}

// goAway writes a GOAWAY.
func (c *Conn) goAway(last uint32, code event.Code, debug string) {
	c.env.Sink.GoAway(c.Info, event.Written, code)
	c.control(frame.GoAway, frame.AppendGoAway(nil, last, uint32(code), debug))
}

// drainPing marks the PING whose answer shows that the peer has read the first
// GOAWAY of a drain.
var drainPing = [8]byte{'d', 'r', 'a', 'i', 'n'}

// Drain begins a graceful end (server role): a GOAWAY that takes back nothing
// yet, and a PING. When the PING is answered, or after a while, the owner calls
// DrainNow (RFC 9113 §6.8).
func (c *Conn) Drain() {
	if c.over() || c.life.goAwayWritten {
		return
	}
	c.life.draining = true
	c.goAway(1<<31-1, codeNone, "")
	c.Ping(drainPing)
}

// AwaitsDrainPing reports whether a drain has begun whose PING the peer has not
// answered.
func (c *Conn) AwaitsDrainPing() bool { return c.life.draining && !c.life.goAwayWritten && !c.over() }

// IsDrainPing reports whether data is the PING of a drain.
func IsDrainPing(data [8]byte) bool { return data == drainPing }

// DrainNow writes the GOAWAY with the real last id: later streams are ignored,
// and the connection closes after its last stream. In the client role it stops
// taking new streams.
func (c *Conn) DrainNow(reason event.CloseReason) {
	if c.over() || c.life.goAwayWritten {
		return
	}
	c.life.goAwayWritten, c.life.lastID = true, c.in.lastID
	c.life.reason = reason
	c.goAway(c.in.lastID, codeNone, "")
	if !c.server() {
		c.life.goAwayRead = true // takes no new streams
	}
	c.closeIfDone(reason)
}

// Abort resets every stream and closes the connection.
func (c *Conn) Abort(reason event.CloseReason) {
	if c.over() {
		return
	}
	// First, so that no stream is opened while others end.
	c.life.closing, c.life.reason = true, reason
	c.streams.each(func(s *Stream) {
		c.writeRST(s.id, codeCancel)
		s.finish(codeCancel, stream.ConnLost, rule.None)
	})
	if !c.life.goAwayWritten {
		c.goAway(c.in.lastID, codeNone, "")
	}
	c.touch()
}

// Lost tells that the transport failed (err is set) or the peer closed it.
func (c *Conn) Lost(reason event.CloseReason, err error) {
	if c.life.closed {
		return
	}
	c.life.err = err
	if !c.life.closing {
		c.life.reason = reason
		if c.life.goAwayRead && c.streams.len() == 0 {
			c.life.reason = event.CloseGoAway
		}
	}
	c.end()
}

// closeIfDone closes a connection that takes no new streams after its last one.
func (c *Conn) closeIfDone(reason event.CloseReason) {
	if c.streams.len() > 0 || c.over() || !c.life.goAwayRead && !c.life.goAwayWritten {
		return
	}
	if c.server() && !c.life.goAwayWritten {
		// The client has said goodbye; it may still be reading.
		c.life.goAwayWritten, c.life.lastID = true, c.in.lastID
		c.goAway(c.in.lastID, codeNone, "")
	}
	if c.life.goAwayWritten && c.life.reason != 0 {
		reason = c.life.reason
	}
	c.life.closing, c.life.reason = true, reason
	c.touch()
}

func (c *Conn) endStreams(code event.Code, cause stream.Cause, v rule.Violation) {
	c.streams.each(func(s *Stream) { s.finish(code, cause, v) })
}

// end marks the connection closed; what remains happens at the end of the
// batch, because the caller may be in the middle of something.
func (c *Conn) end() {
	if c.life.closed {
		return
	}
	c.life.closed = true
	c.env.dead = append(c.env.dead, c)
}

func (c *Conn) teardown() {
	cause := stream.ConnLost
	if !c.server() && !c.in.settled {
		// The peer's preface comes before anything it does (RFC 9113 §3.4): with
		// TLS 1.3, it may only now have refused our certificate.
		cause = stream.Unreachable
	}
	gone := c.gone()
	c.streams.each(func(s *Stream) {
		if !c.server() && c.in.settled && s.from >= gone {
			s.finish(codeNone, stream.Unprocessed, rule.None) // nothing of it has left
		} else {
			s.finish(codeNone, cause, rule.None)
		}
	})
	for _, l := range c.lingering {
		l.s.letGo()
	}
	c.lingering = nil
	c.writeOff()
	c.env.Buffered -= int64(c.out.held)
	c.out.held = 0
	if c.out.buf != nil {
		c.env.putBuffer(c.out.buf)
	}
	c.out.buf, c.out.sent, c.in.partial = nil, 0, nil
	c.tr.Close()
	c.owner.Closed(c, c.life.reason)
}

// Closed reports whether the connection is over.
func (c *Conn) Closed() bool { return c.life.closed }

// Code names for those who end streams.
const (
	NoError       = codeNone
	Cancel        = codeCancel
	RefusedStream = codeRefused
	InternalError = event.Code(0x2)
	ProtocolError = codeProtocol
	Calm          = codeCalm
)

// closeTimeout is how long a connection that is closing waits for a peer that
// takes nothing of the last bytes.
const closeTimeout = 2 * time.Second

// settleTimeout is how long a peer has for its SETTINGS, which are the first it
// sends (RFC 9113 §3.4).
const settleTimeout = 5 * time.Second

var errSilent = errors.New("no SETTINGS came in time")

// ackTimeout is how long an origin has to acknowledge our first SETTINGS (RFC
// 9113 §6.5.3). Nobody else is held to it: a client that stops reading would be.
const ackTimeout = 10 * time.Second

// Sweep ends streams that have lingered or whose peer is too slow, a connection
// whose peer is, or does not take its last bytes, one whose peer says nothing at
// all or nothing more, and one with a header block that does not come to its end.
// It is called about once a second.
func (c *Conn) Sweep(now event.Time) {
	c.endLingering(now)
	c.checkAlive(now)
	switch gone := c.gone(); {
	case c.life.closed:
	case c.life.closing && (c.life.since == 0 || c.life.gone != gone):
		c.life.since, c.life.gone = now, gone
	case c.life.closing && now.Sub(c.life.since) >= closeTimeout:
		c.end()
	case !c.life.closing && c.slowHeaders(now):
		c.violate(codeCalm, rule.SlowHeaders)
	case !c.life.closing && !c.server() && !c.in.acked && now.Sub(c.Info.OpenedAt) >= ackTimeout:
		c.violate(codeSettings, rule.SettingsTimeout)
	case !c.life.closing && !c.in.settled && now.Sub(c.Info.OpenedAt) >= settleTimeout:
		c.Lost(event.CloseTimeout, errSilent)
	case !c.life.closing:
		c.endSlow(now)
	}
}

// slowHeaders reports whether a header block, or a frame of one, is not whole after
// Config.HeaderTimeout. No stream exists before, so no other timeout would end it.
func (c *Conn) slowHeaders(now event.Time) bool {
	limit := c.cfg.HeaderTimeout
	switch {
	case limit == 0:
		return false
	case c.in.block.active:
		return now.Sub(c.in.block.since) >= limit
	}
	return len(c.in.partial) > 0 && c.in.cut != 0 && now.Sub(c.in.cut) >= limit
}
