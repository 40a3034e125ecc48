package relay

import (
	"errors"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// tightWindow is the stream window, in bytes, that peers are told at the cap. It
// keeps small messages flowing and is a sixteenth of the default.
const tightWindow = 2 * conn.FirstWindow

// relieve acts on the cap: from half of it on there is less patience with slow
// peers; at it, peers are told a smaller stream window, until a quarter below; a
// quarter above it, which is left for what was on its way, the worker's
// longest-stalled streams are reset. Connection credit is never withheld.
func (w *Worker) relieve() {
	limit := w.table.Limits.MaxBufferedBytes
	held := w.holding()
	w.link.Env.Pressed = limit > 0 && held >= limit/2 || w.shared.MemoryShort.Load() || w.queueing.over
	switch tight := w.link.Env.StreamWindowCap != 0; {
	case limit <= 0:
		return
	case !tight && held >= limit:
		w.capWindows(tightWindow)
	case tight && held < limit-limit/4:
		w.capWindows(0)
	}
	if held > limit+limit/4 {
		w.shed(held - limit)
	}
}

// holding returns what all workers hold, in bytes: the others as of the end of
// their last batches.
func (w *Worker) holding() int64 {
	return w.shared.Buffered.Load() + w.link.Env.Buffered - w.buffered
}

// capWindows has every connection follow a cap on stream windows; 0: none.
func (w *Worker) capWindows(limit uint32) {
	w.link.Env.StreamWindowCap = limit
	for c := range w.downs {
		c.FollowWindow()
	}
	for _, p := range w.pools {
		p.Each((*conn.Conn).FollowWindow)
	}
	w.link.Env.Flush()
}

// shed lets go of over bytes, as far as this worker holds them: the
// longest-stalled streams first, then the fullest connections.
func (w *Worker) shed(over int64) {
	floor := w.link.Env.Buffered - over
	for w.link.Env.Buffered > floor {
		before := w.link.Env.Buffered
		if x := w.longestStalled(); x != nil {
			x.end(event.EndBufferLimit, event.ByGateway, conn.Calm)
			x.abort(conn.Calm)
		} else if c := w.fullest(); c != nil {
			c.Lost(event.CloseProtocol, errBufferLimit)
		} else {
			return
		}
		w.link.Env.Flush()
		if w.link.Env.Buffered >= before {
			return // what is left is on its way
		}
	}
}

var errBufferLimit = errors.New("it takes nothing, and the gateway holds more than max_buffered_bytes")

// fullest returns the connection with the most bytes that wait for its socket.
func (w *Worker) fullest() (most *conn.Conn) {
	look := func(c *conn.Conn) {
		if n := c.Unsent(); n > 0 && (most == nil || n > most.Unsent()) {
			most = c
		}
	}
	for c := range w.downs {
		look(c)
	}
	for _, p := range w.pools {
		p.Each(look)
	}
	return most
}

func (w *Worker) longestStalled() *Exchange {
	var oldest *Exchange
	var since event.Time
	for x := w.exchanges; x != nil; x = x.next {
		if _, t, ok := x.stall(); ok && (oldest == nil || t < since) {
			oldest, since = x, t
		}
	}
	return oldest
}

// stall returns the older of the two sides' ongoing stalls.
func (x *Exchange) stall() (side event.Side, since event.Time, ok bool) {
	if _, t, on := x.down.Stall(); on {
		side, since, ok = event.Downstream, t, true
	}
	if x.up != nil {
		if _, t, on := x.up.Stall(); on && (!ok || t < since) {
			side, since, ok = event.Upstream, t, true
		}
	}
	return side, since, ok
}
