package lab

import (
	"slices"
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

// A series that is away at a seam, or before it, comes back where it was.
func TestSplicedCountersOutliveAbsence(t *testing.T) {
	keep := func(labels.Labels) bool { return true }
	a := rec(t, "a", 4, `ends_total 5 7 9 stale`, `late_total _ 3 4 6`, `h_total 8 stale _ 2`, `gauge 1 _ 3 4`)
	b := rec(t, "b", 4, `ends_total _ 1 2 5`, `late_total _ _ 1 stale`, `h_total _x2 1 4`, `gauge _ 2 2 2`)
	out, err := splice(recording.Meta{Step: a.Meta.Step}, []Part{{a, 30 * time.Second}, {b, 0}}, keep)
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
	// Two repetitions of a, three steps each, and b.
	want := rec(t, "want", 10,
		`ends_total 5 7 9 9 11 13 stale 13 14 17`,
		`late_total _ 3 4 6 6 7 9 _ 9 stale`,
		`h_total 8 stale _ 10 stale _ 12 _ 12 15`,
		`gauge 1 _ 3 1 _ 3 4 2 2 2`,
	)
	for i, s := range want.Series {
		line, err := recording.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(got) || got[i] != line {
			t.Errorf("series %d of %d: want\n%s\ngot\n%s", i, len(got), line, strings.Join(got, "\n"))
		}
	}
}

func TestSplicedPartsLastAtLeastAsLongAsTheySay(t *testing.T) {
	keep := func(labels.Labels) bool { return true }
	a := rec(t, "a", 4, "x 1 2 3 4")
	a.Meta.Events = []recording.Event{{Name: "reload", At: recording.Duration(5 * time.Second)}}
	out, err := splice(recording.Meta{Step: a.Meta.Step}, []Part{{a, 31 * time.Second}}, keep)
	if err != nil {
		t.Fatal(err)
	}
	if end := out.Meta.End(); end != 45*time.Second {
		t.Errorf("31s in repetitions of 15s last %s, want 45s", end)
	}
	var events []recording.Duration
	for _, e := range out.Meta.Events {
		events = append(events, e.At)
	}
	if want := []recording.Duration{recording.Duration(5 * time.Second), recording.Duration(20 * time.Second), recording.Duration(35 * time.Second)}; !slices.Equal(events, want) {
		t.Errorf("events after %v, want %v", events, want)
	}
}

// A fault is there in each repetition. One that is never mended ends where the next
// recording begins.
func TestSplicedFaultsAreRepeated(t *testing.T) {
	a := rec(t, "a", 4, "x 1 2 3 4")
	const second = recording.Duration(time.Second)
	a.Meta.Faults = []recording.Fault{{Name: "f", On: 5 * second, Off: 10 * second}, {Name: "g", On: 10 * second}}
	out, err := splice(recording.Meta{Step: a.Meta.Step}, []Part{{a, 30 * time.Second}, {a, 0}}, func(labels.Labels) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	want := []recording.Fault{
		{Name: "f", On: 5 * second, Off: 10 * second},
		{Name: "g", On: 10 * second, Off: 15 * second},
		{Name: "f", On: 20 * second, Off: 25 * second},
		{Name: "g", On: 25 * second, Off: 30 * second},
		{Name: "f", On: 35 * second, Off: 40 * second},
		{Name: "g", On: 40 * second},
	}
	if !slices.Equal(out.Meta.Faults, want) {
		t.Errorf("faults %v, want %v", out.Meta.Faults, want)
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
