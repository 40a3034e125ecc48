package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql"

	"github.com/hopscope/hopscope/rules_test/lint"
	"github.com/hopscope/hopscope/rules_test/recording"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
	"github.com/hopscope/hopscope/telemetry/catalog"
)

// Folders as seen from this one.
const (
	dashboardsDir = ".."
	alertsDir     = "../../alerts"
	seriesDir     = "../../rules_test/series"
)

func TestDashboardsAreUpToDate(t *testing.T) {
	for _, b := range boards() {
		want, err := render(b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dashboardsDir, b.uid+".json"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.json is not what the generator writes (%v): run go generate ./dashboards", b.uid, err)
		}
	}
}

// Grafana itself says nothing about a panel without a unit or a description; a
// reader does.
func TestEveryPanelExplainsItself(t *testing.T) {
	for _, b := range boards() {
		titles := map[string]bool{}
		for _, r := range b.rows {
			for _, p := range r.panels {
				name := b.uid + ": " + p.title
				if p.title == "" || p.about == "" || p.unit == "" || len(p.queries) == 0 {
					t.Errorf("%s: title, description, unit and query are required", name)
				}
				if titles[p.title] {
					t.Errorf("%s: there are two panels of that name", name)
				}
				titles[p.title] = true
				if !strings.HasSuffix(p.about, ".") {
					t.Errorf("%s: the description is no sentence: %q", name, p.about)
				}
				for _, q := range p.queries {
					if q.legend == "" {
						t.Errorf("%s: no legend", name)
					}
				}
				if p.exemplars && !strings.Contains(p.queries[0].expr, "histogram_quantile") && !strings.Contains(p.queries[0].expr, "_bucket") {
					t.Errorf("%s: only histograms have exemplars", name)
				}
			}
		}
	}
}

func TestDashboardsHaveWhatGrafanaNeeds(t *testing.T) {
	for _, b := range boards() {
		text, err := render(b)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		if d.SchemaVersion != 42 || d.Editable || d.Refresh == "" || len(d.Annotations.List) == 0 {
			t.Errorf("%s: %d, editable %v, refresh %q", b.uid, d.SchemaVersion, d.Editable, d.Refresh)
		}
		var names []string
		for _, v := range d.Templating.List {
			names = append(names, v.Name)
		}
		if want := []string{"datasource", "job", "instance", "route", "upstream", "jaeger"}; !slices.Equal(names, want) {
			t.Errorf("%s: variables %v, want %v", b.uid, names, want)
		}
		ids := map[int]bool{}
		for i, p := range d.Panels {
			if ids[p.ID] {
				t.Errorf("%s: two panels have the id %d", b.uid, p.ID)
			}
			ids[p.ID] = true
			for _, other := range d.Panels[:i] {
				if overlap(p.GridPos, other.GridPos) {
					t.Errorf("%s: %s lies on %s", b.uid, p.Title, other.Title)
				}
			}
			for _, q := range p.Targets {
				if q.Datasource.UID != "${datasource}" {
					t.Errorf("%s: %s reads from %q", b.uid, p.Title, q.Datasource.UID)
				}
			}
		}
	}
}

func overlap(a, b gridPos) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func TestEveryQueryFollowsTheVariables(t *testing.T) {
	for _, b := range boards() {
		text, err := render(b)
		if err != nil {
			t.Fatal(err)
		}
		queries, err := lint.DashboardQueries(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queries {
			if regexp.MustCompile(`\[[0-9]`).MatchString(q) {
				t.Errorf("%s: a fixed range in %s: use $__rate_interval", b.uid, q)
			}
			if !strings.Contains(q, `job=~"$job"`) && !strings.Contains(q, "ALERTS") && q != catalog.BuildInfo.String() {
				t.Errorf("%s: not narrowed to $job: %s", b.uid, q)
			}
		}
	}
}

// rerun replays a recording's first scrapes with our rules, all of them if
// scrapes is 0.
func rerun(t *testing.T, scenario string, scrapes int) (*replay.Result, time.Duration) {
	t.Helper()
	files, err := ruleset.Glob(filepath.Join(alertsDir, "*.rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := ruleset.Load(files...)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := recording.Read(os.DirFS(seriesDir), scenario)
	if err != nil {
		t.Fatal(err)
	}
	rec = rec.WithPanels()
	if scrapes > 0 {
		rec.Meta.Scrapes = scrapes
	}
	data, err := replay.NewData(rec)
	if err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), data, set, replay.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r, time.Duration(rec.Meta.Step)
}

// Whoever starts the demo finds every panel filled half a minute later.
func TestEveryQueryHasASeriesWithin30Seconds(t *testing.T) {
	rec, err := recording.Read(os.DirFS(seriesDir), healthy)
	if err != nil {
		t.Fatal(err)
	}
	r, step := rerun(t, healthy, 1+int(30*time.Second/time.Duration(rec.Meta.Step)))
	for _, b := range boards() {
		for _, row := range b.rows {
			for _, p := range row.panels {
				for _, q := range p.queries {
					m, err := r.Query(context.Background(), lint.Expand(q.expr, 4*step))
					if samples, _ := content(m); err != nil || samples == 0 {
						t.Errorf("%s: %s has no series: %v\n%s", b.uid, p.title, err, q.expr)
					}
				}
			}
		}
	}
}

// A panel that shows nothing is worse than none: each query runs on the
// recording of the scenario that it is meant to show.
func TestEveryQueryHasDataInItsScenario(t *testing.T) {
	replays := map[string]*replay.Result{}
	steps := map[string]time.Duration{}
	for _, scenario := range []string{healthy, slowConsumer, failingReplica, deadReplica, slowReplica, goawayStorm, stalledStream, latency, rapidReset} {
		replays[scenario], steps[scenario] = rerun(t, scenario, 0)
	}
	for _, b := range boards() {
		for _, row := range b.rows {
			for _, p := range row.panels {
				if replays[p.shows] == nil {
					t.Errorf("%s: %s names no recording", b.uid, p.title)
					continue
				}
				// Grafana's $__rate_interval is four scrape intervals.
				everything, empty := false, []string{}
				for _, q := range p.queries {
					m, err := replays[p.shows].Query(context.Background(), lint.Expand(q.expr, 4*steps[p.shows]))
					if err != nil {
						t.Errorf("%s: %s: %v", b.uid, p.title, err)
					}
					samples, positive := content(m)
					everything = everything || positive
					if samples == 0 {
						empty = append(empty, q.expr)
					}
				}
				if len(empty) > 0 {
					t.Errorf("%s: %s has no data in the recording %s:\n%s", b.uid, p.title, p.shows, strings.Join(empty, "\n"))
				} else if p.nonzero && !everything {
					t.Errorf("%s: %s is never above zero in the recording %s", b.uid, p.title, p.shows)
				}
			}
		}
	}
}

// content counts samples that are numbers, and reports whether one is positive.
func content(m promql.Matrix) (samples int, positive bool) {
	for _, s := range m {
		for _, p := range s.Floats {
			if !math.IsNaN(p.F) {
				samples++
				positive = positive || p.F > 0
			}
		}
	}
	return samples, positive
}
