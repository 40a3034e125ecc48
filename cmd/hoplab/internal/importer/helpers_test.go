package importer_test

import (
	"context"
	"log/slog"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const (
	step  = 15 * time.Second
	steps = 160 // 40 minutes
)

// begin is recent, for a Prometheus deletes what is older than its retention, and
// a whole minute.
func begin() time.Time { return time.Now().Add(-2 * time.Hour).Truncate(time.Minute) }

// fill writes what a Prometheus would have scraped: counters that are reset, a
// series that ends and comes back, native histograms of either kind. The older
// half goes into a block, the rest stays in the log.
func fill(t *testing.T, dir string, start time.Time, late func(i int) time.Duration) *tsdb.DB {
	t.Helper()
	opts := tsdb.DefaultOptions()
	opts.RetentionDuration = (24 * time.Hour).Milliseconds()
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	name := func(n string, more ...string) labels.Labels {
		return labels.FromStrings(append(more, "__name__", n, "job", "api", "instance", "a:1")...)
	}
	for i := range steps {
		at := start.Add(time.Duration(i)*step + late(i)).UnixMilli()
		app := db.Appender(context.Background())
		add := func(l labels.Labels, v float64) {
			if _, err := app.Append(0, l, at, v); err != nil {
				t.Fatal(err)
			}
		}
		add(name("up"), 1)
		add(name("scrape_duration_seconds"), float64(i%7)/1000)
		add(name("requests_total", "code", "200"), float64(i%61)*3.1)
		switch {
		case i == 50, i == 120:
			add(name("queue"), math.Float64frombits(value.StaleNaN))
		case i < 50, i > 70 && i < 120:
			add(name("queue"), float64(i))
		}
		h := &histogram.Histogram{
			Schema: 2, Count: uint64(3 * (i%70 + 1)), Sum: float64(i), ZeroThreshold: 0x1p-128, ZeroCount: uint64(i%70 + 1),
			PositiveSpans:   []histogram.Span{{Offset: -3, Length: 1}, {Offset: 4, Length: 1}},
			PositiveBuckets: []int64{int64(i%70 + 1), 0},
		}
		if _, err := app.AppendHistogram(0, name("latency"), at, h, nil); err != nil {
			t.Fatal(err)
		}
		custom := &histogram.FloatHistogram{
			Schema: histogram.CustomBucketsSchema, Count: float64(2 * (i + 1)), Sum: float64(i), CustomValues: []float64{0.1, 0.7},
			PositiveSpans: []histogram.Span{{Length: 1}, {Offset: 1, Length: 1}}, PositiveBuckets: []float64{float64(i + 1), float64(i + 1)},
		}
		if _, err := app.AppendHistogram(0, name("size"), at, nil, custom); err != nil {
			t.Fatal(err)
		}
		if err := app.Commit(); err != nil {
			t.Fatal(err)
		}
		if i == steps/2 {
			if err := db.CompactHead(tsdb.NewRangeHead(db.Head(), start.UnixMilli(), at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return db
}

func onTime(int) time.Duration { return 0 }

func options(t *testing.T, start time.Time) importer.Options {
	t.Helper()
	match, err := importer.Selectors([]string{`{__name__=~"up|requests_total|queue|latency|size"}`, `requests_total`})
	if err != nil {
		t.Fatal(err)
	}
	return importer.Options{
		Name: "x", From: start, To: start.Add(steps * step), Match: match, MaxSeries: 100, MaxSamples: 100_000,
	}
}

// queries see everything that an import could lose.
func queries() []string {
	return []string{
		"up", "requests_total", "rate(requests_total[2m])", "resets(requests_total[10m])", "queue",
		"count_over_time(queue[2m])", "absent(queue)", "histogram_quantile(0.9, rate(latency[2m]))",
		"histogram_quantile(0.2, rate(size[2m]))", "histogram_count(latency)", "rate(latency[1m])", "size", "timestamp(queue)",
	}
}

// evaluate runs a query over a storage, a value for each step.
func evaluate(t *testing.T, db storage.Queryable, expr string, start time.Time) promql.Matrix {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
	})
	q, err := engine.NewRangeQuery(t.Context(), db, nil, expr, start, start.Add((steps-1)*step), step)
	if err != nil {
		t.Fatal(err)
	}
	m, err := q.Exec(t.Context()).Matrix()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// results are what the queries answer.
func results(t *testing.T, db storage.Queryable, start time.Time) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, expr := range queries() {
		if all[expr] = evaluate(t, db, expr, start).String(); all[expr] == "" {
			t.Fatalf("%s: no series, so it proves nothing", expr)
		}
	}
	return all
}

// sameResults compares what queries answered on the storage with the recording.
func sameResults(t *testing.T, rec recording.Recording, want map[string]string) {
	t.Helper()
	data, err := replay.NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), data, &ruleset.Set{}, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for expr, want := range want {
		got, err := r.Query(t.Context(), expr)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got, func(a, b promql.Series) int { return labels.Compare(a.Metric, b.Metric) })
		if got.String() != want {
			t.Errorf("%s: got\n%.2000s\nwant\n%.2000s", expr, got, want)
		}
	}
}

// write takes the recording through its files, as it will be used.
func write(t *testing.T, rec recording.Recording) recording.Recording {
	t.Helper()
	dir := t.TempDir()
	if err := rec.Write(dir); err != nil {
		t.Fatal(err)
	}
	back, err := recording.Read(os.DirFS(dir), rec.Meta.Scenario)
	if err != nil {
		t.Fatal(err)
	}
	return back
}
