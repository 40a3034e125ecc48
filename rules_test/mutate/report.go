package mutate

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// State of a mutant after a run.
type State string

// The states of mutants.
const (
	Killed     State = "killed"     // a scenario tells the difference
	Survived   State = "survived"   // none does: a test is missing
	Equivalent State = "equivalent" // none does, and a comment says why
	Undecided  State = "undecided"  // none does, but long scenarios were left out
)

// Outcome is what became of one mutant.
type Outcome struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	Rule  string `json:"rule"` // the alert's or the series' name
	Kind  Kind   `json:"kind"`
	What  string `json:"what"`
	State State  `json:"state"`
	// By is the title of the scenario that killed it, How what it saw.
	By  string `json:"by,omitempty"`
	How string `json:"how,omitempty"`
	// Runs is for how many scenarios it was run.
	Runs int `json:"runs"`
	// Reason of equivalence.
	Reason string `json:"reason,omitempty"`
}

func newOutcome(m Mutant) Outcome {
	return Outcome{File: m.Rule.File, Line: m.Line, Rule: m.Rule.Name(), Kind: m.Kind, What: m.What, State: Survived}
}

// String returns FILE:LINE: RULE: what was changed.
func (o Outcome) String() string {
	return fmt.Sprintf("%s:%d: %s: %s: %s", o.File, o.Line, o.Rule, o.Kind, o.What)
}

// Report is what became of all mutants.
type Report struct {
	Rules     int       `json:"rules"`     // that were changed
	Scenarios int       `json:"scenarios"` // that they were held to
	Outcomes  []Outcome `json:"outcomes"`  // in the order of the rules
	// Stale are comments that no survivor needs.
	Stale []string      `json:"stale,omitempty"`
	Took  time.Duration `json:"took_ns"`
}

// Count returns how many mutants are in a state, of one kind or of all if it is
// empty.
func (r *Report) Count(state State, kind Kind) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.State == state && (kind == "" || o.Kind == kind) {
			n++
		}
	}
	return n
}

// Score is the share of mutants that were killed, in percent, among those that are
// known to differ: neither equivalent nor undecided. 100 if there are none.
func (r *Report) Score() float64 { return r.score("") }

func (r *Report) score(kind Kind) float64 {
	killed, survived := r.Count(Killed, kind), r.Count(Survived, kind)
	if killed+survived == 0 {
		return 100
	}
	return 100 * float64(killed) / float64(killed+survived)
}

// Survivors returns the mutants that no scenario tells from the rules.
func (r *Report) Survivors() []Outcome {
	var all []Outcome
	for _, o := range r.Outcomes {
		if o.State == Survived {
			all = append(all, o)
		}
	}
	return all
}

// WriteText writes every survivor, a table of the kinds, and the score.
func (r *Report) WriteText(w io.Writer) error {
	for _, o := range r.Survivors() {
		fmt.Fprintf(w, "%s: survives %d scenarios\n", o, o.Runs)
	}
	for _, s := range r.Stale {
		fmt.Fprintln(w, s)
	}
	table := tabwriter.NewWriter(w, 2, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "KIND\tMUTANTS\tKILLED\tSURVIVED\tEQUIVALENT\tUNDECIDED\tSCORE\t")
	row := func(name string, kind Kind) {
		var counts [4]int
		all := 0
		for i, state := range []State{Killed, Survived, Equivalent, Undecided} {
			counts[i] = r.Count(state, kind)
			all += counts[i]
		}
		if all > 0 {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f %%\t\n", name, all, counts[0], counts[1], counts[2], counts[3], r.score(kind))
		}
	}
	for _, k := range Kinds() {
		row(string(k), k)
	}
	row("all", "")
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d rules, %d scenarios, %d mutants in %s: %.1f %% killed\n",
		r.Rules, r.Scenarios, len(r.Outcomes), r.Took.Round(100*time.Millisecond), r.Score())
	return err
}

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}
