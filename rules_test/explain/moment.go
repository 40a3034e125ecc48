package explain

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Moment returns the evaluation of an alerting rule that tells most, and why: when
// it first fires; else when it is pending for the longest; else when it comes
// nearest to that. e is one of r's.
func Moment(ctx context.Context, r *replay.Result, e *replay.Evaluation) (time.Duration, string, error) {
	var best, wait time.Duration
	firing, pending := false, false
	for _, c := range e.Courses {
		for _, s := range c.Spans {
			switch {
			case s.State == replay.Firing:
				if !firing || s.From < best {
					best, firing = s.From, true
				}
			case firing:
			default:
				last := s.To
				if !s.Open {
					last -= e.Interval
				}
				if !pending || last-s.From > wait {
					best, wait, pending = last, last-s.From, true
				}
			}
		}
	}
	switch {
	case firing:
		return best, "when it first fires", nil
	case pending:
		return best, "when it was pending for the longest; it never fires", nil
	}
	n := nearness{ctx, r, e}
	far, err := n.of(e.Rule.Expr)
	if err != nil {
		return 0, "", err
	}
	nearest := 0
	for i, d := range far {
		if d < far[nearest] {
			nearest = i
		}
	}
	if far[nearest] >= nowhere {
		return e.At(e.Count - 1), "the last evaluation; it never comes near", nil
	}
	return e.At(nearest), "when it comes nearest; it is never active", nil
}

// nowhere is the distance of a condition that has no series.
const nowhere = 2.0

// nearness measures how far conditions are from holding, at each evaluation of a
// rule: 0 where they hold, below 1 where a value is short of its threshold, nowhere
// where there is no value.
type nearness struct {
	ctx context.Context
	r   *replay.Result
	e   *replay.Evaluation
}

func (n nearness) of(expr parser.Expr) ([]float64, error) {
	b, ok := bare(expr).(*parser.BinaryExpr)
	switch {
	case ok && b.Op.IsSetOperator():
		left, err := n.of(b.LHS)
		if err != nil {
			return nil, err
		}
		right, err := n.of(b.RHS)
		for i := range right {
			switch b.Op {
			case parser.LAND:
				left[i] += right[i]
			case parser.LOR:
				left[i] = min(left[i], right[i])
			default:
				if right[i] == 0 {
					left[i]++
				}
			}
		}
		return left, err
	case ok && filters(b):
		return n.comparison(b)
	}
	values, err := n.values(expr)
	if err != nil {
		return nil, err
	}
	return n.least(values, func(promql.FPoint, int) float64 { return 0 }), nil
}

func (n nearness) comparison(b *parser.BinaryExpr) ([]float64, error) {
	c := condition(b)
	if !isScalar(c.Right) {
		difference := *b
		difference.Op = parser.SUB
		values, err := n.values(&difference)
		return n.least(values, func(p promql.FPoint, _ int) float64 { return short(c, p.F, 0) }), err
	}
	left, err := n.values(c.Left)
	if err != nil {
		return nil, err
	}
	right, err := n.values(c.Right)
	if err != nil {
		return nil, err
	}
	limits := make([]float64, n.e.Count)
	for _, s := range right {
		for _, p := range s.Floats {
			limits[n.index(p.T)] = p.F
		}
	}
	return n.least(left, func(p promql.FPoint, i int) float64 { return short(c, p.F, limits[i]) }), nil
}

// short is how far a value is from holding, from 0 to 1.
func short(c Condition, left, right float64) float64 {
	if c.Holds(left, right) {
		return 0
	}
	d := math.Abs(left - right)
	scale := max(math.Abs(left), math.Abs(right))
	if scale == 0 || math.IsNaN(d) || math.IsInf(d, 0) {
		return 1
	}
	return d / (d + scale)
}

func (n nearness) values(expr parser.Expr) (promql.Matrix, error) {
	m, err := n.r.Part(n.ctx, n.e, expr)
	if err != nil && n.ctx.Err() == nil {
		return nil, fmt.Errorf("%s: %s: %w", n.e.Rule.Where(), expr, err)
	}
	return m, err
}

func (n nearness) index(ms int64) int {
	return int((n.r.After(ms) + n.e.Group.QueryOffset - n.e.First) / n.e.Interval)
}

// least returns the least distance of all series at each evaluation.
func (n nearness) least(m promql.Matrix, distance func(p promql.FPoint, i int) float64) []float64 {
	all := make([]float64, n.e.Count)
	for i := range all {
		all[i] = nowhere
	}
	for _, s := range m {
		for _, p := range s.Floats {
			i := n.index(p.T)
			all[i] = min(all[i], distance(p, i))
		}
	}
	return all
}
