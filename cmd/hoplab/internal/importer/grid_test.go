package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
)

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
