package ruleset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const file = `
# About the file.
groups:
  - name: a
    interval: 30s
    limit: 3
    labels: {team: edge, severity: info}
    rules:
      # Two replicas.
      - record: job:up:sum
        expr: sum by (job) (up)
  - name: b
    rules:
      # equivalent: op because nothing is below 0
      - alert: Low
        # lint:ignore range it is a gauge
        expr: |
          job:up:sum
            < 2
        for: 1m
        keep_firing_for: 2m
        labels: {severity: critical}
        annotations: {summary: few}
      - alert: None
        expr: absent(up)
`

func parse(t *testing.T) *Set {
	t.Helper()
	name := filepath.Join(t.TempDir(), "x.yml")
	if err := os.WriteFile(name, []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	set, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestLoadKeepsLinesAndComments(t *testing.T) {
	set := parse(t)
	if g := set.Groups[0]; g.Interval != 30*time.Second || g.Limit != 3 || g.Line != 4 {
		t.Errorf("group %+v", g)
	}
	rules := set.Rules()
	if len(rules) != 3 {
		t.Fatalf("%d rules", len(rules))
	}
	if r := rules[0]; r.Name() != "job:up:sum" || r.Line != 10 || r.ExprLine != 11 || !slices.Equal(r.Comments, []string{"Two replicas."}) {
		t.Errorf("first rule: %+v", r)
	}
	if got := rules[0].Labels.Get("severity"); got != "info" {
		t.Errorf("the group's label severity is %q", got)
	}
	low := rules[1]
	if low.Line != 15 || low.ExprLine != 18 || low.For != time.Minute || low.KeepFiringFor != 2*time.Minute {
		t.Errorf("second rule: %+v", low)
	}
	if why, ok := low.Comment("equivalent"); !ok || why != "op because nothing is below 0" {
		t.Errorf("comment equivalent: %q, %v", why, ok)
	}
	if why, ok := low.Comment("lint:ignore"); !ok || why != "range it is a gauge" {
		t.Errorf("comment lint:ignore: %q, %v", why, ok)
	}
	if len(rules[2].Comments) != 0 {
		t.Errorf("comments of the last rule: %q", rules[2].Comments)
	}
	if got := set.Alerts(); !slices.Equal(got, []string{"Low", "None"}) {
		t.Errorf("alerts %v", got)
	}
}

func TestWithExchangesOneRule(t *testing.T) {
	set := parse(t)
	low := set.Rules()[1]
	mutant := low.Change(func(r *Rule) { r.For = 0 })
	if mutant.Text() == low.Text() || low.For != time.Minute {
		t.Error("the copy is the same, or the first was changed")
	}
	changed := set.With(low, mutant)
	if got := changed.Rules(); got[1] != mutant || got[0] != set.Rules()[0] || got[2] != set.Rules()[2] {
		t.Error("the set is not the same but for one rule")
	}
	if set.Rules()[1] != low {
		t.Error("the first set was changed")
	}
}

func TestBrokenFilesAreNamedWithTheirLine(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: sum(\n": "x.yml:5:",
		"groups:\n  - name: a\n    rulez: []\n":                                    "x.yml: unmarshal errors:\n  line 3: field rulez not found",
		"groups: [":                                                                "x.yml: line 1:",
		"groups:\n  - name: a\n    rules:\n      - alert: A\n        expr: up\n        for: soon\n": "x.yml: not a valid duration string: \"soon\"",
	} {
		name := filepath.Join(dir, "x.yml")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Load(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %q does not contain %q", text, err, want)
		}
	}
	if _, err := Glob(filepath.Join(dir, "*.rules.yml")); err == nil || !strings.Contains(err.Error(), "--rules") {
		t.Errorf("error %v names no remedy", err)
	}
}
