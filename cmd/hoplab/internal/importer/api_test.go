package importer_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/prom"
)

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
