package bench

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/benchtest"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/proxies"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/raw"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

// TestMain makes this program the ReverseProxy that it measures.
func TestMain(m *testing.M) {
	if slices.Equal(os.Args[1:], []string{"bench", "reverse-proxy"}) {
		if err := proxies.ReverseMain(context.Background(), os.Stdout); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// quickRun measures with the origin of this program, with little load.
func quickRun(t *testing.T, o Options) (*report.Results, string, error) {
	t.Helper()
	var progress bytes.Buffer
	o.Rounds, o.Quick, o.ownOrigin, o.Progress = max(o.Rounds, 1), true, true, &progress
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	left := benchtest.Workplace(t)
	results, err := Run(ctx, o)
	left()
	return results, progress.String(), err
}

// Building the gateway takes longer than these: they share it.
func TestRealProxies(t *testing.T) {
	gateway := benchtest.Gateway(t)
	for name, test := range map[string]func(*testing.T, string){
		"every kind of workload is measured":     everyKindIsMeasured,
		"proxies take turns at being first":      proxiesTakeTurns,
		"scrapes are measured under load":        scrapesAreMeasured,
		"an interrupted run leaves nothing over": interruptedRunLeavesNothing,
		"telemetry that is off is noticed":       missingTelemetryIsNoticed,
	} {
		t.Run(name, func(t *testing.T) { test(t, gateway) })
	}
}

func everyKindIsMeasured(t *testing.T, gateway string) {
	for _, o := range []Options{
		{Only: []string{"W1-TLS", "unique"}, Proxies: []string{plan.Hopscope, plan.Reverse}},
		{Only: []string{"lone", "streams", "connections-TLS"}, Proxies: []string{plan.Hopscope}},
	} {
		o.Hopscope = gateway
		r, progress, err := quickRun(t, o)
		if err != nil {
			t.Fatalf("%v\n%s", err, progress)
		}
		for _, id := range o.Only {
			w, _ := plan.Find(id)
			metric := map[plan.Kind]string{plan.Load: plan.CPU, plan.IdleStreams: plan.StreamBytes, plan.IdleConnections: plan.ConnBytes}[w.Kind]
			for _, p := range o.Proxies {
				if s := r.Stat(id, metric, p); s.N != 1 || s.Min <= 0 {
					t.Errorf("%s, %s of %s: %+v", id, metric, p, s)
				}
				// What a proxy adds to so short a run's latency may be less than nothing.
				if s := r.Stat(id, plan.AddedP50, p); w.OneCPU && s.N != 1 {
					t.Errorf("%s: no latency of %s", id, p)
				}
			}
		}
		if len(r.Version) != 3 || r.Machine.Cores < 1 || r.Machine.CPU == "" {
			t.Errorf("versions %v, machine %+v", r.Version, r.Machine)
		}
	}
}

func proxiesTakeTurns(t *testing.T, gateway string) {
	r, progress, err := quickRun(t, Options{
		Hopscope: gateway, Rounds: 2, Only: []string{"W1"}, Proxies: []string{plan.Hopscope, plan.Reverse},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	var order []string
	for _, s := range r.Samples {
		order = append(order, s.Proxy)
	}
	if want := []string{plan.Hopscope, plan.Reverse, plan.Reverse, plan.Hopscope}; !slices.Equal(order, want) {
		t.Errorf("measured in the order %v", order)
	}
	if s := r.Ratio("W1", plan.CPU, plan.Hopscope, plan.Reverse); s.N != 2 || s.Min <= 0 {
		t.Errorf("hopscope takes %v of the ReverseProxy's CPU", s)
	}
}

func scrapesAreMeasured(t *testing.T, gateway string) {
	r, progress, err := quickRun(t, Options{Hopscope: gateway, Only: []string{"scrape"}})
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	if s := r.Stat("scrape", plan.ScrapeTime, plan.Hopscope); s.N != 1 || s.Median <= 0 {
		t.Errorf("scrape: %+v", s)
	}
	if s := r.Stat("scrape", plan.AddedP99, plan.Hopscope); s.N != 1 {
		t.Errorf("added p99: %+v", s)
	}
}

func TestP99IsOfRequestsThatMetAScrape(t *testing.T) {
	ms := time.Millisecond
	var answers []raw.Answer
	for i := range 1000 {
		due := time.Duration(i) * ms
		took := 2 * ms
		if i >= 398 && i < 600 { // open at some time between 400 and 600 ms
			took = 7 * ms
		}
		answers = append(answers, raw.Answer{Due: due, Done: due + took})
	}
	got, err := addedP99(answers, []span{{400 * ms, 600 * ms}}, 100)
	if err != nil || got != 5 {
		t.Errorf("got %v ms, %v", got, err)
	}
	if _, err := addedP99(answers, []span{{0, ms}}, 100); err == nil || !strings.Contains(err.Error(), "met a scrape") {
		t.Errorf("of too few: %v", err)
	}
}

func TestWrongOptionsSayWhatThereIs(t *testing.T) {
	for want, o := range map[string]Options{
		"--rounds 0":                             {Rounds: 0},
		`no workload "W3"; they are W1, W2`:      {Rounds: 1, Only: []string{"W3"}},
		`no proxy "caddy"; they are hopscope, n`: {Rounds: 1, Proxies: []string{"caddy"}},
	} {
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// stand writes a program that says its version, and else does what text says.
func stand(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hopscope")
	script := "#!/bin/sh\nif [ \"$1\" = version ]; then echo hopscope stand-in; exit; fi\n" + text + "\n"
	if err := os.WriteFile(file, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestProxyThatFailsIsNamedWithItsLog(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"echo 'no such key' >&2; exit 1", "no such key"},
		// It listens where nobody is: port 1 is below those that the system hands out.
		{`echo '{"msg":"ready","listeners":{"edge":"127.0.0.1:1"}}'; exec sleep 1000`, "warm-up: h2load"},
		{`sleep 1000 & echo '{"msg":"ready","listeners":{"edge":"127.0.0.1:1"}}'; wait`, "works in processes of its own"},
	} {
		_, _, err := quickRun(t, Options{Hopscope: stand(t, c.script), Only: []string{"W1"}, Proxies: []string{plan.Hopscope}})
		if err == nil || !strings.Contains(err.Error(), "W1: hopscope: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.script, err)
		}
	}
}

// Of a hundred requests perhaps none is sampled: so few prove nothing.
func missingTelemetryIsNoticed(t *testing.T, gateway string) {
	off := stand(t, `sed -i 's/reporter: jaeger/reporter: none/' "$3"; exec '`+gateway+`' "$@"`)
	_, _, err := quickRun(t, Options{Hopscope: off, Only: []string{"W1"}, Proxies: []string{plan.Hopscope}})
	if err == nil || !strings.Contains(err.Error(), "tracing was not on") {
		t.Errorf("many requests: %v", err)
	}
	if _, _, err = quickRun(t, Options{Hopscope: off, Only: []string{"download"}, Proxies: []string{plan.Hopscope}}); err != nil {
		t.Errorf("few requests: %v", err)
	}
}

func interruptedRunLeavesNothing(t *testing.T, gateway string) {
	left := benchtest.Workplace(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := Run(ctx, Options{
		Hopscope: gateway, Rounds: 1000, Only: []string{"W1"}, Proxies: []string{plan.Hopscope}, Quick: true,
		Progress: benchtest.Interruption{Cancel: cancel}, ownOrigin: true,
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if r == nil || len(r.Samples) == 0 {
		t.Error("what was measured is lost")
	}
	left()
}

func TestQuickKeepsEachConnectionBusy(t *testing.T) {
	for _, w := range plan.Workloads() {
		q := quick(w)
		if w.Requests > 0 && q.Requests > w.Requests || w.Kind == plan.Load && q.Requests < w.Connections*w.Streams {
			t.Errorf("%s: %d requests of %d", w.ID, q.Requests, w.Requests)
		}
	}
}
