package rulestest

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"

	"github.com/hopscope/hopscope/alerts"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/lint"
)

const alertsDir = "../alerts"

func load(t *testing.T) []lint.File {
	t.Helper()
	files, err := lint.Load(alerts.Rules())
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("there are no rule files")
	}
	return files
}

// What hoplab rules check finds wrong. Recorded is at 5 s, in production at 15 s.
func TestRulesAndDashboardsPassTheChecks(t *testing.T) {
	boards, err := lint.Dashboards(os.DirFS("../dashboards"))
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile(alertsDir + "/RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	findings, err := lint.Check(lint.Input{
		Files: load(t), Registry: lint.Catalogue(), Scrape: 15 * time.Second, Severities: []string{"critical", "warning", "info"},
		Dashboards: boards, DashboardDir: "dashboards", Runbook: lint.Runbook{Name: "RUNBOOK.md", Text: string(runbook)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

func TestAlertsAndRunbookAreOfOneAnother(t *testing.T) {
	runbook, err := os.ReadFile(alertsDir + "/RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	all := lint.Alerts(load(t))
	if len(all) < 25 {
		t.Errorf("there are %d alerts, want at least 25", len(all))
	}
	for _, a := range all {
		if !regexp.MustCompile(`^Hopscope[A-Z][A-Za-z0-9]+$`).MatchString(a.Alert) {
			t.Errorf("%s: not CamelCase with our prefix", a.Alert)
		}
		if want := "/alerts/RUNBOOK.md#" + strings.ToLower(a.Alert); !strings.HasSuffix(a.Annotations["runbook_url"], want) {
			t.Errorf("%s: runbook_url %q, want …%s", a.Alert, a.Annotations["runbook_url"], want)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(string(runbook), -1) {
		if !slices.ContainsFunc(all, func(a rulefmt.Rule) bool { return a.Alert == m[1] }) {
			t.Errorf("RUNBOOK.md has a section for %s, which is no alert", m[1])
		}
	}
}

// The files that promtool runs are what the generator makes of recordings and
// cases; it fails where an alert does not do what its case expects.
func TestFilesAreUpToDate(t *testing.T) {
	l := openLab(t)
	want, err := l.Generate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range want {
		if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s is not what the generator writes (%v): run go generate ./rules_test", name, err)
		}
	}
	for _, name := range testFiles(t) {
		if want[name] == nil {
			t.Errorf("%s belongs to no case", name)
		}
	}
}

// Series that no gateway sends prove nothing, whether they were written by hand
// or recorded before a metric changed.
func TestEverySeriesIsOneThatTheCatalogueHas(t *testing.T) {
	for _, c := range openLab(t).Scenarios {
		for _, s := range c.Series.Series {
			for _, problem := range lint.CheckSeries(s.Labels) {
				t.Errorf("%s: %s", c.Name, problem)
			}
		}
	}
}

func openLab(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Open(".")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func testFiles(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*/*.test.yml")
	if err != nil || len(names) == 0 {
		t.Fatal("no test files", err)
	}
	return names
}

// Reads what promtool reads, not the cases: a case that the generator dropped
// would go unnoticed otherwise.
func TestEveryAlertFiresOnceAndIsSilentOnce(t *testing.T) {
	fires, silent := map[string]bool{}, map[string]bool{}
	recorded := map[string]bool{}
	for _, name := range testFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Tests []struct {
				Name  string
				Tests []struct {
					Alert  string `yaml:"alertname"`
					Expect []any  `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, group := range file.Tests {
			synthetic := strings.HasPrefix(name, "synthetic/")
			if synthetic != strings.HasPrefix(group.Name, "synthetic: ") {
				t.Errorf("%s: %q is not marked as what it is", name, group.Name)
			}
			for _, c := range group.Tests {
				switch {
				case len(c.Expect) == 0:
					silent[c.Alert] = true
				case synthetic:
					fires[c.Alert] = true
				default:
					fires[c.Alert], recorded[c.Alert] = true, true
				}
			}
		}
	}
	known := map[string]bool{}
	for _, a := range lint.Alerts(load(t)) {
		known[a.Alert] = true
		if !fires[a.Alert] {
			t.Errorf("%s: no test in which it fires", a.Alert)
		}
		if !silent[a.Alert] {
			t.Errorf("%s: no test in which it stays silent", a.Alert)
		}
	}
	// promtool takes any name: an alert that does not exist is silent, and passes.
	for name := range silent {
		if !known[name] {
			t.Errorf("a test expects silence of %q, which is no alert", name)
		}
	}
	recordings := 0
	for _, s := range openLab(t).Scenarios {
		if !s.Synthetic {
			recordings++
		}
	}
	if recordings < 18 {
		t.Errorf("there are %d recorded scenarios, want at least 18", recordings)
	}
	if len(recorded) < 18 {
		t.Errorf("only %d alerts fire on recorded series, want at least 18", len(recorded))
	}
}

// Recordings lie in git, and are read by people.
func TestRecordingsAreSmall(t *testing.T) {
	const most = 60_000
	files, err := os.ReadDir("series")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() >= most {
			t.Errorf("series/%s has %d bytes, want less than %d", f.Name(), info.Size(), most)
		}
	}
}
