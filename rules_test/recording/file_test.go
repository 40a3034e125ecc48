package recording_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
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

func TestFaultsPanelsAndExemplarsSurviveTheirFiles(t *testing.T) {
	dir := t.TempDir()
	bucket := labels.FromStrings("__name__", "d_bucket", "le", "0.5", "note", `a "} # {" in it`)
	r := recording.Recording{
		Meta: recording.Meta{
			Scenario: "s", Start: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Step: recording.Duration(5 * time.Second), Scrapes: 3, Seed: 7,
			Faults: []recording.Fault{{Name: "latency", On: recording.Duration(5 * time.Second), Off: recording.Duration(10 * time.Second)}},
			Events: []recording.Event{{Name: "looked", At: recording.Duration(7 * time.Second)}},
		},
		Series: []recording.Series{{Labels: labels.FromStrings("__name__", "up"), Values: floats(1, 1, 1)}},
		Panels: []recording.Series{{Labels: bucket, Values: floats(1, 2, 4)}},
		Exemplars: []recording.Exemplar{
			{Series: bucket, Labels: labels.FromStrings("trace_id", "b"), Value: 0.25, At: 9501 * time.Millisecond},
			{Series: bucket, Labels: labels.FromStrings("trace_id", "a"), Value: 1e-9, At: -20 * time.Millisecond},
		},
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dir + "/s.meta.yml")
	if err != nil || !strings.Contains(string(text), "from: 5s\n      to: 10s\n") {
		t.Errorf("meta: %s, %v", text, err)
	}
	back, err := recording.Read(os.DirFS(dir), "s")
	if err != nil {
		t.Fatal(err)
	}
	var moments []string
	for _, m := range back.Meta.Moments() {
		moments = append(moments, m.Name)
	}
	if got := strings.Join(moments, ", "); got != "fault on, looked, fault off" {
		t.Errorf("moments: %s", got)
	}
	if off, err := back.Meta.At(recording.FaultOff); err != nil || off != 10*time.Second || back.Meta.Seed != 7 {
		t.Errorf("meta %+v: %v", back.Meta, err)
	}
	if len(back.Series) != 1 || len(back.Panels) != 1 || back.Panels[0].Values[2].Value != 4 {
		t.Errorf("read %v and %v", back.Series, back.Panels)
	}
	if all := back.WithPanels(); len(all.Series) != 2 || len(all.Panels) != 0 || len(back.Series) != 1 {
		t.Errorf("with panels: %v", all.Series)
	}
	if len(back.Exemplars) != 2 || back.Exemplars[0].At != -20*time.Millisecond || back.Exemplars[0].Value != 1e-9 ||
		back.Exemplars[1].Labels.Get("trace_id") != "b" || !labels.Equal(back.Exemplars[1].Series, bucket) || back.Exemplars[1].At != 9501*time.Millisecond {
		t.Errorf("exemplars: %+v", back.Exemplars)
	}
	// What is no longer there leaves no file behind.
	r.Panels, r.Exemplars = nil, nil
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("files: %v, %v", files, err)
	}
}

func TestReadNamesTheLineThatIsWrong(t *testing.T) {
	meta := "scenario: s\nstart: 2026-01-01T00:00:00Z\nstep: 5s\nscrapes: 2\n"
	for _, tc := range []struct{ name, meta, series, want string }{
		{"syntax", meta, "up{} 1\nup{ 1\n", "s.series:2: "},
		{"too long", meta, "up{} 1x2\n", "s.series:1: 3 values, but the recording has 2 scrapes"},
		{"unknown key", meta + "stepp: 1\n", "up{} 1\n", "stepp"},
		{"no start", "step: 5s\nscrapes: 2\n", "up{} 1\n", "s.meta.yml:1: start: 0001-01-01T00:00:00Z: want a time after 1970: mend it, or record"},
		{"a step of nothing", "scenario: s\nstart: 2026-01-01T00:00:00Z\nstep: 0s\nscrapes: 2\n", "up{} 1\n", "s.meta.yml:3: step: 0s: want a positive time"},
		{"bad duration", "step: 5\n", "up{} 1\n", "line 1"},
		{"broken YAML", "scenario: s\n start: [\n", "up{} 1\n", "s.meta.yml: yaml: line 2"},
		{"empty meta", "", "up{} 1\n", "s.meta.yml: it is empty: mend it, or record"},
		{"no scrapes", "start: 2026-01-01T00:00:00Z\nstep: 5s\n", "up{} 1\n", "s.meta.yml:1: scrapes: 0: want at least one"},
		{"a fault that ends before it begins", meta + "faults:\n- {name: f, from: 5s, to: 6s}\n- {name: f, from: 5s, to: 4s}\n", "up{} 1\n", "s.meta.yml:7: fault \"f\" is on from 5s to 4s: want a name, and an end after the beginning"},
		{"empty fixture", meta, "", "s.series: it is empty: record the scenario anew"},
		{"remedy", meta, "up{} 1x2\n", "raise scrapes in s.meta.yml"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := fstest.MapFS{"s.meta.yml": {Data: []byte(tc.meta)}, "s.series": {Data: []byte(tc.series)}}
			if _, err := recording.Read(fsys, "s"); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestReadNamesTheOtherFilesThatAreWrong(t *testing.T) {
	meta := "scenario: s\nstart: 2026-01-01T00:00:00Z\nstep: 5s\nscrapes: 2\n"
	for _, tc := range []struct{ file, text, want string }{
		{"s.panels.gz", "up{} 1 and more\n", "s.panels.gz: gzip: invalid header: it was cut or changed by hand"},
		{"s.exemplars", "a{} # {trace_id=\"x\"} 1 2.000\na{} 1\n", "s.exemplars:2: "},
		{"s.exemplars", "a{} # {trace_id=\"x\"} 1\n", "s.exemplars:1: "},
		{"s.exemplars", "a{} # {trace_id=x} 1 2\n", "want NAME{LABELS} # {LABELS} VALUE SECONDS"},
	} {
		fsys := fstest.MapFS{"s.meta.yml": {Data: []byte(meta)}, "s.series": {Data: []byte("up{} 1\n")}, tc.file: {Data: []byte(tc.text)}}
		if _, err := recording.Read(fsys, "s"); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: got %v, want %q in it", tc.text, err, tc.want)
		}
	}
	if _, err := recording.Read(fstest.MapFS{}, "s"); !errors.Is(err, fs.ErrNotExist) || err.Error() != "s.meta.yml: file does not exist: record it with hoplab rules record s" {
		t.Errorf("nothing there: %v", err)
	}
}

func TestPanelsThatAreTooLargeAreRefused(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	line := []byte("up{} 1\n")
	if _, err := w.Write(bytes.Repeat(line, 64<<20/len(line)+1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	meta := "scenario: s\nstart: 2026-01-01T00:00:00Z\nstep: 5s\nscrapes: 2\n"
	fsys := fstest.MapFS{"s.meta.yml": {Data: []byte(meta)}, "s.series": {Data: []byte("up{} 1\n")}, "s.panels.gz": {Data: packed.Bytes()}}
	if _, err := recording.Read(fsys, "s"); err == nil || !strings.Contains(err.Error(), "s.panels.gz: it holds more than 64 MiB: record the scenario anew") {
		t.Errorf("got %v", err)
	}
}
