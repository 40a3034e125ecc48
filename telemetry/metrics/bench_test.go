package metrics_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/telemetry/metrics"
)

// BenchmarkExchange is what a worker pays to count one exchange: that of a trace
// which is not kept, which is kept, and a gRPC call. With metrics off there is left
// what the benchmark itself takes.
func BenchmarkExchange(b *testing.B) {
	r := newRig(b)
	s := r.Sink(0)
	for _, bench := range []struct {
		name string
		sink event.Sink
		end  func(*event.Exchange)
	}{
		{"off", metrics.Off{}, nil},
		{"unsampled", s, nil},
		{"sampled", s, func(x *event.Exchange) { x.Trace.ID[0], x.Trace.Sampled = 1, true }},
		{"grpc", s, func(x *event.Exchange) { x.GRPC, x.GRPCStatus = true, 0 }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := bench.sink
			x, sizes := new(event.Exchange), []uint32{100}
			b.ReportAllocs()
			for b.Loop() {
				r.runOn(s, x, bench.end)
				s.SlotWait(x, 0)
				if x.GRPC {
					s.Messages(x, event.Read, sizes)
					s.Messages(x, event.Written, sizes)
				}
			}
		})
	}
}

// BenchmarkScrape is a scrape of a gateway with 50 routes to five upstreams with
// five endpoints each, after exchanges of every duration on all of them: the
// gathering alone, and the pages that Prometheus asks for.
func BenchmarkScrape(b *testing.B) {
	r := newRig(b)
	large(r)
	registry := prometheus.NewRegistry()
	registry.MustRegister(r.Observer)
	b.Run("collect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ch := make(chan prometheus.Metric, 1024)
			go func() {
				defer close(ch)
				r.Collect(ch)
			}()
			for range ch {
			}
		}
	})
	b.Run("gather", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := registry.Gather(); err != nil {
				b.Fatal(err)
			}
		}
	})
	page := metrics.NewPage(r.Observer, registry, prometheus.NewRegistry(), nil)
	for _, format := range []struct{ name, accept string }{
		{"text", textFormat}, {"openmetrics", openMetrics}, {"protobuf", protobuf},
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(format.name+"/"+encoding, func(b *testing.B) {
				b.ReportAllocs()
				var size int64
				for b.Loop() {
					size, _ = io.Copy(io.Discard, ask(b, page, format.accept, encoding).Body)
				}
				b.ReportMetric(float64(size), "bytes")
			})
		}
	}
}

// large gives r 50 routes, five upstreams with five endpoints each, two workers
// that have counted exchanges from microseconds to minutes on every route, and a
// hundred connections.
func large(r *rig) {
	t := event.Topology{Listeners: []*event.Listener{r.listener}}
	var endpoints []*event.Endpoint
	for u := range 5 {
		up := &event.UpstreamName{Name: fmt.Sprintf("upstream-%d", u)}
		t.Upstreams = append(t.Upstreams, up)
		for e := range 5 {
			endpoints = append(endpoints, &event.Endpoint{Upstream: up, Address: fmt.Sprintf("10.0.%d.%d:8080", u, e)})
		}
	}
	for i := range 50 {
		t.Routes = append(t.Routes, &event.Route{Name: fmt.Sprintf("route-%02d", i), Upstream: t.Upstreams[i%5]})
	}
	r.Topology(t)
	var stats event.Stats
	for i, e := range endpoints {
		r.EndpointAdded(e)
		for range 2 {
			stats.Conns = append(stats.Conns,
				event.ConnStats{Conn: &event.Conn{Side: event.Upstream, Endpoint: e}, PeerMaxStreams: 100, RTT: time.Millisecond},
				event.ConnStats{Conn: r.down, Streams: i})
		}
	}
	r.gateway.stats = stats
	for worker := range 2 {
		s := r.Sink(worker)
		for i, route := range t.Routes {
			r.route = route
			for n := range 270 { // durations a tenth apart, from 10 µs to six hours
				r.endpoint = endpoints[i%5*5+n%5]
				r.run(s, func(x *event.Exchange) { spread(x, n) })
			}
		}
	}
}

// spread ends x as the n-th of many that differ.
func spread(x *event.Exchange, n int) {
	d := 10 * time.Microsecond
	for range n {
		d += d / 12
	}
	x.GRPC, x.GRPCStatus = n%2 == 0, int16(n%5)
	x.RequestBytes, x.ResponseBytes = uint64(n)*100, uint64(d/1000)
	x.RequestSent, x.FirstByte, x.Finished = x.Begin.Add(d/4), x.Begin.Add(d/2), x.Begin.Add(d)
	if n%10 == 0 {
		x.Trace.ID[0], x.Trace.Sampled = byte(n), true
	}
	if n%50 == 7 {
		x.Reason, x.Origin = event.EndTimeout, event.ByGateway
	}
}
