package conn

import (
	"errors"
	"time"

	"github.com/hopscope/hopscope/gateway/event"
)

// liveness finds out whether a peer that says nothing is still there: its system
// can be gone without a word, and the program behind it can hang. A peer that has
// been silent while it owes us the rest of a stream is asked with a PING; any byte
// from it is an answer.
type liveness struct {
	heard  event.Time // when bytes were read last
	asked  event.Time // when it was asked; 0: no answer is awaited
	since  event.Time // asked, or when its system took bytes last
	pinged bool       // the question was a PING, not only what waited
	mark   uint64     // our bytes up to the question's end
	taken  uint64     // our bytes that its system has acknowledged
	next   event.Time // no PING before that, unless HEADERS or DATA come
}

// pingPause is the least time between two PINGs of ours while the peer sends
// neither HEADERS nor DATA. gRPC's servers end connections that ask more often
// (gRPC proposal A8).
const pingPause = 5 * time.Minute

// suspectAfter is how long a question may be open before the connection gets no
// new streams.
const suspectAfter = time.Second

var alivePing = [8]byte{'a', 'l', 'i', 'v', 'e'}

var errNoAnswer = errors.New("it has been silent and did not answer a PING in time")

// checkAlive asks a silent peer, and gives up one that does not answer. Answers
// are awaited from when its system has the question: before that, and while it
// goes on taking bytes, the way there is only slow.
func (c *Conn) checkAlive(now event.Time) {
	a := &c.alive
	if c.cfg.PingAfter <= 0 || c.streams.len() == 0 || !c.in.settled || c.over() {
		a.asked = 0
		return
	}
	if a.asked == 0 || a.heard >= a.asked {
		c.believe()
		if now.Sub(a.heard) >= c.cfg.PingAfter {
			c.ask(now)
		}
		return
	}
	taken := c.delivered()
	switch {
	case taken > a.taken:
		a.taken, a.since = taken, now
	case taken >= a.mark && !a.pinged:
		c.believe() // its system is there, and a PING would be too soon
	case taken < a.mark && c.server() && !c.tr.Unanswered():
		a.since = now // a client that is there and does not read: see endSlow
	case now.Sub(a.since) >= c.cfg.PingTimeout:
		c.env.Sink.PingTimeout(c.Info)
		c.Lost(event.CloseTimeout, errNoAnswer)
	}
}

// ask writes a PING or, if that would be too soon, takes what the peer has not
// acknowledged for the question.
func (c *Conn) ask(now event.Time) {
	a := &c.alive
	a.taken = c.delivered()
	if a.pinged = now >= a.next; a.pinged {
		a.next = now.Add(pingPause)
		c.Ping(alivePing)
	} else if a.taken >= c.out.total {
		return
	}
	a.asked, a.since, a.mark = now, now, c.out.total
}

// believe takes the peer to be there. Who waits for a slot may have one again.
func (c *Conn) believe() {
	if c.alive.asked != 0 {
		c.alive.asked = 0
		if !c.server() {
			c.owner.Changed(c)
		}
	}
}

// suspect reports whether the peer has owed an answer for longer than a moment.
func (c *Conn) suspect() bool {
	a := &c.alive
	return a.asked != 0 && a.heard < a.asked && c.env.Now.Sub(a.asked) >= suspectAfter
}

// delivered returns how many of our bytes the peer's system has acknowledged.
func (c *Conn) delivered() uint64 {
	return c.gone() - min(c.gone(), uint64(c.tr.Unacked()))
}
