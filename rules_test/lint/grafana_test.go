package lint_test

import (
	"slices"
	"testing"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

func TestDashboardQueriesFindsEveryExpression(t *testing.T) {
	got, err := lint.DashboardQueries([]byte(`{
		"panels": [{"type": "row"}, {"targets": [{"expr": "a"}, {"expr": "b"}]}],
		"annotations": {"list": [{"expr": "c"}]},
		"templating": {"list": [{"type": "textbox"}, {"definition": "label_values(d{x=~\"$y\", z=\"\"}, route)"}]}
	}`))
	if want := []string{"a", "b", "c", `d{x=~"$y", z=""}`}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := lint.DashboardQueries([]byte("{")); err == nil {
		t.Error("no error for broken JSON")
	}
}

func TestExpandReplacesEveryVariable(t *testing.T) {
	got := lint.Expand(`rate(x{job=~"$job", route=~"$route"}[$__rate_interval])`, 20*time.Second)
	if want := `rate(x{job=~".*", route=~".*"}[20s])`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
