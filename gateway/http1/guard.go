package http1

import (
	"bytes"
	"errors"
	"io"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// guard compares net/http's reading of a connection with our own. A request goes
// on only if both take it for the same. What it breaks is found out before
// net/http has read it, and acted upon when its turn has come: there may be
// requests before it.
type guard struct {
	framing
	taken   int  // requests that net/http has handed on
	busy    bool // the last of them is not answered yet
	refused bool // a request was refused
}

// next returns the rule that the next request breaks, which net/http takes for one
// with a body of length bytes (-1: in chunks).
func (g *guard) next(length int64) rule.Violation {
	g.taken++
	g.busy = true
	switch {
	case g.taken > g.heads && g.broken != rule.None:
		return g.broken
	case g.taken > g.heads:
		return rule.BadHeaderBlock
	}
	ours := g.lengths[0]
	g.lengths = append(g.lengths[:0], g.lengths[1:]...)
	if ours != length {
		return rule.BadContentLength
	}
	return rule.None
}

// body returns the rule that the body of the last request breaks, of which net/http
// has read a part, or all.
func (g *guard) body(all bool) rule.Violation {
	switch {
	case g.heads > g.taken: // all of it was read, and a whole header after it
		return rule.None
	case g.inBody:
		return g.broken
	case all && g.broken == rule.None && (g.place >= inLength || g.trailer):
		return rule.BadFrameSize
	}
	return rule.None
}

// quiet reports whether no request is under way.
func (g *guard) quiet() bool { return !g.busy && g.taken == g.heads && g.between() }

// nextRequest is guard.next for the goroutine that serves.
func (c *client) nextRequest(length int64) rule.Violation {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.guard.next(length)
}

// guardedBody is a request's body without what breaks a rule.
type guardedBody struct {
	io.Reader
	c *client
}

// Read implements io.Reader.
func (b guardedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.c.mu.Lock()
	defer b.c.mu.Unlock()
	if v := b.c.guard.body(err == io.EOF); v != rule.None {
		return 0, v
	}
	return n, err
}

// noteAnswer tells of a request that net/http refuses by itself: p is an answer to
// none that it has handed on.
func (c *client) noteAnswer(p []byte) {
	c.mu.Lock()
	own := !c.guard.busy && !c.guard.refused
	v := c.guard.broken
	// net/http answers with 400 what ends within a request's head, too: the client
	// went away, which breaks no rule.
	gone := v == rule.None && errors.Is(c.failed, io.EOF)
	c.mu.Unlock()
	if !own || gone {
		return
	}
	switch _, status, _ := bytes.Cut(p[:min(len(p), len("HTTP/1.1 400"))], []byte(" ")); {
	case v != rule.None:
	case string(status) == "431":
		v = rule.HeaderListTooLarge
	case string(status) == "501":
		v = rule.BadTransferEncoding
	case string(status) == "417":
		v = rule.BadFieldValue // of Expect
	case bytes.Contains(p, []byte(" Host header")):
		v = rule.BadAuthority
	default:
		v = rule.BadHeaderBlock
	}
	c.malformed(v)
}

// refuses notes that a request is refused: the connection ends.
func (c *client) refuses() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.guard.refused = true
}

// malformed tells the worker of a request that is refused.
func (c *client) malformed(v rule.Violation) {
	c.refuses()
	_ = c.gateway.Post(malformed{c.gateway, c.info, v}) // a worker that has ended counts nothing
}

// malformed is the task that does so.
type malformed struct {
	gateway Gateway
	info    *event.Conn
	v       rule.Violation
}

func (t malformed) Run() { t.gateway.Malformed(t.info, t.v) }
