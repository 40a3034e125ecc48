package metrics

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// route is what stands behind event.Route.Observed.
type route struct {
	name, upstream string
	cells          perWorker[routeCells]
	// distributions are those of the route's name. A route that had gone and
	// comes back, as after a reload that failed, is given new ones.
	distributions atomic.Pointer[distributions]
}

// upstream is what stands behind event.UpstreamName.Observed.
type upstream struct {
	name     string
	cells    perWorker[upstreamCells]
	slotWait atomic.Pointer[prometheus.Observer] // replaced as route.distributions are

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
	cells    perWorker[endpointCells]
	users    int // guarded by Observer.mu
}

func (o *Observer) newRoute(name, upstream string) *route {
	r := &route{name: name, upstream: upstream}
	r.distributions.Store(o.histograms.ofRoute(name))
	return r
}

func (o *Observer) newUpstream(name string) *upstream {
	u := &upstream{name: name, endpoints: map[string]*endpoint{}}
	u.slotWait.Store(o.histograms.ofUpstream(name))
	return u
}

// routeState returns the state of r, which may be new or have been there before:
// a worker may hold r, so what it has seen of Observed never changes. A route
// whose names are those of no route shares that one's state, for a series must
// not be exposed twice.
func (o *Observer) routeState(r *event.Route) *route {
	if state, ok := r.Observed.(*route); ok {
		state.distributions.Store(o.histograms.ofRoute(state.name))
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
		state.slotWait.Store(o.histograms.ofUpstream(state.name))
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
	o.setUpstreams(t.Upstreams)
	o.setRoutes(t.Routes)

	named := map[certificate]bool{}
	for _, l := range t.Listeners {
		named[certificate{event.Downstream, l.Name}] = true
	}
	for _, u := range t.Upstreams {
		named[certificate{event.Upstream, u.Name}] = true
	}
	for c := range o.certs {
		if !named[c] {
			delete(o.certs, c)
		}
	}
}

func (o *Observer) setUpstreams(list []*event.UpstreamName) {
	old := o.upstreams
	o.upstreams = make(map[*event.UpstreamName]*upstream, len(list))
	names := map[string]bool{catalog.Empty: true}
	for _, u := range list {
		state := old[u]
		if state == nil {
			state = o.upstreamState(u)
		}
		o.upstreams[u] = state
		names[u.Name] = true
	}
	for _, state := range old {
		if !names[state.name] {
			o.histograms.forgetUpstream(state.name)
		}
	}
}

func (o *Observer) setRoutes(list []*event.Route) {
	old := o.routes
	o.routes = make(map[*event.Route]*route, len(list))
	names := map[string]bool{catalog.Empty: true}
	for _, r := range list {
		state := old[r]
		if state == nil {
			state = o.routeState(r)
		}
		o.routes[r] = state
		names[r.Name] = true
	}
	for _, state := range old {
		if !names[state.name] {
			o.histograms.forgetRoute(state.name)
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
		state = &endpoint{upstream: up, label: label}
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
