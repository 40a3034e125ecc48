package event

// Listener names a listener. It lives as long as a connection of it.
type Listener struct {
	Name string
	// Trust is the listener's trace_trust: resample, continue or new.
	Trust string
	// Observed belongs to the observer, which sets it in Topology and never after.
	Observed any
}

// Route names a route and the upstream it leads to. A reload that changes
// neither keeps the value.
type Route struct {
	Name     string
	Upstream *UpstreamName
	// Observed belongs to the observer, which sets it in Topology and never after.
	Observed any
}

// UpstreamName names an upstream.
type UpstreamName struct {
	Name string
	// Observed belongs to the observer, which sets it in Topology and never after.
	Observed any
}

// Endpoint is one address of an upstream, as it was resolved.
type Endpoint struct {
	Upstream *UpstreamName
	Host     string // as configured: of an endpoint dns:name:port, the name
	Address  string // host:port
	// Observed belongs to the observer, which sets it in EndpointAdded and never after.
	Observed any
}

// Topology is everything that labels can name under one configuration.
type Topology struct {
	Listeners []*Listener
	Routes    []*Route
	Upstreams []*UpstreamName
}

// Conn identifies a connection. It is immutable after ConnOpened.
type Conn struct {
	ID       uint64 // unique in the process
	Side     Side
	Proto    Proto
	TLS      bool
	Peer     string    // address:port
	Listener *Listener // downstream only
	Endpoint *Endpoint // upstream only
	OpenedAt Time
	// OpenedFor is why it was opened; upstream only.
	OpenedFor OpenReason
	// Observed belongs to the observer, which may set it in ConnOpened, to a
	// [Describer] if it has something to say in /connections.
	Observed any
}

// Describer adds what an observer knows of a connection to what is shown of it.
// Describe is called on the goroutine of the connection's worker.
type Describer interface{ Describe(*ConnectionInfo) }
