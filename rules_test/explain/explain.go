package explain

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/replay"
	"github.com/hopscope/hopscope/rules_test/ruleset"
)

// Explanation is one alerting rule at one moment.
type Explanation struct {
	Rule *ruleset.Rule
	// At is the evaluation that is explained, after the recording's start, and
	// Moment why it is this one: "as asked for" or what was looked for.
	At     time.Duration
	Moment string
	// Statuses are the rule's active alerts.
	Statuses []Status
	// Reason says in a sentence why the rule has alerts, or which part of its
	// expression is to blame that it has none.
	Reason string
	Root   *Node
}

// Status is one active alert.
type Status struct {
	Labels labels.Labels // of the series, without alertname
	State  replay.State
	// Text says since when it is in its state, and how long it has still to wait.
	Text string
}

// Alert explains all rules of that name at the last evaluation not after at, which
// counts from the recording's start; if at is nil at the moment that tells most,
// see [Moment]. An error says that there is no such alert or no such moment.
func Alert(ctx context.Context, r *replay.Result, name string, at *time.Duration) ([]*Explanation, error) {
	var all []*Explanation
	for _, e := range r.Rules {
		if e.Rule.Alert != name {
			continue
		}
		x, err := rule(ctx, r, e, at)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("there is no alert %q; there are %s", name, strings.Join(r.Set.Alerts(), ", "))
	}
	return all, nil
}

func rule(ctx context.Context, r *replay.Result, e *replay.Evaluation, at *time.Duration) (*Explanation, error) {
	if e.Count == 0 {
		return nil, fmt.Errorf("%s: the recording ends before the rule is evaluated", e.Rule.Where())
	}
	x := &Explanation{Rule: e.Rule, Moment: "as asked for"}
	if at == nil {
		var err error
		if x.At, x.Moment, err = Moment(ctx, r, e); err != nil {
			return nil, err
		}
	} else if end := r.Data.Meta.End(); *at < e.First || *at > end {
		return nil, fmt.Errorf("%s is no moment of the recording: want %s to %s", *at, e.First, end)
	} else {
		x.At = latest(e, *at)
	}
	for _, c := range e.Courses {
		if p, ok := c.At(x.At, e.Interval); ok {
			l := labels.NewBuilder(c.Labels).Del(labels.AlertName)
			e.Rule.Labels.Range(func(own labels.Label) { l.Del(own.Name) })
			x.Statuses = append(x.Statuses, Status{l.Labels(), p.State, status(r, e, c, p)})
		}
	}
	b := &builder{ctx: ctx, r: r}
	if c, ok := First(e.Rule.Expr); ok {
		b.below = c.Below()
	}
	x.Root = b.node(e.Rule.Expr, x.At-e.Group.QueryOffset)
	if b.err != nil {
		return nil, b.err
	}
	x.Reason = b.reason(x.Root)
	return x, b.err
}

// latest returns the last evaluation not after at.
func latest(e *replay.Evaluation, at time.Duration) time.Duration {
	return e.At(max(0, min(e.Count-1, int((at-e.First)/e.Interval))))
}

// evaluationAfter returns the first evaluation that is at least wait after the one
// at from.
func evaluationAfter(e *replay.Evaluation, from, wait time.Duration) time.Duration {
	return from + (wait+e.Interval-1)/e.Interval*e.Interval
}

// status says how an alert came to its state and what it waits for.
func status(r *replay.Result, e *replay.Evaluation, c *replay.Course, p replay.Point) string {
	pending, firing := p.At, p.At
	for i, s := range c.Spans {
		if s.From > p.At {
			break
		}
		if s.State == replay.Firing {
			firing = s.From
		}
		if i == 0 || c.Spans[i-1].To != s.From || s.State == replay.Pending {
			pending = s.From
		}
	}
	if p.State == replay.Pending {
		due := evaluationAfter(e, pending, e.Rule.For)
		return fmt.Sprintf("pending since %s (for %s), %s still missing: fires after %s if it holds", pending, e.Rule.For, due-p.At, due)
	}
	text := fmt.Sprintf("firing since %s", firing)
	if e.Rule.For > 0 {
		text += fmt.Sprintf(", pending since %s (for %s)", pending, e.Rule.For)
	}
	if last := r.After(p.Sample.T); last < p.At {
		ends := evaluationAfter(e, last+e.Interval, e.Rule.KeepFiringFor)
		text += fmt.Sprintf("; without a value since %s, keep_firing_for %s ends after %s, in %s",
			last+e.Interval, e.Rule.KeepFiringFor, ends, ends-p.At)
	}
	return text
}
