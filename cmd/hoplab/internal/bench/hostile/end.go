package hostile

import (
	"encoding/binary"
	"io"
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
		kind, _, payload, err := c.frame()
		switch {
		case err != nil:
			return
		case kind == http2.FrameGoAway && len(payload) == 8:
			c.note(GoAway, http2.ErrCode(binary.BigEndian.Uint32(payload[4:])))
		case kind == http2.FrameRSTStream && len(payload) == 4:
			c.note(Reset, http2.ErrCode(binary.BigEndian.Uint32(payload)))
		}
	}
}

// settle waits for the server's SETTINGS, which come first (RFC 9113 §3.4), and
// acknowledges them: who does not is ended for that.
func (c *Conn) settle() {
	_ = c.net.SetReadDeadline(time.Now().Add(settleTimeout))
	defer func() { _ = c.net.SetReadDeadline(time.Time{}) }()
	for {
		kind, flags, _, err := c.frame()
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

// frame reads a frame and returns at most 8 bytes of its payload, valid until
// the next.
func (c *Conn) frame() (kind http2.FrameType, flags http2.Flags, payload []byte, err error) {
	if _, err := io.ReadFull(c.in, c.head[:]); err != nil {
		return 0, 0, nil, err
	}
	size := int(c.head[0])<<16 | int(c.head[1])<<8 | int(c.head[2])
	payload = c.start[:min(size, len(c.start))]
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return 0, 0, nil, err
	}
	_, err = c.in.Discard(size - len(payload))
	return http2.FrameType(c.head[3]), http2.Flags(c.head[4]), payload, err
}
