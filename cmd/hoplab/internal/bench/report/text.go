package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

// Text returns the results as a table for the terminal.
func Text(r *Results) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WORKLOAD\tPROXY\tMEDIAN\tMIN\tMAX\tUNIT\tHOPSCOPE ÷ IT")
	for _, w := range plan.Workloads() {
		for _, metric := range plan.Metrics() {
			for _, proxy := range w.Proxies {
				s := r.Stat(w.ID, metric, proxy)
				if s.N == 0 {
					continue
				}
				ratio := ""
				if x := r.Ratio(w.ID, metric, plan.Hopscope, proxy); x.N > 0 && proxy != plan.Hopscope {
					ratio = fmt.Sprintf("%.2f", x.Median)
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", w.ID, plan.Title(proxy), Number(s.Median), Number(s.Min), Number(s.Max), w.Unit(metric), ratio)
			}
		}
	}
	_ = t.Flush() // a strings.Builder takes everything
	return b.String()
}

// Number writes a value with three digits that count.
func Number(v float64) string {
	switch a := max(v, -v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
