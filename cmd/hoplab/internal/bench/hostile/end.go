package hostile

import (
	"encoding/binary"
	"time"

	"golang.org/x/net/http2"
)

// End is how a server ended an attacker's connection or its streams.
type End struct {
	How   How
	Code  http2.ErrCode // of GoAway and Reset
	After time.Duration // since the connection was made
}

// How is a way to end an attacker.
type How int

// The ways, each stronger than the one before.
const (
	NotEnded How = iota
	Reset        // a stream was reset, the connection goes on
	Closed       // the connection was closed without a word
	GoAway       // GOAWAY, then closed
)

// String returns how documents write it.
func (e End) String() string {
	switch e.How {
	case Reset:
		return "RST_STREAM " + e.Code.String()
	case Closed:
		return "closed"
	case GoAway:
		return "GOAWAY " + e.Code.String()
	}
	return "not ended"
}

// note takes a way to end that is stronger than what is known.
func (c *Conn) note(how How, code http2.ErrCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if how > c.end.How {
		c.end = End{how, code, time.Since(c.began)}
	}
}

func (c *Conn) ended() End {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.end
}

// read reads what the server sends until it closes the connection.
func (c *Conn) read() {
	defer close(c.over)
	defer c.note(Closed, 0)
	for {
		if _, _, err := c.frame(); err != nil {
			return
		}
	}
}

// settle waits for the server's SETTINGS, which come first (RFC 9113 §3.4), and
// acknowledges them: who does not is ended for that.
func (c *Conn) settle() {
	_ = c.net.SetReadDeadline(time.Now().Add(settleTimeout))
	defer func() { _ = c.net.SetReadDeadline(time.Time{}) }()
	for {
		kind, flags, err := c.frame()
		if err != nil {
			c.do(err)
			return
		}
		if kind == http2.FrameSettings && !flags.Has(http2.FlagSettingsAck) {
			c.do(c.frames.WriteSettingsAck())
			return
		}
	}
}

// settleTimeout is how long a server has for its SETTINGS.
const settleTimeout = 2 * time.Second

// frame reads to the payload of the next frame, and takes note if it ends
// something.
func (c *Conn) frame() (http2.FrameType, http2.Flags, error) {
	if err := c.skip(c.left); err != nil {
		return 0, 0, err
	}
	// Only what is whole is taken: the reader may be interrupted and go on later.
	const header, code = 9, 8
	head, err := c.in.Peek(header)
	if err != nil {
		return 0, 0, err
	}
	size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if head, err = c.in.Peek(header + min(size, code)); err != nil {
		return 0, 0, err
	}
	kind, flags, payload := http2.FrameType(head[3]), http2.Flags(head[4]), head[header:]
	switch {
	case kind == http2.FrameGoAway && len(payload) == code:
		c.note(GoAway, http2.ErrCode(binary.BigEndian.Uint32(payload[4:])))
	case kind == http2.FrameRSTStream && len(payload) == 4:
		c.note(Reset, http2.ErrCode(binary.BigEndian.Uint32(payload)))
	}
	c.left = size
	_, err = c.in.Discard(header)
	return kind, flags, err
}

// skip passes over n bytes of a payload.
func (c *Conn) skip(n int) error {
	n, err := c.in.Discard(n)
	c.left -= n
	return err
}

// sip reads about n bytes.
func (c *Conn) sip(n int) {
	if c.left > 0 {
		c.do(c.skip(min(n, c.left)))
		return
	}
	_, _, err := c.frame()
	c.do(err)
}
