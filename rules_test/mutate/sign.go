package mutate

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// signs knows which expressions are never below 0. Compared with 0, some operators
// say the same of them.
type signs struct{ rules []*ruleset.Rule }

// same reports whether an operator in the place of that of n can never differ.
func (s signs) same(n *parser.BinaryExpr, to parser.ItemType) bool {
	if v, ok := ruleset.Constant(n.RHS); !ok || v != 0 || !s.positive(n.LHS) {
		return false
	}
	either := func(a, b parser.ItemType) bool { return n.Op == a && to == b || n.Op == b && to == a }
	return either(parser.GTR, parser.NEQ) || either(parser.EQLC, parser.LTE)
}

// neverNegative are functions whose values are not, whatever they are given.
var neverNegative = []string{
	"rate", "increase", "irate", "resets", "changes", "absent", "absent_over_time", "count_over_time",
	"present_over_time", "abs", "exp", "sqrt", "time", "timestamp", "histogram_count",
}

// keepSign are functions whose values are not if their last argument is not.
var keepSign = []string{"avg_over_time", "max_over_time", "min_over_time", "sum_over_time", "last_over_time", "quantile_over_time", "ceil", "floor", "round", "sort", "sort_desc"}

func (s signs) positive(e parser.Expr) bool {
	if v, ok := ruleset.Constant(e); ok {
		return v >= 0
	}
	switch n := e.(type) {
	case *parser.ParenExpr:
		return s.positive(n.Expr)
	case *parser.AggregateExpr:
		return n.Op == parser.COUNT || n.Op == parser.GROUP || s.positive(n.Expr)
	case *parser.MatrixSelector:
		return s.positive(n.VectorSelector)
	case *parser.BinaryExpr:
		switch n.Op {
		case parser.ADD, parser.MUL, parser.LOR: // a quotient may be NaN, which is not 0 either
			return s.positive(n.LHS) && s.positive(n.RHS)
		case parser.LAND, parser.LUNLESS, parser.GTR, parser.GTE, parser.LSS, parser.LTE, parser.EQLC, parser.NEQ:
			return s.positive(n.LHS)
		}
	case *parser.Call:
		return slices.Contains(neverNegative, n.Func.Name) ||
			slices.Contains(keepSign, n.Func.Name) && s.positive(n.Args[len(n.Args)-1])
	case *parser.VectorSelector:
		if n.Name == "up" {
			return true
		}
		found := false
		for i, r := range s.rules {
			if n.Name == "" || r.Record != n.Name {
				continue
			}
			others := signs{slices.Delete(slices.Clone(s.rules), i, i+1)} // it may read itself
			if found = true; !others.positive(r.Expr) {
				return false
			}
		}
		return found
	}
	return false
}
