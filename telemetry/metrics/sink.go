package metrics

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Sink counts what one worker tells. Only that worker calls it.
type Sink struct {
	observer *Observer
	worker   int
	wire     cells[wireCells, *wireCells]
}

var _ event.Sink = (*Sink)(nil)

// show implements [shower].
func (s *Sink) show(worker int) {
	if worker == s.worker {
		s.wire.show()
	}
}

// ConnOpened implements [event.Sink].
func (s *Sink) ConnOpened(c *event.Conn) {
	w := &s.wire.live[c.Side]
	w.connsOpened[c.Proto]++
	w.connsOpen[c.Proto]++
	if e := s.endpoint(c.Endpoint); e != nil {
		e.conns++
		c.Observed = &attempts{bounds: s.family(catalog.AttemptDurationSeconds).bounds}
	}
}

// ConnClosed implements [event.Sink].
func (s *Sink) ConnClosed(c *event.Conn, reason event.CloseReason) {
	w := &s.wire.live[c.Side]
	w.connsClosed[reason]++
	w.connsOpen[c.Proto]--
	if e := s.endpoint(c.Endpoint); e != nil {
		e.conns--
	}
}

// Frames implements [event.Sink].
func (s *Sink) Frames(n *event.FrameCounts) {
	for side := range event.NumSides {
		w := &s.wire.live[side]
		for dir := range event.NumDirs {
			for t, frames := range n.Frames[side][dir] {
				w.frames[dir][t] += int64(frames)
			}
			for t, bytes := range n.Bytes[side][dir] {
				w.bytes[dir][t] += int64(bytes)
			}
			w.credit[dir] += int64(n.Credit[side][dir])
		}
	}
}

// Reset implements [event.Sink].
func (s *Sink) Reset(c *event.Conn, d event.Dir, code event.Code) {
	s.wire.live[c.Side].resets[d][min(code, event.OtherCode)]++
}

// GoAway implements [event.Sink].
func (s *Sink) GoAway(c *event.Conn, d event.Dir, code event.Code) {
	s.wire.live[c.Side].goAways[d][min(code, event.OtherCode)]++
}

// Violation implements [event.Sink].
func (s *Sink) Violation(c *event.Conn, v event.Violation) {
	s.wire.live[c.Side].violations[v]++
}

// PingTimeout implements [event.Sink].
func (s *Sink) PingTimeout(c *event.Conn) { s.wire.live[c.Side].pings++ }

// Inject implements [event.Sink]; it is the tracer's.
func (s *Sink) Inject(*event.Exchange, []byte, *header.List) {}

// Mark implements [event.Sink]; it is the tracer's.
func (s *Sink) Mark(*event.Exchange, event.Time, event.Kind, int64) {}

// StallBegin implements [event.Sink].
func (s *Sink) StallBegin(x *event.Exchange, side event.Side, scope event.Scope, at event.Time) {
	s.upstream(x).stalls[side][scope].begin(at)
}

// StallEnd implements [event.Sink].
func (s *Sink) StallEnd(x *event.Exchange, side event.Side, scope event.Scope, since, at event.Time) {
	s.upstream(x).stalls[side][scope].end(since, at)
}

// Retry implements [event.Sink].
func (s *Sink) Retry(x *event.Exchange, r event.RetryResult) { s.upstream(x).retries[r]++ }

// SlotWait implements [event.Sink].
func (s *Sink) SlotWait(x *event.Exchange, d time.Duration) {
	s.upstream(x).slotWait.observe(s.family(catalog.StreamSlotWaitSeconds), seconds(d), nil)
}

func (s *Sink) family(h catalog.Histogram) *family { return &s.observer.descs.histograms[h] }

// route returns what this worker counts of x's route.
func (s *Sink) route(x *event.Exchange) *routeCells {
	state := s.observer.noRoute
	if x.Route != nil {
		if r, ok := x.Route.Observed.(*route); ok {
			state = r
		}
	}
	return state.cells.of(s.worker)
}

// upstream returns what this worker counts of x's upstream.
func (s *Sink) upstream(x *event.Exchange) *upstreamCells {
	state := s.observer.noUpstream
	if x.Route != nil && x.Route.Upstream != nil {
		if u, ok := x.Route.Upstream.Observed.(*upstream); ok {
			state = u
		}
	}
	return state.cells.of(s.worker)
}

// endpoint returns what this worker counts of e, nil if there is no e.
func (s *Sink) endpoint(e *event.Endpoint) *endpointCells {
	if e != nil {
		if state, ok := e.Observed.(*endpoint); ok {
			return state.cells.of(s.worker)
		}
	}
	return nil
}
