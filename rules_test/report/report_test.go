package report

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/coverage"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/mutate"
	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

func TestTimelinesAreExact(t *testing.T) {
	want, err := os.ReadFile("testdata/timelines.txt")
	if err != nil {
		t.Fatal(err)
	}
	golden, err := filepath.Abs("testdata/timelines.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := fixed(t).WriteTimelines(&b, Terminal{Width: 70}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if b.String() != string(want) {
		t.Errorf("want\n%s\ngot\n%s", want, b.String())
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if n := len([]rune(line)); n > 70 {
			t.Errorf("%d characters in %q", n, line)
		}
	}
	b.Reset()
	if err := fixed(t).WriteTimelines(&b, Terminal{Width: 70, Color: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), red) || strings.Count(b.String(), plain) < 10 {
		t.Error("no colours")
	}
}

func TestPageIsTheSameEachTime(t *testing.T) {
	var a, b bytes.Buffer
	if err := fixed(t).WriteHTML(&a); err != nil {
		t.Fatal(err)
	}
	if err := fixed(t).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("two pages of the same lab differ")
	}
}

func TestRulesThatFailAreProblems(t *testing.T) {
	r := fixed(t)
	before := r.Problems()
	r.Scenarios[0].Failed = []string{"x.yml:3: Odd cannot be evaluated"}
	var page bytes.Buffer
	if err := r.WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	if r.Problems() != before+1 || !strings.Contains(page.String(), "x.yml:3: Odd cannot be evaluated") {
		t.Errorf("%d problems, %d before", r.Problems(), before)
	}
}

// large is a report in which every alert of every scenario fires, with as many
// lines and as long texts as there may be.
func large(scenarios, alerts int) *Report {
	random := rand.New(rand.NewPCG(1, 2))
	r := &Report{Phases: 5}
	for a := range alerts {
		r.Alerts = append(r.Alerts, fmt.Sprintf("LargeAlert%d", a))
	}
	rule := &ruleset.Rule{File: "alerts/large.rules.yml", For: time.Minute}
	for i := range scenarios {
		s := &Scenario{Scenario: &lab.Scenario{Name: fmt.Sprint("scenario-", i)}, End: 1000 * time.Second}
		s.Series.Meta = recording.Meta{Step: recording.Duration(time.Second)}
		for _, a := range r.Alerts {
			cell := lab.Cell{Scenario: s.Scenario, Verdict: lab.Verdict{Alert: a, Expect: lab.MustFire, Fired: true}}
			cell.Problem = strings.Repeat("not at all as expected ", 5)
			c := &Chart{Rule: rule, Cell: cell, Left: strings.Repeat("metric ", 20), Op: ">", Right: "1", Why: strings.Repeat("a part of it\n", 5000)}
			for range mostLines {
				l := Line{Name: strings.Repeat("x", 200), Active: true}
				for k := range 1000 {
					l.Points = append(l.Points, Point{At: time.Duration(k) * time.Second, Value: random.Float64(), Gap: k%3 == 1})
				}
				c.Lines = append(c.Lines, l)
				lane := Lane{Name: l.Name}
				for k := range 300 {
					from := time.Duration(3*k) * time.Second
					lane.Spans = append(lane.Spans, replay.Span{State: replay.Firing, From: from, To: from + time.Second})
				}
				c.Lanes = append(c.Lanes, lane)
			}
			s.Cells, s.Charts = append(s.Cells, cell), append(s.Charts, c)
		}
		r.Scenarios = append(r.Scenarios, s)
	}
	return r
}

// TestPageIsBounded: 20 scenarios × 30 alerts, all of which fire.
func TestPageIsBounded(t *testing.T) {
	var b bytes.Buffer
	if err := large(20, 30).WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 2_000_000 {
		t.Errorf("%d bytes", b.Len())
	}
}

func TestReduceKeepsPeaksAndGaps(t *testing.T) {
	var points []Point
	for i := range 1000 {
		points = append(points, Point{At: time.Duration(i) * time.Second, Value: float64(i % 7)})
	}
	points[333].Value, points[666].Value, points[800].Gap = 100, -100, true
	got := reduce(points, 40, 999*time.Second)
	has := func(f func(Point) bool) bool { return slices.ContainsFunc(got, f) }
	if len(got) > 40 || !has(func(p Point) bool { return p.Value == 100 }) || !has(func(p Point) bool { return p.Value == -100 }) || !has(func(p Point) bool { return p.Gap }) {
		t.Errorf("%d points: %v", len(got), got)
	}
	if !slices.IsSortedFunc(got, func(a, b Point) int { return int(a.At - b.At) }) {
		t.Error("not in order of time")
	}
	flat := reduce([]Point{{At: 0, Value: 1}, {At: 1, Value: 1}, {At: 2, Value: 1}, {At: 3, Value: 2}}, 40, 3)
	if len(flat) != 3 {
		t.Errorf("a level stretch keeps %v", flat)
	}
}

func TestManySpansBecomeFewer(t *testing.T) {
	var spans []replay.Span
	for i := range 50 {
		from := time.Duration(i) * 10 * time.Millisecond
		spans = append(spans, replay.Span{State: replay.Pending, From: from, To: from + 5*time.Millisecond})
	}
	spans = append(spans, replay.Span{State: replay.Firing, From: 700 * time.Millisecond, To: time.Second, Open: true})
	want := []replay.Span{
		{State: replay.Pending, From: 0, To: 500 * time.Millisecond},
		{State: replay.Firing, From: 700 * time.Millisecond, To: time.Second},
	}
	if got := coarse(spans, 10, time.Second); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := coarse(want, 10, time.Second); !slices.Equal(got, want) {
		t.Errorf("few spans became %v", got)
	}
}

func TestScalesTicksAndTimes(t *testing.T) {
	line := func(values ...float64) []Line {
		var l Line
		for _, v := range values {
			l.Points = append(l.Points, Point{Value: v})
		}
		return []Line{l}
	}
	for _, tc := range []struct {
		lines []Line
		want  scale
	}{
		{nil, scale{0, 1}},
		{line(0, 0), scale{0, 1}},
		{line(1, 1), scale{0.5, 1.5}},
		{line(0.2, 0.144), scale{0, 0.25}},
		{line(math.NaN(), math.Inf(1), 3, 97), scale{0, 100}},
		{line(-10, -1), scale{-10, 1}},
	} {
		if got := newScale(tc.lines); math.Abs(got.low-tc.want.low) > 1e-9 || math.Abs(got.high-tc.want.high) > 1e-9 {
			t.Errorf("%v: %v, want %v", tc.lines, got, tc.want)
		}
	}
	for end, want := range map[time.Duration]string{
		225 * time.Second:  "[0s 1m0s 2m0s 3m0s]",
		3 * time.Second:    "[0s 1s 2s 3s]",
		0:                  "[0s]",
		72 * time.Hour:     "[0s 24h0m0s 48h0m0s 72h0m0s]",
		9 * 24 * time.Hour: "[0s 48h0m0s 96h0m0s 144h0m0s 192h0m0s]",
	} {
		if got := fmt.Sprint(ticks(end, 5)); got != want {
			t.Errorf("%s: %s, want %s", end, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		0: "0s", 10 * time.Second: "10s", time.Minute: "1m", 70 * time.Second: "1m10s", time.Hour: "1h", 90 * time.Minute: "1h30m",
		26 * time.Hour: "1d2h", 48 * time.Hour: "2d", -time.Minute: "-1m", 1500 * time.Millisecond: "1.5s", 5 * time.Millisecond: "5ms",
	} {
		if got := brief(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestNamesLoseWhatAllBeginWith(t *testing.T) {
	for _, tc := range []struct{ names, want string }{
		{"HopscopeDown HopscopeDrainStuck", "Hopscope"},
		{"Hopscope HopscopeDown", ""},
		{"abc abd", ""},
		{"One", ""},
	} {
		if got := commonPrefix(strings.Fields(tc.names)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.names, got, tc.want)
		}
	}
}

func TestResultsAreShownRuleByRule(t *testing.T) {
	m := NewMutants(&mutate.Report{Outcomes: []mutate.Outcome{
		{State: mutate.Killed},
		{State: mutate.Survived, File: "x", Line: 3, Rule: "A", Kind: "for", What: "dropped"},
		{State: mutate.Undecided},
		{State: mutate.Equivalent, Reason: "none"},
	}})
	if m.Killed != 1 || len(m.Survivors) != 2 || m.Survivors[0] != (Mutant{"A", "x:3", "for: dropped", ""}) || m.Equivalents[0].Reason != "none" {
		t.Errorf("%+v", m)
	}
	c := NewCoverage(&coverage.Report{Items: []*coverage.Item{
		{File: "x", Line: 1, Rule: "A", Kind: coverage.Alert, What: "fires", By: "s"},
		{File: "x", Line: 2, Rule: "A", Kind: coverage.Branch, What: "b"},
		{File: "x", Line: 9, Rule: "B", Kind: coverage.Alert, What: "fires"},
	}})
	if n, all := c.Covered(); n != 1 || all != 3 || len(c.Rules) != 2 || c.Rules[0].Where != "x:1" {
		t.Errorf("%+v", c)
	}
}
