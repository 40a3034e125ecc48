package conn

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/rule"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// lingerTime is how long a client may go on with a request that was answered
// before it was whole.
const lingerTime = time.Second

// Linger ends a stream whose response is complete while the request is not. The
// handler is told nothing any more. What comes of the request in the next moment
// is read and dropped, so that a client that is nearly done gets done; then it
// gets RST_STREAM with NO_ERROR (RFC 9113 §8.1). Some clients, curl 7 among them,
// take a reset that comes with the response for a failure.
func (s *Stream) Linger() {
	if s.lingers || s.c.streams.get(s.id) != s {
		return
	}
	s.handler, s.lingers = discard{s}, true
	s.c.lingering = append(s.c.lingering, lingering{s, s.c.env.Now})
}

type lingering struct {
	s     *Stream
	since event.Time
}

// endLingering resets the streams whose moment is over, and lets go of them.
func (c *Conn) endLingering(now event.Time) {
	n := 0
	for n < len(c.lingering) && now.Sub(c.lingering[n].since) >= lingerTime {
		s := c.lingering[n].s
		s.Cancel(codeNone)
		s.letGo()
		n++
	}
	if n == len(c.lingering) {
		c.lingering = nil
	} else {
		c.lingering = c.lingering[n:]
	}
}

// discard is the handler of a stream that nobody reads.
type discard struct{ s *Stream }

func (discard) Headers(*header.List, bool)                     {}
func (d discard) Data(p []byte, _ bool)                        { d.s.Credit(len(p), 0) }
func (discard) Trailers(*header.List)                          {}
func (discard) Written(int)                                    {}
func (discard) Sent()                                          {}
func (discard) Reset(event.Code, stream.Cause, rule.Violation) {}
func (discard) Stalled(event.Scope, event.Time)                {}
func (discard) Resumed(_ event.Scope, _, _ event.Time)         {}
