package report

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/hopscope/hopscope/rules_test/explain"
	"github.com/hopscope/hopscope/rules_test/lab"
	"github.com/hopscope/hopscope/rules_test/replay"
)

// Options say what [Build] does.
type Options struct {
	Scenarios []*lab.Scenario
	// Phases is at how many phases each recording is run; at least 1.
	Phases int
	// Why adds an explanation to each chart of an alert that fired or had to.
	Why bool
	// Progress is called after each scenario; it may be nil.
	Progress func(done, all int, s *lab.Scenario)
}

// Build runs the scenarios. The error is that of ctx or an expression that cannot
// be evaluated.
func Build(ctx context.Context, l *lab.Lab, opts Options) (*Report, error) {
	r := &Report{Alerts: l.Set.Alerts(), Phases: max(opts.Phases, 1), Scenarios: make([]*Scenario, len(opts.Scenarios))}
	var mu sync.Mutex
	done := 0
	err := lab.Each(ctx, opts.Scenarios, func(ctx context.Context, i int, s *lab.Scenario) error {
		one, err := scenario(ctx, l, s, r.Phases, opts.Why)
		mu.Lock()
		defer mu.Unlock()
		r.Scenarios[i] = one
		if done++; opts.Progress != nil {
			opts.Progress(done, len(opts.Scenarios), s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func scenario(ctx context.Context, l *lab.Lab, s *lab.Scenario, phases int, why bool) (*Scenario, error) {
	one := &Scenario{Scenario: s, End: s.Series.Meta.End()}
	var err error
	if one.Cells, one.Failed, err = l.Sweep(ctx, s, phases); err != nil {
		return nil, err
	}
	r, err := l.RunAt(ctx, s, 0)
	if err != nil {
		return nil, err
	}
	for _, e := range r.Rules {
		i := slices.IndexFunc(one.Cells, func(c lab.Cell) bool { return c.Alert == e.Rule.Alert })
		if i < 0 || !wanted(one.Cells[i], e) {
			continue
		}
		c, err := chart(ctx, r, e, one.Cells[i])
		if err != nil {
			return nil, err
		}
		if why && c.Main() && (!s.Synthetic || c.Cell.Problem != "") {
			if c.Why, err = explanation(ctx, r, e, s.Title()); err != nil {
				return nil, err
			}
		}
		one.Charts = append(one.Charts, c)
	}
	slices.SortStableFunc(one.Charts, func(a, b *Chart) int { return cmp.Compare(rank(a), rank(b)) })
	return one, nil
}

// wanted reports whether a rule is drawn in a scenario.
func wanted(c lab.Cell, e *replay.Evaluation) bool {
	if c.Scenario.Synthetic {
		return c.Expect != lab.Anything
	}
	return c.Fired || c.Expect == lab.MustFire || c.Problem != "" || len(e.Courses) > 0
}

// rank puts what is not as expected first, then what had to fire, then what fired.
func rank(c *Chart) int {
	switch {
	case c.Cell.Problem != "":
		return 0
	case c.Cell.Expect == lab.MustFire:
		return 1
	case c.Main():
		return 2
	default:
		return 3
	}
}

func explanation(ctx context.Context, r *replay.Result, e *replay.Evaluation, where string) (string, error) {
	all, err := explain.Alert(ctx, r, e.Rule.Alert, nil)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, x := range all {
		if x.Rule == e.Rule {
			err = x.WriteText(&b, where)
		}
	}
	return b.String(), err
}

func chart(ctx context.Context, r *replay.Result, e *replay.Evaluation, cell lab.Cell) (*Chart, error) {
	c := &Chart{Rule: e.Rule, Cell: cell, Left: e.Rule.Expr.String()}
	names := instances(e)
	for i, course := range e.Courses[:min(len(e.Courses), mostLanes)] {
		c.Lanes = append(c.Lanes, Lane{names[i], course.Spans})
	}
	c.LanesLeft = len(e.Courses) - len(c.Lanes)
	left := e.Rule.Expr
	var right parser.Expr
	if condition, ok := explain.First(e.Rule.Expr); ok {
		left, right = condition.Left, condition.Right
		c.Left, c.Op, c.Right, c.More = left.String(), condition.Op.String(), right.String(), condition.More
		c.Above, c.Below = condition.Op == parser.GTR || condition.Op == parser.GTE, condition.Below()
	}
	var err error
	if c.Lines, err = lines(ctx, r, e, left); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.Lines, func(a, b Line) int { return cmp.Or(order(a, b), c.extreme(a, b)) })
	c.LinesLeft = max(len(c.Lines)-mostLines, 0)
	c.Lines = c.Lines[:len(c.Lines)-c.LinesLeft]
	if right != nil {
		if c.Limits, err = lines(ctx, r, e, right); err != nil {
			return nil, err
		}
		c.Limits = c.Limits[:min(len(c.Limits), mostLines)]
	}
	return c, nil
}

// order puts lines of active alerts first.
func order(a, b Line) int {
	switch {
	case a.Active == b.Active:
		return 0
	case a.Active:
		return -1
	default:
		return 1
	}
}

// extreme puts the lines that come nearest to the threshold first.
func (c *Chart) extreme(a, b Line) int {
	by := func(x, y Point) int { return cmp.Compare(x.Value, y.Value) }
	if c.Below {
		return by(slices.MinFunc(a.Points, by), slices.MinFunc(b.Points, by))
	}
	return by(slices.MaxFunc(b.Points, by), slices.MaxFunc(a.Points, by))
}

// instances returns for each alert of a rule the labels that tell it from the
// others; of a single one all that the rule did not set.
func instances(e *replay.Evaluation) []string {
	count := map[labels.Label]int{}
	for _, c := range e.Courses {
		c.Labels.Range(func(l labels.Label) { count[l]++ })
	}
	var names []string
	for _, c := range e.Courses {
		b := labels.NewBuilder(c.Labels).Del(labels.AlertName)
		e.Rule.Labels.Range(func(l labels.Label) { b.Del(l.Name) })
		if len(e.Courses) > 1 {
			c.Labels.Range(func(l labels.Label) {
				if count[l] == len(e.Courses) {
					b.Del(l.Name)
				}
			})
		}
		names = append(names, explain.Labels(b.Labels()))
	}
	return names
}

// lines evaluates an expression over the recording, at the rule's evaluations.
func lines(ctx context.Context, r *replay.Result, e *replay.Evaluation, expr parser.Expr) ([]Line, error) {
	if e.Count == 0 {
		return nil, nil
	}
	offset := e.Group.QueryOffset
	m, err := r.QueryRange(ctx, expr.String(), e.First-offset, e.At(e.Count-1)-offset, e.Interval)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, nil // an evaluation fails: its rule has errors, and no line
	}
	var all []Line
	for _, s := range m {
		l := Line{Name: explain.Labels(s.Metric), Active: active(s.Metric, e)}
		l.Points = points(r, s, e.Interval, offset)
		if len(l.Points) > 0 {
			all = append(all, l)
		}
	}
	return all, nil
}

func points(r *replay.Result, s promql.Series, step, offset time.Duration) []Point {
	var all []Point
	for _, f := range s.Floats {
		p := Point{At: r.After(f.T) + offset, Value: f.F}
		p.Gap = len(all) > 0 && p.At-all[len(all)-1].At > step
		all = append(all, p)
	}
	return all
}

// active reports whether a series is that of an alert which was pending or fired:
// the alert has all of its labels.
func active(metric labels.Labels, e *replay.Evaluation) bool {
	return slices.ContainsFunc(e.Courses, func(c *replay.Course) bool {
		all := true
		metric.Range(func(l labels.Label) {
			all = all && (l.Name == model.MetricNameLabel || c.Labels.Get(l.Name) == l.Value)
		})
		return all
	})
}
