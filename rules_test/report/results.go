package report

import (
	"fmt"

	"github.com/hopscope/hopscope/rules_test/coverage"
	"github.com/hopscope/hopscope/rules_test/mutate"
)

// Mutants is what a mutation run found.
type Mutants struct {
	Killed int
	// Survivors changed no verdict although they should have.
	Survivors []Mutant
	// Equivalents are those that the rule files declare to make no difference.
	Equivalents []Mutant
}

// Mutant is a rule with one change.
type Mutant struct {
	Rule   string
	Where  string // FILE:LINE
	Change string // such as "> 0.2 becomes >= 0.2"
	Reason string
}

// Score is the share of killed mutants among those that are not equivalent, from 0
// to 1.
func (m *Mutants) Score() float64 { return share(m.Killed, m.Killed+len(m.Survivors)) }

// Coverage is what the scenarios exercise of the rules.
type Coverage struct {
	Rules []RuleCoverage
}

// RuleCoverage is one rule's.
type RuleCoverage struct {
	Rule  string
	Where string // FILE:LINE
	Parts []Part
}

// Part is something of a rule that a scenario can exercise.
type Part struct {
	Kind    string // such as alert, branch, matcher, template
	Text    string
	Covered bool
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

// NewMutants returns what a mutation run found, as it is shown.
func NewMutants(from *mutate.Report) *Mutants {
	m := &Mutants{Killed: from.Count(mutate.Killed, "")}
	for _, o := range from.Outcomes {
		one := Mutant{o.Rule, fmt.Sprintf("%s:%d", o.File, o.Line), fmt.Sprintf("%s: %s", o.Kind, o.What), o.Reason}
		switch o.State {
		case mutate.Survived, mutate.Undecided:
			m.Survivors = append(m.Survivors, one)
		case mutate.Equivalent:
			m.Equivalents = append(m.Equivalents, one)
		}
	}
	return m
}

// NewCoverage returns what the scenarios exercise, as it is shown: a rule at a time.
func NewCoverage(from *coverage.Report) *Coverage {
	c := &Coverage{}
	at := map[string]int{}
	for _, i := range from.Items {
		k, ok := at[i.File+"\x00"+i.Rule]
		if !ok {
			k = len(c.Rules)
			at[i.File+"\x00"+i.Rule] = k
			c.Rules = append(c.Rules, RuleCoverage{Rule: i.Rule, Where: fmt.Sprintf("%s:%d", i.File, i.Line)})
		}
		c.Rules[k].Parts = append(c.Rules[k].Parts, Part{string(i.Kind), i.What, i.By != ""})
	}
	return c
}
