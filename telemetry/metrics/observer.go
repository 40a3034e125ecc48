package metrics

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Options say what the metrics report beside the gateway's events.
type Options struct {
	Version   string
	Revision  string
	GoVersion string
	// Now is the gateway's clock.
	Now func() event.Time
	// Offset is that of the gateway's clock; nil: none.
	Offset func() time.Duration
	// Spans returns how many spans a collector took, were lost in sending, and
	// were dropped because a queue was full.
	Spans func() (ok, failed, dropped uint64)
	// LogDropped returns how many lines the access log dropped.
	LogDropped func() uint64
	// AdminRefused tells why the admin server refused peers, and how often.
	AdminRefused func(tell func(reason string, n uint64))
}

// Observer counts what the gateway tells. It is a [prometheus.Collector] too.
type Observer struct {
	opts   Options
	descs  descs
	source atomic.Pointer[event.Source]

	handshakes [event.NumSides][2]atomic.Int64 // ok, error
	reloads    [2]atomic.Int64                 // ok, error
	drain      atomic.Bool

	// Set once; each has states of its own that no reload takes away.
	noRoute    *route
	noUpstream *upstream

	mu        sync.Mutex // guards what follows
	sinks     []*Sink
	routes    map[*event.Route]*route
	upstreams map[*event.UpstreamName]*upstream
	endpoints map[*event.Endpoint]*endpoint
	listeners map[string]*listener // by name
	certs     map[certificate]time.Time
	limited   uint64    // endpoints that share a label
	loaded    time.Time // last configuration that was accepted
	refused   bool      // the last configuration was
}

// certificate names a certificate that the gateway shows.
type certificate struct {
	side string // label value
	name string
}

var (
	_ event.Observer       = (*Observer)(nil)
	_ prometheus.Collector = (*Observer)(nil)
)

// New returns an observer that is registered with reg.
func New(reg prometheus.Registerer, opts Options) (*Observer, error) {
	if opts.Offset == nil {
		opts.Offset = func() time.Duration { return 0 }
	}
	o := &Observer{
		opts:      opts,
		routes:    map[*event.Route]*route{},
		upstreams: map[*event.UpstreamName]*upstream{},
		endpoints: map[*event.Endpoint]*endpoint{},
		listeners: map[string]*listener{},
		certs:     map[certificate]time.Time{},
		descs:     newDescs(),
	}
	o.noUpstream = o.newUpstream(catalog.Empty)
	o.noRoute = o.newRoute(catalog.Empty, catalog.Empty)
	return o, reg.Register(o)
}

// SetSource sets what is asked, at each scrape, for what only the gateway knows.
func (o *Observer) SetSource(s event.Source) { o.source.Store(&s) }

// Sink implements [event.Observer].
func (o *Observer) Sink(n int) event.Sink {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &Sink{observer: o, worker: n}
	o.sinks = append(o.sinks, s)
	return s
}

// Handshake implements [event.Observer].
func (o *Observer) Handshake(_ *event.Listener, e *event.Endpoint, err error) {
	side := event.Downstream
	if e != nil {
		side = event.Upstream
	}
	o.handshakes[side][failure(err)].Add(1)
}

// Refused implements [event.Observer].
func (o *Observer) Refused(l *event.Listener, r event.Refusal) {
	if state, ok := l.Observed.(*listener); ok {
		state.refused[r].Add(1)
	}
}

// Resolved implements [event.Observer].
func (o *Observer) Resolved(u *event.UpstreamName, err error) {
	if up, ok := u.Observed.(*upstream); ok {
		up.lookUps[failure(err)].Add(1)
	}
}

// AcceptFailed implements [event.Observer].
func (o *Observer) AcceptFailed(l *event.Listener, _ error) {
	if state, ok := l.Observed.(*listener); ok {
		state.acceptErrors.Add(1)
	}
}

// Certificate implements [event.Observer].
func (o *Observer) Certificate(l *event.Listener, u *event.UpstreamName, notAfter time.Time) {
	switch {
	case l != nil:
		o.setCertificate(certificate{event.Downstream.String(), l.Name}, notAfter)
	case u != nil:
		o.setCertificate(certificate{event.Upstream.String(), u.Name}, notAfter)
	}
}

// adminCertificate names the admin server's.
var adminCertificate = certificate{catalog.SideAdmin, catalog.SideAdmin}

// AdminCertificate tells when the certificate of the admin server ends; the zero
// time: it has none.
func (o *Observer) AdminCertificate(notAfter time.Time) {
	o.setCertificate(adminCertificate, notAfter)
}

func (o *Observer) setCertificate(c certificate, notAfter time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if notAfter.IsZero() {
		delete(o.certs, c)
		return
	}
	o.certs[c] = notAfter
}

// Reload implements [event.Observer].
func (o *Observer) Reload(at time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reloads[failure(err)].Add(1)
	o.refused = err != nil
	if err == nil {
		o.loaded = at
	}
}

// Drain implements [event.Observer].
func (o *Observer) Drain(begun bool) { o.drain.Store(begun) }

// failure returns 0 for no error and 1 for any.
func failure(err error) int {
	if err != nil {
		return 1
	}
	return 0
}
