package upstream

import (
	"errors"
	"math/rand/v2"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/conn"
	"github.com/hopscope/hopscope/gateway/link"
)

// Pool is one worker's connections to a cluster. It belongs to that worker's
// goroutine.
type Pool struct {
	Cluster *Cluster
	w       *link.Worker
	cfg     conn.Config
	ids     func() uint64
	known   map[*event.Endpoint]*Endpoint
	current []*Endpoint
	version *[]*event.Endpoint
}

// NewPool makes a pool without connections. ids numbers connections.
func NewPool(c *Cluster, w *link.Worker, cfg conn.Config, ids func() uint64) *Pool {
	return &Pool{Cluster: c, w: w, cfg: cfg, ids: ids, known: make(map[*event.Endpoint]*Endpoint)}
}

// Errors of Pick. They name what the client is told.
var (
	ErrNoEndpoints = errors.New("the upstream has no endpoints")
	ErrAllTried    = errors.New("every endpoint was tried")
)

// Pick returns the endpoint for a request: the better of two random ones by open
// streams (Mitzenmacher, 2001), among those that are not backing off and not in
// tried.
func (p *Pool) Pick(tried []*event.Endpoint) (*Endpoint, error) {
	p.refresh()
	if len(p.current) == 0 {
		return nil, ErrNoEndpoints
	}
	var a, b *Endpoint
	var down error
	seen := 0
	for _, e := range p.current { // reservoir sampling of two
		if contains(tried, e.Info) {
			continue
		}
		if p.w.Loop.Now() < e.retryAt {
			down = e.lastErr
			continue
		}
		seen++
		switch {
		case seen == 1:
			a = e
		case seen == 2:
			b = e
		default:
			if i := rand.IntN(seen); i == 0 {
				a = e
			} else if i == 1 {
				b = e
			}
		}
	}
	switch {
	case a == nil && down != nil:
		return nil, down
	case a == nil:
		return nil, ErrAllTried
	case b == nil || a.load() < b.load() || a.load() == b.load() && rand.IntN(2) == 0:
		return a, nil
	}
	return b, nil
}

func contains(list []*event.Endpoint, e *event.Endpoint) bool {
	for _, v := range list {
		if v == e {
			return true
		}
	}
	return false
}

// refresh follows the cluster's endpoints; connections to endpoints that are gone
// are drained.
func (p *Pool) refresh() {
	v := p.Cluster.endpoints.Load()
	if v == p.version {
		return
	}
	p.version = v
	gone := p.current
	p.current = nil
	for _, info := range *v {
		e := p.known[info]
		if e == nil {
			e = &Endpoint{Info: info, pool: p}
			e.timer.Owner = (*redial)(e)
			p.known[info] = e
		}
		p.current = append(p.current, e)
	}
	for _, e := range gone {
		if !contains(*v, e.Info) {
			e.drain(event.CloseReplaced)
			e.forget()
		}
	}
}

// Drain lets the pool's streams finish and then closes its connections. Those who
// wait for one fail.
func (p *Pool) Drain(reason event.CloseReason) {
	for _, e := range p.known {
		e.drain(reason)
	}
	if p.Cluster.Protocol == config.HTTP1 {
		// Cluster.Close did this, but a request that connects later makes a transport
		// keep connections again. Not here: under TLS closing can block.
		go p.Cluster.closeIdle()
	}
}

// Each calls f for every connection.
func (p *Pool) Each(f func(*conn.Conn)) {
	for _, e := range p.known {
		for _, c := range e.conns {
			f(c)
		}
	}
}
