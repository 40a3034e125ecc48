package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Mutants is what a mutation run found, as a file of --mutants has it.
type Mutants struct {
	Killed int `json:"killed"`
	// Survivors changed no verdict although they should have.
	Survivors []Mutant `json:"survivors"`
	// Equivalents are those that the rule files declare to make no difference.
	Equivalents []Mutant `json:"equivalents,omitempty"`
}

// Mutant is a rule with one change.
type Mutant struct {
	Rule   string `json:"rule"`
	Where  string `json:"where"`  // FILE:LINE
	Change string `json:"change"` // such as "> 0.2 becomes >= 0.2"
	Reason string `json:"reason,omitempty"`
}

// Score is the share of killed mutants among those that are not equivalent, from 0
// to 1.
func (m *Mutants) Score() float64 { return share(m.Killed, m.Killed+len(m.Survivors)) }

// Coverage is what the scenarios exercise of the rules, as a file of --coverage
// has it.
type Coverage struct {
	Rules []RuleCoverage `json:"rules"`
}

// RuleCoverage is one rule's.
type RuleCoverage struct {
	Rule  string `json:"rule"`
	Where string `json:"where"` // FILE:LINE
	Parts []Part `json:"parts"`
}

// Part is something of a rule that a scenario can exercise.
type Part struct {
	Kind    string `json:"kind"` // such as alert, branch, matcher, template
	Text    string `json:"text"`
	Covered bool   `json:"covered"`
}

// Covered counts the exercised parts, and all.
func (r RuleCoverage) Covered() (covered, all int) {
	for _, p := range r.Parts {
		if p.Covered {
			covered++
		}
	}
	return covered, len(r.Parts)
}

// Summary says how many of the parts are exercised, with a sign if some are not.
func (r RuleCoverage) Summary() string {
	covered, all := r.Covered()
	if covered < all {
		return fmt.Sprintf("✕ %d of %d", covered, all)
	}
	return fmt.Sprintf("✓ %d", all)
}

// Covered counts the exercised parts of all rules, and all.
func (c *Coverage) Covered() (covered, all int) {
	for _, r := range c.Rules {
		n, of := r.Covered()
		covered, all = covered+n, all+of
	}
	return covered, all
}

func share(n, all int) float64 {
	if all == 0 {
		return 1
	}
	return float64(n) / float64(all)
}

// ReadMutants reads a file of mutants.
func ReadMutants(path string) (*Mutants, error) { return read[Mutants](path) }

// ReadCoverage reads a file of coverage.
func ReadCoverage(path string) (*Coverage, error) { return read[Coverage](path) }

func read[T any](path string) (*T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	into := new(T)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		line := 1 + bytes.Count(text[:min(int(d.InputOffset()), len(text))], []byte("\n"))
		return nil, fmt.Errorf("%s:%d: %w: write it anew with the hoplab that reads it", path, line, err)
	}
	return into, nil
}
