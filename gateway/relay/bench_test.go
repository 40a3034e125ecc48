package relay

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2test"
	"github.com/hopscope/hopscope/gateway/loop"
	"github.com/hopscope/hopscope/gateway/route"
	"github.com/hopscope/hopscope/gateway/upstream"
)

// quiet is a sink that drops everything.
type quiet struct{ *sink }

func (quiet) End(*event.Exchange) {}

// BenchmarkRelay passes requests through a worker over in-memory connections, a
// hundred at a time, without telemetry. Both peers are in the measurement, and so
// are the goroutines that in-memory connections take.
func BenchmarkRelay(b *testing.B) {
	for _, w := range h2test.Workloads() {
		b.Run(w.Name, func(b *testing.B) { benchmark(b, w) })
	}
}

func benchmark(b *testing.B, w h2test.Workload) {
	const inFlight = 100
	var done sync.WaitGroup
	defer done.Wait()
	name := &event.UpstreamName{Name: "web"}
	limits := config.Limits{
		MaxConcurrentStreams: 1000, MaxHeaderBytes: 16384, MaxHeaderFields: 256, StreamWindow: 65536,
		MaxBufferedBytes: 1 << 28, ConnectTimeout: 5e9,
	}
	cluster, err := upstream.NewCluster(config.Upstream{Name: "web", Protocol: config.H2C, Endpoints: []string{"a:1"}}, name, limits.ConnectTimeout, observer{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer cluster.Close()
	cluster.SetConnect(func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		done.Go(func() { _ = h2test.Serve(far, w) })
		return near, nil
	})
	match, err := route.Build([]config.Route{{Name: "all", Upstream: "web", Match: config.Match{PathPrefix: "/"}}})
	if err != nil {
		b.Fatal(err)
	}
	table := &Table{Match: match, Limits: limits, Routes: []Route{{
		Event: &event.Route{Name: "all", Upstream: name}, Cluster: cluster, Retry: config.RetrySafe,
	}}}
	worker := newWorker(loop.NewPumped(event.NewClock()), quiet{&sink{}}, &Shared{}, table)
	done.Go(worker.Run)
	defer func() { _ = worker.Post(Drain{Worker: worker, Phase: DrainAbort, Done: func() {}}) }()

	near, far := net.Pipe()
	l := &Listener{Event: &event.Listener{Name: "edge"}, Scheme: "http", Trusted: func(string) bool { return false }}
	client := h2test.NewClient(far, w)
	_ = worker.Post(Accepted{Worker: worker, Conn: near, Listener: l})
	for range 20 { // until everything that is kept has been made
		if err := client.Do(inFlight); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; left -= inFlight {
		if err := client.Do(min(left, inFlight)); err != nil {
			b.Fatal(err)
		}
	}
}
