package importer_test

import (
	"context"
	"io/fs"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	"github.com/hopscope/hopscope/cmd/hoplab/internal/prom"
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

func TestStorageIsImportedWithoutLoss(t *testing.T) {
	dir, start := t.TempDir(), begin()
	db := fill(t, dir, start, onTime)
	t.Cleanup(func() { _ = db.Close() })
	before := listing(t, dir)
	src, err := importer.FromTSDB(dir) // while the other has it open
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, start)
	o.On, o.Off, o.Targets = start.Add(time.Minute), start.Add(5*time.Minute), true
	rec, err := importer.Import(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if after := listing(t, dir); !slices.Equal(before, after) {
		t.Errorf("files of the storage: before %v, after %v", before, after)
	}
	rec = write(t, rec)
	m := rec.Meta
	if len(m.Losses) > 0 || m.Step != recording.Duration(step) || m.Scrapes != steps || !m.Start.Equal(start) || len(rec.Series) != 6 {
		t.Errorf("%d series, %+v", len(rec.Series), m)
	}
	if on, err := m.At("fault on"); err != nil || on != time.Minute {
		t.Errorf("on %s, %v", on, err)
	}
	sameResults(t, rec, results(t, db, start))
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAPIIsImportedUpToWhatItTells(t *testing.T) {
	dir, start := t.TempDir(), begin()
	db := fill(t, dir, start, onTime)
	want := results(t, db, start)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	server, err := prom.New(prom.Config{
		Dir: dir, ScrapeInterval: step, EvalInterval: step, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		server.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(api.Close)

	src, err := importer.FromAPI(api.URL, http.Header{"Authorization": {"Bearer secret"}})
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, start)
	o.Targets = true
	rec, err := importer.Import(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	rec = write(t, rec)
	if losses := strings.Join(rec.Meta.Losses, "\n"); !strings.Contains(losses, "staleness markers") || strings.Contains(losses, "moved") {
		t.Errorf("losses: %s", losses)
	}
	if rec.Meta.Scrapes != steps || len(rec.Series) != 6 || !strings.Contains(rec.Meta.Description, api.URL) {
		t.Errorf("%d series, %+v", len(rec.Series), rec.Meta)
	}
	sameResults(t, rec, want)

	if _, err := importer.Import(t.Context(), must(importer.FromAPI(api.URL, nil)), o); err == nil || !strings.Contains(err.Error(), "401 Unauthorized, no answer of a Prometheus' API") {
		t.Errorf("without a token: %v", err)
	}
	o.MaxSamples = 100
	if _, err := importer.Import(t.Context(), src, o); err == nil || !strings.Contains(err.Error(), "more than 100 samples match") {
		t.Errorf("bound: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestOffTheGridIsMovedAndSaid(t *testing.T) {
	dir, start := t.TempDir(), begin()
	// Scrapes are 300 ms late as a rule, and some of them more.
	late := func(i int) time.Duration { return time.Duration(300+i%5*20) * time.Millisecond }
	if err := fill(t, dir, start, late).Close(); err != nil {
		t.Fatal(err)
	}
	src, err := importer.FromTSDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	o := options(t, start)
	rec, err := importer.Import(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	losses := strings.Join(rec.Meta.Losses, "\n")
	for _, want := range []string{"samples were not on the grid of 15s and moved by up to 40ms", "the whole recording was moved by 340ms"} {
		if !strings.Contains(losses, want) {
			t.Errorf("losses %q lack %q", losses, want)
		}
	}
	if rec.Meta.Scrapes != steps || !rec.Meta.Start.Equal(start) {
		t.Errorf("%+v", rec.Meta)
	}
	o.Step = time.Minute
	if rec, err = importer.Import(t.Context(), src, o); err != nil || !strings.Contains(strings.Join(rec.Meta.Losses, "\n"), "fell on the same step") {
		t.Errorf("%v, %v", rec.Meta.Losses, err)
	}
}

func TestDirectoriesThatAreNoStorageAreRefused(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"empty":           {"notes.txt", "", "has neither blocks nor a wal"},
		"another version": {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{"version": 2}`, "meta.json: a block of version 2, this program reads version 1"},
		"broken meta":     {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{`, "the block is damaged"},
		"broken index":    {"01HB8BYPFGYAYBXE1KEXFY2JCG/meta.json", `{"version": 1, "ulid": "01HB8BYPFGYAYBXE1KEXFY2JCG"}`, "corrupted block 01HB8BYPFGYAYBXE1KEXFY2JCG"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, tc.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(tc.text), 0o644); err != nil {
				t.Fatal(err)
			}
			src, err := importer.FromTSDB(dir)
			if err == nil {
				_, err = importer.Import(t.Context(), src, options(t, begin()))
				_ = src.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	dir, start := t.TempDir(), begin()
	if err := fill(t, dir, start, onTime).Close(); err != nil {
		t.Fatal(err)
	}
	src, err := importer.FromTSDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	for want, change := range map[string]func(*importer.Options){
		"is not before --to":           func(o *importer.Options) { o.To = o.From },
		"want whole seconds":           func(o *importer.Options) { o.Step = 1500 * time.Millisecond },
		"nothing is selected":          func(o *importer.Options) { o.Match = nil },
		"no series matches":            func(o *importer.Options) { o.From, o.To = o.From.Add(-2*time.Hour), o.From.Add(-time.Hour) },
		"more than 2 series match":     func(o *importer.Options) { o.MaxSeries = 2 },
		"more than 99 samples match":   func(o *importer.Options) { o.MaxSamples = 99 },
		"--on ":                        func(o *importer.Options) { o.On = o.From.Add(-time.Hour) },
		"is after --off":               func(o *importer.Options) { o.On, o.Off = o.From.Add(2*time.Minute), o.From.Add(time.Minute) },
		"without a path":               func(o *importer.Options) { o.Name = "a/b" },
		"scrape interval is not known": func(o *importer.Options) { o.To = o.From.Add(time.Second) },
	} {
		o := options(t, start)
		change(&o)
		if _, err := importer.Import(t.Context(), src, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestLabelValuesAreRenamed(t *testing.T) {
	dir, start := t.TempDir(), begin()
	if err := fill(t, dir, start, onTime).Close(); err != nil {
		t.Fatal(err)
	}
	src, err := importer.FromTSDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = src.Close() })
	o := options(t, start)
	o.Rename = map[string]string{"a:1": "gateway"}
	rec, err := importer.Import(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range rec.Series {
		if s.Labels.Get("instance") != "gateway" {
			t.Errorf("got %s", s.Labels)
		}
	}
}

func TestAnswersOfNoPrometheusAreTold(t *testing.T) {
	for name, tc := range map[string]struct {
		status       int
		answer, want string
	}{
		"a web page":    {http.StatusOK, "<html>", "200 OK, no answer of a Prometheus' API"},
		"not there":     {http.StatusNotFound, "404", "404 Not Found"},
		"a query error": {http.StatusUnprocessableEntity, `{"status":"error","error":"too many samples"}`, "too many samples"},
		"a vector":      {http.StatusOK, `{"status":"success","data":{"resultType":"vector","result":[]}}`, "want a matrix"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.answer))
			}))
			defer srv.Close()
			src := must(importer.FromAPI(srv.URL, nil))
			if _, err := importer.Import(t.Context(), src, options(t, begin())); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
	if _, err := importer.FromAPI("prometheus:9090", nil); err == nil || !strings.Contains(err.Error(), "want a URL such as") {
		t.Errorf("got %v", err)
	}
}
