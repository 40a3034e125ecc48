package conn

import (
	"encoding/binary"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

func (c *Conn) readSettings(h frame.Header, p []byte) {
	first := !c.in.settled
	if first {
		c.in.settled = true
		if !c.server() {
			c.peer.maxStreams = noLimit // unless the frame says otherwise (RFC 9113 §6.5.2)
		}
	}
	if h.Stream != 0 {
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §6.5
		return
	}
	if h.Flags.Has(frame.FlagAck) {
		switch {
		case len(p) != 0:
			c.violate(codeFrameSize, rule.BadFrameSize)
		case c.in.unacked == 0:
			c.violate(codeProtocol, rule.BadSettings)
		default:
			c.settingsAcked()
		}
		return
	}
	if len(p)%6 != 0 {
		c.violate(codeFrameSize, rule.BadFrameSize)
		return
	}
	if len(p) > frame.MaxSettings*6 {
		c.violate(codeCalm, rule.BadSettings) // CVE-2019-9515's cousin
		return
	}
	if !frame.EachSetting(p, c.applySetting) || c.over() {
		return
	}
	if !first {
		if c.glitch(costSettings, rule.TooManyControlFrames); c.over() {
			return
		}
	}
	// Applied before the acknowledgement (RFC 9113 §6.5.3).
	c.control(frame.Settings, frame.AppendSettingsAck(nil))
	if !c.server() {
		c.owner.Changed(c)
	}
}

func (c *Conn) applySetting(s frame.Setting) bool {
	switch s.ID {
	case frame.HeaderTableSize:
		c.out.enc.SetTableSize(s.Value)
	case frame.EnablePush:
		if s.Value > 1 || !c.server() && s.Value != 0 {
			c.violate(codeProtocol, rule.BadSettings) // RFC 9113 §6.5.2
			return false
		}
	case frame.EnableConnectProtocol, frame.NoRFC7540Priorities:
		if s.Value > 1 {
			c.violate(codeProtocol, rule.BadSettings) // RFC 8441 §3, RFC 9218 §2.1
			return false
		}
	case frame.MaxConcurrentStreams:
		c.peer.maxStreams = s.Value
	case frame.InitialWindowSize:
		if s.Value > flow.MaxWindow {
			c.violate(codeFlowControl, rule.BadSettings)
			return false
		}
		delta := int64(s.Value) - int64(c.peer.initialWindow)
		c.peer.initialWindow = s.Value
		return c.shiftWindows(delta)
	case frame.MaxFrameSize:
		if s.Value < frame.MaxPayload || s.Value > 1<<24-1 {
			c.violate(codeProtocol, rule.BadSettings)
			return false
		}
		// Not kept: we send no frame above the minimum.
	}
	return true
}

// shiftWindows moves every stream's send window (RFC 9113 §6.9.2).
func (c *Conn) shiftWindows(delta int64) bool {
	if delta == 0 {
		return true
	}
	ok := true
	c.streams.each(func(s *Stream) {
		if !ok {
			return
		}
		if !s.send.Shift(delta) {
			ok = false
			return
		}
		if delta > 0 {
			s.windowOpened()
		} else if s.send <= 0 && s.backlog != nil && s.backlog.inReady {
			c.out.ready.remove(s)
			s.resume() // if it waited for the connection, it no longer does
			s.stall(event.ScopeStream)
		}
	})
	if !ok {
		c.violate(codeFlowControl, rule.WindowOverflow)
	}
	return ok
}

func (c *Conn) readPing(h frame.Header, p []byte) {
	switch {
	case h.Stream != 0:
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §6.7
	case len(p) != 8:
		c.violate(codeFrameSize, rule.BadFrameSize)
	case h.Flags.Has(frame.FlagAck):
		c.glitch(costControl, rule.TooManyControlFrames) // we ask seldom
		c.owner.PingAck(c, [8]byte(p))
	default:
		if c.glitch(costAnswered, rule.TooManyControlFrames); !c.over() {
			c.control(frame.Ping, frame.AppendPing(nil, [8]byte(p), true))
		}
	}
}

// Ping writes a PING; its answer comes to Owner.PingAck.
func (c *Conn) Ping(data [8]byte) {
	if !c.over() {
		c.control(frame.Ping, frame.AppendPing(nil, data, false))
	}
}

func (c *Conn) readGoAway(h frame.Header, p []byte) {
	if h.Stream != 0 {
		c.violate(codeProtocol, rule.BadStreamID) // RFC 9113 §6.8
		return
	}
	if len(p) < 8 {
		c.violate(codeFrameSize, rule.BadFrameSize)
		return
	}
	last := binary.BigEndian.Uint32(p) & (1<<31 - 1)
	code := event.Code(binary.BigEndian.Uint32(p[4:]))
	c.env.Sink.GoAway(c.Info, event.Read, code)
	if c.glitch(costSettings, rule.TooManyControlFrames); c.over() {
		return
	}
	if !c.server() && !c.mayEndAt(last) {
		c.violate(codeProtocol, rule.BadStreamID)
		return
	}
	c.life.goAwayRead, c.peer.lastID = true, last
	if !c.server() {
		// RFC 9113 §6.8: streams above the last id were not and will not be
		// processed, so they can be sent elsewhere.
		c.streams.each(func(s *Stream) {
			if h, ok := s.handler.(goAwayHandler); ok {
				h.GoAway(code)
			}
			if s.id > last {
				s.finish(code, stream.Unprocessed, rule.None)
			}
		})
		c.owner.Changed(c)
	}
	c.closeIfDone(event.CloseGoAway)
}

// mayEndAt reports whether an origin's GOAWAY may name last (RFC 9113 §6.8): a
// stream of ours, and none above the one that it named before, because what is
// above that may have been sent elsewhere.
func (c *Conn) mayEndAt(last uint32) bool {
	return (last == 0 || last%2 == 1) && last <= c.peer.lastID
}

// goAwayHandler is a Handler that wants to know of a GOAWAY on its connection.
type goAwayHandler interface{ GoAway(code event.Code) }
