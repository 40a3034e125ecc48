package record_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
	"github.com/hopscope/hopscope/rules_test/recording"
)

// file writes a file into a folder of its own and returns a glob that finds it.
func file(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "*")
}

func TestRulesSelectByTheWholeSelector(t *testing.T) {
	s, err := record.RuleSelection(file(t, "x.yml", `groups:
  - name: g
    rules:
      - {record: 'a:b', expr: 'sum(rate(c_total{code=~"5.."}[1m])) / sum(rate(d_bucket{le="0.5"}[1m]))'}
      - {alert: A, expr: 'e{x!="1"} > 0 unless on () f == 1'}
`))
	if err != nil {
		t.Fatal(err)
	}
	for series, want := range map[string]bool{
		`c_total{code="503"}`:  true,
		`c_total{code="200"}`:  false,
		`d_bucket{le="0.5"}`:   true,
		`d_bucket{le="1.0"}`:   false,
		`d`:                    false,
		`e{x="2",y="3"}`:       true,
		`e{x="1"}`:             false,
		`f{z="z"}`:             true,
		`c_totals{code="503"}`: false,
	} {
		if got := s.Keeps(parse(t, series)); got != want {
			t.Errorf("%s: kept %v, want %v", series, got, want)
		}
	}
}

func parse(t *testing.T, series string) labels.Labels {
	t.Helper()
	s, err := recording.Parse(series + " 1")
	if err != nil {
		t.Fatal(err)
	}
	return s.Labels
}

func TestADollarInARuleIsNoVariable(t *testing.T) {
	s, err := record.RuleSelection(file(t, "x.yml", "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: 'a{b=\"$c\"} > 0'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if s.Keeps(parse(t, `a{b="d"}`)) || !s.Keeps(parse(t, `a{b="$c"}`)) {
		t.Error("the matcher does not hold")
	}
}

// Anyone's dashboards: panels in rows, variables in all their spellings.
func TestDashboardsSelectWithEveryVariableOpen(t *testing.T) {
	s, err := record.PanelSelection(file(t, "x.json", `{
		"panels": [
			{"targets": [{"expr": "sum by ($by) (rate(a{job=~\"$job\", kind=\"x\"}[$__rate_interval]))"}]},
			{"type": "row", "panels": [{"targets": [{"expr": "b{instance=\"${instance:regex}\"}[5m:${step}]"}, {"expr": ""}]}]},
			{"targets": [{"expr": "increase(c{cluster=\"[[cluster]]\"}[[[range]]])"}]}
		],
		"templating": {"list": [{"query": {"query": "label_values(d{e=\"f\"}, route)"}}, {"definition": "label_values(route)"}]}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	for series, want := range map[string]bool{
		`a{job="j",kind="x"}`: true,
		`a{job="j",kind="y"}`: false,
		`b{instance="i"}`:     true,
		`c{cluster="c"}`:      true,
		`d{e="f"}`:            true,
		`d{e="g"}`:            false,
		`route`:               false,
	} {
		if got := s.Keeps(parse(t, series)); got != want {
			t.Errorf("%s: kept %v, want %v", series, got, want)
		}
	}
}

func TestBadFilesAreNamedWithTheirLine(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		read       func(glob string) (*record.Selection, error)
		want       []string
	}{
		{"x.yml", "groups:\n  - nam: g\n", record.RuleSelection, []string{"x.yml", "2:", "promtool check rules"}},
		{"x.yml", "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: 'sum('}\n", record.RuleSelection, []string{"x.yml:4:"}},
		{"x.yml", "groups:\n  - name: g\n    rules:\n      - {alert: A, expr: 'sum('}\n      - {alert: B, expr: 'max('}\n", record.RuleSelection, []string{"x.yml:4:", "x.yml:5:"}},
		{"x.json", "{\n\"panels\": [\n", record.PanelSelection, []string{"x.json:3:", "export the dashboard"}},
		{"x.json", "{\n\"id\": 1e999}\n", record.PanelSelection, []string{"x.json:2:", "export the dashboard"}},
		{"x.json", "", record.PanelSelection, []string{"x.json:1:"}},
		{"x.json", "{\"panels\": [{\"targets\": [\n{\"expr\": \"sum(\"}]}]}", record.PanelSelection, []string{"x.json:2:", "parse error", "sum("}},
	} {
		_, err := tc.read(file(t, tc.name, tc.text))
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", tc.text, err, want)
			}
		}
	}
	good := file(t, "x.yml", "groups: []")
	if _, err := record.RuleSelection(good + "," + good); err != nil {
		t.Error(err)
	}
	if _, err := record.RuleSelection(good + "," + filepath.Join(t.TempDir(), "*.yml")); err == nil || !strings.Contains(err.Error(), "matches no file") {
		t.Errorf("no files: %v", err)
	}
}

func TestANilSelectionKeepsNothing(t *testing.T) {
	if (*record.Selection)(nil).Keeps(labels.FromStrings("__name__", "a")) {
		t.Error("kept")
	}
}

func TestRecordingsAreSortedAnewForOtherRules(t *testing.T) {
	dir := t.TempDir()
	one := func(name string) recording.Series {
		return recording.Series{Labels: labels.FromStrings("__name__", name), Values: []recording.Value{{Value: 1}}}
	}
	rec := recording.Recording{
		Meta:   recording.Meta{Scenario: "s", Start: time.Unix(1e9, 0), Step: recording.Duration(time.Second), Scrapes: 1},
		Series: []recording.Series{one("up"), one("a")}, Panels: []recording.Series{one("b"), one("c")},
	}
	if err := rec.Write(dir); err != nil {
		t.Fatal(err)
	}
	readers := record.Readers{Rules: selection(t, "b"), Panels: selection(t, "c")}
	if err := readers.Resort(os.DirFS(dir), dir, "s"); err != nil {
		t.Fatal(err)
	}
	back, err := recording.Read(os.DirFS(dir), "s")
	if err != nil || len(back.Series) != 2 || back.Series[0].Labels.Get("__name__") != "b" || len(back.Panels) != 1 {
		t.Errorf("%v and %v, %v", back.Series, back.Panels, err)
	}
}
