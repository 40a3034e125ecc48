package damage

import (
	"slices"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/hostile"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

const (
	// Margin is by what factor the victim's p99 may be above that beside the
	// harmless peer, and Slack by how many ms in any case: that much two runs without
	// any attack differ (Results.Noise).
	Margin = 1.25
	Slack  = 0.5
	// Grain is how many bytes of growth are not told apart: a collected heap swings
	// by that much from one collection to the next (Results.Swing).
	Grain = 2 << 20
)

// Verdict is hopscope held against the goals in one attack.
type Verdict struct {
	hostile.Attack
	Measured bool // hopscope was attacked

	Slowdown       report.Stat // the victim's p99, attacked ÷ beside the harmless peer, of each round in calm
	Added          report.Stat // the same as a difference, ms
	Failed, Beside int         // requests of the victim that failed: attacked, and beside the harmless peer
	Victim         bool        // it fares no worse

	Growth   float64 // of hopscope's memory beyond that beside the harmless peer, bytes, median
	Best     float64 // the smaller one of the others that go on serving
	BestOf   string  // whose it is; "": there is none
	Memory   bool    // no more than the best
	End      string  // the most frequent
	Right    bool    // every round that was watched for long enough ended so; always if a bound is all that is asked
	Survived bool
}

// Verdicts judges every attack.
func (r *Results) Verdicts() []Verdict {
	var all []Verdict
	for _, a := range hostile.Attacks() {
		all = append(all, r.verdict(a))
	}
	return all
}

func (r *Results) verdict(a hostile.Attack) Verdict {
	ours := r.of(a.ID, plan.Hopscope)
	v := Verdict{Attack: a, Measured: len(ours) > 0}
	if !v.Measured {
		return v
	}
	v.Right, v.Survived = true, true
	for _, s := range ours {
		v.Failed += s.Attacked.Failed
		v.Beside += s.Harmless.Failed
		v.Survived = v.Survived && !s.Died
	}
	for _, s := range watched(ours) {
		v.Right = v.Right && (len(a.Right) == 0 || slices.Contains(a.Right, s.End)) && !(a.Unreached && s.Reached > 0)
	}
	inCalm := calm(ours, harmless, attacked)
	v.Slowdown = statOf(inCalm, func(s Sample) float64 { return s.Attacked.P99 / s.Harmless.P99 })
	v.Added = statOf(inCalm, func(s Sample) float64 { return s.Attacked.P99 - s.Harmless.P99 })
	v.Victim = v.Survived && v.Failed <= v.Beside && (v.Slowdown.Median <= Margin || v.Added.Median <= Slack)
	v.End = usualEnd(watched(ours))
	v.Growth = statOf(watched(ours), beyond).Median
	for _, other := range []string{plan.Nghttpx, plan.HAProxy} {
		samples := r.of(a.ID, other)
		theirs := statOf(watched(samples), beyond)
		if theirs.N > 0 && serves(samples) && (v.BestOf == "" || theirs.Median < v.Best) {
			v.Best, v.BestOf = theirs.Median, other
		}
	}
	v.Memory = v.Survived && (v.BestOf == "" || v.Growth <= v.Best+Grain)
	return v
}

// Repeated returns the attacks that were measured in more rounds than were asked
// for, in the order of Attacks.
func (r *Results) Repeated() []hostile.Attack {
	var all []hostile.Attack
	for _, a := range hostile.Attacks() {
		if slices.ContainsFunc(r.Samples, func(s Sample) bool { return s.Attack == a.ID && s.Round > r.Rounds }) {
			all = append(all, a)
		}
	}
	return all
}

// beyond is by how many bytes a proxy's memory grew more than beside the harmless
// peer.
func beyond(s Sample) float64 { return float64(max(s.Growth-s.Usual, 0)) }

// serves says whether a proxy goes on serving others while it is attacked: the
// memory of one that does not is no measure.
func serves(samples []Sample) bool {
	failed, requests := 0, 0
	for _, s := range samples {
		if s.Died {
			return false
		}
		failed += s.Attacked.Failed - s.Harmless.Failed
		requests += s.Attacked.Requests
	}
	return failed <= requests/100
}

// of returns the samples of an attack on a proxy.
func (r *Results) of(attack, proxy string) []Sample {
	var all []Sample
	for _, s := range r.Samples {
		if s.Attack == attack && s.Proxy == proxy {
			all = append(all, s)
		}
	}
	return all
}

func statOf(samples []Sample, f func(Sample) float64) report.Stat {
	var all []float64
	for _, s := range samples {
		all = append(all, f(s))
	}
	return report.Summary(all)
}

// watched returns the samples of those rounds that lasted about as long as the
// longest: what takes time to come to an end is not watched for so long in each.
func watched(samples []Sample) []Sample {
	longest := 0.0
	for _, s := range samples {
		longest = max(longest, s.Seconds)
	}
	return slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool { return s.Seconds < longest/2 })
}

// usualEnd returns how most attackers were ended; of as many the first.
func usualEnd(samples []Sample) string {
	count := map[string]int{}
	most := ""
	for _, s := range samples {
		if count[s.End]++; count[s.End] > count[most] {
			most = s.End
		}
	}
	return most
}

// Up to how many bytes per second, on how many connections, a harmless peer does
// not matter.
const (
	quietPeer = 20_000
	fewVisits = 10
)

// Noise returns by what two measurements of the victim's p99 differ though nobody
// attacks: the ratio of that beside a peer that sends next to nothing to that
// alone, of all proxies and rounds.
func (r *Results) Noise() report.Stat {
	var all []float64
	for _, s := range calm(r.Samples, quiet, harmless) {
		a, _ := hostile.Find(s.Attack) // whose harmless peer asks for as much at once
		if s.Seconds > 0 && float64(s.Bytes)/s.Seconds < quietPeer && s.Connections <= fewVisits && a.Asks == 0 && s.Quiet.P99 > 0 {
			all = append(all, s.Harmless.P99/s.Quiet.P99)
		}
	}
	return report.Summary(all)
}

// Swing returns by how many bytes hopscope's memory grows beside a harmless peer.
func (r *Results) Swing() report.Stat {
	var all []float64
	for _, s := range r.Samples {
		if s.Proxy == plan.Hopscope {
			all = append(all, float64(s.Usual))
		}
	}
	return report.Summary(all)
}

// Stolen returns which part of the machine its host gave to others during a
// measurement, of all proxies and rounds.
func (r *Results) Stolen() report.Stat {
	var all []float64
	for _, s := range r.Samples {
		all = append(all, s.Stolen)
	}
	return report.Summary(all)
}

// Met says that hopscope meets every goal.
func (v *Verdict) Met() bool { return v.Victim && v.Memory && v.Right }

// Met says of how many of the measured attacks hopscope meets every goal.
func Met(all []Verdict) (met, measured int) {
	for _, v := range all {
		if v.Measured {
			measured++
			if v.Met() {
				met++
			}
		}
	}
	return met, measured
}
