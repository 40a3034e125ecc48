package lab

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// told compares whom Alertmanager would have told of a recording's alerts with the
// matrix.
func (l *Lab) told(s *Scenario, r *replay.Result) []string {
	if l.routing == nil || s.Synthetic {
		return nil
	}
	result := l.routing.Replay(r)
	var problems []string
	for _, receiver := range l.routing.Receivers() {
		want, got := s.Told[receiver], result.Told(receiver)
		for _, name := range want {
			if !slices.Contains(got, name) {
				problems = append(problems, fmt.Sprintf("%s is not told of %s, and should be", receiver, name))
			}
		}
		for _, name := range got {
			if !slices.Contains(want, name) && !slices.Contains(s.May, name) {
				problems = append(problems, fmt.Sprintf("%s is told of %s, and should not be", receiver, name))
			}
		}
	}
	return problems
}

// together reports alerts that fire in the same recordings and no others while
// neither mutes the other: whoever is on call is told of one thing twice. The
// comment "# together: REASON" in one of the two rules says why that is meant.
func (l *Lab) together(o *Outcome) []string {
	if l.routing == nil {
		return nil
	}
	fires := map[string][]string{} // alert → recordings
	courses := map[string][]*replay.Course{}
	for _, r := range o.Results {
		if r.Scenario.Synthetic {
			continue
		}
		for _, name := range r.Run.EverFired() {
			fires[name] = append(fires[name], r.Scenario.Name)
			courses[name] = append(courses[name], r.Run.Courses(name)...)
		}
	}
	explained := map[string]bool{}
	for _, r := range l.Set.Rules() {
		if reason, ok := r.Comment("together"); ok && reason != "" {
			explained[r.Alert] = true
		}
	}
	var problems []string
	names := l.Set.Alerts()
	for i, a := range names {
		for _, b := range names[i+1:] {
			if len(fires[a]) == 0 || !slices.Equal(fires[a], fires[b]) || explained[a] || explained[b] || l.inhibits(courses[a], courses[b]) {
				continue
			}
			problems = append(problems, fmt.Sprintf(
				"%s and %s always fire together (%s): let one inhibit the other in Alertmanager's configuration, join them, or give a reason in a comment '# together: …'",
				a, b, strings.Join(fires[a], ", ")))
		}
	}
	return problems
}

// inhibits reports whether one of the alerts mutes another, either way.
func (l *Lab) inhibits(a, b []*replay.Course) bool {
	for _, x := range a {
		for _, y := range b {
			if l.routing.Inhibits(x.Labels, y.Labels) || l.routing.Inhibits(y.Labels, x.Labels) {
				return true
			}
		}
	}
	return false
}
