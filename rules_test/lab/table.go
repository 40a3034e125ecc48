package lab

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// WriteTable writes what fired where, and how fast: a line for each alert that
// fired, or had to, in each recording; and how many scenarios and silences there
// were.
func (o *Outcome) WriteTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)
	fmt.Fprintln(table, "SCENARIO\tALERT\tEXPECTED\tFIRED\tWITHIN\tRESOLVED\tWITHIN\t")
	cells, silent, synthetic := 0, 0, 0
	for _, r := range o.Results {
		if r.Scenario.Synthetic {
			synthetic++
		}
		for _, c := range r.Cells {
			if c.Expect == Anything {
				continue
			}
			cells++
			if !c.Fired && c.Problem == "" {
				silent++
			}
			if r.Scenario.Synthetic && c.Problem == "" || !c.Fired && c.Problem == "" {
				continue
			}
			mark := ""
			if c.Problem != "" {
				mark = "<- not as expected"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Scenario.Title(), c.Alert, c.Expect,
				timeOr(c.Detected, c.DetectedKnown), timeOr(time.Duration(c.Budget.Within), c.Budget.Within > 0),
				timeOr(c.Resolved, c.ResolvedKnown), timeOr(time.Duration(c.Budget.Ends), c.Budget.Ends > 0), mark)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	alerts := map[string]bool{}
	for _, r := range o.Results {
		for _, c := range r.Cells {
			alerts[c.Alert] = true
		}
	}
	failed := 0
	for _, r := range o.Results {
		failed += len(slices.DeleteFunc(slices.Clone(r.Cells), func(c Cell) bool { return c.Problem == "" })) + len(r.Problems)
	}
	_, err := fmt.Fprintf(w, "%d alerts, %d scenarios (%d recorded, %d synthetic), %d cells, %d of them silent; %d not as expected\n",
		len(alerts), len(o.Results), len(o.Results)-synthetic, synthetic, cells, silent, failed+len(o.Problems))
	return err
}

func timeOr(d time.Duration, known bool) string {
	if !known {
		return "-"
	}
	return d.String()
}
