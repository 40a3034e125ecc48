package prom

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/rules"
)

// States of an alert, as Prometheus names them; Resolved is what follows firing.
const (
	Inactive = "inactive"
	Pending  = "pending"
	Firing   = "firing"
	Resolved = "resolved"
)

// Transition is one alert changing its state.
type Transition struct {
	At       time.Time
	Alert    string // alertname
	Severity string
	Labels   string // the others, such as {route="users"}
	Summary  string
	State    string // Pending, Firing, Resolved or Inactive (pending came to nothing)
}

// watchInterval is how often alert states are compared; a demo's rules are
// evaluated every two seconds.
const watchInterval = 500 * time.Millisecond

// WatchAlerts calls f for each alert that changes its state, in the caller's
// goroutine, until the context ends.
func (s *Server) WatchAlerts(ctx context.Context, f func(Transition)) {
	known := map[string]Transition{}
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		for _, t := range diff(known, s.active(), time.Now()) {
			f(t)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// active returns the pending and firing alerts by their identity.
func (s *Server) active() map[string]Transition {
	now := map[string]Transition{}
	for _, rule := range s.rules.AlertingRules() {
		rule.ForEachActiveAlert(func(a *rules.Alert) {
			if !a.ResolvedAt.IsZero() {
				return
			}
			state := Pending
			if a.State == rules.StateFiring {
				state = Firing
			}
			now[a.Labels.String()] = Transition{
				Alert:    rule.Name(),
				Severity: a.Labels.Get("severity"),
				Labels:   others(a.Labels),
				Summary:  a.Annotations.Get("summary"),
				State:    state,
			}
		})
	}
	return now
}

func others(l labels.Labels) string {
	return labels.NewBuilder(l).Del(labels.AlertName, "severity").Labels().String()
}

// diff brings known up to now and returns what changed, in a stable order.
func diff(known, now map[string]Transition, at time.Time) []Transition {
	var changed []Transition
	for id, t := range now {
		if known[id].State != t.State {
			t.At = at
			changed = append(changed, t)
		}
	}
	for id, t := range known {
		if _, still := now[id]; still {
			continue
		}
		if t.At = at; t.State == Firing {
			t.State = Resolved
		} else {
			t.State = Inactive
		}
		changed = append(changed, t)
	}
	clear(known)
	maps.Copy(known, now)
	slices.SortFunc(changed, func(a, b Transition) int {
		return strings.Compare(a.Alert+a.Labels, b.Alert+b.Labels)
	})
	return changed
}
