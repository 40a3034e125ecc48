package lab

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Check is one look at one alert: what has to fire at that moment, nothing if
// Alerts is empty.
type Check struct {
	At     time.Duration
	Alert  string
	Alerts []replay.Alert
}

// Checks returns what a promtool test of the scenario looks at: each alert that
// must fire when its budget ends, while the fault lasts and when it should have
// ended; all others where the fault has lasted longest and at the end. What fires
// there is taken from the run, labels and annotations included, so that promtool
// holds every later change to them.
func (s *Scenario) Checks(ctx context.Context, r *replay.Result) []Check {
	var checks []Check
	look := func(alert string, at time.Duration) {
		checks = append(checks, Check{at, alert, r.Firing(ctx, alert, at)})
	}
	for _, m := range slices.Concat(s.Fires, s.Silent) {
		look(m.Alert, time.Duration(m.At))
	}
	on, off, faulty := s.Fault()
	for _, name := range r.Set.Alerts() {
		expect, b := s.Expectation(name)
		switch {
		case s.Synthetic:
		case expect == MustFire:
			look(name, on)
			look(name, min(on+time.Duration(b.Within), off))
			look(name, off)
			if b.Ends > 0 {
				look(name, min(off+time.Duration(b.Ends), s.Series.Meta.End()))
			}
		case expect == MustSilent:
			if faulty {
				look(name, off)
			}
			look(name, s.Series.Meta.End())
		}
	}
	slices.SortStableFunc(checks, func(x, y Check) int {
		return cmp.Or(cmp.Compare(x.At, y.At), strings.Compare(x.Alert, y.Alert))
	})
	return slices.CompactFunc(checks, func(x, y Check) bool { return x.At == y.At && x.Alert == y.Alert })
}

// Passes reports whether a run shows what the check holds, as promtool compares it.
func (c Check) Passes(ctx context.Context, r *replay.Result) bool {
	return slices.EqualFunc(c.Alerts, r.Firing(ctx, c.Alert, c.At), func(a, b replay.Alert) bool {
		return maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations)
	})
}
