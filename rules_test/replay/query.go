package replay

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/template"
)

// Query evaluates an expression over the whole recording, a value for each step,
// with what the rules recorded. It returns the series that have any.
func (r *Result) Query(ctx context.Context, expr string) (promql.Matrix, error) {
	return r.rangeQuery(ctx, expr, r.Data.start, r.Data.end, time.Duration(r.Data.Meta.Step))
}

// QueryRange evaluates an expression at from, from+step, … up to to; times count
// from the recording's start.
func (r *Result) QueryRange(ctx context.Context, expr string, from, to, step time.Duration) (promql.Matrix, error) {
	return r.rangeQuery(ctx, expr, r.Data.start+from.Milliseconds(), r.Data.start+to.Milliseconds(), step)
}

// Part evaluates a part of a rule's expression at each of the rule's evaluations, as
// the rule does: with the group's query_offset, by which the result's timestamps are
// earlier. e is one of r's.
func (r *Result) Part(ctx context.Context, e *Evaluation, part parser.Expr) (promql.Matrix, error) {
	if e.Count == 0 {
		return nil, nil
	}
	offset := e.Group.QueryOffset
	if !looksAtRange(part) {
		return r.QueryRange(ctx, part.String(), e.First-offset, e.At(e.Count-1)-offset, e.Interval)
	}
	var values matrix
	for i := range e.Count {
		v, err := r.QueryAt(ctx, part.String(), e.At(i)-offset)
		if err != nil {
			return nil, err
		}
		values.add(v)
	}
	return values.m, nil
}

// QueryAt evaluates an expression at one time after the recording's start.
func (r *Result) QueryAt(ctx context.Context, expr string, at time.Duration) (promql.Vector, error) {
	return rules.EngineQueryFunc(r.engine, r.view)(ctx, expr, timestamp.Time(r.Data.start).Add(at))
}

// Instant evaluates an expression of any type at one time after the recording's
// start: a parser.Value of the engine's own, promql.Vector, Matrix, Scalar or String.
func (r *Result) Instant(ctx context.Context, expr string, at time.Duration) (parser.Value, error) {
	q, err := r.engine.NewInstantQuery(ctx, r.view, nil, expr, timestamp.Time(r.Data.start).Add(at))
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if m, ok := result.Value.(promql.Matrix); ok && result.Err == nil {
		return cloneMatrix(m), nil
	}
	return result.Value, result.Err
}

// After returns a sample's timestamp as time after the recording's start.
func (r *Result) After(ms int64) time.Duration { return r.Data.after(ms) }

func (r *Result) rangeQuery(ctx context.Context, expr string, from, to int64, step time.Duration) (promql.Matrix, error) {
	q, err := r.engine.NewRangeQuery(ctx, r.view, nil, expr, timestamp.Time(from), timestamp.Time(to), step)
	if err != nil {
		return nil, err
	}
	defer q.Close()
	result := q.Exec(ctx)
	if result.Err != nil {
		return nil, result.Err
	}
	m, err := result.Matrix()
	if err != nil {
		return nil, err
	}
	return cloneMatrix(m), nil
}

// cloneMatrix copies what goes back to the engine when the query is closed.
func cloneMatrix(m promql.Matrix) promql.Matrix {
	out := make(promql.Matrix, len(m))
	for i, s := range m {
		out[i] = promql.Series{Metric: s.Metric, Floats: slices.Clone(s.Floats), Histograms: slices.Clone(s.Histograms)}
	}
	return out
}

func (r *Result) templateQuery() template.QueryFunc {
	return template.QueryFunc(rules.EngineQueryFunc(r.engine, r.view))
}

func hasTemplates(l labels.Labels) bool {
	found := false
	l.Range(func(l labels.Label) { found = found || strings.Contains(l.Value, "{{") })
	return found
}
