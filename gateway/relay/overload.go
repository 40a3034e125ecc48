package relay

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
)

// queueing tells whether a worker has more to do than it gets done. What comes in
// while a batch runs waits for its end, so a batch that is long is a wait for
// everyone; and if none is short any more, the wait does not go away by itself.
// It is the idea of CoDel (RFC 8289): not the longest wait of an interval counts,
// but the shortest.
type queueing struct {
	since event.Time // when the first of an unbroken row of long batches began; 0: the last one was short
	over  bool
}

// queueInterval is how long every batch has to be too long for new streams to be
// refused.
const queueInterval = time.Second

// note takes note of a batch from begin to end.
func (q *queueing) note(begin, end event.Time, limit time.Duration) {
	if limit <= 0 || end.Sub(begin) < limit {
		*q = queueing{}
		return
	}
	if q.since == 0 {
		q.since = begin
	}
	q.over = end.Sub(q.since) >= queueInterval
}

// overloaded reports whether new streams are refused, and why.
func (w *Worker) overloaded() (why event.Overload, yes bool) {
	limit := w.table.Limits.MaxBufferedBytes
	switch {
	case limit > 0 && w.holding() >= limit:
		return event.OverloadBuffers, true
	case w.shared.MemoryShort.Load():
		return event.OverloadMemory, true
	case w.queueing.over:
		return event.OverloadCPU, true
	}
	return 0, false
}

var overloadTexts = [event.NumOverloads]string{
	event.OverloadBuffers: "the gateway holds too many bytes for slow peers (limits.max_buffered_bytes)",
	event.OverloadMemory:  "the gateway is short of memory (limits.max_memory)",
	event.OverloadCPU:     "the gateway has more to do than it gets done (limits.max_queue_time)",
}

// turnAway refuses a request because the gateway is overloaded, so that the
// client knows that it may send it again, here later or elsewhere (RFC 9113
// §8.7). HTTP/1.1 has no way to say that but a status.
func (x *Exchange) turnAway(why event.Overload) {
	if x.rec.Proto == event.HTTP1 {
		x.refuse(refusal{503, event.EndOverload, overloadTexts[why]})
		return
	}
	x.end(event.EndOverload, event.ByGateway, conn.RefusedStream)
	x.abort(conn.RefusedStream)
}
