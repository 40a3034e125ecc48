package relay

import (
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// overloaded reports whether new streams are refused: what the gateway holds for
// slow peers has reached max_buffered_bytes. Connection credit is never withheld.
func (w *Worker) overloaded() bool {
	limit := w.table.Limits.MaxBufferedBytes
	return limit > 0 && w.shared.Buffered.Load() >= limit
}

// relieve resets the worker's longest-stalled streams while the gateway holds
// more than it may. A quarter above the limit is left for what was on its way
// when new streams were first refused.
func (w *Worker) relieve() {
	limit := w.table.Limits.MaxBufferedBytes
	if limit <= 0 || w.shared.Buffered.Load()+w.link.Env.Buffered-w.buffered <= limit+limit/4 {
		return
	}
	over := w.shared.Buffered.Load() + w.link.Env.Buffered - w.buffered - limit
	for over > 0 {
		x := w.longestStalled()
		if x == nil {
			break
		}
		before := w.link.Env.Buffered
		x.end(event.EndBufferLimit, event.ByGateway, conn.Calm)
		x.abort(conn.Calm)
		freed := before - w.link.Env.Buffered
		if freed <= 0 {
			break
		}
		over -= freed
	}
	w.link.Env.Flush()
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
