package http1

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/gateway/h2/stream"
)

// Incoming is a request of an HTTP/1.1 client. Its methods belong to the
// worker's goroutine.
type Incoming struct {
	bridge
	client *client
}

func newIncoming(c *client, window int) *Incoming {
	i := &Incoming{client: c}
	i.init(c.gateway, window, func() {
		i.in.close()
		if i.out.halt() {
			c.abort(0)
		}
	})
	return i
}

// begin is the task that brings a request to its worker.
type begin struct {
	i    *Incoming
	head conn.Head
}

// Run implements loop.Task.
func (t begin) Run() {
	if t.i.over {
		return
	}
	t.i.client.gateway.Begin(t.i.client.info, t.i, func(h stream.Handler) { t.i.handler = h }, t.head)
}

// Room returns how many bytes of the response may be on their way or wait: none more
// while the client lets some wait.
func (i *Incoming) Room() int {
	if i.stalled {
		return 0
	}
	return i.window
}

// Cancel implements loop.Canceller.
func (t begin) Cancel() { t.i.halt() }

// WriteHeaders sends a response header block, 1xx or final.
func (i *Incoming) WriteHeaders(l *header.List, end bool) {
	if i.over || i.ended {
		return
	}
	i.ended = end
	list := new(header.List)
	list.CopyFrom(l)
	i.out.put(parcel{heads: []*header.List{list}, end: end})
}

// WriteData sends response body.
func (i *Incoming) WriteData(p []byte, end bool) {
	if i.over || i.ended {
		return
	}
	i.ended = end
	i.out.put(parcel{data: p, end: end})
	if len(p) > 0 {
		i.queued(len(p))
	}
}

// WriteTrailers sends the response's trailer section and ends it. They are lost
// if the response declared its length or the client speaks HTTP/1.0.
func (i *Incoming) WriteTrailers(l *header.List) {
	if i.over || i.ended {
		return
	}
	i.ended = true
	list := new(header.List)
	list.CopyFrom(l)
	i.out.put(parcel{trailers: list, end: true})
}

// cutGrace is how long a client may take for what was passed in of a response
// that is then cut.
const cutGrace = time.Second

// Cancel ends the exchange. A response that has not come to its end is cut, and
// its connection closed, so that it never looks complete; what there is of it is
// still sent, so that it does not look either as if nothing had happened. With
// NO_ERROR a response whose end was passed in is still written.
func (i *Incoming) Cancel(code event.Code) {
	if i.over {
		return
	}
	i.close()
	i.in.close()
	if (code != conn.NoError || !i.ended) && i.out.cut() {
		i.client.abort(cutGrace)
	}
}
