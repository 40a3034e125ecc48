package damage

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/place"
)

// Results is one run.
type Results struct {
	Date    string             `json:"date"` // RFC 3339, UTC
	Command string             `json:"command"`
	Rounds  int                `json:"rounds"`
	Machine place.Machine      `json:"machine"`
	Version map[string]string  `json:"versions"` // of each program
	Rate    map[string]float64 `json:"rates"`    // of the victim, requests per second, by proxy
	Samples []Sample           `json:"samples"`  // in the order in which they were measured
}

// Sample is one attack on one proxy.
type Sample struct {
	Attack string `json:"attack"`
	Proxy  string `json:"proxy"`
	Round  int    `json:"round"` // from 1

	// How the victim fared.
	Quiet    Victim `json:"quiet"`    // alone
	Harmless Victim `json:"harmless"` // beside a peer that sends as many bytes
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
}

// Victim is how an honest client fared for a while.
type Victim struct {
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Why      string  `json:"why,omitempty"` // the first that failed
	P50      float64 `json:"p50"`           // ms, of those that did not fail
	P99      float64 `json:"p99"`           // ms
}

// Write writes the results to a file.
func (r *Results) Write(file string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Read reads what Write wrote.
func Read(file string) (*Results, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := new(Results)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}
