package routing

import (
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// dispatcher tells receivers of alerts, group by group, while time goes on.
type dispatcher struct {
	config *Config
	run    *replay.Result
	groups []*group // in order of their beginning

	told          map[*replay.Course]map[string]bool // receivers
	inhibited     map[*replay.Course]bool            // at some evaluation
	notifications []Notification
}

// group is the alerts of one route with the same values of group_by, of which a
// receiver is told together. It lasts until a flush finds that none of them fires.
type group struct {
	route  *route
	labels model.LabelSet
	alerts []*replay.Course // in the order in which they came
	next   time.Duration    // the next flush, after the recording's start
}

// take puts what fires after an evaluation into its groups. An inhibited alert is
// in a group, too: the group leaves it out when it tells of the others.
func (d *dispatcher) take(firing []*replay.Course, at time.Duration) {
	for _, course := range firing {
		if d.muted(course, firing) {
			d.inhibited[course] = true
		}
		set := labelSet(course.Labels)
		for _, node := range d.config.root.match(set) {
			g := d.group(node, node.group(set), at)
			if !slices.Contains(g.alerts, course) {
				g.alerts = append(g.alerts, course)
			}
		}
	}
}

// group returns the group of a route with these labels, a new one if there is none.
func (d *dispatcher) group(node *route, set model.LabelSet, at time.Duration) *group {
	for _, g := range d.groups {
		if g.route == node && g.labels.Equal(set) {
			return g
		}
	}
	g := &group{route: node, labels: set, next: at + node.groupWait}
	d.groups = append(d.groups, g)
	return g
}

// group returns the labels that an alert shares with its group.
func (r *route) group(set model.LabelSet) model.LabelSet {
	if slices.Contains(r.groupBy, allLabels) {
		return set
	}
	shared := model.LabelSet{}
	for _, name := range r.groupBy {
		if value, ok := set[model.LabelName(name)]; ok {
			shared[model.LabelName(name)] = value
		}
	}
	return shared
}

// flushBefore flushes what is due before a moment, in order of time.
func (d *dispatcher) flushBefore(until time.Duration) {
	for {
		due := until
		for _, g := range d.groups {
			due = min(due, g.next)
		}
		if due == until {
			return
		}
		d.flush(due)
	}
}

// flush tells of the groups whose time has come. Those of which nothing fires any
// more are gone.
func (d *dispatcher) flush(at time.Duration) {
	firing := firingAt(d.run, at)
	d.groups = slices.DeleteFunc(d.groups, func(g *group) bool {
		if g.next > at {
			return false
		}
		g.next += g.route.groupInterval
		g.alerts = slices.DeleteFunc(g.alerts, func(course *replay.Course) bool { return !slices.Contains(firing, course) })
		for _, course := range g.alerts {
			if !d.muted(course, firing) {
				d.tell(g.route.receiver, course, at)
			}
		}
		return len(g.alerts) == 0
	})
}

// tell tells a receiver of an alert, unless it knows.
func (d *dispatcher) tell(receiver string, course *replay.Course, at time.Duration) {
	if d.told[course][receiver] {
		return
	}
	if d.told[course] == nil {
		d.told[course] = map[string]bool{}
	}
	d.told[course][receiver] = true
	d.notifications = append(d.notifications, Notification{receiver, course.Rule.Alert, course.Labels, at})
}

// muted reports whether one of the alerts that fire inhibits another.
func (d *dispatcher) muted(course *replay.Course, firing []*replay.Course) bool {
	return slices.ContainsFunc(firing, func(by *replay.Course) bool { return d.config.Inhibits(by.Labels, course.Labels) })
}
