package damage

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/report"
)

// Text returns the goals as a table for the terminal.
func Text(r *Results) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ATTACK\tP99 ÷ HARMLESS\tADDED MS\tFAILED\tMET\tGROWTH MB\tBEST MB\tMET\tENDED WITH\tRIGHT")
	all := r.Verdicts()
	for _, v := range all {
		if v.Measured {
			fmt.Fprintf(
				t, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", v.ID, v.Slowdown, v.Added, v.Failed, yes(v.Victim),
				megabytes(v.Growth), v.best(), yes(v.Memory), v.End, v.right(),
			)
		}
	}
	_ = t.Flush() // a strings.Builder takes everything
	met, measured := Met(all)
	fmt.Fprintf(&b, "\nAll goals are met in %d of %d attacks. Without any attack, p99 differs by %s.\n", met, measured, r.Noise())
	return b.String()
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "no"
}

// right says in a word whether the end is as it should be.
func (v Verdict) right() string {
	if v.Right && len(v.Attack.Right) == 0 {
		return v.Bound
	}
	return yes(v.Right)
}

// best says how much the better one of the others grew.
func (v Verdict) best() string {
	if v.BestOf == "" {
		return "–"
	}
	return megabytes(v.Best) + " (" + plan.Title(v.BestOf) + ")"
}

func megabytes(bytes float64) string { return report.Number(bytes / 1e6) }
