package telemetry_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hopscope/hopscope/gateway/config"
	"github.com/hopscope/hopscope/gateway/event"
	"github.com/hopscope/hopscope/gateway/h2/header"
	"github.com/hopscope/hopscope/telemetry"
	"github.com/hopscope/hopscope/telemetry/admin"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

const start = event.Time(1_800_000_000_000_000_000)

// still is a clock's time that does not pass.
func still() time.Duration { return 0 }

func newConfig(collector string) *config.Config {
	return &config.Config{
		Admin:   config.Admin{Address: "127.0.0.1:9901"},
		Metrics: config.Metrics{Enabled: true},
		Tracing: config.Tracing{
			Reporter: config.ReporterJaeger, Endpoint: collector, Sampler: config.Sampler{Type: "const", Param: 1},
			Propagation: []config.Propagation{config.PropagationW3C, config.PropagationB3},
		},
		Log: config.Log{Level: "info", Access: "all"},
	}
}

// rig is the telemetry of a gateway with one route.
type rig struct {
	*telemetry.Telemetry
	log      bytes.Buffer
	listener *event.Listener
	route    *event.Route
	endpoint *event.Endpoint
}

func newRig(t testing.TB, cfg *config.Config) *rig {
	t.Helper()
	r := &rig{}
	var err error
	r.Telemetry, err = telemetry.New(cfg, telemetry.Options{
		Version: "v1", AccessLog: &r.log, Clock: event.ClockFrom(start.Std(), still, still),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.SetSource(oneWorker{})
	r.listener = &event.Listener{Name: "edge", Trust: string(config.TraceResample)}
	users := &event.UpstreamName{Name: "users"}
	r.route = &event.Route{Name: "api", Upstream: users}
	r.Observer().Topology(event.Topology{
		Listeners: []*event.Listener{r.listener}, Routes: []*event.Route{r.route}, Upstreams: []*event.UpstreamName{users},
	})
	r.endpoint = &event.Endpoint{Upstream: users, Address: "10.0.0.1:80"}
	r.Observer().EndpointAdded(r.endpoint)
	return r
}

// oneWorker is a gateway whose worker runs on the test's goroutine.
type oneWorker struct{ event.Source }

func (oneWorker) Visit(_ context.Context, visit func(worker, turn int) bool) error {
	for turn := 0; !visit(0, turn); {
		turn++
	}
	return nil
}

func (oneWorker) Stats(context.Context) (event.Stats, error) { return event.Stats{}, nil }

func (oneWorker) Ready() bool { return true }

// begin resets x to an exchange in its beginning.
func (r *rig) begin(x *event.Exchange) {
	*x = event.Exchange{
		Listener: r.listener, StreamID: 1, Route: r.route, Method: "GET", GRPCStatus: -1, Begin: start,
		Attempt: event.Attempt{Number: 1, Endpoint: r.endpoint, Begin: start}, Attempts: 1,
	}
}

// run tells s everything of an exchange that ends with status.
func (r *rig) run(s event.Sink, x *event.Exchange, in, out *header.List, status int) {
	r.begin(x)
	s.Begin(x, in)
	s.AttemptBegin(x)
	out.Reset()
	s.Inject(x, nil, out)
	x.RequestSent, x.ResponseBegin, x.FirstByte = start+1, start+2, start+3
	s.StallBegin(x, event.Downstream, event.ScopeStream, start)
	s.StallEnd(x, event.Downstream, event.ScopeStream, start, start+5)
	x.Attempt.Status, x.Attempt.End, x.Status, x.Finished = uint16(status), start+9, uint16(status), start+10
	s.AttemptEnd(x)
	s.End(x)
}

func (r *rig) page(path string) string {
	w := httptest.NewRecorder()
	q := httptest.NewRequest(http.MethodGet, path, nil)
	q.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	r.Admin().ServeHTTP(w, q)
	return w.Body.String()
}

func TestMetricSpanAndLogLineOfAnExchangeAgree(t *testing.T) {
	posts := make(chan struct{}, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts <- struct{}{} }))
	defer collector.Close()
	r := newRig(t, newConfig(collector.URL))
	s := r.Observer().Sink(0)
	var in, out header.List
	var x event.Exchange
	r.run(s, &x, &in, &out, 200)
	id := hex.EncodeToString(x.Trace.ID[:])
	if body := r.page("/metrics"); !strings.Contains(body, `# {trace_id="`+id+`"}`) ||
		!strings.Contains(body, `hopscope_requests_total{grpc_status="none",route="api",status_class="2xx",upstream="users"} 1.0`) {
		t.Errorf("no exemplar of trace %s, or no request, in\n%s", id, body)
	}
	if v, _ := out.Get(header.Traceparent); !strings.Contains(string(v), id) {
		t.Errorf("the upstream was told %s", v)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-posts // the test's timeout is the check
	var line map[string]any
	if err := json.Unmarshal(r.log.Bytes(), &line); err != nil || line["trace_id"] != id || line["sampled"] != true {
		t.Errorf("log %s: %v", &r.log, err)
	}
	if body := r.page("/metrics"); !strings.Contains(body, `hopscope_trace_spans_total{result="ok"} 2.0`) {
		t.Error("the spans are not counted")
	}
}

func TestEveryFamilyOfThePageIsInTheCatalogue(t *testing.T) {
	r := newRig(t, newConfig("http://127.0.0.1:1"))
	page := r.page("/metrics")
	seen := map[string]bool{}
	for line := range strings.Lines(page) {
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		if strings.HasPrefix(line, "#") {
			continue
		}
		seen[name] = true
		if _, ok := catalog.Lookup(name); !ok && !strings.HasSuffix(name, "_created") {
			t.Errorf("%s is exposed and the catalogue does not know it", name)
		}
	}
	for _, e := range catalog.Externals() {
		if e.Source == "jaeger-client-go" && !strings.HasSuffix(e.Name, "*") && !seen[e.Name] {
			t.Errorf("%s is declared as external and not exposed", e.Name)
		}
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestALateSpanShowsInExemplarAndLog(t *testing.T) {
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer collector.Close()
	cfg := newConfig(collector.URL)
	cfg.Tracing.Sampler.Param = 0
	r := newRig(t, cfg)
	var in, out header.List
	var x event.Exchange
	r.run(r.Observer().Sink(0), &x, &in, &out, 503)
	if !strings.Contains(r.page("/metrics"), hex.EncodeToString(x.Trace.ID[:])) {
		t.Error("no exemplar")
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.log.String(), `"sampled":true`) {
		t.Errorf("log %s", &r.log)
	}
}

func TestAnUnsampledExchangeDoesNotAllocate(t *testing.T) {
	cfg := newConfig("http://127.0.0.1:1")
	cfg.Tracing.Sampler.Param = 0
	cfg.Log.Access = "errors"
	for _, enabled := range []bool{true, false} {
		cfg.Metrics.Enabled = enabled
		r := newRig(t, cfg)
		s := r.Observer().Sink(0)
		var in, out header.List
		in.Add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		x := new(event.Exchange)
		sizes := []uint32{100}
		frames := new(event.FrameCounts)
		frames.Frames[0][0][0] = 1
		if n := testing.AllocsPerRun(200, func() {
			r.run(s, x, &in, &out, 200)
			s.Messages(x, event.Read, sizes)
			s.SlotWait(x, time.Millisecond)
			s.Frames(frames)
		}); n != 0 {
			t.Errorf("metrics %v: %v allocations", enabled, n)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkUnsampledExchange runs a worker on each processor.
func BenchmarkUnsampledExchange(b *testing.B) {
	cfg := newConfig("http://127.0.0.1:1")
	cfg.Tracing.Sampler.Param = 0
	cfg.Log.Access = "off"
	r := newRig(b, cfg)
	b.Cleanup(func() { _ = r.Close(context.Background()) })
	var workers atomic.Int32
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		s := r.Observer().Sink(int(workers.Add(1) - 1))
		var in, out header.List
		x := new(event.Exchange)
		for pb.Next() {
			r.run(s, x, &in, &out, 200)
		}
	})
}

func TestReloadTakesWhatItCanAndNamesWhatNeedsARestart(t *testing.T) {
	r := newRig(t, newConfig("http://127.0.0.1:1"))
	s := r.Observer().Sink(0)
	next := newConfig("http://127.0.0.1:2")
	next.Admin = config.Admin{Address: "127.0.0.1:2", Pprof: true}
	next.Metrics.Enabled = false
	next.Tracing.Reporter = config.ReporterOTLP
	next.Tracing.Sampler.Param = 0
	next.Log.Access = "off"
	restart, err := r.Reload(next)
	want := []string{"admin.address", "admin.pprof", "metrics.enabled", "tracing.reporter", "tracing.endpoint"}
	if err != nil || !slices.Equal(restart, want) {
		t.Errorf("got %v, %v; want %v", restart, err, want)
	}
	var in, out header.List
	var x event.Exchange
	r.run(s, &x, &in, &out, 200)
	if x.Trace.Sampled {
		t.Error("the old sampler decides")
	}
	if page := r.page("/config"); !strings.Contains(page, "http://127.0.0.1:1") || !strings.Contains(page, "access: \"off\"") {
		t.Errorf("/config does not show what is in force:\n%s", page)
	}
	next.Tracing.Sampler.Type = "weekly"
	next.Log.Access = "all"
	if _, err := r.Reload(next); err == nil {
		t.Error("a sampler that does not exist was taken")
	}
	r.run(s, &x, &in, &out, 200)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.log.Len() != 0 {
		t.Errorf("a refused reload switched the log on: %s", &r.log)
	}
}

func TestWithoutMetricsNothingIsRegisteredAndTracesGoOn(t *testing.T) {
	cfg := newConfig("http://127.0.0.1:1")
	cfg.Metrics.Enabled = false
	cfg.Tracing.Reporter = config.ReporterNone
	r := newRig(t, cfg)
	r.Observer().Drain(true)
	var in, out header.List
	var x event.Exchange
	r.run(r.Observer().Sink(0), &x, &in, &out, 200)
	if _, ok := out.Get(header.Traceparent); !ok {
		t.Error("context is not carried on")
	}
	if page := r.page("/metrics"); !strings.Contains(page, "no such page") {
		t.Errorf("/metrics: %s", page)
	}
	if page := r.page("/readyz"); !strings.Contains(page, "draining") {
		t.Errorf("/readyz: %s", page)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestABadReporterIsRefused(t *testing.T) {
	for key, spoil := range map[string]func(*config.Config){
		"tracing.endpoint":     func(c *config.Config) { c.Tracing.Endpoint = "jaeger" },
		"log.access":           func(c *config.Config) { c.Log.Access = "loud" },
		"tracing.sampler.type": func(c *config.Config) { c.Tracing.Sampler.Type = "" },
	} {
		cfg := newConfig("http://127.0.0.1:1")
		spoil(cfg)
		if _, err := telemetry.New(cfg, telemetry.Options{}); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestReasonsOfTheAdminServerAreThoseOfTheCatalogue(t *testing.T) {
	declared := catalog.AdminRefusedTotal.Metric().Labels[0].Values
	var counted []string
	for why := range admin.NumRefusals {
		counted = append(counted, why.String())
	}
	if !slices.Equal(counted, declared) {
		t.Errorf("counted by %q, declared with %q", counted, declared)
	}
}

func TestTokensAreReadAgain(t *testing.T) {
	cfg := newConfig("http://127.0.0.1:1")
	cfg.Admin.TokenFile = filepath.Join(t.TempDir(), "tokens")
	set := func(token string) {
		t.Helper()
		if err := os.WriteFile(cfg.Admin.TokenFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set("the-first-token-of-all")
	r := newRig(t, cfg)
	defer r.Close(t.Context())
	ask := func(token string) int {
		q := httptest.NewRequest("GET", "/config", nil)
		q.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		r.Admin().ServeHTTP(w, q)
		if strings.Contains(w.Body.String(), "token-of-all") {
			t.Error("/config shows a token")
		}
		return w.Code
	}
	if got := ask("the-first-token-of-all"); got != 200 {
		t.Errorf("the first token: %d", got)
	}
	set("the-second-token-of-all")
	if err := r.Renew(); err != nil || ask("the-first-token-of-all") != 401 || ask("the-second-token-of-all") != 200 {
		t.Errorf("after it was replaced: %v, %d, %d", err, ask("the-first-token-of-all"), ask("the-second-token-of-all"))
	}
	set("short")
	if err := r.Renew(); err == nil || !strings.Contains(err.Error(), cfg.Admin.TokenFile) || ask("the-second-token-of-all") != 200 {
		t.Errorf("a file that cannot be used: %v, %d", err, ask("the-second-token-of-all"))
	}
	without := *cfg
	without.Admin.TokenFile = ""
	if _, err := r.Reload(&without); err != nil || ask("none") != 200 {
		t.Errorf("without tokens: %v, %d", err, ask("none"))
	}
}
