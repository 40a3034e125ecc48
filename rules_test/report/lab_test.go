package report

import (
	"os"
	"testing"

	"github.com/hopscope/hopscope/rules_test/lab"
)

// hostile is text that breaks out of anything that does not escape it.
const hostile = `</script></style><script>document.title="broken"</script>"'><img src=http://127.0.0.1:1/x onerror=document.title=1>`

var labFiles = map[string]string{
	"x.rules.yml": `
groups:
  - name: g
    rules:
      - record: job:errors:rate
        expr: sum by (job, why) (rate(errors[20s]))
      - alert: LabErrors
        expr: job:errors:rate > 0.5 and on (job) sum by (job) (up) > 0
        for: 10s
        labels: {severity: critical}
        annotations: {summary: 'errors, ` + "''" + `<b>many</b>'}
      - alert: LabDown
        expr: up == 0
        for: 10s
        keep_firing_for: 10s
      - alert: LabQuiet
        expr: absent(up)
      - alert: LabPending
        expr: 0.1 < job:errors:rate
        for: 1h
`,
	"matrix.yml": `
rules: ['*.rules.yml']
scenarios:
  - scenario: errors
    must: [{alert: LabErrors, within: 30s, ends: 30s}]
  - scenario: down
    must: [{alert: LabDown, within: 5s}]
    may: [LabQuiet]
`,
	"synthetic.yml": `
- name: gone
  about: nothing is there
  step: 5s
  series: ['other 1x5']
  fires: [{alert: LabQuiet, at: 15s}]
  silent: [{alert: LabDown, at: 15s}]
`,
	"series/errors.meta.yml": `
scenario: errors
description: errors ` + `<i>rise</i>` + `
start: 2026-01-01T00:00:00Z
step: 5s
scrapes: 25
events: [{name: fault on, at: 30s}, {name: fault off, at: 70s}]
`,
	"series/errors.series": `errors{job="a",why="</script></style><script>document.title=\"broken\"</script>\"'><img src=http://127.0.0.1:1/x onerror=document.title=1>"} 0x6 10+10x7 90x9
errors{job="b",why=""} 0+1x24
up{job="a"} 1x24
up{job="b"} 1x24
`,
	"series/down.meta.yml": `
scenario: down
description: a target is down
start: 2026-01-01T00:00:00Z
step: 5s
scrapes: 25
events: [{name: fault on, at: 30s}, {name: fault off, at: 70s}]
`,
	"series/down.series": `up{job="a"} 1x6 0x7 1x9
`,
}

// fixed returns the report of a small lab: one alert fires in time, one too late.
func fixed(t *testing.T) *Report {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("series", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range labFiles {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := lab.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Build(t.Context(), l, Options{Scenarios: l.Scenarios, Phases: 5, Why: true})
	if err != nil {
		t.Fatal(err)
	}
	r.Mutants = &Mutants{
		Killed:      19,
		Survivors:   []Mutant{{Rule: "LabDown", Where: "x.rules.yml:14", Change: "for: 10s becomes 5s " + hostile}},
		Equivalents: []Mutant{{Rule: "LabQuiet", Where: "x.rules.yml:18", Change: "absent", Reason: hostile}},
	}
	r.Coverage = &Coverage{Rules: []RuleCoverage{{Rule: "LabErrors", Where: "x.rules.yml:7", Parts: []Part{
		{Kind: "alert", Text: "fires", Covered: true}, {Kind: "branch", Text: hostile},
	}}}}
	return r
}
