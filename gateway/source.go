package gateway

import (
	"context"
	"errors"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/relay"
)

var _ event.Source = (*Gateway)(nil)

// ErrStopped is returned when a worker has ended.
var ErrStopped = errors.New("the gateway has stopped")

// Ready implements event.Source.
func (g *Gateway) Ready() bool { return g.ready.Load() }

// Streams implements event.Source.
func (g *Gateway) Streams(ctx context.Context) ([]event.StreamInfo, error) {
	all := []event.StreamInfo{}
	err := g.ask(ctx, relay.Streams, func(a relay.Answer) { all = append(all, a.Streams...) })
	return all, err
}

// Connections implements event.Source.
func (g *Gateway) Connections(ctx context.Context) ([]event.ConnectionInfo, error) {
	all := []event.ConnectionInfo{}
	err := g.ask(ctx, relay.Connections, func(a relay.Answer) { all = append(all, a.Connections...) })
	return all, err
}

// Stats implements event.Source.
func (g *Gateway) Stats(ctx context.Context) (event.Stats, error) {
	var sum event.Stats
	err := g.ask(ctx, relay.Stats, func(a relay.Answer) {
		s := a.Stats
		sum.BufferedBytes += s.BufferedBytes
		sum.MaxConnections = s.MaxConnections
		for i, yes := range s.Overload {
			sum.Overload[i] = sum.Overload[i] || yes
		}
		sum.Conns = append(sum.Conns, s.Conns...)
		for _, t := range s.Stalls {
			addStall(&sum, t)
		}
	})
	return sum, err
}

// Visit implements event.Source.
func (g *Gateway) Visit(ctx context.Context, visit func(worker, turn int) (done bool)) error {
	done := make(chan struct{}, len(g.workers))
	for n, w := range g.workers {
		v := relay.Visit{
			Worker: w, Call: func(turn int) bool { return visit(n, turn) }, Done: func() { done <- struct{}{} },
		}
		if w.Post(v) != nil {
			v.Cancel()
		}
	}
	for range g.workers {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func addStall(sum *event.Stats, t event.StallStats) {
	for i := range sum.Stalls {
		u := &sum.Stalls[i]
		if u.Side == t.Side && u.Scope == t.Scope && u.Upstream == t.Upstream {
			u.Streams += t.Streams
			u.Oldest = min(u.Oldest, t.Oldest)
			return
		}
	}
	sum.Stalls = append(sum.Stalls, t)
}

type answer struct {
	relay.Answer
	ok bool
}

// ask puts a question to every worker at once and adds up the answers.
func (g *Gateway) ask(ctx context.Context, q relay.Question, add func(relay.Answer)) error {
	answers := make(chan answer, len(g.workers))
	for _, w := range g.workers {
		s := relay.Snapshot{Worker: w, Question: q, Done: func(a relay.Answer, ok bool) { answers <- answer{a, ok} }}
		if w.Post(s) != nil {
			return ErrStopped
		}
	}
	for range g.workers {
		select {
		case a := <-answers:
			if !a.ok {
				return ErrStopped
			}
			add(a.Answer)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
