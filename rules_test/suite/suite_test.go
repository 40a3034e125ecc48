package suite_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/rules_test/suite"
)

const rules = `
groups:
  - name: g
    rules:
      - alert: Low
        expr: up == 0
        for: 10s
        annotations: {summary: 'low on {{ $labels.instance }}'}
      - alert: Other
        expr: other > 0
`

const meta = `
scenario: down
description: a target is down
start: 2026-01-01T00:00:00Z
step: 5s
scrapes: 12
events: [{name: fault on, at: 10s}, {name: fault off, at: 35s}]
`

const series = `up{instance="a"} 1x2 0x4 1x3
`

// generate runs the suite over one recording and one synthetic case.
func generate(t *testing.T, recorded, synthetic string) (map[string][]byte, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/x.rules.yml", []byte(rules), 0o644); err != nil {
		t.Fatal(err)
	}
	return suite.Generate(fstest.MapFS{
		"cases/recorded.yml":   {Data: []byte(recorded)},
		"cases/synthetic.yml":  {Data: []byte(synthetic)},
		"series/down.meta.yml": {Data: []byte(meta)},
		"series/down.series":   {Data: []byte(series)},
	}, os.DirFS(dir), dir)
}

const (
	nothing = "[]"
	good    = "[{scenario: down, fires: [{alert: Low, within: 20s, ends: 10s}]}]"
	byHand  = "[{name: hand, about: by hand, step: 5s, series: ['up{} 1 0x5'], fires: [{alert: Low, at: 15s}], silent: [{alert: Low, at: 5s}]}]"
)

func TestGenerateWritesWhatPromtoolChecks(t *testing.T) {
	files, err := generate(t, good, byHand)
	if err != nil {
		t.Fatal(err)
	}
	recorded, synthetic := string(files["recorded/down.test.yml"]), string(files["synthetic/hand.test.yml"])
	for _, want := range []string{"values: 1x2 0x4 1x3", "eval_time: 25s", "summary: low on a", "alertname: Other", "name: down"} {
		if !strings.Contains(recorded, want) {
			t.Errorf("no %q in\n%s", want, recorded)
		}
	}
	if !strings.Contains(synthetic, "name: 'synthetic: hand'") {
		t.Errorf("not marked as synthetic:\n%s", synthetic)
	}
}

func TestGenerateFailsWhereAlertsDoOtherwise(t *testing.T) {
	for _, tc := range []struct{ name, recorded, synthetic, want string }{
		{"too late", "[{scenario: down, fires: [{alert: Low, within: 10s}]}]", nothing, "should fire within 10s of the fault, which began after 10s (it first fires after 25s)"},
		{"never", "[{scenario: down, fires: [{alert: Low, within: 20s}, {alert: Other, within: 20s}]}]", nothing, "it never fires"},
		{"unexpected", "[{scenario: down, fires: []}]", nothing, "Low fires after 25s and is not expected to"},
		{"does not end", "[{scenario: down, fires: [{alert: Low, within: 20s, ends: 1s}]}]", nothing, "still fires 1s after the fault ended"},
		{"ends after the recording", "[{scenario: down, fires: [{alert: Low, within: 20s, ends: 1m}]}]", nothing, "the recording ends before that"},
		{"misspelt", "[{scenario: down, fires: [], may_fire: [Low, Lwo]}]", nothing, `there is no alert "Lwo"`},
		{"no recording", "[{scenario: up}]", nothing, "hoplab rules record"},
		{"unknown key", "[{scenari: down}]", nothing, "scenari"},
		{"fires although silent", nothing, "[{name: x, step: 5s, series: ['up{} 0x5'], silent: [{alert: Low, at: 20s}]}]", "should be silent after 20s"},
		{"silent although firing", nothing, "[{name: x, step: 5s, series: ['up{} 1x5'], fires: [{alert: Low, at: 20s}]}]", "should fire after 20s and does not"},
		{"after the end", nothing, "[{name: x, step: 5s, series: ['up{} 1x5'], silent: [{alert: Low, at: 1m}]}]", "the series end after 25s"},
		{"no step", nothing, "[{name: x, series: ['up{} 1x5']}]", "step 0s: want a positive time"},
		{"notation", nothing, "[{name: x, step: 5s, series: ['up{ 1x5']}]", "cases/synthetic.yml: x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := generate(t, tc.recorded, tc.synthetic); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
		})
	}
}
