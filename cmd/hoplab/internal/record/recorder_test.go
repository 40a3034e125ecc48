package record_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/prometheus/model/value"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// step is the time between scrapes: a quarter of it is how late one may be.
const step = 4 * time.Second

// exporter is a real /metrics endpoint whose state follows the number of scrapes,
// so that a test needs no clock to know what was recorded.
type exporter struct {
	*httptest.Server
	scrapes atomic.Int64
	reached chan struct{} // closed at the last scrape of the script
}

func newExporter(t *testing.T, script func(scrape int64, reg *prometheus.Registry) (up bool), last int64) *exporter {
	e := &exporter{reached: make(chan struct{})}
	reg := prometheus.NewRegistry()
	metrics := promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true})
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		n := e.scrapes.Add(1)
		if n == last+1 {
			close(e.reached)
		}
		if !script(n, reg) {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		metrics.ServeHTTP(w, req)
	}))
	t.Cleanup(e.Close)
	return e
}

// target parses a target.
func target(t *testing.T, text string) record.Target {
	t.Helper()
	target, err := record.ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// selection is that of rules with these expressions.
func selection(t *testing.T, exprs ...string) *record.Selection {
	t.Helper()
	text := "groups:\n  - name: g\n    rules:\n"
	for i, e := range exprs {
		text += fmt.Sprintf("      - {record: 'r:%d', expr: '%s'}\n", i, e)
	}
	s, err := record.RuleSelection(file(t, "x.yml", text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recordScript plays the script of the test below.
func recordScript(t *testing.T) (recording.Recording, error) {
	gauge := prometheus.NewGauge(prometheus.GaugeOpts{Name: "test_gauge", Help: "goes away"})
	durations := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "test_duration_seconds", Help: "native and classic", Buckets: []float64{0.1, 1}, NativeHistogramBucketFactor: 1.1,
	})
	counter := func() prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "test_total", Help: "is reset"})
	}
	total := counter()
	e := newExporter(t, func(n int64, reg *prometheus.Registry) bool {
		switch n {
		case 1:
			reg.MustRegister(gauge, durations, total)
		case 3:
			reg.Unregister(gauge)
		case 4:
			return false
		case 5:
			reg.Unregister(total)
			total = counter()
			reg.MustRegister(total)
		}
		total.Add(10)
		durations.(prometheus.ExemplarObserver).ObserveWithExemplar(0.25, prometheus.Labels{"trace_id": fmt.Sprint(n)})
		return true
	}, 6)

	r, err := record.New(record.Options{
		Job: record.Job, Targets: []record.Target{target(t, "gateway="+e.URL)}, Step: step,
		Readers: record.Readers{
			Rules:  selection(t, `{__name__=~"test_gauge|test_total"}`, `test_duration_seconds_bucket{le="1.0"}`),
			Panels: selection(t, "test_duration_seconds"),
		},
	})
	if err != nil {
		return recording.Recording{}, err
	}
	t.Cleanup(func() { _ = r.Close() })
	select {
	case <-e.reached:
	case <-time.After(5 * time.Minute):
		t.Fatal("the exporter was not scraped seven times within five minutes")
	}
	r.FaultOn("over")
	return r.Finish(context.Background(), recording.Meta{Scenario: "script"})
}

// Six scrapes: a counter that rises and is reset, a gauge
// that goes away, a native histogram, a target that is down once.
func TestRecordingHoldsWhatPrometheusScraped(t *testing.T) {
	rec, err := patiently(t, func() (recording.Recording, error) { return recordScript(t) })
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]recording.Value{}
	if len(rec.Panels) != 1 {
		t.Fatalf("for dashboards: %v", rec.Panels)
	}
	for _, s := range rec.WithPanels().Series {
		if s.Labels.Get("job") != record.Job || s.Labels.Get("instance") != "gateway" {
			t.Errorf("labels of %s", s.Labels)
		}
		got[s.Labels.Get("__name__")+s.Labels.Get("le")] = s.Values
		if _, err := recording.Encode(s); err != nil {
			t.Error(err)
		}
	}
	floats := func(name string, want ...float64) {
		t.Helper()
		values := got[name]
		if len(values) < len(want) {
			t.Fatalf("%s: got %v, want %v", name, values, want)
		}
		for i, w := range want {
			stale := value.IsStaleNaN(values[i].Value)
			if w < 0 && !stale || w >= 0 && values[i].Value != w {
				t.Errorf("%s[%d]: got %v, want %v (-1 is stale) of %v", name, i, values[i], w, values)
			}
		}
	}
	floats("up", 1, 1, 1, 0, 1, 1)
	floats("test_total", 10, 20, 30, -1, 10, 20)
	floats("test_gauge", 0, 0, -1)
	floats("test_duration_seconds_bucket1.0", 1, 2, 3, -1, 4, 5)
	if len(got["test_duration_seconds_bucket0.1"]) > 0 || len(got["test_duration_seconds_sum"]) > 0 {
		t.Error("a series that nobody reads was kept")
	}
	native := got["test_duration_seconds"]
	if len(native) < 6 || native[2].Histogram == nil || native[2].Histogram.Count != 3 ||
		!value.IsStaleNaN(native[3].Value) || native[5].Histogram == nil || native[5].Histogram.Count != 5 {
		t.Errorf("native histogram: %v", native)
	}
	// Those of a stretch of 30 s are of one value: the first stays.
	if len(rec.Exemplars) == 0 || rec.Exemplars[0].Value != 0.25 || !rec.Exemplars[0].Labels.Has("trace_id") {
		t.Errorf("exemplars: %v", rec.Exemplars)
	}
	if rec.Meta.Step != recording.Duration(step) || rec.Meta.Scrapes < 6 || len(rec.Meta.Faults) != 1 || rec.Meta.Faults[0].Off != 0 {
		t.Errorf("meta: %+v", rec.Meta)
	}
}

func TestLabelValuesAreRenamed(t *testing.T) {
	endpoint := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "test_gauge", Help: "h"}, []string{"endpoint"})
	e := newExporter(t, func(n int64, reg *prometheus.Registry) bool {
		if n == 1 {
			reg.MustRegister(endpoint)
			endpoint.WithLabelValues("127.0.0.1:4711").Set(1)
		}
		return true
	}, 1)
	r, err := record.New(record.Options{
		Job: record.Job, Targets: []record.Target{target(t, "gateway="+e.URL)}, Step: step,
		Rename: map[string]string{"127.0.0.1:4711": "users-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	<-e.reached
	rec, err := r.Finish(context.Background(), recording.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rec.Series {
		if s.Labels.Get("__name__") == "test_gauge" && s.Labels.Get("endpoint") != "users-1" {
			t.Errorf("got %s", s.Labels)
		}
	}
}

func TestRecorderLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r, err := record.New(record.Options{Job: "j", Targets: []record.Target{target(t, "gateway=127.0.0.1:1")}, Step: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestStepIsWholeSeconds(t *testing.T) {
	for _, step := range []time.Duration{0, -time.Second, 1500 * time.Millisecond} {
		if _, err := record.New(record.Options{Step: step}); err == nil || !strings.Contains(err.Error(), "whole seconds") {
			t.Errorf("%s: %v", step, err)
		}
	}
}

func TestTargetsAreAddressesOrURLs(t *testing.T) {
	for text, want := range map[string]string{
		"a=127.0.0.1:9100":                "http://127.0.0.1:9100/metrics",
		"a=https://h:1/federate?match=up": "https://h:1/federate?match=up",
	} {
		if got := target(t, text); got.Instance != "a" || got.URL.String() != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, text := range []string{"127.0.0.1:9100", "=127.0.0.1:9100", "a=127.0.0.1", "a=ftp://h:1", "a=http://[::1"} {
		if _, err := record.ParseTarget(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
