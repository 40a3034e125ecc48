package report

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/hopscope/hopscope/cmd/hoplab/internal/bench/plan"
)

// Text returns the results as tables for the terminal.
func Text(r *Results) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "WORKLOAD\tPROXY\tMEDIAN [MIN–MAX]\tUNIT\tMEASURE\tHOPSCOPE ÷ IT")
	for _, w := range plan.Workloads() {
		for _, metric := range plan.Metrics() {
			for _, proxy := range w.Proxies {
				s := r.Stat(w.ID, metric, proxy)
				if s.N == 0 {
					continue
				}
				ratio := ""
				if x := r.Ratio(w.ID, metric, plan.Hopscope, proxy); x.N > 0 && proxy != plan.Hopscope {
					ratio = Number(x.Median)
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", w.ID, plan.Title(proxy), s, w.Unit(metric), w.Measure(metric), ratio)
			}
		}
	}
	_ = t.Flush() // a strings.Builder takes everything
	fmt.Fprintln(&b)
	fmt.Fprintln(t, "GOAL\tMEASURE\tGOT\tAT MOST\tMET")
	for _, v := range r.Verdicts() {
		if !v.Measured {
			continue
		}
		w, _ := plan.Find(v.Workload)
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", v.Workload, measure(w, v.Goal), v.Got, limit(w, v.Goal), v.Word())
	}
	_ = t.Flush()
	return b.String()
}

// measure says what a goal is about.
func measure(w plan.Workload, g plan.Goal) string {
	what := w.Measure(g.Metric)
	if g.Note != "" {
		what += ", " + g.Note
	}
	return what
}

// limit says what a goal demands.
func limit(w plan.Workload, g plan.Goal) string {
	if g.To != "" {
		return Number(g.AtMost) + " × " + plan.Title(g.To)
	}
	return Number(g.AtMost) + " " + w.Unit(g.Metric)
}
