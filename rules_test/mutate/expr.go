package mutate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// change is an expression with one thing changed.
type change struct {
	kind Kind
	what string
	line int
	expr parser.Expr
}

// edit changes one node: at is where it hangs in a copy of the expression.
type edit struct {
	kind Kind
	what string
	do   func(at *parser.Expr)
}

// changesOf returns the changes of a rule's expression, in its order.
func changesOf(s signs, rule *ruleset.Rule) []change {
	whole := rule.Expr
	var all []change
	for i, slot := range ruleset.Parts(&whole) {
		line := rule.LineOf((*slot).PositionRange().Start)
		if b, ok := (*slot).(*parser.BinaryExpr); ok {
			line = rule.LineOf(b.RHS.PositionRange().Start) // where the operator stands, as a rule
		}
		for _, e := range edits(s, *slot) {
			copied := rule.CopyExpr()
			e.do(ruleset.Parts(&copied)[i])
			all = append(all, change{e.kind, e.what, line, copied})
		}
	}
	return all
}

// edits returns the changes of one node.
func edits(s signs, node parser.Expr) []edit {
	if v, ok := ruleset.Constant(node); ok {
		return thresholds(v)
	}
	switch n := node.(type) {
	case *parser.BinaryExpr:
		return operators(s, n)
	case *parser.VectorSelector:
		return matchers(n)
	case *parser.AggregateExpr:
		return aggregations(n)
	case *parser.Call:
		return functions(n)
	case *parser.MatrixSelector:
		return ranges(n.Range, n.String(), func(at *parser.Expr, d time.Duration) { (*at).(*parser.MatrixSelector).Range = d })
	case *parser.SubqueryExpr:
		return ranges(n.Range, n.String(), func(at *parser.Expr, d time.Duration) { (*at).(*parser.SubqueryExpr).Range = d })
	}
	return nil
}

func thresholds(v float64) []edit {
	if v == 0 {
		return nil
	}
	var all []edit
	for _, factor := range []float64{2, 0.5, 1.1, 1 / 1.1} {
		to := v * factor
		all = append(all, edit{Threshold, fmt.Sprintf("%s becomes %s", number(v), number(to)), func(at *parser.Expr) {
			*at = &parser.NumberLiteral{Val: to}
		}})
	}
	return all
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// pairs are operators that differ only where both sides are equal.
var pairs = map[parser.ItemType]parser.ItemType{parser.GTR: parser.GTE, parser.GTE: parser.GTR, parser.LSS: parser.LTE, parser.LTE: parser.LSS}

func operators(s signs, n *parser.BinaryExpr) []edit {
	var all []edit
	exchange := func(kind Kind, to parser.ItemType) {
		rest := short(n.RHS)
		all = append(all, edit{kind, fmt.Sprintf("`%s %s` becomes `%s %s`", n.Op, rest, to, rest), func(at *parser.Expr) {
			b := (*at).(*parser.BinaryExpr)
			b.Op, b.LHS, b.RHS = to, grouped(b.LHS), grouped(b.RHS)
			*at = grouped(b)
		}})
	}
	drop := func(side string, take func(*parser.BinaryExpr) parser.Expr) {
		all = append(all, edit{Logic, fmt.Sprintf("%s side of `%s %s` dropped", side, n.Op, short(n.RHS)), func(at *parser.Expr) {
			*at = grouped(take((*at).(*parser.BinaryExpr)))
		}})
	}
	switch n.Op {
	case parser.GTR, parser.GTE, parser.LSS, parser.LTE, parser.EQLC, parser.NEQ:
		for _, to := range []parser.ItemType{parser.GTR, parser.GTE, parser.LSS, parser.LTE, parser.EQLC, parser.NEQ} {
			switch {
			case to == n.Op || s.same(n, to):
			case to == pairs[n.Op]:
				exchange(Boundary, to)
			default:
				exchange(Comparison, to)
			}
		}
	case parser.LAND, parser.LOR, parser.LUNLESS:
		for _, to := range []parser.ItemType{parser.LAND, parser.LOR, parser.LUNLESS} {
			if to != n.Op {
				exchange(Logic, to)
			}
		}
		drop("left", func(b *parser.BinaryExpr) parser.Expr { return b.RHS })
		drop("right", func(b *parser.BinaryExpr) parser.Expr { return b.LHS })
	case parser.ADD:
		exchange(Arithmetic, parser.SUB)
	case parser.SUB:
		exchange(Arithmetic, parser.ADD)
	case parser.MUL:
		exchange(Arithmetic, parser.DIV)
	case parser.DIV:
		exchange(Arithmetic, parser.MUL)
	}
	return all
}

// grouped keeps an expression together when it is printed beside other operators.
func grouped(e parser.Expr) parser.Expr {
	if b, ok := e.(*parser.BinaryExpr); ok {
		return &parser.ParenExpr{Expr: b}
	}
	return e
}

// short returns an expression as one line that can be read.
func short(e parser.Expr) string {
	text := []rune(e.String())
	if len(text) > 60 {
		return string(text[:57]) + "..."
	}
	return string(text)
}

func matchers(n *parser.VectorSelector) []edit {
	var all []edit
	for _, m := range n.LabelMatchers {
		if m.Name == model.MetricNameLabel {
			continue
		}
		replace := func(what string, by ...*labels.Matcher) {
			all = append(all, edit{Matcher, fmt.Sprintf("%s{%s} %s", n.Name, m, what), func(at *parser.Expr) {
				v := (*at).(*parser.VectorSelector)
				i := slices.IndexFunc(v.LabelMatchers, func(o *labels.Matcher) bool { return o.String() == m.String() }) // a copy is sorted
				v.LabelMatchers = slices.Replace(slices.Clone(v.LabelMatchers), i, i+1, by...)
			}})
		}
		replace("dropped")
		if other, err := labels.NewMatcher(negated(m.Type), m.Name, m.Value); err == nil {
			replace("negated", other)
		}
		if m.Type != labels.MatchRegexp && m.Type != labels.MatchNotRegexp {
			continue
		}
		alternatives := strings.Split(m.Value, "|")
		if len(alternatives) < 2 || strings.ContainsAny(m.Value, `()[]\`) {
			continue // not a plain list
		}
		for k, alternative := range alternatives {
			rest := strings.Join(slices.Delete(slices.Clone(alternatives), k, k+1), "|")
			if less, err := labels.NewMatcher(m.Type, m.Name, rest); err == nil {
				replace("without "+strconv.Quote(alternative), less)
			}
		}
	}
	return all
}

func negated(t labels.MatchType) labels.MatchType {
	return map[labels.MatchType]labels.MatchType{
		labels.MatchEqual: labels.MatchNotEqual, labels.MatchNotEqual: labels.MatchEqual,
		labels.MatchRegexp: labels.MatchNotRegexp, labels.MatchNotRegexp: labels.MatchRegexp,
	}[t]
}

func aggregations(n *parser.AggregateExpr) []edit {
	var all []edit
	for _, to := range map[parser.ItemType][]parser.ItemType{
		parser.SUM: {parser.MAX, parser.AVG}, parser.MAX: {parser.SUM, parser.AVG},
		parser.MIN: {parser.MAX, parser.AVG}, parser.AVG: {parser.SUM, parser.MAX}, parser.COUNT: {parser.SUM},
	}[n.Op] {
		all = append(all, edit{Aggregation, fmt.Sprintf("%s of %s becomes %s", n.Op, short(n.Expr), to), func(at *parser.Expr) {
			(*at).(*parser.AggregateExpr).Op = to
		}})
	}
	word := "by"
	if n.Without {
		word = "without"
	}
	for i, label := range n.Grouping {
		all = append(all, edit{Grouping, fmt.Sprintf("%s %s (%s) of %s: %s dropped", n.Op, word, strings.Join(n.Grouping, ", "), short(n.Expr), label), func(at *parser.Expr) {
			a := (*at).(*parser.AggregateExpr)
			a.Grouping = slices.Delete(slices.Clone(a.Grouping), i, i+1)
		}})
	}
	return all
}

func functions(n *parser.Call) []edit {
	to, ok := map[string]string{
		"rate": "increase", "increase": "rate", "avg_over_time": "max_over_time",
		"max_over_time": "avg_over_time", "min_over_time": "max_over_time", "sum_over_time": "avg_over_time",
	}[n.Func.Name]
	if !ok {
		return nil
	}
	return []edit{{Function, fmt.Sprintf("%s becomes %s", short(n), to), func(at *parser.Expr) {
		(*at).(*parser.Call).Func = parser.Functions[to]
	}}}
}

func ranges(d time.Duration, of string, set func(at *parser.Expr, d time.Duration)) []edit {
	if d < 2*time.Millisecond {
		return nil // computed in the expression
	}
	var all []edit
	for _, to := range []time.Duration{4 * d, d / 2} {
		all = append(all, edit{Range, fmt.Sprintf("%s becomes [%s]", of, model.Duration(to)), func(at *parser.Expr) { set(at, to) }})
	}
	return all
}
