package replay

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"

	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Course is what one alert, a set of labels, did.
type Course struct {
	Rule   *ruleset.Rule
	Labels labels.Labels // with alertname
	// Points are the evaluations after which it was active, in order of time.
	Points []Point
	// Spans are the same, as the times of each state.
	Spans []Span

	instance *instance
	series   [2]labels.Labels // ALERTS, pending and firing
	forState labels.Labels
}

// Point is an alert after one evaluation.
type Point struct {
	At    time.Duration
	State State
	// Sample is the expression's value, or the last one while the alert fires on
	// without a value.
	Sample promql.Sample
}

// Span is a time in one state, pending or firing.
type Span struct {
	State State
	From  time.Duration // the first evaluation
	To    time.Duration // the evaluation that found another state; the last one of the run if none did
	Open  bool          // none did
}

// mark notes the state after an evaluation.
func (c *Course) mark(at time.Duration, state State, value promql.Sample) {
	var last *Span
	if n := len(c.Spans); n > 0 && c.Spans[n-1].Open {
		last = &c.Spans[n-1]
		last.To = at
	}
	if last != nil && last.State != state {
		last.Open = false
		last = nil
	}
	if state == Inactive {
		return
	}
	c.Points = append(c.Points, Point{at, state, value})
	if last == nil {
		c.Spans = append(c.Spans, Span{State: state, From: at, To: at, Open: true})
	}
}

// At returns the alert as it was after the last evaluation not after at; a state of
// Inactive if it was not active. interval is that of its evaluations.
func (c *Course) At(at, interval time.Duration) (Point, bool) {
	i, exact := slices.BinarySearchFunc(c.Points, at, func(p Point, at time.Duration) int { return cmp.Compare(p.At, at) })
	if !exact {
		i--
	}
	if i < 0 || at-c.Points[i].At >= interval {
		return Point{}, false
	}
	return c.Points[i], true
}

// Alert is an active alert at one moment.
type Alert struct {
	Name        string
	State       State
	Labels      map[string]string // without alertname
	Annotations map[string]string
	Value       float64
}

// Active returns the alerts of that name that are active after the last evaluation
// not after at, in order of their labels. An empty name means all.
func (r *Result) Active(ctx context.Context, name string, at time.Duration) []Alert {
	var alerts []Alert
	for _, e := range r.Rules {
		if e.Rule.Alert == "" || name != "" && e.Rule.Alert != name {
			continue
		}
		for _, c := range e.Courses {
			if p, ok := c.At(at, e.Interval); ok {
				alerts = append(alerts, r.alert(ctx, c, p))
			}
		}
	}
	slices.SortFunc(alerts, func(a, b Alert) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), labels.Compare(labels.FromMap(a.Labels), labels.FromMap(b.Labels)))
	})
	return alerts
}

// Firing is Active less what is pending.
func (r *Result) Firing(ctx context.Context, name string, at time.Duration) []Alert {
	return slices.DeleteFunc(r.Active(ctx, name, at), func(a Alert) bool { return a.State != Firing })
}

func (r *Result) alert(ctx context.Context, c *Course, p Point) Alert {
	l := c.Labels.Map()
	delete(l, labels.AlertName)
	return Alert{
		Name: c.Rule.Alert, State: p.State, Labels: l, Value: p.Sample.F,
		Annotations: expandAll(ctx, c.Rule.Alert, c.Rule.Annotations, p.Sample, r.templateQuery()).Map(),
	}
}

// Courses returns the courses of all alerts of that name; all if it is empty.
func (r *Result) Courses(name string) []*Course {
	var all []*Course
	for _, e := range r.Rules {
		if e.Rule.Alert != "" && (name == "" || e.Rule.Alert == name) {
			all = append(all, e.Courses...)
		}
	}
	return all
}

// FirstFiring returns the first evaluation at or after from after which an alert
// of that name fires, and false if there is none.
func (r *Result) FirstFiring(name string, from time.Duration) (time.Duration, bool) {
	first, found := time.Duration(0), false
	for _, c := range r.Courses(name) {
		for _, p := range c.Points {
			if p.State == Firing && p.At >= from {
				if !found || p.At < first {
					first, found = p.At, true
				}
				break
			}
		}
	}
	return first, found
}

// EverFired returns the names of the alerts that fired, in order.
func (r *Result) EverFired() []string {
	var names []string
	for _, c := range r.Courses("") {
		if slices.ContainsFunc(c.Spans, func(s Span) bool { return s.State == Firing }) {
			names = append(names, c.Rule.Alert)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Transition is a change of one alert's state.
type Transition struct {
	At    time.Duration
	State State
	Alert Alert // as it was evaluated last
}

// Transitions returns every change of state, in order of time.
func (r *Result) Transitions(ctx context.Context) []Transition {
	var all []Transition
	for _, c := range r.Courses("") {
		point := 0
		for _, s := range c.Spans {
			for c.Points[point].At < s.From {
				point++
			}
			all = append(all, Transition{s.From, s.State, r.alert(ctx, c, c.Points[point])})
			for point+1 < len(c.Points) && c.Points[point+1].At < s.To {
				point++
			}
			if !s.Open && !startsAt(c.Spans, s.To) {
				all = append(all, Transition{s.To, Inactive, r.alert(ctx, c, c.Points[point])})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Transition) int { return cmp.Compare(a.At, b.At) })
	return all
}

func startsAt(spans []Span, at time.Duration) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.From == at })
}
