package conn

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// glitches is the score of a connection whose peer does what is legal, costs it
// little and us more: each such event adds points, useful work and time take them
// away. Beyond Config.MaxGlitches the connection is ended with
// ENHANCE_YOUR_CALM. One score covers the floods of CVE-2019-9511 to -9518, rapid
// reset (CVE-2023-44487) and the resets that a peer makes us send
// (CVE-2025-8671).
//
// A peer that does honest work besides may go on: a client that hedges its calls
// cancels one for each that completes.
type glitches struct {
	score int32
	since event.Time // the score has been lowered for the time up to here

	// Two windows of time: next was the first stream of the one that began at
	// rolled, and streams above young are of this or the one before.
	young, next uint32
	rolled      event.Time
}

// Points.
const (
	costReset    = 10 // a stream reset soon after it was opened, or that the peer made us reset
	costRefused  = 30 // a header list that is too large: decoded, thrown away, and answered
	costSettings = 5  // we have to apply and acknowledge them
	costEmpty    = 5  // DATA or CONTINUATION without a byte
	costAnswered = 2  // PING, or a frame on a stream that is gone
	costControl  = 1  // WINDOW_UPDATE, PRIORITY, unknown types
	costDribble  = 8  // a window that opens by next to nothing while bytes wait for it (CVE-2019-9511)

	gainStream  = 10 // a stream that came to its end
	gainRead    = 1  // DATA read
	gainWritten = 2  // DATA written: the peer has to give credit, for stream and connection

	// A peer may give credit as it reads, in steps of 1 KiB: for so many bytes
	// written a point more is taken away.
	creditShift = 9

	// Credit for fewer bytes than this is next to nothing.
	dribble = 128
)

// pressedGlitches is by how much sooner glitches end a connection while
// Env.Pressed.
const pressedGlitches = 4

// glitch adds points for what the peer did and ends the connection if that is too
// many; v is then what it is ended for.
func (c *Conn) glitch(points int32, v rule.Violation) {
	limit := int32(c.cfg.MaxGlitches)
	if limit <= 0 {
		return
	}
	if c.env.Pressed {
		limit /= pressedGlitches
	}
	c.recover()
	if c.glitches.score += points; c.glitches.score > limit {
		c.violate(codeCalm, v)
	}
}

// recover takes away the points for the time that has passed.
func (c *Conn) recover() {
	g := &c.glitches
	idle := c.env.Now.Sub(g.since)
	if idle <= 0 {
		return
	}
	lowered := min(idle, time.Minute) * time.Duration(c.cfg.GlitchRecovery) / time.Second
	if lowered > 0 {
		g.score = max(g.score-int32(min(lowered, 1<<30)), 0)
		g.since = c.env.Now
	}
}

// Glitches returns the connection's score, in points.
func (c *Conn) Glitches() int {
	c.recover()
	return int(c.glitches.score)
}

// Broken returns the rule that the peer broke last, None if it never did.
func (c *Conn) Broken() rule.Violation { return c.broken }

// useful takes points away for work that the peer asked for.
func (c *Conn) useful(points int32) {
	if c.glitches.score > 0 {
		c.glitches.score = max(c.glitches.score-points, 0)
	}
}

// youth is how long a stream counts as young: resetting it is then likely to
// have cost us more than its peer. A call that ran into its deadline is older.
const youth = time.Second

// opening notes that the peer opens the stream id.
func (g *glitches) opening(id uint32, now event.Time) {
	age := now.Sub(g.rolled)
	if age < youth {
		return
	}
	if g.young = g.next - 1; age >= 2*youth || g.next == 0 {
		g.young = id - 1
	}
	g.next, g.rolled = id, now
}

// isYoung reports whether the stream id was opened a moment ago, between one and
// two times youth.
func (g *glitches) isYoung(id uint32, now event.Time) bool {
	return id > g.young && now.Sub(g.rolled) < 2*youth
}
