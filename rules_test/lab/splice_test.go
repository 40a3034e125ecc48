package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/recording"
)

func rec(t *testing.T, name string, scrapes int, lines ...string) recording.Recording {
	t.Helper()
	r := recording.Recording{Meta: recording.Meta{
		Scenario: name, Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: scrapes,
	}}
	for _, line := range lines {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		r.Series = append(r.Series, s)
	}
	return r
}

func TestSplicedCountersGoOnWithoutASeam(t *testing.T) {
	peace := rec(t, "peace", 4, `requests_total 100 110 120 130`, `open 3 4 5 3`, `h_count 1 2 2 3`)
	fault := rec(t, "fault", 4, `requests_total 7 8 2 3`, `open 1 1 1 1`, `failed_total _ _ 1 2`)
	fault.Meta.Faults = []recording.Fault{{Name: "f", On: recording.Duration(5 * time.Second), Off: recording.Duration(10 * time.Second)}}
	fault.Meta.Events = []recording.Event{{Name: "seen", At: recording.Duration(5 * time.Second)}}
	out, err := splice(recording.Meta{Step: peace.Meta.Step}, []Part{{peace, 30 * time.Second}, {fault, 0}}, func(l labels.Labels) bool {
		return l.Get("__name__") != "h_count"
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range out.Series {
		line, err := recording.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	// Twice 100 to 130, then 1 more, a reset that counts 2, and 1 more.
	want := []string{
		"requests_total{} 100+10x6 161 163 164",
		"open{} 3+1x2 3+1x2 1x3",
		"failed_total{} _x8 1 2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if out.Meta.Scrapes != 10 {
		t.Errorf("%d scrapes, want 10", out.Meta.Scrapes)
	}
	if at, err := out.Meta.At(faultOn); err != nil || at != 35*time.Second {
		t.Errorf("the fault begins after %v, %v; want 35s", at, err)
	}
	if at, err := out.Meta.At(faultOff); err != nil || at != 40*time.Second {
		t.Errorf("the fault ends after %v, %v; want 40s", at, err)
	}
	if at, err := out.Meta.At("seen"); err != nil || at != 35*time.Second {
		t.Errorf("the event was after %v, %v; want 35s", at, err)
	}
}

func TestSpliceOfOtherStepsIsRefused(t *testing.T) {
	a, b := rec(t, "a", 3, "x 1 2 3"), rec(t, "b", 3, "x 1 2 3")
	b.Meta.Step *= 2
	_, err := splice(recording.Meta{Step: a.Meta.Step}, []Part{{a, 0}, {b, 0}}, func(labels.Labels) bool { return true })
	if err == nil || !strings.Contains(err.Error(), "b has steps of 10s") {
		t.Errorf("error %v", err)
	}
}
