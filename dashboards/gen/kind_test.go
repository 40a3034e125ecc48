package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// drawing is a panel of a kind and what its queries answer in its scenario.
type drawing struct {
	panel
	answers []promql.Matrix
}

// drawingsOf returns the panels of Grafana's type name; there is at least one.
func drawingsOf(t *testing.T, name string) []drawing {
	t.Helper()
	replays, steps := map[string]*replay.Result{}, map[string]time.Duration{}
	var all []drawing
	for _, b := range boards() {
		for _, r := range b.rows {
			for _, p := range r.panels {
				if p.drawn().name != name {
					continue
				}
				if replays[p.shows] == nil {
					replays[p.shows], steps[p.shows] = rerun(t, p.shows, 0)
				}
				d := drawing{panel: p}
				for _, q := range p.queries {
					m, err := replays[p.shows].Query(context.Background(), lint.Expand(q.expr, 4*steps[p.shows]))
					if err != nil {
						t.Fatalf("%s: %v", p.title, err)
					}
					d.answers = append(d.answers, m)
				}
				all = append(all, d)
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("no panel is a %s", name)
	}
	return all
}

// A heatmap has a row for each bucket, and something in more than one of them.
func TestHeatmapsHaveTheirBuckets(t *testing.T) {
	for _, p := range drawingsOf(t, "heatmap") {
		filled := 0
		for _, s := range p.answers[0] {
			if _, err := strconv.ParseFloat(s.Metric.Get("le"), 64); err != nil || s.Metric.Len() != 1 {
				t.Errorf("%s: a series that is no bucket: %v", p.title, s.Metric)
			}
			if _, positive := content(promql.Matrix{s}); positive {
				filled++
			}
		}
		if len(p.queries) != 1 || p.queries[0].legend != "{{le}}" || filled < 5 {
			t.Errorf("%s: %d queries, legend %q, %d buckets that count anything", p.title, len(p.queries), p.queries[0].legend, filled)
		}
	}
}

// Every value of a state timeline has its word, and its scenario shows each state
// but the quiet one.
func TestTimelinesNameTheirStates(t *testing.T) {
	for _, p := range drawingsOf(t, "state-timeline") {
		seen := map[string]bool{}
		for _, m := range p.answers {
			for _, s := range m {
				for _, v := range s.Floats {
					seen[strconv.FormatFloat(v.F, 'g', -1, 64)] = true
				}
			}
		}
		texts := p.kind.mappings[0].Options
		for v := range seen {
			if texts[v].Text == "" {
				t.Errorf("%s: nothing says what %s is", p.title, v)
			}
		}
		for v, text := range texts {
			if v != "0" && !seen[v] {
				t.Errorf("%s: %q is not seen in %s", p.title, text.Text, p.shows)
			}
		}
	}
}

// A gauge goes from nothing to all of a limit, and says from where on it is too
// much.
func TestGaugesAreSharesOfALimit(t *testing.T) {
	for _, p := range drawingsOf(t, "gauge") {
		if p.unit != percent || p.warn <= 0 || p.bad <= p.warn || p.bad >= 1 {
			t.Errorf("%s: unit %s, thresholds %v and %v", p.title, p.unit, p.warn, p.bad)
		}
		for _, m := range p.answers {
			for _, s := range m {
				for _, v := range s.Floats {
					if v.F < 0 || v.F > 1 {
						t.Errorf("%s: %v is no share", p.title, v.F)
					}
				}
			}
		}
	}
}

// The rows of a table are those of its first query; the others fill them and add
// none. Its columns are named, and have a unit, by those names.
func TestTablesHaveOneRowForEach(t *testing.T) {
	for _, p := range drawingsOf(t, "table") {
		rows := map[string]bool{}
		for i, m := range p.answers {
			for _, s := range m {
				var by []string
				s.Metric.Range(func(l labels.Label) { by = append(by, l.Name) })
				want := slices.Sorted(slices.Values(p.rowsBy))
				if row := s.Metric.String(); !slices.Equal(by, want) || i > 0 && !rows[row] {
					t.Errorf("%s: column %q has a row of its own: %s", p.title, p.queries[i].legend, row)
				} else {
					rows[row] = true
				}
			}
		}
		if len(rows) < 2 || len(p.columns) != len(p.queries) {
			t.Errorf("%s: %d rows, %d columns for %d queries", p.title, len(rows), len(p.columns), len(p.queries))
		}
		text, err := json.Marshal(renderPanel(p.panel, p.kind, 1, gridPos{}))
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Transformations []struct {
				ID      string
				Options struct{ RenameByName map[string]string }
			}
			FieldConfig struct {
				Overrides []override
			}
		}
		if err := json.Unmarshal(text, &got); err != nil || len(got.Transformations) != 2 || len(got.FieldConfig.Overrides) != len(p.queries) {
			t.Fatalf("%s: %v in %s", p.title, err, text)
		}
		names := got.Transformations[1].Options.RenameByName
		for i, o := range got.FieldConfig.Overrides {
			if o.Matcher.Options != names["Value #"+refID(i)] || o.Properties[0].ID != "unit" || o.Properties[0].Value == "" {
				t.Errorf("%s: the override %v is not for %q", p.title, o, names["Value #"+refID(i)])
			}
		}
	}
}
