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

// Replay routes what fires after each evaluation, until the last one.
func (c *Config) Replay(r *replay.Result) *Result {
	d := dispatcher{config: c, run: r, told: map[*replay.Course]map[string]bool{}, inhibited: map[*replay.Course]bool{}}
	all := moments(r)
	for i, at := range all {
		d.take(firingAt(r, at), at)
		until := at + 1
		if i+1 < len(all) {
			until = all[i+1]
		}
		d.flushBefore(until)
	}
	out := &Result{Notifications: d.notifications}
	for _, course := range r.Courses("") {
		if d.inhibited[course] && d.told[course] == nil {
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

// firingAt returns the alerts that fire at a moment, those first that began first.
func firingAt(r *replay.Result, at time.Duration) []*replay.Course {
	var found []*replay.Course
	since := map[*replay.Course]time.Duration{}
	for _, course := range r.Courses("") {
		for _, s := range course.Spans {
			if s.State == replay.Firing && s.From <= at && (at < s.To || s.Open) {
				found = append(found, course)
				since[course] = s.From
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *replay.Course) int {
		return cmp.Or(cmp.Compare(since[a], since[b]), strings.Compare(a.Rule.Alert, b.Rule.Alert))
	})
	return found
}
