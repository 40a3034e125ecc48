package conn

import (
	"github.com/hopscope/hopscope/gateway/h2/flow"
	"github.com/hopscope/hopscope/gateway/h2/frame"
)

// initialWindow is the receive window that new streams begin with, as we say it
// in SETTINGS. One change at a time is on its way to the peer.
type initialWindow struct {
	sent  uint32 // in our last SETTINGS
	acked uint32 // in force at the peer for certain
}

// slack is what a peer that has not yet acknowledged a smaller window may send
// beyond it (RFC 9113 §6.9.3).
func (w *initialWindow) slack() int { return max(int(w.acked)-int(w.sent), 0) }

// wantedWindow returns the stream window that the connection should have now.
func (c *Conn) wantedWindow() uint32 {
	if limit := c.env.StreamWindowCap; limit > 0 {
		return min(c.cfg.StreamWindow, limit)
	}
	return c.cfg.StreamWindow
}

// FirstWindow is the window, in bytes, that a response begins with: a client that
// takes nothing makes the gateway hold that much of it, and has its origin send that
// much in front of what others wait for. Stream.Credit and Stream.Widen make it
// larger. No Env.StreamWindowCap is below it.
const FirstWindow = 2 << 10

// FollowWindow says the stream window to the peer that Env.StreamWindowCap now
// allows. It moves the window of every stream (RFC 9113 §6.9.2); what was charged
// and not given back stays charged, so a stream's window may become negative.
// While an earlier change is not acknowledged it waits for that. In the client role
// SETTINGS say FirstWindow and stay; windows that have grown shrink as they are used.
func (c *Conn) FollowWindow() {
	if !c.server() {
		c.streams.each(func(s *Stream) { s.recv.Shrink(c.wantedWindow()) })
		return
	}
	wanted := c.wantedWindow()
	if wanted == c.in.initial.sent || c.in.unacked > 0 || c.over() {
		return
	}
	c.in.initial.sent = wanted
	c.writeSettings(frame.Setting{ID: frame.InitialWindowSize, Value: wanted})
	c.streams.each(func(s *Stream) {
		if inc := s.recv.Resize(wanted); inc > 0 && s.state.CanRead() {
			c.windowUpdate(s.id, inc)
		}
	})
}

func (c *Conn) writeSettings(s ...frame.Setting) {
	c.in.unacked++
	c.in.asked = c.env.Now
	c.control(frame.Settings, frame.AppendSettings(nil, s...))
}

// settingsAcked is called when the peer has applied our last SETTINGS. The time
// it took is a round trip that costs no frame of its own.
func (c *Conn) settingsAcked() {
	c.in.unacked--
	c.in.acked = true
	c.in.rtt = c.env.Now.Sub(c.in.asked)
	c.in.initial.acked = c.in.initial.sent
	c.FollowWindow()
}

func (c *Conn) initWindow() {
	first := c.wantedWindow()
	if !c.server() {
		first = min(first, FirstWindow)
	}
	c.in.initial = initialWindow{sent: first, acked: flow.InitialWindow}
}
