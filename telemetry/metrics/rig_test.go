package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/metrics"
)

// rig is an observer on a registry of its own, with a clock that the test moves.
type rig struct {
	testing.TB
	*metrics.Observer
	registry *prometheus.Registry
	now      event.Time
	set      time.Duration // of the wall clock
	spans    [3]uint64
	logs     uint64
	refused  uint64
	gateway  *source

	listener *event.Listener
	users    *event.UpstreamName
	route    *event.Route
	endpoint *event.Endpoint
	down, up *event.Conn
}

const start = event.Time(1_800_000_000_000_000_000)

func newRig(t testing.TB) *rig {
	r := newRigWithoutGateway(t)
	r.gateway = &source{}
	r.SetSource(r.gateway)
	return r
}

func newRigWithoutGateway(t testing.TB) *rig {
	r := &rig{TB: t, registry: prometheus.NewPedanticRegistry(), now: start}
	var err error
	r.Observer, err = metrics.New(r.registry, metrics.Options{
		Version: "v1", Revision: "abc", GoVersion: "go1",
		Now:          func() event.Time { return r.now },
		Offset:       func() time.Duration { return r.set },
		Spans:        func() (uint64, uint64, uint64) { return r.spans[0], r.spans[1], r.spans[2] },
		LogDropped:   func() uint64 { return r.logs },
		AdminRefused: func(tell func(string, uint64)) { tell("no_token", r.refused) },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.listener = &event.Listener{Name: "edge"}
	r.users = &event.UpstreamName{Name: "users"}
	r.route = &event.Route{Name: "api", Upstream: r.users}
	r.Topology(r.topology())
	r.endpoint = &event.Endpoint{Upstream: r.users, Address: "10.0.0.1:80"}
	r.EndpointAdded(r.endpoint)
	r.down = &event.Conn{ID: 1, Side: event.Downstream, Listener: r.listener, Peer: "192.0.2.1:1"}
	r.up = &event.Conn{ID: 2, Side: event.Upstream, Endpoint: r.endpoint}
	return r
}

func (r *rig) topology() event.Topology {
	return event.Topology{
		Listeners: []*event.Listener{r.listener}, Routes: []*event.Route{r.route}, Upstreams: []*event.UpstreamName{r.users},
	}
}

// exchange returns an exchange in its beginning.
func (r *rig) exchange() *event.Exchange {
	x := new(event.Exchange)
	r.reset(x)
	return x
}

// reset makes x an exchange in its beginning.
func (r *rig) reset(x *event.Exchange) {
	*x = event.Exchange{
		Listener: r.listener, Conn: r.down, StreamID: 1, Route: r.route, Method: "GET", GRPCStatus: -1, Begin: r.now,
		Attempt: event.Attempt{Number: 1, Endpoint: r.endpoint, Conn: r.up, StreamID: 1}, Attempts: 1,
	}
}

// run tells s a whole exchange that takes 100 ms and ends as end makes it.
func (r *rig) run(s event.Sink, end func(*event.Exchange)) {
	r.runOn(s, new(event.Exchange), end)
}

// runOn is run with the memory of x.
func (r *rig) runOn(s event.Sink, x *event.Exchange, end func(*event.Exchange)) {
	r.reset(x)
	s.Begin(x, nil)
	s.AttemptBegin(x)
	x.RequestSent = x.Begin.Add(50 * time.Microsecond)
	x.ResponseBegin = x.Begin.Add(90 * time.Millisecond)
	x.FirstByte = x.Begin.Add(95 * time.Millisecond)
	x.Finished = x.Begin.Add(100 * time.Millisecond)
	x.Status, x.Attempt.Status = 200, 200
	if end != nil {
		end(x)
	}
	s.AttemptEnd(x)
	s.End(x)
}

// gather returns the families by name.
func (r *rig) gather() map[string]*dto.MetricFamily {
	r.Helper()
	list, err := r.registry.Gather()
	if err != nil {
		r.Fatal(err)
	}
	families := map[string]*dto.MetricFamily{}
	for _, f := range list {
		families[f.GetName()] = f
	}
	return families
}

// find returns the series of a family whose labels include those of the selector
// a=b,c=d; nil if there is none.
func (r *rig) find(name, selector string) *dto.Metric {
	r.Helper()
	family := r.gather()[name]
	if family == nil {
		return nil
	}
next:
	for _, m := range family.Metric {
		for want := range strings.SplitSeq(selector, ",") {
			key, value, _ := strings.Cut(want, "=")
			if key != "" && label(m, key) != value {
				continue next
			}
		}
		return m
	}
	return nil
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.Label {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// want checks the value of a counter or gauge.
func (r *rig) want(name interface{ String() string }, selector string, value float64) {
	r.Helper()
	m := r.find(name.String(), selector)
	if m == nil {
		r.Errorf("%s{%s}: no such series; want %v", name, selector, value)
		return
	}
	if got := m.GetCounter().GetValue() + m.GetGauge().GetValue(); got != value {
		r.Errorf("%s{%s} = %v; want %v", name, selector, got, value)
	}
}

// wantNone checks that a series does not exist.
func (r *rig) wantNone(name interface{ String() string }, selector string) {
	r.Helper()
	if m := r.find(name.String(), selector); m != nil {
		r.Errorf("%s{%s} = %v; want no such series", name, selector, m)
	}
}

// source is a gateway that answers what the test says.
type source struct {
	event.Source
	stats event.Stats
	err   error
	// visit stands for the workers; nil: the caller's goroutine does, which calls
	// the sinks too.
	visit func(ctx context.Context, visit func(worker, turn int) bool) error
}

// workers is how many a source without visit has.
const workers = 4

func (s *source) Visit(ctx context.Context, visit func(worker, turn int) bool) error {
	if s.visit != nil {
		return s.visit(ctx, visit)
	}
	for n := range workers {
		for turn := 0; !visit(n, turn); {
			turn++
		}
	}
	return nil
}

func (s *source) Stats(context.Context) (event.Stats, error) { return s.stats, s.err }

var errStopped = errors.New("stopped")
