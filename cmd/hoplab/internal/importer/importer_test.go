package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
)

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
		"is not before --to":         func(o *importer.Options) { o.To = o.From },
		"want whole seconds":         func(o *importer.Options) { o.Step = 1500 * time.Millisecond },
		"nothing is selected":        func(o *importer.Options) { o.Match = nil },
		"no series matches":          func(o *importer.Options) { o.From, o.To = o.From.Add(-2*time.Hour), o.From.Add(-time.Hour) },
		"more than 2 series match":   func(o *importer.Options) { o.MaxSeries = 2 },
		"more than 99 samples match": func(o *importer.Options) { o.MaxSamples = 99 },
		"--on and --off belong":      func(o *importer.Options) { o.On = o.From.Add(time.Minute) },
		"is outside of what was imported": func(o *importer.Options) {
			o.On, o.Off = o.From.Add(-time.Hour), o.From.Add(time.Minute)
		},
		"--off ":                       func(o *importer.Options) { o.On, o.Off = o.From.Add(time.Minute), o.To.Add(time.Hour) },
		"is not before --off":          func(o *importer.Options) { o.On, o.Off = o.From.Add(2*time.Minute), o.From.Add(time.Minute) },
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
