package explain

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// Condition is the comparison that an alert's expression comes down to: the first
// one outside of functions and aggregations.
type Condition struct {
	// Left is what is compared with Right; where the rule has them the other way
	// round and only its left side is a number, they are exchanged.
	Left  parser.Expr
	Op    parser.ItemType
	Right parser.Expr
	// More counts the other operands of the and, or and unless that it stands in.
	More int
}

// First returns the first comparison of an expression; false if there is none.
func First(expr parser.Expr) (Condition, bool) {
	b, ok := bare(expr).(*parser.BinaryExpr)
	switch {
	case !ok:
		return Condition{}, false
	case b.Op.IsSetOperator():
		c, ok := First(b.LHS)
		c.More += 1 + operands(b.RHS)
		return c, ok
	case filters(b):
		return condition(b), true
	default:
		return Condition{}, false
	}
}

// operands counts the set operators of an expression that stand at its top.
func operands(expr parser.Expr) int {
	if b, ok := bare(expr).(*parser.BinaryExpr); ok && b.Op.IsSetOperator() {
		return 1 + operands(b.LHS) + operands(b.RHS)
	}
	return 0
}

func condition(b *parser.BinaryExpr) Condition {
	if isScalar(b.LHS) && !isScalar(b.RHS) {
		return Condition{Left: bare(b.RHS), Op: mirrored(b.Op), Right: bare(b.LHS)}
	}
	return Condition{Left: bare(b.LHS), Op: b.Op, Right: bare(b.RHS)}
}

// Holds reports whether the comparison lets a value through.
func (c Condition) Holds(left, right float64) bool {
	switch c.Op {
	case parser.GTR:
		return left > right
	case parser.GTE:
		return left >= right
	case parser.LSS:
		return left < right
	case parser.LTE:
		return left <= right
	case parser.EQLC:
		return left == right
	default:
		return left != right
	}
}

// Below reports whether small values are those that it lets through.
func (c Condition) Below() bool { return c.Op == parser.LSS || c.Op == parser.LTE }

// filters reports whether an operation drops what does not compare as it says.
func filters(b *parser.BinaryExpr) bool { return b.Op.IsComparisonOperator() && !b.ReturnBool }

// mirrored returns the comparison with its sides exchanged.
func mirrored(op parser.ItemType) parser.ItemType {
	switch op {
	case parser.GTR:
		return parser.LSS
	case parser.GTE:
		return parser.LTE
	case parser.LSS:
		return parser.GTR
	case parser.LTE:
		return parser.GTE
	default:
		return op
	}
}

// bare takes brackets off.
func bare(expr parser.Expr) parser.Expr {
	for {
		p, ok := expr.(*parser.ParenExpr)
		if !ok {
			return expr
		}
		expr = p.Expr
	}
}

func isScalar(expr parser.Expr) bool { return expr.Type() == parser.ValueTypeScalar }

// operator returns the operation as it is written, with its matching.
func operator(b *parser.BinaryExpr) string {
	text := strings.TrimPrefix(b.String(), b.LHS.String())
	return strings.TrimSpace(strings.TrimSuffix(text, b.RHS.String()))
}
