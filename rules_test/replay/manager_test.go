package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"

	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// manager runs the rules with Prometheus' own rule manager, storage and scraping
// order, and returns a line for each alert after each evaluation of its group. The
// first evaluation is at phase, that of the groups in later so much later.
func manager(t *testing.T, rec recording.Recording, file string, phase, interval time.Duration, later map[string]time.Duration) []string {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "load %s\n", time.Duration(rec.Meta.Step))
	for _, s := range rec.Series {
		line, err := recording.Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString("  " + line + "\n")
	}
	loader, err := promqltest.NewLazyLoader(text.String(), promqltest.LazyLoaderOpts{
		EnableAtModifier: true, EnableNegativeOffset: true, StartTime: rec.Meta.Start,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer loader.Close()
	loader.SubqueryInterval = interval
	m := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(loader.QueryEngine(), loader.Storage()),
		Appendable: loader.Storage(),
		Context:    context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     slog.New(slog.DiscardHandler),
		Parser:     parser.NewParser(parser.Options{}),
	})
	byName, errs := m.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, file)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	var groups []*rules.Group
	for _, g := range byName {
		groups = append(groups, g)
		for _, rule := range g.AlertingRules() {
			rule.SetRestored(true) // without it no ALERTS are written
		}
	}
	type evaluation struct {
		at time.Duration
		g  *rules.Group
	}
	var evaluations []evaluation
	for _, g := range groups {
		for at := phase + later[g.Name()]; at <= rec.Meta.End(); at += g.Interval() {
			evaluations = append(evaluations, evaluation{at, g})
		}
	}
	slices.SortFunc(evaluations, func(a, b evaluation) int {
		return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.g.Name(), b.g.Name()))
	})
	var lines []string
	for _, e := range evaluations {
		now := rec.Meta.Start.Add(e.at)
		loader.WithSamplesTill(now, func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		})
		e.g.Eval(loader.Context(), now)
		for _, rule := range e.g.Rules() {
			if err := rule.LastError(); err != nil {
				lines = append(lines, fmt.Sprintf("%s %s failed", e.at, rule.Name()))
			}
		}
		for _, rule := range e.g.AlertingRules() {
			rule.ForEachActiveAlert(func(a *rules.Alert) {
				if a.State == rules.StateFiring || a.State == rules.StatePending {
					lines = append(lines, line(e.at, a.State.String(), a.Value, a.Labels, a.Annotations.Map()))
				}
			})
		}
	}
	slices.Sort(lines)
	return lines
}

func ours(t *testing.T, rec recording.Recording, file string, opts Options) []string {
	t.Helper()
	set, err := ruleset.Load(file)
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
	var lines []string
	for _, e := range r.Rules {
		for _, failed := range e.Errors {
			lines = append(lines, fmt.Sprintf("%s %s failed", failed.At, e.Rule.Name()))
		}
		for _, c := range e.Courses {
			for _, p := range c.Points {
				a := r.alert(t.Context(), c, p)
				lines = append(lines, line(p.At, p.State.String(), p.Sample.F, c.Labels, a.Annotations))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func line(at time.Duration, state string, value float64, l labels.Labels, notes map[string]string) string {
	return fmt.Sprintf("%s %s %v %s %v", at, state, value, l, notes)
}

// Rules that use everything that decides what an alert does.
const everything = `
groups:
  - name: a
    rules:
      - record: job:requests:rate1m
        expr: sum by (job) (rate(requests_total[1m]))
      - alert: Few
        expr: job:requests:rate1m < 3
        for: 20s
        keep_firing_for: 25s
        labels: {severity: warning, level: '{{ if gt $value 2.0 }}low{{ else }}very low{{ end }}'}
        annotations:
          text: '{{ $labels.job }} {{ $value | humanize }} of {{ with query "sum(requests_total)" }}{{ . | first | value }}{{ end }}'
      - alert: Down
        expr: up == 0
      - alert: Gone
        expr: absent(up{instance="b"})
        for: 10s
  - name: b
    interval: 30s
    query_offset: 5s
    rules:
      - alert: Slow
        expr: temperature > 50
        for: 30s
        annotations: {v: '{{ $value }}'}
      - alert: ManyAlerts
        expr: count(ALERTS{alertstate="firing"}) > 1
  - name: c
    limit: 1
    rules:
      - alert: Limited
        expr: up == 0
        for: 5s
      - record: limited:up
        expr: up
  - name: d
    rules:
      - record: counted
        expr: (counted or vector(0)) + 1
      - alert: Before
        expr: later > 2
      - record: later
        expr: sum(up)
      - record: same
        expr: label_replace(up, "instance", "x", "", "")
      - alert: Same
        expr: label_replace(up == 0, "instance", "x", "", "")
      - alert: Twice
        expr: temperature * on (job) up{instance="a"} > 0
      - alert: Fails
        expr: up * on (job) temperature > 0
      - alert: Old
        expr: max_over_time(sum(up)[1m:]) > 1 unless min_over_time(temperature[30s]) > 55 or counted % 7 == 1
        labels: {severity: ''}
  - name: e
    rules:
      - alert: Across
        expr: job:requests:rate1m < 3
        for: 15s
      - alert: AtEnd
        expr: sum(up @ end()) < 2 or max_over_time(sum(temperature)[20s:5s] @ start()) < 55
`

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.rules.yml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// random series that rise, fall, end, come back, reset and jump.
func random(r *rand.Rand, scrapes int) recording.Recording {
	rec := recording.Recording{Meta: recording.Meta{
		Scenario: "random", Start: time.Unix(1_800_000_000, 0), Step: recording.Duration(5 * time.Second), Scrapes: scrapes,
	}}
	add := func(name string, next func(before float64) float64, pairs ...string) {
		s := recording.Series{Labels: labels.FromStrings(append([]string{"__name__", name}, pairs...)...)}
		before, there := 0.0, true
		for range scrapes {
			if r.IntN(12) == 0 {
				there = !there
				if !there {
					s.Values = append(s.Values, recording.Stale())
					continue
				}
			}
			if !there {
				s.Values = append(s.Values, recording.Value{Omitted: true})
				continue
			}
			before = next(before)
			s.Values = append(s.Values, recording.Value{Value: before})
		}
		rec.Series = append(rec.Series, s)
	}
	for _, instance := range []string{"a", "b", "c"} {
		add("up", func(before float64) float64 {
			if r.IntN(5) == 0 {
				return float64(r.IntN(2))
			}
			return before
		}, "job", "j", "instance", instance)
		add("requests_total", func(before float64) float64 {
			if r.IntN(15) == 0 {
				return 0
			}
			return before + float64(r.IntN(10))
		}, "job", "j", "instance", instance)
	}
	add("temperature", func(before float64) float64 {
		if r.IntN(30) == 0 {
			return math.NaN()
		}
		return 45 + float64(r.IntN(15))
	}, "job", "j")
	return rec
}

func TestAgreesWithManager(t *testing.T) {
	file := write(t, everything)
	// In a run that lags, each group comes after those that read it: b counts the
	// alerts of all others, e reads what a records.
	lagging := map[string]time.Duration{"a": 2 * time.Millisecond, "c": time.Millisecond, "d": time.Millisecond, "e": time.Millisecond}
	fired := map[string]bool{}
	for seed := range uint64(12) {
		rec := random(rand.New(rand.NewPCG(seed, 1)), 60)
		phase := []time.Duration{0, 3 * time.Second}[seed%2]
		lag, later := seed%4 >= 2, map[string]time.Duration(nil)
		if lag {
			later = lagging
		}
		want := manager(t, rec, file, phase, 5*time.Second, later)
		got := ours(t, rec, file, Options{Phase: phase, Interval: 5 * time.Second, Lag: lag})
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("seed %d, phase %s, lag %t, line %d of %d and %d:\n got %s\nwant %s", seed, phase, lag, i, len(got), len(want), at(got, i), at(want, i))
				break
			}
		}
		for _, l := range want {
			for _, name := range []string{"Few", "Down", "Gone", "Slow", "ManyAlerts", "Limited", "Before", "Same", "Old", "Across", "AtEnd"} {
				fired[name] = fired[name] || strings.Contains(l, " firing ") && strings.Contains(l, `alertname="`+name+`"`)
			}
			for _, name := range []string{"Limited", "same", "Same", "Fails"} {
				fired[name+" failed"] = fired[name+" failed"] || strings.HasSuffix(l, " "+name+" failed")
			}
		}
	}
	for name, ok := range fired {
		if !ok {
			t.Errorf("nowhere: %s", name)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}
