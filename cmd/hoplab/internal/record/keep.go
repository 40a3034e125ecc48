package record

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// Referenced returns a Keep that wants the series which the rules and the
// dashboards name, and what Prometheus tells of each scrape: a recording holds
// what is tested and no more.
func Referenced(rules, dashboards fs.FS) (func(metric string) bool, error) {
	files, err := lint.Load(rules)
	if err != nil {
		return nil, err
	}
	var exprs []string
	for _, f := range files {
		for _, r := range f.Rules {
			exprs = append(exprs, r.Expr)
		}
	}
	boards, err := fs.Glob(dashboards, "*.json")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 || len(boards) == 0 {
		return nil, fmt.Errorf("%d rule files and %d dashboards were found: run it in the project's folder, or name the folders", len(files), len(boards))
	}
	for _, name := range boards {
		text, err := fs.ReadFile(dashboards, name)
		if err != nil {
			return nil, err
		}
		queries, err := lint.DashboardQueries(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		exprs = append(exprs, queries...)
	}
	var metrics []string
	for _, e := range exprs {
		names, err := lint.Metrics(lint.Expand(e, time.Minute))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e, err)
		}
		metrics = append(metrics, names...)
	}
	return func(metric string) bool {
		return metric == "up" || strings.HasPrefix(metric, "scrape_") || slices.Contains(metrics, metric)
	}, nil
}
