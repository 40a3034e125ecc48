package report

import "github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"

// Verdict is a goal held against results.
type Verdict struct {
	plan.Goal
	Got      Stat // the ratio or the value, whichever the goal is about
	Measured bool
	Met      bool // the median is within the goal
}

// Verdicts judges every goal.
func (r *Results) Verdicts() []Verdict {
	var all []Verdict
	for _, g := range plan.Goals() {
		v := Verdict{Goal: g}
		if g.To == "" {
			v.Got = r.Stat(g.Workload, g.Metric, g.Proxy)
		} else {
			v.Got = r.Ratio(g.Workload, g.Metric, g.Proxy, g.To)
		}
		v.Measured = v.Got.N > 0
		v.Met = v.Measured && v.Got.Median <= g.AtMost
		all = append(all, v)
	}
	return all
}

// Word says in a word whether the goal is met.
func (v Verdict) Word() string {
	switch {
	case !v.Measured:
		return "not measured"
	case v.Met:
		return "yes"
	}
	return "no"
}
