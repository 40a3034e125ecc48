package recording_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

func TestRecordingSurvivesItsFiles(t *testing.T) {
	dir := t.TempDir()
	r := recording.Recording{
		Meta: recording.Meta{
			Scenario: "dead-replica", Description: "one replica is gone", Gateway: "v1",
			Start: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Step: recording.Duration(5 * time.Second), Scrapes: 3,
			Events: []recording.Event{{Name: "on", At: recording.Duration(5 * time.Second)}},
		},
		Series: []recording.Series{
			{Labels: labels.FromStrings("__name__", "up", "job", "hopscope"), Values: floats(1, 1, 0)},
			{Labels: labels.FromStrings("__name__", "a"), Values: floats(1)},
		},
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	back, err := recording.Read(os.DirFS(dir), "dead-replica")
	if err != nil {
		t.Fatal(err)
	}
	if back.Meta.Start != r.Meta.Start || back.Meta.End() != 10*time.Second || len(back.Series) != 2 {
		t.Errorf("read back %+v", back)
	}
	if at, err := back.Meta.At("on"); err != nil || at != 5*time.Second {
		t.Errorf("event on: %v, %v", at, err)
	}
	if _, err := back.Meta.At("off"); err == nil || !strings.Contains(err.Error(), `no event "off"`) {
		t.Errorf("an event that did not happen: %v", err)
	}
	if back.Series[0].Labels.Get("__name__") != "a" {
		t.Error("series are not in order")
	}
	if names, err := recording.List(os.DirFS(dir)); err != nil || len(names) != 1 || names[0] != "dead-replica" {
		t.Errorf("listed %v, %v", names, err)
	}
}

func TestReadNamesTheLineThatIsWrong(t *testing.T) {
	meta := "scenario: s\nstart: 2026-01-01T00:00:00Z\nstep: 5s\nscrapes: 2\n"
	for _, tc := range []struct{ name, meta, series, want string }{
		{"syntax", meta, "up{} 1\nup{ 1\n", "s.series:2: "},
		{"too long", meta, "up{} 1x2\n", "s.series:1: 3 values, but the recording has 2 scrapes"},
		{"unknown key", meta + "stepp: 1\n", "up{} 1\n", "stepp"},
		{"no start", "step: 5s\nscrapes: 2\n", "up{} 1\n", "want a time after 1970"},
		{"bad duration", "step: 5\n", "up{} 1\n", "line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := fstest.MapFS{"s.meta.yml": {Data: []byte(tc.meta)}, "s.series": {Data: []byte(tc.series)}}
			if _, err := recording.Read(fsys, "s"); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}
