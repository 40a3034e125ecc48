package coverage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// probe looks for one or more items at once.
type probe struct {
	items []*Item
	look  func(ctx context.Context, v view) ([]bool, error) // one for each item
}

// probesOf returns what there is to look for in a rule.
func probesOf(rule *ruleset.Rule) []probe {
	item := func(kind Kind, line int, what string) *Item {
		return &Item{File: rule.File, Line: line, Rule: rule.Name(), Kind: kind, What: what}
	}
	all := []probe{{[]*Item{item(Value, rule.Line, "the expression has a value")}, value}}
	if rule.Alert != "" {
		all = append(all, alertProbes(rule, item)...)
	}
	parser.Inspect(rule.Expr, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.BinaryExpr:
			line := rule.LineOf(n.RHS.PositionRange().Start)
			name := fmt.Sprintf("`%s %s`", n.Op, short(n.RHS))
			switch {
			case n.Op.IsSetOperator():
				all = append(all, probe{[]*Item{
					item(Branch, line, name+": both sides have a value"), item(Branch, line, name+": only the left side has a value"),
					item(Branch, line, name+": only the right side has a value"),
				}, func(ctx context.Context, v view) ([]bool, error) { return v.sides(ctx, n) }})
			case n.Op.IsComparisonOperator() && n.Type() == parser.ValueTypeVector:
				all = append(all, probe{
					[]*Item{item(Comparison, line, name+" is true"), item(Comparison, line, name+" is false")},
					func(ctx context.Context, v view) ([]bool, error) { return v.compared(ctx, n) },
				})
			}
		case *parser.VectorSelector:
			line := rule.LineOf(n.PosRange.Start)
			for i, m := range n.LabelMatchers {
				if m.Name != model.MetricNameLabel {
					name := fmt.Sprintf("%s{%s}", n.Name, m)
					all = append(all, probe{
						[]*Item{item(Matcher, line, name+" lets a series in"), item(Matcher, line, name+" keeps a series out that the others let in")},
						func(ctx context.Context, v view) ([]bool, error) { return v.matched(ctx, n.LabelMatchers, i), nil },
					})
				}
			}
		}
		return nil
	})
	return all
}

func short(e parser.Expr) string {
	text := []rune(e.String())
	if len(text) > 60 {
		return string(text[:57]) + "..."
	}
	return string(text)
}

func value(_ context.Context, v view) ([]bool, error) {
	return []bool{len(v.evaluation.Values) > 0}, nil
}

func alertProbes(rule *ruleset.Rule, item func(kind Kind, line int, what string) *Item) []probe {
	all := []probe{
		{[]*Item{item(Alert, rule.Line, "it fires"), item(Alert, rule.Line, "it stays silent where it must")}, verdict},
		{[]*Item{item(State, rule.Line, "it ends")}, func(_ context.Context, v view) ([]bool, error) {
			return []bool{v.spans(func(s replay.Span) bool { return s.State == replay.Firing && !s.Open })}, nil
		}},
	}
	if rule.For > 0 {
		all = append(all, probe{[]*Item{item(State, rule.Line, "it is pending")}, func(_ context.Context, v view) ([]bool, error) {
			return []bool{v.spans(func(s replay.Span) bool { return s.State == replay.Pending })}, nil
		}})
	}
	template := func(what, name string, of func(replay.Alert) map[string]string) {
		all = append(all, probe{[]*Item{item(Template, rule.Line, what+" "+name+" is filled in")}, func(ctx context.Context, v view) ([]bool, error) {
			at, ok := v.result.FirstFiring(rule.Alert, 0)
			return []bool{ok && slices.ContainsFunc(v.result.Firing(ctx, rule.Alert, at), func(a replay.Alert) bool {
				return !strings.HasPrefix(of(a)[name], replay.FailedTemplate)
			})}, nil
		}})
	}
	rule.Labels.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			template("label", l.Name, func(a replay.Alert) map[string]string { return a.Labels })
		}
	})
	rule.Annotations.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			template("annotation", l.Name, func(a replay.Alert) map[string]string { return a.Annotations })
		}
	})
	return all
}

func verdict(ctx context.Context, v view) ([]bool, error) {
	name := v.rule().Alert
	_, fires := v.result.FirstFiring(name, 0)
	expect, _ := v.scenario.Expectation(name)
	mustBeSilent := expect == lab.MustSilent || slices.ContainsFunc(v.scenario.Silent, func(m lab.Moment) bool { return m.Alert == name })
	return []bool{fires, mustBeSilent && v.scenario.JudgeAlert(ctx, v.result, name).Problem == ""}, nil
}

func (v view) spans(is func(replay.Span) bool) bool {
	return slices.ContainsFunc(v.evaluation.Courses, func(c *replay.Course) bool { return slices.ContainsFunc(c.Spans, is) })
}

// query evaluates a part of the rule's expression whenever the rule is.
func (v view) query(ctx context.Context, e parser.Expr) (promql.Matrix, error) {
	return v.result.Part(ctx, v.evaluation, e)
}

// sides returns whether both sides of and, or, unless have a value for the same
// labels, and whether one has it alone.
func (v view) sides(ctx context.Context, n *parser.BinaryExpr) ([]bool, error) {
	left, err := v.query(ctx, n.LHS)
	if err != nil {
		return nil, err
	}
	right, err := v.query(ctx, n.RHS)
	if err != nil {
		return nil, err
	}
	l, r := present(left, n.VectorMatching), present(right, n.VectorMatching)
	seen := make([]bool, 3)
	for at := range l {
		if r[at] {
			seen[0] = true
		} else {
			seen[1] = true
		}
	}
	for at := range r {
		seen[2] = seen[2] || !l[at]
	}
	return seen, nil
}

// moment is a value of a time, for the labels that a side is matched by.
type moment struct {
	at     int64
	labels string
}

func present(m promql.Matrix, by *parser.VectorMatching) map[moment]bool {
	all := map[moment]bool{}
	for _, s := range m {
		key := s.Metric.MatchLabels(by.On, by.MatchingLabels...).String()
		for _, p := range s.Floats {
			all[moment{p.T, key}] = true
		}
		for _, p := range s.Histograms {
			all[moment{p.T, key}] = true
		}
	}
	return all
}

// compared returns whether a comparison was true and whether it was false.
func (v view) compared(ctx context.Context, n *parser.BinaryExpr) ([]bool, error) {
	asBool := *n
	asBool.ReturnBool = true
	m, err := v.query(ctx, &asBool)
	seen := make([]bool, 2)
	for _, s := range m {
		for _, p := range s.Floats {
			seen[0] = seen[0] || p.F == 1
			seen[1] = seen[1] || p.F == 0
		}
	}
	return seen, err
}

// matched returns whether a matcher lets in a series, and keeps out one, of those
// that the others let in.
func (v view) matched(ctx context.Context, matchers []*labels.Matcher, i int) []bool {
	seen := make([]bool, 2)
	for _, l := range v.result.Select(ctx, slices.Delete(slices.Clone(matchers), i, i+1)...) {
		if matchers[i].Matches(l.Get(matchers[i].Name)) {
			seen[0] = true
		} else {
			seen[1] = true
		}
	}
	return seen
}
