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
	c.room(len(p))
	c.out.buf = append(c.out.buf, p...)
	c.out.total += uint64(len(p))
	c.touch()
}

// room makes sure that there is a write buffer, and room for n bytes if the
// transport takes what is in the way: a buffer that is full is written before the
// batch ends, so it stays small enough for the processor's cache.
func (c *Conn) room(n int) {
	if c.out.buf == nil {
		c.out.buf = c.env.getBuffer()
		return
	}
	if len(c.out.buf)+n <= cap(c.out.buf) {
		return
	}
	if !c.out.blocked && !c.life.closed {
		c.write()
	}
	if c.out.sent > 0 {
		rest := copy(c.out.buf, c.out.buf[c.out.sent:])
		c.out.buf, c.out.sent = c.out.buf[:rest], 0
	}
}

// write passes the write buffer to the transport. What it does not take makes
// the connection blocked.
func (c *Conn) write() {
	n, err := c.tr.Write(c.out.buf[c.out.sent:])
	c.out.sent += n
	if err != nil {
		c.Lost(event.CloseIO, err)
		return
	}
	c.out.blocked = c.out.sent < len(c.out.buf)
}

// gone returns how many bytes the transport has ever taken.
func (c *Conn) gone() uint64 { return c.out.total - uint64(len(c.out.buf)-c.out.sent) }

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
		c.out.answers.newer++
		c.out.flooded = c.out.answers.waiting() > maxControl
	}
}

// answers counts the control frames that wait, in two generations: older ones
// begin before mark, in bytes of the connection, newer ones behind it.
type answers struct {
	older, newer int
	mark         uint64
}

func (a *answers) waiting() int { return a.older + a.newer }

// left notes that everything up to gone has been sent, of total bytes.
func (a *answers) left(gone, total uint64) {
	if gone >= a.mark {
		a.older, a.newer, a.mark = a.newer, 0, total
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
		if c.write(); c.life.closed {
			return
		}
		if !c.out.blocked {
			c.env.putBuffer(c.out.buf)
			c.out.buf, c.out.sent = nil, 0
			c.out.answers = answers{mark: c.out.total}
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
	gone := c.gone()
	c.out.answers.left(gone, c.out.total)
	i := 0
	for ; i < len(c.out.ledger) && c.out.ledger[i].upto <= gone; i++ {
		e := &c.out.ledger[i]
		s := e.s
		e.s = nil
		if s.handler != nil {
			s.handler.Written(e.n)
		}
		s.settled()
	}
	if i == len(c.out.ledger) {
		if c.out.ledger != nil {
			c.env.putLedger(c.out.ledger)
			c.out.ledger = nil
		}
	} else if i > 0 {
		c.out.ledger = append(c.out.ledger[:0], c.out.ledger[i:]...)
	}
}

// writeOff drops the credits of what will not be sent any more. Streams of whose bytes
// they are would wait for ever to be used again, and keep the connection alive.
func (c *Conn) writeOff() {
	for i := range c.out.ledger {
		s := c.out.ledger[i].s
		c.out.ledger[i].s = nil
		s.settled()
	}
	if c.out.ledger != nil {
		c.env.putLedger(c.out.ledger)
		c.out.ledger = nil
	}
}

// account keeps Env.Buffered in step with what the buffer holds.
func (c *Conn) account() {
	held := len(c.out.buf) - c.out.sent
	c.env.Buffered += int64(held - c.out.held)
	c.out.held = held
}

// owe notes that n bytes of s were appended. Entries of one stream are joined
// only up to a frame's size: an entry is paid when all of it has left.
func (c *Conn) owe(s *Stream, n int) {
	last := len(c.out.ledger) - 1
	if last >= 0 && c.out.ledger[last].s == s && c.out.ledger[last].n+n <= frame.MaxPayload {
		c.out.ledger[last].n += n
		c.out.ledger[last].upto = c.out.total
		return
	}
	if c.out.ledger == nil {
		c.out.ledger = c.env.getLedger()
	}
	s.owed++
	c.out.ledger = append(c.out.ledger, credit{s: s, n: n, upto: c.out.total})
}
