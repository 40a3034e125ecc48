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
// comment "# together: OTHER REASON" in one of the two rules says why that is meant.
func (l *Lab) together(o *Outcome) []string {
	if l.routing == nil {
		return nil
	}
	fires := map[string][]*ScenarioResult{} // by alert
	for i := range o.Results {
		if r := &o.Results[i]; !r.Scenario.Synthetic {
			for _, name := range r.Run.EverFired() {
				fires[name] = append(fires[name], r)
			}
		}
	}
	meant := map[[2]string]bool{}
	for _, r := range l.Set.Rules() {
		if text, ok := r.Comment("together"); ok {
			if other, reason, _ := strings.Cut(text, " "); reason != "" {
				meant[[2]string{r.Alert, other}], meant[[2]string{other, r.Alert}] = true, true
			}
		}
	}
	var problems []string
	names := l.Set.Alerts()
	for i, a := range names {
		for _, b := range names[i+1:] {
			if len(fires[a]) == 0 || !slices.Equal(fires[a], fires[b]) || meant[[2]string{a, b}] || l.inhibited(fires[a], a, b) {
				continue
			}
			var where []string
			for _, r := range fires[a] {
				where = append(where, r.Scenario.Name)
			}
			problems = append(problems, fmt.Sprintf(
				"%s and %s always fire together (%s): let one inhibit the other in Alertmanager's configuration, join them, or give a reason in a comment '# together: %s …'",
				a, b, strings.Join(where, ", "), b))
		}
	}
	return problems
}

// inhibited reports whether one of two alerts mutes the other in every recording.
func (l *Lab) inhibited(all []*ScenarioResult, a, b string) bool {
	return !slices.ContainsFunc(all, func(r *ScenarioResult) bool {
		for _, x := range r.Run.Courses(a) {
			for _, y := range r.Run.Courses(b) {
				if l.routing.Inhibits(x.Labels, y.Labels) || l.routing.Inhibits(y.Labels, x.Labels) {
					return false
				}
			}
		}
		return true
	})
}
