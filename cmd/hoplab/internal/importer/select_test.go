package importer_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/importer"
	"github.com/hopscope/hopscope/rules_test/lint"
)

func TestReferencedLeavesOutWhatRulesRecord(t *testing.T) {
	files, err := lint.Load(fstest.MapFS{"x.rules.yml": {Data: []byte(`
groups:
  - name: g
    rules:
      - {record: 'a:b', expr: 'sum(rate(c_total[1m]))'}
      - {alert: A, expr: 'a:b / on () d{e="f"} > 1 and c_total'}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	boards := []lint.Dashboard{{Queries: []lint.Query{{Expr: `g{job="$job"} + ALERTS`}}}}
	got, err := importer.Referenced(files, boards)
	if err != nil {
		t.Fatal(err)
	}
	if want := `[[__name__="c_total"] [e="f" __name__="d"] [job=~".*" __name__="g"]]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
