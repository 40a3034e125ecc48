package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/hopscope/hopscope/gateway"
	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2test"
	"github.com/hopscope/hopscope/telemetry"
)

// inFlight is how many requests are sent at once.
const inFlight = 100

// BenchmarkRequest passes requests through the whole gateway over TCP, with all
// telemetry, none of them sampled. Both peers are in the measurement.
func BenchmarkRequest(b *testing.B) {
	for _, w := range h2test.Workloads() {
		b.Run(w.Name, func(b *testing.B) {
			do := gatewayFor(b, w)
			b.ReportAllocs()
			b.ResetTimer()
			for left := b.N; left > 0; left -= inFlight {
				do(min(left, inFlight))
			}
		})
	}
}

// In the steady state a request that is not sampled allocates nothing. A few
// objects for many requests are the timers and the pollers of the runtime.
func TestRequestsDoNotAllocate(t *testing.T) {
	for _, w := range h2test.Workloads() {
		t.Run(w.Name, func(t *testing.T) {
			do := gatewayFor(t, w)
			const rounds = 100
			best := ^uint64(0)
			for range 3 { // what else the process does may come between
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for range rounds {
					do(inFlight)
				}
				runtime.ReadMemStats(&after)
				best = min(best, after.Mallocs-before.Mallocs)
			}
			if perRequest := float64(best) / (rounds * inFlight); perRequest > 0.01 {
				t.Errorf("%d objects for %d requests: %.3f each", best, rounds*inFlight, perRequest)
			}
		})
	}
}

// gatewayFor runs a gateway of one worker between a client and an origin, and
// returns what sends n requests through it.
func gatewayFor(t testing.TB, w h2test.Workload) (do func(n int)) {
	origin := listen(t)
	var peers sync.WaitGroup
	peers.Go(func() {
		for {
			nc, err := origin.Accept()
			if err != nil {
				return
			}
			peers.Go(func() {
				defer nc.Close()
				_ = h2test.Serve(nc, w)
			})
		}
	})
	file := filepath.Join(t.TempDir(), "hopscope.yaml")
	text := fmt.Sprintf(`
listeners: [{name: edge, address: "127.0.0.1:0"}]
upstreams: [{name: web, endpoints: [%q]}]
routes: [{name: web, match: {path_prefix: /}, upstream: web}]
admin: {address: "127.0.0.1:0"}
tracing: {reporter: jaeger, endpoint: "http://127.0.0.1:9/api/traces", sampler: {type: const, param: 0}}
limits: {max_concurrent_streams: 1000, max_queue_time: 0s, drain_grace: 1s} # a slow machine is no reason to refuse
`, origin.Addr())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	clock := event.NewClock()
	watching, err := telemetry.New(cfg, telemetry.Options{Logger: log, AccessLog: io.Discard, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.Start(cfg, gateway.Options{Observer: watching.Observer(), Logger: log, Clock: clock, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	watching.SetSource(g)
	nc, err := net.Dial("tcp", g.Addresses()["edge"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		nc.Close()
		g.Drain(nil)
		_ = watching.Close(t.Context())
		origin.Close()
		peers.Wait()
	})
	client := h2test.NewClient(nc, w)
	do = func(n int) {
		if err := client.Do(n); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 { // until everything that is kept has been made
		do(inFlight)
	}
	return do
}

func listen(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
