package replay

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Transition is a change of one alert's state.
type Transition struct {
	At    time.Duration
	State string // pending, firing or ended
	Alert Alert  // as it was evaluated last
}

// Transitions returns every change of state, in order of time.
func (t Timeline) Transitions() []Transition {
	var all []Transition
	before := map[string]Alert{}
	for _, m := range t {
		now := map[string]Alert{}
		for _, a := range m.Alerts {
			key := a.Name + labels.FromMap(a.Labels).String()
			now[key] = a
			if old, active := before[key]; active && old.Firing == a.Firing {
				continue
			}
			state := "pending"
			if a.Firing {
				state = "firing"
			}
			all = append(all, Transition{m.At, state, a})
		}
		for key, a := range before {
			if _, active := now[key]; !active {
				all = append(all, Transition{m.At, "ended", a})
			}
		}
		before = now
	}
	return all
}
