package conn

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/frame"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// credit says that n bytes of a stream are on their way and have left once the
// connection has sent up to byte upto.
type credit struct {
	s    *Stream
	n    int
	upto uint64
}

// append adds bytes to the write buffer.
func (c *Conn) append(p []byte) {
	c.room()
	c.out.buf = append(c.out.buf, p...)
	c.out.total += uint64(len(p))
	c.touch()
}

// room makes sure that there is a write buffer.
func (c *Conn) room() {
	if c.out.buf == nil {
		c.out.buf = c.env.getBuffer()
	}
}

func (c *Conn) touch() {
	if !c.touched {
		c.touched = true
		c.env.touched = append(c.env.touched, c)
	}
}

// maxControl bounds the answers (PING and SETTINGS acknowledgements, resets)
// that wait for a peer which makes us write them but does not read
// (CVE-2019-9512, -9514, -9515).
const maxControl = 1000

// control appends a frame that answers the peer or steers the connection.
func (c *Conn) control(t frame.Type, p []byte) {
	if c.life.closed {
		return
	}
	c.env.count(c.Info.Side, event.Written, uint8(t), len(p))
	c.append(p)
	if c.out.blocked {
		// The caller may be deep in another connection's batch: the end comes
		// with the flush.
		c.out.control++
		c.out.flooded = c.out.control > maxControl
	}
}

func (c *Conn) windowUpdate(stream, n uint32) {
	c.env.Counts.Credit[c.Info.Side][event.Written] += uint64(n)
	var b [frame.HeaderLen + 4]byte
	c.control(frame.WindowUpdate, frame.AppendWindowUpdate(b[:0], stream, n))
}

func (c *Conn) writeRST(id uint32, code event.Code) {
	c.in.late.add(id)
	c.env.Sink.Reset(c.Info, event.Written, code)
	var b [frame.HeaderLen + 4]byte
	c.control(frame.RSTStream, frame.AppendRSTStream(b[:0], id, uint32(code)))
}

// Writable tells that the transport takes bytes again.
func (c *Conn) Writable() {
	c.out.blocked = false
	c.touch()
}

// flush writes what the transport takes, gives the streams whose bytes left
// their credit, and goes on with waiting data.
func (c *Conn) flush() {
	if c.out.flooded && !c.over() {
		c.violate(codeCalm, rule.TooManyControlFrames)
		c.Lost(event.CloseProtocol, nil) // it does not read: it would not see the GOAWAY either
		return
	}
	for !c.life.closed {
		c.pump()
		if len(c.out.buf) == c.out.sent {
			break
		}
		if c.out.blocked {
			break
		}
		n, err := c.tr.Write(c.out.buf[c.out.sent:])
		c.out.sent += n
		if err != nil {
			c.Lost(event.CloseIO, err)
			return
		}
		if c.out.sent < len(c.out.buf) {
			c.out.blocked = true
		} else {
			c.env.putBuffer(c.out.buf)
			c.out.buf, c.out.sent, c.out.control = nil, 0, 0
		}
		c.settle()
	}
	if c.out.blocked {
		c.stallReady()
	}
	c.account()
	if c.life.closing && !c.life.closed && len(c.out.buf) == 0 {
		c.end()
	}
}

// settle pays the credits of everything that has been sent.
func (c *Conn) settle() {
	gone := c.out.total - uint64(len(c.out.buf)-c.out.sent)
	i := 0
	for ; i < len(c.out.ledger) && c.out.ledger[i].upto <= gone; i++ {
		e := &c.out.ledger[i]
		if e.s.handler != nil {
			e.s.handler.Written(e.n)
		}
		e.s = nil
	}
	if i == len(c.out.ledger) {
		c.out.ledger = c.out.ledger[:0]
		if len(c.out.buf) == 0 && cap(c.out.ledger) > 64 {
			c.out.ledger = nil
		}
	} else if i > 0 {
		c.out.ledger = append(c.out.ledger[:0], c.out.ledger[i:]...)
	}
}

// account keeps Env.Buffered in step with what the buffer holds.
func (c *Conn) account() {
	held := len(c.out.buf) - c.out.sent
	c.env.Buffered += int64(held - c.out.held)
	c.out.held = held
}

// owe notes that n bytes of s were appended.
func (c *Conn) owe(s *Stream, n int) {
	if last := len(c.out.ledger) - 1; last >= 0 && c.out.ledger[last].s == s {
		c.out.ledger[last].n += n
		c.out.ledger[last].upto = c.out.total
		return
	}
	c.out.ledger = append(c.out.ledger, credit{s: s, n: n, upto: c.out.total})
}
