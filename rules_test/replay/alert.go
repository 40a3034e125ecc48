package replay

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// State of an alert.
type State uint8

// States in order.
const (
	Inactive State = iota
	Pending
	Firing
)

// String returns the name as in the label alertstate.
func (s State) String() string { return [...]string{"inactive", "pending", "firing"}[s] }

// writer turns a rule's values at each evaluation into the series that it writes.
// step returns an error where Prometheus' evaluation would fail; nothing is
// written then, and series do not become stale.
type writer interface {
	step(ctx context.Context, at int64, values promql.Vector) error
	// failed is called for each evaluation that failed, in step or before.
	failed(at int64)
}

// recorder writes the series of a recording rule.
type recorder struct {
	rule    *ruleset.Rule
	limit   int
	out     *output
	renamed map[uint64]labels.Labels
}

func (r *recorder) step(_ context.Context, at int64, values promql.Vector) error {
	seen := make(map[uint64]bool, len(values))
	for i := range values {
		l := r.labels(values[i].Metric)
		if seen[l.Hash()] {
			return fmt.Errorf("vector contains metrics with the same labelset %s after applying rule labels", l)
		}
		seen[l.Hash()] = true
		values[i].Metric = l
	}
	if r.limit > 0 && len(values) > r.limit {
		return fmt.Errorf("exceeded limit of %d with %d series", r.limit, len(values))
	}
	r.out.begin(at)
	for _, v := range values {
		r.out.write(v.Metric, v.F, v.H)
	}
	r.out.end()
	return nil
}

func (*recorder) failed(int64) {}

func (r *recorder) labels(from labels.Labels) labels.Labels {
	hash := from.Hash()
	if l, ok := r.renamed[hash]; ok {
		return l
	}
	b := labels.NewBuilder(from).Set(model.MetricNameLabel, r.rule.Record)
	r.rule.Labels.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
	l := b.Labels()
	r.renamed[hash] = l
	return l
}

// alerter keeps the alerts of one rule: Prometheus' AlertingRule.Eval.
type alerter struct {
	rule    *ruleset.Rule
	limit   int
	out     *output
	query   template.QueryFunc // for templates that ask
	named   map[uint64]*instance
	active  []*instance // in order of their first appearance
	courses *[]*Course  // of all that ever were active
	start   int64       // of the recording
	varying bool        // a label's template is not a constant
}

// instance is one alert: a set of labels.
type instance struct {
	labels   labels.Labels
	state    State
	activeAt int64
	keep     int64 // since when it fires on without a value; 0: it has one
	value    promql.Sample
	course   *Course
	seen     int64 // last evaluation with a value
}

func (a *alerter) step(ctx context.Context, at int64, values promql.Vector) error {
	found := make([]*instance, 0, len(values))
	for _, v := range values {
		i := a.instance(ctx, v)
		if slices.Contains(found, i) {
			return fmt.Errorf("vector contains metrics with the same labelset %s after applying alert labels", i.labels)
		}
		found = append(found, i)
	}
	for k, i := range found {
		i.seen, i.value = at, values[k]
		if i.state == Inactive {
			i.state, i.activeAt = Pending, at
			a.active = append(a.active, i)
		}
	}
	a.active = slices.DeleteFunc(a.active, func(i *instance) bool { return !a.advance(i, at) })
	if a.limit > 0 && len(a.active) > a.limit {
		n := len(a.active)
		for _, i := range a.active {
			i.state = Inactive
			i.course.mark(a.after(at), Inactive, i.value)
		}
		a.active = nil
		return fmt.Errorf("exceeded limit of %d with %d alerts", a.limit, n)
	}
	a.out.begin(at)
	for _, i := range a.active {
		i.course.mark(a.after(at), i.state, i.value)
		a.out.write(i.course.series[i.state-Pending], 1, nil)
		a.out.write(i.course.forState, float64(i.activeAt/1000), nil)
	}
	a.out.end()
	return nil
}

func (a *alerter) after(at int64) time.Duration { return time.Duration(at-a.start) * time.Millisecond }

// failed leaves every alert as it is.
func (a *alerter) failed(at int64) {
	for _, i := range a.active {
		i.course.mark(a.after(at), i.state, i.value)
	}
}

// advance moves an alert on to its state at an evaluation, and reports whether it
// is active.
func (a *alerter) advance(i *instance, at int64) bool {
	if i.seen != at {
		hold := false
		if keep := a.rule.KeepFiringFor.Milliseconds(); i.state == Firing && keep > 0 {
			if i.keep == 0 {
				i.keep = at
			}
			hold = at-i.keep < keep
		}
		if !hold {
			i.state, i.keep = Inactive, 0
			i.course.mark(a.after(at), Inactive, i.value)
			return false
		}
	} else {
		i.keep = 0
	}
	if i.state == Pending && at-i.activeAt >= a.rule.For.Milliseconds() {
		i.state = Firing
	}
	return true
}

// instance returns the alert that a value belongs to.
func (a *alerter) instance(ctx context.Context, v promql.Sample) *instance {
	hash := v.Metric.Hash()
	if i := a.named[hash]; i != nil && !a.varying {
		return i
	}
	b := labels.NewBuilder(v.Metric).Del(model.MetricNameLabel)
	expandAll(ctx, a.rule.Alert, a.rule.Labels, v, a.query).Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
	l := b.Set(labels.AlertName, a.rule.Alert).Labels()
	var i *instance
	for _, c := range *a.courses {
		if labels.Equal(c.Labels, l) {
			i = c.instance
		}
	}
	if i == nil {
		c := &Course{Rule: a.rule, Labels: l, forState: labels.NewBuilder(l).Set(model.MetricNameLabel, forStateName).Labels()}
		for k, state := range []State{Pending, Firing} {
			c.series[k] = labels.NewBuilder(l).Set(model.MetricNameLabel, alertsName).Set(stateLabel, state.String()).Labels()
		}
		i = &instance{labels: l, course: c}
		c.instance = i
		*a.courses = append(*a.courses, c)
	}
	a.named[hash] = i
	return i
}
