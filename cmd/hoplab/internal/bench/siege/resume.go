package siege

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/damage"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
)

// resume returns the results of an earlier run as those of now, which begins. What
// was not measured on all proxies is left out: they are compared side by side.
func resume(before, now *damage.Results, of []string) (*damage.Results, error) {
	was, is := before.Run, now.Run
	was.Date = is.Date
	if !reflect.DeepEqual(was, is) {
		return nil, fmt.Errorf("what was measured before is of another run: %+v, not %+v; remove it and begin anew", was, is)
	}
	r := *before
	r.Samples = slices.DeleteFunc(slices.Clone(before.Samples), func(s damage.Sample) bool {
		return !measured(before, s.Attack, s.Round, of)
	})
	r.Parts = max(before.Parts, 1) + 1
	return &r, nil
}

// measured reports whether a round of an attack was measured on all proxies.
func measured(r *damage.Results, attack string, round int, of []string) bool {
	for _, proxy := range of {
		if !slices.ContainsFunc(r.Samples, func(s damage.Sample) bool {
			return s.Attack == attack && s.Round == round && s.Proxy == proxy
		}) {
			return false
		}
	}
	return true
}

// moreRounds is how often an attack is repeated whose goals were missed after the
// rounds that were asked for: by noise one of some thirty is, for a median of few
// rounds says little. It is fixed, whatever comes out of them.
func moreRounds(rounds int) int { return rounds + 1 }

// missed returns the attacks in which hopscope has missed a goal in the rounds that
// were asked for.
func missed(attacks []hostile.Attack, r *damage.Results) []hostile.Attack {
	first := *r
	first.Samples = slices.DeleteFunc(slices.Clone(r.Samples), func(s damage.Sample) bool { return s.Round > r.Rounds })
	verdicts := first.Verdicts()
	return slices.DeleteFunc(slices.Clone(attacks), func(a hostile.Attack) bool {
		return !slices.ContainsFunc(verdicts, func(v damage.Verdict) bool { return v.ID == a.ID && v.Measured && !v.Met() })
	})
}
