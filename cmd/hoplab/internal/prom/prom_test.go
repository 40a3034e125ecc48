package prom

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/prometheus/promql"
)

// target is a real exporter with both kinds of histogram and an exemplar.
func target(t *testing.T) (addr string, broken prometheus.Gauge) {
	t.Helper()
	reg := prometheus.NewRegistry()
	requests := prometheus.NewCounter(prometheus.CounterOpts{Name: "test_requests_total", Help: "h"})
	broken = prometheus.NewGauge(prometheus.GaugeOpts{Name: "test_broken", Help: "h"})
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "test_seconds", Help: "h", Buckets: []float64{0.1, 1}, NativeHistogramBucketFactor: 1.1,
		NativeHistogramMaxExemplars: 10,
	})
	reg.MustRegister(requests, broken, seconds)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Inc()
		seconds.(prometheus.ExemplarObserver).ObserveWithExemplar(0.05, prometheus.Labels{"trace_id": "abc"})
		promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return strings.TrimPrefix(srv.URL, "http://"), broken
}

const ruleText = `
groups:
  - name: test
    rules:
      - record: job:test_requests:rate
        expr: sum by (job) (rate(test_requests_total[10s]))
      - alert: TestBroken
        expr: test_broken > 0
        for: 200ms
        labels: {severity: critical}
        annotations: {summary: It is broken.}
`

// start runs a server with fast intervals; it is stopped with the test.
func start(t *testing.T, addr string) *Server {
	t.Helper()
	dir := t.TempDir()
	ruleFile := filepath.Join(dir, "test.rules.yml")
	if err := os.WriteFile(ruleFile, []byte(ruleText), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{
		Dir: filepath.Join(dir, "tsdb"), URL: "http://127.0.0.1:9090",
		Targets:        []Target{{Job: "hopscope", Address: addr}},
		ScrapeInterval: time.Second, EvalInterval: 100 * time.Millisecond, // a scrape may take as long as its interval
		RuleFiles: []string{ruleFile}, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// eventually polls until the query returns samples that ok accepts.
func eventually(t *testing.T, s *Server, expr string, ok func(promql.Vector) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last promql.Vector
	for {
		var err error
		if last, err = s.Query(ctx, expr); err != nil {
			t.Fatal(err)
		}
		if ok(last) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: at last %v", expr, last)
		case <-tick.C:
		}
	}
}

func present(v promql.Vector) bool { return len(v) > 0 }

func TestScrapesBothHistogramsEvaluatesRulesAndKeepsExemplars(t *testing.T) {
	addr, _ := target(t)
	s := start(t, addr)
	eventually(t, s, `up{job="hopscope"} == 1`, present)
	eventually(t, s, `test_seconds_bucket{le="0.1"} > 1`, present)
	eventually(t, s, `histogram_count(test_seconds) > 1`, present)
	eventually(t, s, `job:test_requests:rate > 0`, present)

	api := httptest.NewServer(s.Handler())
	defer api.Close()
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get(api.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body struct {
			Status string
			Data   json.RawMessage
		}
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil || resp.StatusCode != http.StatusOK || body.Status != "success" {
			t.Fatalf("%s: %s %s %v", path, resp.Status, body.Status, err)
		}
		return string(body.Data)
	}
	if got := get("/api/v1/query?query=" + url.QueryEscape(`up`)); !strings.Contains(got, addr) {
		t.Errorf("query: %s", got)
	}
	begin := time.Now().Add(-time.Minute).Unix()
	exemplars := fmt.Sprintf("/api/v1/query_exemplars?query=test_seconds_bucket&start=%d&end=%d", begin, begin+120)
	if got := get(exemplars); !strings.Contains(got, `"trace_id":"abc"`) {
		t.Errorf("exemplars: %s", got)
	}
	for path, want := range map[string]string{
		"/api/v1/rules": "TestBroken", "/api/v1/targets": addr, "/api/v1/alerts": "alerts", "/api/v1/status/buildinfo": "go1.",
		"/api/v1/status/config": "always_scrape_classic_histograms", "/api/v1/status/tsdb": "test_seconds", "/api/v1/status/runtimeinfo": "24h", "/api/v1/metadata": "test_requests",
	} {
		if got := get(path); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q: %s", path, want, got)
		}
	}
	for _, path := range []string{"/api/v1/read", "/api/v1/write", "/api/v1/otlp/v1/metrics", "/api/v1/admin/tsdb/snapshot"} {
		resp, err := http.Post(api.URL+path, "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("%s is open: %s", path, resp.Status)
		}
	}
}

func TestAlertsAreToldFromPendingToResolved(t *testing.T) {
	addr, broken := target(t)
	s := start(t, addr)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	states := make(chan Transition, 10)
	go s.WatchAlerts(ctx, func(tr Transition) { states <- tr })
	// A scrape that fails on a busy machine makes an alert come and go more often.
	expect := func(state string) {
		t.Helper()
		for {
			select {
			case tr := <-states:
				if tr.Alert != "TestBroken" || tr.Severity != "critical" || tr.Summary != "It is broken." {
					t.Fatalf("got %+v", tr)
				}
				if tr.State == state {
					return
				}
			case <-ctx.Done():
				t.Fatalf("no transition to %s", state)
			}
		}
	}
	broken.Set(1)
	expect(Firing)
	broken.Set(0)
	expect(Resolved)
}

func TestBadRuleFileIsNamed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.rules.yml")
	if err := os.WriteFile(file, []byte("groups: [{name: a, rules: [{record: x, expr: 'sum('}]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New(Config{
		Dir: dir, ScrapeInterval: time.Second, EvalInterval: time.Second, RuleFiles: []string{file},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err == nil || !strings.Contains(err.Error(), "bad.rules.yml") {
		t.Errorf("got %v", err)
	}
}
