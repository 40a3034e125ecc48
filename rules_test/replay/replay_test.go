package replay

import (
	"slices"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

const twoGroups = `
groups:
  - name: second
    rules:
      - alert: Low
        expr: job:up:sum < 2
        for: 10s
        labels: {severity: warning}
        annotations: {summary: '{{ $value }} are up'}
      - alert: Never
        expr: up > 7
  - name: third
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
`

func start(t *testing.T, opts Options) *Result {
	t.Helper()
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: 8,
	}}
	for _, line := range []string{`up{job="j",instance="a"} 1x7`, `up{job="j",instance="b"} 1 1 0x3 1x2`} {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	set, err := ruleset.Load(write(t, twoGroups))
	if err != nil {
		t.Fatal(err)
	}
	data, err := NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), data, set, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestResultShowsWhenAlertsFiredAndEnded(t *testing.T) {
	r := start(t, Options{})
	if at, ok := r.FirstFiring("Low", 0); !ok || at != 20*time.Second {
		t.Errorf("fired at %v, %v; want 20s: two steps down before, 10s pending", at, ok)
	}
	if at, ok := r.LastFiring("Low"); !ok || at != 25*time.Second {
		t.Errorf("fired last at %v, %v; want 25s", at, ok)
	}
	if a := r.Firing(t.Context(), "Low", 24*time.Second); len(a) != 1 || a[0].Labels["job"] != "j" || a[0].Annotations["summary"] != "1 are up" {
		t.Errorf("at 24s: %+v", a)
	}
	if a := r.Firing(t.Context(), "Low", 30*time.Second); len(a) != 0 {
		t.Errorf("at 30s: %+v", a)
	}
	if names := r.EverFired(); !slices.Equal(names, []string{"Low"}) {
		t.Errorf("fired: %v", names)
	}
	var got []string
	for _, c := range r.Transitions(t.Context()) {
		got = append(got, c.At.String()+" "+c.Alert.Name+" "+c.State.String())
	}
	if want := []string{"10s Low pending", "20s Low firing", "30s Low inactive"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPhaseAndIntervalMoveEvaluations(t *testing.T) {
	r := start(t, Options{Phase: 4 * time.Second, Interval: 10 * time.Second})
	if at, ok := r.FirstFiring("Low", 0); !ok || at != 24*time.Second {
		t.Errorf("fired at %v, %v; want 24s", at, ok)
	}
}

func TestQuerySeesSamplesAndRecordedSeries(t *testing.T) {
	r := start(t, Options{})
	for expr, series := range map[string]int{
		"up": 2, "job:up:sum": 1, `ALERTS{alertstate="firing"}`: 1, "nothing": 0, `{__name__=~".+"}`: 6, "ALERTS_FOR_STATE": 1,
	} {
		m, err := r.Query(t.Context(), expr)
		if err != nil || len(m) != series {
			t.Errorf("%s: %d series, %v; want %d", expr, len(m), err, series)
		}
	}
	if _, err := r.Query(t.Context(), "sum("); err == nil {
		t.Error("no error for a broken expression")
	}
}

// A second run takes over what a changed rule does not touch, and nothing else.
func TestBaseIsReusedWhereNothingChanged(t *testing.T) {
	base := start(t, Options{})
	rules := base.Set.Rules()
	changed := func(old *ruleset.Rule, expr string) *Result {
		parsed, err := parseExpr(expr)
		if err != nil {
			t.Fatal(err)
		}
		set := base.Set.With(old, old.Change(func(r *ruleset.Rule) { r.Expr = parsed }))
		r, err := Run(t.Context(), base.Data, set, Options{Base: base})
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := Run(t.Context(), base.Data, set, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := r.FirstFiring("Low", 0)
		want, _ := fresh.FirstFiring("Low", 0)
		if got != want {
			t.Errorf("%s: fires at %s with a base and at %s without", expr, got, want)
		}
		return r
	}
	reused := func(r *Result) (names []string) {
		for _, e := range r.Rules {
			if e.Reused {
				names = append(names, e.Rule.Name())
			}
		}
		return names
	}
	if got := reused(changed(rules[0], "job:up:sum < 3")); !slices.Equal(got, []string{"Never", "job:up:sum"}) {
		t.Errorf("a changed alert: reused %v", got)
	}
	if got := reused(changed(rules[2], "sum by (job) (up) - 1")); !slices.Equal(got, []string{"Never"}) {
		t.Errorf("a changed recording rule: reused %v", got)
	}
}

func BenchmarkRun(b *testing.B) {
	rec, err := recording.Read(seriesFS(), "dead-replica")
	if err != nil {
		b.Fatal(err)
	}
	files, err := ruleset.Glob("../../alerts/*.rules.yml")
	if err != nil {
		b.Fatal(err)
	}
	set, err := ruleset.Load(files...)
	if err != nil {
		b.Fatal(err)
	}
	data, err := NewData(rec)
	if err != nil {
		b.Fatal(err)
	}
	base, err := Run(b.Context(), data, set, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			if _, err := Run(b.Context(), data, set, Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	last := set.Rules()[len(set.Rules())-1]
	b.Run("mutant", func(b *testing.B) {
		for b.Loop() {
			mutant := last.Change(func(r *ruleset.Rule) { r.For++ })
			if _, err := Run(b.Context(), data, set.With(last, mutant), Options{Base: base}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
