package record_test

import (
	"context"
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

// Six scrapes: a counter that rises and is reset, a gauge
// that goes away, a native histogram, a target that is down once.
func TestRecordingHoldsWhatPrometheusScraped(t *testing.T) {
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
		durations.Observe(0.25)
		return true
	}, 6)

	r, err := record.New(record.Options{
		Targets: map[string]string{"gateway": strings.TrimPrefix(e.URL, "http://")},
		Step:    step,
		Keep: func(name string) bool {
			return name == "up" || strings.HasPrefix(name, "test_")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	select {
	case <-e.reached:
	case <-time.After(5 * time.Minute):
		t.Fatal("the exporter was not scraped seven times within five minutes")
	}
	r.Mark("over")
	rec, err := r.Finish(context.Background(), recording.Meta{Scenario: "script"})
	if err != nil {
		t.Fatal(err)
	}

	got := map[string][]recording.Value{}
	for _, s := range rec.Series {
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
	native := got["test_duration_seconds"]
	if len(native) < 6 || native[2].Histogram == nil || native[2].Histogram.Count != 3 ||
		!value.IsStaleNaN(native[3].Value) || native[5].Histogram == nil || native[5].Histogram.Count != 5 {
		t.Errorf("native histogram: %v", native)
	}
	if rec.Meta.Step != recording.Duration(step) || rec.Meta.Scrapes < 6 || len(rec.Meta.Events) != 1 {
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
		Targets: map[string]string{"gateway": strings.TrimPrefix(e.URL, "http://")},
		Step:    step,
		Rename:  map[string]string{"127.0.0.1:4711": "users-1"},
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
	r, err := record.New(record.Options{Targets: map[string]string{"gateway": "127.0.0.1:1"}, Step: time.Second})
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
