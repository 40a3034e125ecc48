package metrics

import (
	"time"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Sink counts what one worker tells. Only that worker calls it; a scrape reads
// its cells.
type Sink struct {
	observer *Observer
	worker   int
	wire     wireCells
}

var _ event.Sink = (*Sink)(nil)

// ConnOpened implements [event.Sink].
func (s *Sink) ConnOpened(c *event.Conn) {
	s.wire.connsOpened[c.Side][c.Proto].Add(1)
	s.wire.connsOpen[c.Side][c.Proto].Add(1)
	if e := s.endpoint(c.Endpoint); e != nil {
		e.conns.Add(1)
	}
}

// ConnClosed implements [event.Sink].
func (s *Sink) ConnClosed(c *event.Conn, reason event.CloseReason) {
	s.wire.connsClosed[c.Side][reason].Add(1)
	s.wire.connsOpen[c.Side][c.Proto].Add(-1)
	if e := s.endpoint(c.Endpoint); e != nil {
		e.conns.Add(-1)
	}
}

// Frames implements [event.Sink].
func (s *Sink) Frames(n *event.FrameCounts) {
	for side := range event.NumSides {
		for dir := range event.NumDirs {
			for t, frames := range n.Frames[side][dir] {
				if frames != 0 {
					s.wire.frames[side][dir][t].Add(int64(frames))
					s.wire.bytes[side][dir][t].Add(int64(n.Bytes[side][dir][t]))
				}
			}
			if credit := n.Credit[side][dir]; credit != 0 {
				s.wire.credit[side][dir].Add(int64(credit))
			}
		}
	}
}

// Reset implements [event.Sink].
func (s *Sink) Reset(c *event.Conn, d event.Dir, code event.Code) {
	s.wire.resets[c.Side][d][min(code, event.OtherCode)].Add(1)
}

// GoAway implements [event.Sink].
func (s *Sink) GoAway(c *event.Conn, d event.Dir, code event.Code) {
	s.wire.goAways[c.Side][d][min(code, event.OtherCode)].Add(1)
}

// Violation implements [event.Sink].
func (s *Sink) Violation(c *event.Conn, v event.Violation) {
	s.wire.violations[c.Side][v].Add(1)
}

// PingTimeout implements [event.Sink].
func (s *Sink) PingTimeout(c *event.Conn) { s.wire.pings[c.Side].Add(1) }

// Inject implements [event.Sink]; it is the tracer's.
func (s *Sink) Inject(*event.Exchange, []byte, *header.List) {}

// Mark implements [event.Sink]; it is the tracer's.
func (s *Sink) Mark(*event.Exchange, event.Time, event.Kind, int64) {}

// StallBegin implements [event.Sink].
func (s *Sink) StallBegin(x *event.Exchange, side event.Side, scope event.Scope, at event.Time) {
	s.upstreamOf(x).cells.of(s.worker).stalls[side][scope].begin(at)
}

// StallEnd implements [event.Sink].
func (s *Sink) StallEnd(x *event.Exchange, side event.Side, scope event.Scope, since, at event.Time) {
	s.upstreamOf(x).cells.of(s.worker).stalls[side][scope].end(since, at)
}

// Retry implements [event.Sink].
func (s *Sink) Retry(x *event.Exchange, r event.RetryResult) {
	s.upstreamOf(x).cells.of(s.worker).retries[r].Add(1)
}

// SlotWait implements [event.Sink].
func (s *Sink) SlotWait(x *event.Exchange, d time.Duration) {
	c := s.upstreamOf(x).cells.of(s.worker)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slotWait.observe(s.family(catalog.StreamSlotWaitSeconds), max(d, 0).Seconds())
}

func (s *Sink) family(h catalog.Histogram) *family { return &s.observer.descs.histograms[h] }

// routeOf returns the state of x's route.
func (s *Sink) routeOf(x *event.Exchange) *route {
	if x.Route != nil {
		if r, ok := x.Route.Observed.(*route); ok {
			return r
		}
	}
	return s.observer.noRoute
}

// upstreamOf returns the state of x's upstream.
func (s *Sink) upstreamOf(x *event.Exchange) *upstream {
	if x.Route != nil && x.Route.Upstream != nil {
		if u, ok := x.Route.Upstream.Observed.(*upstream); ok {
			return u
		}
	}
	return s.observer.noUpstream
}

// endpoint returns this worker's cells of e, nil if there is no e.
func (s *Sink) endpoint(e *event.Endpoint) *endpointCells {
	if e != nil {
		if state, ok := e.Observed.(*endpoint); ok {
			return state.cells.of(s.worker)
		}
	}
	return nil
}
