package replay

import (
	"slices"
	"strconv"
	"strings"
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
	data := recorded(t, 8, `up{job="j",instance="a"} 1x7`, `up{job="j",instance="b"} 1 1 0x3 1x2`)
	return run(t, data, load(t, twoGroups), opts)
}

// recorded makes a recording in steps of 5 seconds.
func recorded(t *testing.T, scrapes int, lines ...string) *Data {
	t.Helper()
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "s", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: scrapes,
	}}
	for _, line := range lines {
		s, err := recording.Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		rec.Series = append(rec.Series, s)
	}
	data, err := NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func load(t *testing.T, text string) *ruleset.Set {
	t.Helper()
	set, err := ruleset.Load(write(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func run(t *testing.T, data *Data, set *ruleset.Set, opts Options) *Result {
	t.Helper()
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

// A phase that is spread over a long interval leaves no hole at the beginning of
// groups with a short one.
func TestPhaseBeyondAnIntervalCountsWithinIt(t *testing.T) {
	r := run(t, recorded(t, 8, "x 1x7"), load(t, `
groups:
  - {name: short, rules: [{record: a, expr: x}]}
  - {name: long, interval: 20s, rules: [{record: b, expr: x}]}
`), Options{Phase: 12 * time.Second})
	if got, want := []time.Duration{r.Rules[0].First, r.Rules[1].First}, []time.Duration{2 * time.Second, 12 * time.Second}; !slices.Equal(got, want) {
		t.Errorf("first evaluations %v, want %v", got, want)
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
		r, fresh := run(t, base.Data, set, Options{Base: base}), run(t, base.Data, set, Options{})
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

// Of series that are equal, topk takes the first: a run with a base has to give
// them in the same order as one without.
func TestReusedSeriesKeepTheirOrder(t *testing.T) {
	var lines []string
	for _, name := range strings.Fields("h c a k e d b l i f j g") {
		lines = append(lines, `x{name="`+name+`"} 1x3`)
	}
	text := `
groups:
  - name: g
    rules:
      - {record: r, expr: x}
      - {record: first, expr: 'topk(1, r)'}
`
	data := recorded(t, 4, lines...)
	base := run(t, data, load(t, text), Options{})
	set := load(t, strings.Replace(text, "topk(1, r)", "2 * topk(1, r)", 1))
	want := run(t, data, set, Options{}).Rules[1].Values.String()
	for range 20 {
		r := run(t, data, set, Options{Base: base})
		if got := r.Rules[1].Values.String(); got != want || !r.Rules[0].Reused || r.Rules[1].Reused {
			t.Fatalf("with a base %s, without %s; reused %t and %t", got, want, r.Rules[0].Reused, r.Rules[1].Reused)
		}
	}
}

// The same rules do something else in another order.
func TestReuseKnowsARulesPlace(t *testing.T) {
	const record, alert = "      - {record: r, expr: x}\n", "      - {alert: A, expr: r > 1}\n"
	const head, between = "groups:\n  - name: g\n    rules:\n", "  - name: h\n    rules:\n"
	data := recorded(t, 8, "x 1 1 1 2x4")
	for name, tc := range map[string]struct {
		old, new string
		opts     Options
	}{
		"exchanged":   {head + record + alert, head + alert + record, Options{}},
		"other group": {head + alert + record, head + alert + between + record, Options{}},
		"lag":         {head + record + alert, head + record + between + alert, Options{Lag: true}},
	} {
		base, set := run(t, data, load(t, tc.old), tc.opts), load(t, tc.new)
		fresh := run(t, data, set, tc.opts)
		old, _ := base.FirstFiring("A", 0)
		want, _ := fresh.FirstFiring("A", 0)
		tc.opts.Base = base
		if got, _ := run(t, data, set, tc.opts).FirstFiring("A", 0); got != want || old == want {
			t.Errorf("%s: fires at %s with a base and at %s without; before at %s", name, got, want, old)
		}
	}
}

func TestLagShowsWhatWasRecordedAnIntervalBefore(t *testing.T) {
	var got []string
	for _, c := range start(t, Options{Lag: true}).Transitions(t.Context()) {
		got = append(got, c.At.String()+" "+c.Alert.Name+" "+c.State.String())
	}
	if want := []string{"15s Low pending", "25s Low firing", "35s Low inactive"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Parts of rules are evaluated as the rules are: at the time of the evaluation,
// looking back by query_offset.
func TestPartIsEvaluatedAsItsRule(t *testing.T) {
	data := recorded(t, 8, "x 1+1x7")
	r := run(t, data, load(t, "groups:\n  - name: g\n    query_offset: 5s\n    rules:\n      - {record: r, expr: 'x @ end() + x'}\n"), Options{})
	e := r.Rules[0]
	for text, want := range map[string]string{"x": "1 2 3 4 5 6 7", "x @ end()": "1 2 3 4 5 6 7", "x @ end() + x": "2 4 6 8 10 12 14"} {
		part, err := parseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.Part(t.Context(), e, part)
		if err != nil || len(m) != 1 {
			t.Fatalf("%s: %v, %v", text, m, err)
		}
		var got []string
		for i, p := range m[0].Floats {
			got = append(got, strconv.FormatFloat(p.F, 'f', -1, 64))
			if want := e.At(i+1) - 5*time.Second; r.After(p.T) != want { // the first looks at what was before
				t.Errorf("%s: value %d is of %s, want %s", text, i, r.After(p.T), want)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", text, got, want)
		}
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
