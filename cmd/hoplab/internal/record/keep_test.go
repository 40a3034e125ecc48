package record_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/record"
)

func TestOnlyReferencedSeriesAreKept(t *testing.T) {
	rules := fstest.MapFS{"x.rules.yml": {Data: []byte("groups: [{name: g, rules: [{record: 'a:b', expr: 'sum(rate(c_total[1m]))'}]}]")}}
	boards := fstest.MapFS{"x.json": {Data: []byte(`{"panels": [{"targets": [{"expr": "d{job=~\"$job\"}"}]}]}`)}}
	keep, err := record.Referenced(rules, boards)
	if err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]bool{"c_total": true, "d": true, "up": true, "scrape_duration_seconds": true, "e": false} {
		if keep(metric) != want {
			t.Errorf("%s: kept %v, want %v", metric, !want, want)
		}
	}
	if _, err := record.Referenced(rules, fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "0 dashboards") {
		t.Errorf("no dashboards: %v", err)
	}
}
