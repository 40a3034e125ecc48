package importer

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/lint"
)

// Referenced returns the selectors of rules and dashboards, each once, less those
// of what the rules themselves record: a replay evaluates them again.
func Referenced(files []lint.File, boards []lint.Dashboard) ([][]*labels.Matcher, error) {
	own := []string{"ALERTS", "ALERTS_FOR_STATE"}
	var exprs []string
	for _, f := range files {
		for _, r := range f.Rules {
			exprs = append(exprs, r.Expr)
			if r.Record != "" {
				own = append(own, r.Record)
			}
		}
	}
	for _, b := range boards {
		for _, q := range b.Queries {
			exprs = append(exprs, lint.Expand(q.Expr, time.Minute))
		}
	}
	var all [][]*labels.Matcher
	seen := map[string]bool{}
	for _, e := range exprs {
		parsed, err := lint.Parse(e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e, err)
		}
		parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
			s, ok := node.(*parser.VectorSelector)
			if !ok || slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
				return m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && slices.Contains(own, m.Value)
			}) {
				return nil
			}
			if name := selector(s.LabelMatchers); !seen[name] {
				seen[name] = true
				all = append(all, s.LabelMatchers)
			}
			return nil
		})
	}
	return all, nil
}

// Selectors parses what a user wrote.
func Selectors(texts []string) ([][]*labels.Matcher, error) {
	var all [][]*labels.Matcher
	for _, t := range texts {
		m, err := parser.NewParser(parser.Options{}).ParseMetricSelector(t)
		if err != nil {
			return nil, fmt.Errorf("--match %s: %w", t, err)
		}
		all = append(all, m)
	}
	return all, nil
}
