package conn

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// A peer that lets bytes wait has to take some of them: Config.SlowPeerRate in
// each second, on the average of a whole Config.SlowPeerTimeout. Otherwise the
// stream is reset, or the connection ended if it is the connection that waits:
// for its window, or for room in its socket. So nobody pins memory with windows
// that stay shut (the second half of CVE-2026-49975), a window opened a byte at a
// time (CVE-2019-9511, -9517), or a socket that is hardly read.

// pressedPatience is by how much less patience there is with slow peers while
// Env.Pressed.
const pressedPatience = 8

// pace measures how fast a peer takes what waits for it.
type pace struct {
	since event.Time // when the measurement began; 0: nothing is measured
	taken int64      // bytes by then
}

// behind reports whether fewer than rate bytes a second were taken in a whole
// patience. If not it goes on to measure, anew after each patience.
func (p *pace) behind(now event.Time, taken int64, patience time.Duration, rate uint32) bool {
	if p.since == 0 {
		*p = pace{now, taken}
		return false
	}
	waited := now.Sub(p.since)
	if waited < patience {
		return false
	}
	if float64(taken-p.taken) < float64(rate)*waited.Seconds() {
		return true
	}
	*p = pace{now, taken}
	return false
}

// endSlow ends the connection, or streams of it, if its peer is too slow.
func (c *Conn) endSlow(now event.Time) {
	patience, rate := c.cfg.SlowPeerTimeout, c.cfg.SlowPeerRate
	if patience <= 0 {
		return
	}
	if c.env.Pressed {
		patience /= pressedPatience
	}
	o := &c.out
	switch {
	case !o.blocked:
		o.socketPace = pace{}
	// What waits in the socket is not taken, though it has left.
	case o.socketPace.behind(now, int64(c.gone())-int64(c.tr.Unacked()), patience, rate):
		c.violate(codeCalm, rule.SlowPeer)
		return
	}
	switch {
	case o.blocked || o.window > 0 || o.ready.head == nil:
		o.windowPace = pace{}
	case o.windowPace.behind(now, int64(o.credited), patience, rate):
		c.violate(codeCalm, rule.SlowPeer)
		return
	}
	if o.backlogs == 0 {
		return
	}
	c.streams.each(func(s *Stream) {
		switch b := s.backlog; {
		case b == nil:
		case b.inReady: // it waits for the connection
			b.pace = pace{}
		case b.pace.behind(now, b.taken, patience, rate):
			s.violate(codeCalm, rule.SlowPeer)
		}
	})
}
