package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Cell is one cell of the matrix, the worst of all phases.
type Cell struct {
	Scenario *Scenario
	Verdict
	// Phase of the run that was worst.
	Phase time.Duration
}

// Phases returns n phases, spread over the interval between evaluations. A
// Prometheus evaluates each group at a phase of its own, which nobody chooses: what
// holds has to hold at all.
func Phases(interval time.Duration, n int) []time.Duration {
	phases := make([]time.Duration, n)
	for i := range phases {
		phases[i] = (interval * time.Duration(i) / time.Duration(n)).Truncate(time.Millisecond)
	}
	return phases
}

// RunAt runs the lab's rules over a scenario as a Prometheus does whose first
// evaluation is phase after the first scrape, with the groups' own intervals. A
// synthetic scenario is run at its step, as it was written for promtool.
func (l *Lab) RunAt(ctx context.Context, s *Scenario, phase time.Duration) (*replay.Result, error) {
	r, err := replay.Run(ctx, s.Data, l.Set, replay.Options{Phase: phase, OneInterval: s.Synthetic})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	return r, nil
}

// Sweep runs the rules over a recording at n phases, with the groups' own
// intervals, and returns a cell for each alert: the worst verdict, the longest
// detection and resolution. Synthetic scenarios are run once, as they stand.
func (l *Lab) Sweep(ctx context.Context, s *Scenario, n int) ([]Cell, error) {
	phases := Phases(time.Duration(s.Series.Meta.Step), n)
	if s.Synthetic {
		phases = phases[:1]
	}
	var cells []Cell
	for _, phase := range phases {
		r, err := l.RunAt(ctx, s, phase)
		if err != nil {
			return nil, err
		}
		verdicts := s.Judge(ctx, r)
		for i, v := range verdicts {
			if len(cells) < len(verdicts) {
				cells = append(cells, Cell{s, v, phase})
			} else {
				cells[i].worse(v, phase)
			}
		}
	}
	return cells, nil
}

// worse takes over what is worse in the verdict of another phase.
func (c *Cell) worse(v Verdict, phase time.Duration) {
	if c.Problem == "" && v.Problem != "" {
		c.Problem, c.Phase = v.Problem, phase
	}
	if v.DetectedKnown && v.Detected > c.Detected || c.DetectedKnown && !v.DetectedKnown {
		c.Detected, c.DetectedKnown, c.Phase = v.Detected, v.DetectedKnown, phase
	}
	if v.Fired && v.ResolvedKnown && c.ResolvedKnown {
		c.Resolved = max(c.Resolved, v.Resolved)
	}
	c.ResolvedKnown = c.ResolvedKnown && v.ResolvedKnown || !c.Fired && v.ResolvedKnown
	c.Fired = c.Fired || v.Fired
}
