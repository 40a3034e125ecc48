package damage

import (
	"slices"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

// Results is one run.
type Results struct {
	place.Run
	Parts   int                `json:"parts,omitempty"` // in which it was measured; 0: in one
	Watched bool               `json:"watched"`         // what the host takes away was seen, so that latencies are without it
	Rate    map[string]float64 `json:"rates"`           // of the victim, requests per second, by proxy
	Samples []Sample           `json:"samples"`         // in the order in which they were measured
}

// Sample is one attack on one proxy.
type Sample struct {
	Attack string `json:"attack"`
	Proxy  string `json:"proxy"`
	Round  int    `json:"round"` // from 1; beyond Run.Rounds where a goal was missed until then

	// How the victim fared.
	Quiet    Victim `json:"quiet"`    // alone
	Harmless Victim `json:"harmless"` // beside a peer that sends as many bytes on as many connections
	Attacked Victim `json:"attacked"`

	Seconds     float64 `json:"seconds"`     // that the attack lasted
	Steps       int64   `json:"steps"`       // of the attack
	Bytes       int64   `json:"bytes"`       // that the attacker sent
	Reached     int64   `json:"reached"`     // of the attacker's requests, the origin
	Growth      int64   `json:"growth"`      // of the proxy's memory: its peak less what it was before, bytes
	Usual       int64   `json:"usual"`       // its growth beside the harmless peer
	End         string  `json:"end"`         // how the attacker was ended
	EndedAfter  float64 `json:"ended_after"` // seconds since the first connection that was ended had been made
	Connections int     `json:"connections"` // that the attacker made
	Ended       int     `json:"ended"`       // of them, by the proxy
	Died        bool    `json:"died"`        // the proxy's process ended
	Stolen      float64 `json:"stolen"`      // part of the machine that its host gave to others meanwhile: 0.02 of all CPUs
}

// Victim is how an honest client fared for a while.
type Victim struct {
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Why      string  `json:"why,omitempty"` // the first that failed
	Calm     int     `json:"calm"`          // of those that did not fail: were due while the host left all CPUs to the machine; 0: too few
	P50      float64 `json:"p50"`           // ms, of the calm ones; of all that did not fail if they are too few
	P99      float64 `json:"p99"`           // ms
}

// Calm returns which part of the victim's requests its latencies are of, beside the
// harmless peer or the attacker, whichever is less; 0 if in one of them they are of
// all, because too few were due in calm.
func (s *Sample) Calm() float64 {
	part := func(v Victim) float64 { return float64(v.Calm) / float64(max(v.Requests, 1)) }
	return min(part(s.Harmless), part(s.Attacked))
}

// calm returns the samples in which the latencies of all those victims are of
// requests that were due in calm; every sample, if there is none.
func calm(samples []Sample, victims ...func(Sample) Victim) []Sample {
	all := slices.DeleteFunc(slices.Clone(samples), func(s Sample) bool {
		return slices.ContainsFunc(victims, func(of func(Sample) Victim) bool { return of(s).Calm == 0 })
	})
	if len(all) == 0 {
		return samples
	}
	return all
}

func quiet(s Sample) Victim    { return s.Quiet }
func harmless(s Sample) Victim { return s.Harmless }
func attacked(s Sample) Victim { return s.Attacked }

// Disturbed returns how many samples were not calm.
func (r *Results) Disturbed() int {
	n := 0
	for _, s := range r.Samples {
		if s.Calm() == 0 {
			n++
		}
	}
	return n
}
