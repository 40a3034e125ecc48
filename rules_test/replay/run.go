package replay

import (
	"context"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Bounds of one query.
const (
	maxSamples   = 50_000_000 // in memory at once, Prometheus' default
	queryTimeout = 2 * time.Minute
)

// Options say how rules are evaluated.
type Options struct {
	// Interval of groups that have none of their own; 0: the recording's step.
	Interval time.Duration
	// Phase is when the first evaluation is, after the first scrape; of groups with a
	// shorter interval so many intervals earlier as fit into it. Prometheus gives each
	// group another one.
	Phase time.Duration
	// OneInterval evaluates every group at Interval, as promtool does.
	OneInterval bool
	// Lag shows rules what other groups recorded at the evaluation before, as in a
	// Prometheus that happens to evaluate what is read after those who read it: a
	// group that others read is evaluated a millisecond after them. Groups that read
	// one another in a circle stay together. Without it, what is read comes first.
	Lag bool
	// Base is an earlier run over the same data. Rules that are the same in both
	// sets, and read nothing that differs, are not evaluated again.
	Base *Result
}

// Result is what rules did on a recording.
type Result struct {
	Data *Data
	Set  *ruleset.Set
	// Rules holds an evaluation for each rule of the set, in its order.
	Rules []*Evaluation

	opts   Options
	engine *promql.Engine
	view   *view
}

// Evaluation is the course of one rule.
type Evaluation struct {
	Rule  *ruleset.Rule
	Group *ruleset.Group
	// First is the first evaluation, after the recording's start; there are Count,
	// one each Interval.
	First, Interval time.Duration
	Count           int
	// Values of the expression at each evaluation, where it has one.
	Values promql.Matrix
	// Courses of an alerting rule's alerts, in order of their first appearance.
	Courses []*Course
	// Errors of evaluations that failed, in order of time.
	Errors []EvalError
	// Reused is true where a run before was taken over.
	Reused bool

	index    int  // of the rule in its group
	stepwise bool // it was evaluated as a part of such a unit
	out      *output
}

// EvalError is an evaluation that failed: nothing was written, and alerts stayed
// as they were.
type EvalError struct {
	At  time.Duration
	Err error
}

// Run evaluates every rule from the first scrape to the last. The error is that of
// ctx, or says which expression cannot be evaluated at all.
func Run(ctx context.Context, data *Data, set *ruleset.Set, opts Options) (*Result, error) {
	if opts.Interval <= 0 {
		opts.Interval = time.Duration(data.Meta.Step)
	}
	r := &Result{Data: data, Set: set, opts: opts, view: &view{data: data, derived: series{}, hidden: hidden(set)}}
	if b := opts.Base; b != nil && b.opts.Interval == opts.Interval {
		r.engine = b.engine
	} else {
		r.engine = newEngine(opts.Interval)
	}
	r.opts.Base = nil // or every run would keep the one before
	reads := newReading(set)
	later := make([]time.Duration, len(set.Groups))
	if opts.Lag {
		later = reads.lag()
	}
	for i, g := range set.Groups {
		for k, rule := range g.Rules {
			e := r.newEvaluation(g, rule, opts.Phase+later[i])
			e.index = k
			r.Rules = append(r.Rules, e)
		}
	}
	units := reads.order()
	for _, u := range units {
		for _, i := range u.rules {
			r.Rules[i].stepwise = u.stepwise
		}
	}
	reuse := newReuse(r, opts.Base)
	for _, u := range units {
		if reuse.take(r, u) {
			continue
		}
		if err := r.evaluate(ctx, u); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func newEngine(subquery time.Duration) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		MaxSamples: maxSamples, Timeout: queryTimeout,
		NoStepSubqueryIntervalFn: func(int64) int64 { return subquery.Milliseconds() },
		EnableAtModifier:         true, EnableNegativeOffset: true,
		Parser: parser.NewParser(parser.Options{}),
	})
}

// hidden returns the names that rules write.
func hidden(set *ruleset.Set) map[string]bool {
	names := map[string]bool{}
	for _, r := range set.Rules() {
		if r.Alert != "" {
			names[alertsName], names[forStateName] = true, true
		} else {
			names[r.Record] = true
		}
	}
	return names
}

func (r *Result) newEvaluation(g *ruleset.Group, rule *ruleset.Rule, first time.Duration) *Evaluation {
	e := &Evaluation{Rule: rule, Group: g, Interval: g.Interval}
	if e.Interval <= 0 || r.opts.OneInterval {
		e.Interval = r.opts.Interval
	}
	e.First = first % e.Interval
	if left := r.Data.Meta.End() - e.First; left >= 0 {
		e.Count = int(left/e.Interval) + 1
	}
	return e
}

// At returns the time of an evaluation, after the recording's start.
func (e *Evaluation) At(i int) time.Duration { return e.First + time.Duration(i)*e.Interval }

// evaluate runs rules that hang together.
func (r *Result) evaluate(ctx context.Context, u unit) error {
	if !u.stepwise {
		e := r.Rules[u.rules[0]]
		done, err := r.atOnce(ctx, e)
		if done || err != nil {
			return err
		}
	}
	return r.stepByStep(ctx, u.rules)
}

// atOnce evaluates a rule by one range query. It returns false if that fails: one
// evaluation may, while the others do not.
func (r *Result) atOnce(ctx context.Context, e *Evaluation) (bool, error) {
	if e.Count == 0 {
		e.out = newOutput(r.view, 0)
		return true, nil
	}
	first := r.Data.start + e.First.Milliseconds()
	offset, step := e.Group.QueryOffset.Milliseconds(), e.Interval.Milliseconds()
	last := first + int64(e.Count-1)*step
	m, err := r.rangeQuery(ctx, e.Rule.Expr.String(), first-offset, last-offset, e.Interval)
	if err != nil {
		return false, ctx.Err()
	}
	e.Values = m
	w := r.writer(e)
	next := make([]struct{ f, h int }, len(m))
	for i := range e.Count {
		at := first + int64(i)*step
		var values promql.Vector
		for k, s := range m {
			n := &next[k]
			switch {
			case n.f < len(s.Floats) && s.Floats[n.f].T == at-offset:
				values = append(values, promql.Sample{T: at, F: s.Floats[n.f].F, Metric: s.Metric})
				n.f++
			case n.h < len(s.Histograms) && s.Histograms[n.h].T == at-offset:
				values = append(values, promql.Sample{T: at, H: s.Histograms[n.h].H, Metric: s.Metric})
				n.h++
			}
		}
		if err := w.step(ctx, at, values); err != nil {
			w.failed(at)
			e.Errors = append(e.Errors, EvalError{e.At(i), err})
		}
	}
	return true, ctx.Err()
}

// stepByStep evaluates rules as Prometheus does, one query for each evaluation.
func (r *Result) stepByStep(ctx context.Context, together []int) error {
	type turn struct{ rule, number int }
	var turns []turn
	writers := map[int]writer{}
	values := map[int]*matrix{}
	for _, i := range together {
		writers[i], values[i] = r.writer(r.Rules[i]), &matrix{}
		for n := range r.Rules[i].Count {
			turns = append(turns, turn{i, n})
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return int(r.Rules[a.rule].At(a.number) - r.Rules[b.rule].At(b.number)) })
	for _, t := range turns {
		e := r.Rules[t.rule]
		at := r.Data.start + e.At(t.number).Milliseconds()
		query := rules.EngineQueryFunc(r.engine, r.view)
		v, err := query(ctx, e.Rule.Expr.String(), timestamp.Time(at).Add(-e.Group.QueryOffset))
		if err == nil {
			values[t.rule].add(v)
			for i := range v {
				v[i].T = at
			}
			err = writers[t.rule].step(ctx, at, v)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			writers[t.rule].failed(at)
			e.Errors = append(e.Errors, EvalError{e.At(t.number), err})
		}
	}
	for _, i := range together {
		r.Rules[i].Values = values[i].m
	}
	return nil
}

// writer makes what a rule's values are given to; e gets its output.
func (r *Result) writer(e *Evaluation) writer {
	e.out = newOutput(r.view, e.Group.QueryOffset.Milliseconds())
	if e.Rule.Alert == "" {
		return &recorder{rule: e.Rule, limit: e.Group.Limit, out: e.out, renamed: map[uint64]labels.Labels{}}
	}
	a := &alerter{
		rule: e.Rule, limit: e.Group.Limit, out: e.out, named: map[uint64]*instance{}, courses: &e.Courses,
		query: r.templateQuery(), start: r.Data.start, varying: hasTemplates(e.Rule.Labels),
	}
	e.Courses = nil
	return a
}
