package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// everyPanel expands each query of the checked-in dashboards as Grafana does and
// asks the demo's Prometheus, until all of them return a series.
func everyPanel(t *testing.T, d *Demo) {
	files, err := filepath.Glob("../../../../dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	var waiting []string
	for _, name := range files {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		queries, err := lint.DashboardQueries(page)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, q := range queries {
			if !strings.HasPrefix(q, "ALERTS{") { // annotations: nothing fires in peace
				waiting = append(waiting, lint.Expand(q, 10*time.Second))
			}
		}
	}
	t.Logf("%d queries", len(waiting))
	t.Cleanup(func() {
		for _, q := range waiting {
			t.Logf("no series: %s", q)
		}
	})
	until(t, "a series for every panel", func() bool {
		for len(waiting) > 0 && query(t, d, "count("+waiting[0]+")") > 0 {
			waiting = waiting[1:]
		}
		return len(waiting) == 0
	})
}
