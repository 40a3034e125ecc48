package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/hopscope/hopscope/rules_test/replay"
)

// Cell is one cell of the matrix: the worst of all phases. Detected and Resolved are
// the longest; they are known if they are at every phase at which the alert fired.
type Cell struct {
	Scenario *Scenario
	Verdict
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
// intervals, and once more with groups that see what others recorded one evaluation
// late. It returns a cell for each alert, and the evaluations that failed. Synthetic
// scenarios are run once, as they stand.
func (l *Lab) Sweep(ctx context.Context, s *Scenario, n int) (cells []Cell, failed []string, err error) {
	runs := []replay.Options{{OneInterval: true}}
	if !s.Synthetic {
		runs = nil
		for _, phase := range Phases(l.interval(s), n) {
			runs = append(runs, replay.Options{Phase: phase})
		}
		runs = append(runs, replay.Options{Phase: runs[n-1].Phase, Lag: true})
	}
	var verdicts [][]Verdict // of each run, on each alert
	for _, opts := range runs {
		r, err := replay.Run(ctx, s.Data, l.Set, opts)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		verdicts = append(verdicts, s.Judge(ctx, r))
		if len(failed) == 0 {
			failed = failures(r)
		}
	}
	for i := range verdicts[0] {
		of := make([]Verdict, len(verdicts))
		for k := range verdicts {
			of[k] = verdicts[k][i]
		}
		cells = append(cells, Cell{s, worst(of)})
	}
	return cells, failed, nil
}

// interval returns the longest one between evaluations.
func (l *Lab) interval(s *Scenario) time.Duration {
	longest := time.Duration(s.Series.Meta.Step)
	for _, g := range l.Set.Groups {
		longest = max(longest, g.Interval)
	}
	return longest
}

// worst joins the verdicts on one alert at several phases.
func worst(all []Verdict) Verdict {
	w := all[0]
	w.Fired, w.Problem = false, ""
	for _, v := range all {
		if w.Problem == "" {
			w.Problem = v.Problem
		}
		switch {
		case !v.Fired:
		case !w.Fired:
			problem := w.Problem
			w = v
			w.Problem = problem
		default:
			w.First = min(w.First, v.First)
			w.Detected, w.DetectedKnown = max(w.Detected, v.Detected), w.DetectedKnown && v.DetectedKnown
			w.Resolved, w.ResolvedKnown = max(w.Resolved, v.Resolved), w.ResolvedKnown && v.ResolvedKnown
		}
	}
	return w
}

// failures describes the first failed evaluation of each rule: an alert that cannot
// be evaluated is not silent, and Prometheus only logs it.
func failures(r *replay.Result) []string {
	var found []string
	for _, e := range r.Rules {
		if len(e.Errors) > 0 {
			found = append(found, fmt.Sprintf("%s: %s cannot be evaluated after %s, and %d more times: %v",
				e.Rule.Where(), e.Rule.Name(), e.Errors[0].At, len(e.Errors)-1, e.Errors[0].Err))
		}
	}
	return found
}
