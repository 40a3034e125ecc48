package relay

import (
	"encoding/hex"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// Snapshot is a task: it reports a worker's open streams, or its state, or both.
type Snapshot struct {
	Worker  *Worker
	Streams bool // fill in the streams
	Stats   bool // fill in the state
	// Done is called with what was asked for; ok is false if the worker has ended.
	Done func(streams []event.StreamInfo, stats event.Stats, ok bool)
}

// Run implements loop.Task.
func (s Snapshot) Run() {
	var streams []event.StreamInfo
	var stats event.Stats
	if s.Streams {
		for x := s.Worker.exchanges; x != nil; x = x.next {
			streams = append(streams, x.info())
		}
	}
	if s.Stats {
		stats = s.Worker.stats()
	}
	s.Done(streams, stats, true)
}

// Cancel implements loop.Canceller.
func (s Snapshot) Cancel() { s.Done(nil, event.Stats{}, false) }

func (x *Exchange) info() event.StreamInfo {
	now := x.w.now()
	i := event.StreamInfo{
		ID: x.down.ID(), Connection: x.rec.Conn.ID, Listener: x.rec.Listener.Name,
		Protocol: x.rec.Proto.String(), Method: x.rec.Method,
		AgeSeconds: now.Sub(x.rec.Begin).Seconds(),
		BytesRead:  x.rec.RequestBytes, BytesWritten: x.responseWritten(),
		Messages: x.rec.Messages, Downstream: x.down.Windows(),
		Buffered: int64(x.down.Buffered()),
		TraceID:  hex.EncodeToString(x.rec.Trace.ID[:]),
	}
	if s, ok := x.down.(*conn.Stream); ok {
		i.Glitches = s.Conn().Glitches()
		if v := s.Conn().Broken(); v != rule.None {
			i.Broken = v.String()
		}
	}
	if x.rec.Route != nil {
		i.Route, i.Upstream = x.rec.Route.Name, x.rec.Route.Upstream.Name
	}
	if x.rec.Attempt.Endpoint != nil {
		i.Endpoint = x.rec.Attempt.Endpoint.Address
	}
	if x.up != nil {
		i.Upstreamside = x.up.Windows()
		i.Buffered += int64(x.up.Buffered())
	} else {
		i.Buffered += int64(len(x.heldBody()))
	}
	if side, since, ok := x.stall(); ok {
		peer := Peer(x.down)
		if side == event.Upstream {
			peer = x.up
		}
		scope, _, _ := peer.Stall()
		i.Stall = &event.StallInfo{Side: side.String(), Scope: scope.String(), Since: since.Add(x.w.link.Loop.Clock().Offset()).Std()}
	}
	return i
}

func (w *Worker) stats() event.Stats {
	s := event.Stats{BufferedBytes: w.link.Env.Buffered, MaxConnections: w.shared.MaxConnections.Load()}
	if why, yes := w.overloaded(); yes {
		s.Overload[why] = true
	}
	for c := range w.downs {
		s.Conns = append(s.Conns, c.Stats())
	}
	for _, p := range w.pools {
		p.Each(func(c *conn.Conn) { s.Conns = append(s.Conns, c.Stats()) })
	}
	for x := w.exchanges; x != nil; x = x.next {
		x.addStall(&s, event.Downstream, x.down)
		if x.up != nil {
			x.addStall(&s, event.Upstream, x.up)
		}
	}
	return s
}

func (x *Exchange) addStall(s *event.Stats, side event.Side, p Peer) {
	scope, since, ok := p.Stall()
	if !ok || x.rec.Route == nil {
		return
	}
	up := x.rec.Route.Upstream
	for i := range s.Stalls {
		if t := &s.Stalls[i]; t.Side == side && t.Scope == scope && t.Upstream == up {
			t.Streams++
			t.Oldest = min(t.Oldest, since)
			return
		}
	}
	s.Stalls = append(s.Stalls, event.StallStats{Side: side, Scope: scope, Upstream: up, Streams: 1, Oldest: since})
}
