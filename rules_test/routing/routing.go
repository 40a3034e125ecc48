package routing

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Notification is an alert that a receiver is told of.
type Notification struct {
	Receiver string
	Alert    string
	Labels   labels.Labels // with alertname
	At       time.Duration // after the recording's start
}

// Result is what became of a replay's alerts.
type Result struct {
	// Notifications in order of time: one for each alert and receiver.
	Notifications []Notification
	// Inhibited are the alerts that fired and of which nobody was ever told.
	Inhibited []*replay.Course
}

// Replay routes what fires after each evaluation.
func (c *Config) Replay(r *replay.Result) *Result {
	out := &Result{}
	told := map[*replay.Course]map[string]bool{}
	silenced := map[*replay.Course]bool{}
	for _, at := range moments(r) {
		now := firingAt(r, at)
		for _, f := range now {
			if slices.ContainsFunc(now, func(by firing) bool { return c.Inhibits(by.course.Labels, f.course.Labels) }) {
				silenced[f.course] = true
				continue
			}
			for _, node := range c.root.match(labelSet(f.course.Labels)) {
				if at-f.since < node.groupWait || told[f.course][node.receiver] {
					continue
				}
				if told[f.course] == nil {
					told[f.course] = map[string]bool{}
				}
				told[f.course][node.receiver] = true
				out.Notifications = append(out.Notifications, Notification{node.receiver, f.course.Rule.Alert, f.course.Labels, at})
			}
		}
	}
	for _, course := range r.Courses("") {
		if silenced[course] && told[course] == nil {
			out.Inhibited = append(out.Inhibited, course)
		}
	}
	return out
}

// Told returns the names of the alerts that a receiver is told of, in order.
func (r *Result) Told(receiver string) []string {
	var names []string
	for _, n := range r.Notifications {
		if n.Receiver == receiver {
			names = append(names, n.Alert)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// firing is an alert that fires at a moment.
type firing struct {
	course *replay.Course
	since  time.Duration
}

// moments returns the times of all evaluations.
func moments(r *replay.Result) []time.Duration {
	var all []time.Duration
	for _, e := range r.Rules {
		if e.Rule.Alert != "" {
			for i := range e.Count {
				all = append(all, e.At(i))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func firingAt(r *replay.Result, at time.Duration) []firing {
	var found []firing
	for _, course := range r.Courses("") {
		for _, s := range course.Spans {
			if s.State == replay.Firing && s.From <= at && (at < s.To || s.Open) {
				found = append(found, firing{course, s.From})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b firing) int {
		return cmp.Or(cmp.Compare(a.since, b.since), strings.Compare(a.course.Rule.Alert, b.course.Rule.Alert))
	})
	return found
}
