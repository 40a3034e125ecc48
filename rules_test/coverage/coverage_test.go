package coverage_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hopscope/hopscope/rules_test/coverage"
	"github.com/hopscope/hopscope/rules_test/lab"
)

const rules = `
groups:
  - name: g
    rules:
      - record: job:x:sum
        expr: sum by (job) (x{a="1"})
      - alert: High
        expr: job:x:sum > 2 and job:y:sum > 0
        for: 5s
        annotations: {summary: '{{ $value }}', wrong: '{{ $labels.job | humanize }}'}
      - record: job:y:sum
        expr: y
      - alert: Never
        expr: z > 1
`

const synthetic = `
- name: high
  about: rises
  step: 5s
  series: ['x{job="j", a="1"} 1 3x5', 'y{job="j"} 1x6']
  fires: [{alert: High, at: 20s}]
  silent: [{alert: High, at: 0s}]
- name: without
  about: z is there and low
  step: 5s
  series: ['z 0x6']
  silent: [{alert: Never, at: 20s}, {alert: High, at: 20s}]
`

func open(t *testing.T, rules, synthetic string) *lab.Lab {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"x.rules.yml": rules, "matrix.yml": "rules: ['*.rules.yml']", "synthetic.yml": synthetic} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func run(t *testing.T, l *lab.Lab) *coverage.Report {
	t.Helper()
	r, err := coverage.Run(t.Context(), l, coverage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func gapsOf(l *lab.Lab, r *coverage.Report) (gaps []string) {
	for _, g := range r.Gaps() {
		gaps = append(gaps, strings.TrimPrefix(g.String(), l.Dir+"/x.rules.yml:"))
	}
	return gaps
}

// What is named silent and is not is no silence.
func TestSilenceThatIsBrokenDoesNotCount(t *testing.T) {
	l := open(t, "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: x > 1}\n", `
- name: broken
  about: fires where it must not
  step: 5s
  series: ['x 2x6']
  fires: [{alert: A, at: 20s}]
  silent: [{alert: A, at: 10s}]
`)
	if gaps := gapsOf(l, run(t, l)); !slices.Contains(gaps, "4: A: it stays silent where it must") {
		t.Errorf("gaps %q", gaps)
	}
}

// The scenario that is named is the first one, not the one that is done first.
func TestTheFirstScenarioIsNamed(t *testing.T) {
	l := open(t, "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: x > 1}\n", `
- name: slow
  about: takes long to look at
  step: 5s
  series: ['x 2x2000']
  fires: [{alert: A, at: 2h30m}]
- name: quick
  about: is looked at in no time
  step: 5s
  series: ['x 2x6']
  fires: [{alert: A, at: 20s}]
- name: last
  about: is looked at in no time, and may be in turn when slow is done
  step: 5s
  series: ['x 2x6']
  fires: [{alert: A, at: 20s}]
`)
	for _, i := range run(t, l).Items {
		if i.By != "" && i.By != "synthetic: slow" {
			t.Errorf("%s: by %q, want slow", i, i.By)
		}
	}
}

// Parts are looked at when the rule looks at them.
func TestPartsAreSeenWithTheGroupsOffset(t *testing.T) {
	l := open(t, "groups:\n  - name: g\n    query_offset: 10s\n    rules:\n      - {alert: A, expr: x > 1}\n", `
- name: end
  about: rises when the rule no longer sees it
  step: 5s
  series: ['x 1 1 1 2']
  silent: [{alert: A, at: 15s}]
`)
	if gaps := gapsOf(l, run(t, l)); !slices.Contains(gaps, "5: A: `> 1` is true") {
		t.Errorf("gaps %q", gaps)
	}
}

func TestEveryGapIsNamed(t *testing.T) {
	l := open(t, rules, synthetic)
	r := run(t, l)
	gaps := gapsOf(l, r)
	want := []string{
		`6: job:x:sum: x{a="1"} keeps a series out that the others let in`,
		"7: High: it ends",
		"7: High: annotation wrong is filled in",
		"8: High: `and job:y:sum > 0`: only the left side has a value",
		"8: High: `> 0` is false",
		"13: Never: the expression has a value",
		"13: Never: it fires",
		"13: Never: it ends",
		"14: Never: `> 1` is true",
	}
	if !slices.Equal(gaps, want) {
		t.Errorf("gaps\n  %s\nwant\n  %s", strings.Join(gaps, "\n  "), strings.Join(want, "\n  "))
	}
	if got := r.Alerts(); got != 50 {
		t.Errorf("%v %% of the alerts, want 50", got)
	}
	if all := len(r.Items); r.Percent("") != 100*float64(all-len(want))/float64(all) {
		t.Errorf("%v %% of %d items", r.Percent(""), all)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "Never: it fires: in no scenario") || !strings.Contains(text.String(), "50.0 % of the alerts fire and stay silent") {
		t.Error(text.String())
	}
}
