package explain

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Bounds of a tree.
const (
	mostNodes  = 300
	mostSeries = 5 // of one node that are shown
)

// Node is a part of an expression, with its value.
type Node struct {
	Expr parser.Expr
	// At is the time that it was evaluated at, after the recording's start.
	At time.Duration
	// Values are its series; those that decide come first. A scalar is one without
	// labels. A range has each series' last value.
	Values promql.Vector
	Scalar bool
	// Samples counts those of a range.
	Samples int
	// Note says what the part let through or why it is empty; may be empty.
	Note string
	// Recorded is set where the node is the expression of a recording rule that
	// its parent selects.
	Recorded *ruleset.Rule
	Children []*Node
}

// builder evaluates the parts of one alert's expression. err is the first error.
type builder struct {
	ctx   context.Context
	r     *replay.Result
	below bool // small values decide
	nodes int
	read  []*ruleset.Rule // recording rules that were expanded already
	err   error
}

// node evaluates expr and everything in it at a time.
func (b *builder) node(expr parser.Expr, at time.Duration) *Node {
	expr = bare(expr)
	n := &Node{Expr: expr, At: at}
	if b.nodes++; b.nodes > mostNodes || b.err != nil {
		n.Note = "… and more"
		return n
	}
	b.evaluate(n)
	for _, part := range parts(expr) {
		n.Children = append(n.Children, b.node(part, inner(expr, at)))
	}
	if s := selector(expr); s != nil {
		b.recorded(n, s)
	}
	b.note(n)
	return n
}

// parts returns the expressions in expr whose value is not plain to see.
func parts(expr parser.Expr) []parser.Expr {
	var all []parser.Expr
	switch e := expr.(type) {
	case *parser.BinaryExpr:
		all = []parser.Expr{e.LHS, e.RHS}
	case *parser.AggregateExpr:
		all = []parser.Expr{e.Expr}
		if e.Param != nil {
			all = append(all, e.Param)
		}
	case *parser.Call:
		all = slices.Clone(e.Args)
	case *parser.UnaryExpr:
		all = []parser.Expr{e.Expr}
	case *parser.SubqueryExpr:
		all = []parser.Expr{e.Expr}
	}
	return slices.DeleteFunc(all, func(e parser.Expr) bool {
		return e.Type() == parser.ValueTypeString || constant(e)
	})
}

// constant reports whether an expression is made of numbers only.
func constant(expr parser.Expr) bool {
	switch e := bare(expr).(type) {
	case *parser.NumberLiteral:
		return true
	case *parser.UnaryExpr:
		return constant(e.Expr)
	case *parser.BinaryExpr:
		return constant(e.LHS) && constant(e.RHS)
	}
	return false
}

// inner returns the time at which what is in expr is evaluated: for a subquery its
// last step at the latest.
func inner(expr parser.Expr, at time.Duration) time.Duration {
	if s, ok := expr.(*parser.SubqueryExpr); ok {
		return at - s.OriginalOffset
	}
	return at
}

func selector(expr parser.Expr) *parser.VectorSelector {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return e
	case *parser.MatrixSelector:
		return e.VectorSelector.(*parser.VectorSelector)
	}
	return nil
}

// evaluate fills in a node's value.
func (b *builder) evaluate(n *Node) {
	value, err := b.r.Instant(b.ctx, n.Expr.String(), n.At)
	if err != nil {
		if b.err = b.ctx.Err(); b.err == nil {
			n.Note = "fails: " + err.Error()
		}
		return
	}
	switch v := value.(type) {
	case promql.Scalar:
		n.Scalar, n.Values = true, promql.Vector{{T: v.T, F: v.V}}
	case promql.Vector:
		n.Values = slices.Clone(v)
	case promql.Matrix:
		for _, s := range v {
			n.Samples += len(s.Floats) + len(s.Histograms)
			last := promql.Sample{Metric: s.Metric}
			if k := len(s.Floats); k > 0 {
				last.T, last.F = s.Floats[k-1].T, s.Floats[k-1].F
			}
			if k := len(s.Histograms); k > 0 && s.Histograms[k-1].T > last.T {
				last.T, last.H = s.Histograms[k-1].T, s.Histograms[k-1].H
			}
			n.Values = append(n.Values, last)
		}
	}
	slices.SortStableFunc(n.Values, func(x, y promql.Sample) int {
		order := cmp.Compare(y.F, x.F)
		if b.below {
			order = -order
		}
		return cmp.Or(order, labels.Compare(x.Metric, y.Metric))
	})
}

// recorded adds the expressions of the recording rules that a selector reads, at
// their last evaluation before. Each is expanded once: rules may read themselves.
func (b *builder) recorded(n *Node, s *parser.VectorSelector) {
	at := n.At - s.OriginalOffset
	for _, e := range b.r.Rules {
		if e.Rule.Record == "" || e.Rule.Record != s.Name || slices.Contains(b.read, e.Rule) || e.Count == 0 || at < e.First {
			continue
		}
		b.read = append(b.read, e.Rule)
		child := b.node(e.Rule.Expr, latest(e, at)-e.Group.QueryOffset)
		child.Recorded = e.Rule
		n.Children = append(n.Children, child)
	}
}
