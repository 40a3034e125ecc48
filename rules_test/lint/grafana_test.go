package lint_test

import (
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

func TestDashboardQueriesFindsEveryExpression(t *testing.T) {
	got, err := lint.DashboardQueries([]byte(`{
		"panels": [{"type": "row", "panels": [{"targets": [{"expr": "folded"}]}]}, {"targets": [{"expr": "a"}, {"expr": "b"}]}],
		"annotations": {"list": [{"expr": "c"}]},
		"templating": {"list": [{"type": "textbox"}, {"definition": "label_values(d{x=~\"$y\", z=\"\"}, route)"}]}
	}`))
	if want := []string{"folded", "a", "b", "c", `d{x=~"$y", z=""}`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := lint.DashboardQueries([]byte("{")); err == nil {
		t.Error("no error for broken JSON")
	}
}

func TestDashboardsKnowTheirLines(t *testing.T) {
	boards, err := lint.Dashboards(fstest.MapFS{"x.json": {Data: []byte(`{
		"uid": "u",
		"panels": [{"targets": [
			{"expr": "a{b=\"c\"} > 1"}
		]}],
		"templating": {"list": [{"name": "job"}]}
	}`)}})
	if err != nil || len(boards) != 1 {
		t.Fatal(boards, err)
	}
	b := boards[0]
	if b.Name != "x.json" || b.UID != "u" || !slices.Equal(b.Variables, []string{"job"}) || b.Queries[0] != (lint.Query{Expr: `a{b="c"} > 1`, Line: 4}) {
		t.Errorf("got %+v", b)
	}
}

func TestExpandReplacesEveryVariable(t *testing.T) {
	for expr, want := range map[string]string{
		`rate(x{job=~"$job", route=~"$route"}[$__rate_interval])`: `rate(x{job=~".*", route=~".*"}[20s])`,
		`x{a="$a", b!="${b}", c=~"[[c]]", d=~"y|${d:regex}"}`:     `x{a=~".*", b!=".*", c=~".*", d=~"y|.*"}`,
		`topk($n, x offset $__interval) > 2`:                      `topk(1, x offset 20s) > 2`,
		`rate(x[$window])`:                                        `rate(x[20s])`,
		`x{a="\"$", b='$'}`:                                       `x{a="\"$", b='$'}`,
	} {
		if got := lint.Expand(expr, 20*time.Second); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
}
