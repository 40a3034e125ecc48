package explain

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
)

// note says what a node let through of what it was given.
func (b *builder) note(n *Node) {
	if n.Note != "" {
		return
	}
	switch e := n.Expr.(type) {
	case *parser.BinaryExpr:
		if !n.Scalar {
			n.Note = operation(n, e)
		}
	case *parser.Call:
		if (e.Func.Name == "absent" || e.Func.Name == "absent_over_time") && len(n.Values) == 0 {
			n.Note = "empty, because there are such series"
		}
	case *parser.MatrixSelector, *parser.SubqueryExpr:
		if n.Samples > 0 {
			n.Note = fmt.Sprintf("%s of %s, the last values", count(n.Samples, "sample"), count(len(n.Values), "series"))
		}
	}
	if s := selector(n.Expr); s != nil && len(n.Values) == 0 {
		n.Note = b.missing(s)
	}
	if n.Note == "" && len(n.Values) == 0 {
		n.Note = "empty"
	}
}

// operation is the note of a binary operation between vectors, or one and a number.
func operation(n *Node, e *parser.BinaryExpr) string {
	left, right := side(n, e.LHS), side(n, e.RHS)
	kept, matching := len(n.Values), !isScalar(e.LHS) && !isScalar(e.RHS)
	switch {
	case e.Op == parser.LOR:
		return fmt.Sprintf("%s from the left, %d more from the right", count(len(left), "series"), kept-len(left))
	case e.Op == parser.LUNLESS:
		return fmt.Sprintf("drops %s", of(len(left)-kept, len(left)))
	case e.Op == parser.LAND && len(left) > 0 && len(right) == 0:
		return fmt.Sprintf("keeps %s: the right side is empty", of(kept, len(left)))
	case matching && kept == 0 && len(left) > 0 && len(right) > 0 && !related(n, e):
		return "keeps nothing: no series of the two sides have the same labels"
	case e.Op == parser.LAND:
		return fmt.Sprintf("keeps %s", of(kept, len(left)))
	case filters(e):
		given := left
		if isScalar(e.LHS) {
			given = right
		}
		text := fmt.Sprintf("keeps %s", of(kept, len(given)))
		if kept == 0 && len(given) > 0 && !matching {
			nearest := Nearest(condition(e), given, limit(n, e))
			text += fmt.Sprintf("; the nearest is %s of %s", Number(nearest.F), Labels(nearest.Metric))
		}
		return text
	case kept == 0 && matching && len(left) == 0 && len(right) > 0:
		return "empty, because the left side is"
	case kept == 0 && matching && len(left) > 0 && len(right) == 0:
		return "empty, because the right side is"
	default:
		return ""
	}
}

// related reports whether a comparison or and-operation of two vectors may have
// dropped series because of their values: a comparison has, unless nothing matched.
func related(n *Node, e *parser.BinaryExpr) bool {
	if !filters(e) {
		return false
	}
	key := func(s promql.Sample) uint64 { return matchKey(s, e.VectorMatching) }
	for _, l := range side(n, e.LHS) {
		if slices.ContainsFunc(side(n, e.RHS), func(r promql.Sample) bool { return key(l) == key(r) }) {
			return true
		}
	}
	return false
}

func matchKey(s promql.Sample, m *parser.VectorMatching) uint64 {
	names := slices.Sorted(slices.Values(m.MatchingLabels))
	if m.On {
		hash, _ := s.Metric.HashForLabels(nil, names...)
		return hash
	}
	hash, _ := s.Metric.HashWithoutLabels(nil, names...)
	return hash
}

// side returns the value of one of a binary operation's sides.
func side(n *Node, expr parser.Expr) promql.Vector {
	for _, c := range n.Children {
		if c.Expr == bare(expr) {
			return c.Values
		}
	}
	return nil
}

// limit returns the number that a comparison compares with.
func limit(n *Node, e *parser.BinaryExpr) float64 {
	expr := condition(e).Right
	if v := side(n, expr); len(v) > 0 {
		return v[0].F
	}
	f, _ := Constant(expr)
	return f
}

// Constant returns the value of an expression that is made of numbers only, and
// false for others.
func Constant(expr parser.Expr) (float64, bool) {
	switch e := bare(expr).(type) {
	case *parser.NumberLiteral:
		return e.Val, true
	case *parser.UnaryExpr:
		f, ok := Constant(e.Expr)
		if e.Op == parser.SUB {
			f = -f
		}
		return f, ok
	case *parser.BinaryExpr:
		x, ok := Constant(e.LHS)
		y, ok2 := Constant(e.RHS)
		f, known := arithmetic(e.Op, x, y)
		return f, ok && ok2 && known
	}
	return 0, false
}

func arithmetic(op parser.ItemType, x, y float64) (float64, bool) {
	switch op {
	case parser.ADD:
		return x + y, true
	case parser.SUB:
		return x - y, true
	case parser.MUL:
		return x * y, true
	case parser.DIV:
		return x / y, true
	case parser.MOD:
		return math.Mod(x, y), true
	case parser.POW:
		return math.Pow(x, y), true
	}
	return 0, false
}

// Nearest returns the sample that is nearest to what a comparison lets through.
func Nearest(c Condition, given promql.Vector, limit float64) promql.Sample {
	return slices.MinFunc(given, func(x, y promql.Sample) int {
		dx, dy := math.Abs(x.F-limit), math.Abs(y.F-limit)
		switch {
		case c.Holds(x.F, limit):
			return -1
		case c.Holds(y.F, limit) || dx > dy || math.IsNaN(dx) && !math.IsNaN(dy):
			return 1
		case dx < dy:
			return -1
		default:
			return 0
		}
	})
}

// missing says why a selector has no series at a moment.
func (b *builder) missing(s *parser.VectorSelector) string {
	m, err := b.r.QueryRange(b.ctx, s.String(), 0, b.r.Data.Meta.End(), time.Duration(b.r.Data.Meta.Step))
	switch {
	case err != nil:
		if b.err == nil {
			b.err = b.ctx.Err()
		}
		return "empty"
	case len(m) > 0:
		return "no value at this moment: not yet or no longer there"
	default:
		return "no such series in the recording"
	}
}

// of says how many of all series there are.
func of(n, all int) string {
	switch {
	case all == 0:
		return "nothing, there are no series"
	case n == 0:
		return "none of " + count(all, "series")
	case n == 1 && all == 1:
		return "the only series"
	case n == all:
		return "all " + count(all, "series")
	default:
		return fmt.Sprintf("%d of %s", n, count(all, "series"))
	}
}

func count(n int, what string) string {
	if n != 1 && what != "series" {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
