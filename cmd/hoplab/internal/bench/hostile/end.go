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
	var head [9]byte
	var start [8]byte // of a payload
	for {
		if _, err := io.ReadFull(c.net, head[:]); err != nil {
			return
		}
		size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
		payload := start[:min(size, len(start))]
		if _, err := io.ReadFull(c.net, payload); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, c.net, int64(size-len(payload))); err != nil {
			return
		}
		switch http2.FrameType(head[3]) {
		case http2.FrameGoAway:
			if size >= 8 {
				c.note(GoAway, http2.ErrCode(binary.BigEndian.Uint32(payload[4:])))
			}
		case http2.FrameRSTStream:
			if size == 4 {
				c.note(Reset, http2.ErrCode(binary.BigEndian.Uint32(payload)))
			}
		}
	}
}
