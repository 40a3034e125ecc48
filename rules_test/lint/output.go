package lint

import (
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// output is the set of labels that the series of a result can have.
type output struct {
	names map[string]bool // true: can be there, false: cannot
	open  bool            // others may be there too: their source is not known
}

// may reports whether a label can be there.
func (o output) may(name string) bool {
	can, known := o.names[name]
	return can || !known && o.open
}

// list returns the labels that are known, in order.
func (o output) list() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(o.names)) {
		if o.names[name] {
			all = append(all, name)
		}
	}
	return all
}

func only(names ...string) output {
	o := output{names: map[string]bool{}}
	for _, n := range names {
		o.names[n] = true
	}
	return o
}

// with returns o changed: the names can be there, or cannot.
func (o output) with(can bool, names ...string) output {
	c := output{maps.Clone(o.names), o.open}
	for _, n := range names {
		c.names[n] = can
	}
	return c
}

// keep returns o without all labels but these.
func (o output) keep(names []string) output {
	kept := only()
	for _, n := range names {
		kept.names[n] = o.may(n)
	}
	return kept
}

// or returns what can be in either.
func (o output) or(p output) output {
	both := output{map[string]bool{}, o.open || p.open}
	for _, names := range []map[string]bool{o.names, p.names} {
		for n := range names {
			both.names[n] = o.may(n) || p.may(n)
		}
	}
	return both
}

// output computes which labels an expression's result can have, as Prometheus'
// engine does with the labels themselves.
func (n *names) output(expr parser.Expr) output {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return n.output(e.Expr)
	case *parser.UnaryExpr:
		return n.output(e.Expr)
	case *parser.StepInvariantExpr:
		return n.output(e.Expr)
	case *parser.SubqueryExpr:
		return n.output(e.Expr)
	case *parser.MatrixSelector:
		return n.output(e.VectorSelector)
	case *parser.VectorSelector:
		return n.selected(e)
	case *parser.AggregateExpr:
		return n.aggregated(e)
	case *parser.BinaryExpr:
		return n.combined(e)
	case *parser.Call:
		return n.called(e)
	}
	return only()
}

func (n *names) selected(s *parser.VectorSelector) output {
	o := n.labelsOf(metricName(s))
	for _, m := range s.LabelMatchers {
		if m.Type == labels.MatchEqual && m.Name != model.MetricNameLabel {
			o = o.with(m.Value != "" && o.may(m.Name), m.Name)
		}
	}
	return o
}

// labelsOf returns the labels of the series of a name. Any label may be on those
// that are not known, and on alerts.
func (n *names) labelsOf(name string) output {
	if r, ok := n.recorded[name]; ok {
		return n.outputOf(r)
	}
	m, known := n.registry.lookup(name)
	if !known || m.Labels == nil || name == "ALERTS" || name == "ALERTS_FOR_STATE" {
		return output{map[string]bool{}, true}
	}
	return only(slices.Concat(m.Labels, n.registry.target, []string{model.MetricNameLabel})...)
}

// outputOf returns the labels of a recorded series; one that reads itself, by
// whatever way, may have any.
func (n *names) outputOf(r *recordedSeries) output {
	if r.output == nil {
		r.output = &output{map[string]bool{}, true}
		o := n.output(r.exprs[0]).with(true, r.labels...)
		for _, e := range r.exprs[1:] {
			o = o.or(n.output(e).with(true, r.labels...))
		}
		o = o.with(true, model.MetricNameLabel)
		r.output = &o
	}
	return *r.output
}

func (n *names) aggregated(e *parser.AggregateExpr) output {
	o := n.output(e.Expr)
	switch {
	case e.Op == parser.TOPK || e.Op == parser.BOTTOMK || e.Op == parser.LIMITK || e.Op == parser.LIMIT_RATIO:
		return o // picks series as they are
	case e.Without:
		o = o.with(false, append(e.Grouping, model.MetricNameLabel)...)
	default:
		o = o.keep(e.Grouping)
	}
	if name, ok := e.Param.(*parser.StringLiteral); ok && e.Op == parser.COUNT_VALUES {
		o = o.with(true, name.Val)
	}
	return o
}

func (n *names) combined(e *parser.BinaryExpr) output {
	if e.VectorMatching == nil { // a scalar on one side at least
		o := n.output(e.LHS)
		if e.LHS.Type() == parser.ValueTypeScalar {
			o = n.output(e.RHS)
		}
		if !e.Op.IsComparisonOperator() || e.ReturnBool {
			o = o.with(false, model.MetricNameLabel)
		}
		return o
	}
	left, right := n.output(e.LHS), n.output(e.RHS)
	switch e.Op {
	case parser.LOR:
		return left.or(right)
	case parser.LAND, parser.LUNLESS:
		return left
	}
	m := e.VectorMatching
	many, one := left, right
	if m.Card == parser.CardOneToMany {
		many, one = right, left
	}
	switch {
	case m.Card == parser.CardOneToOne && m.On:
		many = many.keep(m.MatchingLabels)
	case m.Card == parser.CardOneToOne:
		many = many.with(false, m.MatchingLabels...)
	}
	for _, name := range m.Include {
		many = many.with(one.may(name), name)
	}
	return many
}

func (n *names) called(c *parser.Call) output {
	text := func(i int) string {
		if s, ok := unwrap(c.Args[i]).(*parser.StringLiteral); ok {
			return s.Val
		}
		return ""
	}
	switch c.Func.Name {
	case "absent", "absent_over_time":
		return absentLabels(c.Args[0])
	case "label_replace", "label_join":
		return n.output(c.Args[0]).with(true, text(1))
	case "histogram_quantile":
		return n.output(c.Args[1]).with(false, labels.BucketLabel, model.MetricNameLabel)
	case "histogram_fraction":
		return n.output(c.Args[2]).with(false, labels.BucketLabel, model.MetricNameLabel)
	case "sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "last_over_time", "first_over_time":
		return n.output(c.Args[0])
	case "info", "histogram_quantiles":
		return output{map[string]bool{}, true}
	}
	for _, a := range c.Args {
		if t := a.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			if c.Func.ReturnType == parser.ValueTypeScalar {
				break
			}
			return n.output(a).with(false, model.MetricNameLabel)
		}
	}
	return only()
}

// absentLabels returns the labels that absent() can tell: those which a selector
// compares with one value.
func absentLabels(arg parser.Expr) output {
	o := only()
	arg = unwrap(arg)
	if m, ok := arg.(*parser.MatrixSelector); ok {
		arg = m.VectorSelector
	}
	s, ok := arg.(*parser.VectorSelector)
	if !ok {
		return o
	}
	for _, m := range s.LabelMatchers {
		_, again := o.names[m.Name]
		o.names[m.Name] = m.Type == labels.MatchEqual && !again && m.Name != model.MetricNameLabel
	}
	return o
}

// unwrap returns the expression inside of parentheses.
func unwrap(e parser.Expr) parser.Expr {
	for {
		switch p := e.(type) {
		case *parser.ParenExpr:
			e = p.Expr
		case *parser.StepInvariantExpr:
			e = p.Expr
		default:
			return e
		}
	}
}
