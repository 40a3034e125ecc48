package relay

import (
	"encoding/hex"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/h2/rule"
)

// Question is what a Snapshot asks for.
type Question uint8

// The questions.
const (
	Streams     Question = iota // the open streams
	Connections                 // the open connections
	Stats                       // the state
)

// Answer has what a Question asked for of one worker.
type Answer struct {
	Streams     []event.StreamInfo
	Connections []event.ConnectionInfo
	Stats       event.Stats
}

// Snapshot is a task: a worker answers a question.
type Snapshot struct {
	Worker   *Worker
	Question Question
	// Done is called with the answer; ok is false if the worker has ended.
	Done func(a Answer, ok bool)
}

// Run implements loop.Task.
func (s Snapshot) Run() {
	var a Answer
	switch s.Question {
	case Streams:
		for x := s.Worker.exchanges; x != nil; x = x.next {
			a.Streams = append(a.Streams, x.info())
		}
	case Connections:
		a.Connections = s.Worker.connections()
	case Stats:
		a.Stats = s.Worker.stats()
	}
	s.Done(a, true)
}

// Cancel implements loop.Canceller.
func (s Snapshot) Cancel() { s.Done(Answer{}, false) }

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
		if c := x.rec.Attempt.Conn; c != nil {
			i.UpstreamConn = c.ID
		}
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
