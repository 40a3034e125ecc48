package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// route is what stands behind event.Route.Observed.
type route struct {
	name, upstream string
	cells          perWorker[routeCells]

	duration, firstByte, overhead [2]prometheus.Observer // unary, stream
	streamDuration                prometheus.Observer
	size, messageSize             [event.NumDirs]prometheus.Observer
}

// upstream is what stands behind event.UpstreamName.Observed.
type upstream struct {
	name     string
	cells    perWorker[upstreamCells]
	slotWait prometheus.Observer

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
	h := &o.histograms
	r := &route{name: name, upstream: upstream, streamDuration: h.streamDuration.WithLabelValues(name)}
	for i, kind := range []string{catalog.KindUnary, catalog.KindStream} {
		r.duration[i] = h.duration.WithLabelValues(name, kind)
		r.firstByte[i] = h.firstByte.WithLabelValues(name, kind)
		r.overhead[i] = h.overhead.WithLabelValues(name, kind)
	}
	for d := range event.NumDirs {
		r.size[d] = h.size.WithLabelValues(name, d.String())
		r.messageSize[d] = h.messageSize.WithLabelValues(name, d.String())
	}
	return r
}

func (o *Observer) newUpstream(name string) *upstream {
	return &upstream{
		name: name, slotWait: o.histograms.slotWait.WithLabelValues(name), endpoints: map[string]*endpoint{},
	}
}

// routeState returns the state of a route; one whose names are those of no route
// shares that one's, for a series must not be exposed twice.
func (o *Observer) routeState(name, upstream string) *route {
	if name == o.noRoute.name && upstream == o.noRoute.upstream {
		return o.noRoute
	}
	return o.newRoute(name, upstream)
}

// upstreamState is to upstreams what routeState is to routes.
func (o *Observer) upstreamState(name string) *upstream {
	if name == o.noUpstream.name {
		return o.noUpstream
	}
	return o.newUpstream(name)
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
			state = o.upstreamState(u.Name)
			u.Observed = state
		}
		o.upstreams[u] = state
		names[u.Name] = true
	}
	for u, state := range old {
		if !names[state.name] {
			o.histograms.forgetUpstream(state.name)
		}
		if o.upstreams[u] == nil {
			for e := range o.endpoints {
				if e.Upstream == u {
					delete(o.endpoints, e)
				}
			}
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
			state = o.routeState(r.Name, r.Upstream.Name)
			r.Observed = state
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
	up := o.upstreams[e.Upstream]
	if up == nil || o.endpoints[e] != nil {
		return // gone already, or told before
	}
	label := e.Address
	if up.endpoints[label] == nil && up.named() >= catalog.MaxEndpoints {
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

// named counts the endpoints that have a label value of their own.
func (u *upstream) named() int {
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
