package damage

import (
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

// Results is one run.
type Results struct {
	place.Run
	Parts   int                `json:"parts,omitempty"` // in which it was measured; 0: in one
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
	P50      float64 `json:"p50"`           // ms, of those that did not fail
	P99      float64 `json:"p99"`           // ms
}
