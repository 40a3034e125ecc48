package ruleset

import (
	"math"

	"github.com/prometheus/prometheus/promql/parser"
)

// CopyExpr returns a copy of the expression, whose parts may be changed.
func (r *Rule) CopyExpr() parser.Expr {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr.String())
	if err != nil {
		panic("ruleset: " + r.Where() + ": an expression does not parse as it is printed: " + err.Error())
	}
	return e
}

// Parts returns where every part of an expression hangs, from the outside in, so that
// it can be exchanged. Two copies of an expression have the same parts.
// Constants count as one part, as 14.4 * 0.001 is one threshold.
func Parts(at *parser.Expr) []*parser.Expr {
	all := []*parser.Expr{at}
	if _, ok := Constant(*at); ok {
		return all
	}
	inside := func(children ...*parser.Expr) {
		for _, c := range children {
			if *c != nil {
				all = append(all, Parts(c)...)
			}
		}
	}
	switch n := (*at).(type) {
	case *parser.AggregateExpr:
		inside(&n.Param, &n.Expr)
	case *parser.BinaryExpr:
		inside(&n.LHS, &n.RHS)
	case *parser.Call:
		for i := range n.Args {
			inside(&n.Args[i])
		}
	case *parser.MatrixSelector:
		inside(&n.VectorSelector)
	case *parser.SubqueryExpr:
		inside(&n.Expr)
	case *parser.ParenExpr:
		inside(&n.Expr)
	case *parser.UnaryExpr:
		inside(&n.Expr)
	}
	return all
}

// Constant returns the value of an expression of numbers.
func Constant(e parser.Expr) (float64, bool) {
	switch n := e.(type) {
	case *parser.NumberLiteral:
		return n.Val, true
	case *parser.ParenExpr:
		return Constant(n.Expr)
	case *parser.UnaryExpr:
		v, ok := Constant(n.Expr)
		if n.Op == parser.SUB {
			v = -v
		}
		return v, ok
	case *parser.BinaryExpr:
		a, ok := Constant(n.LHS)
		b, ok2 := Constant(n.RHS)
		if !ok || !ok2 {
			return 0, false
		}
		switch n.Op {
		case parser.ADD:
			return a + b, true
		case parser.SUB:
			return a - b, true
		case parser.MUL:
			return a * b, true
		case parser.DIV:
			return a / b, true
		case parser.POW:
			return math.Pow(a, b), true
		}
	}
	return 0, false
}
