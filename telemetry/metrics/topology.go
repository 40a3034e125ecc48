package metrics

import (
	"sync/atomic"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// route is what stands behind event.Route.Observed.
type route struct {
	name, upstream string
	since          event.Time
	cells          perWorker[routeCells, *routeCells]
}

// upstream is what stands behind event.UpstreamName.Observed.
type upstream struct {
	name  string
	since event.Time
	cells perWorker[upstreamCells, *upstreamCells]

	lookUps [2]atomic.Int64 // of names: ok, error

	// Guarded by Observer.mu.
	endpoints map[string]*endpoint // by label value
	// stallSeconds is what the last scrape was told: a worker's clock may be a
	// little behind the scrape's, and a counter must not fall.
	stallSeconds [event.NumSides][event.NumScopes]float64
}

// endpoint is what stands behind event.Endpoint.Observed. Endpoints that share a
// label value share it.
type endpoint struct {
	upstream *upstream
	label    string
	since    event.Time
	cells    perWorker[endpointCells, *endpointCells]
	users    int // guarded by Observer.mu
}

// listener is what stands behind event.Listener.Observed. Listeners of one name,
// before and after a reload, share it.
type listener struct {
	refused      [event.NumRefusals]atomic.Uint64
	acceptErrors atomic.Uint64
}

// listenerState returns the state of l. l may be in use already, so what it has
// seen of Observed never changes.
func (o *Observer) listenerState(l *event.Listener) *listener {
	if state, ok := l.Observed.(*listener); ok {
		return state
	}
	state := o.listeners[l.Name]
	if state == nil {
		state = new(listener)
	}
	l.Observed = state
	return state
}

func (o *Observer) newRoute(name, upstream string) *route {
	return &route{name: name, upstream: upstream, since: o.opts.Now()}
}

func (o *Observer) newUpstream(name string) *upstream {
	return &upstream{name: name, since: o.opts.Now(), endpoints: map[string]*endpoint{}}
}

// routeState returns the state of r, which may be new or have been there before,
// as after a reload that failed: a worker may hold r, so what it has seen of
// Observed never changes. A route whose names are those of no route shares that
// one's state, for a series must not be exposed twice.
func (o *Observer) routeState(r *event.Route) *route {
	if state, ok := r.Observed.(*route); ok {
		return state
	}
	state := o.noRoute
	if r.Name != state.name || r.Upstream.Name != state.upstream {
		state = o.newRoute(r.Name, r.Upstream.Name)
	}
	r.Observed = state
	return state
}

// upstreamState is to upstreams what routeState is to routes.
func (o *Observer) upstreamState(u *event.UpstreamName) *upstream {
	if state, ok := u.Observed.(*upstream); ok {
		return state
	}
	state := o.noUpstream
	if u.Name != state.name {
		state = o.newUpstream(u.Name)
	}
	u.Observed = state
	return state
}

// Topology implements [event.Observer]: it makes the states of what is new and
// drops those, with their series, of what is gone.
func (o *Observer) Topology(t event.Topology) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.upstreams = make(map[*event.UpstreamName]*upstream, len(t.Upstreams))
	named := map[certificate]bool{adminCertificate: true}
	for _, u := range t.Upstreams {
		o.upstreams[u] = o.upstreamState(u)
		named[certificate{event.Upstream.String(), u.Name}] = true
	}
	o.routes = make(map[*event.Route]*route, len(t.Routes))
	for _, r := range t.Routes {
		o.routes[r] = o.routeState(r)
	}
	listeners := make(map[string]*listener, len(t.Listeners))
	for _, l := range t.Listeners {
		named[certificate{event.Downstream.String(), l.Name}] = true
		listeners[l.Name] = o.listenerState(l)
	}
	o.listeners = listeners
	for c := range o.certs {
		if !named[c] {
			delete(o.certs, c)
		}
	}
}

// EndpointAdded implements [event.Observer].
func (o *Observer) EndpointAdded(e *event.Endpoint) {
	o.mu.Lock()
	defer o.mu.Unlock()
	up, ok := e.Upstream.Observed.(*upstream)
	if !ok || o.endpoints[e] != nil {
		return // of an upstream that was never told of, or told before
	}
	label := e.Address
	if up.endpoints[label] == nil && up.ownLabels() >= catalog.MaxEndpoints {
		label = catalog.Other
		o.limited++
	}
	state := up.endpoints[label]
	if state == nil {
		state = &endpoint{upstream: up, label: label, since: o.opts.Now()}
		up.endpoints[label] = state
	}
	state.users++
	e.Observed = state
	o.endpoints[e] = state
}

// ownLabels counts the endpoints that have a label value of their own.
func (u *upstream) ownLabels() int {
	n := len(u.endpoints)
	if u.endpoints[catalog.Other] != nil {
		n--
	}
	return n
}

// EndpointRemoved implements [event.Observer].
func (o *Observer) EndpointRemoved(e *event.Endpoint) {
	o.mu.Lock()
	defer o.mu.Unlock()
	state := o.endpoints[e]
	if state == nil {
		return
	}
	delete(o.endpoints, e)
	if state.users--; state.users == 0 {
		delete(state.upstream.endpoints, state.label)
	}
}
