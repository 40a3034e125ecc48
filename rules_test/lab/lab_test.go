package lab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/ruleset"
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

// alertmanager tells a pager of Low and a mailbox of the rest.
const alertmanager = `
route:
  receiver: mail
  group_wait: 0s
  routes: [{matchers: ['alertname="Low"'], receiver: pager}]
receivers: [{name: mail}, {name: pager}]
`

// write makes a lab's folder over one recording.
func write(t *testing.T, matrix, synthetic string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "series"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"x.rules.yml": rules, "matrix.yml": "rules: ['*.rules.yml']\nalertmanager: am.yml\nscenarios: " + matrix, "am.yml": alertmanager, "synthetic.yml": synthetic,
		"series/down.meta.yml": meta, "series/down.series": series,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func generate(t *testing.T, matrix, synthetic string) (map[string][]byte, error) {
	t.Helper()
	l, err := lab.Open(write(t, matrix, synthetic))
	if err != nil {
		return nil, err
	}
	return l.Generate(t.Context())
}

const (
	nothing = "[]"
	good    = "[{scenario: down, must: [{alert: Low, within: 20s, ends: 10s}], told: {pager: [Low]}}]"
	byHand  = "[{name: hand, about: by hand, step: 5s, series: ['up{} 1 0x5', 'other 1x5'], fires: [{alert: Low, at: 15s}, {alert: Other, at: 5s}], silent: [{alert: Low, at: 5s}]}]"
)

func TestGenerateWritesWhatPromtoolChecks(t *testing.T) {
	files, err := generate(t, good, byHand)
	if err != nil {
		t.Fatal(err)
	}
	recorded, synthetic := string(files["recorded/down.test.yml"]), string(files["synthetic/hand.test.yml"])
	for _, want := range []string{"values: 1x2 0x4 1x3", "eval_time: 30s", "summary: low on a", "alertname: Other", "name: down", "- ../*.rules.yml"} {
		if !strings.Contains(recorded, want) {
			t.Errorf("no %q in\n%s", want, recorded)
		}
	}
	if !strings.Contains(synthetic, "name: 'synthetic: hand'") {
		t.Errorf("not marked as synthetic:\n%s", synthetic)
	}
}

func TestGenerateFailsWhereAlertsDoOtherwise(t *testing.T) {
	for _, tc := range []struct{ name, matrix, synthetic, want string }{
		{"too late", "[{scenario: down, must: [{alert: Low, within: 10s}]}]", nothing, "should fire within 10s of the fault, which began after 10s (it first fires after 25s)"},
		{"never", "[{scenario: down, must: [{alert: Low, within: 20s}, {alert: Other, within: 20s}]}]", nothing, "it never fires"},
		{"unexpected", "[{scenario: down}]", nothing, "Low fires after 25s and is not expected to"},
		{"does not end", "[{scenario: down, must: [{alert: Low, within: 20s, ends: 1ms}]}]", nothing, "still fires 1ms after the fault ended"},
		{"ends after the recording", "[{scenario: down, must: [{alert: Low, within: 20s, ends: 1m}]}]", nothing, "the recording ends before that"},
		{"misspelt", "[{scenario: down, may: [Low, low]}]", nothing, `there is no alert "low": did you mean "Low"?`},
		{"no recording", "[{scenario: up}]", nothing, "hoplab rules record"},
		{"unknown key", "[{scenari: down}]", nothing, "matrix.yml: yaml: unmarshal errors:\n  line 3: field scenari not found"},
		{"no receiver", "[{scenario: down, may: [Low], told: {fax: [Low]}}]", nothing, `told: there is no receiver "fax"`},
		{"twice", "[{scenario: down, may: [Low]}, {scenario: down, may: [Low]}]", nothing, "two scenarios down"},
		{"fires although silent", nothing, "[{name: x, step: 5s, series: ['up{} 0x5'], silent: [{alert: Low, at: 20s}]}]", "should be silent after 20s"},
		{"silent although firing", nothing, "[{name: x, step: 5s, series: ['up{} 1x5'], fires: [{alert: Low, at: 20s}]}]", "should fire after 20s and does not"},
		{"after the end", nothing, "[{name: x, step: 5s, series: ['up{} 1x5'], silent: [{alert: Low, at: 1m}]}]", "the series end after 25s"},
		{"no step", nothing, "[{name: x, series: ['up{} 1x5']}]", "step 0s: want a positive time"},
		{"nothing to see", nothing, "[{name: x, step: 5s, series: ['up{} 1x5']}]", "want series, and fires or silent"},
		{"notation", nothing, "[{name: x, step: 5s, series: ['up{ 1x5']}]", "synthetic.yml:1: x: "},
		{"empty", nothing, "", "synthetic.yml: the file is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := generate(t, tc.matrix, tc.synthetic); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %q in it", err, tc.want)
			}
		})
	}
}

// test writes the generated files, lets change spoil the folder, and runs everything.
func test(t *testing.T, matrix, synthetic string, change func(dir string)) *lab.Outcome {
	t.Helper()
	dir := write(t, matrix, synthetic)
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	files, err := l.Generate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Write(files); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(dir)
		if l, err = lab.Open(dir); err != nil {
			t.Fatal(err)
		}
	}
	o, err := l.Test(t.Context(), lab.Options{Phases: 5})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestEverythingAsExpectedPasses(t *testing.T) {
	o := test(t, good, byHand, nil)
	if o.Failed() {
		t.Fatal(o.Summary())
	}
	low := o.Results[0].Cells[0]
	if low.Detected != 19*time.Second || low.Resolved != 9*time.Second {
		t.Errorf("detected after %s, resolved after %s; want the worst of five phases", low.Detected, low.Resolved)
	}
	var out strings.Builder
	if err := o.WriteJUnit(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `<testcase name="Low must fire" classname="down">`) || strings.Contains(out.String(), "<failure") {
		t.Error(out.String())
	}
}

func TestWhatIsNotAsExpectedIsNamed(t *testing.T) {
	rule := func(old, new string) func(string) {
		return func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, "x.rules.yml"), []byte(strings.Replace(rules, old, new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name   string
		change func(dir string)
		want   string
	}{
		{"text", rule("low on", "slow on"), "is not what hoplab rules test --write writes"},
		{"slower", rule("for: 10s", "for: 20s"), "down: Low should fire within 20s"},
		{"cannot be evaluated", rule("other > 0", `label_replace(other, "a", "", "b", "(") > 0`), "x.rules.yml:9: Other cannot be evaluated after 0s"},
		{"cannot fire", rule("other > 0", "other > 1"), "Other fires in no scenario, so its silence proves nothing"},
		{"interval", rule("name: g", "name: g\n    interval: 40s"), "x.rules.yml:6: Low fires in promtool and not in Prometheus, because promtool ignores its group's interval"},
		{"told", func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, "am.yml"), []byte(strings.Replace(alertmanager, "Low", "Lower", 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "down: mail is told of Low, and should not be\ndown: pager is not told of Low, and should be"},
		{"together", rule("      - alert: Other", "      - {alert: Twin, expr: up == 0, for: 10s}\n      - alert: Other"), "Low and Twin always fire together (down)"},
		{"together with a reason", rule("      - alert: Other", "      # together: Low a test\n      - {alert: Twin, expr: up == 0, for: 10s}\n      - alert: Other"), "Twin fires after 25s and is not expected to"},
		{"left over", func(dir string) {
			if err := os.WriteFile(filepath.Join(dir, "recorded/old.test.yml"), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}, "recorded/old.test.yml belongs to no scenario"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := test(t, good, byHand, tc.change)
			if got := o.Summary(); !o.Failed() || !strings.Contains(got, tc.want) {
				t.Errorf("%q is not in\n%s", tc.want, got)
			}
		})
	}
}

func TestDiffNamesEveryVerdictThatChanges(t *testing.T) {
	l, err := lab.Open(write(t, good, byHand))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, old, new, want string }{
		{"nothing", "for: 10s", "for: 10s", ""},
		{"sooner", "for: 10s", "for: 5s", "down Low: fires 15s after the fault, ends 5s after its end -> fires 10s after the fault, ends 5s after its end"},
		{"no longer", "up == 0", "up == 2", "down Low: fires 15s after the fault, ends 5s after its end -> silent, breaks: should fire within 20s of the fault, which began after 10s (it never fires)"},
		{"text", "low on", "slow on", `down Low: annotation summary: "low on a" -> "slow on a"`},
		{"removed", "alert: Low", "alert: High", "down High: no such alert -> fires 15s after the fault, ends 5s after its end, breaks: fires after 25s and is not expected to: map[instance:a], "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			groups, err := ruleset.Parse("new.yml", []byte(strings.Replace(rules, tc.old, tc.new, 1)))
			if err != nil {
				t.Fatal(err)
			}
			changes, err := l.Diff(t.Context(), l.Set, &ruleset.Set{Groups: groups}, l.Scenarios[:1])
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(changes) > 0 {
				c := changes[0]
				got = c.Scenario.Title() + " " + c.Alert + ": " + c.What
				if c.Breaks != "" {
					got += ", breaks: " + c.Breaks
				}
			}
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestBrokenDaysAreNamed(t *testing.T) {
	dir := write(t, good, byHand)
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for days, want := range map[string]string{
		"":                                  "days.yml: the file is empty",
		"- name: a\n  part: []":             "days.yml: yaml: unmarshal errors:\n  line 2: field part not found",
		"- name: a\n- name: b\n  parts: []": "days.yml:1: a: want an interval between evaluations and parts",
		"- {name: a, interval: 1m, parts: [{scenario: nowhere}]}":                             `days.yml:1: a: there is no scenario "nowhere"`,
		"- {name: a, interval: 1m, parts: [{scenario: down}], may: [Lower]}":                  `days.yml:1: a: there is no alert "Lower"`,
		"- name: a\n  interval: 1m\n  parts: [{scenario: down}]\n  must:\n    - {alert: Low}": "days.yml:5: a: must: Low has no within",
	} {
		if err := os.WriteFile(filepath.Join(dir, lab.DaysFile), []byte(days), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Days(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", days, err, want)
		}
	}
}

func TestDaysAreSplicedFromRecordings(t *testing.T) {
	dir := write(t, good, byHand)
	days := `
- name: long
  about: peace before the fault
  interval: 10s
  parts: [{scenario: down, for: 1h}, {scenario: down}]
  may: [Low]
- name: wrong
  interval: 10s
  parts: [{scenario: down}]
`
	if err := os.WriteFile(filepath.Join(dir, lab.DaysFile), []byte(days), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := lab.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := l.Days()
	if err != nil {
		t.Fatal(err)
	}
	if end := list[0].Series.Meta.End(); end < time.Hour || end > time.Hour+2*time.Minute {
		t.Errorf("the day lasts %s", end)
	}
	o, err := l.TestDays(t.Context(), list, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Summary(); !strings.HasPrefix(got, "wrong: Low fires after ") {
		t.Errorf("problems: %q", got)
	}
}
